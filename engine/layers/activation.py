"""Activation functions by name: their ops and properties.

To add one, write its op and derivative in `engine.ops.activation` and a record of it here.
Checks, descriptions, diagnostics, the page's controls and its picture follow from the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite
from typing import Protocol

from engine.ops import activation as ops
from engine.ops.base import Op
from engine.ops.softmax import Exp, LogSoftmax
from engine.tensors.tensor import Tensor


class OpBuilder(Protocol):
    """The layer's builder, with which an activation function appends its ops."""

    def apply(
        self, op: Op, *inputs: Tensor, name: str, symbol: str, scope: str | None = None
    ) -> Tensor:
        """Append an op; its result is named after the layer."""


@dataclass(frozen=True, kw_only=True)
class ActivationFunction:
    """An activation function a = f(z).

    Attributes:
        name: its name in descriptions.
        title, formula: its name and its definition, for readers.
        op: the one op that computes it element by element; None for a composition of ops.
        compose: a function that appends the ops of a composition and returns a; None with `op`.
        range: the least and the greatest output, or the limits that outputs approach.
        saturation: outputs below the first or above the second number are saturated: the slope
            there is close to zero. None for a function without two flat ends.
        can_die: whether output and slope are exactly zero on one side of z, so that a unit stops
            learning if all samples are on that side.
        initializer: initial weights that keep the variance of the signal through this function.
        hidden: whether a hidden layer may have it, not only the output.
    """

    name: str
    title: str
    formula: str
    op: Callable[[], Op] | None = None
    compose: Callable[[OpBuilder, Tensor], Tensor] | None = None
    range: tuple[float, float] = (-inf, inf)
    saturation: tuple[float, float] | None = None
    can_die: bool = False
    initializer: str = "glorot_uniform"
    hidden: bool = True

    @property
    def bounded(self) -> bool:
        """Whether outputs are bounded on both sides."""
        return all(map(isfinite, self.range))

    @property
    def probability(self) -> bool:
        """Whether outputs lie between 0 and 1."""
        return self.range == (0.0, 1.0)


def _gated(
    name: str, gate: type[Op], derivative: type[Op], builder: OpBuilder, z: Tensor
) -> Tensor:
    """Append a = z·s(z): the gate s, then the product, whose VJP has the op `derivative`.

    GELU: Hendrycks & Gimpel 2016, exact and by its tanh approximation, which GPT-2 uses.
    Swish: Ramachandran, Zoph, Le 2017.
    """
    s = builder.apply(gate(), z, name="s", symbol="S")
    return builder.apply(ops.SelfGated(derivative), z, s, scope=name, name="a", symbol="A")


def _softmax(builder: OpBuilder, z: Tensor) -> Tensor:
    """Append log a, from which the loss is computed, and a."""
    log_a = builder.apply(LogSoftmax(), z, name="log_a", symbol="log A")
    return builder.apply(Exp(), log_a, scope="softmax", name="a", symbol="A")


RECTIFIER = "he_normal"
"""The initializer for functions close to max(0, z) (He et al. 2015, section 2.2); the others have
Glorot's (Glorot & Bengio 2010, section 4.2)."""

LINEAR = ActivationFunction(
    name="linear", title="Linear", formula="a = z", compose=lambda builder, z: z
)
SIGMOID = ActivationFunction(
    name="sigmoid",
    title="Sigmoid",
    formula="a = 1/(1 + e⁻ᶻ)",
    op=ops.Sigmoid,
    range=(0.0, 1.0),
    saturation=(1.0 - ops.SATURATED, ops.SATURATED),
)
TANH = ActivationFunction(
    name="tanh",
    title="Tanh",
    formula="a = tanh z",
    op=ops.Tanh,
    range=(-1.0, 1.0),
    saturation=(-ops.SATURATED, ops.SATURATED),
)
RELU = ActivationFunction(
    name="relu",
    title="ReLU",
    formula="a = max(0, z)",
    op=ops.ReLU,
    range=(0.0, inf),
    can_die=True,
    initializer=RECTIFIER,
)
LEAKY_RELU = ActivationFunction(
    name="leaky_relu",
    title="Leaky ReLU",
    formula="a = z where z > 0, else 0.01·z",
    op=ops.LeakyReLU,
    initializer=RECTIFIER,
)
ELU = ActivationFunction(
    name="elu",
    title="ELU",
    formula="a = z where z > 0, else eᶻ − 1",
    op=ops.ELU,
    range=(-1.0, inf),
    initializer=RECTIFIER,
)
GELU = ActivationFunction(
    name="gelu",
    title="GELU",
    formula="a = z·Φ(z), Φ the normal distribution function",
    compose=partial(_gated, "gelu", ops.NormalCDF, ops.ExactGELUDerivative),
    range=(-0.169972, inf),
    initializer=RECTIFIER,
)
GELU_TANH = ActivationFunction(
    name="gelu_tanh",
    title="GELU (tanh)",
    formula="a = ½z·(1 + tanh(√(2/π)·(z + 0.044715·z³)))",
    compose=partial(_gated, "gelu", ops.NormalDistribution, ops.GELUDerivative),
    range=(-0.170041, inf),
    initializer=RECTIFIER,
)
SOFTPLUS = ActivationFunction(
    name="softplus",
    title="Softplus",
    formula="a = log(1 + eᶻ)",
    op=ops.Softplus,
    range=(0.0, inf),
    initializer=RECTIFIER,
)
SWISH = ActivationFunction(
    name="swish",
    title="Swish",
    formula="a = z·σ(z)",
    compose=partial(_gated, "swish", ops.Sigmoid, ops.SwishDerivative),
    range=(-0.278465, inf),
    initializer=RECTIFIER,
)
SOFTMAX = ActivationFunction(
    name="softmax",
    title="Softmax",
    formula="aᵢ = e^zᵢ / Σⱼ e^zⱼ",
    compose=_softmax,
    range=(0.0, 1.0),
    hidden=False,
)

ACTIVATIONS: dict[str, ActivationFunction] = {
    function.name: function
    for function in (
        LINEAR,
        SIGMOID,
        TANH,
        RELU,
        LEAKY_RELU,
        ELU,
        GELU,
        GELU_TANH,
        SOFTPLUS,
        SWISH,
        SOFTMAX,
    )
}
"""The activation functions by name, in the order in which the page offers them."""


def elementwise_activations() -> tuple[str, ...]:
    """The names of the activations with a single elementwise op, which recurrent layers need."""
    return tuple(name for name, function in ACTIVATIONS.items() if function.op is not None)


def elementwise_op(name: str) -> Op:
    """The op of an activation; `name` is one of `elementwise_activations`."""
    op = ACTIVATIONS[name].op
    assert op is not None, name
    return op()


def activate(builder: OpBuilder, name: str, z: Tensor) -> Tensor:
    """Append a = f(z) and return a; z itself for "linear".

    Args:
        builder: the builder of the layer.
        name: a name of `ACTIVATIONS`.
    """
    function = ACTIVATIONS[name]
    if function.op is not None:
        return builder.apply(function.op(), z, name="a", symbol="A")
    assert function.compose is not None
    return function.compose(builder, z)
