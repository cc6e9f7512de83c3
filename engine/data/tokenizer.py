"""Text as tokens: single characters, or pieces of words that occur often together.

A vocabulary is a tuple of distinct tokens; a token's id is its place in it. Token 0, `UNKNOWN`,
stands for what no other token covers, and for the nothing after a text that is shorter than its
row. Every other token comes from the text that the vocabulary is made of.
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
"""A word with the space before it, or one other character: pieces stay within."""


def vocabulary(text: str, merges: int = 0) -> tuple[str, ...]:
    """`UNKNOWN`, the characters of `text` in order, and up to `merges` pieces.

    The pieces are found by byte-pair encoding (Sennrich, Haddow and Birch, "Neural Machine
    Translation of Rare Words with Subword Units", ACL 2016): again and again the pair of
    neighbouring tokens that occurs most often becomes one token. Pairs that occur once stay two.
    """
    characters = sorted(set(text) - {UNKNOWN})
    return (UNKNOWN, *characters, *(_pieces(text, characters, merges) if merges else ()))


def _pieces(text: str, characters: Sequence[str], merges: int) -> list[str]:
    """The tokens that merging makes, in the order made."""
    known = list(characters)
    ids, weights = _laid_out(text, known)
    while len(known) < len(characters) + merges:
        first, second, times = _commonest(ids, weights, len(known))
        if times < 2:
            break
        piece = known[first] + known[second]
        if piece not in known:  # else it was once made of another pair
            known.append(piece)
        ids, weights = _merged(ids, weights, (first, second), known.index(piece))
    return known[len(characters) :]


def _laid_out(text: str, characters: Sequence[str]) -> tuple[Labels, Labels]:
    """Ids (L,) of the characters of all distinct words, -1 after each, and the word's count."""
    number = {character: index for index, character in enumerate(characters)}
    counts = Counter(_WORD.findall(text))
    ids = [index for word in counts for index in (*(number[c] for c in word), -1)]
    weights = np.repeat(list(counts.values()), [len(word) + 1 for word in counts])
    return np.array(ids, dtype=np.int64), weights.astype(np.int64)


def _commonest(ids: Labels, weights: Labels, size: int) -> tuple[int, int, int]:
    """The pair of neighbours that occurs most often, and how often; the first of equals."""
    beside = (ids[:-1] >= 0) & (ids[1:] >= 0)
    codes = ids[:-1][beside] * size + ids[1:][beside]
    if len(codes) == 0:
        return 0, 0, 0
    counts = np.bincount(codes, weights=weights[:-1][beside])
    best = int(counts.argmax())
    return *divmod(best, size), int(counts[best])


def _merged(ids: Labels, weights: Labels, pair: tuple[int, int], new: int) -> tuple[Labels, Labels]:
    """`ids` with every `pair` as one `new` id, from left to right."""
    found = np.flatnonzero((ids[:-1] == pair[0]) & (ids[1:] == pair[1]))
    if pair[0] == pair[1]:  # of the three in a row, only the first two go together
        runs = np.cumsum(np.diff(found, prepend=-2) > 1)
        starts = found[np.searchsorted(runs, runs)]
        found = found[(found - starts) % 2 == 0]
    ids = ids.copy()
    ids[found] = new
    return np.delete(ids, found + 1), np.delete(weights, found + 1)


def encode(text: str, tokens: Sequence[str]) -> Labels:
    """Ids (length,) of `text`: at each place the longest token that fits."""
    return np.array(_read(text, *_ids(tuple(tokens))), dtype=np.int64)


def encode_rows(texts: Iterable[str], tokens: Sequence[str], length: int | None = None) -> Labels:
    """Ids (texts, length), a row a text: cut where it is longer, then token 0 to the end.

    The length, if not given, is that of the longest.
    """
    ids, longest = _ids(tuple(tokens))
    encoded = [_read(text, ids, longest) for text in texts]
    width = max(map(len, encoded)) if length is None else length
    rows = np.zeros((len(encoded), width), dtype=np.int64)
    for row, found in zip(rows, encoded, strict=True):
        row[: len(found)] = found[:width]
    return rows


@lru_cache(maxsize=8)
def _ids(tokens: tuple[str, ...]) -> tuple[dict[str, int], int]:
    """The id of each token but the unknown one, and the length of the longest."""
    ids = {token: number for number, token in enumerate(tokens) if number}
    return ids, max(map(len, ids), default=1)


def _read(text: str, ids: dict[str, int], longest: int) -> list[int]:
    found: list[int] = []
    at = 0
    while at < len(text):
        end = min(at + longest, len(text))
        while end > at + 1 and text[at:end] not in ids:
            end -= 1
        found.append(ids.get(text[at:end], 0))
        at = end
    return found


def decode(ids: Iterable[int], tokens: Sequence[str]) -> str:
    """The text of `ids`."""
    return "".join(tokens[number] for number in ids)
