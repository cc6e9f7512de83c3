"""Input features: functions of a point's coordinates that a network reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """One input computed from a point.

    Attributes:
        name: its id in descriptions, e.g. ``x1_squared``.
        title: its name for readers, e.g. ``x1²``.
        coordinates: the smallest number of coordinates that its points have.
        compute: maps points (N, d) to values (N,).
    """

    name: str
    title: str
    coordinates: int
    compute: Callable[[Floats], Floats]


FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("x1", "x1", 1, lambda p: p[:, 0]),
        Feature("x2", "x2", 2, lambda p: p[:, 1]),
        Feature("x1_squared", "x1²", 1, lambda p: p[:, 0] ** 2),
        Feature("x2_squared", "x2²", 2, lambda p: p[:, 1] ** 2),
        Feature("x1_x2", "x1·x2", 2, lambda p: p[:, 0] * p[:, 1]),
        Feature("sin_x1", "sin x1", 1, lambda p: np.sin(p[:, 0])),
        Feature("sin_x2", "sin x2", 2, lambda p: np.sin(p[:, 1])),
    )
}


def available(coordinates: int) -> tuple[str, ...]:
    """The ids of the features that exist for points with so many coordinates."""
    return tuple(name for name, f in FEATURES.items() if f.coordinates <= coordinates)


def compute(names: Sequence[str], points: Floats) -> Floats:
    """Map points (N, d) to inputs (N, len(names)), with a column for each feature in order."""
    return np.stack([FEATURES[name].compute(points) for name in names], axis=1)


def locate(names: Sequence[str], inputs: Floats, coordinates: int) -> Floats | None:
    """The points (N, coordinates) from which `compute` made these inputs.

    They are read from the features that are plain coordinates; None if one of these is missing.
    """
    plain = [f"x{axis + 1}" for axis in range(coordinates)]
    if not set(plain) <= set(names):
        return None
    return inputs[:, [list(names).index(name) for name in plain]]
