"""Where a NaN or an infinity came from: the first value that was not finite."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from engine.explain.explainer import Explainer, Explanation
from engine.explain.why.cause import Cause
from engine.formula import Element, Formula, Link, Number, Summation, index_text, number_text, text
from engine.history.moments import Moment
from engine.history.replay import UnrecordedError

MAX_LINKS = 10_000
"""The greatest number of links that are followed."""


def non_finite(explainer: Explainer, explanation: Explanation) -> Cause:
    """The first value on the way to this one that is not finite but was computed from finite ones.

    If both a gradient and another factor are not finite, the other one is followed: most gradients
    break because something broke in the forward pass.
    """
    requested = explanation
    path = [explanation.link]
    for _ in range(MAX_LINKS):
        operands = list(_bad_operands(explanation.formula))
        if not operands or explanation.moment is None:
            break
        operand = min(operands, key=lambda bad: explainer.upstream(bad) is not None)
        try:
            explanation = _before(explainer, operand, explanation.moment)
        except UnrecordedError:
            return _unknown(requested, operand, path)
        path.append(explanation.link)
    return _found(explainer, requested, explanation, path)


def _before(explainer: Explainer, operand: Element, moment: Moment) -> Explanation:
    """How an operand got its value, as the instruction of a moment saw it.

    A parameter may have been broken for thousands of steps. Then a binary search finds the first
    step after which one was.
    """
    if operand.role == "parameter":
        first = _first_broken(explainer, moment.step)
        if first is not None and first < moment.step:
            at = Moment(first, 0)
            with explainer.replay.at(at) as machine:
                where = np.argwhere(~np.isfinite(machine.view("parameters")))[0]
            return explainer.explain("parameters", (int(where[0]),), at=at)
    return explainer.explain(operand.buffer, operand.link.index, at=moment)


def _first_broken(explainer: Explainer, step: int) -> int | None:
    """The first step that starts with a broken parameter; None if all are finite now."""

    def broken(at: int) -> bool:
        with explainer.replay.at(Moment(at, 0)) as machine:
            return not bool(np.isfinite(machine.view("parameters")).all())

    if not explainer.replay.counts_steps or not broken(step):
        return None
    low, high = -1, step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if broken(middle) else (middle, high)
    return high


def _bad_operands(formula: Formula) -> Iterator[Element]:
    """The operands that are not finite and so make a closed formula not finite."""
    if isinstance(formula, Element):
        if not isfinite(formula.value):
            yield formula
        return
    children = formula.children()
    if isinstance(formula, Summation):
        bad = np.argwhere(~np.isfinite(formula.values))
        children = (formula.term_at(*(int(i) for i in bad[0])),) if len(bad) else ()
    for child in children:
        if not isfinite(child.value):
            yield from _bad_operands(child)


def _found(
    explainer: Explainer, requested: Explanation, first: Explanation, path: list[Link]
) -> Cause:
    symbol = requested.symbol
    evidence = {"value": first.value}
    if first.moment is None or isinstance(first.formula, Number):
        origin = first.formula.meaning if isinstance(first.formula, Number) else "given"
        sentence = f"{symbol} is not finite because {first.symbol} is not ({origin})."
        return Cause("non_finite", sentence, tuple(path), evidence)
    instruction = explainer.machine.program.instructions[first.moment.pc]
    evidence |= {"step": float(first.moment.step), "instruction": float(first.moment.pc)}
    for element in first.formula.elements():
        if not element.axes:
            evidence[index_text(element.symbol, element.index)] = element.value
    value = number_text(first.value)
    if first.stale:
        reason = (
            f"{first.symbol} was set to {value} by hand after step {first.moment.step} "
            "had computed it"
        )
    else:
        reason = (
            f"in step {first.moment.step} {first.symbol} is {value}: {instruction.formula}, "
            f"here {text(first.formula, digits=3)}"
        )
    sentence = f"{symbol} is not finite because {reason}."
    return Cause("non_finite", sentence, tuple(path), evidence)


def _unknown(requested: Explanation, operand: Element, path: list[Link]) -> Cause:
    symbol = index_text(operand.symbol, operand.index)
    sentence = (
        f"{requested.symbol} is not finite because {symbol} was not. The numbers that {symbol} was "
        "computed from have been overwritten and are not recorded."
    )
    return Cause("non_finite", sentence, (*path, operand.link), {"value": operand.value})
