"""Why a gradient is so small or so large: how much each factor makes of it.

On the way from the loss to the element every factor multiplies the gradient's size
(`engine.explain.factors.size`) by its gain; the gains and the size of the error at the output
multiply to the element's magnitude exactly, so their logarithms say who is to blame for how much
of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10
from typing import Literal

from engine.explain.explainer import Explainer
from engine.explain.factors import Term, origin, origins, placed, root_mean_square, size, terms
from engine.explain.why.cause import Cause, CauseKind
from engine.formula import Axis, AxisPositions, Element, Formula, Link, index_text, number_text
from engine.ops.base import StopKind

TINY = 1e-7
"""A gradient below this is small whatever the others are: the default threshold of SageMaker
Debugger's rule VanishingGradient."""
LARGE = 100.0
"""A gradient above this is large whatever the others are."""
SMALL_RATIO, LARGE_RATIO = 1e-3, 1e3
"""Of a layer's gradients to the last layer's, or of an element to its layer's, each the root mean
square."""
DECISIVE = 0.5
"""A factor is to blame alone if it makes so much of the whole change, in logarithms."""
MIN_BLAMED_SHARE, MAX_OPEN_RATIO = 0.5, 0.1
"""Saturation is to blame where more than this share of a unit's values is saturated (Glorot &
Bengio 2010), and lets less than this through."""

EXPLODED = 1.0
"""Powers of ten that the weights of several layers may multiply a gradient by. Beyond that they
are to blame even where the error is larger still: it is mostly their doing as well."""

Part = Literal["weights", "input", "activation", "error", "factor", "samples"]


@dataclass(frozen=True, eq=False)
class Gain:
    """What one factor makes of the size of a gradient.

    Attributes:
        part: what the factor is; "samples" is what is left after the batch's terms have cancelled.
        link: the factor, one element for all.
        name: how formulas write it.
        ratio: what it multiplies the size by; of the error, its size itself.
        stop: the `GradientStop.kind` of the op that computes the factor, if it has one.
        share: the fraction of its values that let no gradient pass.
        route: the gradients on the way there.
    """

    part: Part
    link: Link
    name: str
    ratio: float
    stop: StopKind | None
    share: float
    route: tuple[Link, ...]

    @property
    def order(self) -> float:
        """The power of ten, as far as floats go."""
        return min(max(log10(self.ratio), -300.0), 300.0) if self.ratio > 0 else -300.0


def gains(explainer: Explainer, element: Element) -> Iterator[Gain]:
    """The factors from an element that is not zero to the error at the output, nearest first."""
    axes: tuple[Axis, ...] = ()
    places: dict[Axis, int] = {}
    route: tuple[Link, ...] = ()
    while True:
        before = size(element, axes)
        made = max(
            origins(explainer, element),
            key=lambda made: size(made.element, made.element.axes),
            default=None,
        )
        if made is not None:
            element, places = made.element, places | made.at
            axes = tuple(axis for axis in axes if axis not in made.at)
        route = (*route, _link(element, places))
        formula = made.formula(explainer) if made is not None else None
        parts = terms(explainer, formula, axes) if formula is not None else []
        carrying = [part for part in parts if part.upstream is not None]
        if formula is None or not carrying:
            yield _error(element, formula, before, places, route)
            return
        term = max(carrying, key=lambda part: size(part.formula, part.axes))
        assert term.upstream is not None
        places = placed(term, places)
        yield from _of_term(explainer, element, axes, before, term, places, route)
        element, axes = term.upstream, term.upstream.axes


def _of_term(
    explainer: Explainer,
    element: Element,
    axes: tuple[Axis, ...],
    before: float,
    term: Term,
    places: AxisPositions,
    route: tuple[Link, ...],
) -> Iterator[Gain]:
    """What makes the size `before` of an element from that of its upstream gradient."""
    assert term.upstream is not None
    ratio = before / size(term.upstream, term.upstream.axes)
    added = [axis for axis in term.axes if axis not in axes]
    if any(axis.name == "batch" for axis in added):
        kept = before / size(term.formula, term.axes)
        yield Gain("samples", route[-1], "Σ over the batch", kept, None, 0.0, route)
        ratio /= kept
    factor = next((f for f in term.local if isinstance(f, Element)), None)
    if factor is None:
        yield Gain(
            "factor", route[-1], index_text(element.symbol, element.index), ratio, None, 0, route
        )
        return
    made = origin(explainer, factor)
    stop = made.node.op.gradient_stop if made is not None else None
    yield Gain(
        part=_part(factor),
        link=_link(factor, places),
        name=factor.symbol,
        ratio=ratio,
        stop=stop.kind if stop is not None else None,
        share=float(stop.stops(factor.values).mean()) if stop is not None else 0.0,
        route=route,
    )


def _error(
    element: Element,
    formula: Formula | None,
    before: float,
    places: AxisPositions,
    route: tuple[Link, ...],
) -> Gain:
    """The gradient next to the loss: of the data's loss, or of a penalty."""
    operands = list(formula.elements()) if formula is not None else []
    penalty = any(operand.role == "hyperparameter" for operand in operands)
    part: Part = "factor" if penalty else "error"
    return Gain(part, _link(element, places), element.symbol, before, None, 0.0, route)


def _part(factor: Element) -> Part:
    parts: dict[str, Part] = {
        "parameter": "weights",
        "input": "input",
        "activation": "activation",
        "pre_activation": "activation",
    }
    return parts.get(factor.role, "factor")


