"""Symbolic arrays, and the addresses of array elements in memory."""
