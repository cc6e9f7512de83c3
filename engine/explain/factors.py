"""Gradients split into factors, for all samples of a batch at once.

Where `Explainer.chain` follows one path of numbers, here a whole family of elements is followed:
dL/dz of a unit for every sample, then of all units it feeds for every sample, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.explain.explainer import Explainer
from engine.formula import (
    Axis,
    AxisPositions,
    Element,
    Formula,
    Index,
    Masked,
    Negative,
    Number,
    OpenIndexError,
    Product,
    Quotient,
    Series,
    Sum,
    Values,
    entry_of,
    numbers_of,
    spread,
)
from engine.graph.graph import Node
from engine.tensors.addresses import Numbers, addresses, locate_all


@dataclass(frozen=True, eq=False)
class Term:
    """One of the terms that a family's formula adds up, as a product.

    Attributes:
        formula: the general term.
        axes: those of the family, then those it is summed over.
        upstream: the gradient among its factors, None next to the loss.
        local: its other factors that are not plain numbers.
    """

    formula: Formula
    axes: tuple[Axis, ...]
    upstream: Element | None
    local: tuple[Formula, ...]


def size(formula: Formula, axes: tuple[Axis, ...]) -> float:
    """How large a formula is along axes: over the batch the sum, over all else a mean.

    The mean is that of squares, under its root. So what a layer passes on, and what a sample adds
    to a gradient, are about as large as what they are made of, if nothing makes them smaller.
    """
    shape = tuple(axis.extent for axis in axes)
    with np.errstate(all="ignore"):
        values = np.abs(np.broadcast_to(formula.over(axes), shape))
        batch = tuple(i for i, axis in enumerate(axes) if axis.name == "batch")
        return root_mean_square(values.sum(axis=batch))


def root_mean_square(values: Values) -> float:
    """√(mean of squares), which does not overflow."""
    most = float(np.max(np.abs(values), initial=0.0))
    if most == 0.0 or not np.isfinite(most):
        return most
    return most * float(np.sqrt(np.mean(np.square(values / most))))


@dataclass(frozen=True, eq=False)
class Origin:
    """What made elements.

    Attributes:
        element: the elements.
        at: at which places on the axes of a larger family they are.
        node: the op application.
        index: where in its output they lie.
    """

    element: Element
    at: dict[Axis, int]
    node: Node
    index: Index

    def formula(self, explainer: Explainer) -> Formula | None:
        """How they were made, from what the buffers hold now.

        None where that can be told of single elements only.
        """
        operands = (explainer.operand(t) for t in (self.node.output, *self.node.inputs))
        try:
            return self.node.op.explain(self.index, *operands)
        except OpenIndexError:
            return None


def origin(explainer: Explainer, element: Element) -> Origin | None:
    """What made elements, if they were made by one op of a step."""
    found = origins(explainer, element)
    return found[0] if len(found) == 1 else None


def formula_of(explainer: Explainer, element: Element) -> Formula | None:
    """How the op that made elements makes them, from what the buffers hold now.

    None where no single op of a step made all of them anew, or it is one that chooses by values,
    for each element others.
    """
    made = origin(explainer, element)
    return made.formula(explainer) if made is not None else None


def origins(explainer: Explainer, element: Element) -> list[Origin]:
    """What made elements, the last first: one op, or one for each place on an axis, such as time.

    Empty where some were not made by an op of a step, or the ops made other parts of them.
    """
    axes = element.axes
    index = tuple(numbers_of(i, axes) for i in element.index)
    shape = tuple(axis.extent for axis in axes)
    where = np.broadcast_to(addresses(element.operand.array, index), shape)
    left = np.ones(shape, dtype=bool)
    found: list[Origin | None] = []
    for writer in reversed(explainer.aliasing.writers(element.operand.tensor)):
        node = explainer.nodes[writer]
        if node.updates:
            continue
        places, inside = locate_all(explainer.aliasing.array(node.output), where)
        made = inside & left
        if made.any():
            found.append(_part(element, node, places, made))
            left &= ~made
        if not left.any():
            return [part for part in found if part is not None] if all(found) else []
    return []


def _part(
    element: Element, node: Node, index: tuple[Numbers, ...], made: NDArray[np.bool_]
) -> Origin | None:
    """Those of the elements that `made` is true for, where it is for single places on some axes."""
    axes = element.axes
    fixed: dict[Axis, int] = {}
    for d, axis in enumerate(axes):
        others = tuple(other for other in range(len(axes)) if other != d)
        places = np.flatnonzero(made.any(axis=others))
        if len(places) == 1:
            fixed[axis] = int(places[0])
    cut = tuple(fixed.get(axis, slice(None)) for axis in axes)
    if not made[cut].all():
        return None
    left = tuple(axis for axis in axes if axis not in fixed)
    part = element.at(fixed)
    assert isinstance(part, Element)
    return Origin(part, fixed, node, tuple(entry_of("…", left, numbers[cut]) for numbers in index))


def terms(explainer: Explainer, formula: Formula, axes: tuple[Axis, ...]) -> list[Term]:
    """The terms of a family's formula."""
    whole = spread(formula, explainer.carries)
    return [_term(explainer, part, along) for part, along in _parts(whole, axes)]


def placed(term: Term, places: AxisPositions) -> dict[Axis, int]:
    """AxisPositions with one on each further axis of the term: where it is largest."""
    known = {axis: places[axis] for axis in term.axes if axis in places}
    new = tuple(axis for axis in term.axes if axis not in known)
    if not new:
        return known
    shape = tuple(axis.extent for axis in new)
    with np.errstate(all="ignore"):
        values = np.abs(np.broadcast_to(term.formula.at(known).over(new), shape))
        if not values.any() and term.upstream is not None:
            values = np.abs(np.broadcast_to(term.upstream.at(known).over(new), shape))
    best = np.unravel_index(int(np.nanargmax(values)), shape)
    return known | dict(zip(new, map(int, best), strict=True))


def _parts(formula: Formula, axes: tuple[Axis, ...]) -> Iterator[tuple[Formula, tuple[Axis, ...]]]:
    if isinstance(formula, Sum):
        for term in formula.terms:
            yield from _parts(term, axes)
    elif isinstance(formula, Series):
        yield from _parts(formula.term, (*axes, *formula.axes))
    elif isinstance(formula, Negative):
        yield from _parts(formula.term, axes)
    else:
        yield formula, axes


def _term(explainer: Explainer, formula: Formula, axes: tuple[Axis, ...]) -> Term:
    upstream, local = None, []
    for factor in _factors(formula):
        if isinstance(factor, Element) and explainer.carries(factor):
            upstream = factor
        elif not isinstance(factor, Number):
            local.append(factor)
    return Term(formula, axes, upstream, tuple(local))


def _factors(formula: Formula) -> Iterator[Formula]:
    if isinstance(formula, Product):
        for factor in formula.factors:
            yield from _factors(factor)
    elif isinstance(formula, Negative):
        yield from _factors(formula.term)
    elif isinstance(formula, Masked):
        yield from _factors(formula.formula)
    elif isinstance(formula, Quotient):
        yield from _factors(formula.numerator)
        if not isinstance(formula.denominator, Number):
            yield Quotient(Number(1.0), formula.denominator)
    else:
        yield formula
