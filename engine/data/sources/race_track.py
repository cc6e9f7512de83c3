"""Closed race tracks in the plane: a centre line, a width, and positions relative to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.data.dataset import Floats
from engine.errors import DescriptionError

SPACING = 1.0
"""The approximate distance in metres between neighbouring points of a centre line."""


@dataclass(frozen=True, eq=False)
class Track:
    """A track. Cars drive in the order of its points.

    Attributes:
        centre: (P, 2) evenly spaced points in metres. The last one is followed by the first.
        half_width: the distance from the centre line to each edge in metres.
    """

    centre: Floats
    half_width: float

    @cached_property
    def spacing(self) -> float:
        """The mean distance between neighbouring points in metres."""
        steps = np.diff(self.centre, axis=0, append=self.centre[:1])
        return float(np.hypot(*steps.T).mean())

    @property
    def length(self) -> float:
        """The length of a lap in metres."""
        return self.spacing * len(self.centre)

    @cached_property
    def tangent(self) -> Floats:
        """Unit vectors (P, 2) along the track."""
        ahead: Floats = np.roll(self.centre, -1, axis=0) - np.roll(self.centre, 1, axis=0)
        ahead /= np.hypot(*ahead.T)[:, np.newaxis]
        return ahead

    @cached_property
    def normal(self) -> Floats:
        """Unit vectors (P, 2) to the left."""
        return self.tangent[:, ::-1] * [-1.0, 1.0]

    @cached_property
    def left(self) -> Floats:
        """The points (P, 2) of the left edge."""
        return self.centre + self.half_width * self.normal

    @cached_property
    def right(self) -> Floats:
        """The points (P, 2) of the right edge."""
        return self.centre - self.half_width * self.normal

    def locate(self, position: Floats) -> tuple[Floats, Floats]:
        """For positions (N, 2): metres along the centre line, and metres to the left of it."""
        away = position[:, np.newaxis] - self.centre
        nearest = (away**2).sum(axis=2).argmin(axis=1)
        beside = away[np.arange(len(position)), nearest]
        along = nearest * self.spacing + (beside * self.tangent[nearest]).sum(axis=1)
        return along % self.length, (beside * self.normal[nearest]).sum(axis=1)

    def at(self, along: Floats) -> tuple[Floats, Floats]:
        """Positions (N, 2) and headings (N,) in radians, `along` (N,) metres on the centre line."""
        position_index = along / self.spacing
        whole = np.floor(position_index).astype(np.int64)
        here, following = whole % len(self.centre), (whole + 1) % len(self.centre)
        share = (position_index - whole)[:, np.newaxis]
        position = (1.0 - share) * self.centre[here] + share * self.centre[following]
        direction = (1.0 - share) * self.tangent[here] + share * self.tangent[following]
        return position, np.arctan2(direction[:, 1], direction[:, 0])


def _smooth_line(corners: list[tuple[float, float]]) -> Floats:
    """A smooth closed line (P, 2) near `corners`: evenly spaced points of a cubic B-spline."""
    control = np.array(corners)
    share = np.linspace(0.0, 1.0, 64, endpoint=False)[:, np.newaxis]
    weights = (
        (1.0 - share) ** 3,
        3.0 * share**3 - 6.0 * share**2 + 4.0,
        -3.0 * share**3 + 3.0 * share**2 + 3.0 * share + 1.0,
        share**3,
    )
    dense = np.concatenate(
        [
            sum(w * control[(i + k) % len(control)] for k, w in enumerate(weights)) / 6.0
            for i in range(len(control))
        ]
    )
    closed = np.concatenate([dense, dense[:1]])
    reached = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    along = np.linspace(0.0, reached[-1], round(reached[-1] / SPACING), endpoint=False)
    return np.stack([np.interp(along, reached, closed[:, axis]) for axis in (0, 1)], axis=1)


_CORNERS: dict[str, list[tuple[float, float]]] = {
    "bends": [
        *((-50, -28), (-20, -34), (10, -26), (34, -34), (58, -26), (58, 0), (40, 10)),
        *((44, 30), (24, 40), (4, 30), (-4, 8), (-26, 8), (-34, 32), (-56, 30), (-62, 0)),
    ],
    "oval": [(-40, -30), (0, -32), (40, -30), (62, 0), (40, 30), (0, 32), (-40, 30), (-62, 0)],
    "hairpins": [
        *((-60, -36), (-20, -36), (20, -36), (64, -36), (72, -20), (56, -8), (16, -12)),
        *((4, 0), (16, 12), (56, 8), (72, 22), (60, 38), (0, 38), (-20, 38), (-24, 16)),
        *((-28, -10), (-46, -10), (-48, 16), (-54, 40), (-74, 38), (-78, 0), (-76, -34)),
    ],
}
TRACKS = tuple(_CORNERS)


def track(name: str) -> Track:
    """The track with this name, which is one of `TRACKS`.

    Raises:
        DescriptionError: unknown name.
    """
    if name not in _CORNERS:
        raise DescriptionError("track", name, f"one of {', '.join(TRACKS)}")
    return Track(_smooth_line(_CORNERS[name]), half_width=4.0)
