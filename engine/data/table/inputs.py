"""From a column to inputs of a network: numbers, words as one-hot, missing cells filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Floats
from engine.data.table.columns import Column, Marks, read_booleans, read_dates, read_numbers

MissingRule = Literal["drop", "mean", "category", "error"]
MISSING_RULES: tuple[MissingRule, ...] = get_args(MissingRule)

MAX_CATEGORIES = 50
"""Most different words of a column that become inputs unless the user says so."""
FEW_CATEGORIES = 5
"""Words that may all be different; more of them are names, if each occurs less than twice."""


@dataclass(frozen=True)
class Inputs:
    """The inputs that a column becomes.

    Attributes:
        names: a name for each.
        values: (N, K), NaN where the cell is missing.
        are_indicators: whether they are 0 or 1.
        words: how the cells were read.
    """

    names: tuple[str, ...]
    values: Floats
    are_indicators: bool
    words: str


def tells_apart(column: Column) -> bool:
    """Whether the words of a column are too many for inputs, such as names or remarks."""
    values = column.values
    count = len(set(values))
    return count > MAX_CATEGORIES or (count > FEW_CATEGORIES and len(values) < 2 * count)


def inputs_of(column: Column, marks: Marks, day_first: bool | None) -> Inputs:
    """The inputs of a column that has cells with a value.

    Raises:
        DescriptionError: a cell is not like the others.
    """
    if column.kind in ("number", "date"):
        is_date = column.kind == "date"
        reading = read_dates(column, day_first) if is_date else read_numbers(column, marks)
        one = reading.values[:, np.newaxis]
        return Inputs((column.name,), one, are_indicators=False, words=reading.words)
    if column.kind == "boolean":
        truth, word = read_booleans(column)
        told = f"1 for {word!r}, else 0"
        name = f"{column.name} = {word}"
        return Inputs((name,), truth[:, np.newaxis], are_indicators=True, words=told)
    classes, numbers = np.unique(column.values, return_inverse=True)
    values = np.full((len(column.cells), len(classes)), np.nan)
    values[column.present] = np.eye(len(classes))[numbers]
    names = tuple(f"{column.name} = {word}" for word in classes)
    return Inputs(
        names,
        values,
        are_indicators=True,
        words=f"{len(classes)} different word{'s' * (len(classes) != 1)}, one-hot",
    )


def filled(
    column: Column, inputs: Inputs, rule: MissingRule, train_rows: NDArray[np.int64]
) -> Inputs:
    """Inputs with a number in place of each missing cell.

    ``mean`` is the mean of the training part. ``category`` adds an input that is 1 where the cell
    is missing; the others are then 0 if they are one-hot, and else the mean.
    """
    absent = np.isnan(inputs.values[:, 0])
    if not absent.any():
        return inputs
    known = inputs.values[train_rows][~absent[train_rows]]
    mean = (known if len(known) else inputs.values[~absent]).mean(axis=0)
    if rule == "mean":
        values = np.where(absent[:, np.newaxis], mean, inputs.values)
        return Inputs(inputs.names, values, inputs.are_indicators, inputs.words)
    fill = np.zeros_like(mean) if column.kind == "category" else mean
    values = np.where(absent[:, np.newaxis], fill, inputs.values)
    return Inputs(
        (*inputs.names, f"{column.name} is missing"),
        np.column_stack([values, absent.astype(np.float64)]),
        inputs.are_indicators,
        inputs.words,
    )


def indicators(parts: Sequence[Inputs]) -> tuple[int, ...]:
    """The numbers of the inputs that are 0 or 1, over all columns."""
    found: list[int] = []
    start = 0
    for inputs in parts:
        for offset, name in enumerate(inputs.names):
            if inputs.are_indicators or name.endswith(" is missing"):
                found.append(start + offset)
        start += len(inputs.names)
    return tuple(found)
