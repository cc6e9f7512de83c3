"""The output layer of a language model whose weights are those of its embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.errors import DescriptionError
from engine.layers.activation import activate
from engine.layers.base import MAX_ROWS, TIME_FEATURES, Layer, check_integer
from engine.layers.dense import check_activation
from engine.layers.embedding import Embedding
from engine.layers.fields import ActivationName, Vocabulary
from engine.ops.elementwise import Add
from engine.ops.linear import MatMul

if TYPE_CHECKING:
    from engine.layers.context import Context
    from engine.tensors.tensor import Shape, Tensor


@dataclass(frozen=True)
class Unembedding(Layer):
    """z = x·Eᵀ + b with the network's embedding E: tied weights (Press & Wolf 2017).

    (time, units) -> (time, vocabulary).

    Attributes:
        vocabulary: number of tokens, as in the first layer, an `Embedding`.
        activation: f, "softmax" for the loss of a language model.
    """

    vocabulary: Vocabulary
    activation: ActivationName = "softmax"

    kind: ClassVar[str] = "unembedding"
    title = "Unembedding (tied weights)"
    heading = "Unembedding"
    formula = "z = x·Eᵀ + b with the embedding E"
    family = "Lookup"
    takes = (TIME_FEATURES,)
    mixes = True
    pointwise = True

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_integer(f"{path}.vocabulary", self.vocabulary, 1, MAX_ROWS)
        check_activation(path, self.activation, output=output)

    def check_with(self, path: str, layers: Sequence[Layer], shape: Shape) -> None:
        table = layers[0]
        if not isinstance(table, Embedding):
            raise DescriptionError(path, self.kind, "possible without an Embedding as first layer")
        if table.vocabulary != self.vocabulary:
            raise DescriptionError(
                f"{path}.vocabulary", self.vocabulary, f"{table.vocabulary}, as of layers[0]"
            )
        if table.units != shape[-1]:
            raise DescriptionError(
                path,
                self.kind,
                f"fit for inputs of shape {shape}; layers[0] has {table.units} units",
            )

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.vocabulary)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        """Append the product with the embedding's rows, the bias and f."""
        with context.layer(self.kind, number) as builder:
            table = context.parameters[0].tensor
            b = builder.parameter(
                "b", (self.vocabulary,), ("token",), "zeros", fan_in=x.shape[-1], fan_out=1
            )
            axes = (*x.axes[:-1], "token")
            product = builder.apply(
                MatMul(transpose_right=True), x, table, name="product", symbol="XE", axes=axes
            )
            z = builder.apply(Add(), product, b, name="z", symbol="Z", role="pre_activation")
            a = activate(builder, self.activation, z)
            return builder.note(self.kind, x, a, activation=self.activation, pre_activation=z)
