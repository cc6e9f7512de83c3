"""Words that people rated: a network reads their letters or pieces and judges their sentiment.

The words are from the lexicon of VADER (C. J. Hutto and E. Gilbert, "VADER: A Parsimonious
Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014), each with the mean of
ten people's ratings from -4 to 4. Smileys, abbreviations with digits and coarse words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from engine.data import tokenizer
from engine.data.assembly import Samples, grouped_split, random_split
from engine.data.dataset import Dataset, Floats, Labels
from engine.data.options import SEED, Choice, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe, not_installed
from engine.data.thumbnails import Thumbnail

PACKAGE = "vaderSentiment"
FAMILY_LETTERS = 5
"""The number of first letters that a family of words shares: hope, hopeful, but also hopeless."""

_WORD = re.compile(r"[a-z]{3,16}")
_COARSE = re.compile(
    r"fuc?k|shit|cunt|nigg|fag|bitch|whore|slut|twat|rape|rapi|bastard|dick|piss|"
    r"^(bad|dumb|jack|smart|wise)?ass$"
)
"""Matches words that should not appear on a screen in class."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Rated words.

    Attributes:
        words: (N,) in lower case.
        ratings: (N,) mean ratings from -4 to 4.
    """

    words: NDArray[np.str_]
    ratings: Floats


@cache
def lexicon() -> Lexicon:
    """The words of the lexicon, except those that the module's docstring excludes.

    Raises:
        DescriptionError: vaderSentiment is not installed.
    """
    try:
        file = resources.files(PACKAGE) / "vader_lexicon.txt"
    except ModuleNotFoundError as error:
        raise not_installed("sentiment", PACKAGE) from error
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    ratings = {
        word: float(mean)
        for word, mean, *_ in rows
        if _WORD.fullmatch(word) and not _COARSE.search(word)
    }
    return Lexicon(np.array(list(ratings)), np.array(list(ratings.values())))


def encode_words(words: Iterable[str], vocabulary: tuple[str, ...], length: int) -> Labels:
    """The ids (N, length) of words or short phrases, in the form of the data set's inputs.

    Each gets a space in front, so that a token at the beginning of a word differs from one inside.
    """
    return tokenizer.encode_rows((f" {word}" for word in words), vocabulary, length)


def _make(settings: Settings) -> Samples:
    rated = lexicon()
    clear = np.abs(rated.ratings) >= settings.number("strength")
    words, ratings = rated.words[clear], rated.ratings[clear]
    parts = _parts(words, settings)
    seen = [f" {word}" for word in words[np.sort(parts[0])].tolist()]
    vocabulary = tokenizer.vocabulary("".join(seen), settings.integer("merges"))
    length = tokenizer.encode_rows(seen, vocabulary).shape[1]
    return Samples(
        points=encode_words(words.tolist(), vocabulary, length),
        labels=(ratings > 0).astype(np.int64),
        column_names=("token",),
        class_names=("negative", "positive"),
        target_name="sentiment",
        parts=parts,
        vocabulary=vocabulary,
        extras={"word": words, "rating": ratings},
    )


def _parts(words: NDArray[np.str_], settings: Settings) -> tuple[Labels, Labels]:
    if settings.word("hold_back") == "words":
        return random_split(len(words), settings.test_fraction, settings.seed)
    stems = words.astype(f"U{FAMILY_LETTERS}")
    families = np.unique(stems, return_inverse=True)[1].astype(np.int64)
    return grouped_split(families, settings.test_fraction, settings.seed)


def _thumbnail(data: Dataset) -> Thumbnail:
    """The first training word of each class."""
    words, labels = data.train.extras["word"], data.train.labels
    return Thumbnail(text="\n".join(str(words[labels == label][0]) for label in (1, 0)))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="sentiment",
            title="Kind and unkind words",
            kind="text",
            task="classification",
            options=(
                Option("strength", 0.0, 2.0, 0.5, integer=False, title="Weakest rating to keep"),
                Option("merges", 0, 512, 256, integer=True, title="Pairs of tokens to merge"),
                Option("test_fraction", 0.1, 0.9, 0.2, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(2,),
            source="lexicon of VADER, C. J. Hutto and E. Gilbert, 2014; copy in vaderSentiment",
            licence="MIT",
            about="About 6,400 English words, each rated by ten people as negative or positive. "
            "Most test words have relatives in the training part; hold out whole families to see "
            "how little the letters alone reveal.",
            choices=(Choice("hold_back", ("words", "families"), "Held out for testing"),),
            package=PACKAGE,
        ),
        _make,
        thumbnail=_thumbnail,
    ),
)
