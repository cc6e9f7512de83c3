"""Update rules: the elementwise ops of an optimizer's step on all parameters at once.

Each op writes a flat array of all parameters' numbers: a state, the update Δ, or the parameters θ.
Hyperparameters are 0-d buffers that are read at every step, so they may change between steps.
`engine.training.optimizers` composes the optimizers from these ops.
"""

from __future__ import annotations

from functools import partial
from math import sqrt

import numpy as np

from engine.formula import Condition, Formula, Function, Index, Number, Operand, where
from engine.ops.base import Call, Op
from engine.tensors.arrays import Array, blocks, constant
from engine.tensors.tensor import Shape, Tensor


class UpdateOp(Op):
    """An op of the update. Its first input is the tensor it overwrites.

    Updates end the step and are never differentiated through, so they have no VJP.
    """

    def shape(self, *inputs: Tensor) -> Shape:
        return inputs[0].shape


class Descend(UpdateOp):
    """Δ = −η·g."""

    name = "descend"

    def formula(self, *inputs: str) -> str:
        return f"−{inputs[1]}·{inputs[2]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, g = inputs
        minus = constant(0.0, out)
        return [_negative(rate, minus), partial(np.multiply, g, minus, out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, g = inputs
        return -(rate[()] * g[index])


class Velocity(UpdateOp):
    """v ← μv − ηg."""

    name = "velocity"

    def formula(self, *inputs: str) -> str:
        v, momentum, rate, g = inputs
        return f"{momentum}·{v} − {rate}·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, momentum, rate, g = inputs
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for v, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, v, momentum, v),
                partial(np.multiply, part, rate, tmp),
                partial(np.subtract, v, tmp, v),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        v, momentum, rate, g = inputs
        return momentum[()] * v[index] - rate[()] * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Move(UpdateOp):
    """Δ = v."""

    name = "move"

    def formula(self, *inputs: str) -> str:
        return inputs[1]

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.copyto, out, inputs[1])]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[1][index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class LookAhead(UpdateOp):
    """Δ = μv − ηg."""

    name = "look_ahead"

    def formula(self, *inputs: str) -> str:
        _, v, momentum, rate, g = inputs
        return f"{momentum}·{v} − {rate}·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, v, momentum, rate, g = inputs
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for delta, vel, grad, tmp in blocks(out, v, g, scratch):
            calls += [
                partial(np.multiply, vel, momentum, delta),
                partial(np.multiply, grad, rate, tmp),
                partial(np.subtract, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, v, momentum, rate, g = inputs
        return momentum[()] * v[index] - rate[()] * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Average(UpdateOp):
    """m ← βm + (1 − β)g."""

    name = "average"

    def formula(self, *inputs: str) -> str:
        m, beta, g = inputs
        return f"{beta}·{m} + (1 − {beta})·{g}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, beta, g = inputs
        rest, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_complement(beta, rest)]
        for m, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, m, beta, m),
                partial(np.multiply, part, rest, tmp),
                partial(np.add, m, tmp, m),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        m, beta, g = inputs
        return beta[()] * m[index] + (Number(1.0) - beta[()]) * g[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class AverageSquare(UpdateOp):
    """v ← βv + (1 − β)g²."""

    name = "average_square"

    def formula(self, *inputs: str) -> str:
        v, beta, g = inputs
        return f"{beta}·{v} + (1 − {beta})·{g}²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, beta, g = inputs
        rest, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_complement(beta, rest)]
        for v, part, tmp in blocks(out, g, scratch):
            calls += [
                partial(np.multiply, part, part, tmp),
                partial(np.multiply, tmp, rest, tmp),
                partial(np.multiply, v, beta, v),
                partial(np.add, v, tmp, v),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        v, beta, g = inputs
        return beta[()] * v[index] + (Number(1.0) - beta[()]) * g[index] ** 2

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class SumSquare(UpdateOp):
    """s ← s + g²."""

    name = "sum_square"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + {inputs[1]}²"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        scratch = np.empty_like(out)
        calls: list[Call] = []
        for s, g, tmp in blocks(out, inputs[1], scratch):
            calls += [partial(np.multiply, g, g, tmp), partial(np.add, s, tmp, s)]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        s, g = inputs
        return s[index] + g[index] ** 2

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class Normalise(UpdateOp):
    """Δ = −ηg/(√s + ε)."""

    name = "normalise"

    def formula(self, *inputs: str) -> str:
        _, rate, g, s, epsilon = inputs
        return f"−{rate}·{g}/(√{s} + {epsilon})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, g, s, epsilon = inputs
        minus, scratch = constant(0.0, out), np.empty_like(out)
        calls: list[Call] = [_negative(rate, minus)]
        for delta, grad, square, tmp in blocks(out, g, s, scratch):
            calls += [
                partial(np.sqrt, square, tmp),
                partial(np.add, tmp, epsilon, tmp),
                partial(np.multiply, grad, minus, delta),
                partial(np.divide, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, g, s, epsilon = inputs
        return -(rate[()] * g[index] / (Function("sqrt", s[index]) + epsilon[()]))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 5 * out.size


class BiasCorrection(Op):
    """1 − βᵗ at the step number t, counted from 1. Inputs: β, the count of finished steps."""

    name = "bias_correction"

    def shape(self, *inputs: Tensor) -> Shape:
        return ()

    def formula(self, *inputs: str) -> str:
        beta, step = inputs
        return f"1 − {beta}^({step} + 1)"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        beta, step = inputs

        def correct() -> None:
            out[()] = 1.0 - beta.item() ** (step.item() + 1)

        return [correct]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        beta, step = inputs
        return Number(1.0) - beta[()] ** (step[()] + Number(1.0))


class AdamStep(UpdateOp):
    """Δ = −η·(m/c₁)/(√(v/c₂) + ε)."""

    name = "adam"

    def formula(self, *inputs: str) -> str:
        _, rate, m, v, c1, c2, epsilon = inputs
        return f"−{rate}·({m}/{c1})/(√({v}/{c2}) + {epsilon})"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, m, v, c1, c2, epsilon = inputs
        down, small = constant(0.0, out), constant(0.0, out)
        scratch = np.empty_like(out)

        def factors() -> None:
            """Compute −η√c₂/c₁ and ε√c₂: expanding the fraction by √c₂ saves a pass over v."""
            try:
                root = sqrt(c2.item())
                down[()] = -rate.item() * root / c1.item()
            except (ValueError, ZeroDivisionError):  # clamped by hand: NaN or infinity
                root = np.sqrt(c2.item())
                down[()] = -rate.item() * root / np.float64(c1.item())
            small[()] = epsilon.item() * root

        calls: list[Call] = [factors]
        for delta, first, second, tmp in blocks(out, m, v, scratch):
            calls += [
                partial(np.sqrt, second, tmp),
                partial(np.add, tmp, small, tmp),
                partial(np.divide, first, tmp, delta),
                partial(np.multiply, delta, down, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        _, rate, m, v, c1, c2, epsilon = inputs
        mean, square = m[index] / c1[()], v[index] / c2[()]
        return -(rate[()] * mean / (Function("sqrt", square) + epsilon[()]))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class Decay(UpdateOp):
    """Δ ← Δ − ηλθ."""

    name = "weight_decay"

    def formula(self, *inputs: str) -> str:
        delta, rate, weight, theta = inputs
        return f"{delta} − {rate}·{weight}·{theta}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, rate, weight, theta = inputs
        factor, scratch = constant(0.0, out), np.empty_like(out)

        def multiply() -> None:
            factor[()] = rate.item() * weight.item()

        calls: list[Call] = [multiply]
        for delta, part, tmp in blocks(out, theta, scratch):
            calls += [
                partial(np.multiply, part, factor, tmp),
                partial(np.subtract, delta, tmp, delta),
            ]
        return calls

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        delta, rate, weight, theta = inputs
        return delta[index] - rate[()] * weight[()] * theta[index]

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 2 * out.size


class StopAtZero(UpdateOp):
    """Let a penalised weight stop at exactly 0, and stay there while the loss does not outweigh λ.

    Inputs: the update ΔW, W, dL/dW (with the penalty's part), the 0-d λ. A weight that would
    change its sign gets Δ = −W; one at zero gets Δ = 0 where |dL/dW| ≤ λ, which is the condition
    that 0 is the minimum there. This is the orthant-wise step of Andrew & Gao 2007, section 3.2.
    """

    name = "stop_at_zero"

    def formula(self, *inputs: str) -> str:
        delta, w, gradient, rate = inputs
        return f"−{w} where {w} + {delta} changes sign; 0 where {w} = 0 and |{gradient}| ≤ {rate}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        _, w, gradient, rate = inputs
        zero, scratch = constant(0.0, out), np.empty_like(out)
        crossing = np.empty_like(out, dtype=bool)
        resting = np.empty_like(out, dtype=bool)
        return [
            partial(np.add, w, out, scratch),
            partial(np.multiply, scratch, w, scratch),
            partial(np.less, scratch, zero, crossing),
            partial(np.negative, w, scratch),
            partial(np.copyto, out, scratch, "same_kind", crossing),
            partial(np.equal, w, zero, resting),
            partial(np.absolute, gradient, scratch),
            partial(np.less_equal, scratch, rate, crossing),
            partial(np.logical_and, resting, crossing, resting),
            partial(np.copyto, out, zero, "same_kind", resting),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        delta, w, gradient, rate = (operand.broadcast(index) for operand in inputs)
        zero = Number(0.0)
        rests = (
            Condition(w, "=", zero),
            Condition(Function("abs", gradient), "≤", rate),
        )
        crosses = Condition((w + delta) * w, "<", zero)
        return where(rests, zero, where(crosses, -w, delta))

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 4 * out.size


class Apply(UpdateOp):
    """θ ← θ + Δ."""

    name = "apply"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + {inputs[1]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        return [partial(np.add, out, inputs[1], out)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        theta, delta = inputs
        return theta[index] + delta[index]


class CountStep(UpdateOp):
    """t ← t + 1, which begins the next step."""

    name = "count"

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]} + 1"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        counter = memoryview(out.reshape(1).view(np.int64))  # type: ignore[arg-type]

        def count() -> None:
            counter[0] += 1

        return [count]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        return inputs[0][()] + Number(1.0)


def _complement(beta: Array, rest: Array) -> Call:
    """rest = 1 − β, computed at every step since β may change."""

    def complement() -> None:
        rest[()] = 1.0 - beta.item()

    return complement


def _negative(rate: Array, minus: Array) -> Call:
    """minus = −η, computed at every step since η may change."""

    def negative() -> None:
        minus[()] = -rate.item()

    return negative
