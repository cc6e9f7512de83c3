"""When a run evaluates its loss: by modelled costs, the speed limit and the step."""

from __future__ import annotations

from math import inf

import pytest

from server.session.loss_schedule import LossSchedule
from server.session.rate_limit import SpeedLimit

FULL_SPEED = SpeedLimit()


def schedule(
    step_seconds: float = 1e-4, loss_seconds: float = 3e-3, max_spacing: float = inf
) -> LossSchedule:
    return LossSchedule(step_seconds, loss_seconds, 10, max_spacing)


def test_the_evaluation_takes_a_small_share_of_the_time() -> None:
    assert schedule().spacing(0, FULL_SPEED) == 1000


def test_a_slow_network_has_points_half_a_second_apart() -> None:
    assert schedule(0.1, 0.09).spacing(0, FULL_SPEED) == 5


@pytest.mark.parametrize(
    ("limit", "steps"), [(SpeedLimit("step", 200.0), 3), (SpeedLimit("instruction", 200.0), 1)]
)
def test_a_speed_limit_leaves_time_for_more_points(limit: SpeedLimit, steps: int) -> None:
    assert schedule().spacing(10_000_000, limit) == steps


def test_points_of_a_long_run_lie_a_thousandth_of_it_apart() -> None:
    assert schedule().spacing(10_000_000, FULL_SPEED) == 10_000


def test_early_stopping_bounds_the_spacing() -> None:
    assert schedule(max_spacing=20.0).spacing(0, FULL_SPEED) == 20


def test_the_next_point_lies_beyond_the_curve_and_an_edit_may_bring_it_forward() -> None:
    losses = schedule()
    losses.evaluated(2, 300, 500, FULL_SPEED)
    assert (losses.last, losses.next_step) == ((2, 300), 1500)
    losses.bring_forward(400, FULL_SPEED)
    assert losses.next_step == 1400
    losses.bring_forward(600, FULL_SPEED)
    assert losses.next_step == 1400


def test_a_short_command_gets_a_point_at_every_step_unless_that_is_slow() -> None:
    assert schedule().is_every_step(1000)
    assert not schedule().is_every_step(1001)
    assert not schedule(loss_seconds=0.02).is_every_step(1)
