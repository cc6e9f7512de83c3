"""Traps: called wherever the program counter arrives, whole steps at full speed between them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import SGD, Dense, Machine, Network, compile  # noqa: A004
from tests.engine.networks import CIRCLES, all_state, circles_machine

COUNT = len(circles_machine().program.instructions)

Place = tuple[int, int]


class Recorder:
    """Traps that note where they were called, the last one of which springs."""

    def __init__(self, machine: Machine, places: set[int], last: int) -> None:
        self.machine = machine
        self.last = last
        self.seen: list[Place] = []
        self.traps: dict[int, Callable[[], bool]] = {place: self._trap(place) for place in places}

    def _trap(self, place: int) -> Callable[[], bool]:
        def trap() -> bool:
            self.seen.append((self.machine.step_count, place))
            return len(self.seen) == self.last

        return trap


@given(
    places=st.sets(st.integers(0, COUNT - 1), max_size=4),
    last=st.integers(1, 12),
    begin=st.integers(0, COUNT - 1),
    steps=st.integers(1, 6),
)
@settings(max_examples=100, deadline=None)
def test_a_run_with_traps_is_a_walk_that_looks(
    places: set[int], last: int, begin: int, steps: int
) -> None:
    machine, plain = circles_machine(), circles_machine()
    for either in (machine, plain):
        for _ in range(begin):
            either.step_instruction()
    recorder = Recorder(machine, places, last)
    walked: list[Place] = []
    done = machine.run(steps, traps=recorder.traps)
    finished = 0
    while finished < steps and len(walked) < last:
        plain.step_instruction()
        finished += plain.pc == 0
        if plain.pc in places:
            walked.append((plain.step_count, plain.pc))
    assert recorder.seen == walked
    assert machine.trapped == (len(walked) == last)
    assert done == finished
    assert all_state(machine) == all_state(plain)


def exploding() -> Machine:
    """Overflows in its sixth step or so."""
    network = Network(2, [Dense(2), Dense(1)], optimizer=SGD(1e20))
    return Machine(compile(network, CIRCLES, batch_size=8))


def test_a_value_that_stops_being_finite_comes_first() -> None:
    machine = exploding()
    recorder = Recorder(machine, {5, 0}, 1000)
    machine.run(200, traps=recorder.traps)
    plain = exploding()
    plain.run(200)
    assert machine.stopped == plain.stopped is not None
    assert not machine.trapped
    assert all_state(machine) == all_state(plain)


def test_a_trap_comes_before_a_value_that_would_stop_being_finite() -> None:
    plain = exploding()
    plain.run(200)
    assert plain.stopped is not None
    step, after = plain.stopped.step, plain.stopped.instruction + 1
    assert step > 1
    for place in range(1, after):
        machine = exploding()
        trap = Recorder(machine, {place}, step + 1)
        machine.run(200, traps=trap.traps)
        assert machine.trapped
        assert machine.stopped is None
        assert (machine.step_count, machine.pc) == (step, place)
