"""What is wrong with this installation: one finding a line, in the order in which to mend it."""
