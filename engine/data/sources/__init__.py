"""The data sets and simulators, each in a module of its own."""
