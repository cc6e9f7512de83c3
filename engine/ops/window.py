"""Windows that slide over the time of a sequence or the rows and columns of an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from engine.formula import Entry, Index
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape


@dataclass(frozen=True)
class Window:
    """A window of `size` cells that are `dilation` apart, moved by `stride`; one number an axis.

    `before` and `after` are cells of padding at the two ends of each axis.
    """

    size: Shape
    stride: Shape
    before: Shape
    after: Shape
    dilation: Shape

    @classmethod
    def plain(cls, size: Shape, stride: Shape | None = None) -> Window:
        """A window without padding and gaps; by itself it moves by its own size."""
        none = (0,) * len(size)
        return cls(size, stride or size, none, none, (1,) * len(size))

    @property
    def cells(self) -> int:
        """Cells of a window."""
        count = 1
        for extent in self.size:
            count *= extent
        return count

    def number(self, cell: Index) -> Entry:
        """The number of a cell, row by row."""
        first, *others = cell
        number = first
        for k, size in zip(others, self.size[1:], strict=True):
            number = number * size + k
        return number

    def cell(self, number: Entry) -> Index:
        """The cell with this number."""
        cell: list[Entry] = []
        for size in reversed(self.size[1:]):
            cell.insert(0, number % size)
            number = number // size
        return (number, *cell)

    @property
    def padded(self) -> bool:
        return any(self.before) or any(self.after)

    @property
    def apart(self) -> bool:
        """Whether no cell is in two windows."""
        spans = ((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))
        return all(span <= s for span, s in zip(spans, self.stride, strict=True))

    def extents(self, inputs: Shape) -> Shape:
        """How many places the window has along each axis of so many cells."""
        return tuple(
            (n + before + after - (k - 1) * d - 1) // s + 1
            for n, k, s, before, after, d in zip(
                inputs,
                self.size,
                self.stride,
                self.before,
                self.after,
                self.dilation,
                strict=True,
            )
        )

    def cells_of(
        self, inputs: Shape
    ) -> Iterator[tuple[Shape, tuple[slice, ...], tuple[slice, ...]]]:
        """For every cell of the window: which one, where it looks, and from which places.

        The two groups of slices, of the inputs and of the places, have the same length; places
        from which the cell would look into the padding are left out.
        """
        places = self.extents(inputs)
        for cell in product(*(range(k) for k in self.size)):
            sources, targets = [], []
            for axis, k in enumerate(cell):
                start = k * self.dilation[axis] - self.before[axis]
                stride = self.stride[axis]
                low = max(0, -(start // stride))
                high = min(places[axis], (inputs[axis] - 1 - start) // stride + 1)
                first = start + low * stride
                targets.append(slice(low, max(low, high)))
                sources.append(slice(first, first + max(0, high - low) * stride, stride))
            if all(target.stop > target.start for target in targets):
                yield cell, tuple(sources), tuple(targets)


def planes(array: Array) -> Array:
    """The view with the channels first and the batch last, as order "F" stores it."""
    last = array.ndim - 1
    return array.transpose(last, *range(1, last), 0)
