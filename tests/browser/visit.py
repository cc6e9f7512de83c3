"""A page as a test sees it: what its store holds, what it shows, what it complains of."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from engine import Machine
from server.describe import description
from tests.browser.serving import once, wait_until

DESKTOP = (1440, 900)
PAUSED = "run=no"
STATE = "window.backstep?.store.state"
SETTLED = f"""(() => {{
  const {{ frame, run, model }} = {STATE} ?? {{}};
  return frame && run && !run.running && frame.generation === model.generation
    && frame.branch === run.branch && frame.step === run.step && frame.pc === run.pc
    && !frame.running;
}})()"""
"""The machine stands still and the page has a picture of just that moment."""
DRAWN = """async () => {
  for (let i = 0; i < 3; i += 1) {
    await new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve));
  }
}"""
"""Whatever was due to be drawn has been, and what that has brought about as well."""
UNMOVED = "document.getAnimations().every(({ playState }) => playState !== 'running')"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


class Visit:
    """One open page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # What the store holds ------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """A part of the page's state, such as ``run.step``."""
        return self.page.evaluate(f"{STATE}.{path}")

    def wait(self, condition: str) -> None:
        """Wait until an expression over the page's state `s` is true."""
        wait_until(self.page, _of_state(condition))

    def expect(self, condition: str) -> None:
        """That an expression over the page's state `s` is true in the end.

        Raises:
            AssertionError: it has not become true until the deadline.
        """
        try:
            self.wait(condition)
        except TimeoutError as error:
            raise AssertionError(str(error)) from error

    def draw(self) -> None:
        """Wait until what was due to be drawn has been, and transitions of styles are over."""
        self.page.evaluate(DRAWN)
        wait_until(self.page, UNMOVED)
        self.page.evaluate(DRAWN)

    def stop_clock(self) -> None:
        """From now on the page's time passes when `page.clock` is told to run, and not else."""
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 1)

    def answered(self) -> None:
        """Wait until the server has followed all commands of the page, and its answers have come.

        The server follows commands in their order, so what has not happened by then will not.
        """
        self.page.evaluate("async () => { await backstep.actions.export(); }")

    def settle(self, condition: str = "true") -> tuple[int, int]:
        """Wait until the page shows the machine at rest; returns its step and instruction.

        Args:
            condition: what has to be true of the page's state `s` as well.
        """
        settled = f"{SETTLED} && {_of_state(condition)}"
        step, pc = once(self.page, settled, f"[{STATE}.run.step, {STATE}.run.pc]")
        return step, pc

    def drawn(self, buffer: str) -> NDArray[np.float64]:
        """A buffer's values in the frame that is shown, once there is one that has them."""
        entry = f"s.frame?.entries.get(s.model.bufferByName.get('{buffer}')?.id)"
        values = once(
            self.page,
            _of_state(entry),
            f"((e) => [e.shape, Array.from(e.data, (_, i) => e.at(i))])({_of_state(entry)})",
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

    def copied_link(self) -> str:
        """Copy the link with its key; returns its fragment."""
        self.page.evaluate("backstep.store.set({ announce: '' })")
        self.press("c")
        self.wait("s.announce === 'The link was copied.'")
        return self.page.url.partition("#")[2]

    def step(self, unit: str) -> tuple[int, int]:
        """Step by a unit with its key; returns the machine's step and instruction."""
        step, pc = self.settle()
        self.press({"step": "u"}.get(unit, unit[0]))
        return self.settle(f"(s.run.step !== {step} || s.run.pc !== {pc})")


def _of_state(expression: str) -> str:
    """An expression over the page's state `s` as one of the page; undefined while there is none."""
    return f"((s) => s && ({expression}))({STATE})"


def _array(shape: list[int], data: list[float]) -> NDArray[np.float64]:
    return np.array(data, dtype=np.float64).reshape(shape)


def number(text: str) -> float:
    """A number as the page writes it: with a true minus, and powers of ten."""
    plain = re.sub(r"×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"e{m[1].translate(SUPERSCRIPTS)}", text)
    return float(plain.replace("\N{MINUS SIGN}", "-").replace(",", ""))


class Contexts:
    """Contexts of a browser that are used again, for what they keep of the page's files.

    A page finds nothing else of those before it in its context: its session is that of its tab, and
    what pages store for good is cleared. One blank page stays open in each context, so that its
    window stays open too: Chromium takes longer to open a window than to load the page.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    def take(self, **options: Any) -> BrowserContext:
        """A context with these options of Playwright's, in which no test has a page."""
        free = self._free.get(repr(options))
        return free.pop() if free else self.new(**options)

    def new(self, **options: Any) -> BrowserContext:
        """A context that has not been used, whose pages may copy links as in a window."""
        options.setdefault("permissions", ["clipboard-write"])
        context = self._browser.new_context(**options)
        context.new_page()
        return context

    def give_back(self, context: BrowserContext, **options: Any) -> None:
        """Close all its pages but the blank one, as a user does."""
        for page in context.pages[1:]:
            if page.url.startswith("http"):  # not where opening has failed
                page.evaluate("localStorage.clear()")
            page.close()
        self._free.setdefault(repr(options), []).append(context)


class Visits:
    """Opens pages and listens for complaints.

    Attributes:
        complaints: errors and warnings of the console, uncaught exceptions, failed requests.
        tolerated: patterns of complaints that a test provokes.
    """

    def __init__(self, contexts: Contexts, address: str) -> None:
        self._contexts, self.address = contexts, address
        self.complaints: list[str] = []
        self.tolerated: list[str] = []
        self._open: list[Callable[[], None]] = []
        self._asked_for = 0
        self._loading: set[Request] = set()

    def open(
        self,
        fragment: str = PAUSED,
        *,
        address: str = "",
        prepare: Callable[[Page], object] = lambda _: None,
        clock: bool = False,
        **options: Any,
    ) -> Visit:
        """Open the page and wait for its first picture, which some kinds of layers fetch parts for.

        Each has a context, hence a session, of its own.

        Args:
            fragment: of the address, what the page is asked for.
            address: of another server than the usual one.
            prepare: what is done with the blank page before.
            clock: whether the page's clock can be stopped.
            options: those of a context.
        """
        width, height = DESKTOP
        options = {"viewport": {"width": width, "height": height}, **options}
        page = (self._with_clock if clock else self._take)(**options).new_page()
        self._listen(page)
        prepare(page)
        page.goto(f"{address or self.address}#{fragment}")
        visit = Visit(page)
        visit.wait("s.frame && s.catalogue && s.run && document.querySelector('.net-head')")
        return visit

    def rest(self, page: Page) -> None:
        """Wait until the page has fetched all its parts: some are fetched when others are drawn.

        What is drawn when nothing is being fetched asks for no more.
        """
        while True:
            before = self._asked_for
            page.evaluate(DRAWN)
            if self._asked_for == before and not self._loading:
                return

    def close(self) -> None:
        """Close all pages, as a user does."""
        while self._open:
            self._open.pop()()

    def _take(self, **options: Any) -> BrowserContext:
        context = self._contexts.take(**options)
        self._open.append(partial(self._contexts.give_back, context, **options))
        return context

    def _with_clock(self, **options: Any) -> BrowserContext:
        context = self._contexts.new(**options)
        context.clock.install()  # for good: the context is not used again
        self._open.append(context.close)
        return context

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
        self._asked_for += 1
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
