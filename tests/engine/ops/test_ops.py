"""Every op's VJP against central differences in float64, and every VJP's own VJP as well."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from math import erfc
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph.graph import Graph
from engine.ops import (
    activation,
    attention,
    convolution,
    copying,
    elementwise,
    linear,
    lookup,
    loss,
    normalisation,
    pooling,
    recurrence,
    reduction,
    sampling,
    shaping,
    softmax,
    tokens,
)
from engine.ops.base import Op, WithoutVJP
from engine.ops.update import BiasCorrection, UpdateOp
from engine.ops.window import Window
from engine.tensors.tensor import Tensor
from tests.engine.graphs import Build, Scalarised, numerical_gradients, relative_error

BATCH, INPUTS, UNITS = 5, 3, 4


def _op(op: Op) -> Build:
    return lambda graph, inputs: graph.apply(op, *inputs)


def _gated(gate: Op, derivative: type[Op]) -> Build:
    def build(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
        (z,) = inputs
        return graph.apply(activation.SelfGated(derivative), z, graph.apply(gate, z))

    return build


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


def _place_cross_entropy(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
    """Of a sequence whose every place has class 1, since the test harness fills in one number."""
    (z,) = inputs
    log_p = graph.apply(softmax.LogSoftmax(), z)
    p = graph.apply(softmax.Exp(), log_p)
    y = graph.given("y", "y", z.shape[:-1], z.axes[:-1], "target", dtype="int64", value=1)
    n = graph.apply(tokens.CountPositions(), y)
    return graph.apply(tokens.PositionCrossEntropy(), z, log_p, p, y, n)


def _chosen(op: type[pooling.Unpool | pooling.Pick], window: Window) -> Build:
    """Of windows whose largest cells are chosen in an image of random zeros and twos."""

    def build(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
        (values,) = inputs
        rate = graph.scalar("rate", "p", 0.5, "hyperparameter")
        zero = graph.given("zero", "0", (), (), "counter", dtype="int64", value=0)
        cells = graph.apply(sampling.DropoutMask(1, IMAGE), rate, zero, zero, order="F")
        largest = graph.apply(pooling.MaxPool(window), cells)
        chosen = graph.apply(pooling.Chosen(window), cells, largest)
        made = op(window) if op is pooling.Pick else pooling.Unpool(window, IMAGE)
        return graph.apply(made, values, chosen)

    return build


def _with_ids(op: Op, shape: tuple[int, ...]) -> Build:
    """An op on values and numbers of rows, which all are 1: they add up."""

    def build(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
        ids = graph.given("ids", "ids", shape, ("batch", "time"), "index", dtype="int64", value=1)
        return graph.apply(op, *inputs, ids)

    return build


def _standardise(along: normalisation.Along) -> Build:
    def build(graph: Graph, inputs: Sequence[Tensor]) -> Tensor:
        (x,) = inputs
        mean = graph.apply(normalisation.Mean(along), x)
        variance = graph.apply(normalisation.Variance(along), x, mean)
        scale = graph.apply(normalisation.InverseDeviation(0.01), variance)
        return graph.apply(normalisation.Standardise(along), x, mean, scale)

    return build


IMAGE = (2, 5, 6, 4)
WIDE_WINDOW = Window((3, 2), (2, 2), (1, 0), (1, 1), (1, 2))
OVERLAPPING = Window((3, 3), (2, 1), (1, 1), (1, 1), (1, 1))
SIDE_BY_SIDE = Window.plain((2, 3))
PLACES = (2, *WIDE_WINDOW.extents((5, 6)), 4 * WIDE_WINDOW.cells)
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
    "SelfGated swish": (_gated(activation.Sigmoid(), activation.SwishDerivative), [MATRIX]),
    "SelfGated exact GELU": (
        _gated(activation.NormalCDF(), activation.ExactGELUDerivative),
        [MATRIX],
    ),
    "SelfGated GELU": (
        _gated(activation.NormalDistribution(), activation.GELUDerivative),
        [MATRIX],
    ),
    "Copy": (_op(copying.Copy()), [MATRIX]),
    "LogSoftmax": (_op(softmax.LogSoftmax()), [MATRIX]),
    "Exp": (_op(softmax.Exp()), [MATRIX]),
    "MeanSquare": (_op(loss.MeanSquare()), [MATRIX]),
    "MeanHuber": (_op(loss.MeanHuber()), [MATRIX]),
    "BinaryCrossEntropy": (_cross_entropy, [MATRIX]),
    "SoftmaxCrossEntropy": (_softmax_cross_entropy, [MATRIX]),
    "ScaledDifference": (_op(loss.ScaledDifference(0.2)), [MATRIX, MATRIX]),
    "Linear deep": (_op(linear.Linear()), [(2, 3, 4), (4, 5), (5,)]),
    "MatMul deep": (_op(linear.MatMul(transpose_right=True)), [(2, 3, 4), (2, 3, 4)]),
    "MatMul outer": (_op(linear.MatMul(transpose_left=True)), [(2, 3, 4), (2, 3, 5)]),
    "LogSoftmax deep": (_op(softmax.LogSoftmax()), [(2, 3, 4)]),
    "PositionCrossEntropy": (_place_cross_entropy, [(2, 3, 4)]),
    "Patches": (_op(convolution.Patches(WIDE_WINDOW)), [IMAGE]),
    "Patches groups": (_op(convolution.Patches(WIDE_WINDOW, 2)), [IMAGE]),
    "Fold": (_op(convolution.Fold(WIDE_WINDOW, IMAGE)), [PLACES]),
    "Fold groups": (_op(convolution.Fold(WIDE_WINDOW, IMAGE, 2)), [PLACES]),
    "GroupedProduct": (_op(convolution.GroupedProduct(2, (2, 3, 3, 6))), [(2, 3, 3, 4), (2, 6)]),
    "GroupedBack": (_op(convolution.GroupedBack(2, (2, 3, 3, 4))), [(2, 3, 3, 6), (2, 6)]),
    "GroupedOuter": (_op(convolution.GroupedOuter(2, (2, 6))), [(2, 3, 3, 4), (2, 3, 3, 6)]),
    "MaxPool": (_op(pooling.MaxPool(SIDE_BY_SIDE)), [IMAGE]),
    "MaxPool overlapping": (_op(pooling.MaxPool(OVERLAPPING)), [IMAGE]),
    "Unpool": (_chosen(pooling.Unpool, SIDE_BY_SIDE), [(2, 2, 2, 4)]),
    "Unpool overlapping": (_chosen(pooling.Unpool, OVERLAPPING), [(2, 3, 6, 4)]),
    "Pick": (_chosen(pooling.Pick, OVERLAPPING), [IMAGE]),
    "WindowSum": (_op(pooling.WindowSum(WIDE_WINDOW, 0.3)), [IMAGE]),
    "WindowSpread": (_op(pooling.WindowSpread(OVERLAPPING, IMAGE, 0.3)), [(2, 3, 6, 4)]),
    "WindowSpread apart": (_op(pooling.WindowSpread(SIDE_BY_SIDE, IMAGE)), [(2, 2, 2, 4)]),
    "Reshape": (_op(shaping.Reshape((2, 120), "F")), [IMAGE]),
    "Concatenate": (_op(shaping.Concatenate()), [(2, 3), (2, 4)]),
    "Columns": (_op(shaping.Columns(1, 3)), [(2, 5)]),
    "Pad": (_op(shaping.Pad(1, 5)), [(2, 3)]),
    "Lookup": (_with_ids(lookup.Lookup(), (4, 2)), [(3, 5)]),
    "Lookup numbers": (_with_ids(lookup.Lookup(), (4, 2)), [(3,)]),
    "ScatterAdd": (_with_ids(lookup.ScatterAdd((3, 5)), (4, 2)), [(4, 2, 5)]),
    "ScatterAdd many": (_with_ids(lookup.ScatterAdd((200, 2)), (4, 2)), [(4, 2, 2)]),
    "PairDot": (_op(lookup.PairDot()), [(4, 2, 3)]),
    "PairSpread": (_op(lookup.PairSpread()), [(4, 1), (4, 2, 3)]),
    "PairSwap": (_op(lookup.PairSwap()), [(4, 2, 3)]),
    "StepProduct": (_op(recurrence.StepProduct()), [(4, 3), (3, 5)]),
    "StepSum": (_op(recurrence.StepSum()), [(4, 3), (3, 5), (4, 5)]),
    "Gates": (_op(recurrence.Gates(3, 4)), [(4, 8)]),
    "Gates alone": (_op(recurrence.Gates(2, 2)), [(4, 8)]),
    "CellState": (_op(recurrence.CellState()), [MATRIX] * 4),
    "Blend": (_op(recurrence.Blend()), [MATRIX] * 3),
    "Standardise units": (_standardise("units"), [MATRIX]),
    "Standardise rows": (_standardise("rows"), [(2, 3, 4)]),
    "ScaleShift": (_op(normalisation.ScaleShift()), [MATRIX, (UNITS,), (UNITS,)]),
    "UnitDot": (_op(normalisation.UnitDot()), [(2, 3, 4), (2, 3, 4)]),
    "HeadScores": (_op(attention.HeadScores(2)), [(2, 3, 4), (2, 3, 4)]),
    "HeadMix": (_op(attention.HeadMix(2)), [(2, 2, 3, 3), (2, 3, 4)]),
    "HeadMix transposed": (
        _op(attention.HeadMix(2, transposed=True)),
        [(2, 2, 3, 3), (2, 3, 4)],
    ),
    "AttentionWeights": (
        _op(attention.AttentionWeights(0.7, causal=False)),
        [(2, 2, 3, 3)],
    ),
    "AttentionWeights causal": (
        _op(attention.AttentionWeights(0.7, causal=True)),
        [(2, 2, 3, 3)],
    ),
    "L1Penalty": (_penalty(loss.L1Penalty()), [(INPUTS, UNITS)]),
    "L2Penalty": (_penalty(loss.L2Penalty()), [(INPUTS, UNITS)]),
}

PIECEWISE_CONSTANT = {elementwise.Sign, elementwise.Inside, activation.Step}
NOT_DIFFERENTIATED = {
    sampling.NextBatch,
    sampling.Gather,
    sampling.DropoutMask,
    sampling.Noise,
    pooling.Chosen,
    lookup.Offset,
    tokens.CountPositions,
    BiasCorrection,
}


def _away_from_kinks(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Values of either sign, none within 0.1 of the kinks at 0, ±0.8 and ±1."""
    magnitude = rng.choice([0.15, 0.4, 0.6, 1.3, 1.7], shape) + rng.uniform(0, 0.05, shape)
    return np.asarray(magnitude * rng.choice([-1.0, 1.0], shape))


