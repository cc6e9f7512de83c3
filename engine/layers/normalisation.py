"""Normalisation: of the units of each sample, and of each unit over the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from engine.initializers import Initializer
from engine.layers.base import ShapeKeeper, check_number
from engine.layers.context import Statistic
from engine.layers.fields import FieldInfo
from engine.ops.normalisation import (
    Follow,
    InverseDeviation,
    Mean,
    ScaleShift,
    Standardise,
    Variance,
)

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor


Epsilon = Annotated[float, FieldInfo("Epsilon", range=(1e-12, 1.0), logarithmic=True)]
Momentum = Annotated[float, FieldInfo("Momentum", range=(0.0, 1.0))]
ONES = Initializer("constant", 1.0)


@dataclass(frozen=True)
class LayerNorm(ShapeKeeper):
    """x̂ = (x − μ)/√(v + ε) over the units of each sample or position; a = γ ⊙ x̂ + β.

    Ba, Kiros, Hinton 2016.
    """

    epsilon: Epsilon = 1e-5

    kind: ClassVar[str] = "layer_norm"
    title = "Layer normalisation"
    heading = "Norm"
    formula = "a = γ⊙(x − μ)/√(v + ε) + β, of each sample"
    family = "Normalisation"
    pointwise = True
    mixes = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_number(f"{path}.epsilon", self.epsilon, 1e-12, 1.0)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the two moments, the standardised values, gain and shift."""
        with context.layer(self.kind, number) as builder:
            one = (*x.axes[:-1], "one")
            mean = builder.apply(Mean("units"), x, name="mean", symbol="μ", axes=one, order=x.order)
            variance = builder.apply(
                Variance("units"), x, mean, name="variance", symbol="v", axes=one, order=x.order
            )
            inverse = InverseDeviation(self.epsilon)
            s = builder.apply(inverse, variance, name="scale", symbol="s")
            normal = builder.apply(
                Standardise("units"), x, mean, s, name="standardised", symbol="X̂"
            )
            return builder.note(self.kind, x, gain_and_shift(builder, normal))


@dataclass(frozen=True)
class BatchNorm(ShapeKeeper):
    """x̂ = (x − μ)/√(v + ε) for each unit over the batch and all positions; a = γ ⊙ x̂ + β.

    Outside training, running means of μ and v are used instead (Ioffe & Szegedy 2015), where v has
    the factor n/(n − 1) for n values of a unit.

    Attributes:
        momentum: weight of the batch's values in the running means at each step.
        epsilon: ε.
    """

    momentum: Momentum = 0.1
    epsilon: Epsilon = 1e-5

    kind: ClassVar[str] = "batch_norm"
    title = "Batch normalisation"
    heading = "Batch norm"
    formula = "a = γ⊙(x − μ)/√(v + ε) + β, over the batch"
    family = "Normalisation"
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_number(f"{path}.momentum", self.momentum, 0.0, 1.0)
        check_number(f"{path}.epsilon", self.epsilon, 1e-12, 1.0)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the moments (or take the running ones), the standardised values, gain, shift."""
        with context.layer(self.kind, number) as builder:
            mean, variance = self._moments(builder, x)
            inverse = InverseDeviation(self.epsilon)
            s = builder.apply(inverse, variance, name="scale", symbol="s")
            standardise = Standardise("rows", fixed=not context.training)
            normal = builder.apply(standardise, x, mean, s, name="standardised", symbol="X̂")
            return builder.note(self.kind, x, gain_and_shift(builder, normal))

    def _moments(self, builder: LayerBuilder, x: Tensor) -> tuple[Tensor, Tensor]:
        context, units = builder.context, x.shape[-1:]
        running = [
            context.graph.given(
                f"{builder.name}/running_{name}",
                builder.symbol(symbol),
                units,
                ("unit",),
                "statistic",
                value=value,
            )
            for name, symbol, value in (("mean", "μ̄", 0.0), ("variance", "v̄", 1.0))
        ]
        momentum = None
        if context.training:
            momentum = builder.hyperparameter("momentum", builder.symbol("ρ"), self.momentum)
            axes = ("unit",)
            mean = builder.apply(Mean("rows"), x, name="mean", symbol="μ", axes=axes)
            variance = builder.apply(
                Variance("rows"), x, mean, name="variance", symbol="v", axes=axes
            )
            count = x.size // units[0]
            unbiased = Follow(count / max(1, count - 1))
            batch = ((Follow(), mean), (unbiased, variance))
        else:
            mean, variance = running
            batch = ((Follow(), mean), (Follow(), variance))
        for average, (op, value) in zip(running, batch, strict=True):
            context.statistics.append(Statistic(average, op, value, momentum))
        return mean, variance


def gain_and_shift(builder: LayerBuilder, normal: Tensor) -> Tensor:
    """Append a = γ ⊙ x̂ + β with trained γ, initially 1, and β, initially 0."""
    units = normal.shape[-1]
    gain, shift = (
        builder.parameter(name, (units,), ("unit",), rule, symbol=symbol, fan_in=1, fan_out=1)
        for name, rule, symbol in (("gain", ONES, "γ"), ("shift", "zeros", "β"))
    )
    return builder.apply(ScaleShift(), normal, gain, shift, name="a", symbol="A")
