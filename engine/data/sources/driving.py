"""Driving by imitation: what an expert steers, told only what a car's distance sensors see.

The expert knows the centre line; the network never sees it. Many short runs start anywhere on the
track, off its middle and askew, and the steering is disturbed on the way, while what the expert
would have done is written down: so the recordings show how to come back (M. Laskey et al., "DART:
Noise Injection for Robust Imitation Learning", CoRL 2017). Without that, `spread` 0 and `noise` 0,
a network sees no mistake, and cannot mend its own.
"""

from __future__ import annotations

import numpy as np

from engine.data.assembly import Samples, grouped
from engine.data.dataset import Dataset, Floats
from engine.data.options import NOISE, SEED, Choice, Option, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources import car
from engine.data.sources.race_track import TRACKS, Track, track
from engine.data.streams import stream
from engine.data.thumbnails import SHOWN, Thumbnail, of_points

RUN = 20
"""Samples of one run: two seconds."""
_HELD = 4
"""Ticks a disturbance of the steering lasts."""
_ASKEW = 0.35
"""Radians, the standard deviation of the first heading at full spread."""


def record(
    road: Track, runs: int, spread: float, noise: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """States (runs, RUN, 3) of cars and what the expert would steer there (runs, RUN).

    Cars start up to `spread` of the way to the edge off the middle. The steering they follow is
    the expert's and, at `noise` 1, a normal disturbance as large as full lock. A car that crashes
    goes on from the middle of the track.
    """
    along = rng.uniform(0.0, road.length, runs)
    room = road.half_width - car.HALF_CAR
    offset = spread * room * rng.uniform(-1.0, 1.0, runs)
    state = car.start(road, along, offset, spread * _ASKEW * rng.normal(size=runs))
    blows = noise * rng.normal(size=(runs, RUN // _HELD)).repeat(_HELD, axis=1)
    states, answers = np.empty((runs, RUN, 3)), np.empty((runs, RUN))
    for tick in range(RUN):
        states[:, tick], answers[:, tick] = state, car.expert(road, state)
        state = car.step(state, answers[:, tick] + blows[:, tick])
        out = car.crashed(road, state)
        along, _ = road.locate(state[out, :2])
        state[out] = car.start(road, along, np.zeros(len(along)), np.zeros(len(along)))
    return states, answers


def _make(settings: Settings) -> Samples:
    road = track(settings.word("track"))
    rng = stream(settings.seed, "data/driving")
    runs = -(-settings.samples // RUN)
    states, answers = record(road, runs, settings.number("spread"), settings.noise, rng)
    state = states.reshape(-1, 3)[: settings.samples]
    return Samples(
        points=car.sensors(road, state),
        values=answers.ravel()[: settings.samples],
        column_names=tuple(f"{angle:+.0f}°" for angle in np.rad2deg(car.RAYS)),
        target_name="steering",
        parts=grouped(np.arange(settings.samples) // RUN, settings.test_fraction, settings.seed),
        extras={"state": state, "run": np.arange(settings.samples) // RUN},
        whole={"centre": road.centre, "left": road.left, "right": road.right},
    )


def _thumbnail(data: Dataset) -> Thumbnail:
    """The edges of the track, each in its own colour."""
    edges = [data.extras[side] for side in ("left", "right")]
    shown = [edge[np.linspace(0, len(edge) - 1, SHOWN, dtype=int)] for edge in edges]
    xy = np.concatenate(shown)
    middle, size = (xy.max(axis=0) + xy.min(axis=0)) / 2, np.ptp(xy, axis=0).max()
    return of_points(5.6 * (xy - middle) / size, np.repeat([1.0, -1.0], SHOWN))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="driving",
            title="Driving by imitation",
            kind="table",
            task="regression",
            options=(
                samples_option(200, 5000, 1500),
                Option("spread", 0.0, 1.0, 0.7, integer=False, title="How far off runs start"),
                NOISE,
                Option("test_fraction", 0.1, 0.9, 0.25, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(),
            source="simulated: a car, a track, and an expert who knows its centre line",
            licence="none needed",
            about="Nine distance sensors of a simulated car, and what an expert steers who knows "
            "more than they see. A small error is not yet a driven lap: on the road errors add up.",
            choices=(Choice("track", TRACKS, "The track"),),
        ),
        _make,
        thumbnail=_thumbnail,
    ),
)
