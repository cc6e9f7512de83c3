"""Worker processes, the sessions in them, and the hub between workers and viewers."""