def _apart(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Values of which no two are within 0.05."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) - size / 2) / 20


@pytest.mark.parametrize("name", CASES)
def test_vjp_agrees_with_central_differences(name: str) -> None:
    build, shapes = CASES[name]
    rng = np.random.default_rng(7)
    draw = _apart if name.startswith("MaxPool") else _away_from_kinks
    values = [draw(shape, rng) for shape in shapes]
    f = Scalarised(build, values)
    expected = numerical_gradients(f, values)
    for got, wanted in zip(f.gradients(values), expected, strict=True):
        assert relative_error(got, wanted) < 1e-7


def all_ops(base: Any) -> set[type[Op]]:
    found: set[type[Op]] = set()
    for op in base.__subclasses__():
        found |= all_ops(op)
        if not op.__name__.startswith("_"):
            found.add(op)
    return found


def test_every_op_is_checked_or_has_no_derivative() -> None:
    exempt = PIECEWISE_CONSTANT | NOT_DIFFERENTIATED | all_ops(UpdateOp)
    exempt |= all_ops(WithoutVJP) | {WithoutVJP, UpdateOp}
    unchecked: set[str] = {
        op.__name__
        for op in all_ops(Op) - exempt
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


def computed(op: Op, *inputs: NDArray[Any], scalar: bool = False) -> NDArray[Any]:
    """What an op gives for some arrays; by default of the shape of the first."""
    out = np.empty(() if scalar else inputs[0].shape, inputs[0].dtype)
    for call in op.kernel(out, *inputs):
        call()
    return out


PRECISIONS = pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-14), ("float32", 2e-6)]
)


