"""The state of an earlier moment, brought back by executing the same instructions again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from engine.history.moments import Moment
from engine.history.timeline import Timeline
from engine.program.machine import Machine, Snapshot

ReplaySource = Timeline | Snapshot | None
"""The source of earlier states: the timeline that drives the machine; a snapshot, if nothing was
changed by hand since it was taken; or None, to repeat training from its start, exactly but slowly.
"""


class UnrecordedError(LookupError):
    """An earlier state cannot be restored, because a change by hand was not recorded."""


@dataclass(frozen=True)
class _Start:
    """The state at the start of a step, and the branch or present state that it belongs to."""

    step: int
    snapshot: Snapshot
    origin: object


class Replay:
    """Puts a machine into the states of earlier moments for a while.

    It caches the start of the last step asked for, so going there again costs at most a step.
    """

    def __init__(self, machine: Machine, past: ReplaySource = None) -> None:
        self.machine = machine
        self.past = past
        self.counts_steps = any(node.output.name == "step" for node in machine.program.graph.nodes)
        self._start: _Start | None = None

    @property
    def now(self) -> Moment:
        """The present moment. A machine without an update counts no steps; its step is 1."""
        step = self.machine.step_count if self.counts_steps else 1
        return Moment(step, self.machine.pc)

    def changed(self, after: Moment, until: Moment) -> bool:
        """Whether something is known to have been changed by hand between two moments."""
        if not isinstance(self.past, Timeline):
            return False
        return any(after < edit.moment <= until for edit in self.past.branch.events)

    @contextmanager
    def at(self, moment: Moment) -> Iterator[Machine]:
        """Inside the `with` block, the machine is at an earlier moment; then it is restored.

        Raises:
            UnrecordedError: the way there was not recorded.
        """
        if moment == self.now:
            yield self.machine
        elif isinstance(self.past, Timeline) and self.changed(Moment(moment.step, 0), self.now):
            with self.past.visit(moment) as machine:
                yield machine
        else:
            with _restored(self.machine):
                self._go(moment)
                yield self.machine

    def _go(self, moment: Moment) -> None:
        if not self.counts_steps:
            raise UnrecordedError("a machine without an update has no past")
        origin = self._origin()
        start = self._start
        if start is None or start.step != moment.step or not _same(start.origin, origin):
            start = _Start(moment.step, self._make_start(moment), origin)
            self._start = start
        self.machine.restore(start.snapshot)
        if self.machine.pc != moment.pc:
            self.machine.run_to(moment.pc)

    def _origin(self) -> object:
        """What a cached start belongs to: the branch of the timeline, or the present state."""
        if isinstance(self.past, Timeline):
            return self.past.branch.number
        return self.machine.snapshot()

    def _make_start(self, moment: Moment) -> Snapshot:
        if isinstance(self.past, Timeline):
            with self.past.visit(Moment(moment.step, 0)) as machine:
                return machine.snapshot()
        present = self.machine.snapshot()
        now = self.now
        if self.past is None:
            self.machine.reset()
        else:
            self.machine.restore(self.past)
        self._forward(Moment(moment.step, 0))
        start = self.machine.snapshot()
        self._forward(now)
        if not np.array_equal(self.machine.snapshot().block, present.block):
            raise UnrecordedError(
                "repeating the training does not lead to the present: drive the machine through "
                "a Timeline, which records what is changed by hand"
            )
        return start

    def _forward(self, goal: Moment) -> None:
        if self.now > goal:
            raise UnrecordedError(f"the snapshot was taken after step {goal.step} began")
        if goal.step > self.now.step:
            self.machine.run(goal.step - self.now.step, checked=False)
        while self.now < goal:
            self.machine.step_instruction()


def _same(left: object, right: object) -> bool:
    if isinstance(left, Snapshot) and isinstance(right, Snapshot):
        return left.pc == right.pc and np.array_equal(left.block, right.block)
    return left == right


@contextmanager
def _restored(machine: Machine) -> Iterator[None]:
    """Restores the state of the machine after the `with` block."""
    snapshot, stopped, trapped = machine.snapshot(), machine.stopped, machine.trapped
    try:
        yield
    finally:
        machine.restore(snapshot)
        machine.stopped, machine.trapped = stopped, trapped
