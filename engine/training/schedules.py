"""How the learning rate changes with the step, and how gradients are held in bounds.

Both are instructions of the update: a schedule turns the learning rate η, which stays a live
hyperparameter, into the step's own ηₜ; clipping turns the gradient g into the ĝ that the rule uses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from math import cos, pi
from typing import ClassVar

import numpy as np

from engine.errors import DescriptionError
from engine.formula import Condition, Formula, Function, Index, Number, Operand, series, where
from engine.graph.graph import Graph
from engine.layers.base import check_integer, check_number
from engine.layers.context import Context
from engine.ops.base import Call, WithoutVJP
from engine.tensors.arrays import Array, blocks, constant
from engine.tensors.tensor import Shape, Tensor

MAX_STEPS = 10**9


class Schedule(ABC):
    """A factor on the learning rate at every step. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]

    @abstractmethod
    def factor(self, step: int) -> float:
        """The factor at the step after so many finished ones."""

    @abstractmethod
    def check(self, path: str) -> None:
        """Raise DescriptionError for the first unusable field."""

    @abstractmethod
    def formula(self, step: str) -> str:
        """The factor in the symbol of the count of finished steps."""

    @abstractmethod
    def explain(self, step: Formula) -> Formula:
        """The factor as a formula of the count of finished steps."""


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate is multiplied by `decay` after every `every` steps."""

    every: int = 1000
    decay: float = 0.5

    kind: ClassVar[str] = "step"

    def factor(self, step: int) -> float:
        return float(self.decay ** (step // self.every))

    def check(self, path: str) -> None:
        check_integer(f"{path}.every", self.every, 1, MAX_STEPS)
        check_number(f"{path}.decay", self.decay, 0.0, 1.0)

    def formula(self, step: str) -> str:
        return f"{self.decay:g}^⌊{step}/{self.every}⌋"

    def explain(self, step: Formula) -> Formula:
        return Number(self.decay) ** Function("floor", step / Number(self.every))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 down to `floor` in `steps` steps (Loshchilov & Hutter 2017, eq. 5)."""

    steps: int = 10_000
    floor: float = 0.0

    kind: ClassVar[str] = "cosine"

    def factor(self, step: int) -> float:
        half = (1 + cos(pi * min(step, self.steps) / self.steps)) / 2
        return self.floor + (1 - self.floor) * half

    def check(self, path: str) -> None:
        check_integer(f"{path}.steps", self.steps, 1, MAX_STEPS)
        check_number(f"{path}.floor", self.floor, 0.0, 1.0)

    def formula(self, step: str) -> str:
        return f"({self.floor:g} + {1 - self.floor:g}·(1 + cos(π·{step}/{self.steps}))/2)"

    def explain(self, step: Formula) -> Formula:
        steps, floor, one = Number(self.steps), Number(self.floor), Number(1.0)
        half = (one + Function("cos", Number(pi, "π") * step / steps)) / Number(2.0)
        falling = floor + Number(1.0 - self.floor) * half
        return where(Condition(step, "<", steps), falling, floor)


@dataclass(frozen=True)
class Warmup(Schedule):
    """The rate grows linearly to its full value in `steps` steps, then `then` begins.

    Goyal et al. 2017, section 2.2.
    """

    steps: int = 100
    then: Schedule | None = None

    kind: ClassVar[str] = "warmup"

    def factor(self, step: int) -> float:
        if step < self.steps:
            return (step + 1) / self.steps
        return 1.0 if self.then is None else self.then.factor(step - self.steps)

    def check(self, path: str) -> None:
        check_integer(f"{path}.steps", self.steps, 1, MAX_STEPS)
        if self.then is not None:
            check_schedule(f"{path}.then", self.then)

    def formula(self, step: str) -> str:
        late = f", then {self.then.formula(f'({step} − {self.steps})')}" if self.then else ""
        return f"min(1, ({step} + 1)/{self.steps}){late}"

    def explain(self, step: Formula) -> Formula:
        steps, one = Number(self.steps), Number(1.0)
        late = self.then.explain(step - steps) if self.then is not None else one
        return where(Condition(step, "<", steps), (step + one) / steps, late)


