"""Losses: one number from predictions and targets, averaged over the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from engine.formula import Condition, Formula, Function, Index, Number, Operand, summation, where
from engine.ops.activation import positive_part
from engine.ops.base import Call, GraphBuilder, Op
from engine.ops.elementwise import Clip, Multiply, Scale, Sign, times
from engine.tensors.arrays import Array, constant, flat, flat_pair
from engine.tensors.tensor import Shape, Tensor


class _Scalar(Op):
    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None


def _weights(count: int, total: float, out: Array) -> Array:
    """A fixed vector of total/count: the weights of a mean, which is then one product."""
    return np.full(count, total / count, dtype=out.dtype)


def _mean(e: Operand, term: Callable[[Formula], Formula]) -> Formula:
    """The mean of a term over all elements."""
    axes = e.all()
    return summation(term(e[axes]), *axes) / Number(e.array.size, "n")


class MeanSquare(_Scalar):
    """mean(e²) over samples and outputs."""

    name = "mean_square"

    def formula(self, *inputs: str) -> str:
        return f"mean({inputs[0]}²)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        e = flat(inputs[0])
        scale = constant(1.0 / e.size, out)
        return [partial(e.dot, e, out), partial(np.multiply, out, scale, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return _mean(inputs[0], lambda e: e**2)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (e,) = inputs
        return (times(graph, graph.apply(Scale(2.0 / e.size, "2/n"), e), upstream),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size


class MeanHuber(_Scalar):
    """mean of ½e² where |e| ≤ δ, else δ(|e| − ½δ) (Huber 1964), with δ = 1.

    With c = clip(e, ±δ) both branches are c·(e − ½c), since c·e = δ|e| outside.
    """

    name = "huber"
    has_kink = True
    delta = 1.0

    def formula(self, *inputs: str) -> str:
        e = inputs[0]
        return f"mean(½{e}² where |{e}| ≤ 1, else |{e}| − ½)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        e = flat(inputs[0])
        clipped, rest = np.empty_like(e), np.empty_like(e)
        return [
            *Clip(self.delta).kernel(clipped, e),
            partial(np.multiply, clipped, constant(0.5, out), rest),
            partial(np.subtract, e, rest, rest),
            partial(clipped.dot, rest, out),
            partial(np.multiply, out, constant(1.0 / e.size, out), out),
        ]

    def branch(self, *inputs: Array) -> Array:
        return np.greater(np.absolute(inputs[0]), self.delta)

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        delta, half = Number(self.delta), Number(0.5, "½")

        def branch(e: Formula) -> Formula:
            size = Function("abs", e)
            return where(Condition(size, "≤", delta), half * e**2, delta * (size - half * delta))

        return _mean(inputs[0], branch)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (e,) = inputs
        clipped = graph.apply(Clip(self.delta), e, symbol=f"clip({e.symbol})")
        return (times(graph, graph.apply(Scale(1.0 / e.size, "1/n"), clipped), upstream),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 6 * inputs[0].size


class BinaryCrossEntropy(_Scalar):
    """−mean(y log a + (1 − y) log(1 − a)) with a = σ(z).

    Inputs: the logits z, the prediction a = σ(z), the targets y. The value is computed from z, as
    mean(max(z, 0) − z·y + log(1 + e^−|z|)): all its digits are right for any logit and both
    classes. The VJP goes straight to z: through a it would be (a − y)/(a(1 − a)) times
    a(1 − a), whose product, (a − y)/n, stays exact where the factors overflow and vanish.
    """

    name = "binary_cross_entropy"

    def formula(self, *inputs: str) -> str:
        _, a, y = inputs
        return f"−mean({y} log {a} + (1 − {y}) log(1 − {a}))"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        z, y = flat_pair(inputs[0], inputs[2])
        tail, positive, target = (np.empty_like(z) for _ in range(3))
        return [
            partial(np.absolute, z, tail),
            partial(np.negative, tail, tail),
            partial(np.exp, tail, tail),
            partial(np.log1p, tail, tail),
            *positive_part(z, positive),
            partial(np.multiply, z, y, target),
            partial(np.subtract, positive, target, positive),  # exactly 0 where y = 1 and z > 0
            partial(np.add, positive, tail, positive),
            partial(positive.dot, _weights(z.size, 1.0, out), out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z, _, y = inputs
        axes = z.all()
        logit, target = z[axes], y[axes]
        positive = where(Condition(logit, ">", Number(0.0)), logit, Number(0.0))
        tail = Function("log1p", Function("exp", -Function("abs", logit)))
        return summation(positive - target * logit + tail, *axes) / Number(z.array.size, "n")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        z, a, y = inputs
        residual = graph.apply(ScaledDifference(1.0 / z.size), a, y, like=z)
        return times(graph, residual, upstream), None, None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 9 * inputs[0].size


class SoftmaxCrossEntropy(_Scalar):
    """−mean over samples of Σ y·log p, with log p = log softmax(z).

    Inputs: the logits z, log p, the prediction p, the targets y (each row sums to 1). As with
    `BinaryCrossEntropy` the VJP goes straight to z, where it is (p − y)/batch.
    """

    name = "softmax_cross_entropy"

    def formula(self, *inputs: str) -> str:
        _, log_p, _, y = inputs
        return f"−mean(Σ {y} ⊙ {log_p})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        log_p, y = flat_pair(inputs[1], inputs[3])
        scale = constant(-1.0 / inputs[3].shape[0], out)
        return [partial(y.dot, log_p, out), partial(np.multiply, out, scale, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, log_p, _, y = inputs
        axes = y.all()
        return -(summation(y[axes] * log_p[axes], *axes) / Number(y.shape[0], "n"))

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        z, _, p, y = inputs
        residual = graph.apply(ScaledDifference(1.0 / z.shape[0]), p, y, like=z)
        return times(graph, residual, upstream), None, None, None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size


class ScaledDifference(Op):
    """(x − y)/n: the gradient of both cross-entropies with respect to their logits."""

    name = "residual"
    elementwise = True

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        return f"({inputs[0]} − {inputs[1]})/{1.0 / self.factor:.0f}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [
            partial(np.subtract, inputs[0], inputs[1], out),
            partial(np.multiply, out, constant(self.factor, out), out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        x, y = inputs
        return (x[index] - y[index]) / Number(1.0 / self.factor, "n")

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        dx = graph.apply(Scale(self.factor), upstream)
        dy = None if inputs[1].role == "target" else graph.apply(Scale(-1.0), dx)
        return dx, dy

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class L2Penalty(_Scalar):
    """½λ‖W‖². Inputs: W and the 0-d λ."""

    name = "l2_penalty"

    def formula(self, *inputs: str) -> str:
        return f"½{inputs[1]}·‖{inputs[0]}‖²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        w, rate = flat(inputs[0]), inputs[1]
        return [
            partial(w.dot, w, out),
            partial(np.multiply, out, rate, out),
            partial(np.multiply, out, constant(0.5, out), out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        w, rate = inputs
        axes = w.all()
        return Number(0.5, "½") * rate[()] * summation(w[axes] ** 2, *axes)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        w, rate = inputs
        return times(graph, graph.apply(Multiply(), rate, w, like=w), upstream), None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size


class L1Penalty(_Scalar):
    """λ Σ|W|. Inputs: W and the 0-d λ. `StopAtZero` in the update lets weights reach exactly 0."""

    name = "l1_penalty"
    has_kink = True

    def formula(self, *inputs: str) -> str:
        return f"{inputs[1]}·Σ|{inputs[0]}|"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        w, rate = flat(inputs[0]), inputs[1]
        magnitude = np.empty_like(w)
        return [
            partial(np.absolute, w, magnitude),
            partial(magnitude.dot, _weights(w.size, w.size, out), out),
            partial(np.multiply, out, rate, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        w, rate = inputs
        axes = w.all()
        return rate[()] * summation(Function("abs", w[axes]), *axes)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        w, rate = inputs
        slope = graph.apply(
            Multiply(), rate, graph.apply(Sign(), w, symbol=f"sign({w.symbol})"), like=w
        )
        return times(graph, slope, upstream), None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size
