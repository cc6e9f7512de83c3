"""The context in which layers are built: the graph, and tables of what the layers have added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.graph.graph import Graph
from engine.initializers import Initializer, initializer
from engine.layers.activation import LINEAR
from engine.ops.base import Op
from engine.ops.copying import Copy
from engine.ops.loss import L1Penalty, L2Penalty
from engine.tensors.tensor import Order, PartIndex, Role, Shape, Tensor


@dataclass(frozen=True)
class Parameter:
    """A parameter's tensor and its initial values."""

    tensor: Tensor
    initializer: Initializer
    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class LayerInfo:
    """A built layer, described by names of buffers.

    `pre_activation` and `output` are the same buffer in a linear layer. `inputs` is the number of a
    sample's input values, `units` the extent of the output's last axis; `input_shape` and
    `output_shape` are shapes of a sample.
    """

    name: str
    kind: str
    inputs: int
    units: int
    activation: str
    input: str
    parameters: tuple[str, ...]
    pre_activation: str
    output: str
    input_shape: Shape = ()
    output_shape: Shape = ()


@dataclass(frozen=True)
class Penalty:
    """A term of the loss on a layer's weights: the op, W, the 0-d λ, the term's name and symbol."""

    op: Op
    weights: Tensor
    rate: Tensor
    name: str
    symbol: str


@dataclass(frozen=True)
class Statistic:
    """A running value, with the op and the rate by which it follows the batch's value.

    The rate is None outside training.
    """

    running: Tensor
    op: Op
    batch: Tensor
    rate: Tensor | None


@dataclass
class Context:
    """State of building one graph.

    Attributes:
        training: whether to build what only training needs, such as dropout.
        step, seed: the numbers that key the random draws.
        truncates: whether backpropagation through time is cut off where layers say so.
        parameters, penalties, statistics, hyperparameters, layers: what the layers have added, in
            order; hyperparameters by the name that a user sets them by.
        draws: number of ops so far that draw random numbers.
    """

    graph: Graph
    training: bool
    step: Tensor
    seed: Tensor
    truncates: bool = True
    parameters: list[Parameter] = field(default_factory=list)
    penalties: list[Penalty] = field(default_factory=list)
    statistics: list[Statistic] = field(default_factory=list)
    hyperparameters: dict[str, Tensor] = field(default_factory=dict)
    layers: list[LayerInfo] = field(default_factory=list)
    draws: int = 0
    _outer: list[LayerBuilder] = field(default_factory=list)

    @contextmanager
    def layer(self, kind: str, number: int) -> Iterator[LayerBuilder]:
        """A builder for one layer; whatever is built inside the `with` block is in its scope."""
        outer = self._outer[-1] if self._outer else None
        local = f"{kind}{number}"
        name = f"{outer.name}/{local}" if outer else local
        symbol = f"{outer.number}.{number}" if outer else str(number)
        builder = LayerBuilder(self, name, symbol)
        self._outer.append(builder)
        try:
            with self.graph.scope(local, layer=name):
                yield builder
        finally:
            self._outer.pop()

    def hyperparameter(self, name: str, symbol: str, value: float) -> Tensor:
        """A live number a user may set by `name`."""
        tensor = self.graph.scalar(name, symbol, value, "hyperparameter")
        self.hyperparameters[name] = tensor
        return tensor

    def ordered(self, x: Tensor, order: Order) -> Tensor:
        """`x` in that memory order: as it is, with its op's order changed, or copied.

        The order of a result can change only while no other op reads it.
        """
        alike = {x.order, order} <= ({"F", "U"} if len(x.shape) <= 2 else set())
        if x.order == order or alike or len(x.shape) < 2:
            return x
        read = any(x in node.inputs or x is node.output.parent for node in self.graph.nodes)
        producer = self.graph.producers.get(x)
        if producer is not None and producer.op.any_order and x.parent is None and not read:
            x.order = order
            return x
        return self.graph.apply(
            Copy(),
            x,
            name=f"{self._outer[-1].name}/x" if self._outer else None,
            symbol=x.symbol,
            role=x.role,
            axes=x.axes,
            order=order,
            scope="reorder",
        )


@dataclass(frozen=True)
class LayerBuilder:
    """Builds one layer under its own name: parameters, ops and live numbers.

    Attributes:
        name: prefix of the names of its buffers, such as ``dense2``.
        number: its number in symbols, such as ``2`` in W2.
    """

    context: Context
    name: str
    number: str

    def symbol(self, letter: str) -> str:
        """A symbol of this layer, e.g. ``W2``."""
        return f"{letter}{self.number}"

    def apply(
        self,
        op: Op,
        *inputs: Tensor,
        name: str,
        symbol: str,
        role: Role = "activation",
        axes: tuple[str, ...] | None = None,
        like: Tensor | None = None,
        order: Order | None = None,
        into: tuple[Tensor, PartIndex] | None = None,
        scope: str | None = None,
    ) -> Tensor:
        """Append an op; its result is named after the layer."""
        return self.context.graph.apply(
            op,
            *inputs,
            name=f"{self.name}/{name}",
            symbol=self.symbol(symbol),
            role=role,
            axes=axes,
            like=like,
            order=order,
            into=into,
            scope=scope,
        )

    def parameter(
        self,
        name: str,
        shape: Shape,
        axes: tuple[str, ...],
        rule: str | Initializer,
        *,
        fan_in: int,
        fan_out: int,
        symbol: str | None = None,
    ) -> Tensor:
        """A trained tensor of this layer."""
        tensor = self.context.graph.given(
            f"{self.name}/{name}", self.symbol(symbol or name), shape, axes, "parameter"
        )
        self.context.parameters.append(
            Parameter(tensor, initializer(rule), fan_in=fan_in, fan_out=fan_out)
        )
        return tensor

    def hyperparameter(self, name: str, symbol: str, value: float) -> Tensor:
        """A live number of this layer."""
        return self.context.hyperparameter(f"{self.name}/{name}", symbol, value)

    def penalise(self, weights: Tensor, *, l1: float, l2: float) -> None:
        """Register the penalties on a weight; in training they are computed with the loss.

        Penalties on several weights of a layer share one strength.
        """
        if not self.context.training:
            return
        for op, strength, index, kind in (
            (L2Penalty(), l2, "₂", "l2"),
            (L1Penalty(), l1, "₁", "l1"),
        ):
            if strength:
                shared = self.context.hyperparameters.get(f"{self.name}/{kind}")
                rate = shared or self.hyperparameter(kind, f"λ{index}", strength)
                which = f"_{weights.name.rpartition('/')[2]}" if shared else ""
                name, symbol = f"{self.name}/penalty_{kind}{which}", f"P{index}({weights.symbol})"
                self.context.penalties.append(Penalty(op, weights, rate, name, symbol))

    def note(
        self,
        kind: str,
        x: Tensor,
        output: Tensor,
        *,
        activation: str = LINEAR.name,
        pre_activation: Tensor | None = None,
    ) -> Tensor:
        """Add the built layer to the table of layers; returns its output."""
        parameters = tuple(
            p.tensor.name for p in self.context.parameters if p.tensor.layer == self.name
        )
        self.context.layers.append(
            LayerInfo(
                name=self.name,
                kind=kind,
                inputs=x.size // x.shape[0],
                units=output.shape[-1],
                activation=activation,
                input=x.name,
                parameters=parameters,
                pre_activation=(pre_activation or output).name,
                output=output.name,
                input_shape=x.shape[1:],
                output_shape=output.shape[1:],
            )
        )
        return output
