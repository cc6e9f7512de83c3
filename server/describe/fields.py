"""Checks of single fields of a description; a refusal names the path of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from typing import Any

import engine
from server.wire.errors import Refusal, unknown

MAX_NUMBER = 1e30
"""Largest magnitude of any number in a description; within the range of float32."""

Description = dict[str, Any]
"""A complete description, or an object in one; see docs/protocol.md."""


def known_fields(path: str, given: object, known: Sequence[str]) -> Description:
    """Check that `given` is an object with no fields other than the `known` ones."""
    if not isinstance(given, dict):
        raise Refusal("bad_description", path or "description", given, "an object")
    for name in given:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            raise Refusal("unknown_field", where, name, unknown(str(name), known, "a field here"))
    return given


def choice(path: str, value: object, names: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in names:
        raise Refusal("bad_description", path, value, f"one of {', '.join(names)}")
    return value


def integer(path: str, value: object, low: int, high: int) -> int:
    if not engine.is_whole(value, low, high):
        raise Refusal("bad_description", path, value, f"in {low}..{high}")
    return value


def number(path: str, value: object) -> float:
    if not engine.is_number(value, -MAX_NUMBER, MAX_NUMBER):
        raise Refusal("bad_description", path, value, f"a number within ±{MAX_NUMBER:g}")
    return float(value)


def boolean(path: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal("bad_description", path, value, "true or false")
    return value


def list_of(path: str, value: object, low: int, high: int, noun: str) -> list[Any]:
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise Refusal("bad_description", path, value, f"a list of {low}..{high} {noun}")
    return value


def initializer(path: str, given: object) -> str | Description:
    """Check an initializer: a name, or {"kind", "value"} with a value that sets its scale."""
    if isinstance(given, str):
        return choice(path, given, engine.INITIALIZERS)
    content = known_fields(path, given, ("kind", "value"))
    if "kind" not in content:
        expected = f"one of {', '.join(engine.INITIALIZERS)}"
        raise Refusal("bad_description", f"{path}.kind", None, expected)
    kind = choice(f"{path}.kind", content["kind"], engine.INITIALIZERS)
    if content.get("value") is None:
        return kind
    return {"kind": kind, "value": number(f"{path}.value", content["value"])}


def chosen_kind(
    path: str, given: object, kinds: Mapping[str, type[Any]], every: Sequence[str]
) -> tuple[str, Description]:
    """The kind that an object names, or the first one, and the object.

    Args:
        every: fields of all kinds; the caller checks which of them this kind has.
    """
    content = known_fields(path, given, ("kind", *every))
    kind = choice(f"{path}.kind", content.get("kind", next(iter(kinds))), tuple(kinds))
    return kind, content


def defaults(rule: type[Any]) -> Description:
    """The defaults of a dataclass in which every field has one."""
    return {field.name: field.default for field in dataclass_fields(rule)}
