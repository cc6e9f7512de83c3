"""What a layer is: a description, checked before anything is built, and its ops.

To add a kind, subclass `Layer` in a file of its own beside the others, as a frozen dataclass whose
fields are what a user sets, and list it in `engine.layers`; nothing else in the engine needs to
know of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import isfinite, prod
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from engine.checks import is_number, is_whole
from engine.errors import DescriptionError

if TYPE_CHECKING:
    from engine.layers.context import Context
    from engine.tensors.tensor import Shape, Tensor

MAX_UNITS = 1024
MAX_TIME = 512
"""The longest sequence that recurrent and attention layers accept, in time steps."""
MAX_VALUES = 1 << 20
"""The most values that a layer may output for one sample."""


class Layer(ABC):
    """A layer. Subclasses are frozen dataclasses.

    A sample's shape is that of an input or output without the batch: (features,),
    (time, features), (height, width, channels).
    """

    kind: ClassVar[str]
    reads_ids: ClassVar[bool] = False
    """Its inputs are whole numbers that name something (tokens, users), not measurements."""

    @abstractmethod
    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        """Raise DescriptionError for the first field, named below `path`, that is unusable.

        Args:
            shape: of a sample that the layer is given.
            output: whether the layer is the network's last one.
        """

    def check_with(  # noqa: B027 - most stand for themselves
        self, path: str, layers: Sequence[Layer], shape: Shape
    ) -> None:
        """Raise DescriptionError unless the layer goes with the network's other ones."""

    def check_ids(self, path: str, ids: NDArray[Any]) -> None:  # noqa: B027 - most read none
        """Raise DescriptionError unless the numbers that the data name things by fit.

        Args:
            ids: (samples, *input shape).
        """

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Shape of a sample's output for such an input; `check` has passed."""

    @abstractmethod
    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the layer's ops; returns what the next layer reads.

        Args:
            x: (batch, *input shape).
            number: of the layer, from 1.
        """


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


def check_axes(path: str, kind: str, shape: Shape, axes: tuple[str, ...]) -> None:
    """Raise DescriptionError unless a layer of this kind can be given samples of `shape`."""
    if len(shape) != len(axes):
        wanted = f"({', '.join(axes)}{',' * (len(axes) == 1)})"
        raise DescriptionError(path, kind, f"fit for inputs of shape {shape}; it needs {wanted}")


def check_stack(path: str, layers: Sequence[Layer], shape: Shape, *, output: bool) -> Shape:
    """Check layers that follow one another; returns the shape of the last one's output.

    Args:
        path: of the list of layers.
        shape: of a sample that the first one is given.
        output: whether the last one is the network's output.
    """
    first = path == "layers"
    for index, layer in enumerate(layers):
        here = f"{path}[{index}]"
        if not isinstance(layer, Layer):
            raise DescriptionError(here, layer, "a layer such as Dense(4)")
        if layer.reads_ids and not (first and index == 0):
            raise DescriptionError(
                here, layer.kind, "possible but as the first layer: it reads ids"
            )
        layer.check(here, shape, output=output and index == len(layers) - 1)
        shape = layer.output_shape(shape)
        if prod(shape) > MAX_VALUES:
            raise DescriptionError(here, shape, f"an output of at most {MAX_VALUES:,} values")
    return shape
