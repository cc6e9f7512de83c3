"""A browser driven over WebDriver BiDi, as far as needed here: w3c.github.io/webdriver-bidi.

Firefox speaks it by itself: nothing has to be installed beside the browser.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
PLACES = (
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:/Program Files/Mozilla Firefox/firefox.exe",
)
SECONDS = 60.0
"""How long a command, or a condition of the page, may take."""
PREFERENCES: dict[str, object] = {
    "app.normandy.enabled": False,
    "browser.region.network.url": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "ui.prefersReducedMotion": 1,
}
"""Firefox asks nobody but the page's server, and the page moves nothing but to new states."""
EVENTS = ("log.entryAdded", "network.fetchError", "network.responseCompleted")


def firefox() -> str | None:
    """Path of the Firefox that is installed here; None if none is."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    found += [place for place in PLACES if Path(place).is_file()]
    return found[0] if found else None


class Tab:
    """The one tab of a browser.

    Attributes:
        complaints: errors and warnings of the console, uncaught exceptions, failed requests.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, count(1)
        self.complaints: list[str] = []
        self._command("session.new", capabilities={})
        tabs = self._command("browsingContext.getTree")["contexts"]
        self._tab = tabs[0]["context"]
        self._command("session.subscribe", events=list(EVENTS))

    def show(self, width: int, height: int) -> None:
        """Give the page this size in CSS px."""
        viewport = {"width": width, "height": height}
        self._command("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def open(self, address: str) -> None:
        """Load a page, with all that its document names."""
        self._command("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of what it promises, as JSON has it.

        Raises:
            RuntimeError: it throws.
        """
        answer = self._command(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(JSON.stringify)",
            target={"context": self._tab},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, expression: str) -> None:
        """Wait until an expression is true.

        Raises:
            TimeoutError: it has not become true in time.
        """
        deadline = time.monotonic() + SECONDS
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so after {SECONDS:g} s: {expression}")
            time.sleep(0.02)

    def press(self, key: str) -> None:
        """Press a key that is one character."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._command("input.performActions", context=self._tab, actions=[keyboard])

    def _command(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(SECONDS))
            if message["type"] == "event":
                self._take(message["method"], message["params"])
            elif message["id"] == number and message["type"] == "error":
                raise RuntimeError(f"{method}: {message['message']}")
            elif message["id"] == number:
                result: dict[str, Any] = message["result"]
                return result

    def _take(self, event: str, told: dict[str, Any]) -> None:
        if event == "log.entryAdded":
            if told["level"] in ("error", "warn"):
                self.complaints.append(f"{told['level']}: {told['text']}")
        elif event == "network.fetchError":
            self.complaints.append(f"failed: {told['request']['url']} {told['errorText']}")
        elif told["response"]["status"] >= 400:
            self.complaints.append(f"{told['response']['status']}: {told['request']['url']}")


@contextmanager
def running(path: str) -> Iterator[Tab]:
    """While open, a Firefox without a window and with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        Path(profile, "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [path, "--headless", "--remote-debugging-port=0", "--profile", profile]
        with subprocess.Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
            try:
                with connect(_address(profile, process), max_size=None) as socket:
                    yield Tab(socket)
            finally:
                process.terminate()


def _address(profile: str, process: subprocess.Popen[bytes]) -> str:
    """Where Firefox listens: it writes that into its profile."""
    path = Path(profile, "WebDriverBiDiServer.json")
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, json.JSONDecodeError):  # not there yet, or not all of it
            told = json.loads(path.read_text(encoding="utf-8"))
            return f"ws://{told['ws_host']}:{told['ws_port']}/session"
        time.sleep(0.02)
    raise RuntimeError("Firefox does not listen")
