"""Scaled dot-product attention with several heads (Vaswani et al. 2017, section 3.2).

Each head has its own share of the units. Vectors (batch, time, units) are stored units first (order
"U"), so that BLAS reads a sample's share of one head in place, as a matrix. Scores (batch, head,
query, key) are stored keys first, so that sums over keys add up long rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.formula import (
    Axis,
    Entry,
    Formula,
    Function,
    Index,
    Number,
    Operand,
    axes_of,
    highest,
    masked,
    numbers_of,
    summation,
)
from engine.ops.base import Call, GraphBuilder, Op, WithoutVJP
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Order, Shape, Tensor


def split(vectors: Array, heads: int) -> Array:
    """A view (batch, head, time, units of a head) of vectors (batch, time, units)."""
    batch, time, units = vectors.shape
    return vectors.reshape(batch, time, heads, units // heads).transpose(0, 2, 1, 3)


class HeadScores(Op):
    """S[b, h, i, j] = q[b, i]·k[b, j] over the units of head h. Inputs: q, k."""

    name = "head_scores"

    def __init__(self, heads: int) -> None:
        self.heads = heads

    def shape(self, *inputs: Tensor) -> Shape:
        q, k = inputs
        return (q.shape[0], self.heads, q.shape[1], k.shape[1])

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}·{inputs[1]}ᵀ, head by head"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def order(self, *inputs: Tensor) -> Order:
        return "U"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        q, k = (split(array, self.heads) for array in inputs)
        return [partial(np.matmul, k, q.transpose(0, 1, 3, 2), out.transpose(0, 1, 3, 2))]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        q, k = inputs
        sample, head, query, key = index
        u = Axis("u", "unit", q.shape[-1] // self.heads)
        unit = head * u.extent + u.along()
        return summation(q[sample, query, unit] * k[sample, key, unit], u)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        q, k = inputs
        dq = graph.apply(HeadMix(self.heads), upstream, k, like=q)
        dk = graph.apply(HeadMix(self.heads, transposed=True), upstream, q, like=k)
        return dq, dk

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size * inputs[0].shape[-1] // self.heads


class HeadMix(Op):
    """o[b, i] = Σ_j P[b, h, i, j]·v[b, j], head by head; transposed, Σ_i P[b, h, i, j]·v[b, i].

    Inputs: the weights P, the vectors v.
    """

    name = "head_mix"
    strided = True

    def __init__(self, heads: int, *, transposed: bool = False) -> None:
        self.heads = heads
        self.transposed = transposed

    def shape(self, *inputs: Tensor) -> Shape:
        p, v = inputs
        return (v.shape[0], p.shape[3 if self.transposed else 2], v.shape[2])

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}{'ᵀ' * self.transposed}·{inputs[1]}, head by head"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return inputs[1]

    def order(self, *inputs: Tensor) -> Order:
        return inputs[1].order

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        p, v = inputs[0], split(inputs[1], self.heads)
        mixed = split(out, self.heads)
        if self.transposed:
            p = p.transpose(0, 1, 3, 2)
        return [partial(np.matmul, p, v, mixed)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        p, v = inputs
        sample, time, unit = index
        head = unit // (v.shape[-1] // self.heads)
        k = p.axis(2 if self.transposed else 3)
        pair = (k.along(), time) if self.transposed else (time, k.along())
        return summation(p[(sample, head, *pair)] * v[sample, k, unit], k)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        p, v = inputs
        pair = (v, upstream) if self.transposed else (upstream, v)
        dp = graph.apply(HeadScores(self.heads), *pair, like=p)
        back = HeadMix(self.heads, transposed=not self.transposed)
        return dp, graph.apply(back, p, upstream, like=v)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * inputs[0].size * out.shape[-1] // self.heads


class AttentionWeights(Op):
    """softmax(S·scale) over the keys; if causal, only over keys that are not after the query."""

    name = "attention_weights"
    couples_outputs = True
    zero_reason = "masked"

    def __init__(self, scale: float, *, causal: bool) -> None:
        self.scale = scale
        self.causal = causal

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        note = " over keys up to the query" if self.causal else ""
        return f"softmax({inputs[0]}·{self.scale:.3g}){note}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        queries, keys = out.shape[2:]
        s, p = (array.transpose(3, 0, 1, 2) for array in (inputs[0], out))
        row = np.empty(p.shape[1:], out.dtype)
        calls: list[Call] = [partial(np.multiply, s, constant(self.scale, out), p)]
        if self.causal:
            late = np.arange(keys)[:, np.newaxis] > np.arange(queries)
            mask = np.where(late, -np.inf, 0.0).astype(out.dtype)[:, np.newaxis, np.newaxis]
            mask = np.repeat(
                mask, p.shape[2], axis=2
            )  # with long rows it takes a quarter less time
            calls.append(partial(np.add, p, mask, p))
        return [
            *calls,
            partial(np.maximum.reduce, p, 0, None, row),
            partial(np.subtract, p, row, p),
            partial(np.exp, p, p),
            partial(np.add.reduce, p, 0, None, row),
            partial(np.divide, p, row, p),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        (s,) = inputs
        *leading, query, key = index
        k, scale = s.axis(3, "k"), Number(self.scale)
        if self.causal and isinstance(query, int):
            k = Axis("k", "key", query + 1)
        row = s[(*leading, query, k)]
        others = tuple(axis for axis in row.axes if axis is not k)
        mask = self._attends(query, k.along(), (*others, k)) if self.causal else None
        peak = scale * highest(row, (k,), mask)
        total = summation(self._masked(Function("exp", scale * row - peak), query, k.along()), k)
        share = Function("exp", scale * s[index] - peak) / total
        return self._masked(share, query, key)

    def _masked(self, formula: Formula, query: Entry, key: Entry) -> Formula:
        if not self.causal:
            return formula
        axes = axes_of((query, key))
        return masked(formula, axes, self._attends(query, key, axes), "the key is after the query")

    def _attends(self, query: Entry, key: Entry, axes: tuple[Axis, ...]) -> NDArray[np.bool_]:
        """Whether a query attends to a key, along these axes."""
        return numbers_of(key, axes) <= numbers_of(query, axes)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (s,) = inputs
        return (graph.apply(AttentionGradient(self.scale), upstream, out, like=s),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 6 * out.size


class AttentionGradient(WithoutVJP):
    """dS = scale·P ⊙ (dP − Σ dP ⊙ P), the sum over the keys: the VJP of `AttentionWeights`.

    Inputs: dP, P.
    """

    name = "attention_weights′"

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape

    def formula(self, *inputs: str) -> str:
        dp, p = inputs
        return f"{self.scale:.3g}·{p} ⊙ ({dp} − Σ {dp} ⊙ {p})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        dp, p, ds = (array.transpose(3, 0, 1, 2) for array in (*inputs, out))
        row = np.empty(p.shape[1:], out.dtype)
        return [
            partial(np.multiply, dp, p, ds),
            partial(np.add.reduce, ds, 0, None, row),
            partial(np.subtract, dp, row, ds),
            partial(np.multiply, ds, p, ds),
            partial(np.multiply, ds, constant(self.scale, out), ds),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        dp, p = inputs
        k = p.axis(3, "k")
        row = index[:-1]
        total = summation(dp[(*row, k)] * p[(*row, k)], k)
        return Number(self.scale) * p[index] * (dp[index] - total)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 5 * out.size
