"""Every remedy that a rule suggests can be carried out, live or as a new description."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest

from engine import (
    Conv2D,
    Dataset,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Network,
    Residual,
    catalogue,
    load_dataset,
)
from engine.diagnostics import Finding
from server.describe import description
from server.describe.description import Description
from server.session.handover import debug_target, describe, register
from tests.engine.diagnostics import test_diagnostics as planted
from tests.engine.training_run import Training
from tests.server.driving import Driver, configured

STEPS = 1500

CASES: dict[str, tuple[Network, Dataset, dict[str, Any]]] = {
    **{name: (*case[2:], {}) for name, case in planted.START.items()},
    **{name: case[2:] for name, case in planted.TRAINING.items()},
}


def patched(given: Description, changes: list[dict[str, Any]]) -> Description:
    """As the page changes a description."""
    made = copy.deepcopy(given)
    for change in changes:
        keys: list[Any] = [int(k) if k.isdigit() else k for k in re.findall(r"\w+", change["path"])]
        target: Any = made
        for key in keys[:-1]:
            target = target[key]
        if change["path"] == "optimizer.kind":
            rate = made["optimizer"]["learning_rate"]
            made["optimizer"] = {"kind": change["value"], "learning_rate": rate}
        else:
            assert change["path"].startswith("data.") or keys[-1] in target
            target[keys[-1]] = change["value"]
    return made


def all_changes(findings: list[Finding]) -> list[list[dict[str, Any]]]:
    remedies = [remedy for finding in findings for remedy in finding.remedies]
    return [[vars(change) for change in remedy.changes] for remedy in remedies if remedy.changes]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_description_with_the_remedy_is_accepted(case: str) -> None:
    network, data, options = CASES[case]
    training = Training(network, data, **options)
    training.run(STEPS)
    target = debug_target(training.machine)
    register(target.data)
    every = all_changes([*training.diagnostics.findings(), *training.seen.values()])
    assert every or case in ("rare", "zero gradient", "no rate")
    for changes in every:
        description.build(patched(target.description, changes))


def test_live_remedies_are_edits_that_the_session_makes() -> None:
    driver = configured(
        {"data": {"samples": 60}, "optimizer": {"kind": "sgd", "learning_rate": 100.0}}
    )
    driver.step("step", 400)
    findings = driver.last("diagnostics")["findings"]
    live = [r["live"] for f in findings for r in f["remedies"] if r["live"]]
    assert live
    driver.do("goto", step=findings[0]["step"])
    driver.finish()
    for name, value in live[0].items():
        driver.do("set", name=name, value=value)
        assert driver.state["hyperparameters"][name] == value
    assert driver.state["branch"] == 1


# Standardised inputs -----------------------------------------------------------------------------


def rules(driver: Driver) -> set[str]:
    told = [e for e in driver.session.abridged() if e["type"] == "diagnostics"]
    return {finding["rule"] for finding in told[-1]["findings"]}


def test_unscaled_inputs_are_standardised() -> None:
    far = planted.FAR
    driver = Driver()
    driver.session.adopt(debug_target(Training(planted.binary(Dense(3, "tanh")), far).machine))
    driver.events = driver.session.abridged()
    (finding,) = driver.last("diagnostics")["findings"]
    assert finding["rule"] == "unscaled_inputs"
    given = driver.last("configured")["description"]
    driver.do("configure", description=patched(given, finding["remedies"][0]["changes"]))
    assert "unscaled_inputs" not in rules(driver)
    told = driver.last("configured")
    assert told["description"]["data"] == {"name": "own", "standardise": True}
    scaling = told["data"]["standardisation"]
    np.testing.assert_allclose(
        driver.read("data/x") * scaling["scale"] + scaling["mean"], far.train.inputs
    )


def test_features_are_standardised_each_by_itself_and_so_is_the_plane() -> None:
    features = next(info.features for info in catalogue() if info.name == "circles")
    plain = description.build({"data": {"name": "circles", "features": list(features)}})
    scaled = description.build(
        {"data": {"name": "circles", "features": list(features), "standardise": True}}
    )
    inputs = scaled.data.train.inputs
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(inputs.std(axis=0), 1)
    np.testing.assert_allclose(
        scaled.data.transform(scaled.data.test.points), scaled.data.test.inputs
    )
    np.testing.assert_array_equal(scaled.data.train.points, plain.data.train.points)
    assert description.normalise(scaled.description) == scaled.description


def test_ids_and_what_is_standardised_already_stay_as_they_are() -> None:
    for name in ("iris", "ratings"):
        plain = description.build({"data": {"name": name}})
        scaled = description.build({"data": {"name": name, "standardise": True}})
        np.testing.assert_array_equal(plain.data.train.inputs, scaled.data.train.inputs)


# Layers in layers --------------------------------------------------------------------------------


def test_a_layer_in_a_layer_and_one_behind_others_are_found_where_they_are_described() -> None:
    inner: list[Layer] = [Dense(6, "relu", bias_initializer="constant"), Dense(6, "linear")]
    layers: list[Layer] = [
        Conv2D(2, 3, "relu", padding="same", initializer="zeros"),
        MaxPool(4),
        Flatten(),
        Dense(6, "tanh"),
        Residual(inner),
        Dense(10, "softmax"),
    ]
    network = Network((8, 8, 1), layers, "softmax_cross_entropy")
    training = Training(network, load_dataset("digits"))
    training.machine.write("residual5/dense1/b", np.full(6, -50.0))
    training.run(300)
    given = describe(training.machine.program)
    paths = {
        (finding.rule, finding.subject): change["path"]
        for finding in training.seen.values()
        for (change, *_) in all_changes([finding])[:1]
    }
    assert paths["dead_relu", "residual5/dense1"] == "layers[4].layers[0].activation"
    assert paths["symmetric_units", "conv2d1"] == "layers[0].initializer"
    for changes in all_changes(list(training.seen.values())):
        patched(given, changes)
