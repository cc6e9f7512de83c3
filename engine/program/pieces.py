"""Long computations in pieces, between which something else may be done."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")

Pieces: TypeAlias = Generator[None, None, Result]
"""A computation that yields between its pieces and returns the result. The first piece copies from
the machine all that the others need, so that the machine may run meanwhile."""


def finish(pieces: Pieces[Result]) -> Result:
    """Run all pieces; returns their result."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            result: Result = end.value
            return result