def _link(element: Element, places: AxisPositions) -> Link:
    one = element.at(places)
    assert isinstance(one, Element)
    return one.link


# Small or large -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surroundings:
    """What a gradient is compared with.

    Attributes:
        value: the gradient.
        own: of the weights of its layer, the root mean square of their gradients; None where it
            has none.
        last: of the weights of the last layer.
        parameter: whether it is the gradient of a parameter itself.
    """

    value: float
    own: float | None
    last: float
    parameter: bool

    @property
    def small(self) -> bool:
        if abs(self.value) < TINY or self.own is None:
            return abs(self.value) < TINY
        inside = self.parameter and abs(self.value) < SMALL_RATIO * self.own
        return self.own < SMALL_RATIO * self.last or inside

    @property
    def large(self) -> bool:
        return abs(self.value) > LARGE or (self.own or 0.0) > LARGE_RATIO * self.last > 0


def surroundings(explainer: Explainer, element: Element) -> Surroundings:
    """A gradient among the others of its layer and of the last one."""
    program, read = explainer.machine.program, explainer.machine.view
    weights = {layer.name: layer.parameters[0] for layer in program.layers if layer.parameters}

    def scale(layer: str) -> float | None:
        name = program.buffers[weights[layer]].grad if layer in weights else None
        return root_mean_square(read(name).astype("float64")) if name else None

    gradients = {program.buffers[p.tensor.name].grad for p in program.parameters}
    return Surroundings(
        value=element.value,
        own=scale(element.operand.tensor.layer),
        last=scale(next(reversed(weights), "")) or 0.0,
        parameter=element.buffer in gradients,
    )


def small(explainer: Explainer, element: Element) -> Cause | None:
    """What makes a gradient so small; None where none of its factors does."""
    factors = list(gains(explainer, element))
    for gain in factors:
        if gain.stop and gain.share > MIN_BLAMED_SHARE and gain.ratio < MAX_OPEN_RATIO:
            return _closed(element, gain, factors)
    lowering = [gain for gain in factors if gain.order < 0]
    worst = min(lowering, key=lambda gain: gain.order, default=None)
    if worst is None:
        return None
    if worst.order <= DECISIVE * sum(gain.order for gain in lowering):
        kinds: dict[Part, CauseKind] = {
            "weights": "small_weights",
            "input": "small_input",
            "activation": "small_activation",
            "error": "small_error",
            "samples": "cancelling",
            "factor": "small_factor",
        }
        return _cause(kinds[worst.part], element, worst, _reason(worst, "small"), factors)
    return _together("vanishing", element, lowering, factors)


def large(explainer: Explainer, element: Element) -> Cause | None:
    """What makes a gradient so large; None where none of its factors does."""
    factors = list(gains(explainer, element))
    raising = [gain for gain in factors if gain.order > 0]
    worst = max(raising, key=lambda gain: gain.order, default=None)
    if worst is None:
        return None
    weights = [gain.order for gain in raising if gain.part == "weights"]
    if sum(weights) > max(EXPLODED, max(weights, default=0.0) / DECISIVE):
        return _together("exploding", element, raising, factors)
    if worst.order >= DECISIVE * sum(gain.order for gain in raising):
        kinds: dict[Part, CauseKind] = {
            "weights": "large_weights",
            "input": "large_input",
            "activation": "large_activation",
            "error": "large_error",
            "samples": "large_factor",
            "factor": "large_factor",
        }
        return _cause(kinds[worst.part], element, worst, _reason(worst, "large"), factors)
    return _together("exploding", element, raising, factors)


def _closed(element: Element, gain: Gain, factors: list[Gain]) -> Cause:
    reason = (
        f"{number_text(100 * gain.share)} % of {gain.name} are {gain.stop}, "
        f"which leaves {number_text(gain.ratio)} of the gradient"
    )
    assert gain.stop is not None
    return _cause(gain.stop, element, gain, reason, factors)


def _reason(gain: Gain, how: str) -> str:
    ratio = number_text(gain.ratio)
    if gain.part == "samples":
        return f"the samples of the batch pull both ways: {ratio} of what they add up to is left"
    if gain.part == "error":
        return f"the error at the output is {how}: {gain.name} is {ratio} over the batch"
    what = {"weights": "the weights", "input": "the input", "activation": "the activation"}
    return f"{what.get(gain.part, 'the factor')} {gain.name} multiplies it by {ratio}"


def _together(kind: CauseKind, element: Element, guilty: list[Gain], factors: list[Gain]) -> Cause:
    mean = 10 ** (sum(gain.order for gain in guilty) / len(guilty))
    most = max(guilty, key=lambda gain: abs(gain.order))
    listed = ", ".join(f"{gain.name} {number_text(gain.ratio)}" for gain in guilty[:8])
    reason = (
        f"{len(guilty)} factors multiply it, each by {number_text(mean)} on average ({listed}"
        f"{', …' if len(guilty) > 8 else ''})"
    )
    return _cause(kind, element, most, reason, factors)


def _cause(
    kind: CauseKind, element: Element, gain: Gain, reason: str, factors: list[Gain]
) -> Cause:
    symbol = index_text(element.symbol, element.index)
    path = gain.route if gain.link == gain.route[-1] else (*gain.route, gain.link)
    sentence = f"{symbol} is {number_text(element.value)} because {reason}."
    ratios: dict[str, float] = {}
    for factor in factors:  # a recurrent weight is one at every time step
        ratios[factor.name] = ratios.get(factor.name, 1.0) * factor.ratio
    return Cause(kind, sentence, path, {"gradient": element.value} | ratios)
