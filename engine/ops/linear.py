"""Products: the linear map of a dense layer and the matrix products of its backward pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np

from engine.formula import Axis, Element, Entry, Formula, Index, Operand, summation
from engine.ops.base import Buffers, Call, GraphBuilder, Op
from engine.ops.reduction import SumTo
from engine.tensors.arrays import Array, matrix
from engine.tensors.tensor import Order, Shape, Tensor

SMALL = 1_000_000
"""The most multiply-adds of a product whose operands OpenBLAS reads in place, without packing. For
matrices with a short axis or two, packing takes as long as multiplying: (64 × 512)·(512 × 256) took
229 µs at once and 157 µs in sixteen pieces, (72 × 3,872)·(3,872 × 16) 144 µs and 94 µs."""
SHORT = 96
"""The greatest extent of the shortest axis of a product that is cut; beyond it, packing pays."""
PIECE_ROWS, PIECE = 64, 4096
"""The most rows and the most elements of a piece of the result."""
MIN_PIECE, MIN_INNER = 64, 64
"""The fewest elements of a piece of the result and of the inner axis that are worth a call."""
THIN = 4
"""The ratio of the inner axis to the others from which the inner axis is cut, products summed."""
FEW_ROWS = 16
"""The fewest rows of a piece for which a product with a long inner axis is cut by rows instead:
(64 × 512)·(512 × 64) took 56 µs at once, 60 µs as a sum and 40 µs in four pieces (single
precision)."""


def product(left: Array, right: Array, out: Array) -> list[Call]:
    """BLAS calls for out = left · right, whatever the memory order of `out`.

    BLAS writes C-contiguous results, so a Fortran-ordered one is computed as its transpose. A
    large product is cut into equal pieces.
    """
    if not out.flags.c_contiguous:
        left, right, out = right.T, left.T, out.T
    (rows, inner), columns = left.shape, right.shape[1]
    shortest = min(rows, inner, columns)
    if rows * inner * columns > SMALL and 1 < shortest <= SHORT:
        if inner >= THIN * max(rows, columns):
            height = _divisor(rows, SMALL // (columns * inner))
            if height >= FEW_ROWS:
                return [_cut(left, right, out, height, columns)]
            piece = _divisor(inner, SMALL // (rows * columns))
            if piece >= MIN_INNER:
                return _summed(left, right, out, piece)
        height = _divisor(rows, PIECE_ROWS)
        width = _divisor(columns, min(PIECE // height, SMALL // (height * inner)))
        if height * width >= MIN_PIECE:
            return [_cut(left, right, out, height, width)]
    return [partial(left.dot, right, out)]


def _divisor(extent: int, most: int) -> int:
    """The largest divisor of `extent` up to `most`, if possible one that fills vector registers."""
    divisors = [d for d in range(1, min(extent, most) + 1) if extent % d == 0]
    return max(divisors, key=lambda d: (d % 16 == 0, d % 8 == 0, d), default=1)


def _cut(left: Array, right: Array, out: Array, height: int, width: int) -> Call:
    """The product in pieces of the result with `height` rows and `width` columns."""
    (rows, inner), columns = left.shape, right.shape[1]
    lefts = left.reshape(rows // height, 1, height, inner)
    rights = right.reshape(1, inner, columns // width, width).transpose(0, 2, 1, 3)
    pieces = out.reshape(rows // height, height, columns // width, width).transpose(0, 2, 1, 3)
    return partial(np.matmul, lefts, rights, pieces)


def _summed(left: Array, right: Array, out: Array, piece: int) -> list[Call]:
    """The product as a sum of products of pieces of the inner axis."""
    lefts = left.reshape(len(left), -1, piece).transpose(1, 0, 2)
    rights = right.reshape(-1, piece, right.shape[1])
    parts = np.empty((len(rights), *out.shape), out.dtype)
    return [
        partial(np.matmul, lefts, rights, parts),
        partial(np.add.reduce, parts, 0, None, out),
    ]


class Linear(Op):
    """z = x·W + b: x (batch, inputs), W (inputs, units), b (units,) -> z (batch, units).

    With more axes, x (batch, …, inputs) -> z (batch, …, units), the same map at every
    position; all axes of W but the last together are the inputs.

    A bias is the weight of an input that is always 1. If x has the units outermost, it is stored
    with that extra 1 and b directly after W, so that one product includes the sum; a broadcast
    addition would cost more than the product itself on small networks (0.86 against 0.38 µs).
    """

    name = "linear"

    def shape(self, *inputs: Tensor) -> Shape:
        x, w, _ = inputs
        return (*x.shape[:-1], w.shape[-1])

    def formula(self, *inputs: str) -> str:
        x, w, b = inputs
        return f"{x}·{w} + {b}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return "F" if len(inputs[0].shape) == 2 else inputs[0].order

    def prepare(self, *inputs: Tensor) -> None:
        x = inputs[0]
        x.ones = x.ones or (x.order in ("F", "U") and x.parent is None)

    def bind(self, buffers: Buffers, out: Tensor, *inputs: Tensor) -> list[Call]:
        x, w, b = inputs
        joined = buffers.joined(w, b)
        if joined is None or not x.ones:
            return super().bind(buffers, out, *inputs)
        return product(buffers.with_ones(x), joined, matrix(buffers.array(out)))

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, w, b = inputs
        z = matrix(out)
        return [*product(matrix(x), matrix(w), z), partial(np.add, z, b, z)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, w, b = inputs
        k = x.axis(-1)
        *_, unit = index
        return summation(x[(*index[:-1], k)] * w.matrix()[k, unit], k) + b[unit]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, w, b = inputs
        dw = graph.apply(MatMul(transpose_left=True, shape=w.shape), x, upstream, like=w)
        db = graph.apply(SumTo(b.shape), upstream, like=b)
        dx = graph.apply(MatMul(transpose_right=True, shape=x.shape), upstream, w, like=x)
        return dx, dw, db

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        x, w, _ = inputs
        return 2 * x.size * w.shape[-1] + out.size


class MatMul(Op):
    """A·B of two matrices, either of which may be transposed first.

    In an operand with more than two axes, all axes but the last together are the rows; if such a B
    is transposed, its last axis is the inner one. `shape` is the shape of a result whose rows do
    not follow from A.
    """

    name = "matmul"

    def __init__(
        self,
        *,
        transpose_left: bool = False,
        transpose_right: bool = False,
        shape: Shape | None = None,
    ) -> None:
        self.transpose_left = transpose_left
        self.transpose_right = transpose_right
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        left, right = inputs
        rows = left.shape[-1:] if self.transpose_left else left.shape[:-1]
        columns = prod(right.shape[:-1]) if self.transpose_right else right.shape[-1]
        return self.target or (*rows, columns)

    def formula(self, *inputs: str) -> str:
        left = inputs[0] + ("ᵀ" if self.transpose_left else "")
        right = inputs[1] + ("ᵀ" if self.transpose_right else "")
        return f"{left}·{right}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return "C" if self.transpose_left or len(inputs[0].shape) == 2 else inputs[0].order

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        left, right = (matrix(array) for array in inputs)
        left = left.T if self.transpose_left else left
        right = right.T if self.transpose_right else right
        return product(left, right, matrix(out))

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        left, right = inputs
        rows = left.shape[:-1]
        if not self.transpose_left and out.shape[:-1] == rows:
            *leading, column = index
            k = left.axis(-1)
            return summation(left[(*leading, k)] * self._right(right, k, column), k)
        row, column = out.matrix().translate(index, out)
        if self.transpose_left and not self.transpose_right and right.shape[:-1] == rows:
            axes = left.all()[:-1]
            return summation(left[(*axes, row)] * right[(*axes, column)], *axes)
        left = left.matrix()
        k = left.axis(0 if self.transpose_left else 1)
        first = left[k, row] if self.transpose_left else left[row, k]
        return summation(first * self._right(right, k, column), k)

    def _right(self, right: Operand, k: Axis, column: Entry) -> Element:
        return right.matrix()[(column, k) if self.transpose_right else (k, column)]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        left, right = inputs
        if self.transpose_left:
            dleft = graph.apply(
                MatMul(transpose_left=self.transpose_right, transpose_right=True, shape=left.shape),
                right,
                upstream,
                like=left,
            )
        else:
            dleft = graph.apply(
                MatMul(transpose_right=not self.transpose_right, shape=left.shape),
                upstream,
                right,
                like=left,
            )
        if self.transpose_right:
            dright = graph.apply(
                MatMul(transpose_left=True, transpose_right=self.transpose_left, shape=right.shape),
                upstream,
                left,
                like=right,
            )
        else:
            dright = graph.apply(
                MatMul(transpose_left=not self.transpose_left, shape=right.shape),
                left,
                upstream,
                like=right,
            )
        return dleft, dright

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        left = inputs[0]
        inner = prod(left.shape[:-1]) if self.transpose_left else left.shape[-1]
        return 2 * out.size * inner
