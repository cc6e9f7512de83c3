"""Messages with expressions in braces, and values of expressions as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine.debug.expressions import Expression, Value, parse_expression
from engine.debug.lexer import ExpressionError
from engine.formula import number_text
from engine.program.machine import Machine
from engine.program.program import Program

DIGITS = 6
"""The number of significant digits of a value in a message."""


@dataclass(frozen=True)
class Message:
    """A text with expressions in braces, such as ``loss {loss} at {step}``.

    Attributes:
        text: the text as written.
        parts: plain texts and expressions, in order.
    """

    text: str
    parts: tuple[str | Expression, ...]

    def bind(self, machine: Machine) -> Callable[[], str]:
        """A closure that composes the message from the present values."""
        pieces = [
            part if isinstance(part, str) else partial(_written, part.bind(machine))
            for part in self.parts
        ]
        return lambda: "".join(piece if isinstance(piece, str) else piece() for piece in pieces)


def parse_message(text: str, program: Program) -> Message:
    """The message that `text` means; a double brace is a brace.

    Raises:
        ExpressionError: a brace is unmatched, or an expression is wrong; positions are in `text`.
    """
    parts: list[str | Expression] = []
    for piece in _BRACES.finditer(text):
        found, start = piece.group(), piece.start()
        if found in ("{{", "}}"):
            parts.append(found[0])
        elif found[0] == "{" and found[-1] == "}":
            parts.append(_within(text, start + 1, found[1:-1], program))
        elif found[0] in "{}":
            raise ExpressionError(text, start, 1, f"{found[0]!r} is unmatched; write it twice")
        else:
            parts.append(found)
    return Message(text, tuple(parts))


_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")


def _within(text: str, start: int, inner: str, program: Program) -> Expression:
    try:
        return parse_expression(inner, program)
    except ExpressionError as error:
        position = start + error.position
        raise ExpressionError(text, position, error.length, error.problem) from None


def _written(read: Callable[[], Value]) -> str:
    return write_value(read())


def write_value(value: Value) -> str:
    """A value for readers: six significant digits, yes or no, the first elements of an array."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value, DIGITS)
    number: Callable[[Any], str] = partial(number_text, digits=DIGITS)
    with np.printoptions(threshold=20, edgeitems=3, formatter={"float_kind": number}):
        shown = np.array2string(value, separator=", ")
    return " ".join(shown.split())
