"""Formulas as plain text, with symbols or with numbers."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

from engine.formula.choice import Cases, Condition, Masked, Selection
from engine.formula.indices import Index
from engine.formula.nodes import (
    Element,
    Formula,
    Function,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Summation,
)

FUNCTION_TEXT = {
    "sigmoid": "σ({})",
    "softplus": "log(1 + exp({}))",
    "normal_cdf": "Φ({})",
    "expm1": "(exp({}) − 1)",
    "log1p": "log(1 + {})",
    "sqrt": "√({})",
    "abs": "|{}|",
    "floor": "⌊{}⌋",
}
"""Patterns of the functions that are not written as a name before the argument."""

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

LOOSE = (Sum, Summation, Cases, Negative)
TIGHT = (*LOOSE, Product, Quotient)


def text(formula: Formula, *, digits: int | None = None) -> str:
    """The formula with symbols, or with `digits` with their numbers to so many significant digits.

    With symbols, a summation is written as its general term; with numbers, as its value.
    """
    return _Writer(digits).write(formula)


def number_text(value: float, digits: int = 3) -> str:
    """A number for readers with `digits` significant digits: −0.5, 1.2×10⁻⁴, NaN, −∞."""
    if not isfinite(value):
        return "NaN" if isnan(value) else "∞" if value > 0 else "−∞"
    mantissa, _, power = f"{value + 0.0:.{digits}g}".partition("e")
    written = mantissa.replace("-", "−")
    return f"{written}×10{str(int(power)).translate(RAISED)}" if power else written


def index_text(symbol: str, index: Index) -> str:
    """An element as formulas write it, such as W1[0, 2]."""
    return f"{symbol}[{', '.join(str(i) for i in index)}]" if index else symbol


class _Writer:
    def __init__(self, digits: int | None) -> None:
        self.digits = digits
        self._writers: dict[type[Formula], Callable[[Any], str]] = {
            Number: self._number,
            Element: self._element,
            Sum: self._sum,
            Summation: self._summation,
            Negative: self._negative,
            Product: self._product,
            Quotient: self._quotient,
            Power: self._power,
            Function: self._function,
            Cases: self._cases,
            Selection: lambda lookup: self.write(lookup.found),
            Masked: lambda mask: self.write(mask.formula),
        }

    def write(self, formula: Formula) -> str:
        return self._writers[type(formula)](formula)

    def _within(self, formula: Formula, bracketed: tuple[type[Formula], ...]) -> str:
        written = self.write(formula)
        if self.digits is not None and isinstance(formula, (Number, Element, Summation)):
            product = "×" in written and Product in bracketed
            return f"({written})" if product or written.startswith("−") else written
        return f"({written})" if isinstance(formula, bracketed) else written

    def _number(self, number: Number) -> str:
        if self.digits is None:
            return number.symbol or number_text(number.number, 6)
        return number_text(number.number, self.digits)

    def _element(self, element: Element) -> str:
        if self.digits is None or element.axes:
            return index_text(element.symbol, element.index)
        return number_text(element.value, self.digits)

    def _sum(self, formula: Sum) -> str:
        written = self.write(formula.terms[0])
        for term in formula.terms[1:]:
            if isinstance(term, Negative):
                written += f" − {self._within(term.term, LOOSE)}"
            else:
                written += f" + {self._within(term, (Cases,))}"
        return written

    def _summation(self, formula: Summation) -> str:
        if self.digits is not None:
            return number_text(formula.value, self.digits)
        letters = "".join(axis.letter for axis in formula.axes)
        return f"Σ_{letters} {self._within(formula.term, (Sum, Cases))}"

    def _negative(self, formula: Negative) -> str:
        return f"−{self._within(formula.term, LOOSE)}"

    def _product(self, formula: Product) -> str:
        return "·".join(self._within(factor, (*LOOSE, Quotient)) for factor in formula.factors)

    def _quotient(self, formula: Quotient) -> str:
        numerator = self._within(formula.numerator, (*LOOSE, Quotient))
        return f"{numerator}/{self._within(formula.denominator, TIGHT)}"

    def _function(self, formula: Function) -> str:
        pattern = FUNCTION_TEXT.get(formula.name, formula.name + "({})")
        return pattern.format(self.write(formula.argument))

    def _power(self, formula: Power) -> str:
        base = self._within(formula.base, (*TIGHT, Power))
        if isinstance(formula.exponent, Number) and formula.exponent.number == 2.0:
            return f"{base}²"
        return f"{base}^{self._within(formula.exponent, TIGHT)}"

    def _cases(self, formula: Cases) -> str:
        if self.digits is not None:
            return self.write(formula.chosen)
        branches = []
        for case in formula.cases:
            conditions = " and ".join(self._condition(c) for c in case.conditions)
            branches.append(f"{self.write(case.formula)} where {conditions}")
        return "; ".join([*branches, f"else {self.write(formula.otherwise)}"])

    def _condition(self, condition: Condition) -> str:
        return f"{self.write(condition.left)} {condition.relation} {self.write(condition.right)}"
