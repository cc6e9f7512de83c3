"""Looking up rows of a table by id, and adding to them: embeddings and ratings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

import numpy as np

from engine.formula import (
    Axis,
    Formula,
    Index,
    Number,
    OpenIndexError,
    Operand,
    Selection,
    entry_of,
    single,
    summation,
)
from engine.ops.base import Call, GraphBuilder, Op
from engine.ops.elementwise import Multiply
from engine.ops.linear import product
from engine.ops.reduction import SumTo
from engine.ops.shaping import Reshape
from engine.tensors.arrays import Array, constant, flat, matrix, reshaped
from engine.tensors.tensor import Shape, Tensor

FEW_ROWS = 128
"""The most rows of a table for which a product with ones and zeros adds to them fastest."""


class Lookup(Op):
    """Rows of a table: out[…] = W[ids[…]]. Inputs: W (rows, units) or (rows,), ids.

    Ids out of range are clipped to the nearest row.
    """

    name = "lookup"
    any_order = True

    def shape(self, *inputs: Tensor) -> Shape:
        table, ids = inputs
        return (*ids.shape, *table.shape[1:])

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}[{inputs[1]}]"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        table, ids = inputs
        if table.ndim > 1 and out.strides[-1] != out.itemsize:  # units outermost
            rows = np.empty(out.shape, out.dtype)
            return [*self.kernel(rows, table, ids), partial(np.copyto, out, rows)]
        axes = sorted(range(ids.ndim), key=lambda axis: -out.strides[axis])
        moved = out.transpose(*axes, *range(ids.ndim, out.ndim))
        numbers = ids.transpose(axes)
        if numbers.flags.c_contiguous:
            return [partial(table.take, numbers, 0, moved, "clip")]
        copied = np.empty(numbers.shape, ids.dtype)
        return [
            partial(np.copyto, copied, numbers),
            partial(table.take, copied, 0, moved, "clip"),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        table, ids = inputs
        lead = len(ids.shape)
        row = ids[index[:lead]]
        found = table[(row.number(table.shape[0]), *index[lead:])]
        return Selection(found, (row,), "the row with this number")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        table, ids = inputs
        scatter = ScatterAdd(table.shape)
        return graph.apply(scatter, upstream, ids, like=table, order="C"), None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class ScatterAdd(Op):
    """A table of `shape` in which row r is the sum of all g[…] with ids[…] = r.

    The VJP of `Lookup`. Inputs: g, ids.
    """

    name = "scatter_add"
    zero_reason = "unseen"

    def __init__(self, shape: Shape) -> None:
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def formula(self, *inputs: str) -> str:
        return f"Σ {inputs[0]} into rows {inputs[1]}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, ids = inputs
        rows = flat(g)[:, np.newaxis] if out.ndim == 1 else matrix(g)
        axes = sorted(range(ids.ndim), key=lambda axis: -g.strides[axis])
        numbers = ids.transpose(axes)
        if out.ndim > 1 and len(out) <= FEW_ROWS:
            return self._by_product(out, rows, numbers)
        return self._by_number(out, rows, numbers)

    def _by_product(self, out: Array, rows: Array, numbers: Array) -> list[Call]:
        """onehot(ids)ᵀ·g."""
        marks, one = np.empty((numbers.size, len(out)), out.dtype), np.ones((), out.dtype)
        starts = np.arange(0, marks.size, len(out)).reshape(numbers.shape)
        indices = np.empty(numbers.shape, np.int64)
        return [
            partial(np.copyto, marks, constant(0.0, out)),
            partial(np.add, numbers, starts, indices),
            partial(marks.reshape(-1).__setitem__, indices.reshape(-1), one),
            *product(marks.T, rows, out),
        ]

    def _by_number(self, out: Array, rows: Array, numbers: Array) -> list[Call]:
        """Adds single numbers at flat indices, for which `np.add.at` has a fast path."""
        units = out.size // len(out)
        start: list[Call] = [partial(np.copyto, out, constant(0.0, out))]
        if not rows.flags.c_contiguous:
            moved = np.empty(rows.shape, rows.dtype)
            start.append(partial(np.copyto, moved, rows))
            rows = moved
        first = np.empty(numbers.shape, np.int64)
        indices = np.empty((numbers.size, units), np.int64)
        return [
            *start,
            partial(np.multiply, numbers, np.array(units), first),
            partial(np.add, first.reshape(-1, 1), np.arange(units), indices),
            partial(np.add.at, reshaped(out, -1), indices.reshape(-1), rows.reshape(-1)),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, ids = inputs
        row, *unit = index
        if not isinstance(row, int):
            raise OpenIndexError("each row sums different positions")
        positions = np.argwhere(ids.array == row)
        if not len(positions):
            return Number(0.0, meaning=f"no position of the batch looks up row {row}")
        n = Axis("n", "position", len(positions))
        if len(positions) == 1:
            return g[(*map(int, positions[0]), *unit)]
        at = [
            entry_of(f"{ids.axis(d).letter}ₙ", (n,), numbers)
            for d, numbers in enumerate(positions.T)
        ]
        return summation(g[(*at, *unit)], n)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        g, ids = inputs
        return graph.apply(Lookup(), upstream, ids, like=g), None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


class Offset(Op):
    """The ids of each field (batch, fields) as rows of one table of all fields in order."""

    name = "offset"
    dtype = "int64"

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.starts = tuple(accumulate(sizes[:-1], initial=0))

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + ({', '.join(map(str, self.starts))})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.add, inputs[0], np.array(self.starts), out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        *_, field = single(index)
        return inputs[0][index] + Number(self.starts[field])

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class PairDot(Op):
    """The scalar product of each sample's two vectors: x (batch, 2, units) -> (batch, 1)."""

    name = "pair_dot"

    def shape(self, *inputs: Tensor) -> Shape:
        return (inputs[0].shape[0], 1)

    def formula(self, *inputs: str) -> str:
        return f"Σ {inputs[0]}₁ ⊙ {inputs[0]}₂"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (x,) = inputs
        return [partial(np.vecdot, x[:, 0], x[:, 1], out[:, 0])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        k = x.axis(-1, "k")
        return summation(x[index[0], 0, k] * x[index[0], 1, k], k)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (graph.apply(PairSpread(), upstream, x, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


class PairSpread(Op):
    """g times the other vector of the pair: the VJP of `PairDot`. Inputs: g (batch, 1), x."""

    name = "pair_spread"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[1].shape

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}·({inputs[1]}₂, {inputs[1]}₁)"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return inputs[1]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, x = inputs
        return [partial(np.multiply, g[:, :, np.newaxis], x[:, ::-1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, x = inputs
        sample, vector, unit = index
        return g[sample, 0] * x[sample, vector * -1 + 1, unit]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        g, x = inputs
        parts = graph.apply(Multiply(), upstream, graph.apply(PairSwap(), x))
        total = graph.apply(SumTo((g.shape[0], 1, 1)), parts)
        dg = graph.apply(Reshape(g.shape, g.order), total, axes=g.axes)
        return dg, graph.apply(PairSpread(), g, upstream, like=x)


class PairSwap(Op):
    """The two vectors of each sample in reverse order."""

    name = "pair_swap"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"({inputs[0]}₂, {inputs[0]}₁)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[0][:, ::-1])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        sample, vector, unit = index
        return inputs[0][sample, vector * -1 + 1, unit]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        return (graph.apply(PairSwap(), upstream, like=inputs[0]),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0
