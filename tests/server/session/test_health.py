"""Diagnostics and series of a session: what is found is told, and what is healthy is silent."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from server.describe.scenes import SCENES, Scene
from server.session.session import Session
from tests.server.describe.test_scenes import needs
from tests.server.driving import SMALL, Driver, configured, refused
from tests.server.kinds import KINDS

RELU: dict[str, Any] = {
    "data": {"name": "circles", "samples": 200},
    "layers": [
        {
            "units": 4,
            "activation": "relu",
            "bias_initializer": {"kind": "constant", "value": -50.0},
        },
        {},
    ],
}
STEEP: dict[str, Any] = {**SMALL, "optimizer": {"kind": "sgd", "learning_rate": 100.0}}


def test_dead_units_are_found_with_evidence_and_a_remedy() -> None:
    driver = configured(RELU)
    driver.step("step", 300)
    found = {f["rule"]: f for f in driver.last("diagnostics")["findings"]}
    dead = found["dead_relu"]
    assert dead["subject"] == "dense1"
    assert dead["evidence"]
    assert dead["remedies"]
    assert dead["meaning"]


def looks(driver: Driver) -> int:
    """How many steps the diagnostics have looked at."""
    return len(driver.do("series")["layers"][0]["steps"])


def found(driver: Driver) -> list[dict[str, Any]]:
    """All that the diagnostics have told, one event after the other."""
    return [f for e in driver.events if e["type"] == "diagnostics" for f in e["findings"]]


def test_a_healthy_run_is_silent() -> None:
    driver = configured(
        {
            "data": {"name": "moons", "samples": 300},
            "optimizer": {"kind": "adam", "learning_rate": 0.01},
        }
    )
    driver.step("step", 400)
    assert looks(driver) > 3
    assert found(driver) == []


SLOW = {"text_lstm": 10, "text_transformer": 10, "shapes": 30}
"""Steps of scenes whose steps take long."""


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_scenes_have_nothing_to_warn_of(scene: Scene) -> None:
    needs(scene.id)
    driver = configured(scene.description)
    driver.step("step", SLOW.get(scene.id, 100))
    assert looks(driver) > 1
    assert [finding["text"] for finding in found(driver) if finding["severity"] != "note"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_is_looked_at(kind: str) -> None:
    driver = configured(KINDS[kind])
    driver.step("step", 40)
    names = [layer["name"] for layer in driver.last("configured")["layers"]]
    answer = driver.do("series")
    assert [row["layer"] for row in answer["layers"]] == names
    assert len(answer["layers"][0]["steps"]) > 3
    assert [flow["layer"] for flow in answer["flow"]] == names


def test_findings_are_told_once_and_to_newcomers() -> None:
    driver = configured(RELU)
    driver.step("step", 300)
    told = [e for e in driver.events if e["type"] == "diagnostics"]
    assert told
    assert all(a != b for a, b in itertools.pairwise(told))
    newest = [e for e in driver.session.abridged() if e["type"] == "diagnostics"]
    assert newest == told[-1:]


def test_a_live_remedy_names_the_hyperparameters_to_set() -> None:
    driver = configured(STEEP)
    driver.step("step", 400)
    remedies = [
        r for f in driver.last("diagnostics")["findings"] for r in f["remedies"] if r["live"]
    ]
    assert remedies
    assert remedies[0]["live"].keys() <= driver.last("configured")["hyperparameters"].keys()
    for name, value in remedies[0]["live"].items():
        driver.do("set", name=name, value=value)
        assert driver.last("set") == {"type": "set", "name": name, "value": value}


def test_series_of_every_layer_and_the_gradient_flow() -> None:
    driver = configured()
    driver.step("step", 200)
    answer = driver.do("series")
    assert [row["layer"] for row in answer["layers"]] == ["dense1", "dense2", "dense3"]
    first = answer["layers"][0]
    assert first["steps"] == sorted(first["steps"])
    assert len(first["steps"]) == len(first["gradient"]) == len(first["ratio"]) > 3
    histograms = first["histograms"]
    assert sum(histograms["counts"][0]) == 8
    assert [flow["layer"] for flow in answer["flow"]] == ["dense1", "dense2", "dense3"]
    assert all(flow["parameters"] > 0 for flow in answer["flow"])


def test_rules_are_listed_and_examined_on_demand() -> None:
    driver = configured()
    rules = driver.do("examine", rule=None)["rules"]
    assert len(rules) > 15
    assert {"rule", "title", "meaning", "when", "thresholds"} == rules[0].keys()
    demanded = next(rule for rule in rules if rule["when"] == "demand")
    driver.step("step", 20)
    assert isinstance(driver.do("examine", rule=demanded["rule"])["findings"], list)
    with refused("bad_value", "rule", "nonsense"):
        driver.do("examine", rule="nonsense")


def test_thresholds_are_the_user_s() -> None:
    driver = configured(STEEP)
    driver.do("adjust", rule="surprising_first_loss", thresholds={"factor": 0.1})
    assert driver.last("diagnostics")["findings"][0]["rule"] == "surprising_first_loss"
    answer = driver.do("adjust", rule="divergence", thresholds={"factor": 1e9})
    assert answer["thresholds"] == {"factor": 1e9, "steps": 20}
    saved = driver.session.checkpoint()
    assert saved is not None
    driver.session = Session.restored(saved, driver.clock, driver.clock, frames=0)
    driver.do("configure", description=STEEP)
    driver.do("reset")
    driver.step("step", 400)
    found = {f["rule"] for e in driver.events if e["type"] == "diagnostics" for f in e["findings"]}
    assert "divergence" not in found
    listed = {r["rule"]: r["thresholds"] for r in driver.do("examine", rule=None)["rules"]}
    assert listed["divergence"]["factor"] == 1e9
    for rule, values, field in (
        ("nonsense", {}, "rule"),
        ("divergence", {"fact": 1}, "divergence.fact"),
        ("divergence", {"steps": 2.5}, "divergence.steps"),
        ("divergence", {"factor": -1}, "divergence.factor"),
    ):
        with refused("bad_value", field):
            driver.do("adjust", rule=rule, thresholds=values)


@pytest.mark.parametrize("steps", [50, 400])
def test_a_restart_begins_a_new_history(steps: int) -> None:
    driver = configured(RELU)
    driver.step("step", steps)
    driver.do("reset")
    assert driver.do("series")["layers"][0]["steps"] == []
