"""Training points of the plane that a user moves: the inputs to write, and where the points lie.

Pure. Inputs and coordinates determine each other, so only the edits are stored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import Machine
from server.describe.description import Plan
from server.wire.errors import Refusal

INPUTS = "data/x"
"""Name of the buffer with the inputs of the training samples, (sample, feature)."""


def movable(plan: Plan) -> bool:
    """Whether the network's inputs determine where each point lies in the plane."""
    data = plan.data
    return data.kind == "plane" and data.locate(data.train.inputs[:1]) is not None


def inputs_of(plan: Plan, sample: int, point: tuple[float, float]) -> NDArray[np.float64]:
    """The network's inputs (features,) for a training sample that lies at `point`.

    Raises:
        Refusal: there is no such sample, points cannot be moved, or a feature is not finite.
    """
    if not movable(plan):
        message = "This needs points in the plane, and both x1 and x2 as inputs of the network."
        raise Refusal("bad_value", "type", "move_sample", "possible here", message=message)
    count = len(plan.data.train)
    if sample >= count:
        raise Refusal("bad_value", "sample", sample, f"in 0..{count - 1}, the train samples")
    with np.errstate(all="ignore"):
        (row,) = plan.data.transform([point]).astype(plan.program.dtype)
    if not np.isfinite(row).all():
        raise Refusal("bad_value", "point", list(point), "where all features are finite")
    inputs: NDArray[np.float64] = row.astype(np.float64)
    return inputs


def moved(plan: Plan, machine: Machine) -> list[list[float]]:
    """[sample, x1, x2] of the training points whose positions differ from the data set's."""
    if not movable(plan):
        return []
    held = machine.view(INPUTS)
    samples = np.flatnonzero((held != plan.program.data[INPUTS]).any(axis=1))
    points = plan.data.locate(held[samples])
    assert points is not None  # as they are movable
    known = np.isfinite(points).all(axis=1)
    positions = points[known].round(4).tolist()
    return [[int(s), *x] for s, x in zip(samples[known], positions, strict=True)]
