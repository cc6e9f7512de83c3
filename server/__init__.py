"""The server: training sessions in worker processes, watched and driven over WebSockets."""

__version__ = "0.1.0"
