"""A table of one's own, as comma-separated values."""

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
_CLASSES = 20
"""Whole numbers that take no more different values than this are taken for labels."""


@dataclass(frozen=True)
class _Table:
    """Cells as text.

    Attributes:
        names: of the columns.
        lines: the line of the text each row ends in.
        rows: as many cells each as there are names.
    """

    names: list[str]
    lines: list[int]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def numbers(self, name: str) -> list[float]:
        """The column's numbers.

        Raises:
            DescriptionError: one of its cells is none; the path names line and column.
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
    """A data set of a table whose first line names its columns.

    Args:
        source: the text itself, or the path of a file of it (UTF-8). Cells are separated by
            commas, semicolons or tabs, whichever the first line has most of.
        target: the column to predict; the last if None. All others are inputs and must be
            numbers with a decimal point.
        ignore: columns to leave out.
        task: if None, a classification if the target has words, or up to 20 different whole
            numbers; else a regression.
        test_fraction, seed, standardise, name, title: as of `from_arrays`.

    Raises:
        DescriptionError: a cell, line or column that cannot be used; the path names it.
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
    for place, name in enumerate(table.names):
        if not name or name in table.names[:place]:
            expected = "a name different from the others"
            raise DescriptionError(f"data.csv line 1, column {place + 1}", name, expected)
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
    """Whether the target's cells are words, or a few whole numbers."""
    whole = all(cell.lstrip("+-").isdecimal() for cell in cells)
    if whole:
        return len(set(cells)) <= _CLASSES
    try:
        return not all(isfinite(float(cell)) for cell in cells)
    except ValueError:
        return True
