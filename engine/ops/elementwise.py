"""Arithmetic element by element, with NumPy's broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import Condition, Formula, Function, Index, Number, Operand, where
from engine.ops.base import Call, GradientStop, GraphBuilder, Op
from engine.ops.reduction import SumTo
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Shape, Tensor


def unbroadcast(graph: GraphBuilder, gradient: Tensor, x: Tensor) -> Tensor:
    """Sum `gradient` over the axes along which `x` was repeated."""
    if gradient.shape == x.shape:
        return gradient
    return graph.apply(SumTo(x.shape), gradient, like=x)


def times(graph: GraphBuilder, local: Tensor, upstream: Tensor) -> Tensor:
    """local ⊙ upstream, without an instruction where upstream is the seed dL/dL = 1."""
    if upstream.shape == () and upstream.value == 1.0:
        return local
    return graph.apply(Multiply(), local, upstream, like=local)


class _Binary(Op):
    """Two operands, broadcast against each other."""

    elementwise = True

    def shape(self, *inputs: Tensor) -> Shape:
        return np.broadcast_shapes(inputs[0].shape, inputs[1].shape)

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return max(inputs, key=lambda tensor: tensor.size)


class Add(_Binary):
    """x + y."""

    name = "add"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.add, inputs[0], inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        return x.broadcast(index) + y.broadcast(index)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        return [unbroadcast(graph, upstream, x) for x in inputs]


class Subtract(_Binary):
    """x - y."""

    name = "subtract"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} − {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.subtract, inputs[0], inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        return x.broadcast(index) - y.broadcast(index)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, y = inputs
        dx = unbroadcast(graph, upstream, x)
        if y.role == "target":
            return dx, None
        return dx, unbroadcast(graph, graph.apply(Scale(-1.0), upstream), y)


class Multiply(_Binary):
    """x ⊙ y."""

    name = "multiply"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} ⊙ {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.multiply, inputs[0], inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        return x.broadcast(index) * y.broadcast(index)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        x, y = inputs
        return [
            None
            if tensor.role in ("hyperparameter", "constant")
            else unbroadcast(graph, graph.apply(Multiply(), upstream, other, like=out), tensor)
            for tensor, other in ((x, y), (y, x))
        ]


class Scale(Op):
    """c·x for a fixed number c, shown as `label`, such as 2/n, if it is given."""

    name = "scale"
    elementwise = True

    def __init__(self, factor: float, label: str | None = None) -> None:
        self.factor = factor
        self.label = label if label is not None else f"{factor:g}".replace("-", "−")

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"−{inputs[0]}" if self.factor == -1.0 else f"{self.label}·{inputs[0]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.multiply, inputs[0], constant(self.factor, out), out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x = inputs[0][index]
        above, fraction, below = self.label.partition("/")
        if fraction:
            return Number(float(above)) * x / Number(round(float(above) / self.factor), below)
        return -x if self.factor == -1.0 else Number(self.factor, self.label) * x

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        return (graph.apply(Scale(self.factor, self.label), upstream),)


class Sign(Op):
    """sign(x): the derivative of |x|, with 0 at 0. Constant wherever it has a derivative."""

    name = "sign"
    elementwise = True

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"sign({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.sign, inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("sign", inputs[0][index])


class Clip(Op):
    """x clipped to −bound … bound."""

    name = "clip"
    elementwise = True

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"clip({inputs[0]}, ±{self.bound:g})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [
            partial(np.minimum, inputs[0], constant(self.bound, out), out=out),
            partial(np.maximum, out, constant(-self.bound, out), out=out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, bound = inputs[0][index], Number(self.bound)
        above, below = Condition(x, ">", bound), Condition(x, "<", -bound)
        return where(above, bound, where(below, -bound, x))

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        inside = graph.apply(Inside(self.bound), inputs[0])
        return (graph.apply(Multiply(), upstream, inside, like=inputs[0]),)


class Inside(Op):
    """1 where |x| is at most `bound`, else 0: the local derivative of `Clip`."""

    name = "inside"
    gradient_stop = GradientStop("clipped", 0.0)
    elementwise = True

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"1 where |{inputs[0]}| ≤ {self.bound:g}, else 0"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        mask = np.empty_like(out, dtype=bool)
        return [
            partial(np.absolute, inputs[0], out),
            partial(np.less_equal, out, constant(self.bound, out), mask),
            partial(np.copyto, out, mask),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        size = Function("abs", inputs[0][index])
        return where(Condition(size, "≤", Number(self.bound)), Number(1.0), Number(0.0))
