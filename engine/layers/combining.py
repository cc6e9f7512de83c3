"""Layers made of other layers, and activation and noise as layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from engine.errors import DescriptionError
from engine.layers.activation import activate
from engine.layers.base import Layer, ShapeKeeper, check_number, check_stack
from engine.layers.dense import check_activation
from engine.layers.fields import ActivationName, FieldInfo
from engine.layers.normalisation import LayerNorm
from engine.ops.elementwise import Add
from engine.ops.sampling import Noise as NoiseOp
from engine.ops.shaping import Concatenate as ConcatenateOp

if TYPE_CHECKING:
    from engine.layers.context import Context
    from engine.tensors.tensor import Shape, Tensor

Deviation = Annotated[float, FieldInfo("Standard deviation", range=(0.0, 3.0))]
InnerLayers = Annotated[Sequence[Layer], FieldInfo("Layers")]
Branches = Annotated[Sequence[Sequence[Layer]], FieldInfo("Branches")]


@dataclass(frozen=True)
class Activation(ShapeKeeper):
    """a = f(x), f a name of `ACTIVATIONS`; "softmax" only for the output."""

    activation: ActivationName = "relu"

    kind: ClassVar[str] = "activation"
    title = "Activation"
    formula = "a = f(x)"
    family = "Dense"
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_activation(path, self.activation, output=output)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append f."""
        with context.layer(self.kind, number) as builder:
            a = activate(builder, self.activation, x)
            return builder.note(self.kind, x, a, activation=self.activation, pre_activation=x)


@dataclass(frozen=True)
class Noise(ShapeKeeper):
    """x plus normal deviates in training: what a denoising autoencoder learns to remove.

    Attributes:
        deviation: standard deviation of the noise.
    """

    deviation: Deviation = 0.5

    kind: ClassVar[str] = "noise"
    title = "Gaussian noise"
    heading = "Noise"
    formula = "a = x + σ·ε, ε normal"
    family = "Noise"
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_number(f"{path}.deviation", self.deviation, 0.0, 1e6)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the draw and the sum; nothing outside training."""
        with context.layer(self.kind, number) as builder:
            if not context.training:
                return builder.note(self.kind, x, x)
            deviation = builder.hyperparameter("deviation", builder.symbol("σ"), self.deviation)
            context.draws += 1
            noise = builder.apply(
                NoiseOp(context.draws, x.shape),
                deviation,
                context.step,
                context.seed,
                name="noise",
                symbol="N",
                like=x,
            )
            return builder.note(self.kind, x, builder.apply(Add(), x, noise, name="a", symbol="A"))


@dataclass(frozen=True)
class Residual(ShapeKeeper):
    """x + f(x), where f applies the `layers` in order; its output has the shape of x."""

    layers: InnerLayers

    kind: ClassVar[str] = "residual"
    title = "Residual connection"
    heading = "Residual"
    formula = "a = x + f(x)"
    family = "Combining"
    hidden_defaults: ClassVar[Mapping[str, object]] = {"layers": (LayerNorm(),)}

    def inner(self) -> Mapping[str, Sequence[Layer]]:
        return {"layers": self.layers}

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        result = check_stack(f"{path}.layers", self.layers, shape, output=False)
        if result != shape:
            raise DescriptionError(
                f"{path}.layers", result, f"{shape}, the shape of what is added to it"
            )

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the layers and the sum."""
        with context.layer(self.kind, number) as builder:
            a = x
            for inner, layer in enumerate(self.layers, start=1):
                a = layer.build(context, a, inner)
            a = context.ordered(a, x.order)
            return builder.note(self.kind, x, builder.apply(Add(), x, a, name="a", symbol="A"))


@dataclass(frozen=True)
class Concatenate(Layer):
    """The outputs of several lists of layers on one input, side by side along the last axis.

    An empty list passes the input on unchanged.
    """

    branches: Branches

    kind: ClassVar[str] = "concatenate"
    title = "Concatenate"
    formula = "a = (f(x), g(x), …)"
    family = "Combining"
    hidden_defaults: ClassVar[Mapping[str, object]] = {"branches": ((), (LayerNorm(),))}

    def inner(self) -> Mapping[str, Sequence[Layer]]:
        return {f"branches[{n}]": branch for n, branch in enumerate(self.branches)}

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", tuple(tuple(branch) for branch in self.branches))

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        if len(self.branches) < 2:
            raise DescriptionError(f"{path}.branches", len(self.branches), "at least 2 lists")
        results = [
            check_stack(f"{path}.branches[{n}]", branch, shape, output=False)
            for n, branch in enumerate(self.branches)
        ]
        for n, result in enumerate(results):
            if result[:-1] != results[0][:-1]:
                raise DescriptionError(
                    f"{path}.branches[{n}]", result, f"a shape that fits beside {results[0]}"
                )

    def output_shape(self, shape: Shape) -> Shape:
        results = []
        for branch in self.branches:
            result = shape
            for layer in branch:
                result = layer.output_shape(result)
            results.append(result)
        return (*results[0][:-1], sum(result[-1] for result in results))

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the branches one after the other, and their outputs side by side."""
        with context.layer(self.kind, number) as builder:
            outputs: list[Tensor] = []
            inner = 0
            for branch in self.branches:
                output = x
                for layer in branch:
                    inner += 1
                    output = layer.build(context, output, inner)
                outputs.append(context.ordered(output, outputs[0].order) if outputs else output)
            axes = outputs[0].axes
            a = builder.apply(ConcatenateOp(), *outputs, name="a", symbol="A", axes=axes)
            return builder.note(self.kind, x, a)
