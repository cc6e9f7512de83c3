"""Training points of the plane that are moved by hand: what is written for it, and where they lie.

Pure. A point's inputs follow from its coordinates and the other way round, so there is nothing to
remember but the edits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import Machine
from server.describe.description import Plan
from server.wire.errors import Refusal

INPUTS = "data/x"
"""The inputs of the training samples in a machine, (sample, feature)."""


def movable(plan: Plan) -> bool:
    """Whether the points have a place in the plane that can be read off the network's inputs."""
    data = plan.data
    return data.kind == "plane" and data.locate(data.train.inputs[:1]) is not None


def inputs_of(plan: Plan, sample: int, point: tuple[float, float]) -> NDArray[np.float64]:
    """What the network is given (features,) of a training sample that lies at `point`.

    Raises:
        Refusal: there is no such sample, or its place cannot be told or computed with.
    """
    if not movable(plan):
        said = "This needs points in the plane whose x1 and x2 are both given to the network."
        raise Refusal("bad_value", "type", "move_sample", "possible here", message=said)
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
    """[sample, x1, x2] of the training points that do not lie where the data set has them."""
    if not movable(plan):
        return []
    held = machine.view(INPUTS)
    samples = np.flatnonzero((held != plan.program.data[INPUTS]).any(axis=1))
    points = plan.data.locate(held[samples])
    assert points is not None  # as they are movable
    known = np.isfinite(points).all(axis=1)
    places = points[known].round(4).tolist()
    return [[int(s), *place] for s, place in zip(samples[known], places, strict=True)]
