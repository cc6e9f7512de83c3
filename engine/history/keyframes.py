"""Keyframes: copies of a machine's memory from which a timeline starts again.

They are taken at the starts of some steps, along every branch. When they outgrow their budget, the
old ones are thinned, so that their spacing grows in proportion to their age.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.history.moments import Branch, Moment

BUDGET = 64 * 2**20
"""The default number of bytes that all keyframes of a timeline may take."""
SPACING_SECONDS = 0.02
"""The rough training time in seconds between recent keyframes."""
MIN_SPACING, MAX_SPACING = 8, 512
"""The least and the greatest number of steps between recent keyframes."""
GROWTH = 1e-3
"""The least spacing of thinned keyframes, as a fraction of their age."""
FULL = 0.9
"""The fraction of the budget that thinning leaves at most, so that it is not due at every step."""

Copy = NDArray[np.uint8]


@dataclass
class _Line:
    """The keyframes of one branch.

    Attributes:
        copies: by step, each taken before the edits made there.
        steps: the steps with copies, ascending.
        pinned: the steps that are never thinned out, because a branch starts near them.
    """

    copies: dict[int, Copy] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    pinned: set[int] = field(default_factory=set)


class Keyframes:
    """The keyframes of all branches of a timeline.

    Args:
        budget: the bytes that they may take. Pinned keyframes stay even beyond it.
        step_seconds: about how long a step of training takes.

    Attributes:
        spacing: the number of steps between recent keyframes.
        bytes: the memory that they take.
    """

    def __init__(self, budget: int, step_seconds: float) -> None:
        self.budget = budget
        self.spacing = max(MIN_SPACING, min(MAX_SPACING, int(SPACING_SECONDS / step_seconds)))
        self.bytes = 0
        self._growth = GROWTH
        self._lines: dict[Branch, _Line] = {}

    def steps(self, branch: Branch) -> Sequence[int]:
        """The steps at which a branch itself has keyframes, ascending."""
        line = self._lines.get(branch)
        return line.steps if line is not None else ()

    def next_step(self, step: int) -> int:
        """The first step after `step` at which a keyframe is due."""
        return (step // self.spacing + 1) * self.spacing

    def before(self, branch: Branch, target: Moment) -> tuple[Branch, int]:
        """The last keyframe at least a whole step before `target`, as its branch and step.

        It may be one of an ancestor of `branch`; step 0 where there is none. A keyframe holds only
        what outlives a step, and the step after it computes the rest: hence a whole step.
        """
        owner, best = branch, 0
        for line, limit in branch.lineage():
            last = min(limit.step if line is not branch else target.step, target.step - 1)
            steps = self.steps(line)
            count = bisect_right(steps, last)
            if count and steps[count - 1] > best:
                owner, best = line, steps[count - 1]
        return owner, best

    def copy(self, branch: Branch, step: int) -> Copy:
        """The keyframe that a branch has at a step."""
        return self._lines[branch].copies[step]

    def pin(self, branch: Branch, step: int) -> None:
        """Exempt a keyframe from thinning."""
        self._lines[branch].pinned.add(step)

    def add(self, branch: Branch, step: int, take: Callable[[], Copy]) -> None:
        """Keep a copy of the start of a step, if one is due there and there is none yet."""
        if step % self.spacing or step <= branch.start.step:
            return
        line = self._lines.setdefault(branch, _Line())
        if step in line.copies:
            return
        line.copies[step] = take()
        insort(line.steps, step)
        self.bytes += line.copies[step].nbytes
        if self.bytes > self.budget:
            self._thin()
            while self.bytes > FULL * self.budget and self._growth < 1:
                self._growth *= 1.5
                self._thin()

    def clear(self) -> None:
        """Drop all keyframes."""
        self._lines.clear()
        self.bytes = 0

    def _thin(self) -> None:
        """Drop the keyframes that stand closer to the next kept one than their age allows."""
        for branch, line in self._lines.items():
            later = now = branch.end.step
            for step in reversed(line.steps):
                gap = max(self.spacing, int(self._growth * (now - step)))
                if later - step >= gap or step in line.pinned:
                    later = step
                else:
                    self.bytes -= line.copies.pop(step).nbytes
            line.steps = sorted(line.copies)
