"""What an op is: one visible class with its shape rule, kernel, VJP, explanation and FLOPs.

To add an op, subclass `Op` in the file of its family and give it those; nothing else in the engine
needs to know of it. `tests/engine/test_ops.py` checks its VJP once it is named there, and
`tests/engine/test_explain.py` its explanation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.formula import Formula, Index, Operand
    from engine.graph import Graph, Shape, Tensor
    from engine.memory import Memory

Array = NDArray[Any]
Call = Callable[[], object]
"""One bound NumPy call: all its operands, `out` included, are fixed when a program is loaded."""


@dataclass(frozen=True)
class Barrier:
    """A factor of at most `limit` lets (almost) no gradient through; `kind` is a word for that."""

    kind: str
    limit: float


class Op(ABC):
    """A primitive operation. Stateless: what it needs beyond its inputs is fixed at creation."""

    name: ClassVar[str]
    dtype: ClassVar[str] = ""
    """NumPy dtype of the result, "" for the program's floating type."""
    kinked: ClassVar[bool] = False
    """The derivative, or its slope, jumps where `branch` changes; differences across that prove
    nothing."""
    barrier: ClassVar[Barrier | None] = None
    """Of a factor of gradients: when it lets (almost) nothing through, and what that is called."""

    @abstractmethod
    def shape(self, *inputs: Tensor) -> Shape:
        """Shape of the result."""

    @abstractmethod
    def formula(self, *inputs: str) -> str:
        """The right-hand side, in the inputs' symbols."""

    @abstractmethod
    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        """The bound calls that write `out`. May keep scratch arrays; calls must not allocate."""

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        """How ``out[index]`` comes from elements of the inputs.

        The operands are as the instruction saw them. `index` may have running axes in place of
        numbers, unless which elements are needed depends on their values.
        """
        raise NotImplementedError(f"{self.name} does not explain its numbers")

    def vjp(
        self, graph: Graph, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        """Append the ops that turn dL/d(out) into dL/d(input), one for each input.

        None where the input is not differentiated (targets, masks, counters).
        """
        return [None] * len(inputs)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        """Floating-point operations of one application (a multiply-add counts two)."""
        return out.size

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        """The input whose axes and memory order the result has, if it has its shape."""
        return inputs[0] if inputs else None

    def order(self, *inputs: Tensor) -> Literal["C", "F"]:
        """Memory order of the result where it cannot be taken from `pattern`."""
        return "C"

    def branch(self, *inputs: Array) -> Array:
        """For a kinked op: which side of its kinks each element is on."""
        return np.greater(inputs[0], 0)

    def prepare(self, *inputs: Tensor) -> None:  # noqa: B027 - most ops ask for nothing
        """Ask for something of the inputs' storage before it is planned."""

    def bind(self, memory: Memory, out: Tensor, *inputs: Tensor) -> list[Call]:
        """The kernel on the arrays that `memory` holds for these tensors."""
        return self.kernel(memory.array(out), *(memory.array(tensor) for tensor in inputs))


def constant(value: float, like: Array) -> Array:
    """`value` as a 0-d array: about half as expensive an operand of a small ufunc as a float."""
    return np.array(value, dtype=like.dtype)


def flat(array: Array) -> Array:
    """A one-dimensional view in memory order (never a copy)."""
    view = array.reshape(-1, order="A")
    if not np.shares_memory(view, array) and array.size:
        raise ValueError("an array with gaps has no flat view")
    return view


def flat_pair(left: Array, right: Array) -> tuple[Array, Array]:
    """Flat views of two arrays of one shape, element for element in the same order."""
    for order in ("C_CONTIGUOUS", "F_CONTIGUOUS"):
        if left.flags[order] and right.flags[order]:
            return flat(left), flat(right)
    raise ValueError("the two arrays lie in different memory orders")


BLOCK_BYTES = 1 << 18
"""Bytes of an array that an update rule works on at a time: its operands then stay in cache."""


def blocks(*arrays: Array) -> list[tuple[Array, ...]]:
    """Equally cut pieces of flat arrays, for kernels that make several passes over long ones."""
    first, size = arrays[0], BLOCK_BYTES // arrays[0].itemsize
    return [tuple(a[i : i + size] for a in arrays) for i in range(0, first.size, size)]
