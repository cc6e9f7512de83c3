"""Cross-entropy with a class for each position, such as a token; some may have no class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import (
    Condition,
    Formula,
    Index,
    Number,
    Operand,
    axes_of,
    masked,
    numbers_of,
    summation,
    where,
)
from engine.ops.base import Call, GraphBuilder, Op, WithoutVJP
from engine.ops.elementwise import times
from engine.tensors.arrays import Array, flat, matrix
from engine.tensors.tensor import Shape, Tensor

ZERO = Number(0.0)


class _ClassIndices:
    """The flat indices in `array` (batch, …, classes) of the class of every position.

    `labels` (batch, …), −1 for no class, have their positions in the same memory order.

    Attributes:
        index: the flat index for each position, that of class 0 where there is no class.
        known: 1 for each position with a class, else 0.
        calls: the calls that compute both.
    """

    def __init__(self, array: Array, labels: Array) -> None:
        rows = matrix(array)
        steps = [stride // array.itemsize for stride in rows.strides]
        self.index = np.empty(len(rows), np.int64)
        self.known = np.empty(len(rows), array.dtype)
        start, step = np.arange(len(rows)) * steps[0], np.array(steps[1])
        y, mask = flat(labels), np.empty(len(rows), bool)
        zero = np.array(0)
        self.calls: list[Call] = [
            partial(np.greater_equal, y, zero, mask),
            partial(np.copyto, self.known, mask),
            partial(np.multiply, y, mask, self.index),
            partial(np.multiply, self.index, step, self.index),
            partial(np.add, self.index, start, self.index),
        ]


class CountPositions(Op):
    """The number of positions with a class, at least 1. Input: the labels."""

    name = "count_places"

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def formula(self, *inputs: str) -> str:
        return f"max(1, number of positions with {inputs[0]} ≥ 0)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (labels,) = inputs
        mask = np.empty_like(labels, dtype=bool)

        def count() -> None:
            out[()] = max(1, np.count_nonzero(mask))

        return [partial(np.greater_equal, labels, np.array(0), mask), count]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (y,) = inputs
        if not (y.array >= 0).any():
            return Number(1.0, meaning="no position has a class")
        axes = y.all()
        return summation(where(Condition(y[axes], "≥", ZERO), Number(1.0), ZERO), *axes)


class PositionCrossEntropy(Op):
    """−Σ log p at each position's class, divided by the number n of positions that have one.

    Inputs: the logits z, log p, p = softmax(z), the labels y, n. As with `SoftmaxCrossEntropy` the
    VJP goes straight to z, where it is (p − 1 at the class)/n, and 0 at positions without a class.
    """

    name = "place_cross_entropy"

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def formula(self, *inputs: str) -> str:
        _, log_p, _, y, n = inputs
        return f"−Σ {log_p}[{y}]/{n}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, log_p, _, labels, count = inputs
        classes = _ClassIndices(log_p, labels)
        chosen = np.empty_like(classes.known)
        return [
            *classes.calls,
            partial(flat(log_p).take, classes.index, None, chosen, "clip"),
            partial(chosen.dot, classes.known, out),
            partial(np.divide, out, count, out),
            partial(np.negative, out, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, log_p, _, y, n = inputs
        axes = y.all()
        label = y[axes]
        at_class = log_p[(*axes, label.number(log_p.shape[-1]))]
        return -(summation(where(Condition(label, "<", ZERO), ZERO, at_class), *axes) / n[()])

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        z, _, p, y, n = inputs
        residual = graph.apply(PositionResidual(), p, y, n, like=z)
        return times(graph, residual, upstream), None, None, None, None

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[3].size


class PositionResidual(WithoutVJP):
    """(p − 1 at the class)/n, 0 at positions without a class: dL/dz of `PositionCrossEntropy`."""

    name = "place_residual"
    zero_reason = "no_class"

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        p, y, n = inputs
        return f"({p} − 1 at {y})/{n} where {y} ≥ 0, else 0"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        p, labels, count = inputs
        classes = _ClassIndices(out, labels)
        chosen, stored = np.empty_like(classes.known), flat(out)
        return [
            *classes.calls,
            partial(np.divide, classes.known, count, classes.known),
            partial(np.multiply, matrix(p), classes.known[:, np.newaxis], matrix(out)),
            partial(stored.take, classes.index, None, chosen, "clip"),
            partial(np.subtract, chosen, classes.known, chosen),
            partial(stored.__setitem__, classes.index, chosen),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        p, y, n = inputs
        *position, number = index
        label = y[tuple(position)]
        axes = axes_of(index)
        is_class = numbers_of(number, axes) == label.over(axes)
        one = masked(Number(1.0, meaning="it is the class"), axes, is_class)
        nothing = Number(0.0, meaning="this position has no class")
        return where(Condition(label, "<", ZERO), nothing, (p[index] - one) / n[()])

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return out.size
