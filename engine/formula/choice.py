"""Formulas with branches, and elements that other numbers select."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.formula.indices import Axis, AxisPositions, Entry, Index, axes_of, entry_of, numbers_of
from engine.formula.nodes import Element, Formula, Number, Operand, Values

Relation = Literal["<", "≤", ">", "≥", "="]
RELATIONS: dict[Relation, Callable[[Values, Values], NDArray[np.bool_]]] = {
    "<": np.less,
    "≤": np.less_equal,
    ">": np.greater,
    "≥": np.greater_equal,
    "=": np.equal,
}


@dataclass(frozen=True, eq=False)
class Condition:
    """A comparison of two formulas: left relation right."""

    left: Formula
    relation: Relation
    right: Formula

    def over(self, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        """Whether the condition holds, along these axes."""
        return RELATIONS[self.relation](self.left.over(axes), self.right.over(axes))

    @property
    def holds(self) -> bool:
        """Whether a closed condition holds."""
        return bool(self.over(()))

    def at(self, positions: AxisPositions) -> Condition:
        return Condition(self.left.at(positions), self.relation, self.right.at(positions))


@dataclass(frozen=True, eq=False)
class CaseBranch:
    """A branch of `Cases`: its formula applies if all conditions hold."""

    formula: Formula
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class Cases(Formula):
    """The formula of the first case whose conditions all hold; `otherwise` if there is none."""

    cases: tuple[CaseBranch, ...]
    otherwise: Formula

    def children(self) -> tuple[Formula, ...]:
        return (*(case.formula for case in self.cases), self.otherwise)

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        *branches, otherwise = children
        cases = zip(branches, self.cases, strict=True)
        return Cases(tuple(CaseBranch(f, case.conditions) for f, case in cases), otherwise)

    @property
    def taken(self) -> int:
        """The index of the case that applies in a closed formula; their count if none does."""
        return int(self.taken_over(()))

    def taken_over(self, axes: tuple[Axis, ...]) -> NDArray[np.int64]:
        """The index of the case that applies, along these axes."""
        taken = np.full((1,) * len(axes), len(self.cases))
        for index, case in reversed(list(enumerate(self.cases))):
            holds = np.ones((1,) * len(axes), dtype=bool)
            for condition in case.conditions:
                holds = holds & condition.over(axes)
            taken = np.where(holds, index, taken)
        return taken

    @property
    def chosen(self) -> Formula:
        """The branch of a closed formula that applies."""
        return self.children()[self.taken]

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self._select(axes, [child.over(axes) for child in self.children()])

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self._select(axes, [child.scale(axes) for child in self.children()])

    def _select(self, axes: tuple[Axis, ...], branches: list[Values]) -> Values:
        taken, result = self.taken_over(axes), branches[-1]
        for index, branch in enumerate(branches[:-1]):
            result = np.where(taken == index, branch, result)
        return result

    def at(self, positions: AxisPositions) -> Formula:
        cases = tuple(
            CaseBranch(case.formula.at(positions), tuple(c.at(positions) for c in case.conditions))
            for case in self.cases
        )
        return Cases(cases, self.otherwise.at(positions))


@dataclass(frozen=True, eq=False)
class Selection(Formula):
    """An element that other numbers selected: a row by its number, the largest of a window.

    Attributes:
        found: the selected element.
        by: the numbers that selected it.
        reason: how they selected it, in words.
    """

    found: Formula
    by: tuple[Formula, ...]
    reason: str

    def children(self) -> tuple[Formula, ...]:
        return self.found, *self.by

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Selection(children[0], children[1:], self.reason)

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self.found.over(axes)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self.found.scale(axes)

    def at(self, positions: AxisPositions) -> Formula:
        return Selection(
            self.found.at(positions), tuple(b.at(positions) for b in self.by), self.reason
        )


@dataclass(frozen=True, eq=False)
class Masked(Formula):
    """A formula at some positions on axes, 0 at the others; never part of a closed formula.

    Attributes:
        formula: the value where `mask` is true.
        axes: the axes of `mask`, one for each of its dimensions.
        mask: the positions at which the formula counts.
    """

    formula: Formula
    axes: tuple[Axis, ...]
    mask: NDArray[np.bool_]

    def children(self) -> tuple[Formula, ...]:
        return (self.formula,)

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Masked(children[0], self.axes, self.mask)

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return np.where(self._mask_along(axes), self.formula.over(axes), 0.0)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return np.where(self._mask_along(axes), self.formula.scale(axes), 0.0)

    def _mask_along(self, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        order = [self.axes.index(axis) for axis in axes if axis in self.axes]
        shape = [axis.extent if axis in self.axes else 1 for axis in axes]
        return self.mask.transpose(order).reshape(shape)

    def at(self, positions: AxisPositions) -> Formula:
        mask = self.mask[tuple(positions.get(axis, slice(None)) for axis in self.axes)]
        remaining = tuple(axis for axis in self.axes if axis not in positions)
        return masked(self.formula.at(positions), remaining, mask)


def masked(
    formula: Formula, axes: tuple[Axis, ...], mask: NDArray[np.bool_], otherwise: str = ""
) -> Formula:
    """The formula where `mask`, with one dimension for each axis, is true; 0 elsewhere.

    Args:
        otherwise: why the value is 0, if it is 0 everywhere.
    """
    if mask.all():
        return formula
    return Masked(formula, axes, mask) if mask.any() else Number(0.0, meaning=otherwise)


def within(operand: Operand, leading: Index, last: Entry) -> Formula:
    """Elements of an operand, 0 where the last entry of their index is out of range."""
    axes, extent = axes_of((last,)), operand.shape[-1]
    numbers = numbers_of(last, axes)
    nearest = entry_of(str(last), axes, np.clip(numbers, 0, extent - 1))
    return masked(operand[(*leading, nearest)], axes, (numbers >= 0) & (numbers < extent))


def highest(
    element: Element, over: tuple[Axis, ...], mask: NDArray[np.bool_] | None = None
) -> Element:
    """The largest element along the axes `over`, at each position on the element's other axes.

    Of equal elements it is the first.

    Args:
        mask: which elements take part, with one dimension for each of the other axes, then for
            each of `over`; None for all.
    """
    others = tuple(axis for axis in element.axes if axis not in over)
    axes = (*others, *over)
    full, flat = tuple(a.extent for a in axes), (*(a.extent for a in others), -1)
    values = np.broadcast_to(element.over(axes), full)
    if mask is not None:
        values = np.where(mask, values, -np.inf)
    chosen = np.argmax(values.reshape(flat), axis=-1)[..., np.newaxis]
    index: list[Entry] = []
    for entry in element.index:
        numbers = np.broadcast_to(numbers_of(entry, axes), full).reshape(flat)
        index.append(entry_of("…", others, np.take_along_axis(numbers, chosen, -1)[..., 0]))
    return element.operand[tuple(index)]


def where(condition: Condition | tuple[Condition, ...], then: Formula, otherwise: Formula) -> Cases:
    """`then` if all conditions hold, else `otherwise`; the cases of `otherwise` follow."""
    conditions = condition if isinstance(condition, tuple) else (condition,)
    first = CaseBranch(then, conditions)
    if isinstance(otherwise, Cases):
        return Cases((first, *otherwise.cases), otherwise.otherwise)
    return Cases((first,), otherwise)
