"""Which buffers of a machine share memory, and which instructions write to them."""

from __future__ import annotations

from functools import cache

from engine.program.machine import Machine
from engine.tensors.addresses import address, locate
from engine.tensors.arrays import Array
from engine.tensors.tensor import Tensor


class Aliasing:
    """Maps elements between buffers that share memory, and lists the instructions that write."""

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

    def written_index(
        self, writer: int, tensor: Tensor, index: tuple[int, ...]
    ) -> tuple[int, ...] | None:
        """The index of an element of a buffer in an instruction's output; None if it is outside."""
        where = address(self.array(tensor), index)
        return locate(self.array(self._nodes[writer].output), where)

    def _writers(self, tensor: Tensor) -> tuple[int, ...]:
        """The instructions that may write to elements of this buffer."""
        return self._machine.program.writers(tensor.name)

    def _overwriters(self, instruction: int) -> tuple[int, ...]:
        """The instructions that may write to what this one reads, itself included."""
        found: set[int] = set()
        for tensor in self._nodes[instruction].inputs:
            found.update(self._writers(tensor))
        return tuple(sorted(found))

    def _parts(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """The buffers that are slices of a flat one such as ``parameters``; none for others."""
        if tensor.axes != ("parameter",):
            return ()
        return tuple(t for t in self._tensors if t.parent is tensor)
