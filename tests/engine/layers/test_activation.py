"""What the record of an activation function says holds for the numbers that it gives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import (
    ACTIVATIONS,
    RNN,
    Activation,
    Dense,
    DescriptionError,
    Machine,
    Network,
    compile,  # noqa: A004
)
from engine.ops.activation import SigmoidDerivative, TanhDerivative
from tests.engine.networks import random_data

Z = np.linspace(-30.0, 30.0, 60_001)
HIDDEN = [name for name, function in ACTIVATIONS.items() if function.hidden]


def outputs(name: str) -> NDArray[np.float64]:
    """a for every z of Z; the other z of softmax is 0."""
    network = Network(2, [Dense(2), Activation(name)], targets="inputs")
    machine = Machine(compile(network, random_data(4, 2, None), 2))
    for place, value in np.ndenumerate(np.eye(2)):
        machine.write("dense1/W", value, place)
    judge = machine.evaluator(np.column_stack([Z, np.zeros_like(Z)]))
    judge.run(1)
    a: NDArray[np.float64] = judge.read(machine.program.layers[-1].output)[:, 0]
    return a


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_outputs_lie_in_the_range_and_come_close_to_its_finite_ends(name: str) -> None:
    a, (low, high) = outputs(name), ACTIVATIONS[name].range
    assert (a >= low - 1e-12).all()
    assert (a <= high).all()
    assert a.min() == pytest.approx(low, abs=1e-6) if np.isfinite(low) else a.min() < -0.2
    assert a.max() == pytest.approx(high, abs=1e-6) if np.isfinite(high) else a.max() > 29


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_only_what_can_die_is_zero_for_a_whole_side(name: str) -> None:
    assert (outputs(name)[Z < 0] == 0).all() == ACTIVATIONS[name].can_die


@pytest.mark.parametrize(
    ("name", "slope"), [("tanh", TanhDerivative), ("sigmoid", SigmoidDerivative)]
)
def test_a_slope_lets_nothing_through_exactly_where_the_output_counts_as_saturated(
    name: str, slope: type[TanhDerivative | SigmoidDerivative]
) -> None:
    saturation, gradient_stop = ACTIVATIONS[name].saturation, slope.gradient_stop
    assert saturation is not None
    a = outputs(name)
    local = 1 - a**2 if name == "tanh" else a * (1 - a)
    saturated = (a < saturation[0]) | (a > saturation[1])
    assert 0.5 < saturated.mean() < 1
    assert (gradient_stop.stops(local) == saturated).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_hidden_layer_has_only_what_is_meant_for_one(name: str) -> None:
    layers = [Dense(2, name), Dense(1)]
    if name in HIDDEN:
        Network(2, layers)
        return
    with pytest.raises(DescriptionError, match=r"layers\[0\].activation: '\w+' is not an"):
        Network(2, layers)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_recurrence_has_only_what_is_one_op(name: str) -> None:
    layers = [RNN(2, activation=name)]
    if ACTIVATIONS[name].op is not None:
        Network((3, 2), layers)
        return
    with pytest.raises(DescriptionError, match=r"layers\[0\].activation: '\w+' is not one of"):
        Network((3, 2), layers)
