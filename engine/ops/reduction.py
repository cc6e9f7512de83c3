"""Sums over axes and their inverse, repetition along axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import Formula, Index, Operand, summation
from engine.ops.base import Call, GraphBuilder, Op
from engine.tensors.arrays import Array, matrix, reshaped
from engine.tensors.tensor import Shape, Tensor


def broadcast_axes(small: Shape, large: Shape) -> tuple[int, ...]:
    """The axes of `large` along which `small` is repeated when NumPy broadcasts it there."""
    offset = len(large) - len(small)
    return tuple(
        axis
        for axis, extent in enumerate(large)
        if axis < offset or (small[axis - offset] == 1 and extent != 1)
    )


class SumTo(Op):
    """Sum over the axes that broadcasting `shape` to the input repeats: the VJP of broadcasting."""

    name = "sum"

    def __init__(self, shape: Shape) -> None:
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def formula(self, *inputs: str) -> str:
        return f"Σ {inputs[0]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (x,) = inputs
        axes = broadcast_axes(self.target, x.shape)
        if x.ndim > 1 and axes == tuple(range(x.ndim - 1)):
            return [self._by_product(out, matrix(x))]
        if x.ndim == out.ndim == 2 and axes == (1,):
            return [self._by_product(out, x.T)]
        return [partial(np.add.reduce, x, axes, None, self._without(out, axes, x.ndim))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        lead = len(x.shape) - len(self.target)
        summed = {axis: x.axis(axis) for axis in broadcast_axes(self.target, x.shape)}
        entries = [summed.get(axis) or index[axis - lead] for axis in range(len(x.shape))]
        return summation(x[tuple(entries)], *summed.values())

    def _by_product(self, out: Array, x: Array) -> Call:
        """A sum over the rows as a product with ones: a third of np.add.reduce's fixed cost."""
        return partial(x.T.dot, np.ones(x.shape[0], dtype=x.dtype), reshaped(out, -1))

    def _without(self, out: Array, axes: tuple[int, ...], dimensions: int) -> Array:
        """`out` without its axes of extent 1 that a reduction over `axes` leaves out."""
        lead = dimensions - out.ndim
        entries = (0 if axis + lead in axes else slice(None) for axis in range(out.ndim))
        return np.asarray(out[(*entries, ...)])

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (graph.apply(BroadcastTo(x.shape), upstream, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


class BroadcastTo(Op):
    """Repeat the input along new or single axes until it has `shape`: the VJP of a sum."""

    name = "broadcast"

    def __init__(self, shape: Shape) -> None:
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} repeated"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[0])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[0].broadcast(index)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (graph.apply(SumTo(x.shape), upstream, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0
