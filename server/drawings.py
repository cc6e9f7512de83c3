"""Drawings: ink of any size as an image like those of a data set.

A data set's images have been cut out and scaled to one size before anyone saw them; what is drawn
on a pad has to be treated alike, or the network sees something it was never shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import Dataset

Numbers = NDArray[np.float64]

FAINT = 0.15
"""Ink below this share of the darkest does not count as part of the figure."""


def fitted(ink: Numbers, data: Dataset) -> Numbers:
    """A drawing (rows, columns) as an image of the data set's shape.

    One that has this shape already is left as it is. Of others the figure is cut out and scaled, as
    it is, to the size that figures have in the training images, in the middle.
    """
    assert data.image_shape is not None  # asked only of images
    if ink.shape == data.image_shape:
        return ink
    height, width = data.image_shape
    if ink.max(initial=0.0) <= 0.0:
        return np.zeros((height, width))
    top, bottom, left, right = _box(ink)
    usual_height, usual_width = _usual(data)
    scale = min(usual_height / (bottom - top), usual_width / (right - left))
    rows = _overlaps(height, top, bottom, scale, len(ink))
    columns = _overlaps(width, left, right, scale, ink.shape[1])
    image = rows @ ink @ columns.T
    darkest = image.max()
    return np.clip(image / darkest, 0.0, 1.0) if darkest > 0.0 else image


def _box(ink: Numbers) -> tuple[int, int, int, int]:
    """First and past-the-last row and column of the figure."""
    marked = ink > FAINT * ink.max()
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _usual(data: Dataset) -> tuple[float, float]:
    """Rows and columns that large figures of the training images fill: nine of ten fill less."""
    assert data.image_shape is not None
    images = data.train.points[:200].astype(np.float64).reshape(-1, *data.image_shape)
    boxes = np.array([_box(image) for image in images if image.max() > 0.0])
    sizes = np.stack([boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]], axis=1)
    rows, columns = np.percentile(sizes, 90, axis=0)
    return float(rows), float(columns)


def _overlaps(cells: int, start: int, stop: int, scale: float, size: int) -> Numbers:
    """(cells, size) shares of the drawing's pixels that fall into each cell of the image.

    The pixels from `start` to `stop`, scaled, lie in the middle of the cells.
    """
    offset = (cells - (stop - start) * scale) / 2
    edges = offset + (np.arange(size + 1) - start) * scale
    low, high = edges[:-1], edges[1:]
    cell = np.arange(cells)[:, np.newaxis]
    shares: Numbers = np.clip(np.minimum(high, cell + 1) - np.maximum(low, cell), 0.0, None)
    return shares
