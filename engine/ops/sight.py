"""Where the cells of windows look, as indices of formulas.

A cell k of the window at place w looks at w·stride + k·dilation − padding, on each axis. Here one
of the three follows from the others, for single elements and for many at once.
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
class Sight:
    """Cells of windows, with one entry for each axis of the window.

    Attributes:
        place: of the windows.
        cell: of the window.
        source: what it looks at; where that is padding, the nearest there is.
        axes: what runs over the cells of a window.
    """

    place: Index
    cell: Index
    source: Index
    axes: tuple[Axis, ...]
    _inside: tuple[NDArray[np.bool_], ...]
    _along: tuple[tuple[Axis, ...], ...]

    def inside(self, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        """Where they exist, with one dimension for each of `axes`, extent 1 where all alike."""
        total = np.ones((1,) * len(axes), dtype=bool)
        for own, values in zip(self._along, self._inside, strict=True):
            order = [own.index(axis) for axis in axes if axis in own]
            shape = [axis.extent if axis in own else 1 for axis in axes]
            total = total & values.transpose(order).reshape(shape)
        return total

    def kept(self, formula: Formula, otherwise: str = "") -> Formula:
        """A formula of what exists, else 0; `otherwise` says why if nothing does."""
        axes = tuple(dict.fromkeys(axis for own in self._along for axis in own))
        full = tuple(axis.extent for axis in axes)
        inside = np.broadcast_to(self.inside(axes), full)
        return masked(formula, axes, inside, otherwise)

    def each(self, cells: Element) -> tuple[Formula, ...]:
        """The single elements at the cells of one window."""
        shape = tuple(axis.extent for axis in self.axes)
        return tuple(cells.at(dict(zip(self.axes, at, strict=True))) for at in np.ndindex(*shape))


def seen_from(window: Window, place: Index, extents: Shape, cell: Index | None = None) -> Sight:
    """What a cell of the windows at these places looks at, or if it is None each of them.

    Args:
        extents: of what is looked at.
    """
    cells, sources, inside, along = [], [], [], []
    axes: list[Axis] = []
    for d, (at, extent) in enumerate(zip(place, extents, strict=True)):
        k = _cells(window, d, at, extent) if cell is None else cell[d]
        if cell is None:
            axes += axes_of((k,))
        source = at * window.stride[d] + k * window.dilation[d] + -window.before[d]
        own = axes_of((source,))
        numbers = numbers_of(source, own)
        cells.append(k)
        sources.append(entry_of(str(source), own, np.clip(numbers, 0, extent - 1)))
        inside.append((numbers >= 0) & (numbers < extent))
        along.append(own)
    return Sight(
        tuple(place), tuple(cells), tuple(sources), tuple(axes), tuple(inside), tuple(along)
    )


def _cells(window: Window, d: int, place: Entry, extent: int) -> Entry:
    """The cells on an axis, of a single window those that do not look at padding."""
    letter = "ijk"[d]
    if not isinstance(place, int):
        return Axis(letter, "cell", window.size[d]).along()
    start = place * window.stride[d] - window.before[d]
    looks = [start + k * window.dilation[d] for k in range(window.size[d])]
    good = [k for k, source in enumerate(looks) if 0 <= source < extent]
    return Axis(letter, "cell", len(good)).along(good[0]) if len(good) > 1 else good[0]


def looking_at(window: Window, source: Index, places: Shape) -> Iterator[Sight]:
    """The cells of windows that look at these sources.

    Args:
        places: how many places the windows have on each axis.
    """
    if window.apart and all(gap == 1 for gap in window.dilation):
        yield from _fitting(window, source, places, None)
        return
    for cell in product(*(range(k) for k in window.size)):
        yield from _fitting(window, source, places, cell)


def _fitting(
    window: Window, source: Index, places: Shape, cell: tuple[int, ...] | None
) -> Iterator[Sight]:
    """Those with this cell, or if it is None with the one that is alone in looking there."""
    cells: list[Entry] = []
    windows, inside, along = [], [], []
    for d, (at, count) in enumerate(zip(source, places, strict=True)):
        stride, own = window.stride[d], axes_of((at,))
        first = at + window.before[d]
        if cell is None:
            k, fits = first % stride, numbers_of(first % stride, own) < window.size[d]
        else:
            k, first = cell[d], first + -cell[d] * window.dilation[d]
            fits = numbers_of(first, own) % stride == 0
        numbers = numbers_of(first, own) // stride
        cells.append(k)
        windows.append(entry_of(f"⌊{first}/{stride}⌋", own, np.clip(numbers, 0, count - 1)))
        inside.append(np.asarray(fits & (numbers >= 0) & (numbers < count)))
        along.append(own)
    found = Sight(tuple(windows), tuple(cells), source, (), tuple(inside), tuple(along))
    if all(values.any() for values in inside):
        yield found
