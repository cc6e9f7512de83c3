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
    Axis,
    Element,
    Formula,
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
    """How the op that made a family's buffer makes its elements, from what the buffers hold now.

    None where no op of this step made it, or it chooses by values, for each element others.
    """
    tensor = element.operand.tensor
    if tensor.node is None or tensor.node.updates:
        return None
    operands = [explainer.operand(t) for t in (tensor.node.output, *tensor.node.inputs)]
    try:
        return tensor.node.op.explain(element.index, *operands)
    except OpenIndexError:
        return None


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
