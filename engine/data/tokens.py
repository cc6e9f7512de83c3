"""Text as tokens: single characters, or pieces of words that occur often together.

A vocabulary is a tuple of distinct tokens; a token's id is its place in it. Token 0, `UNKNOWN`,
stands for what no other token covers, and for the nothing after a text that is shorter than its
row. Every other token comes from the text that the vocabulary is made of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from engine.data.dataset import Labels

UNKNOWN = "\ufffd"

_WORD = re.compile(r" ?[^\W\d_]+|.", re.DOTALL)
"""A word with the space before it, or one other character: pieces stay within."""

Pair = tuple[str, str]


def vocabulary(text: str, merges: int = 0) -> tuple[str, ...]:
    """`UNKNOWN`, the characters of `text` in order, and up to `merges` pieces.

    The pieces are found by byte-pair encoding (Sennrich, Haddow and Birch, "Neural Machine
    Translation of Rare Words with Subword Units", ACL 2016): again and again the pair of
    neighbouring tokens that occurs most often becomes one token. Pairs that occur once stay two.
    """
    characters = sorted(set(text) - {UNKNOWN})
    return (UNKNOWN, *characters, *_pieces(text, merges))


def _pieces(text: str, merges: int) -> list[str]:
    counts = Counter(_WORD.findall(text)) if merges else Counter()
    words = {word: tuple(word) for word in counts}
    pairs: Counter[Pair] = Counter()
    for word, parts in words.items():
        _count(pairs, parts, counts[word])
    found: list[str] = []
    while len(found) < merges and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        if pairs[best] < 2:
            break
        found.append("".join(best))
        for word, parts in words.items():
            if best[0] in parts and best in pairwise(parts):
                _count(pairs, parts, -counts[word])
                words[word] = _joined(parts, best)
                _count(pairs, words[word], counts[word])
        pairs = +pairs
    return list(dict.fromkeys(found))


def _count(pairs: Counter[Pair], parts: Sequence[str], times: int) -> None:
    for pair in pairwise(parts):
        pairs[pair] += times


def _joined(parts: Sequence[str], pair: Pair) -> tuple[str, ...]:
    """`parts` with every `pair` as one part, from left to right."""
    joined: list[str] = []
    index = 0
    while index < len(parts):
        taken = 2 if tuple(parts[index : index + 2]) == pair else 1
        joined.append("".join(parts[index : index + taken]))
        index += taken
    return tuple(joined)


def encode(text: str, tokens: Sequence[str]) -> Labels:
    """Ids (length,) of `text`: at each place the longest token that fits."""
    ids = {token: number for number, token in enumerate(tokens) if number}
    longest = sorted(ids, key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, longest), "."]), re.DOTALL)
    return np.array([ids.get(part, 0) for part in pattern.findall(text)], dtype=np.int64)


def encode_rows(texts: Iterable[str], tokens: Sequence[str], length: int) -> Labels:
    """Ids (texts, length), a row a text: cut where it is longer, then token 0 to the end."""
    encoded = [encode(text, tokens)[:length] for text in texts]
    rows = np.zeros((len(encoded), length), dtype=np.int64)
    for row, ids in zip(rows, encoded, strict=True):
        row[: len(ids)] = ids
    return rows


def decode(ids: Iterable[int], tokens: Sequence[str]) -> str:
    """The text of `ids`."""
    return "".join(tokens[number] for number in ids)
