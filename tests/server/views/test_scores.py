"""Scores equal the formulas, written out here in NumPy; the history is bounded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Machine
from server.describe import description
from server.describe.description import Plan
from server.views import scores
from server.views.scores import Scorer
from tests.server.driving import SMALL, configured

PENALISED: dict[str, Any] = {
    **SMALL,
    "layers": [{"units": 4, "l1": 0.1, "l2": 0.3, "dropout": 0.5}, {}],
}
CLASSES: dict[str, Any] = {"data": {"name": "spirals", "classes": 3, "samples": 90}}
REGRESSION: dict[str, Any] = {"data": {"name": "sine", "samples": 60}, "loss": "huber"}


def trained(given: Any) -> tuple[Machine, Plan]:
    plan = description.build(given)
    machine = Machine(plan.program)
    machine.run(20)
    return machine, plan


def logits(machine: Machine, inputs: NDArray[Any]) -> NDArray[np.float64]:
    """The forward pass with tanh between the layers, without dropout."""
    a = inputs
    for layer in machine.program.layers:
        a = (np.tanh(a) if layer.name != "dense1" else a) @ machine.read(f"{layer.name}/W")
        a += machine.read(f"{layer.name}/b")
    return a


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("rows", [None, 7])
def test_two_classes(split: str, rows: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if rows is not None:
        monkeypatch.setattr(scores, "chunk_rows", lambda _: rows)
    machine, plan = trained(PENALISED)
    samples = getattr(plan.data, split)
    z = logits(machine, samples.inputs)[:, 0]
    loss = np.mean(np.log1p(np.exp(z)) - samples.labels * z)
    accuracy = np.mean((z > 0) == samples.labels)
    judge = getattr(judged(machine, plan), split)
    assert judge.score.loss == pytest.approx(loss, rel=1e-12)
    assert judge.score.accuracy == accuracy
    np.testing.assert_array_equal(judge.answers(), z > 0)


@pytest.mark.parametrize("rows", [None, 7])
def test_three_classes(rows: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if rows is not None:
        monkeypatch.setattr(scores, "chunk_rows", lambda _: rows)
    machine, plan = trained(CLASSES)
    samples = plan.data.test
    z = logits(machine, samples.inputs)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert samples.labels is not None
    judge = judged(machine, plan).test
    loss = -np.log(p[np.arange(len(p)), samples.labels]).mean()
    assert judge.score.loss == pytest.approx(loss, rel=1e-12)
    assert judge.score.accuracy == np.mean(z.argmax(axis=1) == samples.labels)
    np.testing.assert_allclose(judge.outputs, p, rtol=1e-12)


def test_a_regression() -> None:
    machine, plan = trained(REGRESSION)
    error = np.abs(logits(machine, plan.data.test.inputs) - plan.data.test.targets)
    huber = np.where(error <= 1, error**2 / 2, error - 0.5).mean()
    score = judged(machine, plan).test.score
    assert score.loss == pytest.approx(huber, rel=1e-12)
    assert score.accuracy is None


def judged(machine: Machine, plan: Plan) -> Scorer:
    scorer = Scorer(machine, plan)
    for _ in scorer.evaluate(3):
        pass
    assert scorer.version == 3
    return scorer


def test_a_large_split_is_judged_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "chunk_rows", lambda _: 7)
    machine, plan = trained(SMALL)
    pieces = sum(1 for _ in Scorer(machine, plan).evaluate(0))
    assert pieces == 2 * 4  # 30 samples are five chunks, with a pause between two


def test_judging_leaves_the_machine_as_it_is() -> None:
    machine, plan = trained(PENALISED)
    before = machine.snapshot().block.tobytes()
    judged(machine, plan)
    assert machine.snapshot().block.tobytes() == before


def test_a_point_has_null_where_a_number_is_not_finite() -> None:
    driver = configured()
    driver.do("write", buffer="dense3/b", index=[0], value=1e308)
    driver.do("write", buffer="dense3/W", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense1/W", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense3/W", index=[1, 0], value=1e308)
    step, train, test, *accuracies = driver.points[-1]
    assert (step, train, test) == (0, None, None)
    assert None not in accuracies


def test_the_cost_model_grows_with_the_network() -> None:
    small, large = (
        description.build({**SMALL, "layers": [{"units": units}, {}]}) for units in (4, 512)
    )
    assert scores.row_seconds(small) < scores.row_seconds(large)
    assert scores.evaluation_seconds(small) < scores.evaluation_seconds(large)
    assert scores.chunk_rows(small) > scores.chunk_rows(large) >= scores.MIN_CHUNK
