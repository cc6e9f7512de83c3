"""The data sets and simulators, a file each."""
