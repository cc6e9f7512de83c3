"""The plain way to a moment of a timeline, which knows nothing of keyframes and clamps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import Machine
from engine.history.moments import Branch, Edit, Moment
from engine.history.timeline import Timeline
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
        self._held: dict[tuple[object, ...], _Hold] = {}
        self._edit()

    @property
    def now(self) -> Moment:
        return Moment(self.machine.step_count, self.machine.pc)

    def go_on(self) -> None:
        instruction = self.machine.step_instruction()
        for hold in self._held.values():
            hold.again(self.machine.view(instruction.writes[0]))
        self._on_arrival(self.machine)
        self._edit()

    def _edit(self) -> None:
        for edit in self._branch.events:
            if edit.moment == self.now:
                self._make(edit)

    def _make(self, edit: Edit) -> None:
        if edit.kind == "release":
            del self._held[edit.buffer, edit.index]
            return
        self.machine.write(edit.buffer, edit.values, edit.index)
        if edit.kind == "clamp":
            self._held[edit.buffer, edit.index] = _Hold(self.machine, edit)


class _Hold:
    """A clamp: where the values are that it holds, and the gradients of what lies there."""

    def __init__(self, machine: Machine, edit: Edit) -> None:
        self._machine = machine
        self._edit = edit
        assert edit.index is not None
        places = tuple(slice(None) if i is None else i for i in edit.index)
        held = _addresses(machine.view(edit.buffer))[places]
        self._gradients = []
        for name, buffer in machine.program.buffers.items():
            within = np.isin(_addresses(machine.view(name)), held)
            if buffer.role in ("activation", "pre_activation") and buffer.grad and within.any():
                self._gradients.append((buffer.grad, within))

    def again(self, written: np.ndarray) -> None:
        """After an instruction has written to `written`."""
        machine, edit = self._machine, self._edit
        if np.may_share_memory(written, machine.view(edit.buffer)):
            machine.write(edit.buffer, edit.values, edit.index)
        for name, within in self._gradients:
            if np.may_share_memory(written, machine.view(name)):
                machine.write(name, np.where(within, 0.0, machine.view(name)))


def _addresses(array: np.ndarray) -> np.ndarray:
    """Where every element of an array lies."""
    steps = [s * np.arange(n) for n, s in zip(array.shape, array.strides, strict=True)]
    return sum(np.ix_(*steps), np.int64(array.ctypes.data)) + np.zeros(array.shape, np.int64)


def assert_as_replayed(timeline: Timeline, fresh: Callable[[], Machine]) -> None:
    expected = replay(fresh, timeline.branch, timeline.now)
    assert state(timeline.machine) == state(expected)
