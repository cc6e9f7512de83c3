"""A simulated car on a track: its motion, its sensors, and an expert who drives it.

All functions take many cars at once. A state (N, 3) is x and y in metres and the heading in
radians, anticlockwise from the x axis. Steering is from -1, full lock to the right, to 1, full lock
to the left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.data.dataset import Floats
from engine.data.sources.race_track import Track

TICK = 0.1
"""The duration of a step in seconds."""
SPEED = 10.0
"""The speed in metres per second straight ahead. At full lock it is half of this."""
WHEELBASE = 2.5
"""The distance between the axles in metres."""
LOCK = 0.5
"""The angle of the front wheels at full lock, in radians."""
HALF_WIDTH = 0.9
"""Half of the car's width in metres."""

RAYS = np.deg2rad([90.0, 60.0, 35.0, 15.0, 0.0, -15.0, -35.0, -60.0, -90.0])
"""The directions of the distance sensors in radians from the heading, from left to right."""
SENSOR_RANGE = 40.0
"""The range of the sensors in metres."""

_LOOKAHEAD = 7.0
"""The distance in metres, along the track, to the point at which the expert aims."""
_BATCH = 32
"""The number of cars whose sensors are computed together."""

Policy = Callable[[Floats], Floats]
"""Maps sensors (N, rays) to steering (N,)."""


def start(track: Track, along: Floats, offset: Floats, turn: Floats) -> Floats:
    """The states (N, 3) of cars on a track.

    Args:
        along: (N,) metres along the centre line.
        offset: (N,) metres to the left of the centre line.
        turn: (N,) radians between the direction of the track and the heading.
    """
    position, heading = track.at(along)
    sideways = np.stack([-np.sin(heading), np.cos(heading)], axis=1)
    return np.column_stack([position + offset[:, np.newaxis] * sideways, heading + turn])


def step(state: Floats, steering: Floats) -> Floats:
    """The states (N, 3) one `TICK` later, with constant steering (N,).

    This is the kinematic bicycle model, which does not slip, of R. Rajamani, "Vehicle Dynamics and
    Control", section 2.2, with the rear axle as the car's position. The car moves in the direction
    halfway between its first and its last heading.
    """
    wheel = np.clip(steering, -1.0, 1.0)
    distance = SPEED * (1.0 - 0.5 * np.abs(wheel)) * TICK
    turned = distance / WHEELBASE * np.tan(LOCK * wheel)
    heading = state[:, 2] + turned / 2
    moved = distance[:, np.newaxis] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.column_stack([state[:, :2] + moved, state[:, 2] + turned])


def sensors(track: Track, state: Floats) -> Floats:
    """The distances (N, rays) from the cars to the edge of the track, at most `SENSOR_RANGE`."""
    starts = np.concatenate([track.left, track.right])
    ends = np.concatenate([np.roll(edge, -1, axis=0) for edge in (track.left, track.right)])
    parts = [
        _distances(state[first : first + _BATCH], starts, ends - starts)
        for first in range(0, len(state), _BATCH)
    ]
    return np.concatenate(parts)


def _distances(state: Floats, starts: Floats, sides: Floats) -> Floats:
    """Distances from states (N, 3) to the nearest segment `starts` + [0, 1] · `sides` (S, 2)."""
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
    nearest: Floats = np.where(hit, reach, SENSOR_RANGE).min(axis=2)
    return np.minimum(nearest, SENSOR_RANGE)


def expert(track: Track, state: Floats) -> Floats:
    """The steering (N,) of a driver who knows the centre line and aims at a point on it.

    This is pure pursuit (R. C. Coulter, "Implementation of the Pure Pursuit Path Tracking
    Algorithm", Carnegie Mellon University, 1992): the arc from the car to a point at distance d, in
    the direction α from the heading, has the curvature 2 sin α / d.
    """
    along, _ = track.locate(state[:, :2])
    goal, _ = track.at(along + _LOOKAHEAD)
    away = goal - state[:, :2]
    angle = np.arctan2(away[:, 1], away[:, 0]) - state[:, 2]
    curvature = 2.0 * np.sin(angle) / np.hypot(*away.T)
    steering: Floats = np.clip(np.arctan(WHEELBASE * curvature) / LOCK, -1.0, 1.0)
    return steering


def crashed(track: Track, state: Floats) -> np.ndarray:
    """Whether each car (N,) touches the edge of the track or is beyond it."""
    _, offset = track.locate(state[:, :2])
    result: np.ndarray = np.abs(offset) > track.half_width - HALF_WIDTH
    return result


@dataclass(frozen=True, eq=False)
class Journey:
    """The result of driving some cars.

    Attributes:
        states: (steps + 1, N, 3). A car that crashed stays where it is.
        laps: (N,) the laps that each car drove, with fractions.
        crashed: (N,) whether each car crashed.
    """

    states: Floats
    laps: Floats
    crashed: np.ndarray


def drive(track: Track, policy: Policy, state: Floats, steps: int) -> Journey:
    """Drive cars (N, 3) by a `policy` that sees only their sensors, until they crash."""
    states = [state]
    distance = np.zeros(len(state))
    out = crashed(track, state)
    for _ in range(steps):
        before = states[-1]
        after = np.where(out[:, np.newaxis], before, step(before, policy(sensors(track, before))))
        distance += advance(track, before, after)
        out = out | crashed(track, after)
        states.append(after)
    return Journey(np.stack(states), distance / track.length, out)


def advance(track: Track, before: Floats, after: Floats) -> Floats:
    """The metres (N,) along the track from one state to the next, negative if backwards."""
    first, second = (track.locate(state[:, :2])[0] for state in (before, after))
    return (second - first + track.length / 2) % track.length - track.length / 2
