"""The scheduled learning rate: the rate that is set, times a factor for each step."""

from __future__ import annotations

from typing import Protocol

from engine.formula import Formula, Index, Operand
from engine.ops.base import Call, WithoutVJP
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape, Tensor


class Factor(Protocol):
    """A factor on the learning rate at each step, as `engine.training.schedules` defines them."""

    def factor(self, step: int) -> float:
        """The factor after `step` finished steps."""

    def formula(self, step: str) -> str:
        """The factor as text; `step` is the symbol of the count of finished steps."""

    def explain(self, step: Formula) -> Formula:
        """The factor as a formula of the count of finished steps."""


class ScheduledRate(WithoutVJP):
    """ηₜ = η·factor(t). Inputs: η, the count t of finished steps."""

    name = "scheduled_rate"

    def __init__(self, schedule: Factor) -> None:
        self.schedule = schedule

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def formula(self, *inputs: str) -> str:
        rate, step = inputs
        return f"{rate}·{self.schedule.formula(step)}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        rate, step = inputs
        factor = self.schedule.factor

        def scale() -> None:
            out[()] = rate.item() * factor(step.item())

        return [scale]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        rate, step = inputs
        return rate[()] * self.schedule.explain(step[()])
