"""The terms of a sum by magnitude, with the many small ones folded into one number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.formula.nodes import Formula, Negative, Sum, Summation, Values


@dataclass(frozen=True)
class Ranking:
    """Terms of a sum, the largest first.

    Attributes:
        terms: the largest ones.
        folded: number of the other terms.
        rest: the sum of the other terms.
        total: the sum of the magnitudes of all terms, which shows how much has cancelled.
    """

    terms: tuple[Formula, ...]
    folded: int
    rest: float
    total: float


def largest(formula: Formula, count: int) -> Ranking:
    """The `count` largest terms of a closed formula, and the sum of the others.

    Nested sums count as one sum; any other formula is one term. NaN is larger than any
    number.
    """
    groups = list(_groups(formula))
    values = np.concatenate([values for values, _ in groups])
    starts = np.cumsum([0, *(len(values) for values, _ in groups)])
    sizes = np.where(np.isnan(values), np.inf, np.abs(values))
    order = np.argsort(-sizes, kind="stable")
    terms = []
    for position in order[:count]:
        group = int(np.searchsorted(starts, position, side="right")) - 1
        terms.append(groups[group][1](int(position - starts[group])))
    with np.errstate(all="ignore"):
        rest = float(values[np.sort(order[count:])].sum())
        total = float(np.abs(values).sum())
    return Ranking(tuple(terms), max(0, len(order) - count), rest, total)


Group = tuple[Values, Callable[[int], Formula]]
"""Values of terms, and a function that builds the term with a given number."""


def _groups(formula: Formula) -> Iterator[Group]:
    if isinstance(formula, Sum):
        for term in formula.terms:
            yield from _groups(term)
    elif isinstance(formula, Summation):
        yield _summation(formula)
    elif isinstance(formula, Negative):
        for group in _groups(formula.term):
            yield _negative(group)
    else:
        yield np.array([formula.value]), lambda number: formula


def _summation(formula: Summation) -> Group:
    values = formula.values

    def build(number: int) -> Formula:
        return formula.term_at(*(int(i) for i in np.unravel_index(number, values.shape)))

    return values.reshape(-1), build


def _negative(group: Group) -> Group:
    values, build = group
    return -values, lambda number: Negative(build(number))
