"""Recurrent layers, unrolled through time with a scope for each time step.

One instruction computes the products with the inputs of all time steps, and one buffer holds the
states of all time steps in order.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.initializers import Initializer, initializer
from engine.layers.activation import elementwise_activations, elementwise_op
from engine.layers.base import (
    MAX_TIME,
    MAX_UNITS,
    TIME_FEATURES,
    Layer,
    check_choice,
    check_integer,
    check_number,
)
from engine.layers.fields import BiasInitializer, FieldInfo, L2Penalty, Units, WeightInitializer
from engine.ops.activation import Tanh
from engine.ops.base import Op
from engine.ops.elementwise import Add, Multiply, Subtract
from engine.ops.linear import Linear
from engine.ops.recurrence import Blend, CellState, Gates, StepProduct, StepSum
from engine.ops.shaping import Concatenate

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Order, Shape, Tensor

ReturnSequences = Annotated[
    bool,
    FieldInfo(
        "Return sequences",
        "Outputs the state of every time step, not just the last.",
        source="following_layers",
        formerly="sequences",
    ),
]
Truncation = Annotated[
    int | None,
    FieldInfo(
        "Truncation in steps",
        "Backpropagation through time stops after this many steps; empty for never.",
        range=(1, MAX_TIME),
        logarithmic=True,
    ),
]
Bidirectional = Annotated[
    bool, FieldInfo("Bidirectional", "A second set of weights reads the sequence from its end.")
]
RecurrentInitializer = Annotated[str | Initializer, FieldInfo("Recurrent weight initializer")]


@dataclass(frozen=True)
class Weights:
    """W (inputs, blocks·units), U (units, blocks·units) and b (blocks·units,) of one direction."""

    w: Tensor
    u: Tensor
    b: Tensor


class Unrolled:
    """One direction of a layer as it is built, step by step.

    Attributes:
        builder: the builder of the direction.
        contributions: x·W + b of all steps, (batch, time, blocks·units).
        states: buffers (batch, time, …) with the results of all steps, by name.
        time: the present time step, from 0.
        detached: whether the present step passes no gradient to the previous one.
    """

    def __init__(self, builder: LayerBuilder, contributions: Tensor, u: Tensor, units: int) -> None:
        self.builder = builder
        self.contributions = contributions
        self.u = u
        self.units = units
        self.states: dict[str, Tensor] = {}
        self.time = 0
        self.detached = False

    def gate(self, gates: Tensor, name: str, block: int) -> Tensor:
        """One of a step's gates (batch, block, units)."""
        step, graph = self.step, self.builder.context.graph
        index = (slice(None), block)
        return graph.part(gates, index, f"{step.name}/{name}", step.symbol(name))

    def columns(self, tensor: Tensor, name: str, first: int, last: int) -> Tensor:
        """Blocks `first` to `last` of the columns of a step's tensor (batch, blocks·units)."""
        step, graph = self.step, self.builder.context.graph
        index = (slice(None), slice(first * self.units, (last + 1) * self.units))
        return graph.part(tensor, index, f"{step.name}/{name}", step.symbol(name))

    def input(self, name: str = "xw", first: int = 0, last: int | None = None) -> Tensor:
        """The contribution of this step's input, to all blocks or those from `first` to `last`."""
        step, graph = self.step, self.builder.context.graph
        index: tuple[int | slice, ...] = (slice(None), self.time)
        if last is not None:
            index = (*index, slice(first * self.units, (last + 1) * self.units))
        return graph.part(self.contributions, index, f"{step.name}/{name}", step.symbol("XW"))

    @property
    def step(self) -> LayerBuilder:
        """A builder under the name and symbol of the present time step."""
        builder = self.builder
        return type(builder)(
            builder.context,
            f"{builder.name}/t{self.time + 1}",
            f"{builder.number}[{self.time + 1}]",
        )

    def apply(self, op: Op, *inputs: Tensor, name: str, symbol: str) -> Tensor:
        """Append an op of this step; its result is stored with those of the other steps."""
        shape = op.shape(*inputs)
        whole = self._whole(name, symbol, shape)
        axes = (whole.axes[0], *whole.axes[2:])
        order: Order = "T" if len(shape) > 2 else "C"
        return self.step.apply(
            op,
            *inputs,
            name=name,
            symbol=symbol,
            axes=axes,
            order=order,
            into=(whole, (slice(None), self.time)),
        )

    def _whole(self, name: str, symbol: str, shape: Shape) -> Tensor:
        if name not in self.states:
            batch, time, _ = self.contributions.shape
            gate = ("gate",) if len(shape) > 2 else ()
            self.states[name] = self.builder.context.graph.given(
                f"{self.builder.name}/{name}",
                self.builder.symbol(symbol),
                (batch, time, *shape[1:]),
                ("batch", "time", *gate, "unit"),
                "activation",
                order="T",
            )
        return self.states[name]


