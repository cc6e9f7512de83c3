"""What the cells of a column are: numbers, dates, booleans or words, and in which format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.data.dataset import Floats
from engine.data.report import CellKind
from engine.data.table import dates, numbers
from engine.data.table.missing import Missing
from engine.data.table.numbers import COMMA_FORMATS, POINT_FORMATS, Format, Piece
from engine.data.table.source import PATH
from engine.errors import DescriptionError

ODD_SHARE = 0.2
"""Most cells of a column of numbers or dates that may be something else, which is then an error; in
a column with more of them, all cells are words. One cell may always be, beside at least two others.
"""
_BOOLEANS = (
    ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("nein", "ja"),
    ("falsch", "wahr"), ("non", "oui"), ("faux", "vrai"), ("no", "sí"), ("no", "si"),
)  # fmt: skip
"""Pairs of words for 0 and 1."""


@dataclass(frozen=True)
class Column:
    """The cells of one column.

    Attributes:
        name: its name.
        lines: the line of each cell, from 1.
        cells: the cells.
        kind: what the cells are.
        empty: the cells that are missing, by their index.
    """

    name: str
    lines: tuple[int, ...]
    cells: tuple[str, ...]
    kind: CellKind
    empty: frozenset[int]

    @property
    def present(self) -> list[int]:
        """The indices of the cells that have a value."""
        return [index for index in range(len(self.cells)) if index not in self.empty]

    @property
    def values(self) -> list[str]:
        """The cells that have a value."""
        return [self.cells[index] for index in self.present]

    def refusal(self, index: int, expected: str) -> DescriptionError:
        """The error of one cell, with its line and column."""
        path = f"{PATH} line {self.lines[index]}, column {self.name}"
        return DescriptionError(path, self.cells[index], expected)

    def kept(self, rows: Sequence[int]) -> Column:
        """The column with some of its rows."""
        place = {row: index for index, row in enumerate(rows)}
        return Column(
            self.name,
            tuple(self.lines[row] for row in rows),
            tuple(self.cells[row] for row in rows),
            self.kind,
            frozenset(place[row] for row in self.empty if row in place),
        )


def column_of(
    name: str,
    lines: Sequence[int],
    cells: Sequence[str],
    missing: Missing,
    kind: CellKind | None = None,
) -> Column:
    """A column, with the kind of its cells if that is not given."""
    if kind is None:
        kind = kind_of(cells, missing)
    if kind in ("category", "empty"):
        absent = missing.among_words(cells)
        empty = frozenset(index for index, cell in enumerate(cells) if cell in absent)
    else:
        empty = frozenset(i for i, cell in enumerate(cells) if missing.among_numbers(cell))
    return Column(name, tuple(lines), tuple(cells), kind, empty)


def kind_of(cells: Sequence[str], missing: Missing) -> CellKind:
    """What cells are, as most of them say."""
    present = [cell for cell in cells if not missing.among_numbers(cell)]
    if not present:
        return "empty" if len(missing.among_words(cells)) == len(set(cells)) else "category"
    if _nearly_all(sum(map(dates.is_date, present)), len(present)):
        return "date"
    if _nearly_all(sum(numbers.piece(cell) is not None for cell in present), len(present)):
        return "number"
    return "boolean" if boolean_pair(present) else "category"


def _nearly_all(count: int, total: int) -> bool:
    odd = total - count
    return odd <= ODD_SHARE * total or (odd == 1 and total > 2)


def is_typed(cell: str) -> bool:
    """Whether a cell is a number, a date or missing."""
    return Missing().anywhere(cell) or numbers.piece(cell) is not None or dates.is_date(cell)


def boolean_pair(cells: Sequence[str]) -> tuple[str, str] | None:
    """The words for 0 and 1 that all the cells are, in lower case; None if there are others."""
    words = {cell.lower() for cell in cells}
    return next((pair for pair in _BOOLEANS if words <= set(pair)), None)


# Numbers -----------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """The values of a column.

    Attributes:
        values: (N,), NaN where one is missing.
        words: how the cells were read.
        unit: their unit, or "".
    """

    values: Floats
    words: str
    unit: str = ""


@dataclass(frozen=True)
class Marks:
    """The decimal mark and the separator of thousands, where they are known.

    Attributes:
        decimal, thousands: as given by the user; None to decide.
        elsewhere: the decimal mark of other columns, or that the separator of cells suggests.
    """

    decimal: str | None = None
    thousands: str | None = None
    elsewhere: str | None = None


def decisive_mark(column: Column) -> str | None:
    """The decimal mark, if the cells of a column of numbers allow no other."""
    pieces = _pieces(column, strict=False)
    if not numbers.has_marks(pieces):
        return None
    fits = [
        formats[0].decimal
        for formats in (POINT_FORMATS, COMMA_FORMATS)
        if numbers.fitting(pieces, formats)
    ]
    return fits[0] if len(fits) == 1 else None


def read_numbers(column: Column, marks: Marks) -> Reading:
    """The numbers of a column.

    Raises:
        DescriptionError: a cell is not a number, is infinite, or has another format or unit.
    """
    pieces = _pieces(column, strict=True)
    unit = _unit(column, pieces)
    form, words = _format(pieces, marks)
    values = np.full(len(column.cells), np.nan)
    for index, number in zip(column.present, pieces, strict=True):
        value = form.value(number)
        if value is None:
            name = {".": "point", ",": "comma"}[form.decimal]
            raise column.refusal(index, f"a number with a decimal {name}, as others here are")
        if not np.isfinite(value):
            raise column.refusal(index, "a finite number")
        values[index] = value
    parts = {"": "", "%": ", percentages as parts of one", "‰": ", per mille as parts of one"}
    return Reading(values, f"numbers{words}{parts.get(unit, f' in {unit}')}", unit)


def _pieces(column: Column, *, strict: bool) -> list[Piece]:
    found = []
    for index in column.present:
        number = numbers.piece(column.cells[index])
        if number is not None:
            found.append(number)
        elif strict:
            raise column.refusal(index, _expected(column, "number", column.cells[index]))
    return found


def _expected(column: Column, noun: str, cell: str) -> str:
    """What was expected of the cell, with what may be done about it."""
    test = dates.is_date if noun == "date" else numbers.piece
    count = sum(bool(test(other)) for other in column.values)
    return (
        f"a {noun}; {count} of {len(column.values)} cells of this column are. If it is meant so, "
        f"pass missing_values=['', {cell!r}] or categories=[{column.name!r}]"
    )


def _unit(column: Column, pieces: Sequence[Piece]) -> str:
    """The one unit of the column; only a currency, and any unit of 0, may be left out."""
    units = [number.unit for number in pieces]
    common = max(sorted(set(units) - {""}), key=units.count, default="")
    for index, number in zip(column.present, pieces, strict=True):
        bare = not number.unit and (numbers.is_currency(common) or not number.body.strip("0.,"))
        if number.unit != common and not bare:
            raise column.refusal(index, f"a number with the unit {common!r}, as others here are")
    return common


def _format(pieces: Sequence[Piece], marks: Marks) -> tuple[Format, str]:
    """The format of numbers, and in words what decided it."""
    allowed = [
        form
        for form in (*POINT_FORMATS, *COMMA_FORMATS)
        if marks.decimal in (None, form.decimal) and marks.thousands in (None, form.thousands)
    ]
    if marks.thousands and not any(form.thousands == marks.thousands for form in allowed):
        other = marks.decimal or ("," if marks.thousands == "." else ".")
        allowed = [Format(other, marks.thousands)]
    point = numbers.fitting(pieces, [form for form in allowed if form.decimal == "."])
    comma = numbers.fitting(pieces, [form for form in allowed if form.decimal == ","])
    how = ""
    if point and comma:
        form, how = _by_evidence(pieces, point, comma, marks)
    else:
        form = point or comma or numbers.best(pieces, allowed)
    if not numbers.has_marks(pieces) and not form.thousands:
        return form, ""
    decimal = {".": "point", ",": "comma"}[form.decimal]
    separated = f" and thousands separated by {form.thousands!r}" if form.thousands else ""
    return form, f" with a decimal {decimal}{separated}{how}"


def _by_evidence(
    pieces: Sequence[Piece], point: Format, comma: Format, marks: Marks
) -> tuple[Format, str]:
    """One of two formats that both fit, as 1,234 may be 1.234 or 1234."""
    if not numbers.has_marks(pieces):
        return point, ""
    if marks.elsewhere is not None:
        chosen = point if marks.elsewhere == "." else comma
        return chosen, " (as in the rest of the file)"
    if point.thousands == "," and numbers.by_groups(pieces) is False:
        return comma, " (numbers above 999 have no separator)"
    return point, " (the cells would allow the other reading: decimal overrules it)"


# Other kinds -------------------------------------------------------------------------------------


def read_dates(column: Column, day_first: bool | None) -> Reading:
    """The days of a column of dates since its earliest one.

    Raises:
        DescriptionError: a cell is not a date in the order of the others.
    """
    order, decided = dates.order_of(column.values, day_first)
    values = np.full(len(column.cells), np.nan)
    for index in column.present:
        day = dates.days(column.cells[index], order)
        if day is None:
            noun = (
                "date" if not dates.is_date(column.cells[index]) else f"date with the {order} first"
            )
            raise column.refusal(index, _expected(column, noun, column.cells[index]))
        values[index] = day
    first = np.nanmin(values)
    earliest = column.cells[int(np.nanargmin(values))]
    doubt = "" if decided else " (the cells do not show it: day_first overrules it)"
    words = f"dates with the {order} first{doubt}, as days since {earliest}"
    return Reading(values - first, words)


def read_booleans(column: Column) -> tuple[Floats, str]:
    """The booleans of a column as 0 and 1, and the word for 1 as it stands in the column."""
    pair = boolean_pair(column.values)
    assert pair is not None
    values = np.full(len(column.cells), np.nan)
    for index in column.present:
        values[index] = float(column.cells[index].lower() == pair[1])
    return values, next((cell for cell in column.values if cell.lower() == pair[1]), pair[1])
