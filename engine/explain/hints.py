"""An exercise: work out a number by hand, and be told what went wrong."""

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
    """An element to work out by hand.

    Attributes:
        explanation: the solution.
        mistakes: what can go wrong, the likeliest first.
    """

    explanation: Explanation
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Hint:
    """What there is to say to an answer: "right", a mistake, or "unknown" if none explains it."""

    kind: HintKind
    sentence: str


def exercise(
    machine: Machine | Explainer, buffer: str, index: tuple[int, ...], *, past: ReplaySource = None
) -> Exercise:
    """An element as an exercise.

    Args:
        machine: which it is of, or an explainer of it, which many exercises can share.
        buffer: anything an instruction has written: an activation, a gradient, an update.
        past: what earlier states are made from, see `engine.history.replay.ReplaySource`.

    Raises:
        DescriptionError: no such element, or no instruction has written it.
        UnrecordedError: what it was made from has been overwritten, and is not known.
    """
    explainer = machine if isinstance(machine, Explainer) else Explainer(machine, past)
    explanation = explainer.explain(buffer, index)
    if explanation.moment is None:
        raise DescriptionError(buffer, index, "the result of an instruction")
    with explainer.around(explanation.moment), np.errstate(all="ignore"):
        return Exercise(explanation, mistakes(explainer, explanation))


def hint(exercise: Exercise, answer: float, precision: int = 3) -> Hint:
    """What is right or wrong with a learner's number.

    Args:
        answer: the number.
        precision: significant digits to which it has to be right.
    """
    value, symbol = exercise.explanation.value, exercise.explanation.symbol
    if _same(answer, value, precision):
        return Hint("right", f"{symbol} = {number_text(value, precision)}.")
    for mistake in exercise.mistakes:
        if _same(answer, mistake.value, precision):
            return Hint(mistake.kind, mistake.sentence)
    if precision > 1 and _same(answer, value, precision - 1):
        return Hint("imprecise", f"Nearly; give {precision} significant digits.")
    if _is_shifted(answer, value, precision):
        return Hint("shifted_point", "The digits are right, but the decimal point is not.")
    return Hint("unknown", f"Not that. It is {text(exercise.explanation.formula)}.")


def _same(answer: float, value: float, precision: int) -> bool:
    """Whether two numbers agree to so many significant digits of the second.

    Zero has no significant digits; an answer to it may have so many decimals of zeros.
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
