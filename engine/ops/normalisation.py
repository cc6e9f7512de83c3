"""Standardising: over the units of a sample (layer norm) or all samples of a unit (batch norm).

Mean and variance are separate ops, so that they can be inspected, but the VJP of `Standardise` goes
straight to x: it includes their dependence on x.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Literal

import numpy as np

from engine.formula import Axis, Formula, Function, Index, Number, Operand, summation
from engine.ops.base import Call, GraphBuilder, Op, WithoutVJP
from engine.ops.elementwise import Multiply
from engine.ops.reduction import SumTo
from engine.tensors.arrays import Array, constant, flat, matrix
from engine.tensors.tensor import Shape, Tensor

Along = Literal["units", "rows"]
"""The direction of a mean: over the units of each row, or over the rows (samples and positions) of
each unit."""


class _Moment(WithoutVJP):
    """A moment: one number for each row (batch, …, 1), or for each unit (units,)."""

    def __init__(self, along: Along) -> None:
        self.along = along

    def shape(self, *inputs: Tensor) -> Shape:
        x = inputs[0]
        return (*x.shape[:-1], 1) if self.along == "units" else x.shape[-1:]

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


def averaged(along: Along, x: Operand, index: Index) -> tuple[tuple[Axis, ...], Index]:
    """The axes of the mean that applies to an element of x, and the elements in that mean."""
    if along == "units":
        k = x.axis(-1)
        return (k,), (*index[:-1], k.along())
    axes = x.all()[:-1]
    return axes, (*(axis.along() for axis in axes), index[-1])


def mean(term: Formula, axes: tuple[Axis, ...]) -> Formula:
    """The mean of a term over axes."""
    return summation(term, *axes) / Number(prod(axis.extent for axis in axes), "n")


def averager(x: Array, along: Along, out: Array) -> Call:
    """The product that writes the means of the matrix x (rows, units) to the vector `out`."""
    count = x.shape[1 if along == "units" else 0]
    weights = np.full(count, 1.0 / count, x.dtype)
    return partial((x if along == "units" else x.T).dot, weights, out)


def broadcastable(vector: Array, along: Along) -> Array:
    """A moment, as an operand that broadcasts against the transposed matrix (units, rows)."""
    return vector if along == "units" else vector[:, np.newaxis]


class Mean(_Moment):
    """μ: the mean."""

    name = "mean"

    def formula(self, *inputs: str) -> str:
        return f"mean of {inputs[0]} over {self.along}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [averager(matrix(inputs[0]), self.along, flat(out))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        axes, elements = averaged(self.along, x, index)
        return mean(x[elements], axes)


class Variance(_Moment):
    """v = mean((x − μ)²). Inputs: x, μ."""

    name = "variance"
    hides_overflow = True

    def formula(self, *inputs: str) -> str:
        x, mean = inputs
        return f"mean of ({x} − {mean})² over {self.along}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, mean = matrix(inputs[0]), broadcastable(flat(inputs[1]), self.along)
        square = np.empty_like(x)
        return [
            partial(np.subtract, x.T, mean, square.T),
            partial(np.multiply, square, square, square),
            averager(square, self.along, flat(out)),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, middle = inputs
        axes, elements = averaged(self.along, x, index)
        return mean((x[elements] - middle[index]) ** 2, axes)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * inputs[0].size


class InverseDeviation(WithoutVJP):
    """s = 1/√(v + ε)."""

    name = "inverse_deviation"
    elementwise = True

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"1/√({inputs[0]} + {self.epsilon:g})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [
            partial(np.add, inputs[0], constant(self.epsilon, out), out),
            partial(np.sqrt, out, out),
            partial(np.divide, constant(1.0, out), out, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Number(1.0) / Function("sqrt", inputs[0][index] + Number(self.epsilon, "ε"))


class Standardise(Op):
    """x̂ = (x − μ)·s. Inputs: x, μ, s.

    With `fixed`, μ and s are running values that do not depend on x.
    """

    name = "standardise"
    couples_outputs = True

    def __init__(self, along: Along, *, fixed: bool = False) -> None:
        self.along = along
        self.fixed = fixed

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        x, mean, scale = inputs
        return f"({x} − {mean})·{scale}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, target = matrix(inputs[0]).T, matrix(out).T
        mean, scale = (broadcastable(flat(array), self.along) for array in inputs[1:])
        return [
            partial(np.subtract, x, mean, target),
            partial(np.multiply, target, scale, target),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, middle, scale = inputs
        return (x[index] - middle.broadcast(index)) * scale.broadcast(index)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, _, scale = inputs
        if self.fixed:
            return graph.apply(Multiply(), upstream, scale, like=x), None, None
        gradient = StandardiseGradient(self.along)
        return graph.apply(gradient, upstream, out, scale, like=x), None, None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class StandardiseGradient(WithoutVJP):
    """s·(g − mean(g) − x̂ ⊙ mean(g ⊙ x̂)): the VJP of `Standardise`. Inputs: g, x̂, s.

    Ioffe & Szegedy 2015, section 3, with the three paths through x, μ and s added up.
    """

    name = "standardise′"

    def __init__(self, along: Along) -> None:
        self.along = along

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        g, x, scale = inputs
        return f"{scale}·({g} − mean({g}) − {x} ⊙ mean({g} ⊙ {x}))"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, x, target = (matrix(array) for array in (inputs[0], inputs[1], out))
        count = g.shape[0 if self.along == "units" else 1]
        mean, both = np.empty(count, out.dtype), np.empty(count, out.dtype)
        scale = broadcastable(flat(inputs[2]), self.along)
        return [
            averager(g, self.along, mean),
            partial(np.multiply, g, x, target),
            averager(target, self.along, both),
            partial(np.multiply, x.T, broadcastable(both, self.along), target.T),
            partial(np.add, target.T, broadcastable(mean, self.along), target.T),
            partial(np.subtract, g, target, target),
            partial(np.multiply, target.T, scale, target.T),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, x, scale = inputs
        axes, elements = averaged(self.along, g, index)
        both = mean(g[elements] * x[elements], axes)
        return scale.broadcast(index) * (g[index] - mean(g[elements], axes) - x[index] * both)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 8 * out.size


class ScaleShift(Op):
    """γ ⊙ x + β with a gain and a shift for each unit. Inputs: x, γ, β."""

    name = "scale_shift"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        x, gain, shift = inputs
        return f"{gain} ⊙ {x} + {shift}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, target = matrix(inputs[0]), matrix(out)
        return [
            partial(np.multiply, x, inputs[1], target),
            partial(np.add, target, inputs[2], target),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, gain, shift = inputs
        return gain[index[-1]] * x[index] + shift[index[-1]]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, gain, shift = inputs
        dgain = graph.apply(UnitDot(), upstream, x, like=gain)
        dshift = graph.apply(SumTo(shift.shape), upstream, like=shift)
        return graph.apply(Multiply(), upstream, gain, like=x), dgain, dshift

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class UnitDot(Op):
    """Σ x ⊙ y over all rows, for each unit: (batch, …, units) twice -> (units,)."""

    name = "unit_dot"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape[-1:]

    def formula(self, *inputs: str) -> str:
        return f"Σ {inputs[0]} ⊙ {inputs[1]}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, y = (matrix(array).T for array in inputs)
        return [partial(np.vecdot, x, y, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        axes = x.all()[:-1]
        return summation(x[(*axes, *index)] * y[(*axes, *index)], *axes)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, y = inputs
        dx = graph.apply(Multiply(), y, upstream, like=x)
        return dx, graph.apply(Multiply(), x, upstream, like=y)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size


class Follow(WithoutVJP):
    """r ← r + ρ·(c·x − r): a running average. Inputs: r, ρ, x; c is fixed."""

    name = "follow"

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        running, rate, value = inputs
        factor = "" if self.factor == 1.0 else f"{self.factor:.4g}·"
        return f"{running} + {rate}·({factor}{value} − {running})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, value = inputs
        change = np.empty_like(out)
        return [
            partial(np.multiply, value, constant(self.factor, out), change),
            partial(np.subtract, change, out, change),
            partial(np.multiply, change, rate, change),
            partial(np.add, out, change, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        running, rate, value = inputs
        target: Formula = value[index]
        if self.factor != 1.0:
            target = Number(self.factor, "n/(n − 1)") * target
        return running[index] + rate[()] * (target - running[index])

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size
