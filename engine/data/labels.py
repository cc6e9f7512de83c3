"""Tells labels from values, and missing labels from labels."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Floats, Labels
from engine.errors import DescriptionError

MAX_CLASSES = 20
"""Whole numbers with more distinct values than this are labels only if they count up."""
MIN_ROWS = 2
"""Least mean number of samples for each distinct whole number, if these are labels."""
MIN_ROWS_OF_MANY = 10
"""The same for more than MAX_CLASSES numbers that count up without a gap."""

_TWO_CLASSES = ({0.0, 1.0}, {1.0, 2.0}, {-1.0, 1.0})
_MISSING_TEXTS = ("", "nan", "<na>", "nat")
"""What NumPy and pandas make of a missing value in an array of texts, in lower case."""


def are_labels(values: Floats) -> bool:
    """Whether numbers (N,) are labels of classes: a few whole numbers that occur again and again.

    They are if they are 0 and 1, 1 and 2, or -1 and 1; if there are at most MAX_CLASSES of them,
    each with MIN_ROWS samples on average; or if they count up from 0 or 1 without a gap, each with
    MIN_ROWS_OF_MANY samples on average.
    """
    if not np.array_equal(values, np.round(values)):
        return False
    distinct = np.unique(values)
    count, rows = len(distinct), len(values)
    if any(pair.issuperset(distinct) for pair in _TWO_CLASSES):
        return True
    if count <= MAX_CLASSES:
        return count * MIN_ROWS <= rows
    counts_up = distinct[0] in (0.0, 1.0) and distinct[-1] - distinct[0] == count - 1
    return bool(counts_up) and count * MIN_ROWS_OF_MANY <= rows


def is_missing(value: Any) -> bool:
    """Whether a label is None, NaN, pandas' NA or NaT, or the text of one of them, or empty."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in _MISSING_TEXTS
    try:
        return bool(value != value)  # noqa: PLR0124 (only NaN and NaT differ from themselves)
    except (TypeError, ValueError):  # the comparison of pandas.NA is neither true nor false
        return True


def refuse_missing(path: str, labels: Sequence[Any], expected: str) -> None:
    """Raise the error of the first missing label, if there is one."""
    for index, label in enumerate(labels):
        if is_missing(label):
            raise DescriptionError(f"{path}[{index}]", label, expected)


def are_numbers(labels: Sequence[Any]) -> bool:
    """Whether there are labels, and all that are not missing are numbers: no texts, no booleans."""
    present = [label for label in labels if not is_missing(label)]
    return bool(present) and all(
        isinstance(label, Real) and not isinstance(label, bool | np.bool_) for label in present
    )


def numbered(labels: Sequence[Any]) -> tuple[Labels, tuple[str, ...]]:
    """Class numbers (N,) and the name of each class; classes are in the order of their values.

    Labels of several types are in the order of their names.

    Raises:
        DescriptionError: labels of different types have the same name, such as 1 and "1".
    """
    distinct: NDArray[Any]
    if len({type(label) for label in labels}) > 1 and not are_numbers(labels):
        names = [str(label) for label in labels]
        if len(set(names)) < len(set(labels)):
            raise DescriptionError(
                "data.targets", _same_name(labels), "a label with a name of its own"
            )
        distinct, numbers = np.unique(names, return_inverse=True)
    else:
        distinct, numbers = np.unique(np.array(labels), return_inverse=True)
    return numbers.astype(np.int64), tuple(str(label) for label in distinct)


def _same_name(labels: Sequence[Any]) -> Any:
    """The first label whose name is that of another label before it."""
    seen: dict[str, Any] = {}
    return next(label for label in labels if seen.setdefault(str(label), label) != label)
