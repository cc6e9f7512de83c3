"""Loss curves in bounded memory, and what branches inherit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Branch, Moment
from server.session.curves import CAPACITY, Curve, Curves, step_of
from server.views.scores import Point


def point(step: int, loss: float = 1.0) -> Point:
    return [step, loss, loss, None, None]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=200))
def test_a_curve_is_in_order_and_has_the_newest_of_every_step(steps: list[int]) -> None:
    curve, newest = Curve(), dict[int, float]()
    for number, step in enumerate(steps):
        newest[step] = float(number)
        curve.put(point(step, float(number)))
        assert curve.has(step)
    assert {step_of(p): p[1] for p in curve.points} == newest
    assert [step_of(p) for p in curve.points] == sorted(newest)
    assert curve.last == max(newest, default=-1)


@pytest.mark.parametrize("growth", [0.0, 1e-3])
def test_a_curve_is_bounded_and_covers_the_whole_run_evenly(growth: float) -> None:
    curve, step = Curve(), 0
    for _ in range(10_000):
        curve.put(point(step))
        assert len(curve.points) <= CAPACITY
        assert curve.last == step
        step += 1 + int(growth * step)
    steps = np.array([step_of(p) for p in curve.points], dtype=float)
    assert steps[0] == 0
    assert len(steps) > CAPACITY / 2 - 2
    assert np.diff(steps).max() < steps[-1] / (CAPACITY / 8)


def test_a_branch_begins_with_the_curve_of_its_parent_up_to_its_start() -> None:
    trunk = Branch(0, None, Moment(0, 0), Moment(9, 0))
    curves = Curves()
    for step in range(10):
        curves.of(trunk).put(point(step))
    between, within = (trunk.fork(n, m) for n, m in ((1, Moment(4, 0)), (2, Moment(4, 3))))
    # An edit between two steps changes what is scored at that step, one inside a step does not.
    assert [step_of(p) for p in curves.of(between).points] == [0, 1, 2, 3]
    assert [step_of(p) for p in curves.of(within).points] == [0, 1, 2, 3, 4]
    curves.of(between).put(point(4, 7.0))
    assert curves.of(trunk).points[4][1] == 1.0
    again = Curves(curves.points())
    assert again.of(between).points == curves.of(between).points
