"""The base class of ops: each is one class with shape rule, kernel, VJP, explanation and FLOPs.

To add an op, subclass `Op` in the file of its family and define these; nothing else in the engine
needs to know it. `tests/engine/ops/test_ops.py` checks its VJP once it is named there, and
`tests/engine/explain/test_explain.py` its explanation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.formula import Formula, Index, Operand
from engine.tensors.arrays import Array, in_memory_order
from engine.tensors.tensor import Order, PartIndex, Role, Shape, Tensor

Call = Callable[[], object]
"""One bound NumPy call: all its operands, `out` included, are fixed when a program is loaded."""


class GraphBuilder(Protocol):
    """The part of `Graph` that an op's VJP rule uses; `Graph` documents the methods."""

    @property
    def tensors(self) -> Sequence[Tensor]:
        """All tensors so far, in the order in which they were added."""

    def apply(
        self,
        op: Op,
        *inputs: Tensor,
        name: str | None = None,
        symbol: str | None = None,
        role: Role = "gradient",
        axes: tuple[str, ...] | None = None,
        like: Tensor | None = None,
        order: Order | None = None,
    ) -> Tensor:
        """Append `op` on `inputs`; its result is a new tensor."""

    def part(self, whole: Tensor, index: PartIndex, name: str, symbol: str) -> Tensor:
        """An alias of ``whole[index]``."""

    def at(self, layer: str) -> AbstractContextManager[None]:
        """A context in which appended ops belong to that layer."""

    def is_computed(self, tensor: Tensor) -> bool:
        """Whether an op computes this tensor as a whole."""


class Buffers(Protocol):
    """The arrays of tensors, as binding an op needs them."""

    def array(self, tensor: Tensor) -> Array:
        """The tensor's array, in its logical shape."""

    def with_ones(self, tensor: Tensor) -> Array:
        """The tensor with a 1 after the units of each row: (rows, units + 1)."""

    def joined(self, weights: Tensor, bias: Tensor) -> Array | None:
        """The weights with the bias as last row: (inputs + 1, units); None if not adjacent."""


@dataclass(frozen=True)
class DeferredProduct:
    """A gradient leftᵀ·right that is not computed yet.

    For a weight that is used at every time step, `engine.graph.autodiff` computes the sum of these
    products with one instruction: one product of the factors of all time steps.
    """

    left: Tensor
    right: Tensor


StopKind = Literal["dead", "saturated", "clipped", "dropped"]
ZeroReason = Literal["unseen", "not_chosen", "no_class", "masked"]


@dataclass(frozen=True)
class GradientStop:
    """The bound at which a factor of a gradient lets (almost) no gradient pass.

    Attributes:
        kind: what a unit with such a factor is called.
        limit: the largest magnitude of such a factor.
    """

    kind: StopKind
    limit: float

    def stops(self, factors: Array) -> NDArray[np.bool_]:
        """Which of these factors let no gradient pass; slopes may be negative."""
        return np.abs(factors) <= self.limit


class Op(ABC):
    """A primitive operation. Stateless: what it needs beyond its inputs is fixed at creation."""

    name: ClassVar[str]
    dtype: str = ""
    """NumPy dtype of the result, "" for the program's floating type."""
    has_kink: ClassVar[bool] = False
    """Whether the derivative, or its slope, jumps where `branch` changes. Finite differences across
    such a kink say nothing about the derivative."""
    cut: int | None = None
    """The number of an input to which the VJP passes no gradient although the result depends on it,
    because backpropagation is truncated there; None for none."""
    hides_overflow: ClassVar[bool] = False
    """Whether the ops that read the result make 0 of an infinity, so that no later number tells of
    it. Then the result itself is checked, see `engine.program.finiteness`."""
    gradient_stop: ClassVar[GradientStop | None] = None
    """The bound at which the result, as a factor of a gradient, lets (almost) no gradient pass."""
    couples_outputs: ClassVar[bool] = False
    """Whether the VJP reuses the output and the output's elements depend on one another (as in
    softmax). Then no single element may be clamped."""
    selects_elements: ClassVar[bool] = False
    """Whether each element of the output is an element of the first input, or 0. Explanations name
    an element after the selected one."""
    zero_reason: ClassVar[ZeroReason | None] = None
    """Why an element of the output can be 0 regardless of the inputs' values: "not_chosen" (max
    pooling), "unseen" (embedding)."""
    elementwise: ClassVar[bool] = False
    """Whether each element of the result depends on one element of each input, in any order."""
    any_order: ClassVar[bool] = False
    """Whether the kernel can write its result in any memory order."""
    strided: ClassVar[bool] = False
    """Whether the kernel can write to a result with gaps, such as a part of a larger array."""

    @abstractmethod
    def shape(self, *inputs: Tensor) -> Shape:
        """Shape of the result."""

    @abstractmethod
    def formula(self, *inputs: str) -> str:
        """The right-hand side of the instruction, in the inputs' symbols."""

    @abstractmethod
    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        """The bound calls that write `out`. May keep scratch arrays; calls must not allocate."""

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        """How ``out[index]`` is computed from elements of the inputs.

        The operands are as the instruction saw them. `index` may have running axes in place of
        numbers, unless the elements that are needed depend on values.
        """
        raise NotImplementedError(f"{self.name} does not explain its numbers")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | DeferredProduct | None]:
        """Append the ops that turn dL/d(out) into dL/d(input), one for each input.

        None where the input is not differentiated (targets, masks, counters).
        """
        return [None] * len(inputs)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        """Floating-point operations of one application (a multiply-add counts two)."""
        return out.size

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        """The input whose axes and memory order the result takes, if their shapes are equal."""
        return inputs[0] if inputs else None

    def order(self, *inputs: Tensor) -> Order:
        """Memory order of the result where it cannot be taken from `pattern`."""
        return "C"

    def storage(self, *inputs: Tensor) -> Tensor | None:
        """The input in whose storage the result lies, if the op returns a view."""
        return None

    def branch(self, *inputs: Array) -> Array:
        """Which side of the op's kinks each element is on."""
        return np.greater(inputs[0], 0)

    def prepare(self, *inputs: Tensor) -> None:  # noqa: B027 - most ops require nothing
        """Set requirements on the inputs' storage, such as `Tensor.ones`, before it is planned."""

    def bind(self, buffers: Buffers, out: Tensor, *inputs: Tensor) -> list[Call]:
        """The kernel, bound to the arrays of these tensors."""
        arrays = [buffers.array(tensor) for tensor in (out, *inputs)]
        return self.kernel(*(in_memory_order(arrays) if self.elementwise else arrays))


class WithoutVJP(Op):
    """An op that is not differentiated.

    It is part of a backward pass, or another op's rule goes straight to its inputs.
    """

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | DeferredProduct | None]:
        """Raise ValueError: gradients of zero would be wrong."""
        raise ValueError(f"{self.name} has no VJP")
