"""Mistakes in computing a number by hand.

A formula shows what can be forgotten or confused in it: each factor, each term, each sign, the n of
a mean, the function around an argument. Here the formula is changed at one such point after the
other. This module knows no ops: the mistakes of an op follow from its own explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np

from engine.explain.explainer import Explainer, Explanation
from engine.explain.factors import formula_of
from engine.formula import (
    Axis,
    AxisPositions,
    Element,
    Formula,
    Function,
    Index,
    Negative,
    Number,
    Operand,
    Power,
    Product,
    Quotient,
    Sum,
    Summation,
    Values,
    axes_of,
    index_text,
    numbers_of,
    text,
)

MistakeKind = Literal[
    "wrong_sign",
    "forgot_derivative",
    "forgot_upstream",
    "not_averaged",
    "averaged_again",
    "forgot_learning_rate",
    "confused_activation",
    "transposed",
    "forgot_function",
    "forgot_power",
    "forgot_correction",
    "forgot_factor",
    "forgot_term",
    "one_term",
]
ORDER: dict[MistakeKind, int] = {kind: rank for rank, kind in enumerate(get_args(MistakeKind))}
"""The rank of each kind: of several mistakes that lead to the same number, the lowest is named."""

MAX_TERMS = 512
"""The greatest number of terms of a sum for which an answer of one term is recognised."""


@dataclass(frozen=True)
class Mistake:
    """A mistake, and the number that it leads to."""

    kind: MistakeKind
    sentence: str
    value: float


def mistakes(explainer: Explainer, explanation: Explanation) -> tuple[Mistake, ...]:
    """The mistakes that are possible in computing an explained element, the likeliest first.

    The buffers of the machine must have the values that the instruction saw.
    """
    variants = _Variants(explainer)
    found = [*variants.of(explanation.formula), *variants.elsewhere(explanation)]
    found.sort(key=lambda mistake: ORDER[mistake.kind])
    signed = [
        Mistake(m.kind, f"{m.sentence} The sign is wrong, too.", -m.value)
        for m in found
        if m.kind != "wrong_sign"
    ]
    return (Mistake("wrong_sign", "The sign is wrong.", -explanation.value), *found, *signed)


@dataclass(frozen=True, eq=False)
class _Written(Formula):
    """An element that is replaced by the formula that computes it."""

    element: Element
    formula: Formula

    def children(self) -> tuple[Formula, ...]:
        return (self.formula,)

    def rebuilt(self, children: tuple[Formula, ...]) -> Formula:
        return _Written(self.element, children[0])

    def over(self, axes: tuple[Axis, ...]) -> Values:
        return self.formula.over(axes)

    def at(self, positions: AxisPositions) -> Formula:
        return self.formula.at(positions)


@dataclass(frozen=True, eq=False)
class _Change:
    """A formula with a mistake in it."""

    kind: MistakeKind
    sentence: str
    formula: Formula


class _Variants:
    """Formulas that differ from a right one in one point."""

    def __init__(self, explainer: Explainer) -> None:
        self.explainer = explainer
        program = explainer.machine.program
        self._tensors = {tensor.name: tensor for tensor in program.graph.tensors}
        pairs = [(layer.output, layer.pre_activation) for layer in program.layers]
        self._partners = dict(pairs) | {z: a for a, z in pairs}

    def of(self, formula: Formula) -> Iterator[Mistake]:
        """Mistakes in a formula, and in those of the gradients and derivatives in it."""
        if isinstance(formula, Summation):
            yield from _single_terms(formula)
        whole = self._written(formula)
        corrected = _without_corrections(whole)
        if corrected is not whole:
            sentence = "The bias corrections are missing."
            yield Mistake("forgot_correction", sentence, corrected.value)
        for change in (*self._changes(whole), *self._confusions(whole)):
            yield Mistake(change.kind, change.sentence, change.formula.value)

    def elsewhere(self, explanation: Explanation) -> Iterator[Mistake]:
        """The right number of the wrong element: that of the transposed matrix."""
        tensor, index = self._tensors[explanation.link.buffer], explanation.link.index
        swapped = _swapped(index, tensor.shape) if "batch" not in tensor.axes else None
        if swapped is not None and swapped != index:
            element = self.explainer.operand(tensor)[swapped]
            sentence = (
                f"That is {index_text(element.symbol, element.index)}, the transposed element."
            )
            yield Mistake("transposed", sentence, element.value)

    def _written(self, formula: Formula) -> Formula:
        """The formula with upstream gradients and local derivatives written out, once each."""
        if isinstance(formula, Element):
            local = formula.role == "local_derivative"
            inner = None
            if local or self.explainer.upstream(formula) is not None:
                inner = formula_of(self.explainer, formula)
            if inner is None:
                return formula
            return _Written(formula, inner if local else self._derivatives(inner))
        return formula.rebuilt(tuple(self._written(child) for child in formula.children()))

    def _derivatives(self, formula: Formula) -> Formula:
        """The formula with local derivatives written out."""
        if isinstance(formula, Element):
            return self._written(formula) if formula.role == "local_derivative" else formula
        return formula.rebuilt(tuple(self._derivatives(child) for child in formula.children()))

    def _changes(self, formula: Formula) -> Iterator[_Change]:
        """The formula with one change, for each that is possible."""
        yield from self._here(formula)
        children = formula.children()
        for number, child in enumerate(children):
            for change in self._changes(child):
                others = (*children[:number], change.formula, *children[number + 1 :])
                yield _Change(change.kind, change.sentence, formula.rebuilt(others))

    def _here(self, formula: Formula) -> Iterator[_Change]:
        """Changes of the node itself."""
        match formula:
            case Product():
                yield from self._factors(formula)
            case Sum():
                yield from _terms(formula)
            case Quotient():
                yield _undivided(formula)
            case Negative():
                yield _Change("wrong_sign", "A minus sign is missing.", formula.term)
            case Power():
                sentence = f"The power of {_text(formula)} is missing."
                yield _Change("forgot_power", sentence, formula.base)
            case Function():
                sentence = f"The function of {_text(formula)} is missing."
                yield _Change("forgot_function", sentence, formula.argument)
            case Summation():
                yield from _averages(formula)

    def _factors(self, formula: Product) -> Iterator[_Change]:
        for number, factor in enumerate(formula.factors):
            rest = (*formula.factors[:number], *formula.factors[number + 1 :])
            kind, name = self._missing(factor)
            yield _Change(kind, f"{name} is missing.", rest[0] if len(rest) == 1 else Product(rest))

    def _missing(self, factor: Formula) -> tuple[MistakeKind, str]:
        element = factor.element if isinstance(factor, _Written) else factor
        if not isinstance(element, Element):
            return "forgot_factor", f"The factor {_text(element)}"
        name = index_text(element.symbol, element.index)
        if element.role == "local_derivative":
            return "forgot_derivative", f"The activation's derivative {name}"
        if self.explainer.upstream(element) is not None:
            return "forgot_upstream", f"The upstream gradient {name}"
        if element.buffer == "learning_rate":
            return "forgot_learning_rate", f"The learning rate {name}"
        return "forgot_factor", f"The factor {name}"

    def _confusions(self, formula: Formula) -> Iterator[_Change]:
        """One buffer taken for another one throughout, or transposed."""
        operands = {element.buffer: element for element in formula.elements()}
        for buffer, element in operands.items():
            partner = self._partners.get(buffer, buffer)
            if partner != buffer:
                other = self.explainer.operand(self._tensors[partner])
                sentence = f"Use {element.symbol}, not {other.tensor.symbol}."
                swap = _replaced(formula, buffer, partial(_taken_from, other))
                yield _Change("confused_activation", sentence, swap)
            if element.role == "parameter" and _swapped(element.index, element.operand.shape):
                turned = _replaced(formula, buffer, _transposed)
                yield _Change("transposed", f"{element.symbol} was transposed.", turned)


def _replaced(formula: Formula, buffer: str, other: Callable[[Element], Formula]) -> Formula:
    """The formula with other elements for all of a buffer."""
    if isinstance(formula, Element):
        return other(formula) if formula.buffer == buffer else formula
    children = tuple(_replaced(child, buffer, other) for child in formula.children())
    return formula.rebuilt(children)


def _taken_from(operand: Operand, element: Element) -> Formula:
    return operand[element.index]


def _transposed(element: Element) -> Formula:
    swapped = _swapped(element.index, element.operand.shape)
    return element.operand[swapped] if swapped is not None else element


def _terms(formula: Sum) -> Iterator[_Change]:
    """A term forgotten, or with the wrong sign."""
    for number, term in enumerate(formula.terms):
        before, after = formula.terms[:number], formula.terms[number + 1 :]
        rest, name = (*before, *after), _text(term)
        yield _Change(
            "forgot_term",
            f"The term {name} is missing.",
            rest[0] if len(rest) == 1 else Sum(rest),
        )
        flipped = term.term if isinstance(term, Negative) else Negative(term)
        yield _Change(
            "wrong_sign", f"The sign of {name} is wrong.", Sum((*before, flipped, *after))
        )


def _undivided(formula: Quotient) -> _Change:
    below = formula.denominator
    if isinstance(below, Number):
        sentence = f"The sum must be divided by {below.symbol or 'n'} = {below.number:g}."
        return _Change("not_averaged", sentence, formula.numerator)
    kind: MistakeKind = "forgot_correction" if _is_correction(below) else "forgot_factor"
    return _Change(kind, f"The division by {_text(below)} is missing.", formula.numerator)


def _is_correction(formula: Formula) -> bool:
    return isinstance(formula, Element) and formula.role == "optimizer_state"


def _without_corrections(formula: Formula) -> Formula:
    """The formula with no division by a number that the optimizer keeps."""
    if isinstance(formula, Quotient) and _is_correction(formula.denominator):
        return _without_corrections(formula.numerator)
    children = formula.children()
    others = tuple(_without_corrections(child) for child in children)
    same = all(a is b for a, b in zip(children, others, strict=True))
    return formula if same else formula.rebuilt(others)


def _averages(formula: Summation) -> Iterator[_Change]:
    """A sum over the batch divided or multiplied by its size, although the loss is a mean."""
    size = next((axis.extent for axis in formula.axes if axis.name == "batch"), 1)
    if size > 1:
        number = Number(size, "n")
        again = (
            f"The sum over the batch was divided by n = {size} again. The loss is a mean already."
        )
        yield _Change("averaged_again", again, Quotient(formula, number))
        never = f"That is a sum over the batch. The loss is a mean, so divide by n = {size}."
        yield _Change("not_averaged", never, Product((number, formula)))


def _single_terms(formula: Summation) -> Iterator[Mistake]:
    if formula.values.size > MAX_TERMS:
        return
    for position in np.ndindex(formula.values.shape):
        where = ", ".join(
            f"{axis.letter} = {number}" for axis, number in zip(formula.axes, position, strict=True)
        )
        sentence = f"That is the term for {where} alone. Add up all terms."
        yield Mistake("one_term", sentence, float(formula.values[position]))


def _swapped(index: Index, shape: tuple[int, ...]) -> Index | None:
    """The index in the transposed matrix, if it has such elements."""
    if len(index) != 2:
        return None
    swapped = index[1], index[0]
    for entry, extent in zip(swapped, shape, strict=True):
        if numbers_of(entry, axes_of(index)).max() >= extent:
            return None
    return swapped


def _text(formula: Formula) -> str:
    """The formula as a text without its sign; written-out elements appear by name."""
    return text(_plain(formula.term if isinstance(formula, Negative) else formula))


def _plain(formula: Formula) -> Formula:
    if isinstance(formula, _Written):
        return formula.element
    return formula.rebuilt(tuple(_plain(child) for child in formula.children()))
