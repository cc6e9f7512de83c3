"""Dropout, as a layer or at the end of another layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from engine.layers.base import ShapeKeeper, check_number
from engine.layers.fields import FieldInfo
from engine.ops.elementwise import Multiply
from engine.ops.sampling import DropoutMask

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor


@dataclass(frozen=True)
class Dropout(ShapeKeeper):
    """Each value is dropped with probability `rate` in training, else divided by 1 − rate."""

    rate: Annotated[float, FieldInfo("Dropout rate", range=(0.0, 0.95))] = 0.5

    kind: ClassVar[str] = "dropout"
    title = "Dropout"
    formula = "a = x⊙m/(1 − p), m = 0 with probability p"
    family = "Noise"
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_number(f"{path}.rate", self.rate, 0.0, 0.95)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the mask and its product with x; nothing outside training."""
        with context.layer(self.kind, number) as builder:
            return builder.note(self.kind, x, drop(builder, x, self.rate))


def drop(builder: LayerBuilder, a: Tensor, rate: float) -> Tensor:
    """Append dropout of `a` in training, unless `rate` is 0; returns the result."""
    context = builder.context
    if not (rate and context.training):
        return a
    p = builder.hyperparameter("dropout", builder.symbol("p"), rate)
    context.draws += 1
    mask = builder.apply(
        DropoutMask(context.draws, a.shape),
        p,
        context.step,
        context.seed,
        name="mask",
        symbol="M",
        like=a,
    )
    return builder.apply(Multiply(), a, mask, name="dropped", symbol="Ã", scope="dropout")
