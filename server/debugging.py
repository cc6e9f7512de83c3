"""Debug your own network from a script or a notebook, in the page.

    from engine import Network, Dense, load_dataset
    from server import debug

    data = load_dataset("moons")
    network = Network(2, [Dense(4, "tanh"), Dense(1, "sigmoid")], "binary_cross_entropy")
    machine = debug(network, data)

The page opens with the network, its data and its state. When the page is closed, or "Done" is
pressed there, `debug` returns the machine in the state in which the page has left it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

import engine
from engine import Dataset, Machine, Network
from server.session.handover import DebugTarget, debug_target, network_machine, register
from server.wire.commands import BreakpointSpec

START_SECONDS = 30.0
"""Most seconds that the server may take to start."""
LINGER_SECONDS = 2.0
"""Seconds from the close of the last page to the end; a reload takes less."""
SAVE_SECONDS = 10.0
"""Most seconds that a checkpoint may take."""


def debug(
    subject: Machine | Network,
    data: Dataset | None = None,
    *,
    breakpoints: Sequence[str] = (),
    show: Callable[[str], object] | None = None,
    port: int = 0,
    **options: Any,
) -> Machine:
    """Open the page on a machine, or on a network and data, and wait until it is closed.

    Args:
        subject: a machine in any state, which gets the state in which the page is left; or a
            network, for which a machine is made.
        data: data for a network, from `load_dataset`, `from_arrays` or `from_csv`.
        breakpoints: conditions to stop at, such as ``norm(dense1/W.grad) > 10``.
        show: a function that shows the page at a URL; by default a frame in a notebook, else the
            browser.
        port: port of the server; 0 for any.
        options: options for a network: `batch_size`, `shuffle`, `seed`, `dtype`, as for
            `engine.compile`.

    Returns:
        The machine, ready to continue training.

    Raises:
        DescriptionError: the network does not fit the data.
        TypeError: a machine was given with data, or a network without.
        TimeoutError: the server did not start.
    """
    machine = _machine(subject, data, options)
    specs = tuple(_breakpoint(number, text) for number, text in enumerate(breakpoints, 1))
    serving = _Serving(debug_target(machine, specs), port)
    serving.start()
    try:
        print(f"Backstep debugs your network at {serving.url}", flush=True)
        (show or _show)(serving.url)
        with contextlib.suppress(KeyboardInterrupt):
            serving.wait()
        _take_over(machine, serving.collect())
    finally:
        serving.stop()
    return machine


def _machine(subject: object, data: Dataset | None, options: dict[str, Any]) -> Machine:
    if isinstance(subject, Machine):
        if data is not None or options:
            raise TypeError("a machine already has its data and settings")
        return subject
    if isinstance(subject, Network) and data is not None:
        return network_machine(subject, data, **options)
    raise TypeError("debug takes a machine, or a network and its data")


def _breakpoint(number: int, condition: str) -> BreakpointSpec:
    return BreakpointSpec(name=f"breakpoint {number}", condition=condition)


def _show(url: str) -> None:
    """Show the page: in a notebook in a frame, else in the browser."""
    try:
        from IPython import get_ipython
        from IPython.display import IFrame, display
    except ImportError:
        webbrowser.open(url)
        return
    shell = get_ipython()
    if shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell":
        display(IFrame(url, width="100%", height=900))
    else:
        webbrowser.open(url)


def _take_over(machine: Machine, snapshot: engine.Snapshot | None) -> None:
    """Bring the machine to the last state of the session, if that has the same program."""
    if snapshot is None:
        return
    with contextlib.suppress(ValueError):  # the page has configured another network
        machine.restore(snapshot)


class _Serving:
    """A server of one session in a separate thread."""

    def __init__(self, target: DebugTarget, port: int) -> None:
        from server.__main__ import listen, make_server
        from server.app import Settings

        self._target = target
        register(target.data)
        self._listening = listen("127.0.0.1", port)
        self._server = make_server(Settings(embedded=True), "warning", self._begin)
        self.app: Any = self._server.config.app
        self._thread = threading.Thread(target=self._run, daemon=True, name="backstep")
        self._ready = threading.Event()
        self.session = ""

    @property
    def url(self) -> str:
        port = self._listening.getsockname()[1]
        return f"http://127.0.0.1:{port}/?session={self.session}"

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the server did not start")

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listening]))

    def _begin(self) -> None:
        """Open the session; called when the server answers."""
        self._loop = asyncio.get_running_loop()
        self._hub = self.app.state.services.hub
        self.session = self._hub.open_target(self._target)
        self._ready.set()

    def wait(self) -> None:
        """Wait until the user is done, or every page has been closed."""
        seen = False
        left: float | None = None
        while not self.app.state.done.is_set():
            record = self._hub.sessions.get(self.session)
            watched = record is not None and bool(record.viewers)
            seen = seen or watched
            left = None if watched or not seen else (left or time.monotonic())
            if record is None or (left is not None and time.monotonic() - left > LINGER_SECONDS):
                return
            time.sleep(0.05)

    def collect(self) -> engine.Snapshot | None:
        """The present state of the machine; None if it cannot be saved."""
        record = self._hub.sessions.get(self.session)
        if record is None:
            return None
        before = record.checkpoint
        self._loop.call_soon_threadsafe(self._hub.save, record)
        deadline = time.monotonic() + SAVE_SECONDS
        while record.checkpoint is before and time.monotonic() < deadline:
            time.sleep(0.01)
        return None if record.checkpoint is None else record.checkpoint.snapshot

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10.0)
