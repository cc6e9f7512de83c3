"""The version of the server, as pages and scripts see it."""

__version__ = "0.1.0"
