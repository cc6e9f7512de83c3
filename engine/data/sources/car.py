"""A simulated car on a track: how it moves, what it sees, and a driver who knows the way.

All functions take many cars at once. A state (N, 3) is x and y in metres and the heading in
radians, anticlockwise from the x axis. Steering is from -1, full lock to the right, to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.data.dataset import Floats
from engine.data.sources.race_track import Track

TICK = 0.1
"""Seconds a step."""
SPEED = 10.0
"""Metres a second straight ahead; half of it at full lock."""
WHEELBASE = 2.5
"""Metres between the axles."""
LOCK = 0.5
"""Radians the front wheels turn at most."""
HALF_CAR = 0.9
"""Metres from the middle of the car to its side."""

RAYS = np.deg2rad([90.0, 60.0, 35.0, 15.0, 0.0, -15.0, -35.0, -60.0, -90.0])
"""Directions of the distance sensors, from left to right of the heading."""
RANGE = 40.0
"""Metres the sensors see."""

_AHEAD = 7.0
"""Metres ahead at which the expert aims."""
_TOGETHER = 32
"""Cars whose sensors are computed at once."""

Policy = Callable[[Floats], Floats]
"""Sensors (N, rays) -> steering (N,)."""


def start(track: Track, along: Floats, offset: Floats, turn: Floats) -> Floats:
    """States (N, 3): metres along the centre line, to the left of it, and radians off its way."""
    position, heading = track.at(along)
    sideways = np.stack([-np.sin(heading), np.cos(heading)], axis=1)
    return np.column_stack([position + offset[:, np.newaxis] * sideways, heading + turn])


def step(state: Floats, steering: Floats) -> Floats:
    """The states (N, 3) one `TICK` later: a bicycle without slip, steered (N,) as given.

    The kinematic bicycle model of R. Rajamani, "Vehicle Dynamics and Control", section 2.2, with
    the rear axle as the car's position. The middle of the tick's headings is the direction gone.
    """
    wheel = np.clip(steering, -1.0, 1.0)
    gone = SPEED * (1.0 - 0.5 * np.abs(wheel)) * TICK
    turned = gone / WHEELBASE * np.tan(LOCK * wheel)
    heading = state[:, 2] + turned / 2
    moved = gone[:, np.newaxis] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.column_stack([state[:, :2] + moved, state[:, 2] + turned])


def sensors(track: Track, state: Floats) -> Floats:
    """Metres (N, rays) from each car to the track's edge along its `RAYS`, at most `RANGE`."""
    starts = np.concatenate([track.left, track.right])
    ends = np.concatenate([np.roll(edge, -1, axis=0) for edge in (track.left, track.right)])
    parts = [
        _distances(state[first : first + _TOGETHER], starts, ends - starts)
        for first in range(0, len(state), _TOGETHER)
    ]
    return np.concatenate(parts)


def _distances(state: Floats, starts: Floats, sides: Floats) -> Floats:
    """From states (N, 3) to the nearest of the segments `starts` + [0, 1] · `sides` (S, 2)."""
    angle = state[:, 2:] + RAYS
    rays = np.stack([np.cos(angle), np.sin(angle)], axis=2)  # (N, rays, 2)
    across = np.stack([np.sin(angle), -np.cos(angle)], axis=2)
    normals = np.stack([sides[:, 1], -sides[:, 0]])  # (2, S)
    away = starts - state[:, np.newaxis, :2]  # (N, S, 2)
    slant = rays @ normals  # (N, rays, S): 0 where ray and segment are parallel
    slant[slant == 0.0] = np.nan
    reach = (away[:, :, 0] * normals[0] + away[:, :, 1] * normals[1])[:, np.newaxis] / slant
    along = (across @ away.transpose(0, 2, 1)) / slant
    hit = (reach >= 0.0) & (along >= 0.0) & (along <= 1.0)
    nearest: Floats = np.where(hit, reach, RANGE).min(axis=2)
    return np.minimum(nearest, RANGE)


def expert(track: Track, state: Floats) -> Floats:
    """Steering (N,) of a driver who knows the centre line: at a point ahead on it.

    Pure pursuit (R. C. Coulter, "Implementation of the Pure Pursuit Path Tracking Algorithm",
    Carnegie Mellon University, 1992): the arc through that point has curvature 2 sin α / d.
    """
    along, _ = track.locate(state[:, :2])
    goal, _ = track.at(along + _AHEAD)
    away = goal - state[:, :2]
    angle = np.arctan2(away[:, 1], away[:, 0]) - state[:, 2]
    curvature = 2.0 * np.sin(angle) / np.hypot(*away.T)
    steering: Floats = np.clip(np.arctan(WHEELBASE * curvature) / LOCK, -1.0, 1.0)
    return steering


def crashed(track: Track, state: Floats) -> np.ndarray:
    """Which cars (N,) touch the edge or are beyond it."""
    _, offset = track.locate(state[:, :2])
    result: np.ndarray = np.abs(offset) > track.half_width - HALF_CAR
    return result


@dataclass(frozen=True, eq=False)
class Journey:
    """What became of cars that were driven.

    Attributes:
        states: (steps + 1, N, 3); a car that crashed stays where it did.
        laps: (N,) rounds driven until then, in parts of a round.
        crashed: (N,) whether it crashed.
    """

    states: Floats
    laps: Floats
    crashed: np.ndarray


def drive(track: Track, policy: Policy, state: Floats, steps: int) -> Journey:
    """Cars (N, 3) that see only their sensors, driven by `policy` until they crash."""
    states = [state]
    gone = np.zeros(len(state))
    out = crashed(track, state)
    for _ in range(steps):
        before = states[-1]
        after = np.where(out[:, np.newaxis], before, step(before, policy(sensors(track, before))))
        gone += advance(track, before, after)
        out = out | crashed(track, after)
        states.append(after)
    return Journey(np.stack(states), gone / track.length, out)


def advance(track: Track, before: Floats, after: Floats) -> Floats:
    """Metres (N,) along the track from one state to the next; negative backwards."""
    first, second = (track.locate(state[:, :2])[0] for state in (before, after))
    return (second - first + track.length / 2) % track.length - track.length / 2
