"""Gradients split into factors, for all samples of a batch at once.

`Explainer.chain` follows one path of numbers. Here a whole family of elements is followed: dL/dz of
a unit for every sample, then of all units that it feeds for every sample, and so on.
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
    Sum,
    Summation,
    Values,
    entry_of,
    numbers_of,
    spread,
)
from engine.graph.graph import Node
from engine.tensors.addresses import Numbers, addresses, locate_all


@dataclass(frozen=True, eq=False)
class Term:
    """One term of a family's formula, as a product.

    Attributes:
        formula: the general term.
        axes: the axes of the family, then those of the sum.
        upstream: the gradient among its factors; None next to the loss.
        local: its other factors that are not plain numbers.
    """

    formula: Formula
    axes: tuple[Axis, ...]
    upstream: Element | None
    local: tuple[Formula, ...]


def size(formula: Formula, axes: tuple[Axis, ...]) -> float:
    """The size of a formula along axes: a sum over the batch, a root mean square over the others.

    With these, a layer's output and a sample's part of a gradient have about the size of their
    inputs, unless a factor shrinks them.
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
    """The op application that computed elements.

    Attributes:
        element: the elements.
        at: their positions on axes of a larger family.
        node: the op application.
        index: their index in its output.
    """

    element: Element
    at: dict[Axis, int]
    node: Node
    index: Index

    def formula(self, explainer: Explainer) -> Formula | None:
        """How they were computed, from the present values of the buffers.

        None if the op can explain single elements only.
        """
        operands = (explainer.operand(t) for t in (self.node.output, *self.node.inputs))
        try:
            return self.node.op.explain(self.index, *operands)
        except OpenIndexError:
            return None


def origin(explainer: Explainer, element: Element) -> Origin | None:
    """The op application that computed elements, if it was a single one."""
    found = origins(explainer, element)
    return found[0] if len(found) == 1 else None


def formula_of(explainer: Explainer, element: Element) -> Formula | None:
    """The formula of elements, from the present values of the buffers.

    None if several ops wrote these elements, or if the op selects its inputs by value (such as max
    pooling), so that each element has different ones.
    """
    source = origin(explainer, element)
    return source.formula(explainer) if source is not None else None


def origins(explainer: Explainer, element: Element) -> list[Origin]:
    """The op applications that computed elements, the last first.

    There is one, or one for each position on an axis, such as time. The list is empty if no op of a
    step computed some of the elements, or if the ops' parts of them are not simple ones.
    """
    axes = element.axes
    index = tuple(numbers_of(i, axes) for i in element.index)
    shape = tuple(axis.extent for axis in axes)
    where = np.broadcast_to(addresses(element.operand.array, index), shape)
    remaining = np.ones(shape, dtype=bool)
    found: list[Origin | None] = []
    for writer in reversed(explainer.aliasing.writers(element.operand.tensor)):
        node = explainer.nodes[writer]
        if node.updates:
            continue
        positions, inside = locate_all(explainer.aliasing.array(node.output), where)
        written = inside & remaining
        if written.any():
            found.append(_part(element, node, positions, written))
            remaining &= ~written
        if not remaining.any():
            return [part for part in found if part is not None] if all(found) else []
    return []


def _part(
    element: Element, node: Node, index: tuple[Numbers, ...], written: NDArray[np.bool_]
) -> Origin | None:
    """The elements for which `written` is true, if those are single positions on some axes."""
    axes = element.axes
    fixed: dict[Axis, int] = {}
    for d, axis in enumerate(axes):
        others = tuple(other for other in range(len(axes)) if other != d)
        positions = np.flatnonzero(written.any(axis=others))
        if len(positions) == 1:
            fixed[axis] = int(positions[0])
    cut = tuple(fixed.get(axis, slice(None)) for axis in axes)
    if not written[cut].all():
        return None
    free = tuple(axis for axis in axes if axis not in fixed)
    part = element.at(fixed)
    assert isinstance(part, Element)
    return Origin(part, fixed, node, tuple(entry_of("…", free, numbers[cut]) for numbers in index))


def terms(explainer: Explainer, formula: Formula, axes: tuple[Axis, ...]) -> list[Term]:
    """The terms of a family's formula."""
    whole = spread(formula, explainer.carries)
    return [_term(explainer, part, along) for part, along in _parts(whole, axes)]


def at_largest(term: Term, positions: AxisPositions) -> dict[Axis, int]:
    """The positions, and for each further axis of the term the position where it is largest."""
    known = {axis: positions[axis] for axis in term.axes if axis in positions}
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
    elif isinstance(formula, Summation):
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
