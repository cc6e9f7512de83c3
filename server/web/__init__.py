"""Serving a browser: files, headers, and which requests are answered."""
