"""Formulas of single numbers: expression trees with symbols, live values and their sources.

`Op.explain` returns such a tree: how one element of the op's result is computed from elements of
its inputs. A tree does not say how it is drawn; `engine.formula.text` writes it as plain text.

A sum over an axis is stored as one general term, with an `Axis` in place of an index and with the
values of the operands along that axis. So a sum of a million terms is as small a tree as a sum of
three, and NumPy evaluates it. Single terms are built on request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.formula.indices import (
    Along,
    Axis,
    AxisPositions,
    Entry,
    Index,
    OpenIndexError,
    Table,
    axes_of,
    entry_of,
    numbers_of,
    placed,
    single,
)
from engine.tensors.addresses import address, addresses, locate, locate_all
from engine.tensors.arrays import Array, matrix
from engine.tensors.tensor import Role, Tensor

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """A reference to one element of a buffer."""

    buffer: str
    index: tuple[int, ...]


class Formula:
    """A node of the tree; arithmetic on nodes makes new ones.

    A formula is closed if every axis in it is summed over; only closed ones have one `value`.
    """

    def over(self, axes: tuple[Axis, ...]) -> Values:
        """The values along `axes`, one dimension for each; extent 1 if independent of that axis."""
        raise NotImplementedError

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        """The magnitude of the numbers that each value was computed from.

        Rounding errors are proportional to this size, not to a value in which terms have cancelled.
        """
        raise NotImplementedError

    def at(self, positions: AxisPositions) -> Formula:
        """The formula at one position on each of these axes."""
        raise NotImplementedError

    def children(self) -> tuple[Formula, ...]:
        """The child nodes."""
        return ()

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        """The same node with other children."""
        return self

    @cached_property
    def value(self) -> float:
        """The value of a closed formula, evaluated in double precision."""
        with np.errstate(all="ignore"):
            return float(self.over(()))

    def elements(self) -> Iterator[Element]:
        """All operands that are elements of buffers, from left to right."""
        for child in self.children():
            yield from child.elements()

    def __add__(self, other: Formula) -> Sum:
        return Sum((*_summands(self), *_summands(other)))

    def __sub__(self, other: Formula) -> Sum:
        return Sum((*_summands(self), Negative(other)))

    def __mul__(self, other: Formula) -> Product:
        return Product((*_factors(self), *_factors(other)))

    def __truediv__(self, other: Formula) -> Quotient:
        return Quotient(self, other)

    def __pow__(self, exponent: Formula | float) -> Power:
        return Power(self, exponent if isinstance(exponent, Formula) else Number(exponent))

    def __neg__(self) -> Negative:
        return Negative(self)


@dataclass(frozen=True, eq=False)
class Number(Formula):
    """A number that is written in the formula itself.

    Attributes:
        number: its value.
        symbol: how it is written; "" for its digits.
        meaning: what it is, if that is not obvious: a random draw, an initial value.
    """

    number: float
    symbol: str = ""
    meaning: str = ""

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return np.full((1,) * len(axes), self.number)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return np.abs(self.over(axes))

    def at(self, positions: AxisPositions) -> Formula:
        return self


@dataclass(frozen=True, eq=False)
class Element(Formula):
    """An element of a buffer, or with axes in its index the elements along them.

    Attributes:
        operand: the buffer as the instruction saw it.
        index: the element's index in the buffer.
        values: the elements' values, with one dimension for each of `axes`.
    """

    operand: Operand
    index: Index
    values: Values

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The axes in the index, each once, in order of appearance."""
        return axes_of(self.index)

    @property
    def buffer(self) -> str:
        return self.operand.tensor.name

    @property
    def symbol(self) -> str:
        """How formulas write the buffer."""
        return self.operand.tensor.symbol

    @property
    def role(self) -> Role:
        """What the buffer's values mean."""
        return self.operand.tensor.role

    @property
    def link(self) -> Link:
        """The one element that this is.

        Raises:
            ValueError: it stands for several elements.
        """
        if self.axes:
            raise ValueError(f"{self} is more than one element")
        return Link(self.buffer, single(self.index))

    def number(self, below: int) -> Entry:
        """The values as an index, clipped to the whole numbers from 0 to `below` − 1."""
        numbers = np.clip(self.values.astype(np.int64), 0, below - 1)
        label = f"{self.symbol}[{', '.join(map(str, self.index))}]" if self.index else self.symbol
        return Table(label, self.axes, numbers) if self.axes else int(numbers)

    def over(self, axes: tuple[Axis, ...]) -> Values:
        order = [self.axes.index(axis) for axis in axes if axis in self.axes]
        shape = [axis.extent if axis in self.axes else 1 for axis in axes]
        return self.values.transpose(order).reshape(shape)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return np.abs(self.over(axes))

    def at(self, positions: AxisPositions) -> Formula:
        if not any(axis in positions for axis in self.axes):
            return self
        selected = tuple(positions.get(axis, slice(None)) for axis in self.axes)
        return self.operand.named(placed(self.index, positions), self.values[selected])

    def elements(self) -> Iterator[Element]:
        yield self


