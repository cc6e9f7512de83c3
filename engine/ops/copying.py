"""Copies: the same numbers in another buffer, or in another memory order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import Formula, Index, Operand
from engine.ops.base import Call, GraphBuilder, Op
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape, Tensor


class Copy(Op):
    """The same numbers, in the memory order of the result."""

    name = "copy"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return inputs[0]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[0])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[0][index]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (x,) = inputs
        return (upstream if x.order == out.order else graph.apply(Copy(), upstream, like=x),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0
