"""A network of one's own, debugged from a script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import Adam, Dense, Machine, Network, from_arrays
from server import debug
from server.client import Client

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 90.0


def machine_of(**options: Any) -> Machine:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 3))
    data = from_arrays(x, (x[:, 0] > x[:, 1]).astype(int), test_fraction=0.3, seed=0)
    layers = [Dense(5, "relu", l2=0.01), Dense(2, "softmax")]
    network = Network(3, layers, "softmax_cross_entropy", Adam(0.02))
    return Machine(engine.compile(network, data, batch_size=8, seed=4, **options))


def address(url: str) -> tuple[str, str]:
    """Of the WebSocket, and the session."""
    match = re.fullmatch(r"http://(127\.0\.0\.1:\d+)/\?session=([\w-]+)", url)
    assert match is not None
    return f"ws://{match[1]}/ws", match[2]


def finish(url: str) -> None:
    base = url.partition("?")[0]
    request = urllib.request.Request(f"{base}api/done", method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def void(_: object) -> None:
    """An answer that nobody asks for."""


def visited(visit: Callable[[Client], None]) -> Callable[[str], None]:
    """What shows a page: a viewer that does this and is then done."""

    def show(url: str) -> None:
        def run() -> None:
            socket, session = address(url)
            with Client(socket, session, timeout=SECONDS) as client:
                client.wait_for("configured")
                client.wait_for("state", lambda state: not state["running"])
                visit(client)
                finish(url)

        threading.Thread(target=run, daemon=True).start()

    return show


@pytest.mark.slow
def test_the_page_shows_the_machine_and_gives_it_back_as_it_leaves_it() -> None:
    machine, twin = machine_of(), machine_of()
    machine.run(30)
    machine.step_instruction()
    machine.step_instruction()
    seen: dict[str, Any] = {}

    def visit(client: Client) -> None:
        seen["W"] = client.read("dense1/W")
        seen["state"] = client.state
        client.step("step", 12)

    weights = machine.read("dense1/W")
    assert debug(machine, show=visited(visit)) is machine
    np.testing.assert_array_equal(seen["W"], weights)
    assert (seen["state"]["step"], seen["state"]["pc"]) == (30, 2)
    twin.run(42)
    assert machine.snapshot().block.tobytes() == twin.snapshot().block.tobytes()


@pytest.mark.slow
def test_what_was_changed_by_hand_is_carried_over_and_the_past_is_there() -> None:
    machine = machine_of()
    machine.run(20)
    machine.write("dense1/W", 0.125, (0, 0))
    machine.write("learning_rate", 0.5)
    seen: dict[str, Any] = {}

    def visit(client: Client) -> None:
        seen["w"] = client.read("dense1/W", (0, 0))
        seen["rate"] = client.read("learning_rate")
        client.request("step_back", unit="step", count=1)
        seen["step"] = client.read("step")

    debug(machine, show=visited(visit))
    assert (seen["w"], seen["rate"], seen["step"]) == (0.125, 0.5, 19)
    assert machine.step_count == 19


@pytest.mark.slow
def test_breakpoints_from_python_stop_the_run() -> None:
    machine = machine_of()

    def visit(client: Client) -> None:
        client.run()
        client.wait_for("state", lambda state: state["reason"] == "breakpoint")

    debug(machine, breakpoints=["step == 7"], show=visited(visit))
    assert machine.step_count == 7


@pytest.mark.slow
def test_a_network_and_data_make_a_machine() -> None:
    program = machine_of().program
    assert program.dataset is not None
    made = debug(
        program.network, program.dataset, show=visited(lambda _: None), batch_size=8, seed=4
    )
    assert made.snapshot().block.tobytes() == machine_of().snapshot().block.tobytes()


def test_wrong_arguments_are_named() -> None:
    machine = machine_of()
    with pytest.raises(TypeError, match="a network and its data"):
        debug(machine.program.network)
    with pytest.raises(TypeError, match="already"):
        debug(machine, machine.program.dataset)
    with pytest.raises(ValueError, match="evaluates"):
        debug(machine.evaluator(np.zeros((1, 3))))


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_an_example_runs(example: Path) -> None:
    """As a script without a guard, whose browser is this test."""
    script = subprocess.Popen(
        [sys.executable, str(example)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BROWSER": "true"},
        cwd=ROOT,
    )
    assert script.stdout is not None
    try:
        url = script.stdout.readline().split()[-1]
        visited(lambda client: void(client.step("step", 3)))(url)
        rest = script.stdout.read()
        assert script.wait(SECONDS) == 0
        assert "left at step" in rest
    finally:
        script.kill()
        script.wait()
        script.stdout.close()
