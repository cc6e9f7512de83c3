"""Driving a machine: speed limits, goals, steps that take long, and where the loss is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.describe import description
from server.session import loss_schedule, runner
from server.session.rate_limit import BURST, SpeedLimit
from server.session.runner import Runner
from tests.server.driving import SMALL, Clock, machine_of


def running(given: Any = SMALL, *, tick: float = 1e-3) -> tuple[Runner, Clock]:
    clock = Clock(tick)
    return Runner(description.build(given), clock), clock


def finish(driven: Runner) -> None:
    for _ in range(10_000):
        if not driven.running:
            return
        driven.advance(0.02)
    raise AssertionError("it does not stop")


def bits(driven: Runner) -> bytes:
    return driven.machine.snapshot().block.tobytes()


# Limits ------------------------------------------------------------------------------------------


def test_the_first_execution_of_a_limited_run_is_due_at_once() -> None:
    limit = SpeedLimit("step", 0.5)
    limit.start(100.0)
    assert limit.available(100.0) == 1
    assert limit.delay(100.0) == 0.0
    limit.spend(1)
    assert limit.available(100.0) == 0
    assert limit.delay(100.5) == pytest.approx(1.5)
    assert limit.delay(102.0) == 0.0


def test_unused_time_is_made_up_for_in_a_short_burst_only() -> None:
    limit = SpeedLimit("step", 100.0)
    limit.start(0.0)
    assert limit.available(60.0) == 100 * BURST
    limit.spend(4)
    assert limit.available(60.0) == 6
    slow = SpeedLimit("instruction", 1.0)
    slow.start(0.0)
    assert slow.available(60.0) == 1


def test_a_clock_that_goes_back_does_no_harm() -> None:
    limit = SpeedLimit("step", 10.0)
    limit.start(100.0)
    limit.spend(1)
    assert limit.available(99.0) == 0
    assert limit.available(99.1) == 1


def test_no_limit_is_never_waited_for() -> None:
    driven, _ = running()
    assert driven.delay() is None
    driven.run()
    assert driven.delay() == 0.0


# Slices ------------------------------------------------------------------------------------------


def test_a_slice_ends_and_the_run_goes_on() -> None:
    driven, clock = running()
    driven.run()
    start = clock.now
    driven.advance(0.01)
    assert clock.now - start < 0.02
    assert driven.running
    assert driven.machine.step_count > 0


def test_nothing_happens_unless_told() -> None:
    driven, _ = running()
    driven.advance(1.0)
    assert (driven.machine.step_count, driven.machine.pc) == (0, 0)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1.0])
def test_a_slow_step_is_executed_by_instructions_and_can_be_interrupted(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """...in which case the rest comes in the next slices, with the same bits."""
    monkeypatch.setattr(runner, "SLOW_STEP", 0.0)
    driven, _ = running()
    driven.step("step", 3)
    slices = 0
    while driven.running:
        driven.advance(seconds)
        slices += 1
    assert (driven.machine.step_count, driven.machine.pc) == (3, 0)
    if seconds < 1.0:
        assert slices >= 3 * len(driven.machine.program.instructions)
    machine = machine_of()
    machine.run(3)
    assert bits(driven) == machine.snapshot().block.tobytes()


def test_a_slow_epoch_and_a_slow_limited_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SLOW_STEP", 0.0)
    driven, clock = running(tick=1e-6)
    driven.step("epoch", 2)
    finish(driven)
    assert driven.machine.step_count == 6
    driven.set_speed("step", 10.0)
    driven.run()
    for _ in range(100):
        clock.wait(0.01)
        driven.advance(0.001)
    assert 6 + 9 <= driven.machine.step_count <= 6 + 12


def test_an_epoch_from_the_middle_ends_where_the_epoch_does() -> None:
    driven, _ = running()
    driven.step("step", 1)
    finish(driven)
    driven.step("instruction", 4)
    finish(driven)
    driven.step("epoch", 1)
    finish(driven)
    assert (driven.machine.step_count, driven.machine.pc) == (3, 0)
    driven.step("epoch", 1)
    finish(driven)
    assert driven.machine.step_count == 6


@pytest.mark.parametrize("unit", ["instruction", "layer", "phase"])
def test_a_goal_within_a_step_is_pursued_over_many_slices(unit: Any) -> None:
    driven, _ = running()
    driven.step(unit, 500)
    while driven.running:
        driven.advance(0.0)
    machine = machine_of()
    for _ in range(500):
        machine.advance(unit)
    assert (driven.machine.step_count, driven.machine.pc) == (machine.step_count, machine.pc)
    assert bits(driven) == machine.snapshot().block.tobytes()


# Versions ----------------------------------------------------------------------------------------


def test_the_version_grows_with_every_change() -> None:
    driven, _ = running()
    seen = [driven.version]
    changes: list[Callable[[], None]] = [
        lambda: driven.step("instruction", 1),
        driven.run,
        lambda: driven.reset(None),
        lambda: driven.write("dense1/b", (0,), 1.0),
    ]
    for change in changes:
        change()
        driven.advance(0.001)
        assert driven.version > seen[-1]
        seen.append(driven.version)
    driven.pause("command")
    still = driven.version
    driven.advance(0.001)
    driven.set_speed("step", 3.0)
    assert driven.version == still


# Loss points -------------------------------------------------------------------------------------


def test_a_long_goal_is_not_evaluated_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_schedule, "MAX_STEPS_BY_HAND", 50)
    driven, _ = running()
    driven.step("step", 300)
    finish(driven)
    steps = [int(point[0] or 0) for _, point in driven.fresh]
    assert steps[-10:] == list(range(291, 301))
    assert len(steps) < 70


def test_a_restart_forgets_an_evaluation_under_way() -> None:
    driven, _ = running()
    driven.step("epoch", 1000)
    while driven._evaluation is None:
        driven.advance(0.0)
    driven.reset(None)
    assert [point[0] for _, point in driven.fresh] == [0]
    assert [point[0] for point in driven.curves.of(driven.timeline.branch).points] == [0]


def test_points_lie_a_thousandth_of_the_run_apart() -> None:
    driven, _ = running()
    driven.machine.write("step", 100_000)
    driven.score()
    assert driven.loss_schedule.next_step == 100_100
    driven.set_speed("step", 5.0)
    assert driven.loss_schedule.next_step == 100_001


def test_the_end_of_a_run_is_a_point() -> None:
    driven, _ = running()
    driven.run()
    driven.advance(0.005)
    driven.pause("command")
    assert driven.fresh[-1][1][0] == driven.machine.step_count
    count = len(driven.fresh)
    driven.run()
    driven.pause("command")
    assert len(driven.fresh) == count  # nothing was executed meanwhile
