"""Shapes: views with other axes, inputs side by side, and ranges of columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import Formula, Index, Operand, added, within
from engine.ops.base import Buffers, Call, GraphBuilder, Op
from engine.ops.copying import Copy
from engine.tensors.arrays import Array
from engine.tensors.tensor import Order, Shape, Tensor


class Reshape(Op):
    """The same numbers, in memory order, with other axes.

    Nothing is computed or moved: the result is a view of the input.
    """

    name = "reshape"

    def __init__(self, shape: Shape, order: Order) -> None:
        self.target = shape
        self.target_order = order

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} as {'×'.join(map(str, self.target))}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return self.target_order

    def storage(self, *inputs: Tensor) -> Tensor | None:
        return inputs[0]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return []

    def bind(self, buffers: Buffers, out: Tensor, *inputs: Tensor) -> list[Call]:
        buffers.array(out)  # refuses an input with gaps
        return []

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        return x[x.translate(index, out)]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        if upstream.order != out.order or upstream.index is not None:
            upstream = graph.apply(Copy(), upstream, like=out)
        return (graph.apply(Reshape(x.shape, x.order), upstream, axes=x.axes),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class Concatenate(Op):
    """The inputs side by side along their last axis."""

    name = "concatenate"

    def shape(self, *inputs: Tensor) -> Shape:
        return (*inputs[0].shape[:-1], sum(x.shape[-1] for x in inputs))

    def formula(self, *inputs: str) -> str:
        return f"[{', '.join(inputs)}]"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return inputs[0].order

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        calls: list[Call] = []
        start = 0
        for x in inputs:
            stop = start + x.shape[-1]
            calls.append(partial(np.copyto, out[..., start:stop], x))
            start = stop
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        leading, column = index[:-1], index[-1]
        parts, start = [], 0
        for x in inputs:
            parts.append(within(x, leading, column - start))
            start += x.shape[-1]
        return added(parts)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        gradients, start = [], 0
        for x in inputs:
            stop = start + x.shape[-1]
            gradients.append(graph.apply(Columns(start, stop), upstream, like=x))
            start = stop
        return gradients

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class Columns(Op):
    """A range of the last axis: x[…, start:stop]."""

    name = "columns"

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.stop = stop

    def shape(self, *inputs: Tensor) -> Shape:
        return (*inputs[0].shape[:-1], self.stop - self.start)

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}[…, {self.start + 1}…{self.stop}]"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return inputs[0].order

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[0][..., self.start : self.stop])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[0][(*index[:-1], index[-1] + self.start)]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (graph.apply(Pad(self.start, x.shape[-1]), upstream, order=x.order),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class Pad(Op):
    """x as the columns from `start` of a last axis of `total`, else zero: the VJP of `Columns`."""

    name = "pad"

    def __init__(self, start: int, total: int) -> None:
        self.start = start
        self.total = total

    def shape(self, *inputs: Tensor) -> Shape:
        return (*inputs[0].shape[:-1], self.total)

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} at columns {self.start + 1}…, else 0"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return inputs[0].order

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (x,) = inputs
        stop = self.start + x.shape[-1]
        return [
            partial(np.copyto, out, np.zeros((), out.dtype)),
            partial(np.copyto, out[..., self.start : stop], x),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return within(inputs[0], index[:-1], index[-1] - self.start)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        columns = Columns(self.start, self.start + x.shape[-1])
        return (graph.apply(columns, upstream, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0
