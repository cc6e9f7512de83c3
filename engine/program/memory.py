"""The position of every tensor of a graph in memory.

All mutable state lies in one block of bytes, so that a snapshot is one copy. What must outlive a
step (counters, hyperparameters, parameters, optimizer state) comes first, then what a step makes.
Data sets are not state: they lie outside the block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.graph.graph import Graph
from engine.tensors.arrays import Array, flat
from engine.tensors.tensor import Order, Role, Shape, Tensor, memory_axes

Index = tuple[int | None, ...]
"""Selects elements of an array: for each axis an index, or None for all of it."""

ALIGNMENT = 64
"""The alignment of tensors in bytes: a cache line, and the widest vector registers in use."""

SECTIONS: tuple[tuple[Role, ...], ...] = (
    ("counter", "index", "hyperparameter", "parameter", "optimizer_state", "statistic"),
    ("gradient", "update"),
    ("input", "target", "pre_activation", "activation", "loss", "local_derivative"),
    ("constant",),
)


@dataclass(frozen=True)
class Extent:
    """Bytes `start` to `stop` of the block."""

    start: int
    stop: int


class MemoryPlan:
    """An extent of the block for each tensor that is not part of another or given from outside."""

    def __init__(self, graph: Graph, dtype: str, outside: frozenset[str]) -> None:
        self.dtype = np.dtype(dtype)
        self.extents: dict[Tensor, Extent] = {}
        self.bytes = 0
        self.persistent = 0
        rank = {role: rank for rank, roles in enumerate(SECTIONS) for role in roles}
        owners = [t for t in graph.tensors if t.parent is None and t.name not in outside]
        for tensor in sorted(owners, key=lambda t: rank[t.role]):
            self._allot(tensor)
            if rank[tensor.role] == 0:
                self.persistent = self.bytes

    def _allot(self, tensor: Tensor) -> None:
        start = -(-self.bytes // ALIGNMENT) * ALIGNMENT
        stop = start + self.stored_size(tensor) * self.type_of(tensor).itemsize
        self.extents[tensor] = Extent(start, stop)
        self.bytes = stop

    def type_of(self, tensor: Tensor) -> np.dtype[np.generic]:
        """The dtype a tensor is stored in."""
        return np.dtype(tensor.dtype) if tensor.dtype else self.dtype

    def stored_size(self, tensor: Tensor) -> int:
        """The number of stored elements, with the ones behind the units."""
        return tensor.size + (tensor.size // tensor.shape[-1] if tensor.ones else 0)


class Memory:
    """The arrays of a plan.

    Args:
        plan: the layout of the block.
        outside: arrays by tensor name that lie elsewhere: data sets, or another memory's
            parameters.
    """

    def __init__(self, plan: MemoryPlan, outside: Mapping[str, Array]) -> None:
        self.plan = plan
        self.block: NDArray[np.uint8] = _aligned(plan.bytes)
        self._outside = dict(outside)
        self._arrays: dict[Tensor, Array] = {}
        for tensor in plan.extents:
            if tensor.ones:
                self.with_ones(tensor)[:, -1] = 1
            if tensor.value is not None:
                self.array(tensor)[...] = tensor.value

    def array(self, tensor: Tensor) -> Array:
        """The tensor's array, in its logical shape."""
        if tensor not in self._arrays:
            self._arrays[tensor] = self._make(tensor)
        return self._arrays[tensor]

    def replace(self, tensor: Tensor, array: Array) -> None:
        """Use another array for a tensor outside the block."""
        self._outside[tensor.name] = self._arrays[tensor] = array

    def with_ones(self, tensor: Tensor) -> Array:
        """The tensor as rows of units that end with a 1, (rows, units + 1).

        A row is a sample, or a position in one, in memory order.
        """
        units = tensor.shape[-1]
        return self._typed(tensor, self.plan.extents[tensor]).reshape(units + 1, -1).T

    def joined(self, weights: Tensor, bias: Tensor) -> Array | None:
        """Weights with the bias as last row, (inputs + 1, units); None if they are not adjacent."""
        end = weights.offset + weights.size
        if weights.parent is None or bias.parent is not weights.parent or bias.offset != end:
            return None
        whole = self.array(weights.parent)
        return whole[weights.offset : end + bias.size].reshape(-1, weights.shape[-1])

    def _make(self, tensor: Tensor) -> Array:
        if tensor.parent is not None:
            whole = self.array(tensor.parent)
            if tensor.index is not None:
                return whole[tensor.index]
            return shaped(
                flat(whole)[tensor.offset : tensor.offset + tensor.size], tensor.shape, tensor.order
            )
        if tensor.name in self._outside:
            return self._outside[tensor.name]
        stored = self._typed(tensor, self.plan.extents[tensor])
        return shaped(stored[: tensor.size], tensor.shape, tensor.order)

    def _typed(self, tensor: Tensor, extent: Extent) -> Array:
        return self.block[extent.start : extent.stop].view(self.plan.type_of(tensor))


def slot(name: str, array: Array, index: Index | None) -> Array:
    """A view of the elements at `index` (None: all) of the array of the buffer `name`.

    Raises:
        DescriptionError: it has no such elements.
    """
    if index is None:
        return array
    inside = len(index) == array.ndim and all(
        i is None or 0 <= i < extent for i, extent in zip(index, array.shape, strict=True)
    )
    if not inside:
        raise DescriptionError(name, index, f"an index within {array.shape}")
    view: Array = array[(*(slice(None) if i is None else i for i in index), ...)]
    return view


def shaped(stored: Array, shape: Shape, order: Order) -> Array:
    """A view of elements that are stored in memory order `order`, in a logical shape."""
    axes = memory_axes(order, len(shape))
    inverse = sorted(range(len(axes)), key=axes.__getitem__)
    return stored.reshape([shape[axis] for axis in axes]).transpose(inverse)


def _aligned(size: int) -> NDArray[np.uint8]:
    """Zeroed bytes that start at a multiple of ALIGNMENT."""
    raw = np.zeros(size + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]
