"""Backpropagation checked against central differences, on a machine's own current batch.

The batch and the dropout masks of a step follow from its number, so evaluating the loss again with
one parameter moved a little is running the forward and loss instructions of the same step again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.machine import Machine
from engine.ops.base import Array

STEP = 1e-5
"""Difference step for float64, times max(1, |w|): near the cube root of the rounding error, where
truncation and rounding errors balance (Press et al., Numerical Recipes, section 5.7)."""


@dataclass(frozen=True)
class GradientCheck:
    """One coordinate checked.

    Attributes:
        backprop, numeric: the two values of dL/dw.
        error: |backprop − numeric| / max(|backprop|, |numeric|, 1e-8).
        kink: an op whose derivative jumps took different branches at the two points, so the
            difference quotient is not a derivative.
    """

    buffer: str
    index: tuple[int, ...]
    backprop: float
    numeric: float
    error: float
    kink: bool


def gradient_check(
    machine: Machine, coordinates: Iterable[tuple[str, tuple[int, ...]]], *, step: float = STEP
) -> list[GradientCheck]:
    """Check dL/dw of parameters for the batch of the step the machine is in.

    Args:
        machine: its state is left as it was. Use dtype float64.
        coordinates: (buffer, index) pairs, e.g. ``("dense1/W", (0, 3))``.
    """
    before = machine.snapshot()
    try:
        machine.pc = 0
        machine.run_to(machine.program.phase_start("update"))
        after = machine.snapshot()
        checks = []
        for name, index in coordinates:
            machine.restore(after)
            checks.append(_check(machine, gradient_of(machine, name), name, index, step))
        return checks
    finally:
        machine.restore(before)


def gradient_of(machine: Machine, name: str) -> NDArray[np.float64]:
    """dL/d(buffer) as backpropagation has left it."""
    gradient = machine.program.buffers[name].grad
    if gradient is None:
        raise ValueError(f"{name} has no gradient")
    return machine.read(gradient).astype(np.float64)


def _check(
    machine: Machine,
    gradient: NDArray[np.float64],
    name: str,
    index: tuple[int, ...],
    step: float,
) -> GradientCheck:
    value = float(machine.read(name)[index])
    h = step * max(1.0, abs(value))
    (above, branches_above), (below, branches_below) = (
        _loss_at(machine, name, index, value + sign * h) for sign in (1, -1)
    )
    backprop, numeric = float(gradient[index]), (above - below) / (2 * h)
    error = abs(backprop - numeric) / max(abs(backprop), abs(numeric), 1e-8)
    kink = any(
        not np.array_equal(a, b) for a, b in zip(branches_above, branches_below, strict=True)
    )
    return GradientCheck(name, index, backprop, numeric, error, kink)


def _loss_at(
    machine: Machine, name: str, index: tuple[int, ...], value: float
) -> tuple[float, list[Array]]:
    """The loss with one number moved, and which branch each kinked op took for each element."""
    values = machine.read(name)
    values[index] = value
    machine.write(name, values)
    machine.pc = 0
    machine.run_to(machine.program.phase_start("backward"))
    kinked = [node for node in machine.program.graph.nodes if node.op.kinked]
    branches = [node.op.branch(*(machine.read(t.name) for t in node.inputs)) for node in kinked]
    return float(machine.read("loss/L")), branches
