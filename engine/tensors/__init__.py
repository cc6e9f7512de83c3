"""Arrays and where their elements lie in memory."""
