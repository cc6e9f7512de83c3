"""Pooling over windows and over all positions, and its opposite, upsampling."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from engine.errors import DescriptionError
from engine.layers.base import IMAGE, TIME_CHANNELS, Layer
from engine.layers.convolution import (
    PADDING,
    Extent,
    Padding,
    check_extent,
    check_padding,
    check_window,
    per_axis,
    window,
)
from engine.layers.fields import FieldInfo
from engine.ops.base import Op
from engine.ops.elementwise import Scale
from engine.ops.pooling import MaxPool as MaxPoolOp
from engine.ops.pooling import WindowSpread, WindowSum
from engine.ops.reduction import SumTo
from engine.ops.shaping import Reshape
from engine.ops.window import Window

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor

STRIDE = FieldInfo(
    "Stride",
    "Input cells from one window to the next; empty for the size of the window.",
    range=(1, 8),
)


@dataclass(frozen=True)
class _Pool(Layer):
    """The common part of `MaxPool` and `AveragePool`.

    Attributes:
        size: cells of a window along each axis, or one number for all.
        stride: distance in cells from one window to the next; None for their size.
        padding: as in `Conv2D`.
    """

    size: Annotated[Extent, FieldInfo("Pool size", range=(1, 16))] = 2
    stride: Annotated[Extent | None, STRIDE] = None
    padding: Annotated[Padding, PADDING] = "valid"

    family = "Pooling"
    takes = (TIME_CHANNELS, IMAGE)

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        axes = len(shape) - 1
        check_extent(f"{path}.size", self.size, axes)
        if self.stride is not None:
            check_extent(f"{path}.stride", self.stride, axes)
        check_padding(f"{path}.padding", self.padding)
        over = self.window(shape)
        check_window(f"{path}.size", self.size, over, shape)
        if any(pad >= k for pad, k in zip(over.after, over.size, strict=True)):
            raise DescriptionError(f"{path}.padding", self.padding, "less than the size")

    def window(self, shape: Shape) -> Window:
        stride = self.size if self.stride is None else self.stride
        return window(shape[:-1], self.size, stride, self.padding, 1)

    def output_shape(self, shape: Shape) -> Shape:
        return (*self.window(shape).extents(shape[:-1]), shape[-1])

    def op(self, over: Window) -> Op:
        """The op that computes the number of each window."""
        raise NotImplementedError

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the one op."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "F")
            op = self.op(self.window(x.shape[1:]))
            return builder.note(
                self.kind, given, builder.apply(op, x, name="a", symbol="A", axes=x.axes)
            )


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest cell of each window, channel by channel, over time or over an image."""

    kind: ClassVar[str] = "max_pool"
    title = "Max pooling"
    heading = "Pool"
    formula = "a = max over a window of x"
    combines = "largest"

    def op(self, over: Window) -> Op:
        return MaxPoolOp(over)


@dataclass(frozen=True)
class AveragePool(_Pool):
    """The mean of each window, channel by channel; cells of padding count as zeros."""

    kind: ClassVar[str] = "average_pool"
    title = "Average pooling"
    heading = "Mean pool"
    formula = "a = mean over a window"
    combines = "mean"

    def op(self, over: Window) -> Op:
        return WindowSum(over, 1.0 / over.cells)


@dataclass(frozen=True)
class _GlobalPool(Layer):
    """One number for each channel, over all positions: (…, channels) -> (channels,)."""

    family = "Pooling"
    takes = (TIME_CHANNELS, IMAGE)

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        """Nothing to check: it has no fields."""

    def output_shape(self, shape: Shape) -> Shape:
        return shape[-1:]

    def window(self, shape: Shape) -> Window:
        return Window.plain(shape[:-1])

    def cell(self, builder: LayerBuilder, x: Tensor) -> Tensor:
        """Append the ops that pool each channel to one cell: (batch, 1, …, channels)."""
        raise NotImplementedError

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the pooling, and the view without the axes of one cell."""
        with context.layer(self.kind, number) as builder:
            cell = self.cell(builder, context.ordered(x, "F"))
            shape = Reshape((cell.shape[0], cell.shape[-1]), "F")
            a = builder.apply(shape, cell, name="a", symbol="A", axes=("batch", "channel"))
            return builder.note(self.kind, x, a)


@dataclass(frozen=True)
class GlobalAveragePool(_GlobalPool):
    """The mean of each channel over all time steps or pixels."""

    kind: ClassVar[str] = "global_average_pool"
    title = "Global average pooling"
    heading = "Mean pool"
    formula = "a = mean over all positions"
    combines = "mean"

    def cell(self, builder: LayerBuilder, x: Tensor) -> Tensor:
        """Append the sum over all positions, and the mean."""
        batch, *extents, channels = x.shape
        ones, cells = (1,) * len(extents), prod(extents)
        total = builder.apply(
            SumTo((batch, *ones, channels)), x, name="sum", symbol="S", axes=x.axes, order="F"
        )
        return builder.apply(Scale(1.0 / cells, f"1/{cells}"), total, name="mean", symbol="M")


@dataclass(frozen=True)
class GlobalMaxPool(_GlobalPool):
    """The largest cell of each channel over all time steps or pixels."""

    kind: ClassVar[str] = "global_max_pool"
    title = "Global max pooling"
    heading = "Max pool"
    formula = "a = max over all positions"
    combines = "largest"

    def cell(self, builder: LayerBuilder, x: Tensor) -> Tensor:
        """Append a pooling with one window."""
        pool = MaxPoolOp(Window.plain(x.shape[1:-1]))
        return builder.apply(pool, x, name="largest", symbol="M", axes=x.axes)


@dataclass(frozen=True)
class Upsample(Layer):
    """Every cell repeated `factor` times along each axis; `factor` may have a number for each."""

    factor: Annotated[Extent, FieldInfo("Factor", range=(1, 8))] = 2

    kind: ClassVar[str] = "upsample"
    title = "Upsampling"
    heading = "Upsample"
    formula = "every cell several times"
    family = "Pooling"
    takes = (TIME_CHANNELS, IMAGE)
    combines = "copy"
    moves = "repeat"

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_extent(f"{path}.factor", self.factor, len(shape) - 1)

    def output_shape(self, shape: Shape) -> Shape:
        factors = per_axis(self.factor, len(shape) - 1)
        return (*(n * f for n, f in zip(shape[:-1], factors, strict=True)), shape[-1])

    def window(self, shape: Shape) -> Window:
        return Window.plain(per_axis(self.factor, len(shape) - 1))

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the one op."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "F")
            over = self.window(x.shape[1:])
            shape = (x.shape[0], *self.output_shape(x.shape[1:]))
            spread = WindowSpread(over, shape)
            return builder.note(
                self.kind, given, builder.apply(spread, x, name="a", symbol="A", axes=x.axes)
            )
