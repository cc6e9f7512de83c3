"""Dates as people write them, as days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from engine.data.table import numbers

Order = Literal["year", "day", "month"]
"""What stands first in a date."""

ORDERS: tuple[Order, ...] = ("year", "day", "month")
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d\d:?(?:\d\d)?)?)?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?:(?P=mark)(?P<day>\d{{1,2}}))?{_CLOCK}"
)
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second_>\d{{1,2}})(?P=mark)"
    rf"(?P<year>\d{{4}}|\d\d){_CLOCK}"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_NAMED = re.compile(
    rf"(?:(?P<day>\d{{1,2}})\.?[ -])?(?P<name>[A-Za-z]{{3}})[a-z]*\.?[ -]"
    rf"(?:(?P<later>\d{{1,2}}),? )?(?P<year>\d{{4}}){_CLOCK}"
)


@lru_cache(maxsize=8192)
def days(cell: str, order: Order) -> float | None:
    """The days from 1970-01-01 to a date with its parts in this order; None for other cells.

    A month without a day means its first day. Years of two digits are 1970 to 2069.
    """
    if numbers.is_plain(cell):
        return None
    found = _NAMED.fullmatch(cell)
    if found is not None:
        parts = found.groupdict()
        place = _MONTHS.find(parts["name"].lower())
        day = parts["day"] or parts["later"] or 1
        return None if place < 0 or place % 4 else _days(parts, place // 4 + 1, day)
    found = (_YEAR_FIRST if order == "year" else _YEAR_LAST).fullmatch(cell)
    if found is None:
        return None
    parts = found.groupdict()
    if order == "year":
        return _days(parts, parts["month"], parts["day"] or 1)
    day, month = parts["first"], parts["second_"]
    return _days(parts, day, month) if order == "month" else _days(parts, month, day)


def _days(parts: dict[str, str | None], month: str | int, day: str | int) -> float | None:
    year = int(parts["year"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    zone = re.sub(r"[Z:UTC]", "", parts["zone"] or "")
    hours = int(zone[:3] or 0) + (int(zone[3:] or 0) / 60) * (-1 if zone.startswith("-") else 1)
    try:
        moment = datetime(
            year, int(month), int(day), int(parts["hour"] or 0), int(parts["minute"] or 0),
            int(parts["second"] or 0), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None
    part = float(f"0.{parts['part'] or 0}")
    return (moment - _EPOCH) / _DAY + part / 86_400 - hours / 24


def is_date(cell: str) -> bool:
    """Whether a cell is a date in any order."""
    return not numbers.is_plain(cell) and any(days(cell, order) is not None for order in ORDERS)


def order_of(cells: Sequence[str], day_first: bool | None) -> tuple[Order, bool]:
    """The order in which most cells are dates, and whether the cells or the user decide it.

    Where they do not, such as for 01/02/2024, points mean that the day is first, and slashes that
    the month is.
    """
    counts = {order: sum(days(cell, order) is not None for cell in cells) for order in ORDERS}
    if counts["year"] >= max(counts.values()):
        return "year", True
    if day_first is not None:
        return ("day" if day_first else "month"), True
    if counts["day"] != counts["month"]:
        return ("day" if counts["day"] > counts["month"] else "month"), True
    return ("day" if any("." in cell for cell in cells) else "month"), False
