"""Update rules, as ops on all parameters at once.

All parameters lie in one flat tensor θ, their gradients in g and the last update in Δ, so a rule
costs a handful of calls whatever the number of layers. Every rule writes Δ; the last instruction is
always θ ← θ + Δ. Hyperparameters are 0-d buffers, read anew at every step: they change live.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import partial
from math import isfinite, sqrt
from typing import ClassVar

import numpy as np

from engine.errors import DescriptionError
from engine.formula import Condition, Formula, Function, Index, Number, Operand, where
from engine.graph.graph import Graph
from engine.ops.base import Call, Op
from engine.tensors.arrays import Array, blocks, constant
from engine.tensors.tensor import Shape, Tensor

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
"""Symbol, least value, and a bound (not reached where it is 1)."""


@dataclass(frozen=True)
class Update:
    """What a rule is built on: θ, g, Δ (all of shape (parameters,)) and where state is kept."""

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
    """Raise DescriptionError unless `value` may stand for the hyperparameter `name`."""
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
    """Kingma & Ba 2015, algorithm 1, with both bias corrections."""

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
    """Adam with decoupled weight decay: Δ gets −ηλθ (Loshchilov & Hutter 2019, algorithm 2)."""

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


class _Rule(Op):
    """An op of the update. Its first input is the tensor it overwrites.

    Updates end the step and are never differentiated through, so they have no VJP.
    """

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape


class Descend(_Rule):
    """Δ = −η·g."""

    name = "descend"

    def formula(self, *inputs: str) -> str:
        return f"−{inputs[1]}·{inputs[2]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, g = inputs
        minus = constant(0.0, out)
        return [_negative(rate, minus), partial(np.multiply, g, minus, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, g = inputs
        return -(rate[()] * g[index])


class Velocity(_Rule):
    """v ← μv − ηg."""

    name = "velocity"

    def formula(self, *inputs: str) -> str:
        v, momentum, rate, g = inputs
        return f"{momentum}·{v} − {rate}·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, momentum, rate, g = inputs
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for v, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, v, momentum, v),
                partial(np.multiply, part, rate, tmp),
                partial(np.subtract, v, tmp, v),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        v, momentum, rate, g = inputs
        return momentum[()] * v[index] - rate[()] * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Move(_Rule):
    """Δ = v."""

    name = "move"

    def formula(self, *inputs: str) -> str:
        return inputs[1]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[1])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[1][index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class LookAhead(_Rule):
    """Δ = μv − ηg."""

    name = "look_ahead"

    def formula(self, *inputs: str) -> str:
        _, v, momentum, rate, g = inputs
        return f"{momentum}·{v} − {rate}·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, v, momentum, rate, g = inputs
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for delta, vel, grad, tmp in blocks(out, v, g, scratch):
            calls += [
                partial(np.multiply, vel, momentum, delta),
                partial(np.multiply, grad, rate, tmp),
                partial(np.subtract, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, v, momentum, rate, g = inputs
        return momentum[()] * v[index] - rate[()] * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Average(_Rule):
    """m ← βm + (1 − β)g."""

    name = "average"

    def formula(self, *inputs: str) -> str:
        m, beta, g = inputs
        return f"{beta}·{m} + (1 − {beta})·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, beta, g = inputs
        rest, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_complement(beta, rest)]
        for m, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, m, beta, m),
                partial(np.multiply, part, rest, tmp),
                partial(np.add, m, tmp, m),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        m, beta, g = inputs
        return beta[()] * m[index] + (Number(1.0) - beta[()]) * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class AverageSquare(_Rule):
    """v ← βv + (1 − β)g²."""

    name = "average_square"

    def formula(self, *inputs: str) -> str:
        v, beta, g = inputs
        return f"{beta}·{v} + (1 − {beta})·{g}²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, beta, g = inputs
        rest, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_complement(beta, rest)]
        for v, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, part, part, tmp),
                partial(np.multiply, tmp, rest, tmp),
                partial(np.multiply, v, beta, v),
                partial(np.add, v, tmp, v),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        v, beta, g = inputs
        return beta[()] * v[index] + (Number(1.0) - beta[()]) * g[index] ** 2

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class SumSquare(_Rule):
    """s ← s + g²."""

    name = "sum_square"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + {inputs[1]}²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for s, g, tmp in blocks(out, inputs[1], scratch):
            calls += [partial(np.multiply, g, g, tmp), partial(np.add, s, tmp, s)]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        s, g = inputs
        return s[index] + g[index] ** 2

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class Normalise(_Rule):
    """Δ = −ηg/(√s + ε)."""

    name = "normalise"

    def formula(self, *inputs: str) -> str:
        _, rate, g, s, epsilon = inputs
        return f"−{rate}·{g}/(√{s} + {epsilon})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, g, s, epsilon = inputs
        minus, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_negative(rate, minus)]
        for delta, grad, square, tmp in blocks(out, g, s, scratch):
            calls += [
                partial(np.sqrt, square, tmp),
                partial(np.add, tmp, epsilon, tmp),
                partial(np.multiply, grad, minus, delta),
                partial(np.divide, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, g, s, epsilon = inputs
        return -(rate[()] * g[index] / (Function("sqrt", s[index]) + epsilon[()]))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 5 * out.size


class BiasCorrection(Op):
    """1 − βᵗ at the step number t, counted from 1. Inputs: β, the count of finished steps."""

    name = "bias_correction"

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def formula(self, *inputs: str) -> str:
        beta, step = inputs
        return f"1 − {beta}^({step} + 1)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        beta, step = inputs

        def correct() -> None:
            out[()] = 1.0 - beta.item() ** (step.item() + 1)

        return [correct]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        beta, step = inputs
        return Number(1.0) - beta[()] ** (step[()] + Number(1.0))


class AdamStep(_Rule):
    """Δ = −η·(m/c₁)/(√(v/c₂) + ε)."""

    name = "adam"

    def formula(self, *inputs: str) -> str:
        _, rate, m, v, c1, c2, epsilon = inputs
        return f"−{rate}·({m}/{c1})/(√({v}/{c2}) + {epsilon})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, m, v, c1, c2, epsilon = inputs
        down, small = constant(0.0, out), constant(0.0, out)
        scratch = np.empty_like(out)

        def factors() -> None:
            """−η√c₂/c₁ and ε√c₂: the fraction times √c₂, which saves a pass over v."""
            try:
                root = sqrt(c2.item())
                down[()] = -rate.item() * root / c1.item()
            except (ValueError, ZeroDivisionError):  # held there by hand: NaN or infinity then
                root = np.sqrt(c2.item())
                down[()] = -rate.item() * root / np.float64(c1.item())
            small[()] = epsilon.item() * root

        calls: list[Call] = [factors]
        for delta, first, second, tmp in blocks(out, m, v, scratch):
            calls += [
                partial(np.sqrt, second, tmp),
                partial(np.add, tmp, small, tmp),
                partial(np.divide, first, tmp, delta),
                partial(np.multiply, delta, down, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, m, v, c1, c2, epsilon = inputs
        mean, square = m[index] / c1[()], v[index] / c2[()]
        return -(rate[()] * mean / (Function("sqrt", square) + epsilon[()]))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class Decay(_Rule):
    """Δ ← Δ − ηλθ."""

    name = "weight_decay"

    def formula(self, *inputs: str) -> str:
        delta, rate, weight, theta = inputs
        return f"{delta} − {rate}·{weight}·{theta}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, weight, theta = inputs
        factor, scratch = constant(0.0, out), np.empty_like(out)

        def multiply() -> None:
            factor[()] = rate.item() * weight.item()

        calls: list[Call] = [multiply]
        for delta, part, tmp in blocks(out, theta, scratch):
            calls += [
                partial(np.multiply, part, factor, tmp),
                partial(np.subtract, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        delta, rate, weight, theta = inputs
        return delta[index] - rate[()] * weight[()] * theta[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class StopAtZero(_Rule):
    """Let a penalised weight stop at exactly zero, and stay while the loss does not outweigh λ.

    Inputs: the update ΔW, W, dL/dW (with the penalty's part), the 0-d λ. A weight that would
    change its sign gets Δ = −W; one at zero gets Δ = 0 where |dL/dW| ≤ λ, which is the condition
    that 0 is the minimum there. This is the orthant-wise step of Andrew & Gao 2007, section 3.2.
    """

    name = "stop_at_zero"

    def formula(self, *inputs: str) -> str:
        delta, w, gradient, rate = inputs
        return f"−{w} where {w} + {delta} changes sign; 0 where {w} = 0 and |{gradient}| ≤ {rate}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, w, gradient, rate = inputs
        zero, scratch = constant(0.0, out), np.empty_like(out)
        crossing = np.empty_like(out, dtype=bool)
        resting = np.empty_like(out, dtype=bool)
        return [
            partial(np.add, w, out, scratch),
            partial(np.multiply, scratch, w, scratch),
            partial(np.less, scratch, zero, crossing),
            partial(np.negative, w, scratch),
            partial(np.copyto, out, scratch, "same_kind", crossing),
            partial(np.equal, w, zero, resting),
            partial(np.absolute, gradient, scratch),
            partial(np.less_equal, scratch, rate, crossing),
            partial(np.logical_and, resting, crossing, resting),
            partial(np.copyto, out, zero, "same_kind", resting),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        delta, w, gradient, rate = (operand.broadcast(index) for operand in inputs)
        zero = Number(0.0)
        rests = (
            Condition(w, "=", zero),
            Condition(Function("abs", gradient), "≤", rate),
        )
        crosses = Condition((w + delta) * w, "<", zero)
        return where(rests, zero, where(crosses, -w, delta))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class Apply(_Rule):
    """θ ← θ + Δ."""

    name = "apply"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.add, out, inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        theta, delta = inputs
        return theta[index] + delta[index]


class CountStep(_Rule):
    """t ← t + 1, and so the next step begins."""

    name = "count"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + 1"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        counter = memoryview(out.reshape(1).view(np.int64))  # type: ignore[arg-type]

        def count() -> None:
            counter[0] += 1

        return [count]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[0][()] + Number(1.0)


def _complement(beta: Array, rest: Array) -> Call:
    """rest = 1 − β, read anew at every step since β may change."""

    def complement() -> None:
        rest[()] = 1.0 - beta.item()

    return complement


def _negative(rate: Array, minus: Array) -> Call:
    """minus = −η, read anew at every step since η may change."""

    def negative() -> None:
        minus[()] = -rate.item()

    return negative
