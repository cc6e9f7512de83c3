"""What layers are built in: the graph, and what they leave there for others to find."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph import Graph, Tensor
from engine.initializers import Initializer
from engine.ops.base import Op


@dataclass(frozen=True)
class Parameter:
    """A parameter's tensor and how it starts."""

    tensor: Tensor
    initializer: Initializer
    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class LayerInfo:
    """A layer as built, in names of buffers.

    `pre_activation` and `output` are the same buffer in a linear layer.
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


@dataclass(frozen=True)
class Penalty:
    """A term of the loss on a layer's weights: the op, W, the 0-d λ, the term's name and symbol."""

    op: Op
    weights: Tensor
    rate: Tensor
    name: str
    symbol: str


@dataclass
class Context:
    """State of building one graph.

    Attributes:
        training: dropout acts, and what only training needs is built.
        step, seed: the counters randomness is keyed by.
        parameters, penalties, hyperparameters, layers: what the layers have added, in order.
            Hyperparameters go by the name a user sets them by.
    """

    graph: Graph
    training: bool
    step: Tensor
    seed: Tensor
    parameters: list[Parameter] = field(default_factory=list)
    penalties: list[Penalty] = field(default_factory=list)
    hyperparameters: dict[str, Tensor] = field(default_factory=dict)
    layers: list[LayerInfo] = field(default_factory=list)

    def parameter(
        self,
        tensor: Tensor,
        initializer: Initializer,
        *,
        fan_in: int,
        fan_out: int,
    ) -> Tensor:
        """Register `tensor` as trained."""
        self.parameters.append(Parameter(tensor, initializer, fan_in, fan_out))
        return tensor

    def hyperparameter(self, name: str, symbol: str, value: float) -> Tensor:
        """A live number a user may set by `name`."""
        tensor = self.graph.scalar(name, symbol, value, "hyperparameter")
        self.hyperparameters[name] = tensor
        return tensor