@dataclass(frozen=True)
class _Recurrent(Layer):
    """The common part of all recurrent layers.

    Attributes:
        units: number of units, 1..1024.
        return_sequences: whether the output is the state of every time step, (time, units), or
            only that of the last, (units,).
        truncation: number of steps after which backpropagation through time is cut off; None for
            never.
        bidirectional: whether a second set of weights reads the sequence from its end; the states
            of both directions are then side by side.
        initializer, recurrent_initializer, bias_initializer: initial values of W, U and b.
        l2: weight of the penalties ½·l2·(ΣW² + ΣU²) on the loss.
    """

    units: Units
    return_sequences: ReturnSequences = True
    truncation: Truncation = None
    bidirectional: Bidirectional = False
    initializer: WeightInitializer = "glorot_uniform"
    recurrent_initializer: RecurrentInitializer = "glorot_uniform"
    bias_initializer: BiasInitializer = "zeros"
    l2: L2Penalty = 0.0

    family = "Recurrence"
    takes = (TIME_FEATURES,)
    hidden_defaults: ClassVar[Mapping[str, object]] = {"units": 16}
    blocks: ClassVar[int] = 1
    """Number of blocks of columns in W, U and b: the gates and the values they let through."""

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        if not 2 <= shape[0] <= MAX_TIME:
            raise DescriptionError(
                path, self.kind, f"fit for {shape[0]} time steps; it needs 2..{MAX_TIME}"
            )
        check_integer(f"{path}.units", self.units, 1, MAX_UNITS)
        if self.truncation is not None:
            check_integer(f"{path}.truncation", self.truncation, 1, MAX_TIME)
        for name in ("initializer", "recurrent_initializer", "bias_initializer"):
            initializer(getattr(self, name)).check(f"{path}.{name}")
        check_number(f"{path}.l2", self.l2, 0.0, float("inf"))

    def unrolled(self, shape: Shape) -> int:
        return shape[0] * (2 if self.bidirectional else 1)

    def output_shape(self, shape: Shape) -> Shape:
        units = self.units * (2 if self.bidirectional else 1)
        return (shape[0], units) if self.return_sequences else (units,)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the steps of one direction, or of both and their states side by side."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "T")
            if not self.bidirectional:
                return builder.note(self.kind, given, self._direction(builder, x, reverse=False))
            outputs = []
            for name, letter, reverse in (("ahead", "→", False), ("reverse", "←", True)):
                inner = type(builder)(
                    context, f"{builder.name}/{name}", f"{builder.number}{letter}"
                )
                with context.graph.scope(name):
                    outputs.append(self._direction(inner, x, reverse=reverse))
            a = builder.apply(
                Concatenate(),
                *outputs,
                name="h",
                symbol="H",
                axes=outputs[0].axes,
                order=outputs[0].order,
            )
            return builder.note(self.kind, given, a)

    def _direction(self, builder: LayerBuilder, x: Tensor, *, reverse: bool) -> Tensor:
        """Append the input products of all steps, then the steps; returns the output."""
        weights = self._weights(builder, x.shape[-1])
        axes = ("batch", "time", "unit")
        contributions = builder.apply(
            Linear(), x, weights.w, weights.b, name="xw", symbol="XW", axes=axes
        )
        unrolled = Unrolled(builder, contributions, weights.u, self.units)
        time = x.shape[1]
        previous: dict[str, Tensor] = {}
        for count in range(time):
            unrolled.time = time - 1 - count if reverse else count
            cut = self.truncation is not None and count % self.truncation == 0
            unrolled.detached = cut and builder.context.truncates
            with builder.context.graph.scope(f"t{unrolled.time + 1}"):
                previous = self.step(unrolled, previous)
        return unrolled.states["h"] if self.return_sequences else previous["h"]

    def _weights(self, builder: LayerBuilder, inputs: int) -> Weights:
        columns, units = self.blocks * self.units, self.units
        rules = self.initializer, self.first_biases(), self.recurrent_initializer
        shapes = (inputs, columns), (columns,), (units, columns)
        axes = ("input", "unit"), ("unit",), ("state", "unit")
        w, b, u = (
            builder.parameter(
                name, shape, along, rule, fan_in=units if name == "U" else inputs, fan_out=units
            )
            for name, shape, along, rule in zip("WbU", shapes, axes, rules, strict=True)
        )
        for weight in (w, u):
            builder.penalise(weight, l1=0.0, l2=self.l2)
        return Weights(w, u, b)

    def first_biases(self) -> str | Initializer:
        """The initializer of b."""
        return self.bias_initializer

    @abstractmethod
    def step(self, unrolled: Unrolled, previous: dict[str, Tensor]) -> dict[str, Tensor]:
        """Append one time step; returns its states by name, ``h`` among them.

        Args:
            previous: the previous step's states by name; empty at the first step, for zeros.
        """