@PRECISIONS
@pytest.mark.parametrize("z", [-87.0, -40.0, -36.0, -20.0, -16.740633, -1.0, 0.0, 1.0, 15.0, 80.0])
def test_sigmoid_has_all_its_digits(z: float, dtype: str, tolerance: float) -> None:
    given = np.array([[z]], dtype)
    exact = float(1 / (1 + Decimal(-given.item()).exp()))
    assert computed(activation.Sigmoid(), given).item() == pytest.approx(exact, rel=tolerance)
    gate = np.empty((1, 1, 1), dtype)
    for call in recurrence.Gates(1, 1).kernel(gate, given):
        call()
    assert gate.item() == pytest.approx(exact, rel=tolerance)


def test_sigmoid_is_quiet_at_the_ends() -> None:
    z = np.array([-1e6, -745.0, 745.0, 1e6, np.nan])
    with np.errstate(all="raise", under="ignore"):
        a = computed(activation.Sigmoid(), z)
    np.testing.assert_array_equal(a, [0.0, 5e-324, 1.0, 1.0, np.nan])


@PRECISIONS
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("z", [-40.0, -30.0, -12.0, 0.0, 3.0, 12.0, 15.0, 30.0, 36.0, 40.0])
def test_binary_cross_entropy_has_all_its_digits_for_both_classes(
    z: float, y: float, dtype: str, tolerance: float
) -> None:
    logit, target = np.array([[z]], dtype), np.array([[y]], dtype)
    with localcontext() as context:
        context.prec = 60
        exact = (1 + Decimal(z).exp()).ln() - Decimal(y) * Decimal(z)
    value = computed(loss.BinaryCrossEntropy(), logit, logit, target, scalar=True)
    assert float(value) == pytest.approx(float(exact), rel=tolerance)


