"""Refusals of messages and descriptions: a code, the field, its value, what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal

Code = Literal[
    "not_json",
    "not_object",
    "binary",
    "too_large",
    "too_deep",
    "too_fast",
    "not_finite",
    "unknown_type",
    "unknown_field",
    "missing_field",
    "bad_value",
    "bad_description",
    "bad_expression",
    "wrong_protocol",
    "no_hello",
    "not_configured",
    "too_many_sessions",
    "too_many_viewers",
    "worker_restarted",
    "internal",
]

MAX_VALUE = 80
"""Most characters of a refused value that are sent back."""
MAX_FIELD = 200
"""Most characters of the path of a refused field."""
MAX_NAMES = 20
"""Most names that are listed in place of an unknown one."""


class Refusal(Exception):
    """A command cannot be carried out.

    Attributes:
        code: the kind of error, for programs.
        field: path of the field, e.g. ``layers[2].units``, or ``""``.
        value: the refused value, shortened.
        expected: what would have been accepted, worded to follow "is not".
        message: the error in a sentence.
        id: id of the command, or None if unknown.
    """

    def __init__(
        self,
        code: Code,
        field: str = "",
        value: object = None,
        expected: str = "",
        *,
        message: str = "",
        id: int | None = None,
    ) -> None:
        self.code = code
        self.field = shortened(field, MAX_FIELD)
        self.value = brief(value)
        self.expected = expected
        self.id = id
        where = f"{self.field}: " if field else ""
        self.message = message or f"{where}{in_words(value)} is not {expected}"
        super().__init__(self.message)

    def fields(self) -> dict[str, Any]:
        """The fields of an error answer or event, except its type and id."""
        return {
            "code": self.code,
            "field": self.field,
            "value": self.value,
            "expected": self.expected,
            "message": self.message,
        }


def brief(value: object) -> Any:
    """A JSON value that represents `value` in at most MAX_VALUE characters."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    if isinstance(value, dict):
        return "an object"
    return shortened(value if isinstance(value, str) else _listed(value), MAX_VALUE)


def shortened(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis: at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _listed(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) > MAX_VALUE:
        return f"a list of {len(value)}"
    if isinstance(value, int):
        return f"a whole number of {value.bit_length()} bits"
    return repr(value)


def in_words(value: object) -> str:
    """`value` as it appears in a sentence."""
    shown = brief(value)
    if isinstance(value, str):
        return repr(shown)
    if shown is None or isinstance(shown, bool):
        return {None: "null", True: "true", False: "false"}[shown]
    return str(shown)


def unknown(field: str, known: Iterable[str], noun: str) -> str:
    """What was expected in place of an unknown name: `noun` with the nearest name, or with all."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(field.casefold(), names, n=1, cutoff=0.6)
    if near:
        return f"{noun}; the nearest is {names[near[0]]!r}"
    more = ", …" if len(names) > MAX_NAMES else ""
    listed = ", ".join(list(names.values())[:MAX_NAMES])
    return f"{noun}; there are {listed}{more}" if names else noun
