"""Layers that only reshape their inputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from engine.errors import DescriptionError
from engine.layers.base import Layer, check_integer
from engine.layers.fields import FieldInfo
from engine.ops.shaping import Reshape as ReshapeOp

if TYPE_CHECKING:
    from engine.layers.context import Context
    from engine.tensors.tensor import Order, Shape, Tensor

POSITIONS = {2: ("time", "feature"), 3: ("height", "width", "channel")}

TARGET = FieldInfo("Target shape", range=(1, 1024), logarithmic=True, source="image_shape")


@dataclass(frozen=True)
class Flatten(Layer):
    """All values of a sample as one row: a sequence time by time, an image channel by channel."""

    kind: ClassVar[str] = "flatten"
    title = "Flatten"
    formula = "all values as one row"
    family = "Shape"
    keeps = "size"

    @classmethod
    def takes_sequence(cls) -> bool:
        return True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        if not shape:
            raise DescriptionError(path, self.kind, f"fit for inputs of shape {shape}")

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the view."""
        with context.layer(self.kind, number) as builder:
            order = _order(x.shape[1:])
            given, x = x, context.ordered(x, order)
            shape = (x.shape[0], prod(x.shape[1:]))
            view = ReshapeOp(shape, order)
            a = builder.apply(view, x, name="a", symbol="A", axes=("batch", "feature"))
            return builder.note(self.kind, given, a)


@dataclass(frozen=True)
class Reshape(Layer):
    """The inverse of `Flatten`: a row of values as a sequence or an image of `shape`."""

    shape: Annotated[tuple[int, ...], TARGET]

    kind: ClassVar[str] = "reshape"
    title = "Reshape"
    formula = "a row as an image or a sequence"
    family = "Shape"
    takes = (("features",),)
    keeps = "size"

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        if not isinstance(self.shape, tuple | list) or len(self.shape) not in (2, 3):
            raise DescriptionError(f"{path}.shape", self.shape, "a shape of 2 or 3 axes")
        for axis, extent in enumerate(self.shape):
            check_integer(f"{path}.shape[{axis}]", extent, 1, 1 << 16)
        if prod(self.shape) != shape[0]:
            raise DescriptionError(
                f"{path}.shape", self.shape, f"a shape for inputs of shape {shape}"
            )

    def output_shape(self, shape: Shape) -> Shape:
        return tuple(self.shape)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the view."""
        with context.layer(self.kind, number) as builder:
            order = _order(self.output_shape(()))
            given, x = x, context.ordered(x, order)
            view = ReshapeOp((x.shape[0], *self.shape), order)
            axes = ("batch", *POSITIONS[len(self.shape)])
            return builder.note(
                self.kind, given, builder.apply(view, x, name="a", symbol="A", axes=axes)
            )


def _order(shape: Shape) -> Order:
    """The memory order in which a sample of this shape is one row without being moved."""
    return "F" if len(shape) == 3 else "C"
