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
from dataclasses import dataclass, replace
from math import isnan
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DescriptionError
from engine.program.machine import Machine
from engine.program.objective import Objective, Vector
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

Verdict = Literal["right", "truncated", "suspicious", "wrong", "kink"]
Coordinate = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class GradientCheck:
    """The check of one coordinate.

    Attributes:
        buffer, index: the parameter's element w.
        backprop: the gradient, in double precision; or the number that the machine holds in its
            place, see `edited`.
        numeric: dL/dw by differences of the loss.
        error: |backprop − numeric| / max(|backprop|, |numeric|, 1e-8).
        step: the h of the difference quotient (L(w + h) − L(w − h)) / 2h.
        kink: whether some op took different branches at the first two points, so that h was halved.
        verdict: "right" also if the difference is within rounding; "truncated" if the gradient is
            right for backpropagation that is cut off in time, as was asked, and `error` says by how
            much it differs from the full one; "kink" if no step was small enough to get off a kink,
            so that there is no verdict.
        truncated: dL/dw by differences of a loss in which what lies before a truncation is held, if
            they were needed for the verdict; else None.
        edited: whether the machine holds another number than backpropagation computes, since it, or
            what it was computed from, was written by hand.
    """

    buffer: str
    index: tuple[int, ...]
    backprop: float
    numeric: float
    error: float
    step: float
    kink: bool
    verdict: Verdict
    truncated: float | None = None
    edited: bool = False


def gradient_check(
    machine: Machine,
    coordinates: Iterable[Coordinate] | None = None,
    *,
    step: float = STEP,
    held: ArrayLike | None = None,
) -> list[GradientCheck]:
    """Check dL/dw of parameters for the batch of the step that the machine is in.

    Inside a step the gradient is that which the machine holds, or will hold at the end of its
    backward pass. Between two steps, it is that which the next step will compute.

    Args:
        machine: the machine, whose state is left unchanged.
        coordinates: (buffer, index) pairs, e.g. ``("dense1/W", (0, 3))``; None for random ones of
            every parameter, see `sample_coordinates`.
        step: h in units of max(1, |w|).
        held: (parameters,) the gradient to check for this step, if the machine holds it no more.

    Raises:
        DescriptionError: no such parameter or element.
    """
    return finish(gradient_check_in_pieces(machine, coordinates, step=step, held=held))


def gradient_check_in_pieces(
    machine: Machine,
    coordinates: Iterable[Coordinate] | None = None,
    *,
    step: float = STEP,
    held: ArrayLike | None = None,
) -> Pieces[list[GradientCheck]]:
    """As `gradient_check`; a piece is one coordinate."""
    if coordinates is None:
        coordinates = sample_coordinates(machine.program)
    given = _held_gradient(machine) if held is None else np.asarray(held, dtype=np.float64)
    objective = Objective(machine)
    objective.gradient()
    if machine.program.truncated:
        objective.hold_cuts()
    requested = list(coordinates)
    for name, index in requested:
        _check_element(objective.parameter(name), name, index)
    backprop: list[tuple[float, bool]] = []
    for name, index in requested:
        number, edited = float(objective.gradient_of(name)[index]), False
        if given is not None:
            holds, recomputed = (
                float(objective.part(gradient, name)[index])
                for gradient in (given, objective.recomputed)
            )
            edited = holds != recomputed and not (isnan(holds) and isnan(recomputed))
            number = holds if edited else number
        backprop.append((number, edited))
    checks = []
    for (name, index), (gradient, edited) in zip(requested, backprop, strict=True):
        yield
        found = _check(objective, name, index, gradient, step)
        checks.append(replace(found, edited=edited))
    return checks


def _held_gradient(machine: Machine) -> Vector | None:
    """The gradient (parameters,) that the machine holds at the end of this step's backward pass.

    None between two steps, when nothing of the step has been computed.
    """
    if machine.pc == 0:
        return None
    end = machine.program.phase_start("update")
    before, stopped = machine.snapshot(), machine.stopped
    try:
        if machine.pc < end:
            machine.run_to(end)
        return machine.read("parameters.grad").astype(np.float64)
    finally:
        machine.restore(before)
        machine.stopped = stopped


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
    quotient, h, halvings = _quotient(objective, name, index, backprop, step)
    verdict, truncated = _verdict(backprop, quotient), None
    if verdict != "right" and objective.truncates:
        cut, h, halvings = _quotient(objective, name, index, backprop, step, cut=True)
        verdict, truncated = _verdict(backprop, cut), cut.value
        verdict = "truncated" if verdict == "right" else verdict
    return GradientCheck(
        buffer=name,
        index=index,
        backprop=backprop,
        numeric=quotient.value,
        error=_error(backprop, quotient.value),
        step=h,
        kink=halvings > 0,
        verdict=verdict,
        truncated=truncated,
    )


def _quotient(
    objective: Objective,
    name: str,
    index: tuple[int, ...],
    backprop: float,
    step: float,
    *,
    cut: bool = False,
) -> tuple[_Quotient, float, int]:
    """The quotient to compare with, its step, and the number of halvings to get off a kink."""
    slot = objective.parameter(name)
    first = step * max(1.0, abs(float(slot[index])))
    for halvings in range(HALVINGS + 1):
        h = first / 2**halvings
        quotient = _difference(objective, slot, index, h, cut=cut)
        if not quotient.kink:
            break
    if not (quotient.kink or _close(backprop, quotient)):
        quotient = _extrapolated(objective, slot, index, h, quotient, cut=cut)
    return quotient, h, halvings


def _difference(
    objective: Objective,
    slot: NDArray[np.float64],
    index: tuple[int, ...],
    h: float,
    *,
    cut: bool,
) -> _Quotient:
    w = float(slot[index])
    try:
        (above, upper), (below, lower) = (
            _loss_at(objective, slot, index, w + shift, cut=cut) for shift in (h, -h)
        )
    finally:
        slot[index] = w
    kink = any(not np.array_equal(a, b) for a, b in zip(upper, lower, strict=True))
    rounding = ROUNDING * max(abs(above), abs(below)) / (2 * h)
    return _Quotient((above - below) / (2 * h), rounding, kink)


def _loss_at(
    objective: Objective,
    slot: NDArray[np.float64],
    index: tuple[int, ...],
    value: float,
    *,
    cut: bool,
) -> tuple[float, list[Array]]:
    slot[index] = value
    return objective.loss(cut=cut), objective.branches()


def _extrapolated(
    objective: Objective,
    slot: NDArray[np.float64],
    index: tuple[int, ...],
    h: float,
    whole: _Quotient,
    *,
    cut: bool,
) -> _Quotient:
    """The quotients at h and h/2, combined so that their error of order h² cancels.

    Richardson extrapolation (Press et al., Numerical Recipes, section 5.7): the third derivative
    of the loss must not be taken for a mistake.
    """
    half = _difference(objective, slot, index, h / 2, cut=cut)
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
