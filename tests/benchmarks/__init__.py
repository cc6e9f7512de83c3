"""Benchmarks: what they measure is printed, never asserted."""
