"""Simulated ratings: ids, no pair twice, the hidden truth, and that it can be learnt."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data import Dataset, load_dataset, thumbnail
from engine.data.sources.ratings import GENRES


def stars(data: Dataset, part: str) -> np.ndarray:
    values: np.ndarray = getattr(data, part).targets[:, 0] * data.target_scale + data.target_mean
    return values


@pytest.mark.parametrize(("users", "items", "samples"), [(20, 24, 500), (200, 300, 8000)])
def test_inputs_are_ids_of_different_pairs(users: int, items: int, samples: int) -> None:
    data = load_dataset("ratings", users=users, items=items, samples=samples)
    count = min(samples, users * items // 2)
    assert data.field_sizes == (users, items)
    assert (data.kind, data.task, data.input_shape) == ("ratings", "regression", (2,))
    ids = np.concatenate([data.train.inputs, data.test.inputs])
    assert ids.dtype == np.int64
    assert len(ids) == count == len(np.unique(ids, axis=0))
    assert ids.min() >= 0
    assert (ids.max(axis=0) < [users, items]).all()
    assert len(data.test) == round(0.2 * count)
    assert data.standardisation is None
    np.testing.assert_array_equal(data.transform(data.test.points), data.test.inputs)


def test_targets_are_half_stars_standardised_by_the_training_part() -> None:
    data = load_dataset("ratings", test_fraction=0.5)
    for part in ("train", "test"):
        halves = 2 * stars(data, part)
        np.testing.assert_allclose(halves, halves.round(), atol=1e-9)
        assert 1 <= halves.round().min() <= halves.round().max() <= 10
    assert data.train.targets.mean() == pytest.approx(0.0, abs=1e-12)
    assert data.train.targets.std() == pytest.approx(1.0)
    assert abs(data.test.targets.mean()) > 1e-4


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_ratings_are_the_hidden_truth_rounded_with_the_noise_asked_for(noise: float) -> None:
    data = load_dataset("ratings", noise=noise, users=300, samples=20_000)
    users, items = data.train.inputs.T
    hidden = data.extras
    clean = (
        3.2
        + hidden["kindness"][users]
        + hidden["quality"][items]
        + (hidden["tastes"][users] * hidden["properties"][items]).sum(axis=1)
    )
    np.testing.assert_allclose(data.train.extras["clean"], np.clip(clean, 0.5, 5.0), atol=1e-12)
    error = stars(data, "train") - clean
    inside = (clean > 1.5) & (clean < 4.0)
    assert error[inside].std() == pytest.approx(np.hypot(2 * noise, 0.5 / np.sqrt(12)), rel=0.1)


def test_noise_changes_neither_who_rated_what_nor_the_truth() -> None:
    clean, noisy = (load_dataset("ratings", noise=noise) for noise in (0.0, 0.3))
    np.testing.assert_array_equal(clean.train.inputs, noisy.train.inputs)
    np.testing.assert_array_equal(clean.extras["properties"], noisy.extras["properties"])


def test_films_lie_nearer_to_their_genre_than_to_others_and_have_titles() -> None:
    data = load_dataset("ratings", factors=4)
    properties, genres = data.extras["properties"], data.extras["genres"]
    assert np.bincount(genres).tolist() == [50] * 6
    centres = np.stack([properties[genres == genre].mean(axis=0) for genre in range(6)])
    nearest = ((properties[:, np.newaxis] - centres) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == genres).mean() > 0.8
    titles = data.extras["titles"].tolist()
    assert len(set(titles)) == 300
    assert all(t.split()[0] == GENRES[g] for t, g in zip(titles, genres.tolist(), strict=True))


def alternating_least_squares(data: Dataset, factors: int) -> float:
    """Mean squared error on the test part of a matrix factorisation with biases."""
    assert data.field_sizes is not None
    target = data.train.targets[:, 0]
    rng = np.random.default_rng(0)
    tables = [rng.normal(0.0, 0.1, (size, factors)) for size in data.field_sizes]
    biases = [np.zeros(size) for size in data.field_sizes]
    for _ in range(6):
        for this, other in ((0, 1), (1, 0)):
            ids, others = data.train.inputs[:, this], data.train.inputs[:, other]
            rows = np.column_stack([tables[other][others], np.ones(len(ids))])
            rest = target - biases[other][others]
            for own in range(data.field_sizes[this]):
                mine = rows[ids == own]
                square = mine.T @ mine + 3.0 * np.eye(factors + 1)
                *tables[this][own], biases[this][own] = np.linalg.solve(
                    square, mine.T @ rest[ids == own]
                )
    users, items = data.test.inputs.T
    found = (tables[0][users] * tables[1][items]).sum(axis=1) + biases[0][users] + biases[1][items]
    return float(((found - data.test.targets[:, 0]) ** 2).mean())


@pytest.mark.slow
def test_factors_tell_more_than_means_of_people_and_films_and_those_more_than_the_mean() -> None:
    data = load_dataset("ratings")
    mean, means = (baseline.value for baseline in data.baselines)
    assert mean == pytest.approx(1.0, abs=0.1)
    assert means < 0.8 * mean
    assert alternating_least_squares(data, factors=2) < 0.5 * means


def test_nearly_everyone_and_every_film_is_in_the_training_part() -> None:
    data = load_dataset("ratings")
    users, items = data.train.inputs.T
    assert len(set(users.tolist())) >= 198
    assert len(set(items.tolist())) >= 297
    assert np.bincount(items).max() > 2 * np.bincount(items).mean()


def test_thumbnail_is_a_corner_of_the_table() -> None:
    image = np.array(thumbnail("ratings").image)
    assert image.shape == (24, 24)
    assert 0.02 < (image > 0).mean() < 0.3
    assert image.max() <= 1.0
