"""From text to rows of cells: which separator, quotation marks, and rows of unequal length."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.data.report import Decision
from engine.data.table.source import PATH
from engine.errors import DescriptionError

SEPARATORS = ",;\t|"
_SPACE = " "
_SAMPLE = 100_000
"""Characters in which the separator is looked for."""
_LONGEST = 40
"""Most characters of a line that an error shows."""
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}


@dataclass(frozen=True)
class Record:
    """A row of a file.

    Attributes:
        line: the number of the line in which it begins, from 1.
        cells: its cells, without surrounding spaces.
    """

    line: int
    cells: tuple[str, ...]


def read_records(
    text: str, separator: str | None, is_typed: Callable[[str], bool]
) -> tuple[list[Record], Decision]:
    """All rows that are not blank, and the decision on the separator.

    Args:
        text: the file.
        separator: the separator, or None to decide by the rows: most of them have equally many
            cells, and most cells are numbers, dates or missing.
        is_typed: whether a cell is one of these.

    Raises:
        DescriptionError: a quotation mark is never closed, or the separator is no character.
    """
    text, hint = _without_hint(text)
    if separator is not None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            expected = "one character, such as ';' or '\\t'"
            raise DescriptionError("data.separator", separator, expected)
        decision = Decision("separator", separator, "as given")
    elif hint:
        decision = Decision("separator", hint, "the first line says so")
    else:
        decision = _decided(text, is_typed)
    records = _split(text, str(decision.value), strict=True)
    return [Record(line + bool(hint), cells) for line, cells in records], decision


def _without_hint(text: str) -> tuple[str, str]:
    """The text without the line ``sep=;`` of Excel, and the separator it names or ""."""
    first, _, rest = text.partition("\n")
    line = first.strip('\r" ')
    return (rest, line[4]) if len(line) == 5 and line.lower().startswith("sep=") else (text, "")


def _decided(text: str, is_typed: Callable[[str], bool]) -> Decision:
    sample = text if len(text) <= _SAMPLE else text[:_SAMPLE].rpartition("\n")[0]
    best, evidence, highest = "", "", 0.0
    for separator in (*SEPARATORS, _SPACE):
        if separator == _SPACE and best:
            break
        rows = [cells for _, cells in _split(sample, separator, strict=False)]
        width, count = _most_common_width(rows)
        if width < 2:
            continue
        score = count / len(rows) * _likeness(rows, width, separator, is_typed)
        if score > highest:
            best, highest = separator, score
            evidence = f"{count} of {len(rows)} rows have {width} cells between {_NAMES[separator]}"
    return Decision("separator", best or ",", evidence or "every row has one cell")


def _likeness(
    rows: Sequence[tuple[str, ...]], width: int, separator: str, is_typed: Callable[[str], bool]
) -> float:
    """How much rows look like those of a table, from 0 to 1.25.

    Most cells are numbers, dates or missing; words hardly ever have other separators in them; and
    the first row, which may hold names, is as wide as the others.
    """
    cells = [cell for row in rows if len(row) == width for cell in row]
    words = [cell for cell in cells if not is_typed(cell)]
    others = SEPARATORS.replace(separator, "")
    mixed = sum(any(other in word for other in others) for word in words)
    typed = 1.0 - len(words) / len(cells)
    return (0.25 + typed) * (1.0 - mixed / len(cells)) * (1.0 if len(rows[0]) == width else 0.5)


def _most_common_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The most common number of cells in a row, and the number of rows that have it."""
    widths = Counter(len(row) for row in rows)
    return max(widths.items(), key=lambda item: (item[1], item[0])) if widths else (0, 0)


def _split(text: str, separator: str, *, strict: bool) -> list[tuple[int, tuple[str, ...]]]:
    """The line and the cells of every row that is not blank."""
    if not strict:
        return list(_rows(text, separator, strict=False))
    try:
        return list(_rows(text, separator, strict=True))
    except _UnclosedError as error:
        expected = "a row whose quotation marks are closed"
        line = text.splitlines()[error.line - 1].strip()
        shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
        raise DescriptionError(f"{PATH} line {error.line}", shown, expected) from None
    except csv.Error:  # text behind a closing quotation mark is a part of the cell
        return _split(text, separator, strict=False)


class _UnclosedError(Exception):
    """A quotation mark is never closed; `line` is where its row begins."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _rows(text: str, separator: str, *, strict: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=strict, skipinitialspace=True
    )
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if strict and ("end of data" in str(error) or "limit" in str(error)):
                raise _UnclosedError(line) from None
            if strict:
                raise
            return
        if cells is None:
            return
        stripped = tuple(cell.strip() for cell in cells)
        if separator == _SPACE:
            while stripped and not stripped[-1]:
                stripped = stripped[:-1]
        if any(stripped):
            yield line, stripped
        line = reader.line_num + 1


def rectangular(records: Sequence[Record]) -> tuple[list[Record], int]:
    """The rows without titles and comments above them, and without empty cells behind them.

    Returns:
        The rows, and the number of cells in most of them. The first row may have one cell less,
        if it holds names and none for a column of row numbers, as in R.

    Raises:
        DescriptionError: a row has more or fewer cells than the first.
    """
    width, _ = _most_common_width([record.cells for record in records])
    start = 0
    while start < len(records) - 1 and _is_title(records[start], width):
        start += 1
    rows = [Record(record.line, _cut(record.cells, width)) for record in records[start:]]
    first = rows[0]
    one_less = len(first.cells) == width - 1 and all(len(row.cells) == width for row in rows[1:])
    if one_less and width > 2 and len(rows) > 2:
        return rows, width
    for row in rows[1:]:
        if len(row.cells) != len(first.cells):
            expected = f"{_cells(len(first.cells))}, one for each name in line {first.line}"
            raise DescriptionError(f"{PATH} line {row.line}", _cells(len(row.cells)), expected)
    return rows, len(first.cells)


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"


def _is_title(record: Record, width: int) -> bool:
    """Whether a row above the table is a title or a comment."""
    filled = sum(map(bool, record.cells))
    is_comment = record.cells[0].startswith("#") and len(record.cells) != width
    other = any(mark in record.cells[0] for mark in SEPARATORS)  # rather names in another way
    is_lonely = filled == 1 and len(record.cells) != width and not other
    return width > 1 and (is_lonely or is_comment)


def _cut(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells without empty ones beyond the usual number."""
    last = len(cells)
    while last > width and not cells[last - 1]:
        last -= 1
    return cells[:last]
