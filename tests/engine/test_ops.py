"""Every op's VJP against central differences in float64, and every VJP's own VJP as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph import Graph, Tensor
from engine.ops import activation, copying, elementwise, linear, loss, reduction, sampling, softmax
from engine.ops.base import Op
from engine.optimizers import BiasCorrection, _Rule
from tests.engine.graphs import Build, Scalarised, numerical_gradients, relative_error

BATCH, INPUTS, UNITS = 5, 3, 4


def _op(op: Op) -> Build:
    return lambda graph, inputs: graph.apply(op, *inputs)


def _cross_entropy(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
    (z,) = inputs
    a = graph.apply(activation.Sigmoid(), z)
    return graph.apply(loss.BinaryCrossEntropy(), z, a, _targets(graph, z, one_hot=False))


def _softmax_cross_entropy(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
    (z,) = inputs
    log_p = graph.apply(softmax.LogSoftmax(), z)
    p = graph.apply(softmax.Exp(), log_p)
    y = _targets(graph, z, one_hot=True)
    return graph.apply(loss.SoftmaxCrossEntropy(), z, log_p, p, y)


def _targets(graph: Graph, z: Tensor, *, one_hot: bool) -> Tensor:
    """Constant targets: 1/units for every unit is a distribution, as cross-entropy needs."""
    value = 1 / z.shape[1] if one_hot else 0.3
    return graph.given("y", "y", z.shape, z.axes, "target", order="F", value=value)


def _penalty(op: Op) -> Build:
    def build(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
        return graph.apply(op, *inputs, graph.scalar("rate", "λ", 0.3, "hyperparameter"))

    return build


MATRIX = (BATCH, UNITS)
LINEAR = [(BATCH, INPUTS), (INPUTS, UNITS), (UNITS,)]
CASES: dict[str, tuple[Build, list[tuple[int, ...]]]] = {
    "Linear": (_op(linear.Linear()), LINEAR),
    "MatMul": (_op(linear.MatMul()), [(2, 3), (3, 4)]),
    "MatMul left": (_op(linear.MatMul(transpose_left=True)), [(3, 2), (3, 4)]),
    "MatMul right": (_op(linear.MatMul(transpose_right=True)), [(2, 3), (4, 3)]),
    "MatMul both": (
        _op(linear.MatMul(transpose_left=True, transpose_right=True)),
        [(3, 2), (4, 3)],
    ),
    "SumTo batch": (_op(reduction.SumTo((UNITS,))), [MATRIX]),
    "SumTo units": (_op(reduction.SumTo((BATCH, 1))), [MATRIX]),
    "SumTo all": (_op(reduction.SumTo(())), [MATRIX]),
    "BroadcastTo": (_op(reduction.BroadcastTo(MATRIX)), [(UNITS,)]),
    "Add": (_op(elementwise.Add()), [MATRIX, MATRIX]),
    "Add broadcast": (_op(elementwise.Add()), [MATRIX, (UNITS,)]),
    "Subtract": (_op(elementwise.Subtract()), [MATRIX, MATRIX]),
    "Multiply": (_op(elementwise.Multiply()), [MATRIX, MATRIX]),
    "Multiply scalar": (_op(elementwise.Multiply()), [MATRIX, ()]),
    "Scale": (_op(elementwise.Scale(-2.5)), [MATRIX]),
    "Clip": (_op(elementwise.Clip(0.8)), [MATRIX]),
    "Sigmoid": (_op(activation.Sigmoid()), [MATRIX]),
    "SigmoidDerivative": (_op(activation.SigmoidDerivative()), [MATRIX]),
    "Tanh": (_op(activation.Tanh()), [MATRIX]),
    "TanhDerivative": (_op(activation.TanhDerivative()), [MATRIX]),
    "ReLU": (_op(activation.ReLU()), [MATRIX]),
    "LeakyReLU": (_op(activation.LeakyReLU()), [MATRIX]),
    "ELU": (_op(activation.ELU()), [MATRIX]),
    "ELUDerivative": (_op(activation.ELUDerivative()), [MATRIX]),
    "Softplus": (_op(activation.Softplus()), [MATRIX]),
    "GELUArgument": (_op(activation.GELUArgument()), [MATRIX]),
    "GELUArgumentDerivative": (_op(activation.GELUArgumentDerivative()), [MATRIX]),
    "Copy": (_op(copying.Copy()), [MATRIX]),
    "LogSoftmax": (_op(softmax.LogSoftmax()), [MATRIX]),
    "Exp": (_op(softmax.Exp()), [MATRIX]),
    "MeanSquare": (_op(loss.MeanSquare()), [MATRIX]),
    "MeanHuber": (_op(loss.MeanHuber()), [MATRIX]),
    "BinaryCrossEntropy": (_cross_entropy, [MATRIX]),
    "SoftmaxCrossEntropy": (_softmax_cross_entropy, [MATRIX]),
    "ScaledDifference": (_op(loss.ScaledDifference(0.2)), [MATRIX, MATRIX]),
    "L1Penalty": (_penalty(loss.L1Penalty()), [(INPUTS, UNITS)]),
    "L2Penalty": (_penalty(loss.L2Penalty()), [(INPUTS, UNITS)]),
}

PIECEWISE_CONSTANT = {elementwise.Sign, elementwise.Inside, activation.Step}
NOT_DIFFERENTIATED = {sampling.NextBatch, sampling.Gather, sampling.DropoutMask, BiasCorrection}


def _away_from_kinks(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Values of either sign, none within 0.1 of the kinks at 0, ±0.8 and ±1."""
    magnitude = rng.choice([0.15, 0.4, 0.6, 1.3, 1.7], shape) + rng.uniform(0, 0.05, shape)
    return np.asarray(magnitude * rng.choice([-1.0, 1.0], shape))


