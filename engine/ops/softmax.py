"""Softmax via its logarithm, which keeps all digits of the cross-entropy for any logits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import Formula, Function, Index, Operand, highest, summation
from engine.ops.base import Call, GraphBuilder, Op
from engine.ops.elementwise import Multiply, Subtract
from engine.ops.reduction import SumTo
from engine.tensors.arrays import Array, constant, matrix
from engine.tensors.tensor import Shape, Tensor


class LogSoftmax(Op):
    """z − max z − log Σ exp(z − max z), over the units of each sample or position.

    The terms of the greatest z are 1 each. The sum is computed without one of them, for log1p: else
    the logarithm of a probability close to 1 would lose its digits, and be 0 from 1 − 10⁻¹⁶ on.
    """

    name = "log_softmax"
    couples_outputs = True

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} − log Σ exp({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        z, out = matrix(inputs[0]), matrix(out)
        row = np.empty(z.shape[0], dtype=out.dtype)
        exponentials, greatest = np.empty_like(out), np.empty_like(out)
        ones, one = np.ones(z.shape[1], dtype=out.dtype), constant(1.0, out)
        ties = np.empty_like(row)
        return [
            partial(np.maximum.reduce, z, 1, None, row),
            partial(np.subtract, z.T, row, out.T),
            partial(np.exp, out, exponentials),
            partial(np.floor, exponentials, greatest),  # 1 at the greatest z, 0 elsewhere
            partial(np.subtract, exponentials, greatest, exponentials),
            partial(exponentials.dot, ones, row),
            partial(greatest.dot, ones, ties),
            partial(np.subtract, ties, one, ties),
            partial(np.add, row, ties, row),
            partial(np.log1p, row, row),
            partial(np.subtract, out.T, row, out.T),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (z,) = inputs
        k, sample = z.axis(-1), index[:-1]
        peak = highest(z[(*sample, k)], (k,))
        total = summation(Function("exp", z[(*sample, k)] - peak), k)
        return z[index] - peak - Function("log", total)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (z,) = inputs
        total = graph.apply(
            SumTo((*z.shape[:-1], 1)), upstream, axes=(*z.axes[:-1], "one"), order=z.order
        )
        spread = graph.apply(Multiply(), graph.apply(Exp(), out), total, like=z)
        return (graph.apply(Subtract(), upstream, spread, like=z),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 5 * out.size


class Exp(Op):
    """exp(x): turns log-probabilities into probabilities."""

    name = "exp"
    elementwise = True

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"exp({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.exp, inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("exp", inputs[0][index])

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        return (graph.apply(Multiply(), upstream, out, like=inputs[0]),)
