"""Why a gradient is small or large: how much each factor contributes to its size.

On the way from the loss to the element, every factor multiplies the gradient's size
(`engine.explain.factors.size`) by its gain. The product of all gains and of the size of the error
at the output is exactly the element's magnitude. So the logarithms of the gains show how much each
factor contributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10
from typing import Literal

from engine.explain.explainer import Explainer
from engine.explain.factors import (
    Term,
    at_largest,
    origin,
    origins,
    root_mean_square,
    size,
    terms,
)
from engine.explain.why.cause import Cause, CauseKind
from engine.formula import Axis, AxisPositions, Element, Formula, Link, index_text, number_text
from engine.ops.base import StopKind

TINY = 1e-7
"""A gradient below this is small whatever the others are. It is the default threshold of SageMaker
Debugger's rule VanishingGradient."""
LARGE = 100.0
"""A gradient above this is large whatever the others are."""
SMALL_RATIO, LARGE_RATIO = 1e-3, 1e3
"""Bounds of the ratio of a layer's gradients to the last layer's, or of an element to its layer's;
each is taken as a root mean square."""
DECISIVE = 0.5
"""One factor is the cause if it contributes this share of the whole change, in logarithms."""
MIN_BLAMED_SHARE, MAX_OPEN_RATIO = 0.5, 0.1
"""Saturation is the cause where more than MIN_BLAMED_SHARE of a unit's values are saturated
(Glorot & Bengio 2010) and less than MAX_OPEN_RATIO of the gradient passes."""

EXPLODED = 1.0
"""Powers of ten by which the weights of several layers may multiply a gradient. Beyond that, the
weights are the cause even if the error is larger still, as they made most of the error, too."""

Part = Literal["weights", "input", "activation", "error", "factor", "samples"]


@dataclass(frozen=True, eq=False)
class Gain:
    """The effect of one factor on the size of a gradient.

    Attributes:
        part: what the factor is; "samples" is the fraction that is left after the terms of the
            batch have cancelled.
        link: one element of the factor.
        name: how formulas write it.
        ratio: the number that it multiplies the size by; for the error, its size.
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
    positions: dict[Axis, int] = {}
    route: tuple[Link, ...] = ()
    while True:
        before = size(element, axes)
        source = max(
            origins(explainer, element),
            key=lambda source: size(source.element, source.element.axes),
            default=None,
        )
        if source is not None:
            element, positions = source.element, positions | source.at
            axes = tuple(axis for axis in axes if axis not in source.at)
        route = (*route, _link(element, positions))
        formula = source.formula(explainer) if source is not None else None
        parts = terms(explainer, formula, axes) if formula is not None else []
        carrying = [part for part in parts if part.upstream is not None]
        if formula is None or not carrying:
            yield _error(element, formula, before, positions, route)
            return
        term = max(carrying, key=lambda part: size(part.formula, part.axes))
        assert term.upstream is not None
        positions = at_largest(term, positions)
        yield from _of_term(explainer, element, axes, before, term, positions, route)
        element, axes = term.upstream, term.upstream.axes


def _of_term(
    explainer: Explainer,
    element: Element,
    axes: tuple[Axis, ...],
    before: float,
    term: Term,
    positions: AxisPositions,
    route: tuple[Link, ...],
) -> Iterator[Gain]:
    """The gains between the upstream gradient of an element and its own size, `before`."""
    assert term.upstream is not None
    ratio = before / size(term.upstream, term.upstream.axes)
    added = [axis for axis in term.axes if axis not in axes]
    if any(axis.name == "batch" for axis in added):
        remaining = before / size(term.formula, term.axes)
        yield Gain("samples", route[-1], "Σ over the batch", remaining, None, 0.0, route)
        ratio /= remaining
    factor = next((f for f in term.local if isinstance(f, Element)), None)
    if factor is None:
        yield Gain(
            "factor", route[-1], index_text(element.symbol, element.index), ratio, None, 0, route
        )
        return
    source = origin(explainer, factor)
    stop = source.node.op.gradient_stop if source is not None else None
    yield Gain(
        part=_part(factor),
        link=_link(factor, positions),
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
    positions: AxisPositions,
    route: tuple[Link, ...],
) -> Gain:
    """The gradient next to the loss, which is that of the data's loss or of a penalty."""
    operands = list(formula.elements()) if formula is not None else []
    penalty = any(operand.role == "hyperparameter" for operand in operands)
    part: Part = "factor" if penalty else "error"
    return Gain(part, _link(element, positions), element.symbol, before, None, 0.0, route)


def _part(factor: Element) -> Part:
    parts: dict[str, Part] = {
        "parameter": "weights",
        "input": "input",
        "activation": "activation",
        "pre_activation": "activation",
    }
    return parts.get(factor.role, "factor")


def _link(element: Element, positions: AxisPositions) -> Link:
    one = element.at(positions)
    assert isinstance(one, Element)
    return one.link


# Small or large -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surroundings:
    """A gradient and those that it is compared with.

    Attributes:
        value: the gradient.
        layer: the root mean square of the gradients of its layer's weights; None without weights.
        last: the same for the last layer.
        parameter: whether it is the gradient of a parameter itself.
    """

    value: float
    layer: float | None
    last: float
    parameter: bool

    @property
    def small(self) -> bool:
        if abs(self.value) < TINY or self.layer is None:
            return abs(self.value) < TINY
        inside = self.parameter and abs(self.value) < SMALL_RATIO * self.layer
        return self.layer < SMALL_RATIO * self.last or inside

    @property
    def large(self) -> bool:
        return abs(self.value) > LARGE or (self.layer or 0.0) > LARGE_RATIO * self.last > 0


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
        layer=scale(element.operand.tensor.layer),
        last=scale(next(reversed(weights), "")) or 0.0,
        parameter=element.buffer in gradients,
    )


def small(explainer: Explainer, element: Element) -> Cause | None:
    """Why a gradient is small; None if none of its factors is the reason."""
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
    """Why a gradient is large; None if none of its factors is the reason."""
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
        f"so only {number_text(gain.ratio)} of the gradient passes"
    )
    assert gain.stop is not None
    return _cause(gain.stop, element, gain, reason, factors)


def _reason(gain: Gain, how: str) -> str:
    ratio = number_text(gain.ratio)
    if gain.part == "samples":
        return (
            f"the samples of the batch pull in opposite directions: {ratio} of their size is left"
        )
    if gain.part == "error":
        return f"the error at the output is {how}: {gain.name} sums to {ratio} over the batch"
    what = {"weights": "the weights", "input": "the input", "activation": "the activation"}
    return f"{what.get(gain.part, 'the factor')} {gain.name} multiplies the gradient by {ratio}"


def _together(kind: CauseKind, element: Element, guilty: list[Gain], factors: list[Gain]) -> Cause:
    mean = 10 ** (sum(gain.order for gain in guilty) / len(guilty))
    most = max(guilty, key=lambda gain: abs(gain.order))
    listed = ", ".join(f"{gain.name} {number_text(gain.ratio)}" for gain in guilty[:8])
    reason = (
        f"{len(guilty)} factors multiply it by {number_text(mean)} each on average ({listed}"
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
    for factor in factors:  # a recurrent weight is a factor at every time step
        ratios[factor.name] = ratios.get(factor.name, 1.0) * factor.ratio
    return Cause(kind, sentence, path, {"gradient": element.value} | ratios)
