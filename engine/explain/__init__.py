"""Where a number comes from, why it is what it is, and exercises about it."""
