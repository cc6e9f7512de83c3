"""Pooling: one number for each window, the largest or the sum of its cells.

The windows are those of a convolution, for each channel separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import (
    Condition,
    Element,
    Entry,
    Formula,
    Index,
    Number,
    Operand,
    Selection,
    Sum,
    added,
    axes_of,
    highest,
    masked,
    numbers_of,
    single,
    summation,
    where,
)
from engine.ops.base import Call, GraphBuilder, Op
from engine.ops.receptive_field import receptive_field, receptive_fields_of
from engine.ops.window import Window, planes
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Order, Shape, Tensor

Pair = tuple[Array, Array]

MAX_LISTED = 25
"""The most cells of a window that an explanation lists one by one."""


class _Pooling(Op):
    """From cells (batch, *extents, channels) to windows (batch, *positions, channels)."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def shape(self, *inputs: Tensor) -> Shape:
        batch, *extents, channels = inputs[0].shape
        return (batch, *self.window.extents(tuple(extents)), channels)

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return inputs[0].order

    def pairs(self, cells: Array, windows: Array) -> list[Pair]:
        """For each cell of the window, the inputs it covers and the elements of their windows."""
        x, y, every = planes(cells), planes(windows), slice(None)
        return [
            (x[(every, *source)], y[(every, *target)])
            for _, source, target in self.window.cells_of(cells.shape[1:-1])
        ]

    def size(self) -> str:
        return "×".join(map(str, self.window.size))


class _Unpooling(_Pooling):
    """From windows back to cells of `shape`."""

    def __init__(self, window: Window, shape: Shape) -> None:
        super().__init__(window)
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target


