"""When a run evaluates its loss: often enough for its curve, seldom enough to cost little time."""

from __future__ import annotations

from math import ceil

from server.session.rate_limit import SpeedLimit

FULL_SPEED_SHARE = 0.03
"""Share of the time of a run at full speed that goes into evaluating the loss."""
LIMITED_SHARE = 0.2
"""Share of the time under a speed limit that goes into it; also at full speed where points would
otherwise lie more than POINT_SECONDS apart, so that the curve of a slow network visibly grows."""
POINT_SECONDS = 0.5
"""Seconds between two loss points above which LIMITED_SHARE applies at full speed."""
MIN_SPACING_DIVISOR = 1000
"""Without a speed limit, two loss points lie at least 1/1000 of the steps so far apart."""
MAX_STEPS_BY_HAND = 1000
"""Most steps of a command that still gets a loss point at each of them."""
MAX_SECONDS_BY_HAND = 0.01
"""Most seconds that one evaluation may take to be made at every step of a command."""


class LossSchedule:
    """The steps of one history at which the loss is evaluated.

    They follow from modelled costs, the speed limit and the step, not from measured times, so the
    same run has the same loss points.

    Args:
        step_seconds: of one step at full speed, by the model of costs.
        loss_seconds: of evaluating the loss once, by the model of costs.
        instructions: number of instructions in a step.
        max_spacing: steps between two points at most; infinite for no bound.

    Attributes:
        next_step: the first step at which the next point is due.
        last: branch and step of the last point; (-1, -1) before the first.
    """

    def __init__(
        self, step_seconds: float, loss_seconds: float, instructions: int, max_spacing: float
    ) -> None:
        self._step_seconds, self._loss_seconds = step_seconds, loss_seconds
        self._instructions, self._max_spacing = instructions, max_spacing
        self.next_step = 0
        self.last = (-1, -1)

    def evaluated(self, branch: int, step: int, curve_end: int, limit: SpeedLimit) -> None:
        """Note a point at `step`; the next one lies beyond the branch's curve so far.

        Args:
            curve_end: the last step of that curve.
        """
        self.last = branch, step
        self.next_step = max(step, curve_end) + self.spacing(step, limit)

    def bring_forward(self, step: int, limit: SpeedLimit) -> None:
        """After an edit at `step`, or with a new speed limit, the next point may be due sooner."""
        self.next_step = min(self.next_step, step + self.spacing(step, limit))

    def is_every_step(self, steps_left: int) -> bool:
        """Whether a command with so many steps left gets a point at each of them."""
        return steps_left <= MAX_STEPS_BY_HAND and self._loss_seconds <= MAX_SECONDS_BY_HAND

    def spacing(self, step: int, limit: SpeedLimit) -> int:
        """Steps from a point at `step` to the next one, at least 1."""
        rate = limit.per_second
        if rate is not None and limit.unit == "instruction":
            rate /= self._instructions
        cost = self._loss_seconds
        seconds = min(cost / FULL_SPEED_SHARE, max(POINT_SECONDS, cost / LIMITED_SHARE))
        full_speed = min(seconds / self._step_seconds, self._max_spacing)
        if rate is not None:
            return max(1, ceil(min(full_speed, cost * rate / LIMITED_SHARE)))
        return max(1, ceil(full_speed), step // MIN_SPACING_DIVISOR)
