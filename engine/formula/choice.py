"""Formulas with branches, and elements that other numbers choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.formula.nodes import Axis, Formula, Places, Values

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
    """left relation right."""

    left: Formula
    relation: Relation
    right: Formula

    def over(self, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        """Whether it holds, along these axes."""
        return RELATIONS[self.relation](self.left.over(axes), self.right.over(axes))

    @property
    def holds(self) -> bool:
        """Whether a closed condition holds."""
        return bool(self.over(()))

    def at(self, places: Places) -> Condition:
        return Condition(self.left.at(places), self.relation, self.right.at(places))


@dataclass(frozen=True, eq=False)
class Case:
    """A branch: what holds if all the conditions do."""

    formula: Formula
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class Cases(Formula):
    """The first case whose conditions all hold; `otherwise` where none does."""

    cases: tuple[Case, ...]
    otherwise: Formula

    def children(self) -> tuple[Formula, ...]:
        return (*(case.formula for case in self.cases), self.otherwise)

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        *branches, otherwise = children
        cases = zip(branches, self.cases, strict=True)
        return Cases(tuple(Case(f, case.conditions) for f, case in cases), otherwise)

    @property
    def taken(self) -> int:
        """Of a closed formula, the number of the case that holds, or how many there are."""
        for number, case in enumerate(self.cases):
            if all(condition.holds for condition in case.conditions):
                return number
        return len(self.cases)

    @property
    def chosen(self) -> Formula:
        """Of a closed formula, the branch that holds."""
        return self.children()[self.taken]

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self._select(axes, [child.over(axes) for child in self.children()])

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self._select(axes, [child.scale(axes) for child in self.children()])

    def _select(self, axes: tuple[Axis, ...], branches: list[Values]) -> Values:
        result = branches[-1]
        for case, branch in reversed(list(zip(self.cases, branches, strict=False))):
            holds = np.ones((1,) * len(axes), dtype=bool)
            for condition in case.conditions:
                holds = holds & condition.over(axes)
            result = np.where(holds, branch, result)
        return result

    def at(self, places: Places) -> Formula:
        cases = tuple(
            Case(case.formula.at(places), tuple(c.at(places) for c in case.conditions))
            for case in self.cases
        )
        return Cases(cases, self.otherwise.at(places))


@dataclass(frozen=True, eq=False)
class Choice(Formula):
    """An element that other numbers have chosen: a row by its number, the largest of a window.

    Attributes:
        found: what was chosen.
        by: what chose it.
        reason: how, in words.
    """

    found: Formula
    by: tuple[Formula, ...]
    reason: str

    def children(self) -> tuple[Formula, ...]:
        return self.found, *self.by

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return Choice(children[0], children[1:], self.reason)

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self.found.over(axes)

    def scale(self, axes: tuple[Axis, ...]) -> Values:
        return self.found.scale(axes)

    def at(self, places: Places) -> Formula:
        return Choice(self.found.at(places), tuple(b.at(places) for b in self.by), self.reason)


def where(condition: Condition | tuple[Condition, ...], then: Formula, otherwise: Formula) -> Cases:
    """`then` if the condition holds (or all do), else `otherwise`, whose own cases come after."""
    conditions = condition if isinstance(condition, tuple) else (condition,)
    first = Case(then, conditions)
    if isinstance(otherwise, Cases):
        return Cases((first, *otherwise.cases), otherwise.otherwise)
    return Cases((first,), otherwise)
