"""When a run evaluates its loss: often enough for its curve, seldom enough to cost little time."""

from __future__ import annotations

from math import ceil

from server.session.rate_limit import SpeedLimit

LOSS_SHARE = 0.03
"""Share of the time of a run at full speed that goes into evaluating the loss."""
LIMITED_SHARE = 0.2
"""The share used when a speed limit leaves idle time, or when points would otherwise be more than
POINT_SECONDS apart, so that the loss curve of a slow network still grows visibly."""
POINT_SECONDS = 0.5
"""Seconds between two points from which LIMITED_SHARE is used."""
POINTS_OF_A_RUN = 1000
"""Loss points of a run without a speed limit are at least 1/1000 of its steps so far apart."""
BY_HAND = 1000
"""A command that runs at most so many steps gets a loss point at each of them."""
SLOW_LOSS = 0.01
"""Seconds that evaluating the loss may take to be done at every step of a command."""


class LossSchedule:
    """The steps of one history at which the loss is evaluated.

    They follow from modelled costs, the speed limit and the step, not from measured times; so the
    same run has the same points.

    Args:
        step_seconds: modelled seconds of a step at full speed.
        loss_seconds: modelled seconds of evaluating the loss.
        instructions: number of instructions of a step.
        max_spacing: most steps between two points; infinite for no bound.

    Attributes:
        next_step: the next point is due at this step or later.
        last: branch and step of the last point; (-1, -1) before the first.
    """

    def __init__(
        self, step_seconds: float, loss_seconds: float, instructions: int, max_spacing: float
    ) -> None:
        self._step_seconds, self._loss_seconds = step_seconds, loss_seconds
        self._instructions, self._max_spacing = instructions, max_spacing
        self.next_step = 0
        self.last = (-1, -1)

    def evaluated(self, branch: int, step: int, end: int, limit: SpeedLimit) -> None:
        """Note a point of a branch whose curve goes up to step `end`."""
        self.last = branch, step
        self.next_step = max(step, end) + self.spacing(step, limit)

    def advance(self, step: int, limit: SpeedLimit) -> None:
        """After an edit or with another speed limit, the next point may be due earlier."""
        self.next_step = min(self.next_step, step + self.spacing(step, limit))

    def is_every_step(self, left: int) -> bool:
        """Whether a command that has so many steps left gets a point at each of them."""
        return left <= BY_HAND and self._loss_seconds <= SLOW_LOSS

    def spacing(self, step: int, limit: SpeedLimit) -> int:
        """Steps from a point at `step` to the next one."""
        rate = limit.per_second
        if rate is not None and limit.unit == "instruction":
            rate /= self._instructions
        cost = self._loss_seconds
        seconds = min(cost / LOSS_SHARE, max(POINT_SECONDS, cost / LIMITED_SHARE))
        full_speed = min(seconds / self._step_seconds, self._max_spacing)
        if rate is not None:
            return max(1, ceil(min(full_speed, cost * rate / LIMITED_SHARE)))
        return max(1, ceil(full_speed), step // POINTS_OF_A_RUN)