SCHEDULES: dict[str, type[Schedule]] = {rule.kind: rule for rule in (StepDecay, Cosine, Warmup)}


def check_schedule(path: str, schedule: object) -> None:
    """Raise DescriptionError unless `schedule` is a sound one."""
    if not isinstance(schedule, Schedule):
        raise DescriptionError(path, schedule, "a schedule such as Cosine(1000), or None")
    schedule.check(path)


class ScheduledRate(WithoutVJP):
    """ηₜ = η·factor(t). Inputs: η, the count t of finished steps."""

    name = "scheduled_rate"

    def __init__(self, schedule: Schedule) -> None:
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


class Clipping(ABC):
    """A bound on the gradient. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]
    limit: float

    def check(self, path: str) -> None:
        """Raise DescriptionError for an unusable limit."""
        check_number(f"{path}.limit", self.limit, 0.0, 1e9)

    @abstractmethod
    def build(self, context: Context, gradient: Tensor) -> Tensor:
        """Append the ops that hold the gradient (parameters,) in bounds; returns ĝ."""


@dataclass(frozen=True)
class ClipNorm(Clipping):
    """ĝ = g·min(1, c/‖g‖), ‖g‖ over all parameters (Pascanu, Mikolov, Bengio 2013, algorithm 1)."""

    limit: float = 1.0

    kind: ClassVar[str] = "norm"

    def build(self, context: Context, gradient: Tensor) -> Tensor:
        graph = context.graph
        limit = context.hyperparameter("clip_norm", "c", self.limit)
        norm = graph.apply(
            Norm(), gradient, name="optimizer/norm", symbol="‖g‖", role="optimizer_state"
        )
        return _clipped(graph, ScaleToNorm(), gradient, norm, limit)


@dataclass(frozen=True)
class ClipValue(Clipping):
    """ĝ = g with every number of it held within −c … c."""

    limit: float = 1.0

    kind: ClassVar[str] = "value"

    def build(self, context: Context, gradient: Tensor) -> Tensor:
        limit = context.hyperparameter("clip_value", "c", self.limit)
        return _clipped(context.graph, HoldWithin(), gradient, limit)


CLIPPINGS: dict[str, type[Clipping]] = {rule.kind: rule for rule in (ClipNorm, ClipValue)}


def _clipped(graph: Graph, op: WithoutVJP, gradient: Tensor, *inputs: Tensor) -> Tensor:
    return graph.apply(
        op, gradient, *inputs, name="parameters.clipped", symbol="ĝ", role="gradient"
    )


class Norm(WithoutVJP):
    """‖g‖."""

    name = "norm"

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def formula(self, *inputs: str) -> str:
        return f"√(Σ {inputs[0]}²)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (g,) = inputs
        return [partial(g.dot, g, out), partial(np.sqrt, out, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (g,) = inputs
        k = g.axis(0, "k")
        return Function("sqrt", series(g[k] ** 2, k))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size


class ScaleToNorm(WithoutVJP):
    """g·min(1, c/‖g‖). Inputs: g, ‖g‖, c."""

    name = "clip_norm"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        g, norm, limit = inputs
        return f"{g}·min(1, {limit}/{norm})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, norm, limit = inputs
        factor = constant(1.0, out)

        def choose() -> None:
            factor[()] = limit / norm if norm > limit else 1.0

        return [choose, *(partial(np.multiply, a, factor, b) for a, b in blocks(g, out))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, norm, limit = inputs
        return where(Condition(norm[()], ">", limit[()]), g[index] * limit[()] / norm[()], g[index])


class HoldWithin(WithoutVJP):
    """g held within −c … c. Inputs: g, c."""

    name = "clip_value"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"clip({inputs[0]}, ±{inputs[1]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, limit = inputs
        least = constant(0.0, out)
        calls: list[Call] = [partial(np.negative, limit, least)]
        for a, b in blocks(g, out):
            calls += [
                partial(np.minimum, a, limit, out=b),
                partial(np.maximum, b, least, out=b),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, limit = inputs[0][index], inputs[1][()]
        inside = where(Condition(g, "<", -limit), -limit, g)
        return where(Condition(g, ">", limit), limit, inside)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size
