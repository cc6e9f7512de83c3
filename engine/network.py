"""What a user describes: a network as plain frozen data, checked before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

from engine.errors import DescriptionError
from engine.initializers import Initializer, initializer
from engine.optimizers import SGD, Optimizer

Activation = Literal[
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "softplus",
    "swish",
    "softmax",
]
ACTIVATIONS: tuple[Activation, ...] = (
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "softplus",
    "swish",
    "softmax",
)

Loss = Literal["mean_squared_error", "binary_cross_entropy", "softmax_cross_entropy", "huber"]
LOSSES: tuple[Loss, ...] = (
    "mean_squared_error",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "huber",
)
MATCHING_ACTIVATION: dict[str, Activation] = {
    "binary_cross_entropy": "sigmoid",
    "softmax_cross_entropy": "softmax",
}
"""Losses computed from logits need the output activation that turns those into probabilities."""

MAX_UNITS = 1024
MAX_LAYERS = 64


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = f(x·W + b), W of shape (inputs, units).

    Attributes:
        units: number of units, 1..1024.
        activation: f, a name of `ACTIVATIONS`; "softmax" only for the output layer.
        initializer: of W.
        bias_initializer: of b.
        l1, l2: weights of the penalties l1·Σ|W| and ½·l2·ΣW² on the loss.
        dropout: probability that an activation is dropped in training, 0 up to but not 1.
    """

    units: int
    activation: Activation = "linear"
    initializer: str | Initializer = "glorot_uniform"
    bias_initializer: str | Initializer = "zeros"
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0

    kind: str = field(default="dense", init=False, repr=False)

    def check(self, path: str, *, output: bool) -> None:
        """Raise DescriptionError for the first unusable field, named below `path`."""
        _check_integer(f"{path}.units", self.units, 1, MAX_UNITS)
        if self.activation not in ACTIVATIONS:
            raise DescriptionError(
                f"{path}.activation", self.activation, f"one of {', '.join(ACTIVATIONS)}"
            )
        if self.activation == "softmax" and not output:
            raise DescriptionError(
                f"{path}.activation", "softmax", "an activation of a hidden layer (output only)"
            )
        initializer(self.initializer).check(f"{path}.initializer")
        initializer(self.bias_initializer).check(f"{path}.bias_initializer")
        for name in ("l1", "l2"):
            _check_number(f"{path}.{name}", getattr(self, name), 0.0, float("inf"))
        _check_number(f"{path}.dropout", self.dropout, 0.0, 0.95)
        if self.dropout and output:
            raise DescriptionError(f"{path}.dropout", self.dropout, "0 (the output layer)")


Layer = Dense


@dataclass(frozen=True)
class Network:
    """Layers from inputs to output, the loss that judges the output, and the update rule.

    Attributes:
        inputs: number of input features.
        layers: the layers in order; the last one is the output.
        loss: a name of `LOSSES`. The cross-entropies need their matching output activation.
        optimizer: the update rule.

    Raises:
        DescriptionError: a field is unusable; its `path` says which, e.g. ``layers[2].units``.
    """

    inputs: int
    layers: Sequence[Layer]
    loss: Loss = "mean_squared_error"
    optimizer: Optimizer = field(default_factory=lambda: SGD(0.03))

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        _check_integer("inputs", self.inputs, 1, 65_536)
        if not 1 <= len(self.layers) <= MAX_LAYERS:
            raise DescriptionError("layers", len(self.layers), f"a list of 1..{MAX_LAYERS} layers")
        for index, layer in enumerate(self.layers):
            if not isinstance(layer, Dense):
                raise DescriptionError(f"layers[{index}]", layer, "a layer such as Dense(4)")
            layer.check(f"layers[{index}]", output=index == len(self.layers) - 1)
        self._check_loss()
        if not isinstance(self.optimizer, Optimizer):
            raise DescriptionError("optimizer", self.optimizer, "an optimizer such as SGD(0.03)")
        self.optimizer.check("optimizer")

    def _check_loss(self) -> None:
        if self.loss not in LOSSES:
            raise DescriptionError("loss", self.loss, f"one of {', '.join(LOSSES)}")
        needed = MATCHING_ACTIVATION.get(self.loss)
        last = len(self.layers) - 1
        activation = self.layers[last].activation
        if needed is not None and activation != needed:
            raise DescriptionError(
                f"layers[{last}].activation", activation, f"{needed!r}, which {self.loss} needs"
            )


def _check_integer(path: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DescriptionError(path, value, f"in {low}..{high}")


def _check_number(path: str, value: object, low: float, high: float) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not (good and isinstance(value, int | float) and low <= value <= high):
        limit = f"in {low:g}..{high:g}" if isfinite(high) else f"a number of at least {low:g}"
        raise DescriptionError(path, value, limit)
