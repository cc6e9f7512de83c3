"""Products: the linear map of a dense layer and the matrix products of its backward pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.formula import series
from engine.ops.base import Array, Call, Op
from engine.ops.reduction import SumTo

if TYPE_CHECKING:
    from engine.formula import Formula, Index, Operand
    from engine.graph import Graph, Shape, Tensor
    from engine.memory import Memory


def product(left: Array, right: Array, out: Array) -> Call:
    """out = left · right as one BLAS call, whichever of out's memory orders it has.

    BLAS writes C-contiguous results, so a Fortran-ordered one is computed as its transpose.
    """
    if out.flags.c_contiguous:
        return partial(left.dot, right, out)
    return partial(right.T.dot, left.T, out.T)


class Linear(Op):
    """z = x·W + b: x (batch, inputs), W (inputs, units), b (units,) -> z (batch, units).

    A bias is the weight of an input that is always 1. Where x keeps the batch innermost it is
    stored with that further 1, b lies right behind W, and the sum is part of the one product; a
    broadcast addition would cost more than the product itself on small networks (0.86 against
    0.38 µs).
    """

    name = "linear"

    def shape(self, *inputs: Tensor) -> Shape:
        x, w, _ = inputs
        return (*x.shape[:-1], w.shape[1])

    def formula(self, *inputs: str) -> str:
        x, w, b = inputs
        return f"{x}·{w} + {b}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Literal["C", "F"]:
        return "F"

    def prepare(self, *inputs: Tensor) -> None:
        inputs[0].ones = inputs[0].order == "F"

    def bind(self, memory: Memory, out: Tensor, *inputs: Tensor) -> list[Call]:
        x, w, b = inputs
        joined = memory.joined(w, b)
        if joined is None or not x.ones:
            return super().bind(memory, out, *inputs)
        return [product(memory.with_ones(x), joined, memory.array(out))]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, w, b = inputs
        return [product(x, w, out), partial(np.add, out, b, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, w, b = inputs
        k = x.axis(-1)
        *_, unit = index
        return series(x[(*index[:-1], k)] * w[k, unit], k) + b[unit]

    def vjp(
        self, graph: Graph, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, w, b = inputs
        dw = graph.apply(MatMul(transpose_left=True), x, upstream, like=w)
        db = graph.apply(SumTo(b.shape), upstream, like=b)
        dx = graph.apply(MatMul(transpose_right=True), upstream, w, like=x)
        return dx, dw, db

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        x, w, _ = inputs
        return 2 * x.size * w.shape[1] + out.size


class MatMul(Op):
    """A·B of two matrices, either of them transposed first if so asked."""

    name = "matmul"

    def __init__(self, *, transpose_left: bool = False, transpose_right: bool = False) -> None:
        self.transpose_left = transpose_left
        self.transpose_right = transpose_right

    def shape(self, *inputs: Tensor) -> Shape:
        left, right = inputs
        rows = left.shape[1] if self.transpose_left else left.shape[0]
        columns = right.shape[0] if self.transpose_right else right.shape[1]
        return rows, columns

    def formula(self, *inputs: str) -> str:
        left = inputs[0] + ("ᵀ" if self.transpose_left else "")
        right = inputs[1] + ("ᵀ" if self.transpose_right else "")
        return f"{left}·{right}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        left = inputs[0].T if self.transpose_left else inputs[0]
        right = inputs[1].T if self.transpose_right else inputs[1]
        return [product(left, right, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        left, right = inputs
        row, column = index
        k = left.axis(0 if self.transpose_left else 1)
        first = left[k, row] if self.transpose_left else left[row, k]
        second = right[column, k] if self.transpose_right else right[k, column]
        return series(first * second, k)

    def vjp(
        self, graph: Graph, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        left, right = inputs
        if self.transpose_left:
            dleft = graph.apply(
                MatMul(transpose_left=self.transpose_right, transpose_right=True),
                right,
                upstream,
                like=left,
            )
        else:
            dleft = graph.apply(
                MatMul(transpose_right=not self.transpose_right), upstream, right, like=left
            )
        if self.transpose_right:
            dright = graph.apply(
                MatMul(transpose_left=True, transpose_right=self.transpose_left),
                upstream,
                left,
                like=right,
            )
        else:
            dright = graph.apply(
                MatMul(transpose_left=not self.transpose_left), left, upstream, like=right
            )
        return dleft, dright

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        inner = inputs[0].shape[0] if self.transpose_left else inputs[0].shape[1]
        return 2 * out.size * inner
