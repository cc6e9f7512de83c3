"""The car that the network drives: by the simulator's own rules, in real time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.data.sources import car
from engine.data.sources.race_track import track
from server.session.camera import Subscription
from server.views.driving_view import CAR, CRASH_TICKS, EDGE_POINTS, MAX_TICKS, PERIOD
from server.wire.commands import WatchedBuffer
from tests.server.driving import Clock, Driver, configured, refused
from tests.server.kinds import KINDS

VIEWS = ("view/car", "view/car/sensors", "view/car/trail", "view/track")
LEARNT: dict[str, Any] = {
    "data": {"name": "driving"},
    "layers": [{"units": 16}, {"units": 16}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.005},
    "batch_size": 32,
}


def driver_of(given: Any, steps: int = 0) -> Driver:
    driver = configured(given, Clock())
    if steps:
        driver.session.training.runner.machine.run(steps)
        driver.session.training.runner.touch()
    return driver


def told(driver: Driver) -> dict[str, float]:
    return dict(zip(CAR, driver.frame("view/car")["view/car"], strict=True))


def ticks(driver: Driver, count: int) -> dict[str, float]:
    for _ in range(count):
        driver.clock.wait(PERIOD * 1.001)
        last = told(driver)
    return last


def test_it_starts_at_the_start() -> None:
    driver = driver_of(KINDS["driving"])
    road = track("bends")
    shown = driver.frame(*VIEWS)
    np.testing.assert_allclose(shown["view/car"][:2], road.centre[0])
    assert (shown["view/car"][3:] == 0).all()
    assert np.isnan(shown["view/car/trail"]).all()
    assert shown["view/track"].shape == (2, EDGE_POINTS, 2)
    np.testing.assert_array_equal(shown["view/track"][0, 0], road.left[0])
    state = car.start(road, np.zeros(1), np.zeros(1), np.zeros(1))
    np.testing.assert_allclose(shown["view/car/sensors"], car.sensors(road, state)[0])


def test_a_tick_is_what_the_network_steers() -> None:
    driver = driver_of(LEARNT, 300)
    before = driver.frame("view/car", "view/car/sensors")
    after = ticks(driver, 1)
    plan = driver.session.training.runner.plan
    evaluator = driver.session.training.runner.machine.evaluator(
        plan.data.transform(before["view/car/sensors"][np.newaxis])
    )
    evaluator.run(1)
    output = evaluator.view(evaluator.program.layers[-1].output).item()
    steering = np.clip(output * plan.data.target_scale + plan.data.target_mean, -1, 1)
    assert after["steering"] == pytest.approx(steering)
    moved = car.step(before["view/car"][np.newaxis, :3], np.array([steering]))
    np.testing.assert_allclose([after["x"], after["y"], after["heading"]], moved[0])


def test_a_network_that_has_learned_drives_its_rounds() -> None:
    driver = driver_of(LEARNT, 1500)
    last = ticks(driver, 420)
    assert last["laps"] == 1
    assert last["crashes"] == 0
    assert last["round"] > 1
    assert not np.isnan(driver.frame("view/car/trail")["view/car/trail"]).any()


def test_one_that_has_not_crashes_rests_and_starts_again() -> None:
    driver = driver_of({**LEARNT, "layers": [{}]})
    for buffer, shape in (("dense1/W", (9, 1)), ("dense1/b", (1,))):
        for index in np.ndindex(shape):
            driver.do("write", buffer=buffer, index=list(index), value=0)
    for _ in range(600):
        last = ticks(driver, 1)
        if last["crashed"]:
            break
    assert (last["crashed"], last["crashes"]) == (1, 1)
    still = ticks(driver, CRASH_TICKS - 1)
    assert (still["x"], still["y"]) == (last["x"], last["y"])
    again = ticks(driver, 1)
    assert (again["crashed"], again["crashes"], again["round"]) == (0, 1, 0)


def test_after_a_pause_it_does_not_race_to_catch_up() -> None:
    driver = driver_of(LEARNT)
    before = told(driver)
    driver.clock.wait(1000.0)
    after = told(driver)
    gone = np.hypot(after["x"] - before["x"], after["y"] - before["y"])
    assert 0 < gone <= MAX_TICKS * car.SPEED * car.TICK + 1e-9
    assert told(driver) == after


def test_frames_of_it_come_while_training_stands_still() -> None:
    driver = driver_of(LEARNT)
    moving = Subscription((WatchedBuffer("view/car", "f32"),), 60.0)
    still = Subscription((WatchedBuffer("dense1/W", "f32"),), 60.0)
    for subscription in (moving, still):
        driver.clock.wait(1.0)
        assert driver.session.frame(subscription) is not None
    assert driver.session.frame_delay(still) is None
    delay = driver.session.frame_delay(moving)
    assert delay is not None
    driver.clock.wait(1.1 * PERIOD)
    assert driver.session.frame(moving) is not None


def test_another_track() -> None:
    driver = driver_of(LEARNT)
    ticks(driver, 5)
    driver.do("drive", track="oval")
    now = told(driver)
    np.testing.assert_allclose([now["x"], now["y"]], track("oval").centre[0])
    ticks(driver, 5)
    driver.do("drive")
    now = told(driver)
    np.testing.assert_allclose([now["x"], now["y"]], track("oval").centre[0])


def test_what_can_not_be_driven_is_refused() -> None:
    with refused("bad_value", "track", "one of bends, oval, hairpins"):
        driver_of(LEARNT).do("drive", track="moon")
    with refused("bad_value", "type", "steers a car"):
        configured().do("drive")
