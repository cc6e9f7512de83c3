"""Numbers as people write them: decimal comma, thousands separators, units, signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_MINUS = str.maketrans(dict.fromkeys("−–‐‑", "-"))
_SPACES = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})

_SYMBOLS = "$€£¥₹₽₩₺₫₴₦฿₱₪¢"
_CODES = (
    "EUR USD GBP CHF JPY CNY INR AUD CAD NZD SEK NOK DKK PLN CZK HUF RUB BRL KRW TRY MXN ZAR SGD"
)
_WORDS = "Euro Fr. kr zł Rs. Rs Kč Ft"
_UNITS = (
    "kg g mg µg t lb lbs oz km m dm cm mm µm nm mi ft in km² m² cm² mm² ha m³ cm³ m2 km2 cm2 m3 cm3"
    " l dl cl ml mL h hr hrs min mins s sec ms µs ns K °C °F ° W kW MW kWh MWh V mV mA Hz kHz MHz"
    " GHz kJ kcal cal kN Pa hPa kPa bar mbar kB KB MB GB TB bit px dB mph km/h m/s mmHg mg/dl mg/dL"
    " mmol/l mmol/L pts years year yrs yr days day hours"
)
_SAME = {"EUR": "€", "Euro": "€", "USD": "$", "US$": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}


def _either(words: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words.split(), key=len, reverse=True))


_CURRENCY = rf"(?:[A-Z]{{0,3}}[{_SYMBOLS}]|{_either(_CODES)}|{_either(_WORDS)})"
_CELL = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+-]?)\s*"
    rf"(?P<body>[.,]?\d(?:[\d.,'_ ]*\d)?[.,]?)(?:[eE](?P<exponent>[+-]?\d+))?"
    rf"\s*(?P<after>%|‰|{_CURRENCY}|{_either(_UNITS)})?(?P<trailing>-?)"
)
_PLAIN = re.compile(r"(-?)([0-9]+(?:\.[0-9]*)?)(?:[eE]([+-]?[0-9]+))?")
"""A number as programs write it: the fast way through large tables."""
_INFINITE = re.compile(r"[+-]?\s*(?:inf(?:inity)?|∞)", re.IGNORECASE)
_PARTS = {"%": 2, "‰": 3}
"""Powers of ten that a sign divides by."""
_CURRENCIES = re.compile(_CURRENCY)


@dataclass(frozen=True)
class Piece:
    """A cell that looks like a number.

    Attributes:
        negative: whether it has a minus sign, or parentheses as in accounts.
        body: its digits with decimal marks and thousands separators, such as ``1.234,5``.
        exponent: the power of ten, as written.
        unit: its currency, unit or percent sign, or "".
    """

    negative: bool
    body: str
    exponent: str
    unit: str

    @property
    def is_finite(self) -> bool:
        return self.body != "inf"


@lru_cache(maxsize=4096)
def piece(cell: str) -> Piece | None:
    """The parts of a cell that is a number in one format or another; None for other cells."""
    plain = _PLAIN.fullmatch(cell)
    if plain is not None:
        return Piece(bool(plain[1]), plain[2], plain[3] or "", "")
    text = cell.translate(_MINUS).translate(_SPACES).strip()
    if not any(character.isdecimal() for character in text):
        return Piece(text.startswith("-"), "inf", "", "") if _INFINITE.fullmatch(text) else None
    in_brackets = text.startswith("(") and text.endswith(")")
    found = _CELL.fullmatch(text[1:-1].strip() if in_brackets else text)
    if found is None:
        return None
    sign, before, inner, body, exponent, after, trailing = found.groups(default="")
    signs = [mark for mark in (sign, inner, trailing) if mark]
    if len(signs) + in_brackets > 1 or (before and after):
        return None
    unit = before or after
    negative = in_brackets or ("-" in signs and not (trailing and body[-1] in ".,"))  # as in 5,-
    number = Piece(negative, body, exponent, _SAME.get(unit, unit))
    return number if fitting([number], POINT_FORMATS + COMMA_FORMATS) else None


def is_plain(cell: str) -> bool:
    """Whether a cell is a number as programs write it, and nothing else."""
    return _PLAIN.fullmatch(cell) is not None


def is_currency(unit: str) -> bool:
    """Whether a unit is a currency, which people leave out in some cells."""
    return _CURRENCIES.fullmatch(unit) is not None


@dataclass(frozen=True)
class Format:
    """How the numbers of a column are written.

    Attributes:
        decimal: the decimal mark, "." or ",".
        thousands: the separator of groups of digits; "" if there is none.
    """

    decimal: str
    thousands: str

    def value(self, number: Piece) -> float | None:
        """The number, in parts of one if it is a percentage; None if it is written otherwise."""
        if not number.is_finite:
            return float("-inf") if number.negative else float("inf")
        whole, _, fraction = number.body.partition(self.decimal)
        if self.thousands and self.thousands in whole:
            if not _grouped(self.thousands).fullmatch(whole):
                return None
            whole = whole.replace(self.thousands, "")
        if not (whole + fraction).isdecimal():
            return None
        power = int(number.exponent or 0) - _PARTS.get(number.unit, 0)
        value = float(f"{whole or 0}.{fraction or 0}e{power}")
        return -value if number.negative else value


@lru_cache(maxsize=16)
def _grouped(thousands: str) -> re.Pattern[str]:
    """Whole numbers in groups of three digits, or with a comma as in India: 12,34,567."""
    mark = re.escape(thousands)
    indian = rf"|[1-9]\d?(?:{mark}\d\d)+{mark}\d{{3}}" if thousands == "," else ""
    return re.compile(rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+{indian}")


POINT_FORMATS = tuple(Format(".", thousands) for thousands in ("", ",", " ", "'", "_"))
COMMA_FORMATS = tuple(Format(",", thousands) for thousands in ("", ".", " ", "'", "_"))


def fitting(pieces: Sequence[Piece], formats: Sequence[Format]) -> Format | None:
    """The first of the formats in which all the numbers are written."""
    bodies = {number.body: number for number in pieces}.values()
    for form in formats:
        if all(form.value(number) is not None for number in bodies):
            return form
    return None


def best(pieces: Sequence[Piece], formats: Sequence[Format]) -> Format:
    """The first of the formats in which most of the numbers are written."""
    return max(formats, key=lambda form: sum(form.value(one) is not None for one in pieces))


def has_marks(pieces: Sequence[Piece]) -> bool:
    """Whether any number has a point or a comma."""
    return any("." in number.body or "," in number.body for number in pieces)


def by_groups(pieces: Sequence[Piece]) -> bool | None:
    """Whether a lone mark before three digits, as in 1,234, separates thousands.

    If it does, then numbers without it are below 1,000. None if there are no such numbers.
    """
    plain = [number.body for number in pieces if number.body.isdecimal()]
    return all(len(body) <= 3 for body in plain) if plain else None
