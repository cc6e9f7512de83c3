"""Receptive fields of windows, as indices of formulas.

On each axis, cell k of the window at position w covers the input w·stride + k·dilation − padding.
The functions here compute two of the three from the others, for one element or many at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.formula import (
    Axis,
    Element,
    Entry,
    Formula,
    Index,
    axes_of,
    entry_of,
    masked,
    numbers_of,
)
from engine.ops.window import Window
from engine.tensors.tensor import Shape


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """Cells of windows and the inputs they cover, with one entry for each axis of the window.

    Attributes:
        position: the positions of the windows.
        cell: the cells within their windows.
        source: the inputs that the cells cover, clipped to the nearest one where that is padding.
        axes: the axes that run over the cells of a window.
    """

    position: Index
    cell: Index
    source: Index
    axes: tuple[Axis, ...]
    _inside: tuple[NDArray[np.bool_], ...]
    _along: tuple[tuple[Axis, ...], ...]

    def inside(self, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        """Whether window and input exist, along `axes`; extent 1 if independent of that axis."""
        total = np.ones((1,) * len(axes), dtype=bool)
        for along, values in zip(self._along, self._inside, strict=True):
            order = [along.index(axis) for axis in axes if axis in along]
            shape = [axis.extent if axis in along else 1 for axis in axes]
            total = total & values.transpose(order).reshape(shape)
        return total

    def masked(self, formula: Formula, otherwise: str = "") -> Formula:
        """The formula where window and input exist, else 0; `otherwise` says why none does."""
        axes = tuple(dict.fromkeys(axis for along in self._along for axis in along))
        full = tuple(axis.extent for axis in axes)
        inside = np.broadcast_to(self.inside(axes), full)
        return masked(formula, axes, inside, otherwise)

    def each(self, cells: Element) -> tuple[Formula, ...]:
        """The single elements at the cells of one window."""
        shape = tuple(axis.extent for axis in self.axes)
        return tuple(cells.at(dict(zip(self.axes, at, strict=True))) for at in np.ndindex(*shape))


def receptive_field(
    window: Window, position: Index, extents: Shape, cell: Index | None = None
) -> ReceptiveField:
    """The inputs that windows at these positions cover.

    Args:
        extents: extents of the inputs.
        cell: the one cell to consider; None for all cells of the windows.
    """
    cells, sources, inside, along = [], [], [], []
    axes: list[Axis] = []
    for d, (w, extent) in enumerate(zip(position, extents, strict=True)):
        k = _cells(window, d, w, extent) if cell is None else cell[d]
        if cell is None:
            axes += axes_of((k,))
        source = w * window.stride[d] + k * window.dilation[d] + -window.before[d]
        source_axes = axes_of((source,))
        numbers = numbers_of(source, source_axes)
        cells.append(k)
        sources.append(entry_of(str(source), source_axes, np.clip(numbers, 0, extent - 1)))
        inside.append((numbers >= 0) & (numbers < extent))
        along.append(source_axes)
    return ReceptiveField(
        tuple(position), tuple(cells), tuple(sources), tuple(axes), tuple(inside), tuple(along)
    )


def _cells(window: Window, d: int, position: Entry, extent: int) -> Entry:
    """The cells along one axis; of a single window, those that do not cover padding."""
    letter = "ijk"[d]
    if not isinstance(position, int):
        return Axis(letter, "cell", window.size[d]).along()
    start = position * window.stride[d] - window.before[d]
    sources = [start + k * window.dilation[d] for k in range(window.size[d])]
    inside = [k for k, source in enumerate(sources) if 0 <= source < extent]
    return Axis(letter, "cell", len(inside)).along(inside[0]) if len(inside) > 1 else inside[0]


def receptive_fields_of(
    window: Window, source: Index, positions: Shape
) -> Iterator[ReceptiveField]:
    """The cells of windows that cover these inputs.

    Args:
        positions: number of window positions on each axis.
    """
    if window.disjoint and all(gap == 1 for gap in window.dilation):
        yield from _covering(window, source, positions, None)
        return
    for cell in product(*(range(k) for k in window.size)):
        yield from _covering(window, source, positions, cell)


def _covering(
    window: Window, source: Index, positions: Shape, cell: tuple[int, ...] | None
) -> Iterator[ReceptiveField]:
    """The windows in which this cell covers the inputs; for None, the only cell that can."""
    cells: list[Entry] = []
    windows, inside, along = [], [], []
    for d, (coordinate, count) in enumerate(zip(source, positions, strict=True)):
        stride, axes = window.stride[d], axes_of((coordinate,))
        first = coordinate + window.before[d]
        if cell is None:
            k, fits = first % stride, numbers_of(first % stride, axes) < window.size[d]
        else:
            k, first = cell[d], first + -cell[d] * window.dilation[d]
            fits = numbers_of(first, axes) % stride == 0
        numbers = numbers_of(first, axes) // stride
        cells.append(k)
        windows.append(entry_of(f"⌊{first}/{stride}⌋", axes, np.clip(numbers, 0, count - 1)))
        inside.append(np.asarray(fits & (numbers >= 0) & (numbers < count)))
        along.append(axes)
    if all(values.any() for values in inside):
        yield ReceptiveField(tuple(windows), tuple(cells), source, (), tuple(inside), tuple(along))
