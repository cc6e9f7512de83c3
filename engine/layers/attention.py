"""Attention, positions in a sequence, and the block of a Transformer."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.initializers import initializer
from engine.layers.base import (
    MAX_TIME,
    MAX_UNITS,
    TIME_FEATURES,
    Layer,
    ShapeKeeper,
    check_choice,
    check_integer,
    check_number,
)
from engine.layers.dense import Dense, check_activation
from engine.layers.dropout import drop
from engine.layers.fields import ActivationName, DropoutRate, FieldInfo, WeightInitializer
from engine.layers.normalisation import LayerNorm
from engine.ops.attention import AttentionWeights, HeadMix, HeadScores
from engine.ops.copying import Copy
from engine.ops.elementwise import Add
from engine.ops.linear import Linear

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor

Encoding = Annotated[Literal["learned", "sinusoidal"], FieldInfo("Encoding")]
Heads = Annotated[int, FieldInfo("Heads", range=(1, 16))]
Causal = Annotated[
    bool,
    FieldInfo(
        "Causal",
        "No position attends to a later one. A network that predicts the next token needs it.",
    ),
]
FeedForwardUnits = Annotated[
    int | None,
    FieldInfo(
        "Feed-forward units",
        "Units of the hidden layer in the feed-forward part; empty for four times the features.",
        range=(1, MAX_UNITS),
        logarithmic=True,
    ),
]


@dataclass(frozen=True)
class Positions(ShapeKeeper):
    """x + P with P of shape (time, features), which tells attention the position in the sequence.

    Attributes:
        form: "learned" for a trained P, or "sinusoidal" for a fixed one of sines and cosines with
            wavelengths from 2π to 10,000·2π (Vaswani et al. 2017, section 3.5).
        initializer: initial values of a learned P.
    """

    form: Encoding = "learned"
    initializer: WeightInitializer = "normal"

    kind: ClassVar[str] = "positions"
    title = "Positional encoding"
    heading = "Position"
    formula = "a = x + P"
    family = "Attention"
    takes = (TIME_FEATURES,)
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_choice(f"{path}.form", self.form, ("learned", "sinusoidal"))
        initializer(self.initializer).check(f"{path}.initializer")

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the sum."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "U")
            shape, axes = x.shape[1:], x.axes[1:]
            if self.form == "learned":
                p = builder.parameter(
                    "P", shape, axes, self.initializer, fan_in=shape[1], fan_out=shape[1]
                )
            else:
                p = context.graph.given(
                    f"{builder.name}/P",
                    builder.symbol("P"),
                    shape,
                    axes,
                    "constant",
                    value=sinusoids(*shape),
                )
            p = builder.apply(Copy(), p, name="p", symbol="P", order="U", scope="reorder")
            return builder.note(self.kind, given, builder.apply(Add(), x, p, name="a", symbol="A"))


def sinusoids(time: int, units: int) -> NDArray[np.float64]:
    """Sines at even units and cosines at odd ones, slower from unit to unit: (time, units)."""
    pair = np.arange(units) // 2 * 2
    angle = np.arange(time)[:, np.newaxis] / 10_000.0 ** (pair / units)
    return np.where(np.arange(units) % 2 == 0, np.sin(angle), np.cos(angle))


@dataclass(frozen=True)
class Attention(ShapeKeeper):
    """Multi-head self-attention: every position attends to all others.

    q, k, v = x·W + b in three parts; P = softmax(q·kᵀ/√d) for each head with its d units;
    z = (P·v)·Wo + bo (Vaswani et al. 2017, section 3.2).

    Attributes:
        heads: number of heads, a divisor of the features.
        causal: no position attends to a later one.
        initializer: initial values of W and Wo.
        dropout: probability that an attention weight is dropped.
    """

    heads: Heads = 1
    causal: Causal = True
    initializer: WeightInitializer = "glorot_uniform"
    dropout: DropoutRate = 0.0

    kind: ClassVar[str] = "attention"
    title = "Self-attention"
    heading = "Attention"
    formula = "softmax(q·kᵀ/√d)·v·Wₒ"
    family = "Attention"
    takes = (TIME_FEATURES,)

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.heads", self.heads, 1, MAX_UNITS)
        if shape[1] % self.heads:
            raise DescriptionError(
                f"{path}.heads", self.heads, f"a divisor of the {shape[1]} features"
            )
        if shape[0] > MAX_TIME:
            raise DescriptionError(path, self.kind, f"fit for more than {MAX_TIME} time steps")
        initializer(self.initializer).check(f"{path}.initializer")
        check_number(f"{path}.dropout", self.dropout, 0.0, 0.95)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the three projections as one product, scores, weights, mixture and output."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "U")
            q, k, v = self._projections(builder, x)
            axes = ("batch", "head", "query", "key")
            scores = builder.apply(
                HeadScores(self.heads), q, k, name="scores", symbol="S", axes=axes
            )
            scale = 1.0 / sqrt(x.shape[2] // self.heads)
            softmax = AttentionWeights(scale, causal=self.causal)
            weights = builder.apply(softmax, scores, name="weights", symbol="P")
            dropped = drop(builder, weights, self.dropout)
            mixed = builder.apply(
                HeadMix(self.heads), dropped, v, name="mixed", symbol="O", axes=x.axes, order="U"
            )
            w, b = self._weights(builder, "o", x.shape[2], x.shape[2])
            z = builder.apply(
                Linear(), mixed, w, b, name="z", symbol="Z", role="pre_activation", axes=x.axes
            )
            return builder.note(self.kind, given, z)

    def _projections(self, builder: LayerBuilder, x: Tensor) -> list[Tensor]:
        """Append x·W + b; returns its three parts q, k and v."""
        units = x.shape[2]
        w, b = self._weights(builder, "", units, 3 * units)
        qkv = builder.apply(Linear(), x, w, b, name="qkv", symbol="QKV", axes=x.axes)
        every = slice(None)
        return [
            builder.context.graph.part(
                qkv,
                (every, every, slice(n * units, (n + 1) * units)),
                f"{builder.name}/{letter}",
                builder.symbol(letter.upper()),
            )
            for n, letter in enumerate("qkv")
        ]

    def _weights(
        self, builder: LayerBuilder, suffix: str, inputs: int, units: int
    ) -> tuple[Tensor, Tensor]:
        w = builder.parameter(
            f"W{suffix}",
            (inputs, units),
            ("input", "unit"),
            self.initializer,
            fan_in=inputs,
            fan_out=inputs,
        )
        b = builder.parameter(
            f"b{suffix}", (units,), ("unit",), "zeros", fan_in=inputs, fan_out=inputs
        )
        return w, b


@dataclass(frozen=True)
class TransformerBlock(ShapeKeeper):
    """x + attention(norm(x)), then x + feed_forward(norm(x)): the block of a GPT.

    The norm comes first in each branch (Radford et al. 2019, section 2.3).

    Attributes:
        heads, causal: as in `Attention`.
        hidden: units of the feed-forward part's first layer; None for four times the features.
        activation: activation of that layer; by default GPT-2's GELU (`gelu_new` in its code).
        dropout: probability that a value is dropped at the end of each branch.
    """

    heads: Heads = 1
    hidden: FeedForwardUnits = None
    activation: ActivationName = "gelu_tanh"
    causal: Causal = True
    dropout: DropoutRate = 0.0

    kind: ClassVar[str] = "transformer_block"
    title = "Transformer block"
    heading = "Block"
    formula = "x + attention(x̂), then x + dense(x̂)"
    family = "Attention"
    takes = (TIME_FEATURES,)

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        if self.hidden is not None:
            check_integer(f"{path}.hidden", self.hidden, 1, MAX_UNITS)
        check_activation(path, self.activation, output=False)
        check_number(f"{path}.dropout", self.dropout, 0.0, 0.95)
        self._attention().check(path, shape, output=False)

    def _attention(self) -> Attention:
        return Attention(self.heads, self.causal)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append both branches and their sums."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "U")
            units = x.shape[2]
            hidden = Dense(self.hidden or 4 * units, self.activation)
            middle = self._branch(builder, x, (LayerNorm(), self._attention()), 1)
            last = self._branch(builder, middle, (LayerNorm(), hidden, Dense(units)), 2)
            return builder.note(self.kind, given, last)

    def _branch(
        self, builder: LayerBuilder, x: Tensor, layers: tuple[Layer, ...], branch: int
    ) -> Tensor:
        """Append x + the layers' output."""
        a = x
        for number, layer in enumerate(layers, start=1 if branch == 1 else 3):
            a = layer.build(builder.context, a, number)
        part = type(builder)(
            builder.context, f"{builder.name}/branch{branch}", f"{builder.number}.{branch}"
        )
        a = drop(part, a, self.dropout)
        return builder.apply(Add(), x, a, name=f"sum{branch}", symbol="AB"[branch - 1])
