"""Golden frames; see make.py."""
