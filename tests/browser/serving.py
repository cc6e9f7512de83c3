"""The real server in a process of its own, for the tests and the benchmark of the page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from server.client import Client

ROOT = Path(__file__).resolve().parents[2]
EAGER = "tests.browser.eager_server"


@contextmanager
def served(module: str = "server") -> Iterator[str]:
    """While open, a server with one worker on a free port; gives the address of its page."""
    command = [sys.executable, "-m", module, "--port", "0", "--workers", "1"]
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


DEADLINE_SECONDS = 60.0
"""How long a test waits for what is to come. It ends a test that is stuck and measures nothing: on
a machine that is busy with other things a page takes many times as long as on an idle one."""


def wait_until(page: Page, expression: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until a JavaScript expression of the page is true.

    Raises:
        TimeoutError: it has not become true in time.
    """
    once(page, expression, "null", seconds)


def once(page: Page, condition: str, answer: str, seconds: float = DEADLINE_SECONDS) -> Any:
    """The value of a JavaScript expression at the moment when a condition has become true.

    The page itself looks again and again, so that waiting is one question to it. (Playwright's
    `wait_for_function` evaluates a string, which the page's policy forbids.)

    Raises:
        TimeoutError: it has not become true in time.
    """
    found: list[Any] = page.evaluate(
        f"""async (milliseconds) => {{
          const end = performance.now() + milliseconds;
          while (!({condition})) {{
            if (performance.now() > end) return [];
            await scheduler.postTask(() => null, {{ delay: 10 }});  // no test's clock stops this
          }}
          return [{answer}];
        }}""",
        1000 * seconds,
    )
    if not found:
        raise TimeoutError(f"not so after {seconds:g} s: {condition}")
    return found[0]
