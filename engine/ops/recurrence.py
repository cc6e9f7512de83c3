"""The ops of one time step of a recurrent layer.

The weights of a recurrent product are used at every time step. Therefore each step returns their
gradient as a `DeferredProduct`, and the backward pass sums these in one instruction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import (
    Entry,
    Formula,
    Function,
    Index,
    Number,
    Operand,
    added,
    axes_of,
    masked,
    numbers_of,
    summation,
)
from engine.ops.activation import SigmoidDerivative, local_derivative, sigmoid
from engine.ops.base import Call, DeferredProduct, GraphBuilder, Op, WithoutVJP
from engine.ops.elementwise import Multiply, Subtract
from engine.ops.linear import MatMul, product
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Order, Shape, Tensor


class StepProduct(Op):
    """h·U with the previous step's state h (batch, units) and U (units, gates·units).

    With `detached`, h gets no gradient: backpropagation through time is truncated here.
    """

    name = "step_product"

    def __init__(self, *, detached: bool = False) -> None:
        self.detached = detached
        self.cut = 0 if detached else None

    def shape(self, *inputs: Tensor) -> Shape:
        h, u, *_ = inputs
        return (h.shape[0], u.shape[1])

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}·{inputs[1]}{self.note()}"

    def note(self) -> str:
        """The formula's remark on a truncation."""
        return " (no gradient to the step before)" if self.detached else ""

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return product(inputs[0], inputs[1], out)

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        h, u, *_ = inputs
        k = h.axis(-1)
        return summation(h[index[0], k] * u[k, index[1]], k)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | DeferredProduct | None]:
        h, u, *_ = inputs
        back = None
        if not self.detached:
            back = graph.apply(MatMul(transpose_right=True), upstream, u, like=h)
        return back, DeferredProduct(h, upstream)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size * inputs[0].shape[1]


