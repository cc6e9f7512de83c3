"""Embeddings: a trained vector for each id of a token, a user or an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.initializers import Initializer, initializer
from engine.layers.base import MAX_ROWS, MAX_UNITS, Layer, check_integer, check_number
from engine.layers.fields import FieldInfo, L2Penalty, Units, Vocabulary, WeightInitializer
from engine.ops.elementwise import Add
from engine.ops.lookup import Lookup, Offset, PairDot
from engine.ops.reduction import SumTo
from engine.ops.shaping import Reshape
from engine.ops.window import Window

if TYPE_CHECKING:
    from engine.layers.context import Context, LayerBuilder
    from engine.tensors.tensor import Shape, Tensor

SIZES = FieldInfo("IDs of each field", range=(1, MAX_ROWS), logarithmic=True, source="field_sizes")


@dataclass(frozen=True)
class Embedding(Layer):
    """A row of W for each token: (time,) ids -> (time, units).

    Attributes:
        vocabulary: number of tokens; W has the shape (vocabulary, units).
        units: length of a vector.
        initializer: initial values of W.
        l2: weight of the penalty ½·l2·ΣW² on the loss.
    """

    vocabulary: Vocabulary
    units: Units
    initializer: WeightInitializer = "normal"
    l2: L2Penalty = 0.0

    kind: ClassVar[str] = "embedding"
    title = "Embedding"
    heading = "Embed"
    formula = "row x of W for every token x"
    family = "Lookup"
    takes = (("time",),)
    reads_ids = True
    mixes = True
    hidden_defaults: ClassVar[Mapping[str, object]] = {"units": 8}

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.vocabulary", self.vocabulary, 1, MAX_ROWS)
        check_integer(f"{path}.units", self.units, 1, MAX_UNITS)
        initializer(self.initializer).check(f"{path}.initializer")
        check_number(f"{path}.l2", self.l2, 0.0, float("inf"))

    def check_ids(self, path: str, ids: NDArray[Any]) -> None:
        check_below(f"{path}.vocabulary", self.vocabulary, ids)

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape, self.units)

    def window(self, shape: Shape) -> Window:
        return Window.plain((1,) * len(shape))

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the lookup."""
        with context.layer(self.kind, number) as builder:
            w = builder.parameter(
                "W",
                (self.vocabulary, self.units),
                ("token", "unit"),
                self.initializer,
                fan_in=self.vocabulary,
                fan_out=self.units,
            )
            axes = (*x.axes, "unit")
            a = builder.apply(Lookup(), w, x, name="a", symbol="A", axes=axes)
            builder.penalise(w, l1=0.0, l2=self.l2)
            return builder.note(self.kind, x, a)


@dataclass(frozen=True)
class _OfFields(Layer):
    """A layer that reads an id for each field, such as a user and an item.

    Attributes:
        sizes: number of ids of each field.
    """

    sizes: Annotated[tuple[int, ...], SIZES]

    family = "Lookup"
    takes = (("fields",),)
    reads_ids = True

    def check_ids(self, path: str, ids: NDArray[Any]) -> None:
        for field, size in enumerate(self.sizes):
            check_below(f"{path}.sizes[{field}]", size, ids[:, field])


