"""The gradient check itself: what it calls right, suspicious, wrong, and a kink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import (
    GRU,
    LSTM,
    RNN,
    SGD,
    Dense,
    DescriptionError,
    Layer,
    Machine,
    Network,
    compile,  # noqa: A004
    load_dataset,
)
from engine.diagnostics.gradcheck import STEP, GradientCheck, gradient_check, sample_coordinates
from engine.history.timeline import Timeline
from engine.ops.activation import TanhDerivative
from engine.ops.base import Call
from engine.ops.linear import MatMul
from engine.program.objective import Objective
from engine.tensors.arrays import Array
from tests.engine.networks import CIRCLES, circles_machine, circles_network, random_data

PRICES = load_dataset("price_direction")
KINDS = [RNN, LSTM, GRU]


def recurrent(*layers: Layer, dtype: Any = "float64") -> Machine:
    network = Network(
        PRICES.input_shape, [*layers, Dense(1, "sigmoid")], "binary_cross_entropy", SGD(0.1)
    )
    machine = Machine(compile(network, PRICES, dtype=dtype))
    machine.run(3)
    return machine


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", [{"truncation": 1}, {"truncation": 2, "bidirectional": True}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_gradient_is_right_for_what_was_asked(
    kind: Any, options: dict[str, Any], dtype: str
) -> None:
    checks = gradient_check(recurrent(kind(3, return_sequences=False, **options), dtype=dtype))
    verdicts = {check.buffer: set[str]() for check in checks}
    for check in checks:
        verdicts[check.buffer].add(check.verdict)
    assert verdicts.pop("dense2/W") == verdicts.pop("dense2/b") == {"right"}
    assert {"truncated"} <= set().union(*verdicts.values()) <= {"right", "truncated"}
    for check in checks:
        if check.verdict == "truncated":
            assert check.truncated == pytest.approx(check.backprop, rel=1e-5, abs=1e-12)
            scale = max(abs(check.backprop), abs(check.numeric), 1e-8)
            assert check.error == pytest.approx(abs(check.backprop - check.numeric) / scale)
            assert check.error > 1e-7


def test_the_difference_is_that_to_the_full_gradient() -> None:
    cut, full = (recurrent(RNN(3, return_sequences=False, truncation=steps)) for steps in (2, None))
    full.write("parameters", cut.read("parameters"))
    gradients = {check.buffer + str(check.index): check.backprop for check in gradient_check(full)}
    for check in gradient_check(cut):
        expected = gradients[check.buffer + str(check.index)]
        assert check.numeric == pytest.approx(expected, rel=1e-5, abs=1e-10)


def test_a_mistake_in_a_truncated_layer_is_still_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(_: TanhDerivative, out: Array, *inputs: Array) -> list[Call]:
        return [lambda: np.copyto(out, 2 * (1 - inputs[0] ** 2))]

    monkeypatch.setattr(TanhDerivative, "kernel", doubled)
    checks = gradient_check(recurrent(RNN(3, return_sequences=False, truncation=2)))
    assert {c.verdict for c in checks if c.buffer == "rnn1/W"} == {"wrong"}


def test_a_gradient_that_was_written_over_is_what_the_check_reports_on() -> None:
    dtypes: tuple[Any, ...] = ("float64", "float32")
    for dtype in dtypes:
        machine = Machine(compile(circles_network(), CIRCLES, batch_size=8, dtype=dtype))
        machine.run(3)
        end = machine.program.phase_start("update")
        machine.run_to(end)
        right = gradient_check(machine, [("dense1/W", (0, 0)), ("dense1/W", (0, 1))])
        assert [(c.verdict, c.edited) for c in right] == [("right", False)] * 2
        machine.write("dense1/W.grad", 7.0, (0, 0))
        wrong, other = gradient_check(machine, [("dense1/W", (0, 0)), ("dense1/W", (0, 1))])
        assert (wrong.backprop, wrong.verdict, wrong.edited) == (7.0, "wrong", True)
        assert wrong.numeric == pytest.approx(right[0].numeric, rel=1e-6)
        assert other == right[1]


def test_what_a_gradient_was_computed_from_may_have_been_written_over() -> None:
    machine = circles_machine()
    machine.run(3)
    machine.run_to(machine.program.phase_start("backward"))
    (right,) = gradient_check(machine, [("dense1/W", (0, 0))])
    assert not right.edited
    machine.write("dense1/a", 0.25)
    (wrong,) = gradient_check(machine, [("dense1/W", (0, 0))])
    assert wrong.edited
    before = machine.snapshot()
    machine.run_to(machine.program.phase_start("update"))
    assert wrong.backprop == machine.read("dense1/W.grad")[0, 0]
    machine.restore(before)


def scalar_machine(
    activation: Any, z: float, *, loss: Any = "mean_squared_error", target: float = 0.7
) -> Machine:
    """One sample, one unit, L(f(z)): x = 1, W1 = z, and f's result passed on unchanged."""
    data = random_data(20, 1, None)
    layers = [Dense(1, activation), Dense(1)]
    machine = Machine(compile(Network(1, layers, loss), data, batch_size=1, shuffle=False))
    machine.write("data/x", 1.0)
    machine.write("data/y", target)
    machine.write("dense1/W", z)
    machine.write("dense2/W", 1.0)
    return machine


