"""Thumbnails: small pictures of data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.dataset import Dataset, Floats

THUMBNAIL_POINTS = 72
"""The number of points in a thumbnail."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a data set. Exactly one of the three fields is filled.

    Attributes:
        points: (x, y, label or target) with x and y in [-3, 3]. For a plane, x and y are the
            coordinates; for a line, x1 and twice the target; for a table, two standardised columns.
        image: rows of ink from 0 to 1, the top row first.
        text: a few words.
    """

    points: tuple[tuple[float, float, float], ...] = ()
    image: tuple[tuple[float, ...], ...] = ()
    text: str = ""


def points_thumbnail(xy: Floats, marks: Floats) -> Thumbnail:
    """A thumbnail of points (N, 2), clipped at ±3, with their labels or targets (N,)."""
    shown = np.column_stack([np.clip(xy, -3.0, 3.0), marks])
    return Thumbnail(points=tuple((round(x, 3), round(y, 3), round(t, 3)) for x, y, t in shown))


def image_thumbnail(ink: Floats) -> Thumbnail:
    """A thumbnail of ink (height, width) from 0 to 1."""
    return Thumbnail(image=tuple(tuple(round(float(value), 2) for value in row) for row in ink))


def default_thumbnail(data: Dataset, columns: tuple[int, int]) -> Thumbnail:
    """The first training points or the first training image; for a table, the two `columns`."""
    train = data.train
    if data.image_shape is not None:
        return image_thumbnail(train.points[0].reshape(data.image_shape))
    labels = train.targets[:, 0] if train.labels is None else train.labels.astype(np.float64)
    if data.kind == "line":
        xy = np.stack([train.points[:, 0], 2.0 * train.targets[:, 0]], axis=1)
    elif data.kind == "table":
        xy = train.inputs[:, columns]
    else:
        xy = train.points
    return points_thumbnail(xy[:THUMBNAIL_POINTS], labels[:THUMBNAIL_POINTS])
