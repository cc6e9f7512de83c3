"""Why a gradient is zero, small, large, or not a number: the first factor to blame.

The search goes from the element along the factors of its gradient towards the loss, for all samples
of the batch at once (`engine.explain.factors`). Each op defines when it lets no gradient pass
and what that is called (`Op.gradient_stop`).
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from engine.errors import DescriptionError
from engine.explain.explainer import Explainer
from engine.explain.why.cause import Cause, CauseKind
from engine.explain.why.nonfinite import non_finite
from engine.explain.why.size import large, small, surroundings
from engine.explain.why.symmetry import symmetric
from engine.explain.why.zero import ZeroInquiry
from engine.formula import Element, index_text, number_text
from engine.history.replay import ReplaySource
from engine.program.machine import Machine

__all__ = ["Cause", "CauseKind", "why"]


def why(
    machine: Machine | Explainer, buffer: str, index: tuple[int, ...], *, past: ReplaySource = None
) -> Cause:
    """Why a gradient is zero, so small, so large or NaN; "healthy" where it is none of these.

    Args:
        machine: the machine, or an explainer of it that many questions can share.
        buffer: a gradient, or a weight or another buffer that has one.
        past: the source of earlier states, see `engine.history.replay.ReplaySource`.

    Raises:
        DescriptionError: no such gradient or element, or it has not been computed yet.
        UnrecordedError: the numbers that it was computed from have been overwritten.
    """
    explainer = machine if isinstance(machine, Explainer) else Explainer(machine, past)
    explanation = explainer.explain(explainer.gradient(buffer).name, index)
    if explanation.moment is None:
        raise DescriptionError(buffer, "a gradient", "computed yet")
    if not isfinite(explanation.value):
        return non_finite(explainer, explanation)
    with explainer.backward(explanation.moment.step), np.errstate(all="ignore"):
        return _finite(explainer, explainer.element(explanation.link))


def _finite(explainer: Explainer, element: Element) -> Cause:
    if element.value == 0.0:
        return ZeroInquiry(explainer).cause(element)
    twin = symmetric(explainer, element)
    if twin is not None:
        return twin
    around = surroundings(explainer, element)
    cause = None
    if around.small:
        cause = small(explainer, element)
    elif around.large:
        cause = large(explainer, element)
    if cause is not None:
        return cause
    symbol = index_text(element.symbol, element.index)
    sentence = f"Nothing is wrong with {symbol} = {number_text(element.value)}."
    return Cause("healthy", sentence, (element.link,), {"gradient": element.value})
