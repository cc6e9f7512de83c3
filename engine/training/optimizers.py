"""Optimizers: how a step changes the parameters, as compositions of the ops in `engine.ops.update`.

All parameters lie in one flat tensor θ, their gradients in g and the last update in Δ, so a rule
costs a handful of calls whatever the number of layers. Every rule writes Δ; the last instruction is
always θ ← θ + Δ. Hyperparameters are 0-d buffers that are read at every step, so they can change
while the network trains.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from math import isfinite
from typing import ClassVar

import numpy as np

from engine.errors import DescriptionError
from engine.graph.graph import Graph
from engine.ops.update import (
    AdamStep,
    Average,
    AverageSquare,
    BiasCorrection,
    Decay,
    Descend,
    LookAhead,
    Move,
    Normalise,
    SumSquare,
    Velocity,
)
from engine.tensors.tensor import Tensor

HYPERPARAMETERS: dict[str, tuple[str, float, float]] = {
    "learning_rate": ("η", 0.0, float("inf")),
    "momentum": ("μ", 0.0, 1.0),
    "decay": ("ρ", 0.0, 1.0),
    "beta1": ("β₁", 0.0, 1.0),
    "beta2": ("β₂", 0.0, 1.0),
    "epsilon": ("ε", 0.0, 1.0),
    "weight_decay": ("λ", 0.0, float("inf")),
    "clip_norm": ("c", 0.0, float("inf")),
    "clip_value": ("c", 0.0, float("inf")),
}
"""The symbol of each hyperparameter, its least value and the bound that it must stay below."""


@dataclass(frozen=True)
class Update:
    """The tensors of a rule: θ, g, Δ (all of shape (parameters,)), step and hyperparameters."""

    graph: Graph
    theta: Tensor
    gradient: Tensor
    delta: Tensor
    step: Tensor
    hyperparameters: dict[str, Tensor]

    def state(self, name: str, symbol: str) -> Tensor:
        """A flat tensor beside θ that starts at zero and lasts from step to step."""
        return self.graph.given(
            f"parameters.{name}", symbol, self.theta.shape, ("parameter",), "optimizer_state"
        )


class Optimizer(ABC):
    """An update rule. Subclasses are frozen dataclasses whose fields are its hyperparameters."""

    kind: ClassVar[str]
    learning_rate: float

    @abstractmethod
    def build(self, update: Update) -> None:
        """Append the ops that write Δ from g."""

    def hyperparameters(self) -> dict[str, float]:
        """Name -> value, in the order of the fields."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    def check(self, path: str) -> None:
        """Raise DescriptionError for the first unusable hyperparameter."""
        for name, value in self.hyperparameters().items():
            check_hyperparameter(f"{path}.{name}", name, value)


def check_hyperparameter(path: str, name: str, value: object) -> None:
    """Raise DescriptionError unless `value` is a valid value of the hyperparameter `name`."""
    _, low, high = HYPERPARAMETERS[name]
    number = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    if not number or not isfinite(value) or not low <= value < high:  # type: ignore[arg-type,operator]
        below = f" and below {high:g}" if isfinite(high) else ""
        raise DescriptionError(path, value, f"a number of at least {low:g}{below}")


@dataclass(frozen=True)
class SGD(Optimizer):
    """Δ = −η·g: stochastic gradient descent (Robbins & Monro 1951)."""

    learning_rate: float = 0.03
    kind: ClassVar[str] = "sgd"

    def build(self, update: Update) -> None:
        update.graph.update(
            Descend(), update.delta, update.hyperparameters["learning_rate"], update.gradient
        )


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μv − ηg; Δ = v (Polyak 1964, as written by Sutskever et al. 2013, equations 1 and 2)."""

    learning_rate: float = 0.03
    momentum: float = 0.9
    kind: ClassVar[str] = "momentum"

    def build(self, update: Update) -> None:
        velocity = update.state("velocity", "v")
        h = update.hyperparameters
        update.graph.update(
            Velocity(), velocity, h["momentum"], h["learning_rate"], update.gradient
        )
        update.graph.update(Move(), update.delta, velocity)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """v ← μv − ηg; Δ = μv − ηg: Nesterov's accelerated gradient.

    Sutskever et al. 2013, equations 3 and 4, in terms of the look-ahead point θ + μv at which the
    gradient is taken (Bengio, Boulanger-Lewandowski, Pascanu 2013, equation 7).
    """

    learning_rate: float = 0.03
    momentum: float = 0.9
    kind: ClassVar[str] = "nesterov"

    def build(self, update: Update) -> None:
        velocity = update.state("velocity", "v")
        h = update.hyperparameters
        rates = h["momentum"], h["learning_rate"], update.gradient
        update.graph.update(Velocity(), velocity, *rates)
        update.graph.update(LookAhead(), update.delta, velocity, *rates)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """s ← ρs + (1 − ρ)g²; Δ = −ηg/(√s + ε) (Tieleman & Hinton 2012, lecture 6e)."""

    learning_rate: float = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8
    kind: ClassVar[str] = "rmsprop"

    def build(self, update: Update) -> None:
        square = update.state("square", "s")
        h = update.hyperparameters
        update.graph.update(AverageSquare(), square, h["decay"], update.gradient)
        update.graph.update(
            Normalise(), update.delta, h["learning_rate"], update.gradient, square, h["epsilon"]
        )


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """s ← s + g²; Δ = −ηg/(√s + ε) (Duchi, Hazan, Singer 2011)."""

    learning_rate: float = 0.01
    epsilon: float = 1e-8
    kind: ClassVar[str] = "adagrad"

    def build(self, update: Update) -> None:
        square = update.state("square", "s")
        h = update.hyperparameters
        update.graph.update(SumSquare(), square, update.gradient)
        update.graph.update(
            Normalise(), update.delta, h["learning_rate"], update.gradient, square, h["epsilon"]
        )


@dataclass(frozen=True)
class Adam(Optimizer):
    """Δ = −η·m̂/(√v̂ + ε) with bias-corrected moments m̂, v̂ (Kingma & Ba 2015, algorithm 1)."""

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    kind: ClassVar[str] = "adam"

    def build(self, update: Update) -> None:
        graph, h = update.graph, update.hyperparameters
        m, v = update.state("m", "m"), update.state("v", "v")
        graph.update(Average(), m, h["beta1"], update.gradient)
        graph.update(AverageSquare(), v, h["beta2"], update.gradient)
        corrections = [
            graph.apply(
                BiasCorrection(),
                h[beta],
                update.step,
                name=f"optimizer/correction{i}",
                symbol=f"c{'₁₂'[i - 1]}",
                role="optimizer_state",
            )
            for i, beta in ((1, "beta1"), (2, "beta2"))
        ]
        graph.update(AdamStep(), update.delta, h["learning_rate"], m, v, *corrections, h["epsilon"])


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: Δ ← Δ − ηλθ (Loshchilov & Hutter 2019, algorithm 2)."""

    weight_decay: float = 0.01
    kind: ClassVar[str] = "adamw"

    def build(self, update: Update) -> None:
        super().build(update)
        h = update.hyperparameters
        update.graph.update(
            Decay(), update.delta, h["learning_rate"], h["weight_decay"], update.theta
        )


OPTIMIZERS: dict[str, type[Optimizer]] = {
    rule.kind: rule for rule in (SGD, Momentum, Nesterov, RMSprop, Adam, AdamW, Adagrad)
}
