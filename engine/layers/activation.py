"""Activations by name: one op each, or a short composition of ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from engine.ops.activation import (
    ELU,
    GELUDerivative,
    LeakyReLU,
    NormalDistribution,
    ReLU,
    SelfGated,
    Sigmoid,
    Softplus,
    SwishDerivative,
    Tanh,
)
from engine.ops.base import Op
from engine.ops.softmax import Exp, LogSoftmax

if TYPE_CHECKING:
    from engine.graph.graph import Tensor
    from engine.layers.context import LayerBuilder

Activation = Literal[
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "softplus",
    "swish",
    "softmax",
]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

OPS: dict[str, Callable[[], Op]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "softplus": Softplus,
}

GATES: dict[str, tuple[type[Op], type[Op]]] = {
    "gelu": (NormalDistribution, GELUDerivative),
    "swish": (Sigmoid, SwishDerivative),
}
"""Of a = z·s(z): the op of the gate s, and that of da/dz. Swish: Ramachandran, Zoph, Le 2017."""


def activate(builder: LayerBuilder, kind: str, z: Tensor) -> Tensor:
    """Append a = f(z) and return a; z itself for "linear".

    Args:
        builder: of the layer.
        kind: a name of `ACTIVATIONS`.
    """
    if kind == "linear":
        return z
    if kind in OPS:
        return builder.apply(OPS[kind](), z, name="a", symbol="A")
    if kind == "softmax":
        log_a = builder.apply(LogSoftmax(), z, name="log_a", symbol="log A")
        return builder.apply(Exp(), log_a, scope="softmax", name="a", symbol="A")
    if kind in GATES:
        gate, derivative = GATES[kind]
        s = builder.apply(gate(), z, name="s", symbol="S")
        return builder.apply(SelfGated(derivative), z, s, scope=kind, name="a", symbol="A")
    raise ValueError(f"no activation is called {kind!r}")
