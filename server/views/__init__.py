"""Views: numbers about a network beyond the buffers of its program."""
