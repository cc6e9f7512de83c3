"""From the cells of a table to samples: which columns and rows are used, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.data.assembly import Samples, random_split
from engine.data.report import CellKind, ColumnReport, Decision, Report, Role
from engine.data.table import columns
from engine.data.table.arguments import Wanted
from engine.data.table.columns import Column, Marks
from engine.data.table.inputs import (
    Inputs,
    MissingRule,
    filled,
    indicators,
    inputs_of,
    tells_apart,
)
from engine.data.table.layout import Table
from engine.data.table.missing import Missing
from engine.data.table.source import PATH
from engine.data.table.targets import answers
from engine.errors import DescriptionError

MAX_DROPPED = 0.2
"""Most rows that are left out because an input is missing, unless the user says so. If more would
be, missing cells are filled."""


def samples_of(
    table: Table, wanted: Wanted, absent: Missing, test_fraction: float, seed: int
) -> Samples:
    """The samples of a table with the report of how it was read.

    Raises:
        DescriptionError: a cell, a column or an argument is unusable.
    """
    _check_wanted(table.names, wanted)
    every, reports = _columns(table, wanted, absent)
    goals = _goals(table.names, every, wanted)
    others = [column for column in every if column not in goals]
    reasons = {column.name: reason for column in others if (reason := _why_not(column, wanted))}
    inputs = [column for column in others if column.name not in reasons]
    rows, dropping = _rows_kept(table, goals, inputs, wanted)
    for column in inputs:
        if not column.kept(rows).values:
            reasons[column.name] = "no row that is used has a value"
    inputs = [column for column in inputs if column.name not in reasons]
    if not inputs:
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        expected = f"a table with a column beside the target{' that can be used' * bool(told)}"
        raise DescriptionError(PATH, told or ", ".join(filter(None, table.names)), expected)
    marks = _marks_of(wanted, [*inputs, *goals], table.separator)
    train_rows, test_rows = random_split(len(rows), test_fraction, seed)
    parts: list[Inputs] = []
    for column in inputs:
        kept = column.kept(rows)
        part = inputs_of(kept, marks[column.name], wanted.day_first)
        parts.append(filled(kept, part, _rule(column, wanted), train_rows))
        same = len({tuple(row) for row in part.values[kept.present]}) == 1
        words = part.words + (", all the same: nothing to learn from" if same else "")
        reports[column.name] = _report(column, "input", words)
    found = answers([column.kept(rows) for column in goals], marks, wanted)
    for column, words in zip(goals, found.words, strict=True):
        reports[column.name] = _report(column, "target", words)
    for column in others:
        if column.name in reasons:
            reports[column.name] = _report(column, "left out", reasons[column.name])
    names, used = tuple(column.name for column in goals), set(rows)
    return Samples(
        points=np.column_stack([part.values for part in parts]),
        labels=found.labels,
        values=found.values,
        column_names=tuple(name for part in parts for name in part.names),
        class_names=found.classes,
        target_name=", ".join(names),
        target_names=names,
        indicators=indicators(parts),
        parts=(train_rows, test_rows),
        report=Report(
            rows=len(table.rows),
            used=len(rows),
            dropped=tuple(line for i, line in enumerate(table.lines) if i not in used),
            decisions=(*table.decisions, *dropping, found.decision),
            columns=tuple(reports[_key(table.names, i)] for i in range(len(table.names))),
        ),
    )


def _check_wanted(names: Sequence[str], wanted: Wanted) -> None:
    for name, path in wanted.names.items():
        if name not in names or not name:
            raise DescriptionError(path, name, f"one of {', '.join(filter(None, names))}")
    for position in wanted.targets:
        if isinstance(position, bool) or not isinstance(position, str | int):
            raise DescriptionError("data.target", position, "the name or position of a column")
        if isinstance(position, int) and not -len(names) <= position < len(names):
            expected = f"a position in {-len(names)}..{len(names) - 1}"
            raise DescriptionError("data.target", position, expected)


def _key(names: Sequence[str], index: int) -> str:
    """The name of a column, or its position if it has none."""
    return names[index] or f"column {index + 1}"


def _columns(
    table: Table, wanted: Wanted, absent: Missing
) -> tuple[list[Column], dict[str, ColumnReport]]:
    """The columns with a name, and a report of those without."""
    every: list[Column] = []
    reports: dict[str, ColumnReport] = {}
    for index, cells in enumerate(zip(*table.rows, strict=True)):
        name = table.names[index]
        if not name:
            key = _key(table.names, index)
            words = "it has no name, and numbers or names the rows" if any(cells) else "it is empty"
            reports[key] = ColumnReport(key, "left out", "empty", 0, words)
            continue
        kind: CellKind | None = None
        if name in wanted.categories:
            kind = "category"
        elif name in wanted.numbers:
            kind = "number"
        column = columns.column_of(name, table.lines, cells, absent, kind)
        every.append(column if column.values else replace(column, kind="empty"))
    return every, reports


def _goals(names: Sequence[str], every: Sequence[Column], wanted: Wanted) -> list[Column]:
    """The columns to predict."""
    by_name = {column.name: column for column in every}
    if not wanted.targets:
        usable = [column for column in every if column.name not in wanted.ignore]
        if not usable:
            raise DescriptionError(PATH, ", ".join(names), "a table with a column to predict")
        if usable[-1].kind == "empty":
            name, expected = usable[-1].name, "a column with values; name another target"
            raise DescriptionError("data.target", name, expected)
        return [usable[-1]]
    goals = []
    for target in wanted.targets:
        name = target if isinstance(target, str) else names[target]
        if name not in by_name or by_name[name].kind == "empty":
            raise DescriptionError("data.target", target, "a column with values")
        goals.append(by_name[name])
    if len({column.name for column in goals}) < len(goals):
        raise DescriptionError("data.targets", list(wanted.targets), "a list of different columns")
    return goals


def _why_not(column: Column, wanted: Wanted) -> str:
    """Why a column is no input; "" if it is one."""
    if column.name in wanted.ignore:
        return "as given in ignore"
    if column.kind == "empty":
        return "no cell has a value"
    if column.kind == "category" and column.name not in wanted.categories and tells_apart(column):
        different = len(set(column.values))
        return f"{different} different words in {len(column.values)} cells; categories overrules it"
    return ""


def _report(column: Column, role: Role, words: str) -> ColumnReport:
    gone = [column.cells[index] for index in sorted(column.empty)]
    if gone and role != "left out":
        shown = ", ".join(map(repr, sorted(set(gone))))
        verb = "is" if len(gone) == 1 else "are"
        words += f"; {len(gone)} of {len(column.cells)} cells {verb} missing ({shown})"
    return ColumnReport(column.name, role, column.kind, len(gone), words)


# Missing cells -----------------------------------------------------------------------------------


def _rule(column: Column, wanted: Wanted) -> MissingRule:
    """What fills the missing cells of a column, if its rows are not left out."""
    given = wanted.missing.get(column.name, wanted.missing.get(None))
    return given or ("mean" if column.kind in ("number", "date") else "category")


def _rows_kept(
    table: Table, goals: Sequence[Column], inputs: Sequence[Column], wanted: Wanted
) -> tuple[list[int], list[Decision]]:
    """The indices of the rows that are used, and the decision on the others."""
    without_target = frozenset[int]().union(*(column.empty for column in goals))
    dropping: set[int] = set(without_target)
    undecided: list[Column] = []
    for column in inputs:
        rule = wanted.missing.get(column.name, wanted.missing.get(None))
        if rule == "error" and column.empty:
            expected = "a value; missing='drop', 'mean' or 'category' would do without it"
            raise column.refusal(min(column.empty), expected)
        if rule == "drop":
            dropping |= column.empty
        elif rule is None and column.empty:
            undecided.append(column)
    decisions = []
    gaps = frozenset[int]().union(*(column.empty for column in undecided)) - without_target
    fewer = len(table.rows) - len(without_target)
    drop = len(gaps) <= MAX_DROPPED * fewer
    if drop:
        dropping |= gaps
    if gaps:
        evidence = f"an input is missing in {len(gaps)} of {fewer} rows"
        value: object = "drop"
        if not drop:
            value = {column.name: _rule(column, wanted) for column in undecided}
        decisions.append(Decision("missing", value, evidence))
    elif wanted.missing:
        given = wanted.missing.get(None) if set(wanted.missing) == {None} else dict(wanted.missing)
        decisions.append(Decision("missing", given, "as given"))
    rows = [index for index in range(len(table.rows)) if index not in dropping]
    if len(rows) < 2:
        said = f"{len(rows)} row{'s' * (len(rows) != 1)} without missing cells"
        expected = "at least 2; missing='mean' or 'category' keeps rows whose inputs are missing"
        raise DescriptionError(PATH, said, expected)
    return rows, decisions


def _marks_of(wanted: Wanted, used: Sequence[Column], separator: str) -> dict[str, Marks]:
    """The decimal mark and thousands separator of each column, as far as they are known."""
    found = {columns.decisive_mark(column) for column in used if column.kind == "number"} - {None}
    elsewhere = next(iter(found)) if len(found) == 1 else None
    result = {}
    for column in used:
        hint = elsewhere
        if not found and separator == ";" and not any("." in cell for cell in column.values):
            hint = ","  # spreadsheets separate cells by semicolons where the comma is the mark
        result[column.name] = replace(
            wanted.marks.get(column.name, wanted.marks[None]), elsewhere=hint
        )
    return result
