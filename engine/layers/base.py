"""The base class of layers: descriptions, checked before anything is built, that append ops.

To add a kind, write a subclass of `Layer` in a file beside the others and list it in
`engine.layers`. It is a frozen dataclass whose fields are what a user sets, each with a type from
`engine.layers.fields` or a similar one; its class variables say everything else that server,
diagnostics and page need. The page needs a new file only for a kind with its own picture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import isfinite, prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from numpy.typing import NDArray

from engine.checks import is_number, is_whole
from engine.errors import DescriptionError
from engine.ops.window import Window

if TYPE_CHECKING:
    from engine.layers.context import Context
    from engine.tensors.tensor import Shape, Tensor

MAX_UNITS = 1024
MAX_TIME = 512
"""The longest sequence that recurrent and attention layers accept, in time steps."""
MAX_ROWS = 100_000
"""The most rows of an embedding: tokens, users or items."""
MAX_VALUES = 1 << 20
"""The most values that a layer may output for one sample."""

Family = Literal[
    "Dense",
    "Convolution",
    "Pooling",
    "Recurrence",
    "Attention",
    "Lookup",
    "Normalisation",
    "Noise",
    "Shape",
    "Combining",
]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""The families of kinds in the order in which the page lists them."""

Axes = tuple[str, ...]
TIME_FEATURES: Axes = ("time", "features")
TIME_CHANNELS: Axes = ("time", "channels")
IMAGE: Axes = ("height", "width", "channels")


class Layer(ABC):
    """A layer. Subclasses are frozen dataclasses.

    A sample's shape is that of an input or output without the batch: (features,),
    (time, features), (height, width, channels). Its positions are the time steps of a sequence or
    the pixels of an image.
    """

    kind: ClassVar[str]
    """The name of the kind in descriptions; layers are named after it, such as ``dense1``."""
    title: ClassVar[str]
    formula: ClassVar[str]
    family: ClassVar[Family]
    heading: ClassVar[str] = ""
    """A short title for the heading of the picture; "" if `title` is short enough."""
    takes: ClassVar[tuple[Axes, ...]] = ()
    """The axes of input samples that the layer accepts; () for samples of any shape."""
    keeps: ClassVar[Literal["", "size", "shape"]] = ""
    """What the output has in common with the input: number of values, or shape; "" for neither."""
    reads_ids: ClassVar[bool] = False
    """Whether the inputs are ids of rows of the table W (tokens, users), not measurements."""
    combines: ClassVar[Literal["", "sum", "largest", "mean", "copy"]] = ""
    """How an output value is computed from the input values in the window: as the sum of their
    products with weights, the largest, the mean, or a copy of the only one; "" for other ways."""
    mixes: ClassVar[bool] = False
    """Whether every output channel depends on all input channels, or all those of its group."""
    pointwise: ClassVar[bool] = False
    """Whether a position of the output depends on the same position of the input only."""
    moves: ClassVar[Literal["slide", "spread", "repeat"]] = "slide"
    """How `window` lies: it slides over the input; or over the output, and every position of the
    input is spread over, or repeated in, one window."""
    hidden_defaults: ClassVar[Mapping[str, object]] = {}
    """Defaults of a hidden layer's fields, where the dataclass has no default or another one."""

    @classmethod
    def weighs(cls) -> bool:
        """Whether the scale of the output follows the scale of the weights."""
        return cls.combines == "sum"

    @classmethod
    def takes_sequence(cls) -> bool:
        """Whether it reads all time steps, so that a recurrence before it returns all of them."""
        return any(len(axes) == len(TIME_FEATURES) for axes in cls.takes)

    @abstractmethod
    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        """Raise DescriptionError for the first field, named below `path`, that is unusable.

        Args:
            shape: shape of an input sample; its axes are among those that the layer takes.
            output: whether the layer is the network's last one.
        """

    def check_with(  # noqa: B027 - most fit any others
        self, path: str, layers: Sequence[Layer], shape: Shape
    ) -> None:
        """Raise DescriptionError unless the layer fits the network's other layers."""

    def check_ids(self, path: str, ids: NDArray[Any]) -> None:  # noqa: B027 - most read none
        """Raise DescriptionError unless the layer has a row for every id in the data.

        Args:
            ids: (samples, *input shape).
        """

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Shape of a sample's output for an input of `shape`; `check` has passed."""

    def window(self, shape: Shape) -> Window | None:
        """The window over the positions of inputs of `shape` that an output position depends on.

        None if it depends on all of the input. `moves` says how the window lies.
        """
        axes = len(shape) - 1
        return Window.plain((1,) * axes) if self.pointwise and axes else None

    def unrolled(self, shape: Shape) -> int:
        """Number of time steps into which inputs of `shape` are unrolled, over all directions."""
        return 0

    def inner(self) -> Mapping[str, Sequence[Layer]]:
        """The lists of layers that it consists of, by path; the layer's input goes to each."""
        return {}

    @abstractmethod
    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the layer's ops; returns what the next layer reads.

        Args:
            x: (batch, *input shape).
            number: number of the layer, from 1.
        """


class ShapeKeeper(Layer):
    """A layer whose output has the shape of its input."""

    keeps = "shape"

    def output_shape(self, shape: Shape) -> Shape:
        return shape


def check_integer(path: str, value: object, low: int, high: int) -> None:
    """Raise DescriptionError unless `value` is a whole number in low..high."""
    if not is_whole(value, low, high):
        raise DescriptionError(path, value, f"in {low}..{high}")


def check_number(path: str, value: object, low: float, high: float) -> None:
    """Raise DescriptionError unless `value` is a finite number from low to high."""
    if not is_number(value, low, high):
        limit = f"in {low:g}..{high:g}" if isfinite(high) else f"a number of at least {low:g}"
        raise DescriptionError(path, value, limit)


def check_choice(path: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise DescriptionError unless `value` is one of `choices`."""
    if value not in choices:
        raise DescriptionError(path, value, f"one of {', '.join(choices)}")


def check_axes(path: str, layer: Layer, shape: Shape) -> None:
    """Raise DescriptionError unless the layer accepts samples with the axes of `shape`."""
    if layer.takes and len(shape) not in map(len, layer.takes):
        wanted = " or ".join(f"({', '.join(a)}{',' * (len(a) == 1)})" for a in layer.takes)
        raise DescriptionError(
            path, layer.kind, f"fit for inputs of shape {shape}; it needs {wanted}"
        )


def check_stack(path: str, layers: Sequence[Layer], shape: Shape, *, output: bool) -> Shape:
    """Check layers that follow one another; returns the shape of the last one's output.

    Args:
        path: path of the list of layers.
        shape: shape of an input sample of the first layer.
        output: whether the last layer is the network's output.
    """
    first = path == "layers"
    for index, layer in enumerate(layers):
        layer_path = f"{path}[{index}]"
        if not isinstance(layer, Layer):
            raise DescriptionError(layer_path, layer, "a layer such as Dense(4)")
        if layer.reads_ids and not (first and index == 0):
            raise DescriptionError(
                layer_path, layer.kind, "possible except as the first layer: it reads ids"
            )
        check_axes(layer_path, layer, shape)
        layer.check(layer_path, shape, output=output and index == len(layers) - 1)
        shape = layer.output_shape(shape)
        if prod(shape) > MAX_VALUES:
            raise DescriptionError(layer_path, shape, f"an output of at most {MAX_VALUES:,} values")
    return shape
