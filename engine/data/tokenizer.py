"""Text as tokens: single characters, or sequences of characters that often occur.

A vocabulary is a tuple of distinct tokens, and a token's id is its index there. Token 0, `UNKNOWN`,
stands for a character that no other token covers. It also pads a row whose text is shorter. Every
other token comes from the text that the vocabulary was built from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from engine.data.dataset import Labels

UNKNOWN = "\ufffd"

_WORD = re.compile(r" ?[^\W\d_]+|.", re.DOTALL)
"""Matches a word with the space before it, or one other character. No token is longer."""


def vocabulary(text: str, merges: int = 0) -> tuple[str, ...]:
    """`UNKNOWN`, the characters of `text` in sorted order, and up to `merges` longer tokens.

    The longer tokens come from byte-pair encoding (Sennrich, Haddow and Birch, "Neural Machine
    Translation of Rare Words with Subword Units", ACL 2016): the most frequent pair of
    neighbouring tokens becomes one token, again and again. A pair that occurs once is not merged.
    """
    characters = sorted(set(text) - {UNKNOWN})
    return (UNKNOWN, *characters, *(_merged_tokens(text, characters, merges) if merges else ()))


def _merged_tokens(text: str, characters: Sequence[str], merges: int) -> list[str]:
    """The tokens that merging adds, in the order of the merges."""
    known = list(characters)
    ids, weights = _character_ids(text, known)
    while len(known) < len(characters) + merges:
        first, second, times = _most_frequent_pair(ids, weights, len(known))
        if times < 2:
            break
        piece = known[first] + known[second]
        if piece not in known:  # another pair may have formed it before
            known.append(piece)
        ids, weights = _merge(ids, weights, (first, second), known.index(piece))
    return known[len(characters) :]


def _character_ids(text: str, characters: Sequence[str]) -> tuple[Labels, Labels]:
    """The ids (L,) of the characters of all distinct words, with -1 after each word.

    Also returns how often the word of each character occurs, (L,).
    """
    number = {character: index for index, character in enumerate(characters)}
    counts = Counter(_WORD.findall(text))
    ids = [index for word in counts for index in (*(number[c] for c in word), -1)]
    weights = np.repeat(list(counts.values()), [len(word) + 1 for word in counts])
    return np.array(ids, dtype=np.int64), weights.astype(np.int64)


def _most_frequent_pair(ids: Labels, weights: Labels, size: int) -> tuple[int, int, int]:
    """The most frequent pair of neighbouring ids, and its count. The first of equals wins."""
    beside = (ids[:-1] >= 0) & (ids[1:] >= 0)
    codes = ids[:-1][beside] * size + ids[1:][beside]
    if len(codes) == 0:
        return 0, 0, 0
    counts = np.bincount(codes, weights=weights[:-1][beside])
    best = int(counts.argmax())
    return *divmod(best, size), int(counts[best])


def _merge(ids: Labels, weights: Labels, pair: tuple[int, int], new: int) -> tuple[Labels, Labels]:
    """`ids` and `weights` with every `pair` merged into the id `new`, from left to right."""
    found = np.flatnonzero((ids[:-1] == pair[0]) & (ids[1:] == pair[1]))
    if pair[0] == pair[1]:  # of three in a row, only the first two merge
        runs = np.cumsum(np.diff(found, prepend=-2) > 1)
        starts = found[np.searchsorted(runs, runs)]
        found = found[(found - starts) % 2 == 0]
    ids = ids.copy()
    ids[found] = new
    return np.delete(ids, found + 1), np.delete(weights, found + 1)


def encode(text: str, tokens: Sequence[str]) -> Labels:
    """The ids (length,) of `text`: at each position, the longest token that matches."""
    return np.array(_token_ids(text, *_token_table(tuple(tokens))), dtype=np.int64)


def encode_rows(texts: Iterable[str], tokens: Sequence[str], length: int | None = None) -> Labels:
    """The ids (texts, length), a row for each text, which is cut or padded with token 0.

    Without a given `length`, that of the longest text counts.
    """
    ids, longest = _token_table(tuple(tokens))
    encoded = [_token_ids(text, ids, longest) for text in texts]
    width = max(map(len, encoded)) if length is None else length
    rows = np.zeros((len(encoded), width), dtype=np.int64)
    for row, found in zip(rows, encoded, strict=True):
        row[: len(found)] = found[:width]
    return rows


@lru_cache(maxsize=8)
def _token_table(tokens: tuple[str, ...]) -> tuple[dict[str, int], int]:
    """The id of each token except `UNKNOWN`, and the length of the longest token."""
    ids = {token: number for number, token in enumerate(tokens) if number}
    return ids, max(map(len, ids), default=1)


def _token_ids(text: str, ids: dict[str, int], longest: int) -> list[int]:
    found: list[int] = []
    start = 0
    while start < len(text):
        end = min(start + longest, len(text))
        while end > start + 1 and text[start:end] not in ids:
            end -= 1
        found.append(ids.get(text[start:end], 0))
        start = end
    return found


def decode(ids: Iterable[int], tokens: Sequence[str]) -> str:
    """The text that `ids` stand for."""
    return "".join(tokens[number] for number in ids)