@dataclass(frozen=True, eq=False)
class Operand:
    """A buffer as an instruction saw it; ``operand[i, j]`` is a formula of one element.

    Attributes:
        tensor: the buffer.
        array: its values at that moment.
        parts: the buffers that lie in this one; its elements are named after them.
        source: for an operand whose elements were selected from another one, a function from an
            element's index to its source.
    """

    tensor: Tensor
    array: NDArray[Any]
    parts: tuple[Operand, ...] = ()
    source: Callable[[tuple[int, ...]], Element | None] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def axis(self, dimension: int, letter: str | None = None) -> Axis:
        """A new axis of a dimension; its letter stands for what it counts, or for its number."""
        dimension %= self.array.ndim
        names = self.tensor.axes
        name = names[dimension] if len(names) == self.array.ndim else ""
        letter = letter or LETTERS.get(name) or "ijklmn"[min(dimension, 5)]
        return Axis(letter, name, self.shape[dimension])

    def all(self) -> tuple[Axis, ...]:
        """An axis for every dimension."""
        return tuple(self.axis(dimension) for dimension in range(self.array.ndim))

    def __getitem__(self, index: int | Axis | Along | tuple[int | Axis | Along, ...]) -> Element:
        entries = index if isinstance(index, tuple) else (index,)
        positions = tuple(i.along() if isinstance(i, Axis) else i for i in entries)
        return self.named(positions, self._values(positions))

    def broadcast(self, index: Index) -> Element:
        """The element that NumPy's broadcasting pairs with `index` of a larger array."""
        trailing = index[len(index) - self.array.ndim :]
        return self[
            tuple(0 if extent == 1 else i for i, extent in zip(trailing, self.shape, strict=True))
        ]

    def matrix(self) -> Operand:
        """The same array with all axes but the last merged; its elements keep their names."""
        if self.array.ndim == 2:
            return self
        return Operand(self.tensor, matrix(self.array), (self,))

    def translate(self, index: Index, other: Operand) -> Index:
        """The index in this operand of elements of another one over the same memory.

        Raises:
            OpenIndexError: this operand does not have all of them.
        """
        found = translated(index, other.array, self.array)
        if found is None:
            raise OpenIndexError(f"{self.tensor.name} does not have all of these elements")
        return found

    def named(self, index: Index, values: Values) -> Element:
        """An element with given values, named after the part it lies in, or after its source."""
        if any(isinstance(i, Along) for i in index):
            return Element(self, index, values)
        source = self.source(single(index)) if self.source is not None else None
        if source is not None and source.values == values:
            return source
        target = address(self.array, single(index)) if self.parts else 0
        for part in self.parts:
            part_index = locate(part.array, target)
            if part_index is not None:
                return part.named(part_index, values)
        return Element(self, index, values)

    def _values(self, index: Index) -> Values:
        axes = axes_of(index)
        positions = tuple(i.numbers(axes) if isinstance(i, Along) else i for i in index)
        return np.array(self.array[positions], dtype=np.float64)


def translated(index: Index, array: Array, other: Array) -> Index | None:
    """The index in `other` of elements of `array` in the same memory; None if some are outside."""
    axes = axes_of(index)
    shape = tuple(axis.extent for axis in axes)
    targets = addresses(array, tuple(numbers_of(i, axes) for i in index))
    found, inside = locate_all(other, np.broadcast_to(targets, shape))
    return tuple(entry_of("…", axes, numbers) for numbers in found) if inside.all() else None


LETTERS = {
    "patch": "k",
    "batch": "b",
    "time": "t",
    "height": "y",
    "width": "x",
    "channel": "c",
    "head": "h",
    "query": "i",
    "key": "j",
    "gate": "g",
}
"""The letters of running indices, by what the index counts."""


@dataclass(frozen=True, eq=False)
class _Composite(Formula):
    """A node whose value is computed from its children's values, position by position."""

    def _combine(self, *values: Values) -> Values:
        raise NotImplementedError

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self._combine(*(child.over(axes) for child in self.children()))

    def at(self, positions: AxisPositions) -> Formula:
        return self.rebuilt(tuple(child.at(positions) for child in self.children()))


@dataclass(frozen=True, eq=False)
class Sum(_Composite):
    """A sum of different terms."""

    terms: tuple[Formula, ...]

    def children(self) -> tuple[Formula, ...]:
        return self.terms

    def _combine(self, *values: Values) -> Values:
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Sum(children)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self._combine(*(term.scale(axes) for term in self.terms))


