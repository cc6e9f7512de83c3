"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar, Protocol

from engine.errors import DescriptionError
from engine.initializers import Initializer, initializer
from engine.layers.activation import ACTIVATIONS, TANH, activate
from engine.layers.base import MAX_UNITS, Layer, check_choice, check_integer, check_number
from engine.layers.dropout import drop
from engine.layers.fields import (
    ActivationName,
    BiasInitializer,
    DropoutRate,
    L1Penalty,
    L2Penalty,
    Units,
    WeightInitializer,
)
from engine.ops.linear import Linear

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer: a = f(x·W + b), W of shape (inputs, units).

    It maps the last axis of inputs with more axes, such as (time, features), at every position.

    Attributes:
        units: number of units, 1..1024.
        activation: f, a name of `ACTIVATIONS`; "softmax" only for the output layer.
        initializer: initial values of W.
        bias_initializer: initial values of b.
        l1, l2: weights of the penalties l1·Σ|W| and ½·l2·ΣW² on the loss.
        dropout: probability that an activation is dropped in training, 0..0.95.
    """

    units: Units
    activation: ActivationName = "linear"
    initializer: WeightInitializer = "glorot_uniform"
    bias_initializer: BiasInitializer = "zeros"
    l1: L1Penalty = 0.0
    l2: L2Penalty = 0.0
    dropout: DropoutRate = 0.0

    kind: ClassVar[str] = "dense"
    title = "Dense"
    formula = "a = f(x·W + b)"
    family = "Dense"
    combines = "sum"
    mixes = True
    pointwise = True
    hidden_defaults: ClassVar[Mapping[str, object]] = {"units": 4, "activation": TANH.name}

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.units", self.units, 1, MAX_UNITS)
        check_activation(path, self.activation, output=output)
        initializer(self.initializer).check(f"{path}.initializer")
        initializer(self.bias_initializer).check(f"{path}.bias_initializer")
        for name in ("l1", "l2"):
            check_number(f"{path}.{name}", getattr(self, name), 0.0, float("inf"))
        check_number(f"{path}.dropout", self.dropout, 0.0, 0.95)
        if self.dropout and output:
            raise DescriptionError(f"{path}.dropout", self.dropout, "0 (the output layer)")

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.units)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append z = x·W + b, a = f(z), dropout and penalties."""
        with context.layer(self.kind, number) as builder:
            w, b = weights_and_bias(builder, self, (x.shape[-1], self.units), ("input", "unit"))
            axes = (*x.axes[:-1], "unit")
            z = builder.apply(
                Linear(), x, w, b, name="z", symbol="Z", role="pre_activation", axes=axes
            )
            a = activate(builder, self.activation, z)
            builder.note(self.kind, x, a, activation=self.activation, pre_activation=z)
            builder.penalise(w, l1=self.l1, l2=self.l2)
            return drop(builder, a, self.dropout)


def check_activation(path: str, activation: str, *, output: bool) -> None:
    """Raise DescriptionError unless an output layer or a hidden one may have this activation."""
    check_choice(f"{path}.activation", activation, tuple(ACTIVATIONS))
    if not (ACTIVATIONS[activation].hidden or output):
        raise DescriptionError(
            f"{path}.activation", activation, "an activation of a hidden layer (output only)"
        )


class Weighted(Protocol):
    """A layer with a weight and a bias."""

    @property
    def initializer(self) -> str | Initializer: ...

    @property
    def bias_initializer(self) -> str | Initializer: ...


def weights_and_bias(
    builder: LayerBuilder, layer: Weighted, shape: Shape, axes: tuple[str, ...], *, cells: int = 1
) -> tuple[Tensor, Tensor]:
    """W of `shape`, whose last axis counts the units, and b directly after it.

    `cells` is the number of cells of a convolution's kernel, each of which leads to all units.
    """
    *inputs, units = shape
    fan_in, fan_out = prod(inputs), cells * units
    w = builder.parameter("W", shape, axes, layer.initializer, fan_in=fan_in, fan_out=fan_out)
    b = builder.parameter(
        "b", (units,), axes[-1:], layer.bias_initializer, fan_in=fan_in, fan_out=fan_out
    )
    return w, b
