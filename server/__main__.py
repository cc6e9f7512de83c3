"""`python -m server`: serve the page on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # at run time imported only once the port is bound, and not in every worker
    import uvicorn

    from server.app import Settings

LOG_LEVELS = ("critical", "error", "warning", "info", "debug")
MAX_PORT = 65_535
EXAMPLE_HOST = "backstep.example"
MAX_SOCKET_BYTES = 131_072
"""Most bytes of a WebSocket message. A larger one ends the connection; one between the limit of the
protocol and this is answered with an error."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until Ctrl-C; returns the exit code."""
    options = _options().parse_args(arguments)
    try:
        listening = listen(options.host, options.port)
    except OSError as error:
        print(_explained(error, options.host, options.port), file=sys.stderr)
        return 1
    with listening, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_server(options, listening).serve(sockets=[listening]))
    return 0


def _server(options: argparse.Namespace, listening: socket.socket) -> uvicorn.Server:
    from server.app import Settings

    logging.basicConfig(level=options.log_level.upper(), format="%(levelname)s: %(message)s")
    url = page_url(options.host, listening.getsockname()[1])
    settings = Settings(options.host, options.workers, tuple(options.allow_host))
    return make_server(settings, options.log_level, lambda: _announce(url, open_page=options.open))


class _Options(argparse.ArgumentParser):
    """Options whose errors are one sentence each: what is wrong, and what would be right."""

    def error(self, message: str) -> NoReturn:
        """Print the error without the usage, and end with status 2."""
        self.exit(2, f"{message}\n")

    def parse_args(self, args: Sequence[str] | None = None) -> argparse.Namespace:  # type: ignore[override]
        try:
            options, unknown = self.parse_known_args(args)
        except argparse.ArgumentError as error:
            self.error(self._wrong(error))
        if unknown:
            self.error(self._unknown(unknown[0]))
        return options

    def _wrong(self, error: argparse.ArgumentError) -> str:
        """What is wrong with the value of an option."""
        name = str(error.argument_name).split("/")[0]
        if isinstance(error.__context__, argparse.ArgumentTypeError):
            return f"{name}: {error.message}."
        option = self._option_string_actions[name]
        if option.nargs == 0:
            return f"{name} takes no value. Leave out what stands behind it."
        example = EXAMPLE_HOST if option.default == [] else option.default
        return f"{name} needs a value, such as {name} {example}."

    def _unknown(self, given: str) -> str:
        """That an option does not exist, with the nearest one."""
        name = given.partition("=")[0]
        known = [option for option in self._option_string_actions if option.startswith("--")]
        near = get_close_matches(name, known, n=1)
        if given.isdecimal() and int(given) <= MAX_PORT:
            return f"{given} stands without an option. For the port, write --port {given}."
        if not given.startswith("-"):
            return f"{given} stands without an option. --help lists the options."
        if near:
            return f"{name} is not an option. The nearest is {near[0]}; --help lists all."
        return f"{name} is not an option. There are {', '.join(known)}."


def _options() -> _Options:
    parser = _Options(
        prog="python -m server",
        description="Serve Backstep.",
        allow_abbrev=False,
        exit_on_error=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=_whole(0, MAX_PORT),
        default=8000,
        help="port to listen on, 0 for any (%(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=_whole(1, 256),
        default=default_workers(),
        help="number of worker processes (%(default)s)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further host name that the server answers to; may be given several times",
    )
    parser.add_argument(
        "--log-level",
        type=_log_level,
        default="warning",
        metavar="LEVEL",
        help=f"what to log: {', '.join(LOG_LEVELS)} (%(default)s)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        if not (text.isdecimal() and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"{text} is not a whole number in {low}..{high}")
        return int(text)

    return check


def _log_level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise argparse.ArgumentTypeError(f"{text} is not one of {', '.join(LOG_LEVELS)}")
    return text


def default_workers() -> int:
    """One worker for each core but one, which is left to the server and the browser; at most 8."""
    return max(1, min(8, (os.cpu_count() or 2) - 1))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket bound to the address.

    Raises:
        OSError: the address is in use or not one of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if (
            sys.platform == "win32"
        ):  # on Windows, SO_REUSEADDR would let two servers use the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    listening.set_inheritable(False)
    return listening


def _explained(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; stop what uses it, or choose another with --port."
    if error.errno == errno.EACCES:
        return (
            f"Port {port} on {host} needs rights of an administrator. "
            "Choose one from 1024 on with --port."
        )
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{host} is not an address of this machine. Choose one with --host, such as 127.0.0.1."
        )
    reason = error.strerror or error
    return f"Cannot listen on {host} port {port}: {reason}. Choose others with --host and --port."


def page_url(host: str, port: int) -> str:
    """The URL of the page, as seen from this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
    if ":" in name and not name.startswith("["):
        name = f"[{name}]"
    return f"http://{name}:{port}/"


def make_server(settings: Settings, log_level: str, started: Callable[[], None]) -> uvicorn.Server:
    """A server for the application; it calls `started` once it answers requests."""
    import uvicorn

    from server.app import create_app, expect_end

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """Handle a signal to end, which the workers may have received as well."""
            super().handle_exit(sig, frame)
            expect_end(app)

    app = create_app(settings)
    return Announcing(
        uvicorn.Config(
            app,
            log_level=log_level,
            ws="websockets-sansio",
            ws_max_size=MAX_SOCKET_BYTES,
            ws_per_message_deflate=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )


def _announce(url: str, *, open_page: bool) -> None:
    print(f"Backstep runs at {url}  (Ctrl-C stops it)", flush=True)
    if open_page:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
