"""Every element can be asked about, in every kind of network, healthy and broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.describe.scenes import SCENES, Scene
from server.wire.errors import Refusal
from tests.server.describe.test_scenes import needs
from tests.server.driving import Driver, configured
from tests.server.kinds import KINDS
from tests.server.session.test_questions import ask

BUFFERS = 20
"""Of a network, at each moment."""
COMPUTED = ("view", "compare")
"""What is shown and not computed by an op: nothing is asked about it."""

QUESTIONS: dict[str, dict[str, float]] = {
    "explain": {},
    "chain": {},
    "why": {},
    "check_answer": {"answer": 0.25},
}


def explainable(driver: Driver, rng: np.random.Generator) -> list[tuple[str, list[int]]]:
    """A random element of some buffers and probe views."""
    rows = driver.last("configured")["buffers"]
    asked = [row for row in rows if row["name"].partition("/")[0] not in COMPUTED]
    chosen = rng.permutation(len(asked))[:BUFFERS]
    return [
        (asked[i]["name"], [int(rng.integers(extent)) for extent in asked[i]["shape"]])
        for i in chosen
    ]


def ask_everything(driver: Driver, seed: int) -> set[str]:
    """Ask about random elements here; returns the questions that were answered.

    Chains and causes are refused, in words, for what has no gradient. Nothing else may happen.
    """
    answered: set[str] = set()
    refused: list[Refusal] = []
    for buffer, index in explainable(driver, np.random.default_rng(seed)):
        for question, more in QUESTIONS.items():
            try:
                answer = ask(driver, question, buffer=buffer, index=index, **more)
            except Refusal as refusal:
                refused.append(refusal)
                continue
            answered.add(question)
            assert any(answer.get(said) for said in ("line", "links", "sentence", "hint"))
    assert all(refusal.code == "bad_value" and refusal.message for refusal in refused)
    return answered


def go(driver: Driver, step: int, share: float) -> None:
    """To a moment, if nothing stops it before, so much of the step done."""
    count = len(driver.last("configured")["instructions"])
    driver.do("goto", step=step, pc=int(share * (count - 1)))
    driver.finish()


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_every_scene_answers(scene: Scene) -> None:
    needs(scene.id)
    driver = configured(scene.description)
    go(driver, 2, 0.0)
    answered = ask_everything(driver, 0)
    go(driver, 3, 0.7)
    assert answered | ask_everything(driver, 1) == QUESTIONS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, 0.3, 1e200])
def test_every_kind_answers_when_all_parameters_are_alike(kind: str, value: float) -> None:
    """Everything zero, everything twins, everything far too large."""
    driver = configured({**KINDS[kind], "batch_size": 8})
    rows = [row for row in driver.last("configured")["buffers"] if row["role"] == "parameter"]
    runner: Any = driver.session.training.runner
    for row in rows:
        if "/" in row["name"] and not row["name"].startswith(COMPUTED):
            runner.timeline.write(row["name"], np.full(row["shape"], value))
    go(driver, 1, 0.0)
    answered = ask_everything(driver, 2)
    go(driver, 2, 0.7)
    assert "explain" in answered | ask_everything(driver, 3)
