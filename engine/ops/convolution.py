"""Convolution by patches (im2col): the cells that the kernel covers at each position, side by side.

With the patches as rows, a convolution is one matrix product, with the gradients of any linear map.
The gradient of a pixel is the sum of its gradients in all patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import numpy as np

from engine.formula import Axis, Entry, Formula, Index, Operand, added, summation
from engine.ops.base import Call, GraphBuilder, Op
from engine.ops.receptive_field import receptive_field, receptive_fields_of
from engine.ops.window import Window, planes
from engine.tensors.arrays import Array, constant, reshaped
from engine.tensors.tensor import Order, Shape, Tensor


class _Patchwork(Op):
    """From images to patches, or back.

    Images are (batch, *extents, channels), patches (batch, *positions, cells·channels). Patches are
    stored units first (order "F"), so that each cell of the kernel is one copy of long rows, over
    the positions of a row and the whole batch. With groups, the channels of a group are adjacent,
    cell by cell.
    """

    def __init__(self, window: Window, groups: int = 1) -> None:
        self.window = window
        self.groups = groups

    def order(self, *inputs: Tensor) -> Order:
        return "F"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def _pairs(self, image: Array, patches: Array) -> list[tuple[Array, Array]]:
        """For each cell of the window, its part of the image and its part of the patches."""
        x, p = planes(image), planes(patches)
        groups, positions, extents = self.groups, p.shape[1:], image.shape[1:-1]
        x = x.reshape(groups, -1, *x.shape[1:])
        p = p.reshape(groups, *self.window.size, -1, *positions)
        every, pairs = slice(None), []
        for cell, source, target in self.window.cells_of(extents):
            covered: tuple[slice | int, ...] = (every, every, *source)
            patch: tuple[slice | int, ...] = (every, *cell, every, *target)
            pairs.append((x[covered], p[patch]))
        return pairs

    def _cell(self, patch: Entry, channels: int) -> tuple[Index, Entry]:
        """The cell of the window and the channel of an element of a patch."""
        width = channels // self.groups
        size = self.window.cells * width
        within = patch % size
        return self.window.cell(within // width), patch // size * width + within % width

    def _patch(self, cell: Index, channel: Entry, channels: int) -> Entry:
        """The element of a patch that holds this channel of this cell of the window."""
        width = channels // self.groups
        number = channel // width * self.window.cells + self.window.number(cell)
        return number * width + channel % width

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class Patches(_Patchwork):
    """The patches of an image. Cells in the padding are zero from the start and stay zero."""

    name = "patches"
    selects_elements = True

    def shape(self, *inputs: Tensor) -> Shape:
        batch, *extents, channels = inputs[0].shape
        positions = self.window.extents(tuple(extents))
        return (batch, *positions, self.window.cells * channels)

    def formula(self, *inputs: str) -> str:
        return f"patches({inputs[0]}, {'×'.join(map(str, self.window.size))})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, patch, cell) for cell, patch in self._pairs(inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        cell, channel = self._cell(index[-1], x.shape[-1])
        field = receptive_field(self.window, index[1:-1], x.shape[1:-1], cell)
        return field.masked(x[(index[0], *field.source, channel)], "there is padding")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (graph.apply(Fold(self.window, x.shape, self.groups), upstream, like=x),)


class Fold(_Patchwork):
    """For each pixel, the sum over all patches that contain it: the VJP of `Patches`."""

    name = "fold"

    def __init__(self, window: Window, shape: Shape, groups: int = 1) -> None:
        super().__init__(window, groups)
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def formula(self, *inputs: str) -> str:
        return f"Σ of the patches of {inputs[0]} at each cell"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        pairs = self._pairs(out, inputs[0])
        calls: list[Call] = [partial(np.copyto, out, constant(0.0, out))]
        return calls + [partial(np.add, cell, patch, cell) for cell, patch in pairs]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (p,) = inputs
        channels, terms = out.shape[-1], []
        for field in receptive_fields_of(self.window, index[1:-1], p.shape[1:-1]):
            patch = self._patch(field.cell, index[-1], channels)
            terms.append(field.masked(p[(index[0], *field.position, patch)]))
        return added(terms)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (p,) = inputs
        return (graph.apply(Patches(self.window, self.groups), upstream, like=p),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


class _Grouped(Op):
    """Products of the channels of each group with the weights of that group alone.

    Of x (batch, …, groups·inputs), y (batch, …, groups·units) and W (…, inputs, groups·units),
    two are given and the third is computed.
    """

    def __init__(self, groups: int, shape: Shape) -> None:
        self.groups = groups
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def _channels(self, array: Array) -> Array:
        """A view (groups, channels, batch·positions) of values stored units first."""
        return reshaped(planes(array), self.groups, array.shape[-1] // self.groups, -1)

    def _weights(self, array: Array) -> Array:
        """A view (groups, inputs, units) of the weights."""
        inputs = prod(array.shape[:-1])
        return reshaped(array, inputs, self.groups, -1).transpose(1, 0, 2)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * prod(inputs[0].shape[:-1]) * self._weight(out, *inputs).size

    def _weight(self, out: Tensor, *inputs: Tensor) -> Tensor:
        return inputs[1]


class GroupedProduct(_Grouped):
    """y = x·W group by group."""

    name = "grouped_product"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}·{inputs[1]} in {self.groups} groups"

    def order(self, *inputs: Tensor) -> Order:
        return "F"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, w = self._channels(inputs[0]), self._weights(inputs[1])
        return [partial(np.matmul, w.transpose(0, 2, 1), x, self._channels(out))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, w = inputs
        *leading, unit = index
        i = Axis("k", "input", x.shape[-1] // self.groups)
        group = unit // (out.shape[-1] // self.groups)
        return summation(x[(*leading, group * i.extent + i.along())] * w.matrix()[i, unit], i)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, w = inputs
        dw = graph.apply(GroupedOuter(self.groups, w.shape), x, upstream, like=w)
        return graph.apply(GroupedBack(self.groups, x.shape), upstream, w, like=x), dw


class GroupedBack(_Grouped):
    """x = y·Wᵀ group by group."""

    name = "grouped_back"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}·{inputs[1]}ᵀ in {self.groups} groups"

    def order(self, *inputs: Tensor) -> Order:
        return "F"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        y, w = self._channels(inputs[0]), self._weights(inputs[1])
        return [partial(np.matmul, w, y, self._channels(out))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        y, w = inputs
        *leading, channel = index
        u, width = Axis("k", "unit", y.shape[-1] // self.groups), out.shape[-1] // self.groups
        unit = channel // width * u.extent + u.along()
        return summation(y[(*leading, unit)] * w.matrix()[channel % width, unit], u)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        y, w = inputs
        dy = graph.apply(GroupedProduct(self.groups, y.shape), upstream, w, like=y)
        return dy, graph.apply(GroupedOuter(self.groups, w.shape), upstream, y, like=w)


class GroupedOuter(_Grouped):
    """W = xᵀ·y group by group."""

    name = "grouped_outer"

    def _weight(self, out: Tensor, *inputs: Tensor) -> Tensor:
        return out

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}ᵀ·{inputs[1]} in {self.groups} groups"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, y = (self._channels(array) for array in inputs)
        return [partial(np.matmul, x, y.transpose(0, 2, 1), self._weights(out))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        row, unit = out.matrix().translate(index, out)
        group, axes = unit // (y.shape[-1] // self.groups), x.all()[:-1]
        channel = group * (x.shape[-1] // self.groups) + row
        return summation(x[(*axes, channel)] * y[(*axes, unit)], *axes)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, y = inputs
        dx = graph.apply(GroupedBack(self.groups, x.shape), y, upstream, like=x)
        return dx, graph.apply(GroupedProduct(self.groups, y.shape), x, upstream, like=y)
