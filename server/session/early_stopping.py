"""Early stopping: a run ends when the loss on the test set has not fallen for so many steps."""

from __future__ import annotations

from math import inf

from server.session.curves import step_of
from server.views.scores import Point

Best = tuple[int, float]
"""A step and its loss on the test set."""


class EarlyStopping:
    """What one run has reached so far.

    Args:
        steps: without a lower loss, after which it ends; None for never.

    Attributes:
        best: the step with the lowest loss, of a run that has ended so; else None.
    """

    def __init__(self, steps: int | None) -> None:
        self._steps = steps
        self.begin()

    @property
    def spacing(self) -> float:
        """Steps between two loss points at most, so as to notice in time."""
        return inf if self._steps is None else max(1.0, self._steps / 5)

    def begin(self) -> None:
        """Another run begins."""
        self.best: Best | None = None
        self._lowest: Best | None = None

    def ended(self, point: Point) -> bool:
        """Take a loss point of the run in; whether it ends the run."""
        step, loss = step_of(point), point[2]
        if self._steps is None or loss is None:
            return False
        if self._lowest is None or loss < self._lowest[1]:
            self._lowest = step, loss
        if step - self._lowest[0] < self._steps:
            return False
        self.best = self._lowest
        return True
