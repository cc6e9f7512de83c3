"""Schedules: how the learning rate changes with the step.

A schedule turns the learning rate η, which stays a live hyperparameter, into the rate ηₜ of each
step. It is an instruction of the update (`engine.ops.schedule`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import cos, pi
from typing import ClassVar

from engine.errors import DescriptionError
from engine.formula import Condition, Formula, Function, Number, where
from engine.layers.base import check_integer, check_number

MAX_STEPS = 10**9


class Schedule(ABC):
    """A factor on the learning rate at every step. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]

    @abstractmethod
    def factor(self, step: int) -> float:
        """The factor after `step` finished steps."""

    @abstractmethod
    def check(self, path: str) -> None:
        """Raise DescriptionError for the first unusable field."""

    @abstractmethod
    def formula(self, step: str) -> str:
        """The factor as text; `step` is the symbol of the count of finished steps."""

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
    """Raise DescriptionError unless `schedule` is a valid one."""
    if not isinstance(schedule, Schedule):
        raise DescriptionError(path, schedule, "a schedule such as Cosine(1000), or None")
    schedule.check(path)
