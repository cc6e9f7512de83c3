"""Data sets from a user's own table of comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from engine.data.dataset import Dataset, Task
from engine.data.sources.arrays import from_arrays
from engine.errors import DescriptionError

_SEPARATORS = ",;\t"
_MAX_CLASSES = 20
"""A target with more distinct whole numbers than this is a regression."""


@dataclass(frozen=True)
class _Table:
    """The cells of a table, as text.

    Attributes:
        names: the names of the columns.
        lines: the number of the line in which each row ends.
        rows: the cells of each row, one for each name.
    """

    names: list[str]
    lines: list[int]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        index = self.names.index(name)
        return [row[index] for row in self.rows]

    def numbers(self, name: str) -> list[float]:
        """The column's numbers.

        Raises:
            DescriptionError: a cell is not a number. The path names its line and column.
        """
        cells = zip(self.lines, self.column(name), strict=True)
        return [_number(f"data.csv line {line}, column {name}", cell) for line, cell in cells]


def from_csv(
    source: str | Path,
    target: str | None = None,
    *,
    ignore: Sequence[str] = (),
    task: Task | None = None,
    test_fraction: float = 0.5,
    seed: int = 0,
    standardise: bool = True,
    name: str = "table",
    title: str = "Own table",
) -> Dataset:
    """A data set from a table whose first line names its columns.

    Args:
        source: the text itself, or the path of a text file in UTF-8. The separator of the cells is
            the comma, the semicolon or the tab, whichever occurs most often in the first line.
        target: the column to predict; the last one if None. All other columns are inputs, whose
            cells must be numbers with a decimal point.
        ignore: columns to leave out.
        task: if None, a classification if the target has words or at most 20 distinct whole
            numbers, and otherwise a regression.
        test_fraction, seed, standardise, name, title: as for `from_arrays`.

    Raises:
        DescriptionError: a cell, line or column is unusable. The path names it.
    """
    table = _parsed(source)
    answer = table.names[-1] if target is None else target
    for wanted in (answer, *ignore):
        if wanted not in table.names:
            raise DescriptionError("data.target", wanted, f"one of {', '.join(table.names)}")
    inputs = [column for column in table.names if column not in (answer, *ignore)]
    if not inputs:
        raise DescriptionError("data.csv", table.names, "a table with a column beside the target")
    labels = task == "classification" or (task is None and _are_labels(table.column(answer)))
    return from_arrays(
        np.array([table.numbers(column) for column in inputs]).T,
        table.column(answer) if labels else table.numbers(answer),
        task="classification" if labels else "regression",
        test_fraction=test_fraction,
        seed=seed,
        standardise=standardise,
        name=name,
        title=title,
        feature_names=inputs,
        target_name=answer,
    )


def _parsed(source: str | Path) -> _Table:
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                lines.append(reader.line_num)
                rows.append([cell.strip() for cell in cells])
    except csv.Error as error:
        where = f"data.csv line {reader.line_num}"
        raise DescriptionError(where, str(error), "a line of cells") from error
    if len(rows) < 3:
        expected = "a line of names and at least 2 lines of cells"
        raise DescriptionError("data.csv", f"{len(rows)} lines", expected)
    table = _Table(rows[0], lines[1:], rows[1:])
    _check_shape(table)
    return table


def _check_shape(table: _Table) -> None:
    for index, name in enumerate(table.names):
        if not name or name in table.names[:index]:
            expected = "a name different from the others"
            raise DescriptionError(f"data.csv line 1, column {index + 1}", name, expected)
    for line, row in zip(table.lines, table.rows, strict=True):
        if len(row) != len(table.names):
            expected = f"{len(table.names)} cells, one for each name in line 1"
            raise DescriptionError(f"data.csv line {line}", f"{len(row)} cells", expected)


def _number(path: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        raise DescriptionError(path, cell, "a number") from None
    if not isfinite(number):
        raise DescriptionError(path, cell, "a finite number")
    return number


def _are_labels(cells: list[str]) -> bool:
    """Whether the cells of a target are words, or a few distinct whole numbers."""
    whole = all(cell.lstrip("+-").isdecimal() for cell in cells)
    if whole:
        return len(set(cells)) <= _MAX_CLASSES
    try:
        return not all(isfinite(float(cell)) for cell in cells)
    except ValueError:
        return True
