"""Early stopping: a run ends when the loss on the test set has not fallen for so many steps."""

from __future__ import annotations

from typing import Any

import pytest

from server.describe import description
from server.session.early_stopping import EarlyStopping
from tests.server.driving import configured, refused

OVERFITTING: dict[str, Any] = {
    "data": {"name": "diabetes"},
    "layers": [{"units": 32, "activation": "relu"}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
    "stopping": {"patience": 100},
}


def test_the_rule() -> None:
    patience = EarlyStopping(10)
    seen = [(0, 3.0), (5, 1.0), (9, 2.0), (14, 1.0), (15, 1.5)]
    ends = [patience.ended([step, None, loss, None, None]) for step, loss in seen]
    assert ends == [False, False, False, False, True]
    assert patience.best == (5, 1.0)
    patience.begin()
    assert getattr(patience, "best") is None  # noqa: B009 - the type checker does not see that it changes
    assert not patience.ended([16, None, 9.0, None, None])


def test_a_loss_that_is_not_finite_is_no_reason() -> None:
    patience = EarlyStopping(1)
    assert not patience.ended([0, None, None, None, None])
    assert not patience.ended([9, None, None, None, None])


def test_without_it_nothing_ends() -> None:
    patience = EarlyStopping(None)
    assert not any(patience.ended([step, None, 1.0, None, None]) for step in range(1000))


def test_a_run_ends_and_says_so() -> None:
    driver = configured(OVERFITTING)
    driver.do("run")
    driver.finish()
    state = driver.state
    assert state["reason"] == "early_stopping"
    step, loss = state["lowest"]
    curve = {point[0]: point[2] for point in driver.points}
    assert loss == min(curve.values()) == curve[step]
    assert 100 <= state["step"] - step <= 140
    driver.do("run")
    assert driver.state["lowest"] is None
    driver.finish()
    assert driver.state["reason"] == "early_stopping"


def test_a_goal_is_reached_regardless() -> None:
    driver = configured(OVERFITTING)
    driver.step("step", 600)
    assert (driver.state["reason"], driver.state["step"]) == ("goal", 600)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"patience": 0}, "bad_description", "stopping.patience"),
        ({"patience": 1.5}, "bad_description", "stopping.patience"),
        ({"steps": 3}, "unknown_field", "stopping.steps"),
        (True, "bad_description", "stopping"),
    ],
)
def test_what_can_not_be_is_refused(given: Any, code: str, field: str) -> None:
    with refused(code, field):
        description.build({"stopping": given})