@dataclass(frozen=True)
class RNN(_Recurrent):
    """The simple recurrent layer: h_t = f(x_t·W + h_{t−1}·U + b) (Elman 1990).

    Attributes:
        activation: f, a name of `elementwise_activations`.
    """

    activation: Annotated[str, FieldInfo("Activation", choices=elementwise_activations)] = "tanh"

    kind: ClassVar[str] = "rnn"
    title = "Simple RNN"
    heading = "RNN"
    formula = "hₜ = f(xₜ·W + hₜ₋₁·U + b)"

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        super().check(path, shape, output=output)
        check_choice(f"{path}.activation", self.activation, elementwise_activations())

    def step(self, unrolled: Unrolled, previous: dict[str, Tensor]) -> dict[str, Tensor]:
        z = unrolled.input()
        if previous:
            op = StepSum(detached=unrolled.detached)
            z = unrolled.apply(op, previous["h"], unrolled.u, z, name="z", symbol="Z")
        return {"h": unrolled.apply(elementwise_op(self.activation), z, name="h", symbol="H")}


@dataclass(frozen=True)
class ForgetBias(Initializer):
    """Biases by the rule `kind`, except in the second of four blocks, where they are `forget`."""

    forget: float = 1.0

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> NDArray[np.float64]:
        values = super().draw(rng, shape, fan_in, fan_out)
        values.reshape(4, -1)[1] = self.forget
        return values


