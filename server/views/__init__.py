"""What is shown beyond the program's own buffers."""
