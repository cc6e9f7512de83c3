"""Drawings: turns ink of any size into an image like those of a data set.

A data set's images were cropped, scaled and centred before they were published. A drawing needs
the same treatment, or it does not look like the training images. Those show the treatment: the
usual size of figures, and whether their bounding boxes or their centres of mass are aligned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import Dataset

Numbers = NDArray[np.float64]

FAINT = 0.15
"""Share of the darkest ink below which a pixel is not part of the figure."""


def fitted(ink: Numbers, data: Dataset) -> Numbers:
    """A drawing (rows, columns) as an image of the data set's shape.

    A drawing that already has this shape is returned unchanged. In others the figure is cropped,
    scaled to the usual size without distortion, and moved to the usual position.
    """
    assert data.image_shape is not None  # called only for images
    if ink.shape == data.image_shape:
        return ink
    if ink.max(initial=0.0) <= 0.0:
        return np.zeros(data.image_shape)
    box, usual = _box(ink), _usual(data)
    scale = float((usual.extent / (box[1] - box[0])).min())
    shift = usual.position - scale * (_middle(ink) if usual.by_ink else box.mean(axis=0))
    # No part of the figure falls off the image.
    shift = np.clip(shift, -scale * box[0], np.maximum(data.image_shape - scale * box[1], 0.0))
    rows, columns = (
        _overlaps(data.image_shape[axis], shift[axis], scale, ink.shape[axis]) for axis in (0, 1)
    )
    image = rows @ ink @ columns.T
    darkest = image.max()
    return np.clip(image / darkest, 0.0, 1.0) if darkest > 0.0 else image


def _box(ink: Numbers) -> Numbers:
    """(end, axis) the bounding box of the figure: first row and column, and those past the last."""
    marked = ink > FAINT * ink.max()
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    ends = [[rows[0], columns[0]], [rows[-1] + 1, columns[-1] + 1]]
    return np.array(ends, dtype=np.float64)


def _middle(ink: Numbers) -> Numbers:
    """(axis,) the centre of mass of the ink; the first pixel extends from 0 to 1."""
    along = (ink.sum(axis=1 - axis) @ (np.arange(ink.shape[axis]) + 0.5) for axis in (0, 1))
    middle: Numbers = np.array(list(along)) / ink.sum()
    return middle


@dataclass(frozen=True)
class _Usual:
    """Where figures are in a data set's images.

    Attributes:
        extent: (axis,) rows and columns of the bounding box, the 90th percentile.
        by_ink: whether centres of mass are aligned rather than centres of bounding boxes.
        position: (axis,) of that centre, to half a pixel: finer steps would only blur strokes.
    """

    extent: Numbers
    by_ink: bool
    position: Numbers


def _usual(data: Dataset) -> _Usual:
    assert data.image_shape is not None
    images = data.train.points[:200].astype(np.float64).reshape(-1, *data.image_shape)
    drawn = [image for image in images if image.max() > 0.0]
    boxes = np.array([_box(image) for image in drawn])
    centres = boxes.mean(axis=1)
    middles = np.array([_middle(image) for image in drawn])
    by_ink = bool(middles.var(axis=0).sum() < centres.var(axis=0).sum())
    extent = np.percentile(boxes[:, 1] - boxes[:, 0], 90, axis=0)
    position = (middles if by_ink else centres).mean(axis=0)
    return _Usual(extent, by_ink, np.round(2.0 * position) / 2.0)


def _overlaps(cells: int, shift: float, scale: float, size: int) -> Numbers:
    """(cells, size) shares of the drawing's pixels that fall into each cell of the image.

    Pixel i, scaled, extends from shift + i·scale to shift + (i + 1)·scale.
    """
    edges = shift + np.arange(size + 1) * scale
    low, high = edges[:-1], edges[1:]
    cell = np.arange(cells)[:, np.newaxis]
    shares: Numbers = np.clip(np.minimum(high, cell + 1) - np.maximum(low, cell), 0.0, None)
    return shares
