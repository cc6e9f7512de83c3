"""Hints: every mistake is recognised by the number it leads to, and right is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    SGD,
    Adam,
    Dense,
    DescriptionError,
    Machine,
    Momentum,
    Network,
    Optimizer,
    compile,  # noqa: A004
)
from engine.explain.hints import Exercise, exercise, hint
from engine.history.timeline import Timeline
from tests.engine.explain.test_explain import elements, trained
from tests.engine.networks import circles_machine, random_data


class Case:
    """A small regression network after a few steps, with its numbers at hand."""

    def __init__(self, optimizer: Optimizer | None = None, *, steps: int = 3) -> None:
        data = random_data(40, 3, None)
        layers = [Dense(3, "tanh", bias_initializer="normal"), Dense(3, "sigmoid"), Dense(1)]
        network = Network(3, layers, "mean_squared_error", optimizer or SGD(0.1))
        self.machine = Machine(compile(network, data, batch_size=8))
        self.timeline = Timeline(self.machine)
        self.timeline.run(steps - 1)
        self.before = {n: self.machine.read(n) for n in ("dense1/W", "dense2/W", "dense3/W")}
        self.timeline.run(1)

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self.machine.read(name), dtype=np.float64)

    def exercise(self, buffer: str, *index: int) -> Exercise:
        return exercise(self.machine, buffer, index, past=self.timeline)

    def kind(self, buffer: str, index: tuple[int, ...], answer: float, precision: int = 4) -> str:
        found = hint(self.exercise(buffer, *index), float(answer), precision)
        assert found.sentence.endswith(".")
        return found.kind


def test_the_right_number_is_right_to_the_precision_asked_for() -> None:
    case = Case()
    task = case.exercise("dense1/W.grad", 0, 1)
    value = task.explanation.value
    assert hint(task, value).kind == "right"
    assert hint(task, float(f"{value:.2e}"), precision=3).kind == "right"
    assert hint(task, float(f"{value:.1e}"), precision=3).kind in {"imprecise", "right"}
    assert hint(task, value * (1 + 1e-4), precision=3).kind == "right"
    assert hint(task, value * 1.02, precision=4).kind != "right"


def test_the_sign() -> None:
    case = Case()
    for buffer, index in (("dense1/W.grad", (0, 1)), ("dense2/z.grad", (3, 1)), ("loss/L", ())):
        assert case.kind(buffer, index, -float(case[buffer][index])) == "wrong_sign"
    residual = case["input/y"][2, 0] - case["dense3/z"][2, 0]
    assert case.kind("loss/error", (2, 0), residual) == "wrong_sign"
    assert (
        case.kind("loss/error", (2, 0), case["dense3/z"][2, 0] + case["input/y"][2, 0])
        == "wrong_sign"
    )


def test_the_activations_derivative() -> None:
    case = Case()
    upstream = case["dense1/a.grad"]
    assert case.kind("dense1/z.grad", (4, 2), upstream[4, 2]) == "forgot_derivative"
    answer = case["input/x"][:, 1] @ upstream[:, 2]
    assert case.kind("dense1/W.grad", (1, 2), answer) == "forgot_derivative"
    assert case.kind("dense1/b.grad", (2,), upstream[:, 2].sum()) == "forgot_derivative"
    through = case["dense2/a.grad"][5] @ case.before["dense2/W"][1]
    assert case.kind("dense1/a.grad", (5, 1), through) == "forgot_derivative"


def test_the_upstream_gradient() -> None:
    case = Case()
    local = case["dense1/z.local"]
    assert case.kind("dense1/z.grad", (4, 2), local[4, 2]) == "forgot_upstream"
    answer = case["input/x"][:, 1].sum()
    assert case.kind("dense1/W.grad", (1, 2), answer) == "forgot_upstream"


def test_the_mean_over_the_batch() -> None:
    case = Case()
    gradient = case["dense2/W.grad"][0, 1]
    assert case.kind("dense2/W.grad", (0, 1), 8 * gradient) == "not_averaged"
    assert case.kind("dense2/W.grad", (0, 1), gradient / 8) == "averaged_again"
    error = case["loss/error"]
    assert case.kind("loss/L", (), (error**2).sum()) == "not_averaged"
    assert case.kind("dense3/z.grad", (1, 0), 2 * error[1, 0]) == "not_averaged"
    assert case.kind("dense3/z.grad", (1, 0), error[1, 0] / 8) == "forgot_factor"  # the 2


def test_a_for_z_and_z_for_a() -> None:
    case = Case()
    z, a, up = case["dense2/z"], case["dense2/a"], case["dense2/a.grad"]
    assert case.kind("dense2/z.local", (3, 1), z[3, 1] * (1 - z[3, 1])) == "confused_activation"
    answer = case["dense1/z"][:, 2] @ case["dense2/z.grad"][:, 0]
    assert case.kind("dense2/W.grad", (2, 0), answer) == "confused_activation"
    assert case.kind("dense2/a", (3, 1), 1 / (1 + np.exp(-a[3, 1]))) == "confused_activation"
    assert up.shape == a.shape


def test_a_matrix_transposed() -> None:
    case = Case()
    assert case.kind("dense2/W.grad", (0, 1), case["dense2/W.grad"][1, 0]) == "transposed"
    answer = case["dense2/z.grad"][4] @ case.before["dense2/W"][:, 1]
    assert case.kind("dense1/a.grad", (4, 1), answer) == "transposed"
    x, w, b = case["input/x"], case.before["dense1/W"], case["dense1/b"]
    bias = case["dense1/z"][2, 1] - x[2] @ w[:, 1]
    assert case.kind("dense1/z", (2, 1), x[2] @ w[1] + bias) == "transposed"
    assert b.shape == (3,)


def test_the_bias_and_the_function() -> None:
    case = Case()
    x, w = case["input/x"], case.before["dense1/W"]
    assert case.kind("dense1/z", (2, 1), x[2] @ w[:, 1]) == "forgot_term"
    assert case.kind("dense1/a", (2, 1), case["dense1/z"][2, 1]) == "forgot_function"


def test_one_sample_alone() -> None:
    case = Case()
    terms = case["input/x"][:, 0] * case["dense1/z.grad"][:, 1]
    found = hint(case.exercise("dense1/W.grad", 0, 1), float(terms[5]), 6)
    assert found.kind == "one_term"
    assert "b = 5" in found.sentence


def test_the_learning_rate_and_the_sign_of_the_update() -> None:
    case = Case()
    gradient = case["dense2/W.grad"][0, 1]
    assert case.kind("dense2/W.update", (0, 1), -gradient) == "forgot_learning_rate"
    assert case.kind("dense2/W.update", (0, 1), 0.1 * gradient) == "wrong_sign"
    both = hint(case.exercise("dense2/W.update", 0, 1), float(gradient), 4)
    assert both.kind == "forgot_learning_rate"
    assert "sign" in both.sentence
    old, new = case.before["dense2/W"][0, 1], case["dense2/W"][0, 1]
    assert case.kind("dense2/W", (0, 1), new) == "right"
    assert case.kind("dense2/W", (0, 1), new - old) == "forgot_term"
    assert case.kind("dense2/W", (0, 1), old + 0.1 * gradient) == "wrong_sign"


def test_an_optimizers_own_terms() -> None:
    case = Case(Momentum(0.1, 0.8), steps=4)
    gradient = case["dense2/W.grad"][0, 1]
    assert case.kind("dense2/W.velocity", (0, 1), -0.1 * gradient) == "forgot_term"
    case = Case(Adam(0.01, 0.8, 0.95), steps=4)
    m, v = case["dense2/W.m"][0, 1], case["dense2/W.v"][0, 1]
    c1, c2 = 1 - 0.8**4, 1 - 0.95**4
    for answer in (
        -0.01 * m / (np.sqrt(v / c2) + 1e-8),
        -0.01 * (m / c1) / (np.sqrt(v) + 1e-8),
        -0.01 * m / (np.sqrt(v) + 1e-8),
    ):
        assert case.kind("dense2/W.update", (0, 1), answer) == "forgot_correction"
    assert (
        case.kind("dense2/W.update", (0, 1), -0.01 * (m / c1) / (v / c2 + 1e-8))
        == "forgot_function"
    )
    assert (
        case.kind("dense2/W.update", (0, 1), -(m / c1) / (np.sqrt(v / c2) + 1e-8))
        == "forgot_learning_rate"
    )
    old = (v - 0.05 * case["dense2/W.grad"][0, 1] ** 2) / 0.95
    answer = 0.95 * old + 0.05 * case["dense2/W.grad"][0, 1]
    assert case.kind("dense2/W.v", (0, 1), answer) == "forgot_power"


def test_what_no_mistake_explains() -> None:
    case = Case()
    value = case["dense1/W.grad"][0, 1]
    assert case.kind("dense1/W.grad", (0, 1), 10 * value) == "shifted_point"
    assert case.kind("dense1/W.grad", (0, 1), 12345.678) == "unknown"
    assert case.kind("dense1/W.grad", (0, 1), float("nan")) == "unknown"
    assert case.kind("dense1/W.grad", (0, 1), float("inf")) == "unknown"
    assert case.kind("dense1/W.grad", (0, 1), 0.0) == "unknown"


def test_a_dead_units_gradient_is_zero_and_zero_is_right() -> None:
    data = random_data(20, 2, 2)
    network = Network(2, [Dense(3, "relu"), Dense(1, "sigmoid")], "binary_cross_entropy")
    machine = Machine(compile(network, data, batch_size=4))
    timeline = Timeline(machine)
    timeline.write("dense1/b", -50.0)
    timeline.run(1)
    task = exercise(machine, "dense1/z.grad", (0, 0), past=timeline)
    assert hint(task, 0.0).kind == "right"
    assert hint(task, float(machine.read("dense1/a.grad")[0, 0])).kind == "forgot_derivative"


def test_only_what_an_instruction_computes_is_an_exercise() -> None:
    with pytest.raises(DescriptionError, match="the result of an instruction"):
        exercise(circles_machine(), "dense1/W", (0, 0))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(trained(), st.data())
def test_any_element_can_be_an_exercise(
    case: tuple[Machine, Timeline], data: st.DataObject
) -> None:
    """Each mistake's own number is recognised as some mistake, unless it is right by chance."""
    machine, timeline = case
    timeline.go((machine.step_count + 1, 0))
    asked = elements(machine, np.random.default_rng(data.draw(st.integers(0, 9))))
    before = machine.snapshot().block.tobytes()
    for buffer, index in asked:
        try:
            task = exercise(machine, buffer, index, past=timeline)
        except DescriptionError:
            continue
        value = task.explanation.value
        assert hint(task, value, 4).kind == "right"
        for mistake in task.mistakes:
            kind = hint(task, mistake.value, 4).kind
            assert kind != "unknown" or not np.isfinite(mistake.value)
    assert machine.snapshot().block.tobytes() == before
