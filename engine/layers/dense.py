"""The fully connected layer as a composition of ops."""

from __future__ import annotations

from engine.graph import Tensor
from engine.initializers import initializer
from engine.layers.activation import activate
from engine.layers.context import Context, LayerInfo, Penalty
from engine.network import Dense
from engine.ops.elementwise import Multiply
from engine.ops.linear import Linear
from engine.ops.loss import L1Penalty, L2Penalty
from engine.ops.sampling import DropoutMask


def build_dense(context: Context, layer: Dense, x: Tensor, number: int) -> Tensor:
    """Append z = x·W + b, a = f(z), dropout and penalties; returns what the next layer reads.

    Args:
        x: (batch, inputs).
        number: of the layer, from 1.
    """
    graph, name = context.graph, f"dense{number}"
    with graph.scope(name, layer=name):
        w, b = _parameters(context, layer, x.shape[1], name, number)
        z = graph.apply(
            Linear(),
            x,
            w,
            b,
            name=f"{name}/z",
            symbol=f"Z{number}",
            role="pre_activation",
            axes=("batch", "unit"),
        )
        a = activate(graph, layer.activation, z, name=name, number=str(number))
        context.layers.append(
            LayerInfo(
                name=name,
                kind=layer.kind,
                inputs=x.shape[1],
                units=layer.units,
                activation=layer.activation,
                input=x.name,
                parameters=(w.name, b.name),
                pre_activation=z.name,
                output=a.name,
            )
        )
        _penalties(context, layer, w, name, number)
        return _dropout(context, layer, a, name, number)


def _parameters(
    context: Context, layer: Dense, inputs: int, name: str, number: int
) -> tuple[Tensor, Tensor]:
    graph, fans = context.graph, {"fan_in": inputs, "fan_out": layer.units}
    w = graph.given(
        f"{name}/W", f"W{number}", (inputs, layer.units), ("input", "unit"), "parameter"
    )
    b = graph.given(f"{name}/b", f"b{number}", (layer.units,), ("unit",), "parameter")
    context.parameter(w, initializer(layer.initializer), **fans)
    context.parameter(b, initializer(layer.bias_initializer), **fans)
    return w, b


def _penalties(context: Context, layer: Dense, w: Tensor, name: str, number: int) -> None:
    """Ask for the penalties on W; they are computed with the loss."""
    if not context.training:
        return
    for op, strength, index, kind in (
        (L2Penalty(), layer.l2, "₂", "l2"),
        (L1Penalty(), layer.l1, "₁", "l1"),
    ):
        if strength:
            rate = context.hyperparameter(f"{name}/{kind}", f"λ{index}", strength)
            context.penalties.append(
                Penalty(op, w, rate, f"{name}/penalty_{kind}", f"P{index}(W{number})")
            )


def _dropout(context: Context, layer: Dense, a: Tensor, name: str, number: int) -> Tensor:
    if not (layer.dropout and context.training):
        return a
    graph = context.graph
    rate = context.hyperparameter(f"{name}/dropout", f"p{number}", layer.dropout)
    mask = graph.apply(
        DropoutMask(number, a.shape),
        rate,
        context.step,
        context.seed,
        name=f"{name}/mask",
        symbol=f"M{number}",
        role="activation",
        like=a,
    )
    return graph.apply(
        Multiply(),
        a,
        mask,
        name=f"{name}/dropped",
        symbol=f"Ã{number}",
        role="activation",
        scope="dropout",
    )
