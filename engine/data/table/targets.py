"""From columns to the targets of a classification or a regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Floats, Labels
from engine.data.labels import MAX_CLASSES, are_labels
from engine.data.report import Decision
from engine.data.table import columns
from engine.data.table.arguments import Wanted
from engine.data.table.columns import Column, Marks, Reading
from engine.errors import DescriptionError


@dataclass(frozen=True)
class Answers:
    """The targets.

    Attributes:
        labels, values, classes: as in `Samples`.
        words: how the cells of each target were read.
        decision: on the task.
    """

    labels: Labels | None
    values: Floats | None
    classes: tuple[str, ...]
    words: tuple[str, ...]
    decision: Decision


def answers(goals: Sequence[Column], marks: Mapping[str, Marks], wanted: Wanted) -> Answers:
    """The targets in one or several columns, all of whose cells have a value.

    Raises:
        DescriptionError: a cell is not like the others, or the targets are neither numbers nor
            classes.
    """
    task = wanted.task
    if len(goals) > 1 and task == "classification":
        raise DescriptionError("data.task", task, "regression, which several targets make")
    if len(goals) > 1 or task == "regression":
        readings = [_reading(column, marks[column.name], wanted) for column in goals]
        evidence = "as given" if task else f"there are {len(goals)} targets"
        return _regression(readings, evidence)
    column = goals[0]
    if column.kind in ("category", "boolean"):
        return _words(column, wanted)
    reading = _reading(column, marks[column.name], wanted)
    count, rows = len(np.unique(reading.values)), len(reading.values)
    if task is None and (reading.unit or column.kind == "date" or not are_labels(reading.values)):
        return _regression([reading], f"{count} different {column.kind}s in {rows} rows")
    evidence = "as given" if task else f"{count} different whole numbers in {rows} rows"
    distinct, labels = np.unique(reading.values, return_inverse=True)
    return _classification(labels, _class_names(column, reading.values, distinct), evidence)


def _regression(readings: Sequence[Reading], evidence: str) -> Answers:
    values = [reading.values for reading in readings]
    return Answers(
        labels=None,
        values=values[0] if len(values) == 1 else np.column_stack(values),
        classes=(),
        words=tuple(reading.words for reading in readings),
        decision=Decision("task", "regression", evidence),
    )


def _classification(labels: NDArray[np.intp], names: Sequence[str], evidence: str) -> Answers:
    if len(names) < 2:
        raise DescriptionError("data.targets", f"{len(names)} class", "of at least 2 classes")
    return Answers(
        labels=labels.astype(np.int64),
        values=None,
        classes=tuple(map(str, names)),
        words=(f"{len(names)} classes",),
        decision=Decision("task", "classification", evidence),
    )


def _words(column: Column, wanted: Wanted) -> Answers:
    """A target whose cells are words."""
    classes, labels = np.unique(column.values, return_inverse=True)
    many = len(classes) > MAX_CLASSES and len(labels) < 2 * len(classes)
    if wanted.task is None and column.name not in wanted.categories and many:
        expected = (
            f"a number or a class: {len(classes)} of {len(labels)} cells of this column are "
            "different; for classes, pass task='classification'"
        )
        raise column.refusal(0, expected)
    evidence = "as given" if wanted.task else f"the target has {len(classes)} different words"
    return _classification(labels, classes.tolist(), evidence)


def _reading(column: Column, marks: Marks, wanted: Wanted) -> Reading:
    if column.kind == "date":
        return columns.read_dates(column, wanted.day_first)
    return columns.read_numbers(column, marks)


def _class_names(column: Column, numbers: Floats, distinct: Floats) -> tuple[str, ...]:
    """A name for each number: as the file writes it, if it does so in one way."""
    written = {
        value: {c for c, n in zip(column.cells, numbers, strict=True) if n == value}
        for value in distinct
    }
    return tuple(
        next(iter(cells)) if len(cells) == 1 else f"{value:.15g}"
        for value, cells in written.items()
    )
