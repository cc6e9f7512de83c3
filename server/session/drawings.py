"""Drawings: ink of any size as an image like those of a data set.

A data set's images have been cut out and scaled to one size before anyone saw them; what is drawn
on a pad has to be treated alike, or the network sees something it was never shown. How they were
treated is read off the training images: how large figures are in them, and what of a figure lies in
the same place in all of them, the middle of its box or that of its ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import Dataset

Numbers = NDArray[np.float64]

FAINT = 0.15
"""Ink below this share of the darkest does not count as part of the figure."""


def fitted(ink: Numbers, data: Dataset) -> Numbers:
    """A drawing (rows, columns) as an image of the data set's shape.

    One that has this shape already is left as it is. Of others the figure is cut out, scaled as it
    is to the size that figures have in the training images, and put where these have them.
    """
    assert data.image_shape is not None  # asked only of images
    if ink.shape == data.image_shape:
        return ink
    if ink.max(initial=0.0) <= 0.0:
        return np.zeros(data.image_shape)
    box, usual = _box(ink), _usual(data)
    scale = float((usual.extent / (box[1] - box[0])).min())
    shift = usual.place - scale * (_middle(ink) if usual.by_ink else box.mean(axis=0))
    # No part of the figure falls off the image.
    shift = np.clip(shift, -scale * box[0], np.maximum(data.image_shape - scale * box[1], 0.0))
    rows, columns = (
        _overlaps(data.image_shape[axis], shift[axis], scale, ink.shape[axis]) for axis in (0, 1)
    )
    image = rows @ ink @ columns.T
    darkest = image.max()
    return np.clip(image / darkest, 0.0, 1.0) if darkest > 0.0 else image


def _box(ink: Numbers) -> Numbers:
    """(end, axis) first and past-the-last row and column of the figure."""
    marked = ink > FAINT * ink.max()
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    ends = [[rows[0], columns[0]], [rows[-1] + 1, columns[-1] + 1]]
    return np.array(ends, dtype=np.float64)


def _middle(ink: Numbers) -> Numbers:
    """(axis,) the centre of mass of the ink; the first pixel reaches from 0 to 1."""
    along = (ink.sum(axis=1 - axis) @ (np.arange(ink.shape[axis]) + 0.5) for axis in (0, 1))
    middle: Numbers = np.array(list(along)) / ink.sum()
    return middle


@dataclass(frozen=True)
class _Usual:
    """Where figures are in a data set's images.

    Attributes:
        extent: (axis,) rows and columns that large ones fill: nine of ten fill less.
        by_ink: whether it is the centre of their ink that lies in one place, not that of the box.
        place: (axis,) of that centre, to half a pixel: finer steps would only blur strokes.
    """

    extent: Numbers
    by_ink: bool
    place: Numbers


def _usual(data: Dataset) -> _Usual:
    assert data.image_shape is not None
    images = data.train.points[:200].astype(np.float64).reshape(-1, *data.image_shape)
    drawn = [image for image in images if image.max() > 0.0]
    boxes = np.array([_box(image) for image in drawn])
    centres = boxes.mean(axis=1)
    middles = np.array([_middle(image) for image in drawn])
    by_ink = bool(middles.var(axis=0).sum() < centres.var(axis=0).sum())
    extent = np.percentile(boxes[:, 1] - boxes[:, 0], 90, axis=0)
    place = (middles if by_ink else centres).mean(axis=0)
    return _Usual(extent, by_ink, np.round(2.0 * place) / 2.0)


def _overlaps(cells: int, shift: float, scale: float, size: int) -> Numbers:
    """(cells, size) shares of the drawing's pixels that fall into each cell of the image.

    Pixel i, scaled, reaches from shift + i·scale to shift + (i + 1)·scale.
    """
    edges = shift + np.arange(size + 1) * scale
    low, high = edges[:-1], edges[1:]
    cell = np.arange(cells)[:, np.newaxis]
    shares: Numbers = np.clip(np.minimum(high, cell + 1) - np.maximum(low, cell), 0.0, None)
    return shares