@pytest.mark.parametrize("name", CASES)
def test_vjp_agrees_with_central_differences(name: str) -> None:
    build, shapes = CASES[name]
    rng = np.random.default_rng(7)
    values = [_away_from_kinks(shape, rng) for shape in shapes]
    f = Scalarised(build, values)
    expected = numerical_gradients(f, values)
    for got, wanted in zip(f.gradients(values), expected, strict=True):
        assert relative_error(got, wanted) < 1e-7


def _all_ops(base: Any) -> set[type[Op]]:
    found: set[type[Op]] = set()
    for op in base.__subclasses__():
        found |= _all_ops(op)
        if not op.__name__.startswith("_"):
            found.add(op)
    return found


def test_every_op_is_checked_or_has_no_derivative() -> None:
    exempt = PIECEWISE_CONSTANT | NOT_DIFFERENTIATED | _all_ops(_Rule)
    unchecked: set[str] = {
        op.__name__
        for op in _all_ops(Op) - exempt
        if op.__module__.startswith("engine.") and op.__name__ not in {n.split()[0] for n in CASES}
    }
    assert unchecked == set()


@pytest.mark.parametrize("op", [elementwise.Sign(), elementwise.Inside(0.8), activation.Step()])
def test_piecewise_constant_ops_have_no_slope_away_from_their_jumps(op: Op) -> None:
    rng = np.random.default_rng(3)
    x = _away_from_kinks(MATRIX, rng)
    lower, upper = np.empty_like(x), np.empty_like(x)
    for shift, out in ((-1e-3, lower), (1e-3, upper)):
        for call in op.kernel(out, x + shift):
            call()
    np.testing.assert_array_equal(lower, upper)


@pytest.mark.parametrize("size", [7, 5000])
def test_relu_shows_nan_and_takes_zero_at_the_kink(size: int) -> None:
    z = np.linspace(-1, 1, size)
    z[0], z[1] = np.nan, 0.0
    out = np.empty_like(z)
    for call in activation.ReLU().kernel(out, z):
        call()
    assert np.isnan(out[0])
    np.testing.assert_array_equal(out[1:], np.maximum(z[1:], 0))


@pytest.mark.parametrize("extreme", [-1e4, 1e4])
def test_cross_entropies_are_exact_for_extreme_logits(extreme: float) -> None:
    z = np.full((1, 1), extreme)
    a, y, out = np.array([[float(extreme > 0)]]), np.array([[float(extreme < 0)]]), np.empty(())
    for call in loss.BinaryCrossEntropy().kernel(out, z, a, y):
        call()
    assert float(out) == pytest.approx(1e4)
    logits, log_p = np.array([[extreme, 0.0]]), np.empty((1, 2))
    for call in softmax.LogSoftmax().kernel(log_p, logits):
        call()
    assert log_p.min() == pytest.approx(-1e4)
    assert log_p.max() == 0.0


def test_gelu_composition_is_close_to_the_exact_one() -> None:
    from math import erf

    z = np.linspace(-4, 4, 81).reshape(1, -1)
    u, s = np.empty_like(z), np.empty_like(z)
    for op, out, x in ((activation.GELUArgument(), u, z), (activation.Sigmoid(), s, u)):
        for call in op.kernel(out, x):
            call()
    exact = np.array([[0.5 * v * (1 + erf(v / 2**0.5)) for v in z[0]]])
    assert np.abs(z * s - exact).max() < 5e-4
