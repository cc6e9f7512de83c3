"""One training session: commands in, events and frames out. Pure."""