@dataclass(frozen=True, eq=False)
class Summation(Formula):
    """The sum of one general term over axes: Σ term."""

    term: Formula
    axes: tuple[Axis, ...]

    def children(self) -> tuple[Formula, ...]:
        return (self.term,)

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Summation(children[0], self.axes)

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self._total(self.term.over((*axes, *self.axes)), len(axes))

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self._total(self.term.scale((*axes, *self.axes)), len(axes))

    def _total(self, values: Values, open_axes: int) -> Values:
        repeats = 1
        for axis, extent in zip(self.axes, values.shape[open_axes:], strict=True):
            repeats *= axis.extent // extent if extent else 0
        return np.asarray(repeats * values.sum(axis=tuple(range(open_axes, values.ndim))))

    def at(self, positions: AxisPositions) -> Formula:
        return Summation(self.term.at(positions), self.axes)

    @cached_property
    def values(self) -> Values:
        """The values of all terms of a closed summation, with one dimension for each axis."""
        shape = tuple(axis.extent for axis in self.axes)
        with np.errstate(all="ignore"):
            return np.broadcast_to(self.term.over(self.axes), shape)

    def term_at(self, *positions: int) -> Formula:
        """The term at these positions on the axes."""
        return self.term.at(dict(zip(self.axes, positions, strict=True)))


@dataclass(frozen=True, eq=False)
class Negative(_Composite):
    """The negative of a term: −term."""

    term: Formula

    def children(self) -> tuple[Formula, ...]:
        return (self.term,)

    def _combine(self, *values: Values) -> Values:
        return -values[0]

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Negative(children[0])

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self.term.scale(axes)


@dataclass(frozen=True, eq=False)
class Product(_Composite):
    """A product of factors."""

    factors: tuple[Formula, ...]

    def children(self) -> tuple[Formula, ...]:
        return self.factors

    def _combine(self, *values: Values) -> Values:
        product = values[0]
        for value in values[1:]:
            product = product * value
        return product

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Product(children)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self._combine(*(factor.scale(axes) for factor in self.factors))


@dataclass(frozen=True, eq=False)
class Quotient(_Composite):
    """A fraction: numerator / denominator."""

    numerator: Formula
    denominator: Formula

    def children(self) -> tuple[Formula, ...]:
        return self.numerator, self.denominator

    def _combine(self, *values: Values) -> Values:
        return np.asarray(values[0] / values[1])

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Quotient(*children)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        below = np.abs(self.denominator.over(axes))
        return np.asarray(self.numerator.scale(axes) * self.denominator.scale(axes) / below**2)


@dataclass(frozen=True, eq=False)
class Power(_Composite):
    """The base to the power of the exponent."""

    base: Formula
    exponent: Formula

    def children(self) -> tuple[Formula, ...]:
        return self.base, self.exponent

    def _combine(self, *values: Values) -> Values:
        return np.asarray(np.power(values[0], values[1]))

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Power(*children)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return np.asarray(np.power(self.base.scale(axes), self.exponent.over(axes)))


SIGMOID_IS_ONE = 40.0
"""From here on σ(z) rounds to 1 in float32 and float64, and eᶻ has not overflowed yet."""


def _sigmoid(z: Values) -> Values:
    exponential = np.exp(np.minimum(z, SIGMOID_IS_ONE))
    return np.asarray(exponential / (1.0 + exponential))


def _softplus(z: Values) -> Values:
    return np.asarray(np.logaddexp(0.0, z))


def _normal_cdf(z: Values) -> Values:
    from scipy.special import ndtr  # takes a while to load

    return np.asarray(ndtr(z))


FUNCTIONS: dict[str, Callable[[Values], Values]] = {
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "exp": np.exp,
    "normal_cdf": _normal_cdf,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "cos": np.cos,
    "floor": np.floor,
}
"""Functions of one number by name.

softplus is log(1 + eᶻ), expm1 is eᶻ − 1, log1p is log(1 + z)."""


@dataclass(frozen=True, eq=False)
class Function(_Composite):
    """A function of `FUNCTIONS` applied to one argument."""

    name: str
    argument: Formula

    def children(self) -> tuple[Formula, ...]:
        return (self.argument,)

    def _combine(self, *values: Values) -> Values:
        return np.asarray(FUNCTIONS[self.name](values[0]))

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Function(self.name, children[0])

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return np.abs(self.over(axes)) + self.argument.scale(axes)


def added(terms: Iterable[Formula]) -> Formula:
    """The sum of the terms that are not the number 0."""
    others = [f for f in terms if not (isinstance(f, Number) and f.number == 0.0)]
    if len(others) < 2:
        return others[0] if others else Number(0.0)
    return Sum(tuple(others))


def summation(term: Formula, *axes: Axis) -> Formula:
    """Σ term over the axes; the term itself where there are none."""
    return Summation(term, axes) if axes else term


def _summands(formula: Formula) -> tuple[Formula, ...]:
    return formula.terms if isinstance(formula, Sum) else (formula,)


def _factors(formula: Formula) -> tuple[Formula, ...]:
    return formula.factors if isinstance(formula, Product) else (formula,)
