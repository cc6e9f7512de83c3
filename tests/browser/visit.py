"""A page as a test sees it: what its store holds, what it shows, what it complains of."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from engine import Machine
from server.describe import description
from tests.browser.serving import wait_until

DESKTOP = (1440, 900)
PAUSED = "run=no"
STATE = "window.backstep?.store.state"
SETTLED = f"""(() => {{
  const {{ frame, run, model }} = {STATE} ?? {{}};
  return frame && run && !run.running && frame.generation === model.generation
    && frame.step === run.step && frame.pc === run.pc && !frame.running;
}})()"""
"""The machine stands still and the page has a picture of just that moment."""
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


class Visit:
    """One open page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # What the store holds ------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """A part of the page's state, such as ``run.step``."""
        return self.page.evaluate(f"{STATE}.{path}")

    def wait(self, condition: str, seconds: float = 20.0) -> None:
        """Wait until an expression over the page's state `s` is true."""
        wait_until(self.page, f"((s) => s && {condition})({STATE})", seconds)

    def settle(self) -> tuple[int, int]:
        """Wait until the page shows the machine at rest; returns its step and instruction."""
        wait_until(self.page, SETTLED)
        return self.get("run.step"), self.get("run.pc")

    def drawn(self, buffer: str) -> NDArray[np.float64]:
        """A buffer's values in the frame that is shown, once there is one that has them."""
        self.wait(f"s.frame?.entries.has(s.model.bufferByName.get('{buffer}')?.id)")
        values = self.page.evaluate(
            f"""(name) => {{
              const {{ model, frame }} = {STATE};
              const entry = frame.entries.get(model.bufferByName.get(name).id);
              return [entry.shape, Array.from(entry.data, (_, i) => entry.at(i))];
            }}""",
            buffer,
        )
        return _array(*values)

    def exact(self) -> dict[str, NDArray[np.float64]]:
        """Those of the program's own buffers that the frame has as they are, not as pictures."""
        entries: list[Any] = self.page.evaluate(
            f"""(() => {{
              const {{ model, frame }} = {STATE};
              return [...frame.entries.values()]
                .map((entry) => [entry, model.bufferById.get(entry.id)])
                .filter(([entry, buffer]) => entry.dtype === "f64" && buffer.role !== "view")
                .map(([entry, buffer]) => [buffer.name, entry.shape, Array.from(entry.data)]);
            }})()"""
        )
        return {name: _array(shape, data) for name, shape, data in entries}

    def machine(self) -> Machine:
        """A machine of the page's network, data and seed, run to where the page's machine is."""
        step, pc = self.settle()
        machine = Machine(description.build(self.get("model.description")).program)
        machine.run(step)
        while machine.pc != pc:
            machine.step_instruction()
        return machine

    # What is done --------------------------------------------------------------------------------

    def choose_data(self, kind: str, title: str) -> None:
        """Choose a data set in the panel, under its kind: "Points", "Tables"…"""
        self.page.get_by_role("button", name=kind, exact=True).click()
        self.page.get_by_role("radio", name=title).click()

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def pause(self) -> tuple[int, int]:
        """Pause a run; returns the machine's step and instruction."""
        if self.get("run.running"):
            self.press(" ")
        return self.settle()

    def step(self, unit: str) -> tuple[int, int]:
        """Step by a unit with its key; returns the machine's step and instruction."""
        before = self.settle()
        self.press({"step": "u"}.get(unit, unit[0]))
        step, pc = before
        self.wait(f"!s.run.running && (s.run.step !== {step} || s.run.pc !== {pc})")
        return self.settle()


def _array(shape: list[int], data: list[float]) -> NDArray[np.float64]:
    return np.array(data, dtype=np.float64).reshape(shape)


def number(text: str) -> float:
    """A number as the page writes it: with a true minus, and powers of ten."""
    plain = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"e{m[1].translate(SUPERSCRIPTS)}", text)
    return float(plain.replace("\N{MINUS SIGN}", "-").replace(",", ""))


class Visits:
    """Opens pages and listens for complaints.

    Attributes:
        complaints: errors and warnings of the console, uncaught exceptions, failed requests.
        tolerated: patterns of complaints that a test provokes.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address
        self.complaints: list[str] = []
        self.tolerated: list[str] = []
        self._loading: set[Request] = set()

    def open(self, fragment: str = PAUSED, *, address: str = "", **options: Any) -> Visit:
        """Open the page and wait for its first picture; options are those of a context.

        Each has a context, hence a session, of its own.
        """
        width, height = DESKTOP
        options = {"viewport": {"width": width, "height": height}, **options}
        page = self._browser.new_context(**options).new_page()
        self._listen(page)
        page.goto(f"{address or self.address}#{fragment}")
        visit = Visit(page)
        visit.wait("s.frame && s.catalogue && s.run")
        return visit

    def rest(self, page: Page) -> None:
        """Wait until nothing has been fetched for half a second: parts come after the page does."""
        quiet = 0
        while quiet < 10:
            page.wait_for_timeout(50)
            quiet = 0 if self._loading else quiet + 1

    def close(self) -> None:
        """Close all pages, as a user does."""
        for context in self._browser.contexts:
            context.close()

    def _listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._complain(f"uncaught: {error}"))
        page.on("request", self._asked)
        page.on("requestfinished", self._arrived)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self._loading.add(request)

    def _arrived(self, request: Request) -> None:
        self._loading.discard(request)

    def _failed(self, request: Request) -> None:
        self._arrived(request)
        if request.failure == "net::ERR_ABORTED":  # the page was left while it loaded a part
            return
        self._complain(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"{response.status}: {response.url}")

    def _complain(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self.tolerated):
            self.complaints.append(text)
