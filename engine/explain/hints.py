"""An exercise: compute a number by hand, and get a hint if it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Literal

import numpy as np

from engine.errors import DescriptionError
from engine.explain.explainer import Explainer, Explanation
from engine.explain.mistakes import Mistake, MistakeKind, mistakes
from engine.formula import number_text, text
from engine.history.replay import ReplaySource
from engine.program.machine import Machine

HintKind = MistakeKind | Literal["right", "imprecise", "shifted_point", "unknown"]


@dataclass(frozen=True, eq=False)
class Exercise:
    """An element to compute by hand.

    Attributes:
        explanation: the solution.
        mistakes: the mistakes that are possible, the likeliest first.
    """

    explanation: Explanation
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Hint:
    """The reply to an answer: "right", a mistake, or "unknown" if no mistake explains it."""

    kind: HintKind
    sentence: str


def exercise(
    machine: Machine | Explainer, buffer: str, index: tuple[int, ...], *, past: ReplaySource = None
) -> Exercise:
    """An element as an exercise.

    Args:
        machine: the machine, or an explainer of it that several exercises can share.
        buffer: anything an instruction has written: an activation, a gradient, an update.
        past: the source of earlier states, see `engine.history.replay.ReplaySource`.

    Raises:
        DescriptionError: no such element, or no instruction has written it.
        UnrecordedError: the numbers that it was computed from have been overwritten.
    """
    explainer = machine if isinstance(machine, Explainer) else Explainer(machine, past)
    explanation = explainer.explain(buffer, index)
    if explanation.moment is None:
        raise DescriptionError(buffer, index, "the result of an instruction")
    with explainer.around(explanation.moment), np.errstate(all="ignore"):
        return Exercise(explanation, mistakes(explainer, explanation))


def hint(exercise: Exercise, answer: float, precision: int = 3) -> Hint:
    """Judge a learner's answer.

    Args:
        answer: the number.
        precision: the number of significant digits that must be right.
    """
    value, symbol = exercise.explanation.value, exercise.explanation.symbol
    if _same(answer, value, precision):
        return Hint("right", f"{symbol} = {number_text(value, precision)}.")
    for mistake in exercise.mistakes:
        if _same(answer, mistake.value, precision):
            return Hint(mistake.kind, mistake.sentence)
    if precision > 1 and _same(answer, value, precision - 1):
        return Hint("imprecise", f"Nearly right. Give {precision} significant digits.")
    if _is_shifted(answer, value, precision):
        return Hint(
            "shifted_point", "The digits are right, but the decimal point is in the wrong position."
        )
    return Hint("unknown", f"Not right. The formula is {text(exercise.explanation.formula)}.")


def _same(answer: float, value: float, precision: int) -> bool:
    """Whether two numbers agree in `precision` significant digits of the second.

    Zero has no significant digits, so for zero this many decimals must agree.
    """
    if not (isfinite(answer) and isfinite(value)):
        return answer == value
    exponent = floor(log10(abs(value))) if value else 0
    return abs(answer - value) <= 0.5000001 * 10.0 ** (exponent - precision + 1)


def _is_shifted(answer: float, value: float, precision: int) -> bool:
    if not (answer and value and isfinite(answer) and isfinite(value)):
        return False
    shift = round(log10(abs(value / answer)))
    return shift != 0 and _same(answer * 10.0**shift, value, precision)
