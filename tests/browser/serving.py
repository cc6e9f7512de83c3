"""The real server in a process of its own, for the tests and the benchmark of the page."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from server.client import Client

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(*options: str) -> Iterator[str]:
    """While open, a server with one worker on a free port; gives the address of its page."""
    command = [sys.executable, "-m", "server", "--port", "0", "--workers", "1", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None  # as asked for
            said = process.stdout.readline()
            address = re.search(r"http://\S+/", said)
            if address is None:
                raise RuntimeError(f"the server did not start: {said!r}")
            yield address[0]
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def socket_address(page_address: str) -> str:
    """Where the WebSocket is of the server of a page."""
    return page_address.partition("#")[0].replace("http", "ws", 1) + "ws"


def second_viewer(page: Page) -> Client:
    """A client of the session that the page shows."""
    session = page.evaluate("sessionStorage.getItem('backstep.session')")
    return Client(socket_address(page.url), session)


def wait_until(page: Page, expression: str, seconds: float = 20.0) -> None:
    """Wait until a JavaScript expression of the page is true.

    (Playwright's `wait_for_function` evaluates a string, which the page's policy forbids.)

    Raises:
        TimeoutError: it has not become true in time.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {seconds:g} s: {expression}")
        page.wait_for_timeout(20)
