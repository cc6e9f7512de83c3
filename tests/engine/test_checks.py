"""Whole and finite numbers are told from everything else that a user may write."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from engine.checks import MAX_FLOAT, is_number, is_whole


@pytest.mark.parametrize("value", [0, 3, 7])
def test_whole_numbers_within_bounds_are_accepted(value: int) -> None:
    assert is_whole(value, 0, 7)
    assert is_whole(value, 0)
    assert is_number(value, 0, 7)


@pytest.mark.parametrize("value", [-1, 8, 10**400, 3.0, True, False, "3", None, [3], np.int64(3)])
def test_nothing_else_is_a_whole_number_within_bounds(value: object) -> None:
    assert not is_whole(value, 0, 7)


@pytest.mark.parametrize("value", [0.0, 2.5, 7, np.float64(1.5)])
def test_finite_numbers_within_bounds_are_accepted(value: float) -> None:
    assert is_number(value, 0.0, 7.0)
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [nan, inf, -inf, 10**400, -(10**400), True, "2.5", None, 1j, np.zeros(1)]
)
def test_what_is_not_finite_is_no_number(value: object) -> None:
    assert not is_number(value)
    assert not is_number(value, 0.0)


def test_both_bounds_are_included() -> None:
    assert is_number(MAX_FLOAT)
    assert not is_number(-0.001, 0.0)
    assert not is_number(7.001, 0.0, 7.0)
