"""Activations and their local derivatives.

An activation's VJP always has two ops: the local derivative, in its own buffer, then its product
with the upstream gradient, so that both factors of the chain rule can be inspected. GELU and swish
compute a gate first.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.formula import (
    SIGMOID_IS_ONE,
    Condition,
    Formula,
    Function,
    Index,
    Number,
    Operand,
    where,
)
from engine.ops.base import Call, GradientStop, GraphBuilder, Op, WithoutVJP
from engine.ops.elementwise import Multiply, Scale, Subtract
from engine.tensors.arrays import Array, constant, pieces
from engine.tensors.tensor import Shape, Tensor

SATURATED = 0.97
"""Outputs of tanh beyond ±0.97 and of the sigmoid outside 0.03…0.97 count as saturated.

The slope there is below 6 % and 12 % of its maximum. Glorot & Bengio 2010, section 3, speak of
activations near −1 and 1, or 0 and 1, without a number."""
MIN_SLOPE = 1.0 - SATURATED
"""The slope below which (almost) no gradient passes, for functions with one flat end and a maximum
slope of about 1."""


class _Elementwise(Op):
    elementwise = True

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape


class _Activation(_Elementwise):
    """An activation a = f(z), with dz = dL/da ⊙ f′(z)."""

    @abstractmethod
    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        """Append the op that computes f′(z), from z or, where that is cheaper, from a = f(z)."""

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        local = self.derivative(graph, inputs[0], out)
        return (graph.apply(Multiply(), upstream, local, like=inputs[0]),)


def local_derivative(graph: GraphBuilder, op: Op, *inputs: Tensor, z: Tensor) -> Tensor:
    """A named local derivative: buffer ``dense1/z.local``, symbol ``f′(Z1)``.

    If the activation is a part of a larger tensor, such as one time step of all, one op computes
    the local derivatives of that whole tensor, and this is a part of them.
    """
    a, index = inputs[0], inputs[0].index
    whole = a.parent if len(inputs) == 1 and not a.alias else None
    if whole is not None and index is not None and not graph.is_computed(whole):
        local = _all_local(graph, op, whole)
        return graph.part(local, index, f"{z.name}.local", f"f′({z.symbol})")
    name = (
        f"{z.name}.local" if not any(t.name == f"{z.name}.local" for t in graph.tensors) else None
    )
    return graph.apply(
        op, *inputs, name=name, symbol=f"f′({z.symbol})", role="local_derivative", like=z
    )


def _all_local(graph: GraphBuilder, op: Op, whole: Tensor) -> Tensor:
    """The local derivatives of a whole tensor, appended at the first call."""
    name = f"{whole.name}.local"
    for tensor in reversed(graph.tensors):
        if tensor.name == name:
            return tensor
    with graph.at(whole.layer):
        return graph.apply(
            op,
            whole,
            name=name,
            symbol=f"f′({whole.symbol})",
            role="local_derivative",
            like=whole,
        )


def positive_part(z: Array, out: Array) -> list[Call]:
    """out = max(0, z), NaN where z is NaN. Zeros of full size keep the comparison vectorised."""
    return [partial(np.maximum, z, np.zeros_like(out), out=out)]


def sigmoid(z: Array, out: Array, scratch: Array | None = None) -> list[Call]:
    """out = σ(z) = eᶻ/(1 + eᶻ), with all digits right for any z; z may be `out` itself.

    (1 + tanh(z/2))/2 would be faster, but its digits cancel far below 0: at −40 it gives 0.

    Args:
        scratch: an array of the shape of `out` to use; a new one by default.
    """
    below = np.empty_like(out) if scratch is None else scratch
    return [
        partial(np.minimum, z, constant(SIGMOID_IS_ONE, out), out=out),
        partial(np.exp, out, out),
        partial(np.add, out, constant(1.0, out), below),
        partial(np.divide, out, below, out),
    ]


class Sigmoid(_Activation):
    """σ(z) = 1 / (1 + e⁻ᶻ)."""

    name = "sigmoid"

    def formula(self, *inputs: str) -> str:
        return f"σ({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return sigmoid(inputs[0], out)

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("sigmoid", inputs[0][index])

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, SigmoidDerivative(), a, z=z)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class SigmoidDerivative(_Elementwise):
    """a(1 − a) = a − a²: σ′(z) in terms of a = σ(z)."""

    name = "sigmoid′"
    gradient_stop = GradientStop("saturated", SATURATED * (1.0 - SATURATED))

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} ⊙ (1 − {inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (a,) = inputs
        return [partial(np.multiply, a, a, out), partial(np.subtract, a, out, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        a = inputs[0][index]
        return a * (Number(1.0) - a)

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (a,) = inputs
        twice = graph.apply(Multiply(), upstream, graph.apply(Scale(2.0), a))
        return (graph.apply(Subtract(), upstream, twice),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class Tanh(_Activation):
    """tanh(z)."""

    name = "tanh"

    def formula(self, *inputs: str) -> str:
        return f"tanh({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.tanh, inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("tanh", inputs[0][index])

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, TanhDerivative(), a, z=z)


class TanhDerivative(_Elementwise):
    """1 − a²: tanh′(z) in terms of a = tanh(z)."""

    name = "tanh′"
    gradient_stop = GradientStop("saturated", 1.0 - SATURATED**2)

    def formula(self, *inputs: str) -> str:
        return f"1 − {inputs[0]}²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (a,) = inputs
        return [partial(np.multiply, a, a, out), partial(np.subtract, constant(1.0, out), out, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Number(1.0) - inputs[0][index] ** 2

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        (a,) = inputs
        return (graph.apply(Multiply(), upstream, graph.apply(Scale(-2.0), a)),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class ReLU(_Activation):
    """max(0, z)."""

    name = "relu"
    has_kink = True
    gradient_stop = GradientStop("dead", 0.0)

    def formula(self, *inputs: str) -> str:
        return f"max(0, {inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return positive_part(inputs[0], out)

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z = inputs[0][index]
        return where(Condition(z, "≤", Number(0.0)), Number(0.0), z)

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, Step(), z, z=z)


class LeakyReLU(_Activation):
    """max(z, slope·z), slope 0.01 (Maas, Hannun, Ng 2013)."""

    name = "leaky_relu"
    has_kink = True
    slope = 0.01

    def formula(self, *inputs: str) -> str:
        return f"max({inputs[0]}, {self.slope:g}·{inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (z,) = inputs
        return [
            partial(np.multiply, z, constant(self.slope, out), out),
            partial(np.fmax, z, out, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z = inputs[0][index]
        return where(Condition(z, ">", Number(0.0)), z, Number(self.slope) * z)

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, Step(below=self.slope), z, z=z)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class Step(_Elementwise):
    """1 where z > 0, else `below` (also at the kink). Piecewise constant."""

    name = "step"
    gradient_stop = GradientStop("dead", 0.0)

    def __init__(self, below: float = 0.0) -> None:
        self.below = below

    def formula(self, *inputs: str) -> str:
        return f"1 where {inputs[0]} > 0, else {self.below:g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        mask = np.empty_like(out, dtype=bool)
        compare = partial(np.greater, inputs[0], constant(0.0, out), mask)
        if not self.below:
            return [compare, partial(np.copyto, out, mask)]
        return [
            compare,
            partial(np.copyto, out, constant(self.below, out)),
            partial(np.copyto, out, constant(1.0, out), "same_kind", mask),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z = inputs[0][index]
        return where(Condition(z, ">", Number(0.0)), Number(1.0), Number(self.below))


class ELU(_Activation):
    """z where z > 0, else eᶻ − 1 (Clevert, Unterthiner, Hochreiter 2016, with α = 1)."""

    name = "elu"
    has_kink = True

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} where > 0, else exp({inputs[0]}) − 1"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        (z,) = inputs
        positive = np.empty_like(out)
        return [
            *positive_part(z, positive),
            partial(np.subtract, z, positive, out),
            partial(np.expm1, out, out),
            partial(np.add, out, positive, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z = inputs[0][index]
        return where(Condition(z, ">", Number(0.0)), z, Function("expm1", z))

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, ELUDerivative(), a, z=z)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class ELUDerivative(_Elementwise):
    """min(a, 0) + 1, which is 1 for z > 0 and eᶻ below, in terms of a = ELU(z)."""

    name = "elu′"
    gradient_stop = GradientStop("saturated", MIN_SLOPE)

    def formula(self, *inputs: str) -> str:
        return f"min({inputs[0]}, 0) + 1"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [
            partial(np.fmin, inputs[0], constant(0.0, out), out),
            partial(np.add, out, constant(1.0, out), out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        a = inputs[0][index]
        return where(Condition(a, "<", Number(0.0)), a + Number(1.0), Number(1.0))

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        below = graph.apply(Step(), graph.apply(Scale(-1.0), inputs[0]))
        return (graph.apply(Multiply(), upstream, below),)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class Softplus(_Activation):
    """log(1 + eᶻ), by np.logaddexp(0, z), which never overflows. Its derivative is σ(z)."""

    name = "softplus"

    def formula(self, *inputs: str) -> str:
        return f"log(1 + exp({inputs[0]}))"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.logaddexp, constant(0.0, out), inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("softplus", inputs[0][index])

    def derivative(self, graph: GraphBuilder, z: Tensor, a: Tensor) -> Tensor:
        return local_derivative(graph, Sigmoid(), z, z=z)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class SelfGated(_Elementwise):
    """a = z ⊙ s with a gate s that is computed from z. Inputs: z, s.

    Its VJP goes straight to z, through the factor and through the gate: dz = dL/da ⊙ f′(z).
    """

    name = "self_gated"

    def __init__(self, derivative: type[Op]) -> None:
        self.derivative = derivative

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} ⊙ {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.multiply, inputs[0], inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z, s = inputs
        return z[index] * s[index]

    def vjp(
        self, graph: GraphBuilder, upstream: Tensor, out: Tensor, *inputs: Tensor
    ) -> Sequence[Tensor | None]:
        z, s = inputs
        local = local_derivative(graph, self.derivative(), z, s, out, z=z)
        return graph.apply(Multiply(), upstream, local, like=z), None


class SwishDerivative(_Elementwise, WithoutVJP):
    """s + a(1 − s): the derivative of a = z·σ(z). Inputs: z, s = σ(z), a."""

    name = "swish′"
    gradient_stop = GradientStop("saturated", MIN_SLOPE)

    def formula(self, *inputs: str) -> str:
        _, s, a = inputs
        return f"{s} + {a} ⊙ (1 − {s})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, s, a = inputs
        return [
            partial(np.multiply, a, s, out),
            partial(np.subtract, a, out, out),
            partial(np.add, out, s, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, s, a = (operand[index] for operand in inputs)
        return s + a * (Number(1.0) - s)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class NormalCDF(_Elementwise, WithoutVJP):
    """Φ(z), the distribution function of the standard normal: the gate of GELU(z) = z·Φ(z).

    Hendrycks & Gimpel 2016, section 2.
    """

    name = "normal_cdf"

    def formula(self, *inputs: str) -> str:
        return f"Φ({inputs[0]})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        from scipy.special import ndtr  # takes a while to load

        return [partial(ndtr, inputs[0], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return Function("normal_cdf", inputs[0][index])

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 12 * out.size


class ExactGELUDerivative(_Elementwise, WithoutVJP):
    """s + z·φ(z), with s = Φ(z) and the density φ: the derivative of z·Φ(z). Inputs: z, s, a."""

    name = "exact_gelu′"
    gradient_stop = GradientStop("saturated", MIN_SLOPE)

    def formula(self, *inputs: str) -> str:
        z, s, _ = inputs
        return f"{s} + {z} ⊙ exp(−½{z}²)/√(2π)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        z, s, _ = inputs
        return [
            partial(np.multiply, z, z, out),
            partial(np.multiply, out, constant(-0.5, out), out),
            partial(np.exp, out, out),
            partial(np.multiply, out, constant(NORMAL_PEAK, out), out),
            partial(np.multiply, out, z, out),
            partial(np.add, out, s, out),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z, s, _ = (operand[index] for operand in inputs)
        density = Function("exp", -(Number(0.5, "½") * z**2)) * Number(NORMAL_PEAK, "1/√(2π)")
        return s + z * density

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 7 * out.size


NORMAL_PEAK = (2.0 * np.pi) ** -0.5
"""The density of the standard normal distribution at 0."""

GELU_SCALE = 2.0 * (2.0 / np.pi) ** 0.5
GELU_CUBIC = 0.044715


class NormalDistribution(_Elementwise, WithoutVJP):
    """σ(2√(2/π)(z + 0.044715 z³)), close to the normal distribution function Φ(z).

    The gate of GELU in the tanh approximation of Hendrycks & Gimpel 2016, section 2, since
    ½(1 + tanh(v)) = σ(2v). It differs from z·Φ(z) by less than 5e-4.
    """

    name = "normal_distribution"

    def formula(self, *inputs: str) -> str:
        (z,) = inputs
        return f"σ(2√(2/π)·({z} + 0.044715·{z}³))"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        cubic, scale = (constant(GELU_SCALE * c, out) for c in (GELU_CUBIC, 1.0))
        parts = pieces(inputs[0], out)
        scratch = np.empty_like(parts[0][0])
        calls: list[Call] = []
        for z, s in parts:
            calls += [
                partial(np.multiply, z, z, s),
                partial(np.multiply, s, cubic, s),
                partial(np.add, s, scale, s),
                partial(np.multiply, s, z, s),
            ]
            calls += sigmoid(s, s, scratch[: len(s)])
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z = inputs[0][index]
        u = Number(GELU_SCALE, "2√(2/π)") * (z + Number(GELU_CUBIC) * z**3)
        return Function("sigmoid", u)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 8 * out.size


class GELUDerivative(_Elementwise, WithoutVJP):
    """s + a(1 − s)·u′: the derivative of a = z·σ(u), u′ = 2√(2/π)(1 + 3·0.044715 z²).

    Inputs: z, s = σ(u), a. It is Φ(z) + z·φ(z) for the Φ of `NormalDistribution`, with density φ.
    """

    name = "gelu′"
    gradient_stop = GradientStop("saturated", MIN_SLOPE)

    def formula(self, *inputs: str) -> str:
        z, s, a = inputs
        return f"{s} + {a} ⊙ (1 − {s}) ⊙ 2√(2/π)·(1 + 0.134145·{z}²)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        cubic, scale = (constant(GELU_SCALE * c, out) for c in (3.0 * GELU_CUBIC, 1.0))
        parts = pieces(*inputs, out)
        scratch = np.empty_like(parts[0][0])
        return [
            call
            for z, s, a, local in parts
            for rest in (scratch[: len(local)],)
            for call in (
                partial(np.multiply, z, z, local),
                partial(np.multiply, local, cubic, local),
                partial(np.add, local, scale, local),
                partial(np.multiply, local, a, local),
                partial(np.multiply, local, s, rest),
                partial(np.subtract, local, rest, local),
                partial(np.add, local, s, local),
            )
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        z, s, a = (operand[index] for operand in inputs)
        slope = Number(GELU_SCALE, "2√(2/π)") * (Number(1.0) + Number(3.0 * GELU_CUBIC) * z**2)
        return s + a * (Number(1.0) - s) * slope

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 8 * out.size
