"""Clipping of the gradient of all parameters: by its norm, or element by element."""

from __future__ import annotations

from functools import partial

import numpy as np

from engine.formula import Condition, Formula, Function, Index, Operand, summation, where
from engine.ops.base import Call, WithoutVJP
from engine.tensors.arrays import Array, blocks, constant
from engine.tensors.tensor import Shape, Tensor


class Norm(WithoutVJP):
    """‖g‖, the Euclidean norm of the gradient."""

    name = "norm"
    hides_overflow = True

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
        return Function("sqrt", summation(g[k] ** 2, k))

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


class ClipToRange(WithoutVJP):
    """g clipped to −c … c. Inputs: g, c."""

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
