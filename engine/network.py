"""A network as a user describes it: plain frozen data, checked before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from engine.errors import DescriptionError
from engine.layers import Layer
from engine.layers.activation import LINEAR, SIGMOID, SOFTMAX
from engine.layers.base import check_choice, check_integer, check_stack
from engine.tensors.tensor import Shape
from engine.training.clipping import Clipping
from engine.training.optimizers import SGD, Optimizer
from engine.training.schedules import Schedule, check_schedule

Loss = Literal["mean_squared_error", "binary_cross_entropy", "softmax_cross_entropy", "huber"]
LOSSES: tuple[Loss, ...] = (
    "mean_squared_error",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "huber",
)
MATCHING_ACTIVATION: dict[str, str] = {
    "binary_cross_entropy": SIGMOID.name,
    "softmax_cross_entropy": SOFTMAX.name,
}
"""The output activation that a loss computed from logits needs, to make probabilities of them."""


def output_activation(loss: str) -> str:
    """The usual activation of an output with this loss."""
    return MATCHING_ACTIVATION.get(loss, LINEAR.name)


Targets = Literal["data", "inputs"]
TARGETS: tuple[Targets, ...] = ("data", "inputs")

MAX_LAYERS = 64
MAX_INPUTS = 65_536
MAX_AXES = 3


@dataclass(frozen=True)
class Network:
    """Layers from inputs to output, the loss that judges the output, and the update rule.

    Attributes:
        inputs: number of input features, or the shape of a sample: (time, features) of a
            sequence, (time,) of tokens, (height, width, channels) of an image.
        layers: the layers in order; the last one is the output.
        loss: a name of `LOSSES`. The cross-entropies need their matching output activation.
        optimizer: the update rule.
        targets: what the output is compared with: the data's own targets or, for an
            autoencoder, the inputs.
        schedule: how the learning rate changes with the step; None if it does not.
        clipping: how the gradient is clipped; None if it is not.

    Raises:
        DescriptionError: a field is unusable; its `path` says which, e.g. ``layers[2].units``.
    """

    inputs: int | Shape
    layers: Sequence[Layer]
    loss: Loss = "mean_squared_error"
    optimizer: Optimizer = field(default_factory=lambda: SGD(0.03))
    targets: Targets = "data"
    schedule: Schedule | None = None
    clipping: Clipping | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        self._check_inputs()
        if not 1 <= len(self.layers) <= MAX_LAYERS:
            raise DescriptionError("layers", len(self.layers), f"a list of 1..{MAX_LAYERS} layers")
        check_stack("layers", self.layers, self.input_shape, output=True)
        for index, layer in enumerate(self.layers):
            shape = self.shapes[index - 1] if index else self.input_shape
            layer.check_with(f"layers[{index}]", self.layers, shape)
        self._check_loss()
        check_choice("targets", self.targets, TARGETS)
        if not isinstance(self.optimizer, Optimizer):
            raise DescriptionError("optimizer", self.optimizer, "an optimizer such as SGD(0.03)")
        self.optimizer.check("optimizer")
        if self.schedule is not None:
            check_schedule("schedule", self.schedule)
        if self.clipping is not None:
            if not isinstance(self.clipping, Clipping):
                raise DescriptionError("clipping", self.clipping, "such as ClipNorm(1.0), or None")
            self.clipping.check("clipping")

    @property
    def input_shape(self) -> Shape:
        """Shape of a sample."""
        return (self.inputs,) if isinstance(self.inputs, int) else self.inputs

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Shape of each layer's output for one sample."""
        shape, shapes = self.input_shape, []
        for layer in self.layers:
            shape = layer.output_shape(shape)
            shapes.append(shape)
        return tuple(shapes)

    @property
    def output_shape(self) -> Shape:
        """Shape of a sample's output."""
        return self.shapes[-1]

    def _check_inputs(self) -> None:
        if isinstance(self.inputs, int):
            check_integer("inputs", self.inputs, 1, MAX_INPUTS)
            return
        if not isinstance(self.inputs, tuple | list) or not 1 <= len(self.inputs) <= MAX_AXES:
            raise DescriptionError("inputs", self.inputs, f"a number or 1..{MAX_AXES} of them")
        for axis, extent in enumerate(self.inputs):
            check_integer(f"inputs[{axis}]", extent, 1, MAX_INPUTS)
        object.__setattr__(self, "inputs", tuple(self.inputs))
        if prod(self.input_shape) > MAX_INPUTS:
            raise DescriptionError("inputs", self.inputs, f"at most {MAX_INPUTS} values")

    def _check_loss(self) -> None:
        check_choice("loss", self.loss, LOSSES)
        needed = MATCHING_ACTIVATION.get(self.loss)
        last = len(self.layers) - 1
        activation = getattr(self.layers[last], "activation", LINEAR.name)
        if needed is not None and activation != needed:
            raise DescriptionError(
                f"layers[{last}].activation", activation, f"{needed!r}, which {self.loss} needs"
            )
