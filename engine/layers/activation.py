"""Activations by name: one op each, or a short composition of ops."""

from __future__ import annotations

from collections.abc import Callable

from engine.graph import Graph, Tensor
from engine.ops.activation import ELU, GELUArgument, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from engine.ops.base import Op
from engine.ops.elementwise import Multiply
from engine.ops.softmax import Exp, LogSoftmax

OPS: dict[str, Callable[[], Op]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "softplus": Softplus,
}


def activate(graph: Graph, kind: str, z: Tensor, *, name: str, number: str) -> Tensor:
    """Append a = f(z) and return a; z itself for "linear".

    Args:
        kind: a name of `engine.network.ACTIVATIONS`.
        name: of the layer, which prefixes the buffers.
        number: of the layer, which ends the symbols.
    """
    if kind == "linear":
        return z
    result, symbol = f"{name}/a", f"A{number}"
    if kind in OPS:
        return graph.apply(OPS[kind](), z, role="activation", name=result, symbol=symbol)
    if kind == "softmax":
        log_a = graph.apply(
            LogSoftmax(), z, name=f"{name}/log_a", symbol=f"log A{number}", role="activation"
        )
        return graph.apply(
            Exp(), log_a, role="activation", scope="softmax", name=result, symbol=symbol
        )
    gate = _gate_argument(graph, kind, z, name=name, number=number)
    gate = graph.apply(Sigmoid(), gate, name=f"{name}/s", symbol=f"S{number}", role="activation")
    return graph.apply(
        Multiply(), z, gate, role="activation", scope=kind, name=result, symbol=symbol
    )


def _gate_argument(graph: Graph, kind: str, z: Tensor, *, name: str, number: str) -> Tensor:
    """Swish is z·σ(z) (Ramachandran, Zoph, Le 2017); GELU is close to z·σ(u) with a cubic u."""
    if kind == "swish":
        return z
    if kind == "gelu":
        return graph.apply(
            GELUArgument(), z, name=f"{name}/u", symbol=f"U{number}", role="activation"
        )
    raise ValueError(f"no activation is called {kind!r}")
