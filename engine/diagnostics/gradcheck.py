"""Backpropagation checked against central differences, on a machine's own current batch.

The check is in double precision, whatever the machine's (`engine.program.objective`), with the
batch and the dropout masks of the step that the machine is in.

A difference quotient over a kink is no derivative. So the check compares the branches that ops
(ReLU's max, |w|, the joints of ELU and Huber) take at both points, and halves the step until they
agree. At a joint the derivative itself is continuous, but its slope jumps by some s, so the central
difference is wrong by up to h·s/4 instead of h². With h = 1e-5 that is a relative error around
1e-6, which looks like a mistake but is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.program.machine import Machine
from engine.program.objective import Objective
from engine.program.pieces import Pieces, finish
from engine.program.program import Program
from engine.tensors.arrays import Array

STEP = 1e-5
"""The difference step for float64 in units of max(1, |w|): near the cube root of the rounding
error, where truncation and rounding balance (Press et al., Numerical Recipes, section 5.7)."""
HALVINGS = 12
"""The greatest number of halvings of the step to get off a kink."""
RIGHT, WRONG = 1e-7, 1e-2
"""The relative errors below which backpropagation is right and above which it is wrong (CS231n,
notes 3, "Gradient checks"); between them it is suspicious."""
ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""The relative rounding error of a loss: a few roundings, since batch sums add them up."""

Verdict = Literal["right", "suspicious", "wrong", "kink"]
Coordinate = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class GradientCheck:
    """The check of one coordinate.

    Attributes:
        buffer, index: the parameter's element w.
        backprop, numeric: the two values of dL/dw.
        error: |backprop − numeric| / max(|backprop|, |numeric|, 1e-8).
        step: the h of the difference quotient (L(w + h) − L(w − h)) / 2h.
        kink: whether some op took different branches at the first two points, so that h was halved.
        verdict: "right" also if the difference is within rounding; "kink" if no step was small
            enough to get off a kink, so that there is no verdict.
    """

    buffer: str
    index: tuple[int, ...]
    backprop: float
    numeric: float
    error: float
    step: float
    kink: bool
    verdict: Verdict


def gradient_check(
    machine: Machine, coordinates: Iterable[Coordinate] | None = None, *, step: float = STEP
) -> list[GradientCheck]:
    """Check dL/dw of parameters for the batch of the step that the machine is in.

    Args:
        machine: the machine, whose state is left unchanged.
        coordinates: (buffer, index) pairs, e.g. ``("dense1/W", (0, 3))``; None for random ones of
            every parameter, see `sample_coordinates`.
        step: h in units of max(1, |w|).

    Raises:
        DescriptionError: no such parameter or element.
    """
    return finish(gradient_check_in_pieces(machine, coordinates, step=step))


def gradient_check_in_pieces(
    machine: Machine, coordinates: Iterable[Coordinate] | None = None, *, step: float = STEP
) -> Pieces[list[GradientCheck]]:
    """As `gradient_check`; a piece is one coordinate."""
    if coordinates is None:
        coordinates = sample_coordinates(machine.program)
    objective = Objective(machine)
    objective.gradient()
    requested = list(coordinates)
    for name, index in requested:
        _check_element(objective.parameter(name), name, index)
    backprop = [float(objective.gradient_of(name)[index]) for name, index in requested]
    checks = []
    for (name, index), gradient in zip(requested, backprop, strict=True):
        yield
        checks.append(_check(objective, name, index, gradient, step))
    return checks


def sample_coordinates(
    program: Program, *, layer: str | None = None, count: int = 10, seed: int = 0
) -> list[Coordinate]:
    """`count` random elements of every parameter, or of those of one layer; all if there are fewer.

    Raises:
        DescriptionError: there is no such layer, or it has no parameters.
    """
    rng = np.random.default_rng(seed)
    found: list[Coordinate] = []
    for parameter in program.parameters:
        tensor = parameter.tensor
        if layer is None or tensor.layer == layer:
            positions = np.sort(rng.permutation(tensor.size)[:count])
            indices = np.transpose(np.unravel_index(positions, tensor.shape))
            found += [(tensor.name, tuple(int(i) for i in index)) for index in indices]
    if not found:
        raise DescriptionError("layer", layer, "the name of a layer with parameters")
    return found


