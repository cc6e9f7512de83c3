"""Whole networks: backpropagation against central differences, in random combinations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import (
    ACTIVATIONS,
    SGD,
    Dense,
    Machine,
    Network,
    compile,  # noqa: A004
)
from engine.diagnostics.gradcheck import gradient_check, gradient_of
from tests.engine.graphs import relative_error
from tests.engine.networks import circles_machine, random_data

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
OUTPUTS: list[Any] = [  # loss, output activation, units, classes
    ("mean_squared_error", "linear", 1, None),
    ("mean_squared_error", "tanh", 1, None),
    ("huber", "linear", 1, None),
    ("mean_squared_error", "softmax", 3, 3),
    ("binary_cross_entropy", "sigmoid", 1, 2),
    ("binary_cross_entropy", "sigmoid", 3, 3),
    ("softmax_cross_entropy", "softmax", 3, 3),
    ("huber", "sigmoid", 2, 2),
]


@st.composite
def networks(draw: st.DrawFn) -> Machine:
    """A machine of a random small network on random data, a few steps into its training.

    Not one that is diverging: of a loss of 1e20 rounding leaves no digits to compare.
    """
    loss, activation, units, classes = draw(st.sampled_from(OUTPUTS))
    penalties = st.sampled_from([0.0, 0.02])
    hidden = draw(
        st.lists(
            st.builds(
                Dense,
                units=st.integers(1, 5),
                activation=st.sampled_from(HIDDEN),
                initializer=st.just("glorot_normal"),
                bias_initializer=st.sampled_from(["zeros", "constant"]),
                l1=penalties,
                l2=penalties,
                dropout=st.sampled_from([0.0, 0.4]),
            ),
            max_size=3,
        )
    )
    inputs = draw(st.sampled_from([1, 3, 130]))
    data = random_data(20, inputs, classes, seed=draw(st.integers(0, 5)))
    layers = [*hidden, Dense(units, activation, l2=draw(penalties))]
    network = Network(inputs, layers, loss, SGD(0.05))
    batch = draw(st.sampled_from([1, 4, None]))
    machine = Machine(compile(network, data, batch, seed=draw(st.integers(0, 99))))
    machine.run(draw(st.integers(0, 3)))
    assume(float(machine.read("loss/L")) < 100)
    return machine


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(networks())
def test_backpropagation_agrees_with_central_differences(machine: Machine) -> None:
    """To 1e-7 of each parameter's gradient, but for coordinates that had to get off a kink.

    There the smaller step makes rounding larger, which the verdict allows for.
    """
    for parameter in machine.program.parameters:
        tensor = parameter.tensor
        coordinates = [(tensor.name, index) for index in list(np.ndindex(tensor.shape))[:24]]
        checks = gradient_check(machine, coordinates)
        assert {c.verdict for c in checks} <= {"right", "kink"}
        smooth = [c for c in checks if not c.kink]
        numeric, backprop = (
            np.array([getattr(c, kind) for c in smooth]) for kind in ("numeric", "backprop")
        )
        if np.linalg.norm(numeric) > 1e-3:
            assert relative_error(backprop, numeric) < 1e-7
        else:  # rounding of the loss, 1e-16 / 1e-5, is then all there is to see
            np.testing.assert_allclose(backprop, numeric, atol=1e-9)


def test_gradient_check_leaves_the_machine_as_it_was() -> None:
    machine = circles_machine(dropout=0.2)
    machine.run(3)
    machine.step_instruction()
    before = machine.snapshot()
    checks = gradient_check(machine, [("dense1/W", (0, 1)), ("dense2/b", (1,))])
    after = machine.snapshot()
    assert [c.buffer for c in checks] == ["dense1/W", "dense2/b"]
    assert max(c.error for c in checks) < 1e-7
    assert (before.pc, before.block.tobytes()) == (after.pc, after.block.tobytes())


def test_weights_used_by_two_layers_get_the_sum_of_both_gradients() -> None:
    """Weight sharing through the graph itself: f(x) = tanh(tanh(xW)W)."""
    from engine.ops.activation import Tanh
    from engine.ops.linear import MatMul
    from tests.engine.graphs import Scalarised, numerical_gradients

    rng = np.random.default_rng(1)
    values = [rng.normal(size=(4, 3)), rng.normal(size=(3, 3))]

    def build(graph, inputs):  # type: ignore[no-untyped-def]
        x, w = inputs
        hidden = graph.apply(Tanh(), graph.apply(MatMul(), x, w))
        return graph.apply(Tanh(), graph.apply(MatMul(), hidden, w))

    f = Scalarised(build, values)
    for got, wanted in zip(f.gradients(values), numerical_gradients(f, values), strict=True):
        assert relative_error(got, wanted) < 1e-7


def test_gradient_of_reads_what_backpropagation_wrote() -> None:
    machine = circles_machine()
    machine.run(1)
    np.testing.assert_array_equal(gradient_of(machine, "dense1/W"), machine.read("dense1/W.grad"))
    with pytest.raises(ValueError, match="input/x has no gradient"):
        gradient_of(machine, "input/x")
