"""Worker processes, the sessions in them, and the hub between them and viewers."""
