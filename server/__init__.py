"""The server: training sessions in worker processes, watched and driven over WebSockets.

from server import debug
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.version import __version__

if TYPE_CHECKING:
    from server.debugging import debug

__all__ = ["__version__", "debug"]


def __getattr__(name: str) -> Any:
    """Load `debug` on first use, so that workers and tools do not import all that it needs."""
    if name == "debug":
        from server.debugging import debug

        return debug
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
