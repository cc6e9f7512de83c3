"""Driving by imitation: a network learns an expert's steering from a car's distance sensors.

The expert knows the centre line, which the network never sees. Many short runs start anywhere on
the track, off its middle and at an angle. Disturbances act on the steering, but the recording keeps
what the expert would have done. So the recordings show how to return to the middle (M. Laskey et
al., "DART: Noise Injection for Robust Imitation Learning", CoRL 2017). With `spread` 0 and `noise`
0, a network sees no mistakes and does not learn to correct its own.
"""

from __future__ import annotations

import numpy as np

from engine.data.assembly import Samples, grouped_split
from engine.data.dataset import Dataset, Floats
from engine.data.options import NOISE, SEED, Choice, Option, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources import car
from engine.data.sources.race_track import TRACKS, Track, track
from engine.data.streams import stream
from engine.data.thumbnails import THUMBNAIL_POINTS, Thumbnail, points_thumbnail

RUN_LENGTH = 20
"""The number of samples in a run, which takes two seconds."""
_DISTURBANCE_TICKS = 4
"""The number of ticks that a disturbance of the steering lasts."""
_HEADING_SPREAD = 0.35
"""The standard deviation of the first heading in radians, at `spread` 1."""


def record(
    road: Track, runs: int, spread: float, noise: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Record states (runs, RUN_LENGTH, 3), and the expert's steering in them (runs, RUN_LENGTH).

    A car starts at most `spread` of the way from the middle of the track to its edge. It follows
    the expert's steering plus a normal disturbance, whose standard deviation is `noise` times full
    lock. A car that crashes continues from the middle of the track.
    """
    along = rng.uniform(0.0, road.length, runs)
    room = road.half_width - car.HALF_WIDTH
    offset = spread * room * rng.uniform(-1.0, 1.0, runs)
    state = car.start(road, along, offset, spread * _HEADING_SPREAD * rng.normal(size=runs))
    disturbance = noise * rng.normal(size=(runs, RUN_LENGTH // _DISTURBANCE_TICKS)).repeat(
        _DISTURBANCE_TICKS, axis=1
    )
    states, steering = np.empty((runs, RUN_LENGTH, 3)), np.empty((runs, RUN_LENGTH))
    for tick in range(RUN_LENGTH):
        states[:, tick], steering[:, tick] = state, car.expert(road, state)
        state = car.step(state, steering[:, tick] + disturbance[:, tick])
        out = car.crashed(road, state)
        along, _ = road.locate(state[out, :2])
        state[out] = car.start(road, along, np.zeros(len(along)), np.zeros(len(along)))
    return states, steering


def _make(settings: Settings) -> Samples:
    road = track(settings.word("track"))
    rng = stream(settings.seed, "data/driving")
    runs = -(-settings.samples // RUN_LENGTH)
    states, steering = record(road, runs, settings.number("spread"), settings.noise, rng)
    state = states.reshape(-1, 3)[: settings.samples]
    return Samples(
        points=car.sensors(road, state),
        values=steering.ravel()[: settings.samples],
        column_names=tuple(f"{angle:+.0f}°" for angle in np.rad2deg(car.RAYS)),
        target_name="steering",
        parts=grouped_split(
            np.arange(settings.samples) // RUN_LENGTH, settings.test_fraction, settings.seed
        ),
        extras={"state": state, "run": np.arange(settings.samples) // RUN_LENGTH},
        dataset_extras={"centre": road.centre, "left": road.left, "right": road.right},
    )


def _thumbnail(data: Dataset) -> Thumbnail:
    """The edges of the track, each in its own colour."""
    edges = [data.extras[side] for side in ("left", "right")]
    shown = [edge[np.linspace(0, len(edge) - 1, THUMBNAIL_POINTS, dtype=int)] for edge in edges]
    xy = np.concatenate(shown)
    middle, size = (xy.max(axis=0) + xy.min(axis=0)) / 2, np.ptp(xy, axis=0).max()
    return points_thumbnail(5.6 * (xy - middle) / size, np.repeat([1.0, -1.0], THUMBNAIL_POINTS))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="driving",
            title="Driving by imitation",
            kind="table",
            task="regression",
            options=(
                samples_option(200, 5000, 1500),
                Option(
                    "spread",
                    0.0,
                    1.0,
                    0.7,
                    integer=False,
                    title="Distance of starts from the middle",
                ),
                NOISE,
                Option("test_fraction", 0.1, 0.9, 0.25, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(),
            source="simulated: a car, a track, and an expert who knows its centre line",
            licence="not needed",
            about="Nine distance sensors of a simulated car, and the steering of an expert who "
            "knows more than they see. A small error does not guarantee a lap, because errors add "
            "up on the road.",
            choices=(Choice("track", TRACKS, "Track"),),
        ),
        _make,
        thumbnail=_thumbnail,
    ),
)
