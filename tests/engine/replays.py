"""The plain way to a moment of a timeline, which knows nothing of keyframes and clamps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import Machine
from engine.history import Branch, Edit, Moment
from engine.timeline import Timeline
from tests.engine.networks import all_state


def state(machine: Machine) -> bytes:
    """Everything the machine can change, its data set included."""
    data = [machine.read(name).tobytes() for name in sorted(machine.program.data)]
    return all_state(machine) + b"".join(data)


def replay(fresh: Callable[[], Machine], branch: Branch, moment: Moment) -> Machine:
    """A fresh machine that was walked to a moment."""
    walk = Walk(fresh, branch)
    while walk.now < moment:
        walk.go_on()
    return walk.machine


class Walk:
    """From the start, one instruction at a time, edits where due, and what is held held.

    `on_arrival` sees every moment before its edits are made.
    """

    def __init__(
        self,
        fresh: Callable[[], Machine],
        branch: Branch,
        on_arrival: Callable[[Machine], None] = lambda machine: None,
    ) -> None:
        self.machine = fresh()
        self._branch = branch
        self._on_arrival = on_arrival
        self._held: dict[tuple[object, ...], Edit] = {}
        self._edit()

    @property
    def now(self) -> Moment:
        return Moment(self.machine.step_count, self.machine.pc)

    def go_on(self) -> None:
        instruction = self.machine.step_instruction()
        for edit in self._held.values():
            _hold(self.machine, edit, self.machine.view(instruction.writes[0]))
        self._on_arrival(self.machine)
        self._edit()

    def _edit(self) -> None:
        for edit in self._branch.events:
            if edit.moment == self.now:
                _make(self.machine, edit, self._held)


def _make(machine: Machine, edit: Edit, held: dict[tuple[object, ...], Edit]) -> None:
    if edit.kind == "release":
        del held[edit.buffer, edit.index]
        return
    machine.write(edit.buffer, edit.values, edit.index)
    if edit.kind == "hold":
        held[edit.buffer, edit.index] = edit


def _hold(machine: Machine, edit: Edit, written: np.ndarray) -> None:
    """Write a held value again if its buffer was written, and zero to its gradient likewise."""
    buffer = machine.program.buffers[edit.buffer]
    if np.shares_memory(written, machine.view(edit.buffer)):
        machine.write(edit.buffer, edit.values, edit.index)
    forward = buffer.role in ("activation", "pre_activation")
    if forward and buffer.grad and np.shares_memory(written, machine.view(buffer.grad)):
        machine.write(buffer.grad, 0.0, edit.index)


def assert_as_replayed(timeline: Timeline, fresh: Callable[[], Machine]) -> None:
    expected = replay(fresh, timeline.branch, timeline.now)
    assert state(timeline.machine) == state(expected)
