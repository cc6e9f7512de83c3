"""Convolution over time and over images, and its transpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from engine.checks import is_whole
from engine.errors import DescriptionError
from engine.initializers import initializer
from engine.layers.activation import RELU, activate
from engine.layers.base import IMAGE, MAX_UNITS, TIME_CHANNELS, Layer, check_integer, check_number
from engine.layers.dense import check_activation, weights_and_bias
from engine.layers.fields import (
    ActivationName,
    BiasInitializer,
    FieldInfo,
    L1Penalty,
    L2Penalty,
    WeightInitializer,
)
from engine.ops.convolution import Fold, GroupedProduct, Patches
from engine.ops.elementwise import Add
from engine.ops.linear import Linear, MatMul
from engine.ops.window import Window

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor

Extent = int | tuple[int, int]
Padding = Literal["valid", "same"] | int
MAX_KERNEL = 64
Filters = Annotated[int, FieldInfo("Filters", range=(1, 256), logarithmic=True)]
Kernel = Annotated[Extent, FieldInfo("Kernel size", range=(1, 16))]
STRIDE = FieldInfo("Stride", "Input cells from one window to the next.", range=(1, 8))
Stride = Annotated[Extent, STRIDE]
PADDING = FieldInfo(
    "Padding",
    "valid: none. same: the output is as large as the input divided by the stride. A number: so "
    "many cells of zeros on every side.",
    range=(0, 16),
)
Dilation = Annotated[
    Extent, FieldInfo("Dilation", "Input cells from one cell of the kernel to the next.", (1, 8))
]
Groups = Annotated[
    int,
    FieldInfo(
        "Groups",
        "Channels and filters are divided into this many groups; a filter sees only the channels "
        "of its group.",
        range=(1, 64),
        logarithmic=True,
    ),
]
KERNEL_AXES = {1: ("offset",), 2: ("row", "column")}

HIDDEN_DEFAULTS = {"filters": 8, "activation": RELU.name}


@dataclass(frozen=True)
class _Convolution(Layer):
    """The common part of `Conv1D` and `Conv2D`; see `Conv2D`."""

    filters: Filters
    kernel: Kernel = 3
    activation: ActivationName = "linear"
    stride: Stride = 1
    padding: Annotated[Padding, PADDING] = "valid"
    dilation: Dilation = 1
    groups: Groups = 1
    initializer: WeightInitializer = "glorot_uniform"
    bias_initializer: BiasInitializer = "zeros"
    l1: L1Penalty = 0.0
    l2: L2Penalty = 0.0

    formula = "a = f(x ∗ W + b)"
    heading = "Conv"
    family = "Convolution"
    combines = "sum"
    mixes = True
    hidden_defaults: ClassVar[Mapping[str, object]] = HIDDEN_DEFAULTS

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.filters", self.filters, 1, MAX_UNITS)
        axes = len(shape) - 1
        for name in ("kernel", "stride", "dilation"):
            check_extent(f"{path}.{name}", getattr(self, name), axes)
        check_padding(f"{path}.padding", self.padding)
        check_integer(f"{path}.groups", self.groups, 1, MAX_UNITS)
        for count, what in ((shape[-1], "input channels"), (self.filters, "filters")):
            if count % self.groups:
                raise DescriptionError(
                    f"{path}.groups", self.groups, f"a divisor of the {count} {what}"
                )
        check_activation(path, self.activation, output=output)
        initializer(self.initializer).check(f"{path}.initializer")
        initializer(self.bias_initializer).check(f"{path}.bias_initializer")
        for name in ("l1", "l2"):
            check_number(f"{path}.{name}", getattr(self, name), 0.0, float("inf"))
        check_window(f"{path}.kernel", self.kernel, self.window(shape), shape)

    def window(self, shape: Shape) -> Window:
        """The kernel as a window over inputs of `shape`."""
        return window(shape[:-1], self.kernel, self.stride, self.padding, self.dilation)

    def output_shape(self, shape: Shape) -> Shape:
        return (*self.window(shape).extents(shape[:-1]), self.filters)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the patches, their product with the kernels, and a = f(z)."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "F")
            kernel = self.window(x.shape[1:])
            shape = (*kernel.size, x.shape[-1] // self.groups, self.filters)
            axes = (*KERNEL_AXES[len(kernel.size)], "input", "filter")
            w, b = weights_and_bias(builder, self, shape, axes, cells=kernel.cells)
            z = self._product(builder, self._patches(builder, x, kernel), w, b)
            a = activate(builder, self.activation, z)
            builder.note(self.kind, given, a, activation=self.activation, pre_activation=z)
            builder.penalise(w, l1=self.l1, l2=self.l2)
            return a

    def _patches(self, builder: LayerBuilder, x: Tensor, kernel: Window) -> Tensor:
        """The patches, or the input itself for a kernel of one cell that covers every position."""
        if kernel.cells == 1 and set(kernel.stride) == {1} and not kernel.padded:
            return x
        axes = (*x.axes[:-1], "patch")
        return builder.apply(Patches(kernel, self.groups), x, name="patches", symbol="P", axes=axes)

    def _product(self, builder: LayerBuilder, p: Tensor, w: Tensor, b: Tensor) -> Tensor:
        axes = (*p.axes[:-1], "channel")
        if self.groups == 1:
            return builder.apply(
                Linear(), p, w, b, name="z", symbol="Z", role="pre_activation", axes=axes
            )
        shape = (*p.shape[:-1], self.filters)
        product = builder.apply(
            GroupedProduct(self.groups, shape), p, w, name="product", symbol="PW", axes=axes
        )
        return builder.apply(Add(), product, b, name="z", symbol="Z", role="pre_activation")


@dataclass(frozen=True)
class Conv2D(_Convolution):
    """Kernels moved over an image: (height, width, channels) -> (height, width, filters).

    z = Σ over the kernel's cells and the channels of x·W, plus b; a = f(z). W has the shape (rows,
    columns, channels / groups, filters).

    Attributes:
        filters: number of kernels.
        kernel: its rows and columns, or one number for both.
        activation: f.
        stride: distance in cells from one window to the next.
        padding: "valid" for none, "same" for enough that the output is as large as the input
            divided by the stride, or a number of cells of zeros on every side.
        dilation: distance in input cells from one cell of the kernel to the next.
        groups: parts into which channels and filters are divided; each filter sees only the
            channels of its part.
        initializer, bias_initializer, l1, l2: as in `Dense`.
    """

    kind: ClassVar[str] = "conv2d"
    title = "2D convolution"
    takes = (IMAGE,)


@dataclass(frozen=True)
class Conv1D(_Convolution):
    """Kernels moved along time: (time, channels) -> (time, filters); otherwise as `Conv2D`."""

    kind: ClassVar[str] = "conv1d"
    title = "1D convolution"
    takes = (TIME_CHANNELS,)


@dataclass(frozen=True)
class TransposedConv2D(Layer):
    """The transpose of a convolution: every input cell adds its kernel to a larger image.

    (height, width, channels) -> (height·stride, width·stride, filters). A `Conv2D` of the same
    stride and padding "same" would shrink this again; with "valid", one without padding.

    Attributes:
        filters: channels of the output.
        kernel, stride: rows and columns, or one number for both.
        activation, padding, initializer, bias_initializer, l1, l2: as in `Conv2D`.
    """

    filters: Filters
    kernel: Kernel = 3
    activation: ActivationName = "linear"
    stride: Stride = 2
    padding: Annotated[Literal["valid", "same"], PADDING] = "same"
    initializer: WeightInitializer = "glorot_uniform"
    bias_initializer: BiasInitializer = "zeros"
    l1: L1Penalty = 0.0
    l2: L2Penalty = 0.0

    kind: ClassVar[str] = "transposed_conv2d"
    title = "Transposed convolution"
    heading = "Up-conv"
    formula = "a = f(x ∗ᵀ W + b)"
    family = "Convolution"
    takes = (IMAGE,)
    combines = "sum"
    mixes = True
    moves = "spread"
    hidden_defaults: ClassVar[Mapping[str, object]] = HIDDEN_DEFAULTS

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.filters", self.filters, 1, MAX_UNITS)
        for name in ("kernel", "stride"):
            check_extent(f"{path}.{name}", getattr(self, name), 2)
        if self.padding not in ("valid", "same"):
            raise DescriptionError(f"{path}.padding", self.padding, "'valid' or 'same'")
        sizes, strides = per_axis(self.kernel, 2), per_axis(self.stride, 2)
        if any(k < s for k, s in zip(sizes, strides, strict=True)):
            raise DescriptionError(f"{path}.kernel", self.kernel, f"at least the stride {strides}")
        check_activation(path, self.activation, output=output)
        initializer(self.initializer).check(f"{path}.initializer")
        initializer(self.bias_initializer).check(f"{path}.bias_initializer")
        for name in ("l1", "l2"):
            check_number(f"{path}.{name}", getattr(self, name), 0.0, float("inf"))

    def output_shape(self, shape: Shape) -> Shape:
        sizes, strides = per_axis(self.kernel, 2), per_axis(self.stride, 2)
        grown = (
            n * s if self.padding == "same" else (n - 1) * s + k
            for n, k, s in zip(shape[:-1], sizes, strides, strict=True)
        )
        return (*grown, self.filters)

    def window(self, shape: Shape) -> Window:
        """The kernel of the convolution that this layer transposes, as a window over the output."""
        grown = self.output_shape(shape)[:-1]
        return window(grown, self.kernel, self.stride, self.padding, 1)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the product with the kernels, its fold, the bias and a = f(z)."""
        with context.layer(self.kind, number) as builder:
            given, x = x, context.ordered(x, "F")
            shape = self.output_shape(x.shape[1:])
            kernel = self.window(x.shape[1:])
            w = builder.parameter(
                "W",
                (*kernel.size, self.filters, x.shape[-1]),
                ("row", "column", "filter", "input"),
                self.initializer,
                fan_in=x.shape[-1] * kernel.cells // prod(kernel.stride),
                fan_out=self.filters * kernel.cells,
            )
            b = builder.parameter(
                "b", (self.filters,), ("filter",), self.bias_initializer, fan_in=1, fan_out=1
            )
            patches = builder.apply(
                MatMul(transpose_right=True),
                x,
                w,
                name="patches",
                symbol="P",
                axes=(*x.axes[:-1], "patch"),
            )
            folded = builder.apply(
                Fold(kernel, (x.shape[0], *shape)), patches, name="fold", symbol="Q", axes=x.axes
            )
            z = builder.apply(Add(), folded, b, name="z", symbol="Z", role="pre_activation")
            a = activate(builder, self.activation, z)
            builder.note(self.kind, given, a, activation=self.activation, pre_activation=z)
            builder.penalise(w, l1=self.l1, l2=self.l2)
            return a


