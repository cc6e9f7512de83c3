"""Descriptions in JSON, and the catalogue of what can be described."""
