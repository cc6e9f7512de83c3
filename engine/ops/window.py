"""Windows that slide over the time steps of a sequence or the rows and columns of an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from engine.formula import Entry, Index
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape


@dataclass(frozen=True)
class Window:
    """A window of `size` cells, `dilation` apart, that moves by `stride`; a number for each axis.

    `before` and `after` are cells of padding at the two ends of each axis.
    """

    size: Shape
    stride: Shape
    before: Shape
    after: Shape
    dilation: Shape

    @classmethod
    def plain(cls, size: Shape, stride: Shape | None = None) -> Window:
        """A window without padding or dilation; by default its stride is its size."""
        none = (0,) * len(size)
        return cls(size, stride or size, none, none, (1,) * len(size))

    @property
    def cells(self) -> int:
        """Number of cells of a window."""
        count = 1
        for extent in self.size:
            count *= extent
        return count

    def number(self, cell: Index) -> Entry:
        """The flat index of a cell, counted row by row."""
        first, *others = cell
        number = first
        for k, size in zip(others, self.size[1:], strict=True):
            number = number * size + k
        return number

    def cell(self, number: Entry) -> Index:
        """The cell with this flat index."""
        cell: list[Entry] = []
        for size in reversed(self.size[1:]):
            cell.insert(0, number % size)
            number = number // size
        return (number, *cell)

    @property
    def padded(self) -> bool:
        return any(self.before) or any(self.after)

    @property
    def disjoint(self) -> bool:
        """Whether no input is in two windows."""
        spans = ((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))
        return all(span <= s for span, s in zip(spans, self.stride, strict=True))

    def extents(self, inputs: Shape) -> Shape:
        """Number of window positions along each axis of inputs with these extents."""
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
        """For every cell of the window: the cell, the inputs it covers, the window positions.

        The slices of the inputs and of the positions have the same length; positions at which the
        cell would cover padding are left out.
        """
        positions = self.extents(inputs)
        for cell in product(*(range(k) for k in self.size)):
            sources, targets = [], []
            for axis, k in enumerate(cell):
                start = k * self.dilation[axis] - self.before[axis]
                stride = self.stride[axis]
                low = max(0, -(start // stride))
                high = min(positions[axis], (inputs[axis] - 1 - start) // stride + 1)
                first = start + low * stride
                targets.append(slice(low, max(low, high)))
                sources.append(slice(first, first + max(0, high - low) * stride, stride))
            if all(target.stop > target.start for target in targets):
                yield cell, tuple(sources), tuple(targets)


def planes(array: Array) -> Array:
    """A view with the channels first and the batch last, as order "F" stores it."""
    last = array.ndim - 1
    return array.transpose(last, *range(1, last), 0)
