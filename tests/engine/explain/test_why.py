"""Why: each planted pathology is named, and healthy gradients are called so."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    SGD,
    Adam,
    Dense,
    DescriptionError,
    Initializer,
    Machine,
    Network,
    compile,  # noqa: A004
    from_arrays,
    load_dataset,
)
from engine.explain.explainer import Explainer
from engine.explain.why import Cause, why
from engine.explain.why.cause import ZeroByValue
from engine.formula import Link, Operand, translated
from engine.history.moments import Moment
from engine.history.timeline import Timeline
from engine.tensors.tensor import Tensor
from tests.engine.explain.test_explain import trained
from tests.engine.networks import CIRCLES, all_state, circles_machine, circles_network, random_data

OUTPUT = Dense(1, "sigmoid")


TAMPERED = st.sampled_from([1.0, 1.0, 1.0, 0.0, 1e-9, 1e4, 1e30])


def timeline_of(
    layers: list[Dense], *, rate: float = 0.05, batch: int = 8, shuffle: bool = True
) -> Timeline:
    """A network on the circles, ready to be tampered with."""
    network = Network(2, layers, "binary_cross_entropy", SGD(rate))
    return Timeline(Machine(compile(network, CIRCLES, batch, shuffle=shuffle)))


def ask(timeline: Timeline, buffer: str, *index: int) -> Cause:
    before = all_state(timeline.machine)
    cause = why(timeline.machine, buffer, index, past=timeline)
    assert all_state(timeline.machine) == before
    assert cause.path[0].buffer.startswith(buffer)
    return cause


# Zero -----------------------------------------------------------------------------------------


def test_a_dead_unit_is_found_from_its_weights_and_from_the_weights_it_feeds() -> None:
    timeline = timeline_of([Dense(4, "relu"), Dense(3, "tanh"), OUTPUT])
    timeline.write("dense1/b", -50.0, (2,))
    timeline.run(3)
    into = ask(timeline, "dense1/W", 0, 2)
    assert into.kind == "dead"
    assert [link.buffer for link in into.path] == [
        "dense1/W.grad",
        "dense1/z.grad",
        "dense1/z.local",
    ]
    assert into.path[-1].index[-1] == 2
    assert into.evidence["samples"] == 8
    assert into.evidence["highest"] < 0
    assert "unit 2 of dense1 is dead for all 8 samples" in into.sentence
    out = ask(timeline, "dense2/W", 2, 1)
    assert out.kind == "dead"
    assert [link.buffer for link in out.path] == ["dense2/W.grad", "dense1/a"]
    assert ask(timeline, "dense1/b", 2).kind == "dead"
    assert ask(timeline, "dense1/W", 0, 1).kind != "dead"


def test_a_whole_dead_layer_cuts_off_all_before_it() -> None:
    timeline = timeline_of([Dense(4, "tanh"), Dense(3, "relu"), OUTPUT])
    timeline.write("dense2/b", -50.0)
    timeline.run(2)
    cause = ask(timeline, "dense1/W", 1, 1)
    assert cause.kind == "dead"
    assert cause.path[-1].buffer == "dense2/z.local"
    assert "every unit of dense2" in cause.sentence


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_unit_that_is_saturated_to_the_last_bit(activation: Any) -> None:
    timeline = timeline_of([Dense(4, activation), OUTPUT])
    timeline.write("dense1/b", 800.0, (1,))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "saturated"
    assert cause.path[-1].buffer == "dense1/z.local"


def test_outgoing_weights_of_zero() -> None:
    timeline = timeline_of([Dense(4, "tanh"), Dense(3, "tanh"), OUTPUT])
    timeline.write("dense2/W", 0.0, (2, None))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 2)
    assert cause.kind == "zero_weights"
    assert cause.path[-1].buffer == "dense2/W"
    assert cause.path[-1].index[0] == 2
    assert cause.evidence["weights"] == 3
    assert "W2[2, j]" in cause.sentence
    assert ask(timeline, "dense1/W", 0, 1).kind == "healthy"


def test_weights_that_all_start_at_zero() -> None:
    timeline = timeline_of([Dense(4, "tanh", initializer="zeros"), OUTPUT])
    timeline.run(1)
    cause = ask(timeline, "dense2/W", 1, 0)
    assert cause.kind == "zero_weights"
    assert cause.path[-1].buffer == "dense1/W"


def test_an_input_that_is_always_zero() -> None:
    timeline = timeline_of([Dense(4, "tanh"), OUTPUT])
    timeline.write("data/x", 0.0, (None, 1))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 1, 0)
    assert cause.kind == "zero_input"
    assert cause.path[-1].buffer == "input/x"
    assert ask(timeline, "dense1/W", 0, 0).kind == "healthy"


def test_a_clamped_unit() -> None:
    timeline = timeline_of([Dense(4, "tanh"), OUTPUT])
    timeline.clamp("dense1/a", 0.5, (None, 3))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 3)
    assert cause.kind == "clamped"
    assert cause.path[-1].buffer == "dense1/a.grad"


def test_a_unit_that_dropout_has_dropped() -> None:
    timeline = timeline_of([Dense(4, "tanh", dropout=0.9), OUTPUT], batch=1)
    timeline.run(1)
    dropped = np.flatnonzero(timeline.machine.read("dense1/mask")[0] == 0)
    cause = ask(timeline, "dense1/W", 0, int(dropped[0]))
    assert cause.kind == "dropped"
    assert cause.path[-1].buffer == "dense1/mask"


def test_a_perfect_prediction_has_nothing_to_learn() -> None:
    data = from_arrays(np.ones((20, 2)), np.full(20, 0.5), test_fraction=0.2, seed=0)
    network = Network(2, [Dense(1, initializer="zeros")], "mean_squared_error")
    machine = Machine(compile(network, data, batch_size=4))
    machine.write("dense1/b", float(machine.view("data/y")[0, 0]))
    machine.run(1)
    cause = why(machine, "dense1/b", (0,))
    assert cause.kind == "no_error"
    assert "the prediction equals the target exactly" in cause.sentence


def test_zeros_of_different_origin_in_different_samples() -> None:
    timeline = timeline_of([Dense(1, "relu"), OUTPUT], batch=2, shuffle=False)
    timeline.write("data/x", [0.0, 0.0], (0, None))
    timeline.write("data/x", [-1.0, 0.0], (1, None))
    timeline.write("dense1/W", 1.0)
    timeline.write("dense1/b", 0.5)
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 0)
    assert cause.kind == "zero_factor"
    assert cause.evidence == {"X[b, 0]": 0.5, "dZ1[b, 0]": 0.5}


# Alike ----------------------------------------------------------------------------------------


def test_units_that_start_alike_are_symmetric() -> None:
    layer = Dense(4, "tanh", initializer=Initializer("constant", 0.3))
    output = Dense(1, "sigmoid", initializer=Initializer("constant", 0.5))
    timeline = timeline_of([layer, output])
    timeline.run(20)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "symmetric"
    assert cause.evidence["twins"] == 3
    assert ask(timeline, "dense1/z.grad", 0, 1).kind == "symmetric"


# Small ----------------------------------------------------------------------------------------


def test_saturation_that_still_lets_a_little_through() -> None:
    timeline = timeline_of([Dense(4, "sigmoid"), Dense(3, "tanh"), OUTPUT])
    timeline.write("dense1/b", 17.0, (1,))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "saturated"
    assert cause.path[-1].buffer == "dense1/z.local"
    assert "100 % of f′(Z1) are saturated" in cause.sentence


def test_a_deep_sigmoid_network_lets_its_gradient_vanish() -> None:
    timeline = timeline_of([*[Dense(4, "sigmoid")] * 9, OUTPUT])
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "vanishing"
    product = float(np.prod([v for name, v in cause.evidence.items() if name != "gradient"]))
    assert product == pytest.approx(abs(cause.evidence["gradient"]), rel=1e-9)


def test_one_layer_of_tiny_weights() -> None:
    timeline = timeline_of([Dense(4, "tanh"), Dense(4, "tanh"), OUTPUT])
    timeline.write("dense2/W", 1e-7 * timeline.machine.read("dense2/W"))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert (cause.kind, cause.path[-1].buffer) == ("small_weights", "dense2/W")


@pytest.mark.parametrize(("activation", "bias"), [("gelu", -2.0), ("swish", -2.2)])
def test_a_negative_slope_is_not_saturation(activation: Any, bias: float) -> None:
    timeline = timeline_of([Dense(4, activation), Dense(4, "tanh"), OUTPUT])
    timeline.write("dense1/W", 0.01 * timeline.machine.read("dense1/W"))
    timeline.write("dense1/b", bias)
    timeline.write("dense2/W", 1e-7 * timeline.machine.read("dense2/W"))
    timeline.run(1)
    assert (timeline.machine.read("dense1/z.local") < -0.05).all()
    cause = ask(timeline, "dense1/W", 0, 1)
    assert (cause.kind, cause.path[-1].buffer) == ("small_weights", "dense2/W")


def test_one_tiny_input() -> None:
    timeline = timeline_of([Dense(4, "tanh"), OUTPUT])
    timeline.write("data/x", 1e-7 * timeline.machine.read("data/x")[:, 1], (None, 1))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 1, 0)
    assert (cause.kind, cause.path[-1].buffer) == ("small_input", "input/x")


def test_a_small_error_is_no_fault() -> None:
    data = random_data(20, 2, None)
    machine = Machine(compile(Network(2, [Dense(1)], "mean_squared_error", SGD(0.2)), data, None))
    x = np.column_stack([machine.view("data/x"), np.ones(16)])
    timeline = Timeline(machine)
    timeline.write("data/y", x @ [[0.3], [-0.7], [0.1]])
    timeline.run(150)
    cause = ask(timeline, "dense1/W", 0, 0)
    assert cause.kind == "small_error"
    assert "the error at the output is small" in cause.sentence


def test_samples_that_pull_both_ways() -> None:
    """At the minimum of least squares every sample has a gradient, but their sum is none."""
    data = random_data(40, 2, None)
    network = Network(2, [Dense(1)], "mean_squared_error", SGD(0.2))
    timeline = Timeline(Machine(compile(network, data, None)))
    timeline.run(500)
    cause = ask(timeline, "dense1/W", 0, 0)
    assert cause.kind == "cancelling"


# Large ----------------------------------------------------------------------------------------


def test_weights_that_multiply_to_an_explosion() -> None:
    layers = [Dense(8, "linear", initializer=Initializer("normal", 1.5)) for _ in range(8)]
    network = Network(2, [*layers, Dense(1)], "mean_squared_error", SGD(1e-9))
    data = random_data(40, 2, None)
    timeline = Timeline(Machine(compile(network, data, 8)))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "exploding"
    assert abs(cause.evidence["gradient"]) > 100
    weights = {name for name, gain in cause.evidence.items() if name.startswith("W") and gain > 1}
    assert len(weights) >= 6


def test_one_huge_layer() -> None:
    timeline = timeline_of([Dense(4, "linear"), Dense(4, "linear"), OUTPUT])
    w = timeline.machine.read("dense3/W")
    timeline.write("dense3/W", 1e6 * w)
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert (cause.kind, cause.path[-1].buffer) == ("large_weights", "dense3/W")


def test_inputs_that_are_not_scaled() -> None:
    timeline = timeline_of([Dense(4, "linear"), OUTPUT], rate=1e-9)
    timeline.write("data/x", 1e5 * timeline.machine.read("data/x")[:, 0], (None, 0))
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert (cause.kind, cause.path[-1].buffer) == ("large_input", "input/x")


def test_targets_that_are_not_scaled() -> None:
    data = random_data(20, 2, None)
    network = Network(2, [Dense(3, "tanh"), Dense(1)], "mean_squared_error", SGD(1e-9))
    timeline = Timeline(Machine(compile(network, data, 8)))
    timeline.write("data/y", 1e4 * timeline.machine.read("data/y"))
    timeline.run(1)
    assert ask(timeline, "dense1/W", 0, 0).kind == "large_error"


# Not finite -----------------------------------------------------------------------------------


def test_the_first_value_that_overflowed() -> None:
    layers = [Dense(4, "linear"), Dense(3, "linear"), Dense(1)]
    network = Network(2, layers, "mean_squared_error", SGD(0.05))
    timeline = Timeline(Machine(compile(network, random_data(40, 2, None), 8)))
    timeline.run(3)
    timeline.write("dense2/W", 1e300)
    timeline.write("dense1/W", 1e300)
    timeline.run(1)
    stopped = timeline.machine.stopped
    assert stopped is not None
    assert stopped.buffer == "dense2/z"
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "non_finite"
    assert cause.path[-1].buffer == "dense2/z"
    assert "in step 3 Z2[" in cause.sentence


def test_a_weight_set_to_nan_by_hand() -> None:
    timeline = timeline_of([Dense(4, "tanh"), OUTPUT])
    timeline.run(3)
    timeline.write("dense1/W", float("nan"), (0, 1))
    timeline.run(1)
    timeline.run(1)
    cause = ask(timeline, "dense1/W", 1, 1)
    assert cause.kind == "non_finite"
    assert cause.path[-1] == Link("dense1/W", (0, 1))
    assert "by hand" in cause.sentence


def test_a_divergence_is_traced_back_over_many_steps() -> None:
    """Training goes on with NaN for hundreds of steps; the step of the first one is found."""
    data = random_data(40, 2, None)
    network = Network(2, [Dense(6), Dense(6), Dense(1)], "mean_squared_error", SGD(2.0))
    timeline = Timeline(Machine(compile(network, data, 8)))
    timeline.run(1000)
    stopped = timeline.machine.stopped
    assert stopped is not None
    timeline.run(700)
    cause = ask(timeline, "dense1/W", 0, 1)
    assert cause.kind == "non_finite"
    assert cause.evidence["step"] == stopped.step
    assert cause.evidence["instruction"] == stopped.instruction


def test_without_a_past_a_broken_parameter_is_named() -> None:
    machine = circles_machine()
    machine.run(3)
    machine.write("dense1/W", float("nan"), (0, 1))
    machine.run(2)
    cause = why(machine, "dense1/W", (1, 1))
    assert cause.kind == "non_finite"
    assert cause.path[-1].buffer == "dense1/z"
    assert "overwritten and are not recorded" in cause.sentence


# Healthy --------------------------------------------------------------------------------------


def causes(timeline: Timeline, rng: np.random.Generator) -> Counter[str]:
    """What is said of some weights of every layer."""
    explainer = Explainer(timeline.machine, timeline)
    found: Counter[str] = Counter()
    for parameter in timeline.machine.program.parameters:
        for _ in range(6):
            index = tuple(int(rng.integers(extent)) for extent in parameter.tensor.shape)
            found[why(explainer, parameter.tensor.name, index).kind] += 1
    return found


@pytest.mark.parametrize("seed", range(5))
def test_healthy_gradients_are_called_healthy(seed: int) -> None:
    network = circles_network(Adam(0.01))
    timeline = Timeline(Machine(compile(network, CIRCLES, batch_size=25, seed=seed)))
    for _ in range(4):
        timeline.run(30)
        found = causes(timeline, np.random.default_rng(seed))
        assert found["healthy"] >= found.total() - 1, found


def test_a_healthy_digits_network_has_only_dark_pixels_and_resting_units() -> None:
    pytest.importorskip("sklearn")
    layers = [Dense(32, "relu"), Dense(16, "relu"), Dense(10, "softmax")]
    network = Network(64, layers, "softmax_cross_entropy", Adam(0.001))
    machine = Machine(compile(network, load_dataset("digits"), batch_size=32))
    timeline = Timeline(machine)
    timeline.run(200)
    found = causes(timeline, np.random.default_rng(0))
    assert set(found) <= {"healthy", "zero_input", "zero_factor", "dead"}
    assert found["healthy"] > 0.8 * found.total()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(trained(), st.data())
def test_every_question_has_an_answer(case: tuple[Machine, Timeline], data: st.DataObject) -> None:
    """Whatever was tampered with, a path leads from the gradient through real elements."""
    machine, timeline = case
    for parameter in machine.program.parameters:
        w = machine.read(parameter.tensor.name)
        timeline.write(parameter.tensor.name, w * w.dtype.type(data.draw(TAMPERED)))
    timeline.run_to(Moment(machine.step_count + 1, 0))
    timeline.run_to(Moment(machine.step_count + 1, 0))
    explainer = Explainer(machine, timeline)
    for parameter in machine.program.parameters:
        name = parameter.tensor.name
        index = tuple(data.draw(st.integers(0, extent - 1)) for extent in parameter.tensor.shape)
        cause = why(explainer, name, index)
        assert cause.path[0] == Link(f"{name}.grad", index)
        for link in cause.path:
            float(machine.read(link.buffer)[link.index])
        value = float(machine.read(f"{name}.grad")[index])
        assert (cause.kind == "non_finite") == (not np.isfinite(value))
        if value == 0.0:
            assert cause.kind in get_args(ZeroByValue)


def test_what_lies_in_another_buffer_is_followed_by_where_it_lies() -> None:
    """Parts of a buffer, such as one time step's, have no op of their own."""
    machine = circles_machine()
    machine.run(1)
    z = machine.view("dense1/z")
    part = Operand(Tensor("part", "P", (2, 4), ("unit", "batch"), "activation"), z[::2, 1:3].T)
    batch = part.axis(1)
    element = part[0, batch]
    index = translated(element.index, element.operand.array, z)
    assert index is not None
    assert [str(i) for i in index] == ["2b", "1"]
    assert translated((1, 3), part.array, z) == (6, 2)
    assert translated(element.index, part.array, machine.view("dense1/a")) is None
    assert translated(element.index, part.array, z[:, 2:]) is None


def test_bad_questions_are_refused() -> None:
    machine = circles_machine()
    with pytest.raises(DescriptionError, match="not computed yet"):
        why(machine, "dense1/W", (0, 0))
    machine.run(1)
    with pytest.raises(DescriptionError, match="not a gradient or a buffer that has one"):
        why(machine, "input/x", (0, 0))
    with pytest.raises(DescriptionError, match="not an index within"):
        why(machine, "dense1/W", (7, 0))