class StepSum(StepProduct):
    """z = h·U + s with the contribution s of the step's input."""

    name = "step_sum"

    def formula(self, *inputs: str) -> str:
        h, u, s = inputs
        return f"{h}·{u} + {s}{self.note()}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        h, u, s = inputs
        return [*product(h, u, out), partial(np.add, out, s, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return super().explain(index, out, *inputs) + inputs[2][index]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | DeferredProduct | None]:
        return *super().vjp(graph, upstream, out, *inputs), upstream

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return super().flops(out, *inputs) + out.size


class Gates(Op):
    """σ of the first blocks of columns of z, the gates, and tanh of the others.

    z (batch, blocks·units) -> (batch, block, units), stored block by block (order "T"), so that
    every gate is one contiguous matrix.
    """

    name = "gates"

    def __init__(self, gates: int, blocks: int) -> None:
        self.gates = gates
        self.blocks = blocks

    def shape(self, *inputs: Tensor) -> Shape:
        batch, columns = inputs[0].shape
        return (batch, self.blocks, columns // self.blocks)

    def formula(self, *inputs: str) -> str:
        tail = f", tanh of {self.blocks - self.gates}" if self.blocks > self.gates else ""
        return f"σ({inputs[0]}) of {self.gates} blocks{tail}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return "T"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        z, a = blocked(inputs[0], self.blocks), out.transpose(1, 0, 2)
        calls = sigmoid(z[: self.gates], a[: self.gates])
        if self.blocks > self.gates:
            calls.append(partial(np.tanh, z[self.gates :], a[self.gates :]))
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (z,) = inputs
        sample, block, unit = index
        value = z[sample, block * out.shape[-1] + unit]
        return by_block(self.gates, block, Function("sigmoid", value), Function("tanh", value))

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (z,) = inputs
        local = local_derivative(graph, GatesDerivative(self.gates, self.blocks), out, z=z)
        return (graph.apply(GatesGradient(), upstream, local, axes=z.axes),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


def blocked(array: Array, blocks: int) -> Array:
    """A view (block, batch, units) of an array (batch, blocks·units)."""
    return array.reshape(len(array), blocks, -1).transpose(1, 0, 2)


def by_block(gates: int, block: Entry, gate: Formula, other: Formula) -> Formula:
    """`gate` in the first `gates` blocks, `other` in the blocks after them."""
    axes = axes_of((block,))
    is_gate = numbers_of(block, axes) < gates
    return added([masked(gate, axes, is_gate), masked(other, axes, ~is_gate)])


class GatesDerivative(WithoutVJP):
    """a − a² where a is a gate, 1 − a² elsewhere, in terms of a = `Gates`(z).

    It takes one time step (batch, block, units), or all (batch, time, block, units).
    """

    name = "gates′"
    gradient_stop = SigmoidDerivative.gradient_stop

    def __init__(self, gates: int, blocks: int) -> None:
        self.gates = gates
        self.blocks = blocks

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        tail = f", 1 − {inputs[0]}² of the rest" if self.blocks > self.gates else ""
        return f"{inputs[0]} − {inputs[0]}² of {self.gates} blocks{tail}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (a,) = inputs
        gates, others = (
            (..., slice(None, self.gates), slice(None)),
            (..., slice(self.gates, None), slice(None)),
        )
        calls: list[Call] = [
            partial(np.multiply, a, a, out),
            partial(np.subtract, a[gates], out[gates], out[gates]),
        ]
        if self.blocks > self.gates:
            calls.append(partial(np.subtract, constant(1.0, out), out[others], out[others]))
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        a, one = inputs[0][index], Number(1.0)
        return by_block(self.gates, index[-2], a * (one - a), one - a**2)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class GatesGradient(WithoutVJP):
    """g ⊙ f′ of all blocks (batch, block, units) as the columns of z (batch, blocks·units)."""

    name = "gates_gradient"

    def shape(self, *inputs: Tensor) -> Shape:
        batch, blocks, units = inputs[0].shape
        return (batch, blocks * units)

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} ⊙ {inputs[1]}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        g, local = (array.transpose(1, 0, 2) for array in inputs)
        return [partial(np.multiply, g, local, blocked(out, len(g)))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        g, local = inputs
        sample, column = index
        units = g.shape[-1]
        element = sample, column // units, column % units
        return g[element] * local[element]


class CellState(Op):
    """c = f ⊙ c′ + i ⊙ g. Inputs: f, c′ (the previous step's state), i, g.

    With `detached`, c′ gets no gradient.
    """

    name = "cell_state"
    elementwise = True

    def __init__(self, *, detached: bool = False) -> None:
        self.detached = detached
        self.cut = 1 if detached else None

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[1].shape

    def formula(self, *inputs: str) -> str:
        f, c, i, g = inputs
        return f"{f} ⊙ {c} + {i} ⊙ {g}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return inputs[1]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        f, c, i, g = inputs
        update = np.empty_like(out)
        return [
            partial(np.multiply, f, c, out),
            partial(np.multiply, i, g, update),
            partial(np.add, out, update, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        f, c, i, g = (operand[index] for operand in inputs)
        return f * c + i * g

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        f, c, i, g = inputs
        df, di, dg = (
            graph.apply(Multiply(), upstream, other, like=x)
            for x, other in ((f, c), (i, g), (g, i))
        )
        dc = None if self.detached else graph.apply(Multiply(), upstream, f, like=c)
        return df, dc, di, dg

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Blend(Op):
    """u ⊙ h′ + (1 − u) ⊙ n, computed as n + u ⊙ (h′ − n). Inputs: u, h′, n.

    With `detached`, h′ gets no gradient.
    """

    name = "blend"
    elementwise = True

    def __init__(self, *, detached: bool = False) -> None:
        self.detached = detached
        self.cut = 1 if detached else None

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[2].shape

    def formula(self, *inputs: str) -> str:
        u, h, n = inputs
        return f"{u} ⊙ {h} + (1 − {u}) ⊙ {n}"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return inputs[2]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        u, h, n = inputs
        return [
            partial(np.subtract, h, n, out),
            partial(np.multiply, out, u, out),
            partial(np.add, out, n, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        u, h, n = (operand[index] for operand in inputs)
        return u * h + (Number(1.0) - u) * n

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        u, h, n = inputs
        difference = graph.apply(Subtract(), h, n, like=n)
        du = graph.apply(Multiply(), upstream, difference, like=u)
        dh = graph.apply(Multiply(), upstream, u, like=h)
        dn = graph.apply(Subtract(), upstream, dh, like=n)
        return du, None if self.detached else dh, dn

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size
