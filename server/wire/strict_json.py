"""Strict JSON: limited in size and depth, no field twice in an object, every number finite.

Pure: no sockets. Reading takes two steps, `parse_object` and `plain`, so that a message that is
refused in the second one can still be answered with the id that was read in the first.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

from server.wire.errors import MAX_FIELD, Refusal, shortened

MAX_MESSAGE_BYTES = 65_536
MAX_LOG_BYTES = 1_000_000
"""Most bytes of a log of edits as JSON; in a message it may be compressed."""
MAX_DEPTH = 16
MAX_INTEGER_DIGITS = 300
"""Digits of a whole number above which it is tested for being beyond the range of floats."""


def encode_message(content: Mapping[str, Any]) -> str:
    """An event or an answer as JSON text.

    Raises:
        ValueError: a number is not finite; the caller has to replace it by None.
    """
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


class Pairs(tuple[tuple[str, Any], ...]):
    """The fields of an object in the order of the message; a name may occur more than once."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "{…}"


def parse_object(message: str | bytes) -> Pairs:
    """The object that a message holds. Its values are checked by `plain`.

    Raises:
        Refusal: the message is binary, too large, too deep, not JSON or not an object.
    """
    if isinstance(message, bytes):
        reason = "A binary message is not a command: commands are text."
        raise Refusal("binary", "", f"{len(message)} bytes", "text", message=reason)
    size = len(message.encode("utf-8", "surrogatepass"))
    if size > MAX_MESSAGE_BYTES:
        reason = f"The message has {size} bytes; the most allowed is {MAX_MESSAGE_BYTES}."
        raise Refusal("too_large", "", size, f"at most {MAX_MESSAGE_BYTES} bytes", message=reason)
    content = _parse(message)
    if not isinstance(content, Pairs):
        raise Refusal("not_object", "", content, "a JSON object")
    return content


def plain(path: str, value: Any) -> Any:
    """`value` with dicts in place of `Pairs`.

    Args:
        path: path of the value in the message; `""` for the whole message.

    Raises:
        Refusal: a field occurs twice in an object, or a number is not finite.
    """
    if isinstance(value, Pairs):
        return _plain_object(path, value)
    if isinstance(value, list):
        path = shortened(path, MAX_FIELD)
        return [plain(f"{path}[{i}]", item) for i, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal("not_finite", path, value, "a finite number")
    return value


def parse_compressed(path: str, value: str) -> dict[str, Any]:
    """The object in a text: JSON, compressed by zlib, in base 64.

    Raises:
        Refusal: the text is something else, too large (MAX_LOG_BYTES), or its JSON is not strict.
    """
    content = _parse(_decompressed(path, value))
    if not isinstance(content, Pairs):
        raise Refusal("bad_value", path, "compressed JSON", "an object")
    return _plain_object(path, content)


def _plain_object(path: str, pairs: Pairs) -> dict[str, Any]:
    content: dict[str, Any] = {}
    path = shortened(path, MAX_FIELD)  # copying a long path for each of many fields is slow
    for name, value in pairs:
        where = f"{path}.{name}" if path else name
        if name in content:
            raise Refusal("bad_value", where, value, "the field's only value")
        content[name] = plain(where, value)
    return content


def _parse(text: str) -> Any:
    if _depth(text) > MAX_DEPTH:
        reason = f"The message is nested more than {MAX_DEPTH} levels deep."
        raise Refusal("too_deep", "", None, f"at most {MAX_DEPTH} levels", message=reason)
    try:
        return json.loads(text, parse_constant=float, parse_int=_integral, object_pairs_hook=Pairs)
    except json.JSONDecodeError as error:
        expected = f"JSON (it is wrong from character {error.pos + 1} on)"
        raise Refusal("not_json", "", text, expected) from error


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def _depth(text: str) -> int:
    """Depth to which brackets nest outside strings; 0 if there are too few to be too deep."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _integral(literal: str) -> int | float:
    """The whole number; infinite if it is beyond the range of floats."""
    if len(literal) > MAX_INTEGER_DIGITS and math.isinf(float(literal)):
        return float(literal)
    return int(literal)


def _decompressed(path: str, value: str) -> str:
    decompressor = zlib.decompressobj()
    try:
        data = decompressor.decompress(base64.b64decode(value, validate=True), MAX_LOG_BYTES)
        if decompressor.unconsumed_tail:
            raise Refusal("bad_value", path, value, f"a log of at most {MAX_LOG_BYTES:,} bytes")
        return data.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise Refusal("bad_value", path, value, "base 64 of JSON compressed by zlib") from error
