"""Drawings come out as the data set's images are: cut out, scaled, centred."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import Dataset, load_dataset
from server.session.drawings import fitted


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


def heavy_below(height: int) -> Any:
    """A figure whose ink is low in its box: a thin stem on a wide foot."""
    ink = np.zeros((height, 5))
    ink[:, 2] = 1.0
    ink[-2:, :] = 1.0
    return ink


def test_where_images_are_centred_by_their_ink_a_drawing_is_too(digits: Dataset) -> None:
    images = np.zeros((40, 12, 12))
    for image, height in zip(images, [5, 6, 7, 8] * 10, strict=True):
        figure = heavy_below(height)
        middle = (figure.sum(axis=1) @ (np.arange(height) + 0.5)) / figure.sum()
        top = round(6.0 - middle)
        image[top : top + height, 4:9] = figure
    train = replace(digits.train, points=images.reshape(40, -1))
    centred = replace(digits, train=train, image_shape=(12, 12))
    drawing = np.zeros((64, 64))
    drawing[10:58, 20:50] = heavy_below(8).repeat(6, axis=0).repeat(6, axis=1)
    image = fitted(drawing, centred)
    middle = (image.sum(axis=1) @ (np.arange(12) + 0.5)) / image.sum()
    assert middle == pytest.approx(6.0, abs=0.3)


def test_nothing_drawn_is_nothing(digits: Dataset) -> None:
    np.testing.assert_array_equal(fitted(np.zeros((20, 30)), digits), np.zeros((8, 8)))