def gradient_of(machine: Machine, name: str) -> NDArray[np.float64]:
    """dL/d(buffer) as the last backward pass computed it."""
    gradient = machine.program.buffers[name].grad
    if gradient is None:
        raise ValueError(f"{name} has no gradient")
    return machine.read(gradient).astype(np.float64)


@dataclass(frozen=True)
class _Quotient:
    """A central difference, how much of it may be rounding, and whether it is over a kink."""

    value: float
    rounding: float
    kink: bool


def _check(
    objective: Objective, name: str, index: tuple[int, ...], backprop: float, step: float
) -> GradientCheck:
    slot = objective.parameter(name)
    w = float(slot[index])
    first = step * max(1.0, abs(w))
    for halvings in range(HALVINGS + 1):
        h = first / 2**halvings
        quotient = _difference(objective, slot, index, h)
        if not quotient.kink:
            break
    if not (quotient.kink or _close(backprop, quotient)):
        quotient = _extrapolated(objective, slot, index, h, quotient)
    return GradientCheck(
        buffer=name,
        index=index,
        backprop=backprop,
        numeric=quotient.value,
        error=_error(backprop, quotient.value),
        step=h,
        kink=halvings > 0,
        verdict=_verdict(backprop, quotient),
    )


def _difference(
    objective: Objective, slot: NDArray[np.float64], index: tuple[int, ...], h: float
) -> _Quotient:
    w = float(slot[index])
    try:
        (above, upper), (below, lower) = (
            _loss_at(objective, slot, index, w + shift) for shift in (h, -h)
        )
    finally:
        slot[index] = w
    kink = any(not np.array_equal(a, b) for a, b in zip(upper, lower, strict=True))
    rounding = ROUNDING * max(abs(above), abs(below)) / (2 * h)
    return _Quotient((above - below) / (2 * h), rounding, kink)


def _loss_at(
    objective: Objective, slot: NDArray[np.float64], index: tuple[int, ...], value: float
) -> tuple[float, list[Array]]:
    slot[index] = value
    return objective.loss(), objective.branches()


def _extrapolated(
    objective: Objective,
    slot: NDArray[np.float64],
    index: tuple[int, ...],
    h: float,
    whole: _Quotient,
) -> _Quotient:
    """The quotients at h and h/2, combined so that their error of order h² cancels.

    Richardson extrapolation (Press et al., Numerical Recipes, section 5.7): the third derivative
    of the loss must not be taken for a mistake.
    """
    half = _difference(objective, slot, index, h / 2)
    value = (4 * half.value - whole.value) / 3
    return _Quotient(value, (4 * half.rounding + whole.rounding) / 3, whole.kink)


def _verdict(backprop: float, quotient: _Quotient) -> Verdict:
    if quotient.kink:
        return "kink"
    if _close(backprop, quotient):
        return "right"
    return "wrong" if _error(backprop, quotient.value) > WRONG else "suspicious"


def _close(backprop: float, quotient: _Quotient) -> bool:
    difference = abs(backprop - quotient.value)
    return _error(backprop, quotient.value) < RIGHT or difference <= quotient.rounding


def _error(backprop: float, numeric: float) -> float:
    return abs(backprop - numeric) / max(abs(backprop), abs(numeric), 1e-8)


def _check_element(slot: NDArray[np.float64], name: str, index: tuple[int, ...]) -> None:
    inside = len(index) == slot.ndim and all(
        0 <= i < extent for i, extent in zip(index, slot.shape, strict=True)
    )
    if not inside:
        raise DescriptionError(name, index, f"an index within {slot.shape}")
