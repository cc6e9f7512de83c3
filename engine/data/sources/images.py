"""Generated images of 28 by 28 pixels: ten shapes, each drawn in a random pose.

They have the size of well-known image sets, but need no download, and there can be any number of
them. `noise` is the standard deviation of a normal error that is added to every pixel. The ink of
a pixel is clipped to [0, 1].
"""

from __future__ import annotations

import numpy as np

from engine.data.assembly import Samples
from engine.data.dataset import Floats
from engine.data.options import NOISE, SEED, TEST_FRACTION, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream

SIZE = 28
_DABS = 64
"""The number of dabs of the pen along a shape, enough to look like a line."""


def _polyline(*corners: tuple[float, float]) -> Floats:
    """Dabs (dabs, 2) at equal distances along straight strokes, in [-1, 1]², with y upwards."""
    path = np.array(corners)
    lengths = np.hypot(*np.diff(path, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    along = np.linspace(0.0, reached[-1], _DABS)
    return np.stack([np.interp(along, reached, path[:, axis]) for axis in (0, 1)], axis=1)


def _strokes(*strokes: Floats) -> Floats:
    """Several strokes with as many dabs as one has, shared equally among them."""
    picks = [len(part) for part in np.array_split(np.arange(_DABS), len(strokes))]
    indices = [np.linspace(0, _DABS - 1, count).round().astype(int) for count in picks]
    return np.concatenate([stroke[rows] for stroke, rows in zip(strokes, indices, strict=True)])


def _arc(centre: tuple[float, float], radius: Floats | float, turns: float) -> Floats:
    angle = np.linspace(np.pi / 2, np.pi / 2 + 2 * np.pi * turns, _DABS)
    x, y = centre
    return np.stack([x + np.cos(angle) * radius, y + np.sin(angle) * radius], axis=1)


def _glyphs() -> dict[str, Floats]:
    """The dabs (dabs, 2) of each class, by its name."""
    corner = 0.75
    return {
        "circle": _arc((0.0, 0.0), 0.85, 1.0),
        "square": _polyline(
            (-corner, -corner), (corner, -corner), (corner, corner), (-corner, corner),
            (-corner, -corner),
        ),
        "triangle": _polyline((-0.85, -0.7), (0.85, -0.7), (0.0, 0.85), (-0.85, -0.7)),
        "plus": _strokes(_polyline((-0.9, 0.0), (0.9, 0.0)), _polyline((0.0, -0.9), (0.0, 0.9))),
        "cross": _strokes(
            _polyline((-0.75, -0.75), (0.75, 0.75)), _polyline((-0.75, 0.75), (0.75, -0.75))
        ),
        "bar": _polyline((0.0, -0.95), (0.0, 0.95)),
        "zigzag": _polyline((-0.9, -0.4), (-0.45, 0.5), (0.0, -0.4), (0.45, 0.5), (0.9, -0.4)),
        "arrow": _polyline(
            (-0.9, 0.0), (0.9, 0.0), (0.35, 0.55), (0.9, 0.0), (0.35, -0.55)
        ),
        "spiral": _arc((0.0, 0.0), np.linspace(0.05, 0.95, _DABS), 1.75),
        "eight": _strokes(_arc((0.0, 0.45), 0.42, 1.0), _arc((0.0, -0.45), 0.42, 1.0)),
    }  # fmt: skip


GLYPHS = _glyphs()
CLASS_NAMES = tuple(GLYPHS)


def _posed(rng: np.random.Generator, dabs: Floats) -> Floats:
    """The dabs (N, dabs, 2) in pixels, rotated, slanted, scaled and shifted at random."""
    count = len(dabs)
    turn = rng.normal(0.0, 0.12, count)
    slant = rng.normal(0.0, 0.12, count)
    scale = rng.uniform(7.5, 10.5, (count, 2))
    shift = rng.uniform(-2.0, 2.0, (count, 2))
    x, y = dabs[:, :, 0], -dabs[:, :, 1]  # rows count downwards
    x = (x + slant[:, np.newaxis] * y) * scale[:, :1]
    y = y * scale[:, 1:]
    cos, sin = np.cos(turn)[:, np.newaxis], np.sin(turn)[:, np.newaxis]
    turned = np.stack([cos * x - sin * y, sin * x + cos * y], axis=2)
    return turned + shift[:, np.newaxis, :] + (SIZE - 1) / 2


def draw(dabs: Floats, width: Floats) -> Floats:
    """The ink (N, 784) of dabs (N, dabs, 2) in pixels, by pens of `width` (N,) pixels.

    A dab is a Gaussian, which is the product of a Gaussian in x and one in y. An image is the sum
    over its dabs and therefore one matrix product. The middle of a line gets 1.6 of ink, whatever
    the distance between dabs, and is clipped to 1, black.
    """
    pixels = np.arange(SIZE, dtype=np.float64)
    exponent = -0.5 / width[:, np.newaxis, np.newaxis] ** 2
    columns = np.exp(exponent * (dabs[:, :, :1] - pixels) ** 2)
    rows = np.exp(exponent * (dabs[:, :, 1:] - pixels) ** 2)
    gaps = np.median(np.hypot(*np.moveaxis(np.diff(dabs, axis=1), 2, 0)), axis=1)
    strength = 1.6 * gaps / (np.sqrt(2 * np.pi) * width)
    ink: Floats = strength[:, np.newaxis, np.newaxis] * (rows.transpose(0, 2, 1) @ columns)
    return np.minimum(ink, 1.0).reshape(len(dabs), SIZE * SIZE)


def _make(settings: Settings) -> Samples:
    labels = np.arange(settings.samples, dtype=np.int64) % len(CLASS_NAMES)
    rng = stream(settings.seed, "data/synthetic_images")
    dabs = np.stack(list(GLYPHS.values()))[labels]
    ink = draw(_posed(rng, dabs), rng.uniform(0.7, 1.2, settings.samples))
    error = stream(settings.seed, "data/synthetic_images/noise").normal(size=ink.shape)
    names = tuple(f"pixel {row},{column}" for row in range(SIZE) for column in range(SIZE))
    return Samples(
        points=np.clip(ink + settings.noise * error, 0.0, 1.0),
        labels=labels,
        column_names=names,
        class_names=CLASS_NAMES,
        target_name="shape",
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="synthetic_images",
            title="Synthetic shapes 28×28",
            kind="image",
            task="classification",
            options=(samples_option(100), NOISE, TEST_FRACTION, SEED),
            features=(),
            default_features=(),
            class_counts=(len(CLASS_NAMES),),
            source="generated",
            licence="not needed",
            about="Ten shapes; each image has its own pose and line width. A program drew them, to "
            "stand in for larger real images.",
            image_shape=(SIZE, SIZE),
        ),
        _make,
    ),
)
