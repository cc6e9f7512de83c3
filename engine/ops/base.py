"""What an op is: one visible class with its shape rule, kernel, VJP, explanation and FLOPs.

To add an op, subclass `Op` in the file of its family and give it those; nothing else in the engine
needs to know of it. `tests/engine/ops/test_ops.py` checks its VJP once it is named there, and
`tests/engine/explain/test_explain.py` its explanation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.formula import Formula, Index, Operand
    from engine.graph.graph import Graph, Order, Product, Shape, Tensor
    from engine.program.memory import Memory

Array = NDArray[Any]
Call = Callable[[], object]
"""One bound NumPy call: all its operands, `out` included, are fixed when a program is loaded."""


@dataclass(frozen=True)
class Barrier:
    """A factor of at most the size `limit` lets (almost) no gradient through; `kind` is a word."""

    kind: str
    limit: float

    def closed(self, factors: Array) -> NDArray[np.bool_]:
        """Which factors let none through: slopes may be negative, too."""
        return np.abs(factors) <= self.limit


class Op(ABC):
    """A primitive operation. Stateless: what it needs beyond its inputs is fixed at creation."""

    name: ClassVar[str]
    dtype: str = ""
    """NumPy dtype of the result, "" for the program's floating type."""
    kinked: ClassVar[bool] = False
    """The derivative, or its slope, jumps where `branch` changes; differences across that prove
    nothing."""
    barrier: ClassVar[Barrier | None] = None
    """Of a factor of gradients: when it lets (almost) nothing through, and what that is called."""
    entangled: ClassVar[bool] = False
    """Its VJP takes its result, elements of which depend on one another, for what it computed; so
    none of them may be held at another value."""
    gathers: ClassVar[bool] = False
    """Each element of the result is one of the first input, or 0; single ones are called so."""
    nothing: ClassVar[str] = ""
    """What it is called where its result is 0 whatever the numbers are: a cell that was not chosen,
    a row that nobody looked up."""
    elementwise: ClassVar[bool] = False
    """Each element of the result depends on one element of each input, in any memory order."""
    any_order: ClassVar[bool] = False
    """The kernel can write its result in any memory order."""
    strided: ClassVar[bool] = False
    """The kernel can write to a result with gaps, a part of a larger array."""

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
    ) -> Sequence[Tensor | Product | None]:
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

    def order(self, *inputs: Tensor) -> Order:
        """Memory order of the result where it cannot be taken from `pattern`."""
        return "C"

    def storage(self, *inputs: Tensor) -> Tensor | None:
        """The input in whose storage the result lies, for ops that only look at it anew."""
        return None

    def branch(self, *inputs: Array) -> Array:
        """For a kinked op: which side of its kinks each element is on."""
        return np.greater(inputs[0], 0)

    def prepare(self, *inputs: Tensor) -> None:  # noqa: B027 - most ops ask for nothing
        """Ask for something of the inputs' storage before it is planned."""

    def bind(self, memory: Memory, out: Tensor, *inputs: Tensor) -> list[Call]:
        """The kernel on the arrays that `memory` holds for these tensors."""
        arrays = [memory.array(tensor) for tensor in (out, *inputs)]
        return self.kernel(*(_straight(arrays) if self.elementwise else arrays))


class WithoutVJP(Op):
    """An op that is not differentiated.

    It is part of a backward pass, or another op's rule goes straight to its inputs.
    """

    def vjp(
        self, graph: Graph, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | Product | None]:
        """Refuse: zeros in its place would be wrong."""
        raise ValueError(f"{self.name} has no VJP")


def _straight(arrays: list[Array]) -> list[Array]:
    """The arrays with their axes in memory order, so that NumPy runs one straight loop.

    Only if all that are not 0-d have one shape and one order; else as they are.
    """
    first = arrays[0]
    if first.ndim < 2 or any(array.shape not in ((), first.shape) for array in arrays):
        return arrays
    axes = sorted(range(first.ndim), key=lambda axis: -first.strides[axis])
    moved = [array.transpose(axes) if array.ndim else array for array in arrays]
    return moved if all(a.flags.c_contiguous for a in moved) else arrays


def matrix(array: Array) -> Array:
    """(rows, units): all axes but the last as one, in memory order (never a copy).

    Raises:
        ValueError: the array has gaps or its units lie between its other axes.
    """
    if array.ndim == 2:
        return array
    *others, last = range(array.ndim)
    others.sort(key=lambda axis: -array.strides[axis])
    return reshaped(array.transpose(*others, last), -1, array.shape[-1])


def constant(value: float, like: Array) -> Array:
    """`value` as a 0-d array: about half as expensive an operand of a small ufunc as a float."""
    return np.array(value, dtype=like.dtype)


def reshaped(array: Array, *shape: int) -> Array:
    """A view of that shape (never a copy).

    Raises:
        ValueError: the array has gaps where the view has none.
    """
    view = array.reshape(shape)
    if array.size and not np.shares_memory(view, array):
        raise ValueError(f"an array of shape {array.shape} as it lies has no view as {shape}")
    return view


def flat(array: Array) -> Array:
    """A one-dimensional view in memory order (never a copy).

    Raises:
        ValueError: the array has gaps.
    """
    axes = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    ordered = array.transpose(axes)
    if not ordered.flags.c_contiguous:
        raise ValueError("an array with gaps has no flat view")
    return ordered.reshape(-1)


def flat_pair(left: Array, right: Array) -> tuple[Array, Array]:
    """Flat views of two arrays of one shape, element for element in the same order."""
    pair = _straight([left, right])
    if not all(array.flags.c_contiguous for array in pair):
        raise ValueError("the two arrays lie in different memory orders")
    return pair[0].reshape(-1), pair[1].reshape(-1)


BLOCK_BYTES = 1 << 18
"""Bytes of an array that an update rule works on at a time: its operands then stay in cache."""


def blocks(*arrays: Array) -> list[tuple[Array, ...]]:
    """Equally cut pieces of flat arrays, for kernels that make several passes over long ones."""
    first, size = arrays[0], BLOCK_BYTES // arrays[0].itemsize
    return [tuple(a[i : i + size] for a in arrays) for i in range(0, first.size, size)]


def pieces(*arrays: Array) -> list[tuple[Array, ...]]:
    """The same for arrays of one shape whose elements lie alike; where they do not, all at once."""
    if all(array.flags.c_contiguous for array in arrays):
        return blocks(*(array.reshape(-1) for array in arrays))
    return [arrays]
