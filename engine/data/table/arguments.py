"""What a user has decided about a table, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.dataset import Task
from engine.data.table.columns import Marks
from engine.data.table.inputs import MISSING_RULES, MissingRule
from engine.errors import DescriptionError


@dataclass(frozen=True)
class Wanted:
    """What the user has decided.

    Attributes:
        targets: names or positions of the columns to predict; empty for the last one.
        ignore, categories, numbers: names of columns.
        missing: the rule of each column; that of the others is under None.
        marks: decimal mark and thousands separator of each column; those of the others under None.
        day_first, task: as for `from_csv`.
    """

    targets: tuple[str | int, ...]
    ignore: tuple[str, ...]
    categories: tuple[str, ...]
    numbers: tuple[str, ...]
    missing: Mapping[str | None, MissingRule]
    marks: Mapping[str | None, Marks]
    day_first: bool | None
    task: Task | None

    @property
    def names(self) -> dict[str, str]:
        """The argument's path by each name of a column that the user gave."""
        paths: dict[str, str] = {}
        for path, given in (
            ("data.missing", [key for key in self.missing if key is not None]),
            ("data.decimal", [key for key in self.marks if key is not None]),
            ("data.numbers", self.numbers),
            ("data.categories", self.categories),
            ("data.ignore", self.ignore),
            ("data.target", [key for key in self.targets if isinstance(key, str)]),
        ):
            paths.update(dict.fromkeys(given, path))
        return paths


def wanted(
    *,
    target: str | int | None,
    targets: Sequence[str | int] | None,
    ignore: Sequence[str],
    categories: Sequence[str],
    numbers: Sequence[str],
    missing: object,
    decimal: str | Mapping[str, str] | None,
    thousands: str | None,
    day_first: bool | None,
    task: Task | None,
) -> Wanted:
    """The arguments of `from_csv` about columns.

    Raises:
        DescriptionError: an argument is unusable.
    """
    if task not in (None, "classification", "regression"):
        raise DescriptionError("data.task", task, "classification or regression")
    if day_first not in (None, True, False):
        raise DescriptionError("data.day_first", day_first, "True, False or None")
    return Wanted(
        targets=_targets(target, targets),
        ignore=_names("ignore", ignore),
        categories=_names("categories", categories),
        numbers=_names("numbers", numbers),
        missing=_rules(missing),
        marks=_marks(decimal, thousands),
        day_first=day_first,
        task=task,
    )


def _targets(
    target: str | int | None, targets: Sequence[str | int] | None
) -> tuple[str | int, ...]:
    if targets is None:
        return () if target is None else (target,)
    if target is not None:
        raise DescriptionError("data.target", target, "given together with targets: give one")
    if isinstance(targets, str) or not targets or len(set(targets)) < len(targets):
        raise DescriptionError("data.targets", targets, "a list of different columns")
    return tuple(targets)


def _names(field: str, given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise DescriptionError(f"data.{field}", given, "a list of names of columns")
    return tuple(given)


def cells_given(given: Sequence[str]) -> frozenset[str]:
    """The cells that are missing."""
    if isinstance(given, str) or not all(isinstance(cell, str) for cell in given):
        raise DescriptionError("data.missing_values", given, "a list of texts")
    return frozenset(cell.strip() for cell in given)


def _rules(given: object) -> dict[str | None, MissingRule]:
    rules: dict[Any, Any] = dict(given) if isinstance(given, Mapping) else {None: given}
    for column, rule in rules.items():
        if rule not in MISSING_RULES and not (rule is None and column is None):
            where = "data.missing" if column is None else f"data.missing[{column!r}]"
            raise DescriptionError(where, rule, f"one of {', '.join(MISSING_RULES)}")
    return {column: rule for column, rule in rules.items() if rule is not None}


def _marks(
    decimal: str | Mapping[str, str] | None, thousands: str | None
) -> dict[str | None, Marks]:
    if thousands not in (None, "", ".", ",", " ", "'", "_"):
        raise DescriptionError("data.thousands", thousands, "'', '.', ',', ' ', \"'\" or '_'")
    given: dict[Any, Any] = dict(decimal) if isinstance(decimal, Mapping) else {None: decimal}
    for column, mark in given.items():
        where = "data.decimal" if column is None else f"data.decimal[{column!r}]"
        if mark not in (".", ",") and not (mark is None and column is None):
            raise DescriptionError(where, mark, "'.' or ','")
        if mark == thousands and mark is not None:
            raise DescriptionError(where, mark, "different from the separator of thousands")
    given.setdefault(None, None)
    return {column: Marks(mark, thousands) for column, mark in given.items()}
