"""Symbolic tensors: what an array is called, what it means, and where it lies in memory.

A tensor is part of a description; nothing is allocated or computed here. `Tensor.parent` says that
a tensor lies within another, as one weight matrix lies in the flat array of all parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
PartIndex = tuple[int | slice, ...]
Order = Literal["C", "F", "T", "U"]

Role = Literal[
    "input",
    "target",
    "index",
    "parameter",
    "pre_activation",
    "activation",
    "local_derivative",
    "gradient",
    "update",
    "optimizer_state",
    "statistic",
    "hyperparameter",
    "loss",
    "counter",
    "constant",
]


@dataclass(eq=False)
class Tensor:
    """A named array that does not exist yet.

    Attributes:
        name: unique path, e.g. ``dense1/W`` or ``dense1/W.grad``.
        symbol: how formulas write it, e.g. ``W1`` or ``dW1``.
        shape: logical shape; the batch, where there is one, is the first axis.
        axes: what each axis counts, e.g. ``("batch", "unit")``.
        role: what the values mean to a reader.
        layer: the layer it belongs to, or ``""``.
        dtype: NumPy dtype name, or ``""`` for the program's own floating type.
        order: memory order, see `memory_axes`.
        ones: whether storage has one more unit that is always 1, whose weight is a bias; only in
            orders "F" and "U", where the units are outermost.
        parent: the tensor in whose storage this one lies; None if it has its own.
        offset: where it begins in the parent, in elements in memory order, if `index` is None.
        index: the parent's elements that it consists of, as a NumPy index.
        alias: whether it is a name for some of the parent's values, so that its gradient is that
            part of the parent's gradient; otherwise it only uses the parent's storage.
        value: what it holds before step 0, such as a constant or a statistic; None if unset.
    """

    name: str
    symbol: str
    shape: Shape
    axes: tuple[str, ...]
    role: Role
    layer: str = ""
    dtype: str = ""
    order: Order = "C"
    ones: bool = False
    value: float | NDArray[np.float64] | None = None
    parent: Tensor | None = None
    offset: int = 0
    index: PartIndex | None = None
    alias: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def overlaps(self, other: Tensor) -> bool:
        """Whether the two may share elements, judged by their positions in a common ancestor."""
        mine, others = self.lineage(), other.lineage()
        if mine[-1] is not others[-1]:
            return False
        while len(mine) > 1 and len(others) > 1 and mine[-2] is others[-2]:
            mine, others = mine[:-1], others[:-1]
        if len(mine) == 1 or len(others) == 1:
            return True
        left, right, whole = mine[-2], others[-2], mine[-1]
        if left.index is None and right.index is None:
            return (
                left.offset < right.offset + right.size and right.offset < left.offset + left.size
            )
        if left.index is None or right.index is None:
            return True
        return parts_meet(whole.shape, left.index, right.index)

    def lineage(self) -> tuple[Tensor, ...]:
        """The tensor, its parent, the parent's parent, and so on to one without a parent."""
        return (self, *self.parent.lineage()) if self.parent is not None else (self,)

    @property
    def storage(self) -> Tensor:
        """The ancestor in whose storage this tensor lies; the tensor itself if it has no parent."""
        return self.lineage()[-1]


def memory_axes(order: Order, dimensions: int) -> tuple[int, ...]:
    """The axes of a tensor from the outermost to the innermost in memory.

    - ``"C"``: as they are written, the units of a sample side by side.
    - ``"F"``: units outermost, batch innermost, so that per-unit rows are contiguous, and so are
      the pixels of a row over the whole batch; for dense layers of narrow inputs, convolutions.
    - ``"T"``: time outermost, so that every time step is one contiguous matrix; for recurrence.
      The gates that divide a step come next.
    - ``"U"``: units outermost, the other axes as they are written, so that a sample's time steps
      are a row of each unit; for attention.

    "C" and "T" are the same for one axis, "F" and "U" for up to two.
    """
    axes = tuple(range(dimensions))
    if order == "C" or dimensions < 2:
        return axes
    if order == "T":
        return (*axes[1:-1], 0, axes[-1]) if dimensions > 2 else (1, 0)
    if order == "F":
        return (axes[-1], *axes[1:-1], 0)
    return (axes[-1], *axes[:-1])


def part_shape(shape: Shape, index: PartIndex) -> Shape:
    """The shape of ``array[index]`` for an array of `shape`."""
    extents = []
    for axis, extent in enumerate(shape):
        entry = index[axis] if axis < len(index) else slice(None)
        if isinstance(entry, slice):
            extents.append(len(range(*entry.indices(extent))))
    return tuple(extents)


def parts_meet(shape: Shape, first: PartIndex, second: PartIndex) -> bool:
    """Whether two parts of an array of `shape` have an element in common."""
    for axis, extent in enumerate(shape):
        ranges = []
        for index in (first, second):
            entry = index[axis] if axis < len(index) else slice(None)
            if isinstance(entry, slice):
                ranges.append(range(*entry.indices(extent)))
            else:
                ranges.append(range(entry, entry + 1))
        if not range(max(r.start for r in ranges), min(r.stop for r in ranges)):
            return False
    return True
