"""Splits an expression into tokens.

Names of buffers contain ``/`` and ``.``, and ``/`` is also division. The rule: where a
name may begin, the lexer takes the longest name that this program knows, up to a ``/`` or the end
of the word. So ``dense1/W/2`` is the buffer ``dense1/W`` divided by 2, ``loss/L`` is a buffer, and
with spaces around it ``dense1/a / dense2/a`` can only be a division.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

TokenKind = Literal["number", "name", "call", "word", "mark", "end"]

WORDS = ("and", "or", "not")
ALIASES = {"−": "-", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "^": "**"}
"""Other characters for the same operators, as in formulas or on keyboards."""

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+\-−]?\d+)?")
_NAME = re.compile(r"[^\W\d][\w′#]*(?:[./][\w′#]+)*")
_MARK = re.compile(r"\*\*|<=|>=|==|!=|[-+*/%<>()\[\],:−·×÷≤≥≠^]")
_SPACE = re.compile(r"\s+")
_CALL = re.compile(r"\s*\(")


class ExpressionError(ValueError):
    """An expression cannot be understood, or does not fit the program.

    Attributes:
        text: the expression.
        position, length: the part of it that is wrong.
        problem: what is wrong with it, and what was expected.
    """

    def __init__(self, text: str, position: int, length: int, problem: str) -> None:
        super().__init__(f"at {position + 1}: {problem}")
        self.text = text
        self.position = position
        self.length = max(1, length)
        self.problem = problem

    def pointed(self) -> str:
        """The expression, and below it a line that points at the part that is wrong."""
        return f"{self.text}\n{' ' * self.position}{'^' * self.length} {self.problem}"


@dataclass(frozen=True)
class Token:
    """A piece of the text, from `start` up to `stop`. A "call" is a name before ``(``."""

    kind: TokenKind
    text: str
    start: int
    stop: int


def tokens(text: str, names: Collection[str], functions: Collection[str]) -> list[Token]:
    """The tokens of `text`, with an "end" last.

    Args:
        names: the names of buffers and scalars.
        functions: the names of functions.

    Raises:
        ExpressionError: an unknown character or name.
    """
    return list(_tokens(text, names, functions))


def _tokens(text: str, names: Collection[str], functions: Collection[str]) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
            continue
        if number := _NUMBER.match(text, position):
            token = Token("number", number.group().replace("−", "-"), position, number.end())
        elif mark := _MARK.match(text, position):
            operator = ALIASES.get(mark.group(), mark.group())
            token = Token("mark", operator, position, mark.end())
        elif name := _NAME.match(text, position):
            token = _named(text, position, name.group(), names, functions)
        else:
            problem = f"{text[position]!r} means nothing here"
            raise ExpressionError(text, position, 1, problem)
        yield token
        position = token.stop
    yield Token("end", "", len(text), len(text))


def _named(
    text: str, start: int, word: str, names: Collection[str], functions: Collection[str]
) -> Token:
    """The longest known name that `word` begins with."""
    cuts = [len(word), *reversed([match.start() for match in re.finditer("/", word)])]
    for cut in cuts:
        part, stop = word[:cut], start + cut
        if part in WORDS:
            return Token("word", part, start, stop)
        if part in functions and _CALL.match(text, stop):
            return Token("call", part, start, stop)
        if part in names:
            return Token("name", part, start, stop)
    if _CALL.match(text, start + len(word)):
        raise ExpressionError(text, start, len(word), unknown(word, functions, "a function"))
    if word in functions:
        raise ExpressionError(text, start, len(word), f"{word} is a function: write {word}(…)")
    known = sorted(names)
    raise ExpressionError(text, start, len(word), unknown(word, known, "a buffer or scalar"))


def unknown(name: str, known: Collection[str], kind: str) -> str:
    """A message that `name` is unknown, with the most similar one of `known`."""
    near = get_close_matches(name, known, n=1, cutoff=0.5) or _with_same_end(name, known)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name} is not {kind}{hint}"


def _with_same_end(name: str, known: Collection[str]) -> Sequence[str]:
    """A known name that ends in `name`: ``dense1/W.grad`` for ``W.grad``."""
    return [other for other in known if other.rpartition("/")[2] == name][:1]