def per_axis(extent: Extent, axes: int) -> Shape:
    """The extent as one number for each axis."""
    return (extent,) * axes if isinstance(extent, int) else tuple(extent)


def window(
    extents: Shape, kernel: Extent, stride: Extent, padding: Padding, dilation: Extent
) -> Window:
    """The window of a kernel that moves over inputs of these extents."""
    axes = len(extents)
    sizes, strides, gaps = per_axis(kernel, axes), per_axis(stride, axes), per_axis(dilation, axes)
    before, after = [], []
    for n, k, s, d in zip(extents, sizes, strides, gaps, strict=True):
        if isinstance(padding, int):
            total = 2 * padding
        elif padding == "same":
            total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        else:
            total = 0
        before.append(total // 2)
        after.append(total - total // 2)
    return Window(sizes, strides, tuple(before), tuple(after), gaps)


def check_extent(path: str, value: object, axes: int) -> None:
    """Raise DescriptionError unless `value` is a length, or one for each axis."""
    parts = value if isinstance(value, tuple | list) else (value,)
    if len(parts) not in (1, axes) or (axes == 1 and not isinstance(value, int)):
        raise DescriptionError(path, value, f"a number{f' or {axes} of them' * (axes > 1)}")
    for part in parts:
        if not is_whole(part, 1, MAX_KERNEL):
            raise DescriptionError(path, value, f"in 1..{MAX_KERNEL}")


def check_padding(path: str, padding: object) -> None:
    """Raise DescriptionError unless `padding` is a name or a number of cells."""
    if padding not in ("valid", "same") and not is_whole(padding, 0, MAX_KERNEL):
        raise DescriptionError(path, padding, f"'valid', 'same' or in 0..{MAX_KERNEL}")


def check_window(path: str, value: object, over: Window, shape: Shape) -> None:
    """Raise DescriptionError unless the window fits into samples of `shape`."""
    if min(over.extents(shape[:-1])) < 1:
        raise DescriptionError(path, value, f"small enough for inputs of shape {shape}")
