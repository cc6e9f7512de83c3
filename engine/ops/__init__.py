"""Primitive ops by family; one class an op."""
