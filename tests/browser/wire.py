"""A wire between browser and server that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit


class Wire:
    """Forwards connections to a server until it is cut, and again when it is mended.

    Attributes:
        address: of the server's page, through the wire.
    """

    def __init__(self, address: str) -> None:
        self._target = urlsplit(address)
        self._whole = True
        self._ends: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self._threads = [_started(self._accept)]

    def cut(self) -> None:
        """End all connections without a goodbye, and refuse new ones."""
        self._whole = False
        for end in list(self._ends):
            _shut(end)

    def mend(self, address: str | None = None) -> None:
        """Forward again, to another server if one is given."""
        if address is not None:
            self._target = urlsplit(address)
        self._whole = True

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        _shut(self._listening)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = self._connected() if self._whole else None
                if far is None:
                    near.close()
                    continue
                self._ends |= {near, far}
                self._threads.append(_started(self._join, near, far))

    def _connected(self) -> socket.socket | None:
        """A connection to the server, None if there is no server any more."""
        try:
            return socket.create_connection((self._target.hostname, self._target.port))
        except OSError:
            return None

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        back = _started(_pump, far, near)
        _pump(near, far)
        back.join()
        self._ends -= {near, far}
        near.close()
        far.close()


def _started(function: Callable[..., None], *ends: socket.socket) -> threading.Thread:
    thread = threading.Thread(target=function, args=ends, daemon=True)
    thread.start()
    return thread


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until either end is shut."""
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    _shut(source)
    _shut(target)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