def check_of_weight(machine: Machine) -> GradientCheck:
    (check,) = gradient_check(machine, [("dense1/W", (0, 0))])
    return check


def plain_error(machine: Machine) -> float:
    """The relative error of one central difference with the standard step."""
    objective = Objective(machine)
    backprop = float(objective.gradient()[0])
    slot, losses = objective.parameter("dense1/W"), []
    w = float(slot[0, 0])
    for shift in (STEP, -STEP):
        slot[0, 0] = w + shift
        losses.append(objective.loss())
    numeric = (losses[0] - losses[1]) / (2 * STEP)
    return abs(backprop - numeric) / abs(backprop)


def test_a_sound_network_is_right_everywhere() -> None:
    machine = circles_machine(dropout=0.2, l2=0.01)
    machine.run(20)
    checks = gradient_check(machine)
    assert {c.buffer for c in checks} == {p.tensor.name for p in machine.program.parameters}
    assert {c.verdict for c in checks} == {"right"}
    assert max(c.error for c in checks) < 1e-7


def scaled_kernel(factor: float, original: Callable[..., list[Call]]) -> Callable[..., list[Call]]:
    def kernel(self: Any, out: Array, *inputs: Array) -> list[Call]:
        return [*original(self, out, *inputs), lambda: np.multiply(out, factor, out)]

    return kernel


