"""Checks of a message's fields, derived from the annotations of a dataclass.

    unit: Literal["instruction", "step"] = "step"             # one of these words
    count: Annotated[int, Range(1, 100)] = 1                  # a whole number in 1..100
    layer: Annotated[str, Length(1, 64)] | None = None        # a text, or null
    names: Annotated[tuple[Annotated[str, Length(1, 64)], ...], MaxItems(8)]

Numbers need a `Range`, texts a `Length`, lists `MaxItems` or, if their length is fixed, `Items`.
A dataclass means an object with its fields. In place of a limit, an annotation may have a check of
its field: a function of path and value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from engine import is_number, is_whole
from server.wire.errors import Refusal, unknown

Check = Callable[[str, Any], Any]
"""(path of the field, its value) -> the value as the dataclass holds it, or a Refusal."""

MAX_NUMBER = 1e308
"""Largest magnitude of any number in a command."""


@dataclass(frozen=True)
class Range:
    """Bounds of a number, both inclusive; with `above`, the number has to be greater than `low`."""

    low: float
    high: float
    above: bool = False


@dataclass(frozen=True)
class Length:
    """Fewest and most characters of a text."""

    low: int
    high: int


@dataclass(frozen=True)
class MaxItems:
    """Most items of a list."""

    most: int


@dataclass(frozen=True)
class Items:
    """A list of fixed length; `words` describe its items, such as "two numbers"."""

    words: str


def checked_fields(kind: Any, content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Check an object of a message as the fields of a dataclass; omitted fields get defaults.

    Args:
        kind: the dataclass.
        prefix: path of the object with a dot, or "" for the message itself.

    Raises:
        Refusal: a field is unknown, missing or wrong.
    """
    known = field_checks(kind)
    for name in content:
        if name not in known:
            expected = unknown(name, known, "a field here")
            raise Refusal("unknown_field", f"{prefix}{name}", name, expected)
    values: dict[str, Any] = {}
    for name, (check, default) in known.items():
        if name in content:
            values[name] = check(f"{prefix}{name}", content[name])
        elif default is MISSING:
            raise missing(f"{prefix}{name}")
        else:
            values[name] = default
    return values


def missing(path: str) -> Refusal:
    """The refusal of a message without this field."""
    return Refusal("missing_field", path, None, "given", message=f"{path}: is missing")


@cache
def field_checks(kind: Any) -> dict[str, tuple[Check, Any]]:
    """Check and default (or MISSING) of every field of a dataclass."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: (check_of(hints[field.name]), field.default) for field in fields(kind)}


def check_of(hint: Any) -> Check:
    """The check that an annotation describes.

    Raises:
        TypeError: it describes none, such as an `int` without a `Range`.
    """
    if get_origin(hint) in (Union, UnionType):
        return _optional(*(part for part in get_args(hint) if part is not NoneType))
    base, limit = get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, None)
    if callable(limit):
        custom: Check = limit
        return custom
    if is_dataclass(base):
        return _record(base)
    make = _MAKERS.get((get_origin(base) or base, type(limit)))
    if make is None:
        raise TypeError(f"{hint!r} does not say how its values are checked")
    return make(base, limit)


def _optional(hint: Any) -> Check:
    check = check_of(hint)
    return lambda path, value: None if value is None else check(path, value)


def _record(kind: Any) -> Check:
    def check(path: str, value: Any) -> Any:
        return kind(**checked_fields(kind, any_object(path, value), f"{path}."))

    return check


def _boolean(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refusal("bad_value", path, value, "true or false")
    return value


def _choice(names: tuple[str, ...]) -> Check:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Refusal("bad_value", path, value, f"one of {', '.join(names)}")
        return value

    return check


def _whole_number(limit: Range) -> Check:
    low, high = int(limit.low), int(limit.high)

    def check(path: str, value: Any) -> int:
        if not is_whole(value, low, high):
            raise Refusal("bad_value", path, value, f"a whole number in {low}..{high}")
        return value

    return check


def _number(limit: Range) -> Check:
    if limit.high < MAX_NUMBER:
        first = "above" if limit.above else "from"
        expected = f"a number {first} {limit.low:g} up to {limit.high:g}"
    else:
        expected = f"a number within ±{MAX_NUMBER:g}"

    def check(path: str, value: Any) -> float:
        outside = not is_number(value, limit.low, limit.high)
        if outside or (limit.above and value == limit.low):
            raise Refusal("bad_value", path, value, expected)
        return float(value)

    return check


def _text(limit: Length) -> Check:
    how_long = f"{limit.low}..{limit.high}" if limit.low else f"at most {limit.high}"

    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or not limit.low <= len(value) <= limit.high:
            raise Refusal("bad_value", path, value, f"a text of {how_long} characters")
        return value

    return check


def _list(check_item: Check, limit: MaxItems) -> Check:
    def check(path: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit.most:
            raise Refusal("bad_value", path, value, f"a list of at most {limit.most}")
        return tuple(check_item(f"{path}[{i}]", item) for i, item in enumerate(value))

    return check


def _fixed_list(checks: tuple[Check, ...], limit: Items) -> Check:
    def check_items(path: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(checks):
            raise Refusal("bad_value", path, value, limit.words)
        items = enumerate(zip(checks, value, strict=True))
        return tuple(check(f"{path}[{i}]", item) for i, (check, item) in items)

    return check_items


def any_object(path: str, value: Any) -> dict[str, Any]:
    """Check that a value is an object, with any fields."""
    if not isinstance(value, dict):
        raise Refusal("bad_value", path, value, "an object")
    return value


def _mapping(hint: Any) -> Check:
    if hint is Any:
        return any_object
    check_item = check_of(hint)

    def check(path: str, value: Any) -> dict[str, Any]:
        content = any_object(path, value)
        return {name: check_item(f"{path}.{name}", item) for name, item in content.items()}

    return check


_MAKERS: dict[tuple[Any, type], Callable[[Any, Any], Check]] = {
    (bool, NoneType): lambda base, limit: _boolean,
    (Literal, NoneType): lambda base, limit: _choice(get_args(base)),
    (Mapping, NoneType): lambda base, limit: _mapping(get_args(base)[1]),
    (int, Range): lambda base, limit: _whole_number(limit),
    (float, Range): lambda base, limit: _number(limit),
    (str, Length): lambda base, limit: _text(limit),
    (tuple, MaxItems): lambda base, limit: _list(check_of(get_args(base)[0]), limit),
    (tuple, Items): lambda base, limit: _fixed_list(tuple(map(check_of, get_args(base))), limit),
}
"""(type, type of its limit) -> a function that makes the check from type and limit."""