@PRECISIONS
@pytest.mark.parametrize("apart", [0.0, 1.0, 12.0, 15.0, 30.0, 36.0, 40.0])
def test_the_logarithm_of_a_probability_close_to_1_has_all_its_digits(
    apart: float, dtype: str, tolerance: float
) -> None:
    z = np.array([[apart + 2.0, 2.0, 2.0]], dtype)
    with localcontext() as context:
        context.prec = 60
        exact = -(1 + 2 * Decimal(-apart).exp()).ln()
    log_p = computed(softmax.LogSoftmax(), z)
    assert float(log_p[0, 0]) == pytest.approx(float(exact), rel=tolerance)


def test_gelu_is_exact_and_its_tanh_form_close_to_it() -> None:
    z = np.linspace(-12, 4, 161).reshape(1, -1)
    exact = np.array([[0.5 * erfc(-v / 2**0.5) for v in z[0]]])
    np.testing.assert_allclose(computed(activation.NormalCDF(), z), exact, rtol=1e-12)
    assert np.abs(z * (computed(activation.NormalDistribution(), z) - exact)).max() < 5e-4


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [
        *((72, 16, 3872), (16, 3872, 72), (9, 21632, 8), (64, 512, 256), (256, 65, 512)),
        *((97, 101, 211), (7, 100_003, 11), (1, 4000, 500), (50_021, 10, 13), (300, 300, 300)),
    ],
)
def test_products_in_pieces_are_the_product(
    rows: int, inner: int, columns: int, order: Literal["C", "F"]
) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))
    out = np.empty((rows, columns), order=order)
    for call in linear.product(left, right, out):
        call()
    np.testing.assert_allclose(out, left @ right, rtol=1e-9, atol=1e-9)