class MaxPool(_Pooling):
    """The largest cell of each window; padding is never chosen."""

    name = "max_pool"
    has_kink = True

    def formula(self, *inputs: str) -> str:
        return f"max over {self.size()} of {inputs[0]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        pairs = self.pairs(inputs[0], out)
        if self.window.padded:
            calls: list[Call] = [partial(np.copyto, out, constant(-np.inf, out))]
        else:
            cells, windows = pairs.pop(0)
            calls = [partial(np.copyto, windows, cells)]
        return calls + [partial(np.maximum, y, x, out=y) for x, y in pairs]

    def branch(self, *inputs: Array) -> Array:
        """The index of the chosen cell of each window."""
        (x,) = inputs
        shape = (x.shape[0], *self.window.extents(x.shape[1:-1]), x.shape[-1])
        op = Chosen(self.window)
        largest, chosen = np.empty(shape, x.dtype), np.empty(shape, op.dtype)
        choose = op.kernel(chosen, x, largest)
        for call in self.kernel(largest, x) + choose:
            call()
        return chosen

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        field = receptive_field(self.window, index[1:-1], x.shape[1:-1])
        cells = x[(index[0], *field.source, index[-1])]
        others = tuple(axis for axis in cells.axes if axis not in field.axes)
        largest = highest(cells, field.axes, field.inside((*others, *field.axes)))
        count = self.window.cells
        by = field.each(cells) if not others and count <= MAX_LISTED else ()
        return Selection(largest, by, f"the largest of the {count} cells of its window")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        chosen = graph.apply(
            Chosen(self.window),
            x,
            out,
            name=f"{out.name}.chosen",
            symbol=f"argmax({x.symbol})",
            role="local_derivative",
            like=out,
        )
        return (graph.apply(Unpool(self.window, x.shape), upstream, chosen, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return self.window.cells * out.size


class Chosen(_Pooling):
    """The index of the largest cell of each window: the first one, row by row, if several are.

    If no cell equals the largest, since that is NaN, the index is the number of cells.
    """

    name = "chosen"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.dtype = "uint8" if window.cells < 256 else "uint16"

    def formula(self, *inputs: str) -> str:
        return f"which cell of {inputs[0]} is {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        """Counts the cells before the first that equals the largest."""
        x, largest = inputs
        smaller, before = np.empty_like(out, dtype=bool), np.empty_like(out, dtype=bool)
        cells, flags = self.pairs(x, largest), self.pairs(x, smaller)
        calls: list[Call] = [
            partial(np.copyto, out, np.zeros((), out.dtype)),
            partial(np.copyto, before, np.array(True)),
        ]
        counted = before.view(np.uint8) if out.itemsize == 1 else before
        for (cell, top), (_, differs) in zip(cells, flags, strict=True):
            if self.window.padded:
                calls.append(partial(np.copyto, smaller, np.array(True)))
            calls += [
                partial(np.not_equal, cell, top, differs),
                partial(np.logical_and, before, smaller, before),
                partial(np.add, out, counted, out),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, largest = inputs
        sample, *position, channel = single(index)
        number = int(out.array[single(index)])
        if number == self.window.cells:
            return Number(number, meaning="the largest is not a number, so no cell equals it")
        cell = self.window.cell(number)
        field = receptive_field(self.window, tuple(position), x.shape[1:-1], cell)
        by = x[(sample, *field.source, channel)], largest[index]
        return Selection(Number(number), by, "the number of the first cell that is the largest")

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return self.window.cells * out.size


def _where_chosen(value: Element, chosen: Element, number: Entry) -> Formula:
    """A window's value where `number` is the index of its chosen cell, else 0."""
    axes = axes_of((*value.index, number))
    if not axes:
        other = Number(0.0, meaning="another cell of the window is larger")
        return where(Condition(chosen, "=", Number(number)), value, other)  # type: ignore[arg-type]
    full = tuple(axis.extent for axis in axes)
    is_chosen = chosen.over(axes) == numbers_of(number, axes)
    return masked(value, axes, np.broadcast_to(is_chosen, full))


def _scaled(total: Formula, factor: float) -> Formula:
    """factor·total, written as a mean where it is one."""
    if factor == 1.0:
        return total
    count = round(1.0 / factor)
    if abs(count * factor - 1.0) < 1e-9:
        return total / Number(count)
    return Number(factor) * total


class Unpool(_Unpooling):
    """Each window's number at the cell that was chosen, zero elsewhere: the VJP of `MaxPool`.

    Inputs: a number for each window, the index of its chosen cell. A cell that several windows
    chose gets the sum of their numbers.
    """

    name = "unpool"
    zero_reason = "not_chosen"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} at {inputs[1]}, else 0"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        """Zeroes the other cells by bit masks; a masked copy takes several times as long."""
        numbers, chosen = inputs
        kind = np.dtype(f"i{numbers.itemsize}")
        selected = np.empty_like(numbers)
        equal, bits = np.empty_like(chosen, dtype=bool), np.empty_like(numbers, dtype=kind)
        disjoint = self.window.disjoint  # each cell is written once, or never and stays zero
        calls: list[Call] = [] if disjoint else [partial(np.copyto, out, constant(0.0, out))]
        for number, (cell, value) in enumerate(self.pairs(out, selected)):
            calls += [
                partial(np.equal, chosen, np.array(number, chosen.dtype), equal),
                partial(np.copyto, bits, equal),
                partial(np.negative, bits, bits),
                partial(np.bitwise_and, numbers.view(kind), bits, selected.view(kind)),
                partial(np.copyto, cell, value) if disjoint else partial(np.add, cell, value, cell),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        numbers, chosen = inputs
        terms = []
        for field in receptive_fields_of(self.window, index[1:-1], numbers.shape[1:-1]):
            element = (index[0], *field.position, index[-1])
            number = self.window.number(field.cell)
            terms.append(field.masked(_where_chosen(numbers[element], chosen[element], number)))
        if not terms:
            return Number(0.0, meaning="no window covers this cell")
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        value, chosen = inputs
        return graph.apply(Pick(self.window), upstream, chosen, like=value), None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return inputs[0].size


class Pick(_Pooling):
    """The chosen cell of each window: the VJP of `Unpool`. Inputs: the cells, the choices."""

    name = "pick"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} at {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        x, chosen = inputs
        mask = np.empty_like(chosen, dtype=bool)
        groups = (self.pairs(x, array) for array in (out, chosen, mask))
        calls: list[Call] = [partial(np.copyto, out, constant(0.0, out))]
        for number, ((cell, value), (_, choice), (_, here)) in enumerate(zip(*groups, strict=True)):
            calls += [
                partial(np.equal, choice, np.array(number, chosen.dtype), here),
                partial(np.copyto, value, cell, "same_kind", here),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, chosen = inputs
        choice = chosen[index]
        cell = self.window.cell(choice.number(self.window.cells))
        field = receptive_field(self.window, index[1:-1], x.shape[1:-1], cell)
        found = field.masked(x[(index[0], *field.source, index[-1])])
        return Selection(found, (choice,), "the cell that was chosen")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, chosen = inputs
        return graph.apply(Unpool(self.window, x.shape), upstream, chosen, like=x), None


class WindowSum(_Pooling):
    """factor·(the sum of the cells of each window); with a factor of 1/cells, their mean."""

    name = "window_sum"

    def __init__(self, window: Window, factor: float = 1.0) -> None:
        super().__init__(window)
        self.factor = factor

    def formula(self, *inputs: str) -> str:
        mean = self.factor * self.window.cells
        what = "mean" if abs(mean - 1) < 1e-9 else f"{self.factor:g}·Σ"
        return f"{what} over {self.size()} of {inputs[0]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        pairs = self.pairs(inputs[0], out)
        calls: list[Call] = [partial(np.copyto, out, constant(0.0, out))]
        calls += [partial(np.add, y, x, y) for x, y in pairs]
        if self.factor != 1.0:
            calls.append(partial(np.multiply, out, constant(self.factor, out), out))
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (x,) = inputs
        field = receptive_field(self.window, index[1:-1], x.shape[1:-1])
        total = summation(field.masked(x[(index[0], *field.source, index[-1])]), *field.axes)
        return _scaled(total, self.factor)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        spread = WindowSpread(self.window, x.shape, self.factor)
        return (graph.apply(spread, upstream, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return self.window.cells * out.size


class WindowSpread(_Unpooling):
    """factor·(each window's number, added to all of its cells): the VJP of `WindowSum`.

    With adjacent windows it repeats every number: upsampling.
    """

    name = "window_spread"

    def __init__(self, window: Window, shape: Shape, factor: float = 1.0) -> None:
        super().__init__(window, shape)
        self.factor = factor

    def formula(self, *inputs: str) -> str:
        factor = "" if self.factor == 1.0 else f"{self.factor:g}·"
        return f"{factor}{inputs[0]} to each cell of its {self.size()}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        value = inputs[0] if self.factor == 1.0 else np.empty_like(inputs[0])
        calls: list[Call] = [partial(np.copyto, out, constant(0.0, out))]
        if self.factor != 1.0:
            calls.append(partial(np.multiply, inputs[0], constant(self.factor, out), value))
        for cell, number in self.pairs(out, value):
            if self.window.disjoint:
                calls.append(partial(np.copyto, cell, number))
            else:
                calls.append(partial(np.add, cell, number, cell))
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (y,) = inputs
        fields = receptive_fields_of(self.window, index[1:-1], y.shape[1:-1])
        total = added(f.masked(y[(index[0], *f.position, index[-1])]) for f in fields)
        return _scaled(total, self.factor)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (y,) = inputs
        return (graph.apply(WindowSum(self.window, self.factor), upstream, like=y),)
