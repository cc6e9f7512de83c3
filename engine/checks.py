"""Checks of single values that a user wrote: whole numbers and finite numbers within bounds."""

from __future__ import annotations

import sys
from math import inf
from typing import TypeGuard

MAX_FLOAT = sys.float_info.max


def is_whole(value: object, low: int, high: float = inf) -> TypeGuard[int]:
    """Whether `value` is an int from `low` to `high`, both included. True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_number(value: object, low: float = -inf, high: float = inf) -> TypeGuard[float]:
    """Whether `value` is a finite int or float from `low` to `high`, both included.

    NaN, True and False are not, nor are ints too large for a float.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return max(low, -MAX_FLOAT) <= value <= min(high, MAX_FLOAT)
