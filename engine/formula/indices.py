"""Indices of elements: plain numbers, or expressions that run over axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Axis:
    """An axis that a sum runs over. Two axes are different even if they have the same letter.

    Attributes:
        letter: how formulas write the running index.
        name: what it counts, as in `Tensor.axes`: batch, unit, time …
        extent: number of positions, from 0 to extent − 1.
    """

    letter: str
    name: str
    extent: int

    def along(self, start: int = 0, step: int = 1) -> Along:
        """The index start + step·k, for a window over an input."""
        return Line(start, ((self, step),))


AxisPositions = Mapping[Axis, int]
"""A position on each of some axes."""


class Along:
    """A running index; arithmetic with whole numbers and other indices makes new ones."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes it depends on."""
        raise NotImplementedError

    def numbers(self, axes: tuple[Axis, ...]) -> Numbers:
        """The indices, one dimension for each of `axes`; extent 1 if independent of that axis."""
        raise NotImplementedError

    def at(self, positions: AxisPositions) -> Entry:
        """The index at one position on each of these axes."""
        raise NotImplementedError

    def __add__(self, other: Entry) -> Along:
        return _table(f"{self}+{other}", np.add, self, other)

    def __radd__(self, other: int) -> Along:
        return self + other

    def __sub__(self, other: int) -> Along:
        return self + -other

    def __mul__(self, factor: int) -> Along:
        return _table(f"{factor}({self})", np.multiply, self, factor)

    def __floordiv__(self, divisor: int) -> Along:
        return _table(f"⌊{self}/{divisor}⌋", np.floor_divide, self, divisor)

    def __mod__(self, divisor: int) -> Along:
        return _table(f"{self} mod {divisor}", np.remainder, self, divisor)


Entry = int | Along
Index = tuple[Entry, ...]


@dataclass(frozen=True)
class Line(Along):
    """A linear index: start plus the sum over axes of step times position."""

    start: int
    steps: tuple[tuple[Axis, int], ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        return tuple(axis for axis, _ in self.steps)

    def numbers(self, axes: tuple[Axis, ...]) -> Numbers:
        total = np.full((1,) * len(axes), self.start, dtype=np.int64)
        for axis, step in self.steps:
            shape = [-1 if other is axis else 1 for other in axes]
            total = total + step * np.arange(axis.extent).reshape(shape)
        return total

    def at(self, positions: AxisPositions) -> Entry:
        start = self.start + sum(step * positions[a] for a, step in self.steps if a in positions)
        remaining = tuple((axis, step) for axis, step in self.steps if axis not in positions)
        return Line(start, remaining) if remaining else start

    def __add__(self, other: Entry) -> Along:
        if isinstance(other, int):
            return Line(self.start + other, self.steps)
        if isinstance(other, Line):
            steps = dict(self.steps)
            for axis, step in other.steps:
                steps[axis] = steps.get(axis, 0) + step
            return Line(self.start + other.start, tuple(steps.items()))
        return super().__add__(other)

    def __mul__(self, factor: int) -> Along:
        steps = tuple((axis, factor * step) for axis, step in self.steps)
        return Line(factor * self.start, steps)

    def __str__(self) -> str:
        parts = [f"{_factor(step)}{axis.letter}" for axis, step in self.steps]
        start = [f"{self.start:+d}"] if self.start else []
        parts = start + parts if parts[0].startswith("-") else parts + start
        return "".join(parts).removeprefix("+").replace("-", "−")


@dataclass(frozen=True, eq=False)
class Table(Along):
    """An index listed for each position, such as one that other numbers select.

    Attributes:
        label: how formulas write it.
        over: the axes it depends on.
        values: the numbers, one dimension for each axis.
    """

    label: str
    over: tuple[Axis, ...]
    values: Numbers

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.over

    def numbers(self, axes: tuple[Axis, ...]) -> Numbers:
        order = [self.over.index(axis) for axis in axes if axis in self.over]
        shape = [axis.extent if axis in self.over else 1 for axis in axes]
        return self.values.transpose(order).reshape(shape)

    def at(self, positions: AxisPositions) -> Entry:
        values = self.values[tuple(positions.get(axis, slice(None)) for axis in self.over)]
        remaining = tuple(axis for axis in self.over if axis not in positions)
        return Table(self.label, remaining, values) if remaining else int(values)

    def __str__(self) -> str:
        return self.label


def _factor(step: int) -> str:
    """A step, written as the signed coefficient of a letter."""
    return "+-"[step < 0] + (str(abs(step)) if abs(step) != 1 else "")


def axes_of(index: Index) -> tuple[Axis, ...]:
    """The axes in an index, each once, in order of appearance."""
    return tuple(dict.fromkeys(a for i in index if isinstance(i, Along) for a in i.axes))


def numbers_of(entry: Entry, axes: tuple[Axis, ...]) -> Numbers:
    """The numbers that an entry of an index takes along axes, as `Along.numbers`."""
    if isinstance(entry, Along):
        return entry.numbers(axes)
    return np.full((1,) * len(axes), entry, dtype=np.int64)


def placed(index: Index, positions: AxisPositions) -> Index:
    """The index at one position on each of these axes."""
    return tuple(i.at(positions) if isinstance(i, Along) else i for i in index)


class OpenIndexError(TypeError):
    """An op that can explain only single elements was asked about several at once."""


def single(index: Index) -> tuple[int, ...]:
    """The index as plain numbers.

    Raises:
        OpenIndexError: the index has an axis.
    """
    positions = tuple(i for i in index if isinstance(i, int))
    if len(positions) < len(index):
        raise OpenIndexError("only single elements can be explained")
    return positions


def entry_of(label: str, axes: tuple[Axis, ...], numbers: Numbers) -> Entry:
    """The simplest entry that takes these `numbers`, one dimension for each of `axes`."""
    origin = (0,) * len(axes)
    start = int(numbers[origin])
    steps = []
    for number, axis in enumerate(axes):
        neighbour = tuple(int(number == other) for other in range(len(axes)))
        if axis.extent > 1 and numbers[neighbour] != start:
            steps.append((axis, int(numbers[neighbour]) - start))
    line = Line(start, tuple(steps))
    if (line.numbers(axes) == numbers).all():
        return line if steps else start
    return Table(label, axes, numbers)


def _table(label: str, function: np.ufunc, *entries: Entry) -> Table:
    axes = axes_of(entries)
    shape = tuple(axis.extent for axis in axes)
    numbers = function(*(numbers_of(entry, axes) for entry in entries))
    return Table(label, axes, np.broadcast_to(numbers, shape))
