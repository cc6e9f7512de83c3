"""From a description to a program, and the machine that runs it."""
