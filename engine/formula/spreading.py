"""Expanding products of sums into sums of products, so that every term has its own factors."""

from __future__ import annotations

from collections.abc import Callable

from engine.formula.choice import Masked
from engine.formula.nodes import Element, Formula, Negative, Product, Quotient, Sum, Summation


def spread(formula: Formula, followed: Callable[[Element], bool]) -> Formula:
    """An equal formula in which every sum with a followed element is outermost.

    With g followed, s·(g − Σ g/n) becomes s·g − Σ s·g/n, which shows the factors of each g.
    """
    if isinstance(formula, Element) or not any(followed(e) for e in formula.elements()):
        return formula
    first, *others = (spread(child, followed) for child in formula.children())
    result = formula
    match formula:
        case Sum():
            result = Sum((first, *others))
        case Negative() | Masked():
            result = _each(first, lambda f: formula.rebuilt((f,)))
        case Summation():
            result = _summation(first, formula)
        case Quotient():
            result = _each(first, lambda f: formula.rebuilt((f, *others)))
        case Product():
            result = _product((first, *others), followed)
    return result


def _product(factors: tuple[Formula, ...], followed: Callable[[Element], bool]) -> Formula:
    number = next(i for i, f in enumerate(factors) if any(followed(e) for e in f.elements()))
    before, after = factors[:number], factors[number + 1 :]

    def multiplied(factor: Formula) -> Formula:
        return Product((*before, *_factors(factor), *after))

    return _each(factors[number], multiplied)


def _factors(formula: Formula) -> tuple[Formula, ...]:
    return formula.factors if isinstance(formula, Product) else (formula,)


def _each(formula: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """Apply a linear change to every term of a sum."""
    match formula:
        case Sum():
            return Sum(tuple(_each(term, change) for term in formula.terms))
        case Negative():
            return _negative(_each(formula.term, change))
        case Summation():
            return _summation(_each(formula.term, change), formula)
    return change(formula)


def _negative(formula: Formula) -> Formula:
    return formula.term if isinstance(formula, Negative) else Negative(formula)


def _summation(term: Formula, over: Summation) -> Formula:
    """The summation of a sum, as a sum of summations."""
    match term:
        case Sum():
            return Sum(tuple(_summation(part, over) for part in term.terms))
        case Negative():
            return _negative(_summation(term.term, over))
        case Summation():
            return Summation(term.term, (*over.axes, *term.axes))
    return over.rebuilt((term,))
