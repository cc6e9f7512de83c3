"""Rated words: what is kept, how it is encoded and held back, and that it can be learnt."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset, Split, load_dataset, thumbnail
from engine.data.catalogue import cached_dataset
from engine.data.sources import sentiment
from engine.data.tokenizer import decode
from engine.errors import DescriptionError


def splits(data: Dataset) -> tuple[Split, Split]:
    return data.train, data.test


def words(data: Dataset) -> Iterator[set[str]]:
    for split in splits(data):
        yield set(split.extras["word"].tolist())


def bag(data: Dataset, split: Split) -> Any:
    """How often each token occurs in each word, (N, vocabulary)."""
    assert data.vocabulary is not None
    counts = np.zeros((len(split), len(data.vocabulary)))
    for column in split.inputs.T:
        np.add.at(counts, (np.arange(len(split)), column), 1.0)
    counts[:, 0] = 0.0
    return counts


def linear_score(data: Dataset) -> float:
    """Accuracy on the test part of the sign of a ridge regression on the bags."""
    seen, labels = bag(data, data.train), data.train.labels
    assert labels is not None
    penalty = 3.0 * np.eye(seen.shape[1])
    weights = np.linalg.solve(seen.T @ seen + penalty, seen.T @ (2.0 * labels - 1.0))
    return float(((bag(data, data.test) @ weights > 0) == data.test.labels).mean())


def test_words_are_those_of_the_lexicon_without_smileys_and_coarse_ones() -> None:
    rated = sentiment.lexicon()
    assert 6800 < len(rated.words) < 7200
    ratings = dict(zip(rated.words.tolist(), rated.ratings.tolist(), strict=True))
    assert ratings["love"] == 3.2
    assert ratings["horrible"] == -2.5
    assert {"embarrass", "harass"} <= ratings.keys()
    assert not {":)", "shit", "ass", "fuking"} & ratings.keys()
    assert np.abs(rated.ratings).max() <= 4.0


@pytest.mark.slow
@pytest.mark.parametrize("merges", [0, 256])
def test_shapes_labels_and_words(merges: int) -> None:
    data = load_dataset("sentiment", merges=merges)
    assert data.vocabulary is not None
    assert data.class_names == ("negative", "positive")
    for split in splits(data):
        assert split.inputs.shape == (len(split), *data.input_shape)
        assert split.inputs.dtype == np.int64
        assert 0 <= split.inputs.min() <= split.inputs.max() < len(data.vocabulary)
        assert split.labels is not None
        np.testing.assert_array_equal(split.targets.argmax(axis=1), split.labels)
        np.testing.assert_array_equal(split.extras["rating"] > 0, split.labels == 1)
        assert np.abs(split.extras["rating"]).min() >= 0.5
    first = data.train.inputs[0]
    assert decode(first[first > 0], data.vocabulary) == " " + data.train.extras["word"][0]


@pytest.mark.slow
@pytest.mark.parametrize("hold_back", ["words", "families"])
def test_no_word_is_in_both_parts(hold_back: str) -> None:
    train, test = words(load_dataset("sentiment", hold_back=hold_back, merges=0))
    assert not train & test
    assert len(train | test) == 6370
    assert len(test) == pytest.approx(0.2 * 6370, rel=0.1)
    shared = {word[:5] for word in train} & {word[:5] for word in test}
    assert (len(shared) == 0) == (hold_back == "families")


@pytest.mark.slow
def test_pieces_and_length_are_of_the_training_part_only() -> None:
    data = load_dataset("sentiment", hold_back="families", merges=400, test_fraction=0.9)
    assert data.vocabulary is not None
    text = "".join(f" {word}" for word in data.train.extras["word"])
    assert all(token in text for token in data.vocabulary[1:])
    assert (data.train.inputs[:, -1] > 0).any()


@pytest.mark.slow
def test_pieces_tell_more_than_chance_of_new_words_and_little_of_new_families() -> None:
    scores = {}
    for hold_back in ("words", "families"):
        data = load_dataset("sentiment", hold_back=hold_back, merges=512)
        scores[hold_back] = linear_score(data)
        (majority,) = data.baselines
        assert 0.5 < majority.value < 0.65
    assert scores["words"] > 0.75
    assert scores["families"] < 0.65


def test_a_phrase_is_encoded_as_the_words_are() -> None:
    data = load_dataset("sentiment")
    assert data.vocabulary is not None
    some = data.test.extras["word"][:20].tolist()
    encoded = sentiment.encode_words(some, data.vocabulary, *data.input_shape)
    np.testing.assert_array_equal(encoded, data.test.inputs[:20])
    (phrase,) = sentiment.encode_words(["so good"], data.vocabulary, 12)
    assert decode(phrase[phrase > 0], data.vocabulary) == " so good"


def test_weak_words_can_be_left_out() -> None:
    counts = [
        sum(map(len, splits(load_dataset("sentiment", strength=strength, merges=0))))
        for strength in (0.0, 1.0, 2.0)
    ]
    assert counts[0] > counts[1] > counts[2] > 1000


def test_thumbnail_is_a_word_of_each_kind() -> None:
    data = load_dataset("sentiment")
    positive, negative = thumbnail("sentiment").text.split("\n")
    ratings = dict(
        zip(*(data.train.extras[key].tolist() for key in ("word", "rating")), strict=True)
    )
    assert ratings[positive] > 0 > ratings[negative]


def test_without_the_package_it_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(resources, "files", missing)
    sentiment.lexicon.cache_clear()
    cached_dataset.cache_clear()
    with pytest.raises(DescriptionError, match="not available without vaderSentiment"):
        load_dataset("sentiment")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hold_back": "letters"}, "'letters' is not one of words, families"),
        ({"strength": 3}, "3 is not in 0..2"),
        ({"samples": 10}, "which has strength, merges, test_fraction, seed, hold_back"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        load_dataset("sentiment", **options)
