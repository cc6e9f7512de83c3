"""The learning rate of a step, from the rate that is set and the number of the step."""

from __future__ import annotations

from typing import Protocol

from engine.formula import Formula, Index, Operand
from engine.ops.base import Call, WithoutVJP
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape, Tensor


class Factor(Protocol):
    """A factor on the learning rate at each step, as `engine.training.schedules` describes them."""

    def factor(self, step: int) -> float:
        """The factor at the step after so many finished ones."""

    def formula(self, step: str) -> str:
        """The factor as a text, in the symbol of the count of finished steps."""

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
