"""Text: tokens, windows, splits, baselines, refusals."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Dataset, load_dataset, thumbnail
from engine.data.catalogue import cached_dataset
from engine.data.sources.text import ZEN, manual, windows
from engine.data.tokenizer import UNKNOWN, decode, encode, encode_rows, vocabulary
from engine.errors import DescriptionError

SETS = ("manual", "own_text")


def known(data: Dataset, part: str) -> tuple[Any, Any]:
    """Inputs that have a target, and the targets."""
    split = getattr(data, part)
    return split.inputs[split.labels >= 0], split.labels[split.labels >= 0]


def text_of(data: Dataset, part: str) -> str:
    """The part's text put together again from windows that do not overlap."""
    assert data.vocabulary is not None
    inputs, labels = known(data, part)
    return decode([inputs[0], *labels], data.vocabulary)


@pytest.mark.slow
@given(st.text(max_size=60), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_encoding_keeps_every_text_of_known_characters(text: str, merges: int) -> None:
    text = text.replace(UNKNOWN, "")
    tokens = vocabulary(text, merges)
    assert tokens[0] == UNKNOWN
    assert len(set(tokens)) == len(tokens)
    assert len(tokens) <= 1 + len(set(text)) + merges
    assert decode(encode(text, tokens), tokens) == text


def test_pieces_are_the_pairs_that_occur_most_and_stay_within_words() -> None:
    tokens = vocabulary("low low lower lowest, slow", 3)
    assert tokens[:3] == (UNKNOWN, " ", ",")
    assert tokens[-3:] == ("lo", "low", " low")
    assert [tokens[i] for i in encode("low lower", tokens)] == ["low", " low", "e", "r"]
    assert not any(" " in piece[1:] for piece in vocabulary(ZEN, 200))


def merged_by_hand(words: list[str], merges: int) -> list[str]:
    """Byte-pair encoding as its paper writes it: lists of parts, one word at a time."""
    order = sorted(set("".join(words)))
    split = [list(word) for word in words]
    made: list[str] = []
    while len(made) < merges:
        pairs = Counter(pair for parts in split for pair in pairwise(parts))
        best = max(pairs, key=lambda p: (pairs[p], [-order.index(t) for t in p]), default=None)
        if best is None or pairs[best] < 2:
            break
        piece = "".join(best)
        if piece not in order:
            order.append(piece)
            made.append(piece)
        for parts in split:
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = [piece]
                at += 1
    return made


@given(st.lists(st.text("aab", min_size=1, max_size=9), min_size=1, max_size=8), st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_pieces_are_those_of_byte_pair_encoding_by_hand(words: list[str], merges: int) -> None:
    text = ".".join(words)
    pieces = vocabulary(text, merges)[1 + len(set(text)) :]
    assert list(pieces) == merged_by_hand([*words, "."], merges)


def test_what_is_not_in_the_vocabulary_becomes_token_0() -> None:
    tokens = vocabulary("abba")
    assert tokens == (UNKNOWN, "a", "b")
    np.testing.assert_array_equal(encode("abc\u0394a", tokens), [1, 2, 0, 0, 1])
    np.testing.assert_array_equal(
        encode_rows(["ab", "", "babab"], tokens, 4), [[1, 2, 0, 0], [0] * 4, [2, 1, 2, 1]]
    )


@given(st.integers(2, 60), st.integers(1, 12), st.integers(1, 12))
def test_windows_hold_every_token_with_the_token_after_it(
    length: int, context: int, stride: int
) -> None:
    stride = min(stride, context)
    ids = np.arange(1, length + 1)
    inputs, labels = windows(ids, context, stride)
    assert inputs.shape == labels.shape
    assert inputs.shape[1] == context
    here = labels >= 0
    np.testing.assert_array_equal(labels[here], inputs[here] + 1)
    assert set(labels[here]) == set(ids[1:].tolist())
    np.testing.assert_array_equal(inputs[1:, 0] - inputs[:-1, 0], stride)
    assert here.any(axis=1).all()


def test_unknown_tokens_are_no_targets() -> None:
    inputs, labels = windows(np.array([1, 0, 2, 3]), 3, 3)
    np.testing.assert_array_equal(inputs, [[1, 0, 2]])
    np.testing.assert_array_equal(labels, [[-1, 2, 3]])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("context", "merges"), [(4, 0), (32, 0), (128, 64)])
def test_shapes_and_labels(name: str, context: int, merges: int) -> None:
    data = load_dataset(name, context=context, merges=merges)
    assert data.input_shape == (context,)
    assert data.vocabulary == data.class_names
    assert (data.kind, data.task) == ("text", "classification")
    for split in (data.train, data.test):
        assert split.labels is not None
        assert split.inputs.dtype == split.labels.dtype == np.int64
        assert split.labels.shape == split.inputs.shape == (len(split), context)
        assert split.targets.shape == (len(split), 0)
        assert split.inputs.min() >= 0
        assert split.labels.min() >= -1
        assert 0 not in split.labels
        assert max(split.inputs.max(), split.labels.max()) < len(data.class_names)


def test_split_is_contiguous_and_no_window_reaches_across() -> None:
    data = load_dataset("own_text", test_fraction=0.25, context=16)
    cut = len(ZEN) - round(0.25 * len(ZEN))
    assert data.vocabulary is not None
    known_only = [character for character in ZEN[cut:] if character in data.vocabulary]
    assert text_of(data, "test") == "".join(known_only)
    assert len(known_only) > 200
    for row in data.train.inputs:
        assert decode(row[row > 0], data.vocabulary) in ZEN[:cut]


def test_vocabulary_is_of_the_training_part_only() -> None:
    data = load_dataset("own_text", text="ab" * 100 + "xy" * 11, test_fraction=0.1)
    assert data.vocabulary == (UNKNOWN, "a", "b")
    assert data.test.labels is not None
    assert (data.test.labels == -1).sum() >= 20
    merged = load_dataset("own_text", text="ab" * 100 + "xy" * 11, test_fraction=0.1, merges=3)
    assert merged.vocabulary is not None
    assert not set("xy") & set("".join(merged.vocabulary))


def test_a_test_part_in_another_alphabet_has_no_baseline() -> None:
    data = load_dataset("own_text", text="ab" * 100 + "\u0394" * 22, test_fraction=0.1)
    assert data.baselines == ()


def test_manual_is_prose_that_comes_with_python() -> None:
    paragraphs = manual()
    assert sum(map(len, paragraphs)) > 30_000
    assert len(set(paragraphs)) == len(paragraphs)
    assert all(paragraph.isascii() for paragraph in paragraphs)
    text = "\n".join(paragraphs)
    assert "class" in text
    assert "  " not in text


def test_seed_puts_the_paragraphs_in_another_order() -> None:
    first, again, other = (load_dataset("manual", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    assert text_of(first, "test") == text_of(again, "test") != text_of(other, "test")


@pytest.mark.parametrize("merges", [0, 100])
def test_pairs_of_tokens_foretell_better_than_tokens_and_those_better_than_chance(
    merges: int,
) -> None:
    data = load_dataset("manual", merges=merges)
    alone, paired = data.baselines
    assert paired.value < alone.value - 0.3 < np.log(len(data.class_names)) - 0.3


def test_baseline_of_pairs_is_the_entropy_counted_by_hand() -> None:
    data = load_dataset("own_text", text="ab" * 500, context=8)
    alone, paired = data.baselines
    # Nearly all training pairs are ab and ba; only the ten added ones share with the others.
    assert alone.value == pytest.approx(np.log(2), abs=0.01)
    assert paired.value == pytest.approx(-np.log(1 - 5 / 910), abs=0.01)


def test_thumbnails_show_the_beginning() -> None:
    assert thumbnail("own_text").text == ZEN[:32]
    assert thumbnail("own_text").points == ()


@pytest.mark.parametrize(
    ("name", "options", "path", "message"),
    [
        ("own_text", {"text": "too short"}, "data.text", "'9 characters' is not a text of 200.."),
        ("own_text", {"text": 7}, "data.text", "7 is not a text of 200..200,000 characters"),
        ("own_text", {"seed": 1}, "data.seed", "which has context, merges, test_fraction, text"),
        ("own_text", {"context": 3}, "data.context", "3 is not in 4..128"),
        ("own_text", {"text": (" " + "a" * 19) * 10, "merges": 99}, "data.text", "nothing is left"),
        ("manual", {"merges": 600}, "data.merges", "600 is not in 0..512"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        load_dataset(name, **options)
    assert caught.value.path == path
    assert message in str(caught.value)


def test_a_python_without_its_manual_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    cached_dataset.cache_clear()
    with pytest.raises(DescriptionError, match="this Python comes without its manual"):
        load_dataset("manual")
