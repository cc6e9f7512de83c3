"""Which element of which buffer lies where in memory.

Buffers may lie in one another: all weights in one flat θ, their gradients in the flat g. Which
elements are one and the same number is told by their address, whatever the shapes and memory orders
of the arrays.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.graph import Tensor
    from engine.machine import Machine
    from engine.ops.base import Array


def address(array: Array, index: tuple[int, ...]) -> int:
    """Where an element starts, in bytes."""
    offset = sum(i * stride for i, stride in zip(index, array.strides, strict=True))
    return int(array.ctypes.data) + offset


def locate(array: Array, where: int) -> tuple[int, ...] | None:
    """The index of the element that starts at this address; None if no element of `array` does."""
    left = where - int(array.ctypes.data)
    if left < 0 or not array.size:
        return None
    index = [0] * array.ndim
    for axis in sorted(range(array.ndim), key=lambda axis: -array.strides[axis]):
        if array.shape[axis] > 1:
            index[axis], left = divmod(left, array.strides[axis])
            if index[axis] >= array.shape[axis]:
                return None
    return tuple(index) if left == 0 else None


class Layout:
    """The buffers of a machine in memory, and which instructions write where."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._nodes = machine.program.graph.nodes
        self._tensors = machine.program.graph.tensors
        self.writers = cache(self._writers)
        self.overwriters = cache(self._overwriters)
        self.parts = cache(self._parts)

    def array(self, tensor: Tensor) -> Array:
        """The live buffer."""
        return self._machine.view(tensor.name)

    def written_index(self, writer: int, tensor: Tensor, index: tuple[int, ...]) -> Place:
        """Where in the output of an instruction an element of a buffer lies, if it does."""
        where = address(self.array(tensor), index)
        return locate(self.array(self._nodes[writer].output), where)

    def _writers(self, tensor: Tensor) -> tuple[int, ...]:
        """The instructions that may write to elements of this buffer."""
        return tuple(i for i, node in enumerate(self._nodes) if self._meet(node.output, tensor))

    def _overwriters(self, instruction: int) -> tuple[int, ...]:
        """The instructions that may write to what this one reads, itself included."""
        found: set[int] = set()
        for tensor in self._nodes[instruction].inputs:
            found.update(self._writers(tensor))
        return tuple(sorted(found))

    def _parts(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """The buffers that lie in a flat one of all parameters' numbers."""
        if tensor.axes != ("parameter",):
            return ()
        return tuple(t for t in self._tensors if t is not tensor and self._meet(t, tensor))

    def _meet(self, left: Tensor, right: Tensor) -> bool:
        return np.may_share_memory(self.array(left), self.array(right))


Place = tuple[int, ...] | None
