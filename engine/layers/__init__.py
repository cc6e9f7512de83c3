"""Layers as compositions of ops."""
