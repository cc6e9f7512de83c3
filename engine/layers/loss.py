"""The loss of a network, as ops on the output and the targets."""

from __future__ import annotations

from engine.graph.graph import Graph
from engine.layers.context import Context, LayerInfo, Penalty
from engine.ops.elementwise import Add, Subtract
from engine.ops.loss import BinaryCrossEntropy, MeanHuber, MeanSquare, SoftmaxCrossEntropy
from engine.ops.tokens import CountPositions, PositionCrossEntropy
from engine.tensors.tensor import Tensor


def build_loss(context: Context, kind: str, output: LayerInfo, y: Tensor) -> Tensor:
    """Append the loss of `output` against y (batch, outputs), penalties included; returns L."""
    graph = context.graph
    with graph.in_phase("loss"):
        with graph.scope("loss", layer=""):
            total = _data_loss(graph, kind, output, y, final=not context.penalties)
        for number, penalty in enumerate(context.penalties, start=1):
            last = number == len(context.penalties)
            term = _penalty(graph, penalty)
            with graph.scope("loss", layer=""):
                total = graph.apply(
                    Add(),
                    total,
                    term,
                    name="loss/L" if last else f"loss/sum{number}",
                    symbol="L" if last else f"L₀{'′' * number}",
                    role="loss",
                )
    return total


def _penalty(graph: Graph, penalty: Penalty) -> Tensor:
    layer = penalty.weights.layer
    with graph.scope(layer, layer=layer):
        return graph.apply(
            penalty.op,
            penalty.weights,
            penalty.rate,
            name=penalty.name,
            symbol=penalty.symbol,
            role="loss",
        )


def _data_loss(graph: Graph, kind: str, output: LayerInfo, y: Tensor, *, final: bool) -> Tensor:
    by_name = {tensor.name: tensor for tensor in graph.tensors}
    z, a = by_name[output.pre_activation], by_name[output.output]
    name, symbol = ("loss/L", "L") if final else ("loss/data", "L₀")
    if kind == "binary_cross_entropy":
        return graph.apply(BinaryCrossEntropy(), z, a, y, role="loss", name=name, symbol=symbol)
    if kind == "softmax_cross_entropy" and y.dtype:
        return _position_loss(graph, output, y, name=name, symbol=symbol)
    if kind == "softmax_cross_entropy":
        log_a = by_name[f"{output.name}/log_a"]
        return graph.apply(
            SoftmaxCrossEntropy(), z, log_a, a, y, role="loss", name=name, symbol=symbol
        )
    error = graph.apply(
        Subtract(), a, y, name="loss/error", symbol="E", role="activation", scope="error"
    )
    op = MeanSquare() if kind == "mean_squared_error" else MeanHuber()
    return graph.apply(op, error, role="loss", name=name, symbol=symbol)


def _position_loss(graph: Graph, output: LayerInfo, y: Tensor, *, name: str, symbol: str) -> Tensor:
    """The loss where y (batch, …) has a class for every position, or −1 for none."""
    by_name = {tensor.name: tensor for tensor in graph.tensors}
    z, log_a, a = (
        by_name[part] for part in (output.pre_activation, f"{output.name}/log_a", output.output)
    )
    y.order = "F" if z.order in ("F", "T") else "C"  # its positions in the order of those of z
    n = graph.apply(CountPositions(), y, role="loss", name="loss/n", symbol="n", axes=())
    return graph.apply(
        PositionCrossEntropy(), z, log_a, a, y, n, role="loss", name=name, symbol=symbol
    )
