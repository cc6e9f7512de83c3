"""Early stopping: a run ends when the test loss has not fallen for a number of steps."""

from __future__ import annotations

from math import inf

from server.session.curves import step_of
from server.views.scores import Point

Best = tuple[int, float]
"""A step and its test loss."""


class EarlyStopping:
    """Early stopping of one run.

    Args:
        steps: patience: steps without a lower test loss after which the run ends; None for never.

    Attributes:
        best: the step with the lowest test loss, once the run has ended early; else None.
    """

    def __init__(self, steps: int | None) -> None:
        self._steps = steps
        self.begin()

    @property
    def spacing(self) -> float:
        """Most steps between two loss points, so that the run ends in time; may be infinite."""
        return inf if self._steps is None else max(1.0, self._steps / 5)

    def begin(self) -> None:
        """Start a new run."""
        self.best: Best | None = None
        self._lowest: Best | None = None

    def ended(self, point: Point) -> bool:
        """Add a loss point; returns whether it ends the run."""
        step, loss = step_of(point), point[2]
        if self._steps is None or loss is None:
            return False
        if self._lowest is None or loss < self._lowest[1]:
            self._lowest = step, loss
        if step - self._lowest[0] < self._steps:
            return False
        self.best = self._lowest
        return True