@dataclass(frozen=True)
class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    With z_t = x_t·W + h_{t−1}·U + b in four blocks: i, f, o = σ(z) and, in the last, g = tanh(z);
    c_t = f ⊙ c_{t−1} + i ⊙ g; h_t = o ⊙ tanh(c_t).

    Attributes:
        forget_bias: initial value of the biases of f; 1 keeps the state at the start of training
            (Jozefowicz, Zaremba, Sutskever 2015).
    """

    forget_bias: Annotated[float, FieldInfo("Forget gate bias", range=(-5.0, 5.0))] = 1.0

    kind: ClassVar[str] = "lstm"
    title = "LSTM"
    formula = "cₜ = f⊙cₜ₋₁ + i⊙g;  hₜ = o⊙tanh cₜ"
    blocks: ClassVar[int] = 4

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        super().check(path, shape, output=output)
        check_number(f"{path}.forget_bias", self.forget_bias, -100.0, 100.0)

    def first_biases(self) -> str | Initializer:
        rule = initializer(self.bias_initializer)
        return ForgetBias(rule.kind, rule.value, self.forget_bias)

    def step(self, unrolled: Unrolled, previous: dict[str, Tensor]) -> dict[str, Tensor]:
        z, detached = unrolled.input(), unrolled.detached
        if previous:
            op = StepSum(detached=detached)
            z = unrolled.apply(op, previous["h"], unrolled.u, z, name="z", symbol="Z")
        gates = unrolled.apply(Gates(3, 4), z, name="gates", symbol="G")
        i, f, o, g = (unrolled.gate(gates, name, n) for n, name in enumerate("ifog"))
        if previous:
            state = CellState(detached=detached)
            c = unrolled.apply(state, f, previous["c"], i, g, name="c", symbol="C")
        else:
            c = unrolled.apply(Multiply(), i, g, name="c", symbol="C")
        squashed = unrolled.apply(Tanh(), c, name="tanh_c", symbol="tanh C")
        return {"h": unrolled.apply(Multiply(), o, squashed, name="h", symbol="H"), "c": c}


@dataclass(frozen=True)
class GRU(_Recurrent):
    """The gated recurrent unit (Cho et al. 2014), with the reset gate applied after the product.

    With x_t·W + b and h_{t−1}·U in three blocks each: r, u = σ(xW + hU) of the first two; n =
    tanh(xW + r ⊙ hU) of the third; h_t = u ⊙ h_{t−1} + (1 − u) ⊙ n.
    """

    kind: ClassVar[str] = "gru"
    title = "GRU"
    formula = "hₜ = u⊙hₜ₋₁ + (1 − u)⊙n"
    blocks: ClassVar[int] = 3

    def step(self, unrolled: Unrolled, previous: dict[str, Tensor]) -> dict[str, Tensor]:
        gates_in, new_in = unrolled.input("xw_gates", 0, 1), unrolled.input("xw_new", 2, 2)
        if not previous:
            gates = unrolled.apply(Gates(2, 2), gates_in, name="gates", symbol="G")
            n = unrolled.apply(Tanh(), new_in, name="n", symbol="N")
            update = unrolled.gate(gates, "u", 1)
            un = unrolled.apply(Multiply(), update, n, name="un", symbol="UN")
            return {"h": unrolled.apply(Subtract(), n, un, name="h", symbol="H")}
        detached, h = unrolled.detached, previous["h"]
        product = StepProduct(detached=detached)
        hu = unrolled.apply(product, h, unrolled.u, name="hu", symbol="HU")
        hu_gates = unrolled.columns(hu, "hu_gates", 0, 1)
        hu_new = unrolled.columns(hu, "hu_new", 2, 2)
        z = unrolled.apply(Add(), gates_in, hu_gates, name="z", symbol="Z")
        gates = unrolled.apply(Gates(2, 2), z, name="gates", symbol="G")
        r, u = unrolled.gate(gates, "r", 0), unrolled.gate(gates, "u", 1)
        reset = unrolled.apply(Multiply(), r, hu_new, name="reset", symbol="R")
        z_new = unrolled.apply(Add(), new_in, reset, name="z_new", symbol="Zn")
        n = unrolled.apply(Tanh(), z_new, name="n", symbol="N")
        blend = Blend(detached=detached)
        return {"h": unrolled.apply(blend, u, h, n, name="h", symbol="H")}
