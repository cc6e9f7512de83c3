"""Long computations in pieces, between which something else may be done."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")

Pieces: TypeAlias = Generator[None, None, Result]
"""What yields after each piece and returns the result. The first piece takes from the machine all
that the others need, so that the machine may go on meanwhile."""


def finish(pieces: Pieces[Result]) -> Result:
    """All the pieces at once."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: Result = end.value
            return result
