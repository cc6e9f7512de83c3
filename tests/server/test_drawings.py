"""Drawings come out as the data set's images are: cut out, scaled, centred."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Dataset, load_dataset
from server.drawings import fitted


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def test_an_image_of_the_right_size_is_left_as_it_is(digits: Dataset) -> None:
    image = digits.test.points[7].reshape(8, 8)
    np.testing.assert_array_equal(fitted(image, digits), image)


@pytest.mark.parametrize("size", [16, 40, 64])
def test_where_and_how_large_it_is_drawn_does_not_matter(digits: Dataset, size: int) -> None:
    image = digits.test.points[3].reshape(8, 8)
    expected = fitted(np.pad(image.repeat(2, 0).repeat(2, 1), 3), digits)
    scale = size // 16
    large = np.zeros((size, size))
    drawn = image.repeat(scale, 0).repeat(scale, 1)
    large[2 : 2 + len(drawn), size - len(drawn) :] = drawn
    np.testing.assert_allclose(fitted(large, digits), expected, atol=1e-9)


def test_a_stroke_stays_a_stroke(digits: Dataset) -> None:
    drawing = np.zeros((40, 40))
    drawing[5:35, 18:22] = 1.0
    image = fitted(drawing, digits)
    assert image.shape == (8, 8)
    assert image.max() == 1.0
    assert (image[:, 3:5] > 0.5).all()
    assert image[:, [0, 1, 6, 7]].max() == 0.0


def test_nothing_drawn_is_nothing(digits: Dataset) -> None:
    np.testing.assert_array_equal(fitted(np.zeros((20, 30)), digits), np.zeros((8, 8)))
