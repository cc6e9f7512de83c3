"""Gradients split into factors, for all samples of a batch at once.

Where `Explainer.chain` follows one path of numbers, here a whole family of elements is followed:
dL/dz of a unit for every sample, then of all units it feeds for every sample, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.explain import Explainer
from engine.formula import (
    Along,
    Axis,
    Element,
    Formula,
    Index,
    Negative,
    Number,
    OpenIndexError,
    Places,
    Product,
    Quotient,
    Series,
    Sum,
    Values,
)
from engine.graph import Node
from engine.layout import address, locate
from engine.ops.base import Array


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


def formula_of(explainer: Explainer, element: Element) -> Formula | None:
    """How the op that made elements makes them, from what the buffers hold now.

    None where no single op of a step made all of them anew, or it is one that chooses by values,
    for each element others.
    """
    made = _maker(explainer, element)
    if made is None:
        return None
    node, index = made
    try:
        return node.op.explain(index, *(explainer.operand(t) for t in (node.output, *node.inputs)))
    except OpenIndexError:
        return None


def maker(explainer: Explainer, element: Element) -> Node | None:
    """The op application that made elements, see `formula_of`."""
    made = _maker(explainer, element)
    return made[0] if made is not None else None


def _maker(explainer: Explainer, element: Element) -> tuple[Node, Index] | None:
    """What made elements, and where in its output they lie."""
    tensor = element.operand.tensor
    if tensor.node is not None:
        return None if tensor.node.updates else (tensor.node, element.index)
    for writer in reversed(explainer.layout.writers(tensor)):
        node = explainer.nodes[writer]
        if not node.updates:
            index = translated(element, explainer.layout.array(node.output))
            if index is not None:
                return node, index
    return None


def translated(element: Element, other: Array) -> Index | None:
    """Where elements lie in another array over the same memory; None if some do not."""
    array, first = element.operand.array, dict.fromkeys(element.axes, 0)
    start = locate(other, address(array, _placed(element.index, first)))
    if start is None:
        return None
    index: list[int | Along] = list(start)
    for axis in element.axes:
        last = locate(
            other, address(array, _placed(element.index, first | {axis: axis.extent - 1}))
        )
        moved = [d for d in range(other.ndim) if last is not None and last[d] != start[d]]
        if last is None or len(moved) > 1:
            return None
        for d in moved:
            step, rest = divmod(last[d] - start[d], axis.extent - 1)
            if rest or not isinstance(index[d], int):
                return None
            index[d] = axis.along(start[d], step)
    return tuple(index)


def _placed(index: Index, places: Places) -> tuple[int, ...]:
    return tuple(i.at(places[i.axis]) if isinstance(i, Along) else i for i in index)


def terms(explainer: Explainer, formula: Formula, axes: tuple[Axis, ...]) -> list[Term]:
    """The terms of a family's formula."""
    return [_term(explainer, part, along) for part, along in _parts(formula, axes)]


def placed(term: Term, places: Places) -> Places:
    """Places with one on each further axis of the term: where it is largest."""
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
        if isinstance(factor, Element) and explainer.upstream(factor) is not None:
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
    elif isinstance(formula, Quotient):
        yield from _factors(formula.numerator)
        if not isinstance(formula.denominator, Number):
            yield Quotient(Number(1.0), formula.denominator)
    else:
        yield formula
