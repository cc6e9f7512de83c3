"""Calibration and thresholds, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from server.views.calibration import BINS, THRESHOLDS, calibration, thresholds
from tests.server.driving import SMALL, configured


def test_calibration() -> None:
    probability = np.array([0.05, 0.08, 0.72, 0.74, 0.78, 1.0, np.nan])
    rows = calibration(probability, np.array([0, 1, 1, 1, 0, 1, 1]))
    assert rows.shape == (BINS, 3)
    np.testing.assert_allclose(rows[0], [0.065, 0.5, 2])
    np.testing.assert_allclose(rows[7], [(0.72 + 0.74 + 0.78) / 3, 2 / 3, 3])
    np.testing.assert_allclose(rows[9], [1.0, 1.0, 1])
    assert np.isnan(rows[3, :2]).all()
    assert rows[:, 2].sum() == 6


def test_what_lies_outside_counts_for_the_nearest() -> None:
    rows = calibration(np.array([-0.2, 1.3]), np.array([0, 1]))
    np.testing.assert_array_equal(rows[[0, 9], 2], [1, 1])


@pytest.mark.parametrize("place", [0, 30, 50, 99, 100])
def test_thresholds(place: int) -> None:
    rng = np.random.default_rng(0)
    probability, labels = rng.random(200), rng.integers(0, 2, 200)
    counts = thresholds(probability, labels)
    assert counts.shape == (THRESHOLDS, 2, 2)
    for truth in (0, 1):
        answers = probability[labels == truth] > place / 100
        np.testing.assert_array_equal(counts[place, truth], [(~answers).sum(), answers.sum()])


def test_half_is_the_confusion() -> None:
    driver = configured(SMALL)
    driver.step("step", 5)
    shown = driver.frame("view/confusion", "view/thresholds", "view/calibration")
    np.testing.assert_array_equal(shown["view/thresholds"][50], shown["view/confusion"])
    assert shown["view/calibration"][:, 2].sum() == 30


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_the_probability_of_each_day_in_the_order_of_the_days(activation: str) -> None:
    layers = [{"kind": "flatten"}, {"units": 1 + (activation == "softmax")}]
    driver = configured({"data": {"name": "price_direction"}, "layers": layers})
    driver.step("step", 20)
    shown = driver.frame("view/probability", "view/confusion")
    labels = np.array(driver.last("configured")["data"]["labels"]["test"])
    assert shown["view/probability"].shape == labels.shape
    answers = shown["view/probability"] > 0.5
    counts = [[(answers[labels == t] == a).sum() for a in (0, 1)] for t in (0, 1)]
    np.testing.assert_array_equal(shown["view/confusion"], counts)


def test_only_two_classes_have_them() -> None:
    names = {
        row["name"] for row in configured({"data": {"name": "iris"}}).last("configured")["buffers"]
    }
    assert "view/confusion" in names
    assert not {"view/thresholds", "view/calibration", "view/probability"} & names
