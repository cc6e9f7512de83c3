"""Whether the first row of a table holds the names of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from engine.data.table.columns import is_typed, kind_of
from engine.data.table.missing import Missing

Vote = Literal["name", "perhaps", "cell", "none"]

_YEARS = range(1800, 2200)


def has_names(
    first: Sequence[str], rows: Sequence[Sequence[str]], wanted: Sequence[str], missing: Missing
) -> tuple[bool, str]:
    """Whether the first row holds names, and what speaks for it.

    Args:
        first: the first row.
        rows: the rows below it, of the same length.
        wanted: names that the user has for columns.
        missing: which cells are missing.
    """
    for name in wanted:
        if name in first:
            return True, f"the first row has the name {name!r}"
    if _counts(first) and not any(all(map(str.isdecimal, row)) for row in rows):
        return True, "the first row numbers the columns"
    votes = [
        _vote(top, column, missing)
        for top, column in zip(first, zip(*rows, strict=True), strict=True)
    ]
    above = votes.count("name")
    if above and above >= votes.count("cell"):
        return True, f"the first row has words above {_columns(above)} of another kind"
    if "cell" in votes:
        return False, f"the first row is like the others in {_columns(votes.count('cell'))}"
    if "perhaps" in votes:
        return True, "the words of the first row do not occur below it"
    distinct = len({*first}) == len(first) and all(first)
    return (
        distinct,
        "the first row has different words" if distinct else "the first row repeats itself",
    )


def _columns(count: int) -> str:
    return f"{count} column{'s' * (count != 1)}"


def _counts(first: Sequence[str]) -> bool:
    """Whether the cells are 0, 1, 2, … or 1, 2, 3, …, perhaps with words behind them."""
    digits = [cell for cell in first if cell.isdecimal()]  # as pandas writes an array
    return len(digits) > 2 and any(
        list(first[: len(digits)]) == [str(i + start) for i in range(len(digits))]
        for start in (0, 1)
    )


def _vote(top: str, cells: Sequence[str], missing: Missing) -> Vote:
    """What the first cell of a column is, beside the cells below it."""
    kind = kind_of(cells, missing)
    if not top or kind == "empty" or _is_year_above(top, cells):
        return "none"
    if top in cells or is_typed(top):
        return "cell"
    if kind == "boolean":
        return "cell" if kind_of([top, *cells], missing) == "boolean" else "name"
    if kind == "category":
        return "perhaps" if len(set(cells)) * 2 <= len(cells) else "none"
    return "name"


def _is_year_above(top: str, cells: Sequence[str]) -> bool:
    """Whether the first cell is a year and none of the others is."""
    return _is_year(top) and not any(map(_is_year, cells))


def _is_year(cell: str) -> bool:
    return len(cell) == 4 and cell.isdecimal() and int(cell) in _YEARS
