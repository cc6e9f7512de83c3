"""Maps are projections, and lie on the map before or on the truth."""

from __future__ import annotations

import numpy as np
import pytest

from server.views.embedding_maps import principal, turn
from tests.server.driving import Driver, configured
from tests.server.kinds import KINDS

MAP = "view/map/embedding1"


def test_the_directions_are_those_in_which_points_differ_most() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 5)) * [0.1, 3.0, 0.2, 1.0, 0.1] + 7.0
    directions, mean = principal(points)
    _, _, found = np.linalg.svd(points - points.mean(axis=0))
    np.testing.assert_allclose(np.abs(directions.T @ found[:2].T), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(mean, points.mean(axis=0))
    np.testing.assert_array_equal(directions, principal(points)[0])


def test_of_one_unit_there_is_one_direction() -> None:
    directions, _ = principal(np.array([[1.0], [2.0], [4.0]]))
    np.testing.assert_array_equal(np.abs(directions), [[1.0, 0.0]])


@pytest.mark.parametrize("mirrored", [1.0, -1.0])
def test_a_turned_map_is_turned_back(mirrored: float) -> None:
    points = np.random.default_rng(1).normal(size=(30, 2)) * [3.0, 1.0]
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag([1.0, mirrored])
    np.testing.assert_allclose(points @ rotation @ turn(points @ rotation, points), points)


def shown(driver: Driver, name: str) -> np.ndarray:
    return driver.frame(name)[name]


def test_a_map_keeps_distances_as_far_as_a_plane_can() -> None:
    driver = configured(KINDS["recurrence"])
    points = shown(driver, MAP)
    vectors = driver.read("embedding1/W")
    centred = vectors - vectors.mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False)[:2] ** 2
    np.testing.assert_allclose(sorted((points**2).sum(axis=0))[::-1], spread)


def test_a_map_moves_only_because_vectors_do() -> None:
    driver = configured(KINDS["recurrence"])
    before = shown(driver, MAP)
    for _ in range(3):
        driver.step("step")
        after = shown(driver, MAP)
        assert np.abs(after - before).max() < 0.2 * np.abs(before).max()
        before = after


def test_what_is_not_finite_is_shown_as_such() -> None:
    driver = configured(KINDS["factorisation"])
    driver.do("write", buffer="factorisation1/W", index=[0, 0], value=1e308)
    driver.do("write", buffer="factorisation1/W", index=[1, 0], value=-1e308)
    driver.step("step", 2)
    assert shown(driver, "view/map/factorisation1").shape == (70, 2)


def test_the_films_map_is_turned_towards_the_truth() -> None:
    driver = configured(
        {
            "data": {"name": "ratings", "samples": 6000, "users": 150, "items": 100, "noise": 0.0},
            "layers": [{"kind": "factorisation", "l2": 0.0005}],
            "optimizer": {"kind": "adam", "learning_rate": 0.01},
            "batch_size": 64,
        }
    )
    driver.do("goto", step=1500)
    driver.finish()
    values = driver.frame("view/map/factorisation1", "view/truth")
    films, truth = values["view/map/factorisation1"][150:], values["view/truth"]
    assert truth.shape == films.shape == (100, 2)
    assert np.sqrt((truth**2).mean()) == pytest.approx(np.sqrt((films**2).mean()))
    for axis in (0, 1):
        assert np.corrcoef(films[:, axis], truth[:, axis])[0, 1] > 0.9
