"""The timeline of a training run: earlier moments, edits, branches and their log."""
