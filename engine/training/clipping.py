"""Gradient clipping, as a user describes it: the first ops of the update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from engine.graph.graph import Graph
from engine.layers.base import check_number
from engine.layers.context import Context
from engine.ops.base import WithoutVJP
from engine.ops.clipping import ClipToRange, Norm, ScaleToNorm
from engine.tensors.tensor import Tensor


class Clipping(ABC):
    """A bound on the gradient. Subclasses are frozen dataclasses."""

    kind: ClassVar[str]
    limit: float

    def check(self, path: str) -> None:
        """Raise DescriptionError for an unusable limit."""
        check_number(f"{path}.limit", self.limit, 0.0, 1e9)

    @abstractmethod
    def build(self, context: Context, gradient: Tensor) -> Tensor:
        """Append the ops that clip the gradient (parameters,); returns ĝ."""


@dataclass(frozen=True)
class ClipNorm(Clipping):
    """ĝ = g·min(1, c/‖g‖), ‖g‖ over all parameters (Pascanu, Mikolov, Bengio 2013, algorithm 1)."""

    limit: float = 1.0

    kind: ClassVar[str] = "norm"

    def build(self, context: Context, gradient: Tensor) -> Tensor:
        graph = context.graph
        limit = context.hyperparameter("clip_norm", "c", self.limit)
        norm = graph.apply(
            Norm(), gradient, name="optimizer/norm", symbol="‖g‖", role="optimizer_state"
        )
        return _clipped(graph, ScaleToNorm(), gradient, norm, limit)


@dataclass(frozen=True)
class ClipValue(Clipping):
    """ĝ = g with every element clipped to −c … c."""

    limit: float = 1.0

    kind: ClassVar[str] = "value"

    def build(self, context: Context, gradient: Tensor) -> Tensor:
        limit = context.hyperparameter("clip_value", "c", self.limit)
        return _clipped(context.graph, ClipToRange(), gradient, limit)


CLIPPINGS: dict[str, type[Clipping]] = {rule.kind: rule for rule in (ClipNorm, ClipValue)}


def _clipped(graph: Graph, op: WithoutVJP, gradient: Tensor, *inputs: Tensor) -> Tensor:
    return graph.apply(
        op, gradient, *inputs, name="parameters.clipped", symbol="ĝ", role="gradient"
    )
