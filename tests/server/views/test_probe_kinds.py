"""The probe views of every kind of layer: what the engine computes, in the layer's own shape."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Machine, encode_targets
from server.describe import description
from server.wire.frames import MAX_AXES
from tests.server.driving import Driver, configured, machine_of
from tests.server.kinds import KINDS

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "protocol.md").read_text("utf-8")


def trained(name: str) -> Driver:
    driver = configured(KINDS[name])
    driver.step("step", 2)
    return driver


def alone(driver: Driver, sample: int = 0) -> Machine:
    """An evaluation of one training sample, by the engine alone."""
    told = driver.last("configured")["description"]
    saved = driver.session.checkpoint()
    assert saved is not None
    machine = machine_of(told)
    machine.restore(saved.snapshot)
    plan = description.build(told)
    targets = encode_targets(plan.network, plan.data, plan.data.train)
    rows = slice(sample, sample + 1)
    evaluator = machine.evaluator(plan.data.train.inputs[rows], targets[rows], gradients=True)
    evaluator.run(1)
    return evaluator


def views(driver: Driver) -> dict[str, Any]:
    rows = driver.last("configured")["buffers"]
    return {row["name"]: row for row in rows if row["role"] == "view"}


@pytest.mark.parametrize("name", KINDS)
def test_every_view_has_the_shape_that_is_told_between_and_within_steps(name: str) -> None:
    driver = trained(name)
    known = views(driver)
    for _ in range(2):
        for view, values in driver.frame(*known).items():
            assert values.shape == tuple(known[view]["shape"]), view
            assert len(known[view]["axes"]) == values.ndim <= MAX_AXES
        driver.step("phase", 3)


@pytest.mark.parametrize("name", KINDS)
def test_views_are_described(name: str) -> None:
    said = set(re.findall(r"`([^`]+)`", DOCUMENT))
    layers = sorted((row["name"] for row in trained(name).last("configured")["layers"]), key=len)
    for view in views(configured(KINDS[name])):
        shown = view.removesuffix(".grad")
        shown = shown.replace("/ahead", "").replace("/reverse", "")
        for layer in reversed(layers):
            shown = shown.replace(f"/{layer}", "/<layer>")
        if not shown.startswith("compare/"):
            assert shown in said, view


@pytest.mark.parametrize("name", KINDS)
def test_between_steps_all_views_are_of_the_sample_alone(name: str) -> None:
    driver = trained(name)
    driver.do("probe", sample=3, split="train")
    evaluator = alone(driver, 3)
    layers = evaluator.program.layers
    names = [f"probe/{layer.name}/{letter}" for layer in layers for letter in "za"]
    shown = driver.frame("probe/input/x", *names)
    np.testing.assert_array_equal(shown["probe/input/x"], evaluator.view("input/x")[0])
    for layer in layers:
        output = evaluator.view(layer.output)[0]
        np.testing.assert_array_equal(shown[f"probe/{layer.name}/a"], output)
        z = evaluator.view(layer.pre_activation)[0]
        np.testing.assert_array_equal(shown[f"probe/{layer.name}/z"], z)


def test_feature_maps_are_images() -> None:
    driver = trained("convolution")
    rows = views(driver)
    assert rows["probe/conv2d1/a"]["axes"] == ("height", "width", "channel")
    assert rows["probe/input/x"]["shape"] == (28, 28, 1)
    assert rows["view/mean_gradient/conv2d4"]["shape"] == (2,)


def test_the_input_gradient_is_told_between_steps_and_not_within() -> None:
    driver = trained("convolution")
    evaluator = alone(driver)
    name = "probe/input/x.grad"
    np.testing.assert_array_equal(driver.frame(name)[name], evaluator.view("input/x.grad")[0])
    driver.step("phase")
    assert np.isnan(driver.frame(name)[name]).all()


def test_the_gradient_of_states_is_all_that_reaches_each_time_step() -> None:
    driver = trained("last_state")
    evaluator = alone(driver)
    shown = driver.frame("probe/lstm1/h.grad", "probe/lstm1/gates", "probe/lstm1/c")
    steps = [evaluator.view(f"lstm1/t{step}/h.grad")[0] for step in range(1, 15)]
    np.testing.assert_array_equal(shown["probe/lstm1/h.grad"], steps)
    np.testing.assert_array_equal(shown["probe/lstm1/gates"], evaluator.view("lstm1/gates")[0])
    assert (np.abs(steps[0]) < np.abs(steps[-1]).max()).all()


def test_both_directions_have_states() -> None:
    rows = views(trained("recurrence"))
    assert {
        f"probe/gru3/{way}/h{end}" for way in ("ahead", "reverse") for end in ("", ".grad")
    } <= (rows.keys())


def test_a_looked_up_vector_gets_the_other_one_as_its_gradient() -> None:
    driver = trained("factorisation")
    names = [f"probe/factorisation1/{of}" for of in ("vectors", "vectors.grad", "z.grad")]
    frame = driver.frame(*names)
    vectors, gradient, slope = (frame[name] for name in names)
    assert np.allclose(gradient, slope * vectors[::-1])
    assert np.abs(gradient).max() > 0


def test_attention_looks_at_no_later_token() -> None:
    driver = trained("transformer")
    name = "probe/transformer_block3/attention2/weights"
    weights = driver.frame(name)[name]
    assert weights.shape == (2, 8, 8)
    np.testing.assert_allclose(weights.sum(axis=2), 1.0)
    assert (np.triu(weights[0], 1) == 0).all()


def test_within_a_step_dropped_values_are_shown_as_the_step_has_them() -> None:
    driver = trained("convolution")
    driver.step("phase")
    dropped = driver.frame("probe/dropout6/a", "probe/flatten5/a")
    zeros = dropped["probe/dropout6/a"] == 0
    assert (dropped["probe/flatten5/a"][zeros] != 0).any()


def test_a_state_is_explained_from_its_view() -> None:
    driver = trained("last_state")
    answer = driver.do("explain", buffer="probe/lstm1/h.grad", index=[2, 1])
    assert answer["buffer"] == "lstm1/t3/h.grad"
    assert answer["probe"] is True
