"""The watch list: expressions with their present values, and their values over time."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from engine.debug.expressions import Expression, Value, parse_expression
from engine.errors import DescriptionError
from engine.history.moments import Branch
from engine.history.thinned_series import ThinnedSeries
from engine.history.timeline import Timeline
from engine.program.machine import Trap

CAPACITY = 256
"""The greatest number of values over time of an expression on one branch."""
SHARE = 0.005
"""The share of training time that reading the watches may take."""
LOOK_SECONDS, VALUE_SECONDS = 5e-5, 1e-5
"""The rough durations in seconds of a look, and of each value that it reads."""
NEVER = 2**62


@dataclass
class Watch:
    """An expression, and its values over time if it is not an array."""

    expression: Expression
    track: ThinnedSeries


class WatchList:
    """Expressions by number. It adds itself to a timeline as an observer."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._watches: dict[int, Watch] = {}
        self._branch = timeline.branch
        self._next = self._since = 0
        timeline.observers.append(self)

    def __len__(self) -> int:
        return len(self._watches)

    @property
    def expressions(self) -> dict[int, Expression]:
        """The expressions by number, in the order in which they were added."""
        return {number: watch.expression for number, watch in self._watches.items()}

    def add(self, number: int, text: str) -> Expression:
        """Watch an expression, and record its values from now on.

        Raises:
            ExpressionError: it is wrong.
        """
        expression = parse_expression(text, self._timeline.machine.program)
        self._watches[number] = Watch(expression, ThinnedSeries(1, CAPACITY))
        self._since = self._timeline.now.step
        self._next = self._since + 1
        return expression

    def remove(self, number: int) -> None:
        self._watch(number)
        del self._watches[number]

    def values(self) -> dict[int, Value]:
        """The present values by number."""
        machine = self._timeline.machine
        return {n: watch.expression.value(machine) for n, watch in self._watches.items()}

    def series(
        self, number: int, branch: Branch | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps (rows,) and values (rows,) along a branch (the present one if None).

        They are empty for an array.
        """
        steps, rows = self._watch(number).track.along(branch or self._timeline.branch)
        return steps, rows[:, 0]

    def _watch(self, number: int) -> Watch:
        if number not in self._watches:
            raise DescriptionError("watch", number, "on the watch list")
        return self._watches[number]

    # As an observer --------------------------------------------------------------------------

    def due(self, step: int) -> int:
        if not self._watches:
            return NEVER
        if self._branch is not self._timeline.branch:
            self._branch, self._since, self._next = self._timeline.branch, step, step + 1
        return max(step + 1, self._next)

    def trap(self) -> Trap | None:
        return None

    def look(self) -> None:
        """Record the values, between two steps."""
        step, pc = self._timeline.now
        if pc:
            return
        for watch in self._watches.values():
            if not watch.expression.shape:
                value = float(watch.expression.value(self._timeline.machine))
                watch.track.add(self._timeline.branch, step, np.array([value]))
        self._next = step + 1 + self._spacing(step)

    def _spacing(self, step: int) -> int:
        """The steps between two looks: few after a start, later so many that looks cost little."""
        seconds = LOOK_SECONDS + VALUE_SECONDS * len(self._watches)
        cheap = ceil(seconds / (SHARE * self._timeline.machine.step_seconds))
        return max(min((step - self._since) // 8, cheap), 2 * step // CAPACITY)
