"""Time travel: every moment since the start, in both directions, exact to the bit.

Training is deterministic, so all that has to be recorded is what a user changes by hand; those
edits, and sparse keyframes to start again from. Going to a moment is restoring the nearest keyframe
before it and executing the same instructions, with the same edits at the same places, up to there.
Editing the past starts a branch, so no history is ever lost.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import perf_counter
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DescriptionError
from engine.machine import Machine, Unit

BUDGET = 64 * 2**20
"""Bytes of keyframes."""
SPACING_SECONDS = 0.02
"""Training time between recent keyframes, roughly."""
SPACINGS = (8, 256)
"""Least and most steps between recent keyframes."""
GROWTH = 1e-3
"""Where keyframes are thinned, their spacing is at least so much of their age."""


class Moment(NamedTuple):
    """A place on a branch: so many steps finished, and so many instructions of the next one."""

    step: int
    pc: int


START = Moment(0, 0)


@dataclass(frozen=True)
class Edit:
    """Numbers that a user wrote into `buffer` at `index`, or over all of it where that is None."""

    moment: Moment
    buffer: str
    values: NDArray[np.float64]
    index: tuple[int, ...] | None


@dataclass(eq=False)
class Branch:
    """One line of history.

    Attributes:
        number: its place in `Timeline.branches`; 0 is the trunk.
        parent: the branch that it left at the moment `start`; None for the trunk.
        end: how far it has been followed.
        edits: its own edits, in order. The parent's up to `start` are part of its history, too.
        steps: where it has keyframes, ascending.
        keyframes: by step; each was taken before the edits made there.
        pinned: steps whose keyframes are never thinned out, since a branch starts near.
    """

    number: int
    parent: Branch | None
    start: Moment
    end: Moment
    edits: list[Edit] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    keyframes: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)

    def lineage(self) -> Iterator[tuple[Branch, Moment]]:
        """The branch with its end, then its ancestors, each with where this history leaves it."""
        line: Branch | None = self
        limit = self.end
        while line is not None:
            yield line, limit
            limit = min(limit, line.start)
            line = line.parent

    def history(self) -> list[Edit]:
        """All edits on the way from the start to the end of this branch, in order."""
        parts = [
            line.edits if line is self else [e for e in line.edits if e.moment <= limit]
            for line, limit in self.lineage()
        ]
        return [edit for part in reversed(parts) for edit in part]


class Timeline:
    """The history of a machine, and the ways through it.

    While a timeline is in use its machine is driven through it alone.

    Args:
        machine: at the start of its training.
        budget: bytes that keyframes may take. Beyond it the old ones are thinned, so that their
            spacing grows in proportion to their age.

    Attributes:
        branches: all branches, by number.
        branch: the one the machine is on.
    """

    def __init__(self, machine: Machine, budget: int = BUDGET) -> None:
        if (machine.step_count, machine.pc) != START:
            raise ValueError("a timeline begins at the start of training")
        self.machine = machine
        self.budget = budget
        self.branch = Branch(0, None, START, START)
        self.branches = [self.branch]
        self._start = machine.snapshot()
        least, most = SPACINGS
        self._spacing = max(least, min(most, int(SPACING_SECONDS / machine.step_seconds)))
        self._growth = GROWTH
        self._bytes = 0
        self._boundaries = _boundaries(machine)

    @property
    def now(self) -> Moment:
        """Where the machine is."""
        return Moment(self.machine.step_count, self.machine.pc)

    @property
    def at_end(self) -> bool:
        """Whether nothing is known of the branch beyond the present."""
        return self.now >= self.branch.end

    # Forwards --------------------------------------------------------------------------------

    def run(self, steps: int | None = None, *, seconds: float | None = None) -> int:
        """Follow the branch, and train on from its end; as `Machine.run`, but recorded."""
        if steps is None and seconds is None:
            raise ValueError("run needs steps, seconds or both")
        deadline = None if seconds is None else perf_counter() + seconds
        first = self.now.step
        goal = None if steps is None else Moment(first + steps, 0)
        while goal is None or self.now < goal:
            left = None if deadline is None else deadline - perf_counter()
            if left is not None and left <= 0:
                break
            self._leap(goal, left)
            if self.machine.stopped is not None:
                break
        return self.now.step - first

    def advance(self, unit: Unit) -> None:
        """Go on to the next boundary of `unit`; as `Machine.advance`, but recorded."""
        self._forward(self._after(_known(unit)))

    # Backwards and anywhere ------------------------------------------------------------------

    def back(self, unit: Unit) -> None:
        """Go back to the last boundary of `unit` before the present; at the start, stay."""
        self.go(self._before(_known(unit)))

    def go(self, moment: tuple[int, int], branch: int | None = None) -> None:
        """Go to a moment of a branch (the present one if None), known or still to come.

        Raises:
            DescriptionError: there is no such branch or instruction.
        """
        target = self._checked(Moment(*moment))
        line = self.branch if branch is None else self._branch(branch)
        owner, source = self._source(line, target)
        straight = line is self.branch and Moment(source, 0) <= self.now <= target
        if not straight:
            self.branch = line
            self._restore(owner, source)
        self._forward(target)

    # Changing things -------------------------------------------------------------------------

    def write(self, buffer: str, values: ArrayLike, index: Sequence[int] | None = None) -> Branch:
        """Overwrite a buffer or one element of it, here and now; returns the branch we are on.

        At the end of a branch the edit is added to it; before its end a new branch starts.

        Raises:
            DescriptionError: as `Machine.write`; nothing has changed then.
        """
        where = None if index is None else tuple(index)
        self.machine.write(buffer, values, where)
        if not self.at_end:
            self._fork()
        numbers = np.array(values, dtype=np.float64)
        self.branch.edits.append(Edit(self.now, buffer, numbers, where))
        return self.branch

    def parting(self, left: int, right: int) -> Moment:
        """The last moment that two branches have in common: their next edits differ."""
        limits = {line.number: limit for line, limit in self._branch(left).lineage()}
        for line, limit in self._branch(right).lineage():
            if line.number in limits:
                return min(limit, limits[line.number])
        raise AssertionError("all branches come from the trunk")

    def _fork(self) -> None:
        owner, source = self._source(self.branch, self.now)
        if source:
            owner.pinned.add(source)
        self.branch = Branch(len(self.branches), self.branch, self.now, self.now)
        self.branches.append(self.branch)

    # How -------------------------------------------------------------------------------------

    def _branch(self, number: int) -> Branch:
        if not 0 <= number < len(self.branches):
            raise DescriptionError("branch", number, f"in 0..{len(self.branches) - 1}")
        return self.branches[number]

    def _checked(self, moment: Moment) -> Moment:
        last = len(self.machine.program.instructions) - 1
        if moment.step < 0:
            raise DescriptionError("step", moment.step, "0 or more")
        if not 0 <= moment.pc <= last:
            raise DescriptionError("pc", moment.pc, f"in 0..{last}")
        return moment

    def _source(self, branch: Branch, target: Moment) -> tuple[Branch, int]:
        """The last keyframe at least a whole step before `target`, and whose it is; else step 0.

        A keyframe holds what outlives a step; the step after it makes the rest anew.
        """
        owner, best = branch, 0
        for line, limit in branch.lineage():
            last = min(limit.step if line is not branch else target.step, target.step - 1)
            place = bisect_right(line.steps, last)
            if place and line.steps[place - 1] > best:
                owner, best = line, line.steps[place - 1]
        return owner, best

    def _restore(self, owner: Branch, source: int) -> None:
        """Put the machine at the start of step `source`, with the edits this branch has there."""
        if source == 0:
            self.machine.restore(self._start)
        else:
            self.machine.restore_keyframe(owner.keyframes[source])
        self._edit()

    def _forward(self, target: Moment) -> None:
        while self.now < target:
            self._leap(target, None)
            if self.machine.stopped is not None:
                break

    def _leap(self, goal: Moment | None, seconds: float | None) -> None:
        """Execute up to `goal`, the next keyframe or the next edit, whichever comes first.

        What is known is repeated without looking for numbers that stop being finite.
        """
        here, known = self.now, not self.at_end
        stops = [Moment((here.step // self._spacing + 1) * self._spacing, 0)]
        stops += [edit.moment for edit in self.branch.history() if edit.moment > here]
        stops += [goal] if goal is not None else []
        stops += [self.branch.end] if known else []
        stop = min(stops)
        if stop.step > here.step:
            self.machine.run(stop.step - here.step, seconds=seconds, checked=not known)
        if self.machine.stopped is None and self.now.step == stop.step:
            while self.now < stop:
                self.machine.step_instruction()
        self._arrive()

    def _arrive(self) -> None:
        here = self.now
        self.branch.end = max(self.branch.end, here)
        if here.pc == 0 and here.step % self._spacing == 0:
            self._keep(here.step)
        self._edit()

    def _edit(self) -> None:
        """Make the edits that this branch has at the present moment."""
        for edit in self.branch.history():
            if edit.moment == self.now:
                self.machine.write(edit.buffer, edit.values, edit.index)

    # Keyframes -------------------------------------------------------------------------------

    def _keep(self, step: int) -> None:
        line = self.branch
        if step in line.keyframes or step <= line.start.step:
            return
        line.keyframes[step] = self.machine.keyframe()
        insort(line.steps, step)
        self._bytes += line.keyframes[step].nbytes
        while self._bytes > self.budget:
            self._thin()
            if self._bytes > 0.75 * self.budget:
                self._growth *= 2
            if self._growth > 1:
                break

    def _thin(self) -> None:
        """Drop keyframes nearer to the next kept one than their age asks for."""
        for line in self.branches:
            later = now = line.end.step
            for step in reversed(list(line.steps)):
                gap = max(self._spacing, int(self._growth * (now - step)))
                if later - step >= gap or step in line.pinned:
                    later = step
                else:
                    self._bytes -= line.keyframes.pop(step).nbytes
            line.steps = sorted(line.keyframes)

    # Boundaries ------------------------------------------------------------------------------

    def _after(self, unit: Unit) -> Moment:
        step, pc = self.now
        if unit == "epoch":
            per_epoch = self.machine.program.steps_per_epoch
            return Moment((step // per_epoch + 1) * per_epoch, 0)
        later = [start for start in self._boundaries[unit] if start > pc]
        return Moment(step, later[0]) if later else Moment(step + 1, 0)

    def _before(self, unit: Unit) -> Moment:
        step, pc = self.now
        if (step, pc) == START:
            return START
        if unit == "epoch":
            per_epoch = self.machine.program.steps_per_epoch
            return Moment((step - (pc == 0)) // per_epoch * per_epoch, 0)
        starts = self._boundaries[unit]
        earlier = [start for start in starts if start < pc]
        return Moment(step, earlier[-1]) if earlier else Moment(step - 1, starts[-1])


def _known(unit: Unit) -> Unit:
    if unit not in get_args(Unit):
        raise DescriptionError("unit", unit, f"one of {', '.join(get_args(Unit))}")
    return unit


def _boundaries(machine: Machine) -> dict[str, list[int]]:
    """Where each unit starts within a step; a layer where the layer or the phase changes."""
    listing = machine.program.instructions
    changes = list(enumerate(pairwise(listing), start=1))
    return {
        "instruction": list(range(len(listing))),
        "layer": [0] + [i for i, (a, b) in changes if (a.layer, a.phase) != (b.layer, b.phase)],
        "phase": [0] + [i for i, (a, b) in changes if a.phase != b.phase],
        "step": [0],
    }