@pytest.mark.parametrize(
    ("op", "factor", "verdict"),
    [
        (TanhDerivative, 0.0, "wrong"),
        (TanhDerivative, -0.5, "wrong"),
        (TanhDerivative, 1.1, "wrong"),
        (MatMul, 2.0, "wrong"),
        (TanhDerivative, 1.001, "suspicious"),
        (TanhDerivative, 1 + 1e-6, "suspicious"),
    ],
)
def test_planted_mistakes_are_found(
    op: Any, factor: float, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(op, "kernel", scaled_kernel(factor, op.kernel))
    machine = circles_machine()
    machine.run(5)
    assert check_of_weight(machine).verdict == verdict


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_at_a_kink_nothing_can_be_said(activation: str) -> None:
    check = check_of_weight(scalar_machine(activation, 0.0))
    assert (check.verdict, check.kink) == ("kink", True)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_near_a_kink_the_step_is_halved(activation: str) -> None:
    machine = scalar_machine(activation, 0.3 * STEP)
    assert plain_error(machine) > 1e-2
    check = check_of_weight(machine)
    assert (check.verdict, check.kink) == ("right", True)
    assert check.step == STEP / 4


@pytest.mark.parametrize("z", [0.4 * STEP, -0.4 * STEP])
def test_at_the_joint_of_elu_the_second_derivative_jumps(z: float) -> None:
    """f″ goes from 1 to 0 at z = 0, so the plain quotient errs by up to h/4 relative to f′ = 1."""
    machine = scalar_machine("elu", z)
    assert 1e-7 < plain_error(machine) < STEP
    check = check_of_weight(machine)
    assert (check.verdict, check.kink) == ("right", True)


def test_the_joint_of_huber_is_one_too() -> None:
    machine = scalar_machine("linear", 1.7 + 0.2 * STEP, loss="huber", target=0.7)
    assert 1e-7 < plain_error(machine) < STEP
    check = check_of_weight(machine)
    assert (check.verdict, check.kink) == ("right", True)


def test_a_large_third_derivative_is_no_mistake() -> None:
    """σ(40·x·w) changes so fast that h² is not small; extrapolation takes that error out."""
    machine = scalar_machine("sigmoid", 0.02)
    machine.write("data/x", 40.0)
    assert plain_error(machine) > 1e-8
    assert check_of_weight(machine).verdict == "right"


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_float32_programs_are_checked_in_double_precision(dropout: float) -> None:
    network = circles_network(SGD(0.1), dropout=dropout)
    machine = Machine(compile(network, CIRCLES, batch_size=8, dtype="float32"))
    machine.run(10)
    checks = gradient_check(machine)
    assert {c.verdict for c in checks} == {"right"}
    single = machine.read("dense1/mask") if dropout else None
    again = gradient_check(machine)
    assert again == checks
    if single is not None:
        np.testing.assert_array_equal(machine.read("dense1/mask"), single)


def test_held_units_pass_no_gradient_in_the_check_either() -> None:
    machine = circles_machine()
    timeline = Timeline(machine)
    timeline.clamp("dense1/a", 0.3, (None, 1))
    timeline.run(4)
    checks = gradient_check(machine)
    assert {c.verdict for c in checks} == {"right"}
    assert all(
        c.numeric == c.backprop == 0.0 for c in checks if c.index == (0, 1) and "1/W" in c.buffer
    )


def test_a_sample_has_ten_of_every_parameter_or_all_there_are() -> None:
    program = compile(Network(6, [Dense(5, "tanh"), Dense(2)]), random_data(20, 6, 2))
    everything = sample_coordinates(program)
    counts = {
        p.tensor.name: sum(n == p.tensor.name for n, _ in everything) for p in program.parameters
    }
    assert counts == {"dense1/W": 10, "dense1/b": 5, "dense2/W": 10, "dense2/b": 2}
    assert len(set(everything)) == len(everything)
    assert sample_coordinates(program) == everything
    assert sample_coordinates(program, seed=1) != everything
    assert {n for n, _ in sample_coordinates(program, layer="dense2")} == {"dense2/W", "dense2/b"}
    with pytest.raises(DescriptionError, match="layer: 'conv1' is not the name of a layer"):
        sample_coordinates(program, layer="conv1")


@pytest.mark.parametrize(
    ("coordinate", "message"),
    [
        (("dense1/z", (0, 0)), "buffer: 'dense1/z' is not the name of a parameter"),
        (("nothing", (0,)), "buffer: 'nothing' is not the name of a parameter"),
        (("dense1/W", (0, 9)), r"dense1/W: \(0, 9\) is not an index within \(2, 4\)"),
    ],
)
def test_what_is_no_parameters_element_is_refused(
    coordinate: tuple[str, tuple[int, ...]], message: str
) -> None:
    with pytest.raises(DescriptionError, match=message):
        gradient_check(circles_machine(), [coordinate])


def test_the_objective_is_the_programs_own_loss_and_gradient() -> None:
    machine = circles_machine(dropout=0.3, l1=0.01)
    machine.run(7)
    objective = Objective(machine)
    gradient, loss = objective.gradient(), objective.loss()
    machine.run_to(machine.program.phase_start("update"))
    np.testing.assert_array_equal(gradient, machine.read("parameters.grad"))
    assert loss == float(machine.read("loss/L"))


def test_over_the_training_set_the_objective_is_a_mean_without_dropout() -> None:
    machine = circles_machine(dropout=0.5)
    machine.run(7)
    x, y = machine.program.data["data/x"][:48], machine.program.data["data/y"][:48]
    judge = machine.evaluator(x, y)
    judge.run(1)
    objective = Objective(machine, "train")
    assert objective.loss() == pytest.approx(float(judge.read("loss/L")))
    direction = np.random.default_rng(0).normal(size=objective.theta.size)
    slope = float(objective.gradient() @ direction)
    theta, losses = objective.theta.copy(), []
    for h in (1e-5, -1e-5):
        objective.theta[...] = theta + h * direction
        losses.append(objective.loss())
    assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(slope, rel=1e-7)


def test_only_a_machine_that_trains_has_an_objective() -> None:
    judge = circles_machine().evaluator(CIRCLES.test.inputs)
    with pytest.raises(DescriptionError, match="a machine that trains"):
        Objective(judge)