@dataclass(frozen=True)
class FieldEmbedding(_OfFields):
    """The vectors of several ids, side by side: (fields,) ids -> (fields·units,).

    The vectors of all fields are the rows of one W, field after field. With dense layers on top,
    it is a neural scorer of users and items.

    Attributes:
        sizes: number of ids of each field.
        units: length of a vector.
        initializer, l2: as in `Embedding`.
    """

    sizes: Annotated[tuple[int, ...], SIZES]
    units: Units
    initializer: WeightInitializer = "normal"
    l2: L2Penalty = 0.0

    kind: ClassVar[str] = "field_embedding"
    title = "Field embedding"
    heading = "Embed"
    formula = "rows of W side by side"
    hidden_defaults: ClassVar[Mapping[str, object]] = {"units": 4}

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_fields(path, self.sizes, shape)
        check_integer(f"{path}.units", self.units, 1, MAX_UNITS)
        initializer(self.initializer).check(f"{path}.initializer")
        check_number(f"{path}.l2", self.l2, 0.0, float("inf"))

    def output_shape(self, shape: Shape) -> Shape:
        return (len(self.sizes) * self.units,)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the row of each id, the lookup and its view as one vector."""
        with context.layer(self.kind, number) as builder:
            vectors, w, _ = look_up(builder, x, self.sizes, self.units, self.initializer)
            shape = Reshape((x.shape[0], len(self.sizes) * self.units), "C")
            a = builder.apply(shape, vectors, name="a", symbol="A", axes=("batch", "feature"))
            builder.penalise(w, l1=0.0, l2=self.l2)
            return builder.note(self.kind, x, a)


@dataclass(frozen=True)
class Factorisation(_OfFields):
    """A user's predicted rating of an item: ŷ = w_u·w_i + b_u + b_i + μ; (2,) ids -> (1,).

    Matrix factorisation with biases (Koren, Bell, Volinsky 2009, equation 4). The vectors of the
    users and then those of the items are the rows of one W; the biases b have the same order.

    Attributes:
        sizes: number of users and number of items.
        rank: length of a vector.
        initializer: initial values of W.
        l2: weight of the penalty ½·l2·ΣW² on the loss.
    """

    sizes: Annotated[tuple[int, int], SIZES]
    rank: Annotated[int, FieldInfo("Rank", range=(1, 64), logarithmic=True)]
    initializer: WeightInitializer = "normal"
    l2: L2Penalty = 0.0

    kind: ClassVar[str] = "factorisation"
    title = "Matrix factorisation"
    heading = "Factorisation"
    formula = "ŷ = wᵤ·wᵢ + bᵤ + bᵢ + μ"
    hidden_defaults: ClassVar[Mapping[str, object]] = {"rank": 2}

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_fields(path, self.sizes, shape)
        if len(self.sizes) != 2:
            raise DescriptionError(f"{path}.sizes", self.sizes, "a pair of numbers")
        check_integer(f"{path}.rank", self.rank, 1, MAX_UNITS)
        initializer(self.initializer).check(f"{path}.initializer")
        check_number(f"{path}.l2", self.l2, 0.0, float("inf"))

    def output_shape(self, shape: Shape) -> Shape:
        return (1,)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the lookups of vectors and biases, the scalar product and the sum."""
        with context.layer(self.kind, number) as builder:
            vectors, w, rows = look_up(builder, x, self.sizes, self.rank, self.initializer)
            b = builder.parameter("b", (sum(self.sizes),), ("row",), "zeros", fan_in=1, fan_out=1)
            mean = builder.parameter(
                "mu", (1,), ("unit",), "zeros", symbol="μ", fan_in=1, fan_out=1
            )
            dot = builder.apply(PairDot(), vectors, name="dot", symbol="D", axes=("batch", "unit"))
            biases = builder.apply(Lookup(), b, rows, name="biases", symbol="B", axes=x.axes)
            bias = builder.apply(SumTo(dot.shape), biases, name="bias", symbol="S", axes=dot.axes)
            relative = builder.apply(Add(), dot, bias, name="relative", symbol="R")
            z = builder.apply(Add(), relative, mean, name="z", symbol="Z", role="pre_activation")
            builder.penalise(w, l1=0.0, l2=self.l2)
            return builder.note(self.kind, x, z)


def look_up(
    builder: LayerBuilder, x: Tensor, sizes: tuple[int, ...], units: int, rule: str | Initializer
) -> tuple[Tensor, Tensor, Tensor]:
    """Append the lookup of a vector of `units` for each id in x (batch, fields).

    Returns the vectors, W with one vector in each row, and the row that each id looks up.
    """
    w = builder.parameter(
        "W", (sum(sizes), units), ("row", "unit"), rule, fan_in=sum(sizes), fan_out=units
    )
    x = builder.context.ordered(x, "C")
    rows = builder.apply(Offset(sizes), x, name="rows", symbol="rows", role="index", axes=x.axes)
    vectors = builder.apply(Lookup(), w, rows, name="vectors", symbol="V", axes=(*x.axes, "unit"))
    return vectors, w, rows


def check_fields(path: str, sizes: object, shape: Shape) -> None:
    """Raise DescriptionError unless `sizes` has a size for each field of samples of `shape`."""
    if not isinstance(sizes, tuple | list) or len(sizes) != shape[0]:
        raise DescriptionError(f"{path}.sizes", sizes, f"a size for each of {shape[0]} fields")
    for field, size in enumerate(sizes):
        check_integer(f"{path}.sizes[{field}]", size, 1, MAX_ROWS)


def check_below(path: str, size: int, ids: NDArray[Any]) -> None:
    """Raise DescriptionError unless all ids in the data are from 0 to `size` − 1."""
    least, largest = int(np.min(ids, initial=0)), int(np.max(ids, initial=0))
    if least < 0:
        raise DescriptionError("data.inputs", least, "a number of at least 0")
    if size <= largest:
        raise DescriptionError(path, size, f"more than {largest}, a number in the data")
