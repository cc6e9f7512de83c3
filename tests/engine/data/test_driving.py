"""Tracks, cars, the expert, and driving by imitation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPRegressor

from engine.data import load_dataset, thumbnail
from engine.data.dataset import Floats
from engine.data.sources import car
from engine.data.sources.driving import RUN_LENGTH
from engine.data.sources.race_track import TRACKS, Track, track
from engine.errors import DescriptionError

CIRCLE = Track(
    30.0
    * np.stack([np.cos(t := np.linspace(0, 2 * np.pi, 400, endpoint=False)), np.sin(t)], axis=1),
    half_width=4.0,
)


def on_middle(road: Track, cars: int, turn: float = 0.0) -> Floats:
    along = np.linspace(0.0, road.length, cars, endpoint=False)
    return car.start(road, along, np.zeros(cars), np.full(cars, turn))


@pytest.mark.parametrize("name", TRACKS)
def test_tracks_are_closed_even_and_wide_enough_to_bend(name: str) -> None:
    road = track(name)
    steps = np.hypot(*np.diff(road.centre, axis=0, append=road.centre[:1]).T)
    np.testing.assert_allclose(steps, road.spacing, rtol=0.05)
    turn = np.arctan2(road.tangent[:, 1], road.tangent[:, 0])
    bend = (np.diff(turn, append=turn[:1]) + np.pi) % (2 * np.pi) - np.pi
    assert abs(bend.sum()) == pytest.approx(2 * np.pi)
    assert road.spacing / np.abs(bend).max() > road.half_width + 1.0
    for edge in (road.left, road.right):
        _, offset = road.locate(edge)
        np.testing.assert_allclose(np.abs(offset), road.half_width, atol=0.05)


def test_an_unknown_track_is_refused() -> None:
    with pytest.raises(DescriptionError, match="'moon' is not one of bends, oval, hairpins"):
        track("moon")


@given(st.floats(0.0, 188.0), st.floats(-3.5, 3.5))
def test_a_place_on_the_track_is_located_where_it_is(along: float, offset: float) -> None:
    state = car.start(CIRCLE, np.array([along]), np.array([offset]), np.zeros(1))
    found, beside = CIRCLE.locate(state[:, :2])
    difference = (found - along + CIRCLE.length / 2) % CIRCLE.length - CIRCLE.length / 2
    assert abs(difference[0]) < 0.1
    assert beside[0] == pytest.approx(offset, abs=0.01)


def test_a_car_goes_straight_ahead_and_turns_to_the_side_it_is_steered() -> None:
    state = np.array([[1.0, 2.0, np.pi / 2]] * 3)
    moved = car.step(state, np.array([0.0, 1.0, -9.0]))
    np.testing.assert_allclose(moved[0], [1.0, 3.0, np.pi / 2], atol=1e-12)
    assert moved[1, 2] > np.pi / 2 > moved[2, 2]
    assert moved[1, 0] < 1.0 < moved[2, 0]
    np.testing.assert_allclose(moved[1, 2] + moved[2, 2], np.pi)  # -9 is full lock too


def test_full_lock_is_a_circle_of_the_bicycle_model_s_radius() -> None:
    states = [np.zeros((1, 3))]
    for _ in range(200):
        states.append(car.step(states[-1], np.ones(1)))
    x, y = np.concatenate(states)[:, :2].T
    radius = car.WHEELBASE / np.tan(car.LOCK)
    np.testing.assert_allclose(np.hypot(x, y - radius), radius, rtol=0.01)


def test_sensors_measure_to_the_edge() -> None:
    state = np.array([[30.0, 0.0, np.pi / 2], [28.0, 0.0, np.pi / 2]])
    seen = car.sensors(CIRCLE, state)
    assert seen.shape == (2, len(car.RAYS))
    np.testing.assert_allclose(seen[:, 0], [4.0, 2.0], atol=0.01)  # to the left, the inner edge
    np.testing.assert_allclose(seen[:, -1], [4.0, 6.0], atol=0.01)
    ahead = np.sqrt(34.0**2 - np.array([30.0, 28.0]) ** 2)  # a half chord of the outer edge
    np.testing.assert_allclose(seen[:, 4], ahead, atol=0.02)
    assert car.sensors(track("oval"), on_middle(track("oval"), 40)).min() > 3.0


@pytest.mark.parametrize("name", TRACKS)
def test_sensors_of_many_cars_are_those_of_each(name: str) -> None:
    road = track(name)
    state = on_middle(road, 70, turn=0.2)
    seen = car.sensors(road, state)
    one_by_one = np.concatenate([car.sensors(road, state[i : i + 1]) for i in range(70)])
    np.testing.assert_allclose(seen, one_by_one, atol=1e-9)
    assert seen.max() <= car.SENSOR_RANGE


@pytest.mark.parametrize("name", TRACKS)
def test_the_expert_keeps_to_the_middle_and_comes_back_to_it(name: str) -> None:
    road = track(name)
    state = on_middle(road, 20, turn=0.3)
    gone = np.zeros(20)
    for _ in range(150):
        after = car.step(state, car.expert(road, state))
        assert not car.crashed(road, after).any()
        gone += car.advance(road, state, after)
        state = after
    _, offset = road.locate(state[:, :2])
    assert np.abs(offset).max() < 0.6
    assert gone.min() > 100.0


def test_a_car_that_crashes_stays_and_one_that_does_not_counts_its_laps() -> None:
    state = on_middle(CIRCLE, 2)
    straight = car.drive(CIRCLE, lambda seen: np.zeros(len(seen)), state, 60)
    assert straight.crashed.all()
    np.testing.assert_array_equal(straight.states[-1], straight.states[-2])
    assert straight.laps.max() < 0.1
    wheel = np.arctan(car.WHEELBASE / 30.0) / car.LOCK
    around = car.drive(CIRCLE, lambda seen: np.full(len(seen), wheel), state, 250)
    assert not around.crashed.any()
    assert around.states.shape == (251, 2, 3)
    metres = 250 * car.TICK * car.SPEED * (1 - wheel / 2)
    np.testing.assert_allclose(around.laps, metres / CIRCLE.length, rtol=0.01)


@pytest.mark.parametrize("name", TRACKS)
def test_samples_are_what_sensors_see_and_what_the_expert_steers(name: str) -> None:
    data = load_dataset("driving", track=name, samples=430)
    road = track(name)
    assert data.input_shape == (len(car.RAYS),)
    assert (data.kind, data.task, data.target_name) == ("table", "regression", "steering")
    np.testing.assert_array_equal(data.extras["centre"], road.centre)
    assert len(data.train) + len(data.test) == 430
    for part in (data.train, data.test):
        state = part.extras["state"]
        np.testing.assert_allclose(part.points, car.sensors(road, state), atol=1e-9)
        answer = part.targets[:, 0] * data.target_scale + data.target_mean
        np.testing.assert_allclose(answer, car.expert(road, state), atol=1e-9)
        assert not car.crashed(road, state).any()
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), 1.0)


def test_no_run_is_in_both_parts() -> None:
    data = load_dataset("driving")
    train, test = (part.extras["run"] for part in (data.train, data.test))
    assert not set(train.tolist()) & set(test.tolist())
    assert set(np.bincount(np.concatenate([train, test]))) == {RUN_LENGTH}


@settings(max_examples=8, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 0.5), st.sampled_from(TRACKS))
def test_recordings_stay_on_the_track_however_disturbed(
    spread: float, noise: float, name: str
) -> None:
    data = load_dataset("driving", track=name, samples=200, spread=spread, noise=noise)
    for part in (data.train, data.test):
        assert not car.crashed(track(name), part.extras["state"]).any()


def crashes(spread: float, noise: float) -> int:
    """How many of 40 cars, started off the middle, a network of 16 units drives off the oval."""
    data = load_dataset("driving", track="oval", spread=spread, noise=noise)
    model = MLPRegressor(
        hidden_layer_sizes=(16,), activation="tanh", learning_rate_init=0.01, random_state=0
    ).fit(data.train.inputs, data.train.targets[:, 0])

    def policy(seen: Floats) -> Floats:
        answers: Floats = model.predict(data.transform(seen)) * data.target_scale
        return answers + data.target_mean

    road, rng = track("oval"), np.random.default_rng(0)
    along = np.linspace(0.0, road.length, 40, endpoint=False)
    state = car.start(road, along, rng.uniform(-2.5, 2.5, 40), rng.normal(0.0, 0.3, 40))
    return int(car.drive(road, policy, state, 150).crashed.sum())


@pytest.mark.slow
def test_a_network_learns_to_drive_from_an_expert_who_was_disturbed_only() -> None:
    (mean,) = load_dataset("driving", track="oval").baselines
    assert mean.value > 0.3
    assert crashes(spread=0.7, noise=0.1) <= 4
    assert crashes(spread=0.0, noise=0.0) >= 15


def test_thumbnail_is_the_track_with_its_two_edges() -> None:
    points = np.array(thumbnail("driving").points)
    assert np.abs(points[:, :2]).max() <= 3.0
    assert sorted(set(points[:, 2].tolist())) == [-1.0, 1.0]
