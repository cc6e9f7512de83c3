"""Messages: commands as typed values, strictly parsed; events and answers as JSON text.

Pure: no sockets, no clocks, no engine. Everything is described in docs/protocol.md. The binary
frames are in `server.frames`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from server.errors import LONGEST_FIELD, Refusal, shortened, unknown
from server.frames import Dtype, decode_frame, encode_frame

__all__ = [
    "MAX_DEPTH",
    "MAX_MESSAGE_BYTES",
    "PROTOCOL",
    "Command",
    "decode_frame",
    "encode_frame",
    "encode_message",
    "parse_command",
]

PROTOCOL = 1
MAX_MESSAGE_BYTES = 65_536
MAX_DEPTH = 16
MAX_BUFFERS = 256
"""Buffers of one subscription."""
MAX_RATE = 60.0
MAX_COUNT = 1_000_000
MAX_SPEED = 1e6
MAX_ID = 2**53 - 1
LARGEST = 1e308
"""Of any number in a command."""
LONGEST_INTEGER = 300
"""Digits; longer ones may be beyond the range of floats."""

StepUnit = Literal["instruction", "layer", "phase", "step", "epoch"]
SpeedUnit = Literal["instruction", "step"]
SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class Watch:
    """A buffer to see, and how precisely."""

    name: str
    dtype: Dtype


@dataclass(frozen=True)
class Hello:
    """The first message: which session, and the last event seen of it."""

    id: int
    protocol: int
    session: str | None
    last_seen: int


@dataclass(frozen=True)
class Configure:
    """A whole description, still unchecked."""

    id: int
    description: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """Run until something stops it."""

    id: int


@dataclass(frozen=True)
class Pause:
    """Stop between two instructions."""

    id: int


@dataclass(frozen=True)
class Step:
    """Go on by `count` units, then stop."""

    id: int
    unit: StepUnit
    count: int


@dataclass(frozen=True)
class RunTo:
    """Run until `instruction` is the next one, then stop."""

    id: int
    instruction: int


@dataclass(frozen=True)
class Reset:
    """Fresh parameters from the same seed, step 0."""

    id: int


@dataclass(frozen=True)
class Reseed:
    """Fresh parameters from another seed, step 0."""

    id: int
    seed: int


@dataclass(frozen=True)
class SetValue:
    """A live hyperparameter's new value."""

    id: int
    name: str
    value: float


@dataclass(frozen=True)
class Speed:
    """At most so many instructions or steps a second; None for no limit."""

    id: int
    unit: SpeedUnit
    per_second: float | None


@dataclass(frozen=True)
class Probe:
    """The sample the views of role "view" under probe/ show."""

    id: int
    sample: int
    split: SplitName


@dataclass(frozen=True)
class Subscribe:
    """The buffers this viewer wants frames of, and how many frames a second at most."""

    id: int
    buffers: tuple[Watch, ...]
    rate: float


@dataclass(frozen=True)
class Read:
    """Exact values of a buffer, or of one element (or row) of it."""

    id: int
    buffer: str
    index: tuple[int, ...] | None


@dataclass(frozen=True)
class Write:
    """One element's new value."""

    id: int
    buffer: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Ack:
    """The viewer has taken a frame and may be sent another."""

    id: int
    frame: int


Command = (
    Hello
    | Configure
    | Run
    | Pause
    | Step
    | RunTo
    | Reset
    | Reseed
    | SetValue
    | Speed
    | Probe
    | Subscribe
    | Read
    | Write
    | Ack
)

Check = Callable[[str, Any], Any]
"""(path of the field, its value) -> the value checked, or Refusal."""

_REQUIRED = object()


def parse_command(message: str | bytes) -> Command:
    """The command of one message.

    Raises:
        Refusal: with the command's id where that much could be read.
    """
    content = _parse_json(message)
    if not isinstance(content, _Pairs):
        raise Refusal("not_object", "", content, "a JSON object")
    try:
        return _command(_sound("", content))
    except Refusal as refusal:
        number: Any = dict(content).get("id")
        if _is_integer(number) and 0 <= number <= MAX_ID:
            refusal.id = number
        raise


def encode_message(content: Mapping[str, Any]) -> str:
    """An event or an answer as JSON text. Non-finite numbers are a ValueError: they are null."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


# JSON, strictly ------------------------------------------------------------------------------


def _parse_json(message: str | bytes) -> Any:
    if isinstance(message, bytes):
        said = "A binary message is not a command: commands are text."
        raise Refusal("binary", "", f"{len(message)} bytes", "text", message=said)
    size = len(message.encode("utf-8", "surrogatepass"))
    if size > MAX_MESSAGE_BYTES:
        said = f"The message has {size} bytes; the most allowed is {MAX_MESSAGE_BYTES}."
        raise Refusal("too_large", "", size, f"at most {MAX_MESSAGE_BYTES} bytes", message=said)
    if _depth(message) > MAX_DEPTH:
        said = f"The message is nested more than {MAX_DEPTH} levels deep."
        raise Refusal("too_deep", "", None, f"at most {MAX_DEPTH} levels", message=said)
    try:
        return json.loads(
            message, parse_constant=float, parse_int=_integral, object_pairs_hook=_Pairs
        )
    except ValueError as error:
        raise Refusal("not_json", "", message, f"JSON ({error})") from error


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object's fields as they stand in the message."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "{…}"


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def _depth(text: str) -> int:
    """How deeply brackets nest outside strings."""
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
    if len(literal) > LONGEST_INTEGER and math.isinf(float(literal)):
        return float(literal)
    return int(literal)


def _sound(path: str, value: Any) -> Any:
    """`value` with dicts for objects, once no field stands there twice and all numbers are finite.

    Args:
        path: of the value in the message.
    """
    if isinstance(value, _Pairs):
        return _object_of(path, value)
    if isinstance(value, list):
        path = shortened(path, LONGEST_FIELD)
        return [_sound(f"{path}[{place}]", item) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal("not_finite", path, value, "a finite number")
    return value


def _object_of(path: str, pairs: _Pairs) -> dict[str, Any]:
    content: dict[str, Any] = {}
    path = shortened(path, LONGEST_FIELD)  # long names of many fields would be much to copy
    for name, value in pairs:
        where = f"{path}.{name}" if path else name
        if name in content:
            raise Refusal("bad_value", where, value, "the field's only value")
        content[name] = _sound(where, value)
    return content


# Fields --------------------------------------------------------------------------------------


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(low: int, high: int) -> Check:
    def check(path: str, value: Any) -> int:
        if not _is_integer(value) or not low <= value <= high:
            raise Refusal("bad_value", path, value, f"a whole number in {low}..{high}")
        return int(value)

    return check


def _number(low: float = -LARGEST, high: float = LARGEST, *, above: bool = False) -> Check:
    if high < LARGEST:
        expected = f"a number {'above' if above else 'from'} {low:g} up to {high:g}"
    else:
        expected = f"a number within ±{LARGEST:g}"

    def check(path: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refusal("bad_value", path, value, expected)
        if not low <= value <= high or (above and value == low):
            raise Refusal("bad_value", path, value, expected)
        return float(value)

    return check


def _text(longest: int) -> Check:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise Refusal("bad_value", path, value, f"a text of 1..{longest} characters")
        return value

    return check


def _choice(*names: str) -> Check:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Refusal("bad_value", path, value, f"one of {', '.join(names)}")
        return value

    return check


def _optional(check: Check) -> Check:
    return lambda path, value: None if value is None else check(path, value)


def _list(check: Check, longest: int) -> Check:
    def check_all(path: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > longest:
            raise Refusal("bad_value", path, value, f"a list of at most {longest}")
        return tuple(check(f"{path}[{i}]", item) for i, item in enumerate(value))

    return check_all


def _object(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal("bad_value", path, value, "an object")
    return value


_WATCH: dict[str, tuple[Check, Any]] = {
    "name": (_text(200), _REQUIRED),
    "dtype": (_choice("f64", "f32", "u16", "u8", "i32"), "f32"),
}


def _watch(path: str, value: Any) -> Watch:
    return Watch(**_checked(_WATCH, _object(path, value), f"{path}."))


_INDEX = _list(_integer(0, 2**32 - 1), 4)
_ID: tuple[Check, Any] = (_integer(0, MAX_ID), _REQUIRED)

_COMMANDS: dict[str, tuple[type[Any], dict[str, tuple[Check, Any]]]] = {
    "hello": (
        Hello,
        {
            "protocol": (_integer(0, 1_000_000), _REQUIRED),
            "session": (_optional(_text(64)), None),
            "last_seen": (_integer(0, MAX_ID), 0),
        },
    ),
    "configure": (Configure, {"description": (_object, _REQUIRED)}),
    "run": (Run, {}),
    "pause": (Pause, {}),
    "step": (
        Step,
        {
            "unit": (_choice("instruction", "layer", "phase", "step", "epoch"), "step"),
            "count": (_integer(1, MAX_COUNT), 1),
        },
    ),
    "run_to": (RunTo, {"instruction": (_integer(0, 2**32 - 1), _REQUIRED)}),
    "reset": (Reset, {}),
    "reseed": (Reseed, {"seed": (_integer(0, 2**53 - 1), _REQUIRED)}),
    "set": (SetValue, {"name": (_text(200), _REQUIRED), "value": (_number(), _REQUIRED)}),
    "speed": (
        Speed,
        {
            "unit": (_choice("instruction", "step"), "step"),
            "per_second": (_optional(_number(0.0, MAX_SPEED, above=True)), _REQUIRED),
        },
    ),
    "probe": (
        Probe,
        {
            "sample": (_integer(0, 2**32 - 1), _REQUIRED),
            "split": (_choice("train", "test"), "train"),
        },
    ),
    "subscribe": (
        Subscribe,
        {
            "buffers": (_list(_watch, MAX_BUFFERS), _REQUIRED),
            "rate": (_number(0.0, MAX_RATE, above=True), MAX_RATE),
        },
    ),
    "read": (Read, {"buffer": (_text(200), _REQUIRED), "index": (_optional(_INDEX), None)}),
    "write": (
        Write,
        {
            "buffer": (_text(200), _REQUIRED),
            "index": (_INDEX, _REQUIRED),
            "value": (_number(), _REQUIRED),
        },
    ),
    "ack": (Ack, {"frame": (_integer(0, 2**32 - 1), _REQUIRED)}),
}


def _command(content: dict[str, Any]) -> Command:
    kind = content.get("type")
    if "type" not in content:
        raise _missing("type")
    if not isinstance(kind, str) or kind not in _COMMANDS:
        expected = unknown(str(kind), _COMMANDS, "a command")
        raise Refusal("unknown_type", "type", kind, expected)
    made, known = _COMMANDS[kind]
    rest = {name: value for name, value in content.items() if name != "type"}
    command: Command = made(**_checked({"id": _ID, **known}, rest, ""))
    return command


def _missing(path: str) -> Refusal:
    return Refusal("missing_field", path, None, "given", message=f"{path}: is missing")


def _checked(
    known: Mapping[str, tuple[Check, Any]], content: Mapping[str, Any], prefix: str
) -> dict[str, Any]:
    for name in content:
        if name not in known:
            expected = unknown(name, known, "a field here")
            raise Refusal("unknown_field", f"{prefix}{name}", name, expected)
    values: dict[str, Any] = {}
    for name, (check, default) in known.items():
        if name in content:
            values[name] = check(f"{prefix}{name}", content[name])
        elif default is _REQUIRED:
            raise _missing(f"{prefix}{name}")
        else:
            values[name] = default
    return values


def command_message(command: Command) -> str:
    """The JSON text that parses as `command`; what a client sends."""
    kind = next(name for name, (made, _) in _COMMANDS.items() if isinstance(command, made))
    content = {field.name: getattr(command, field.name) for field in fields(command)}
    if isinstance(command, Subscribe):
        content["buffers"] = [vars(watch) for watch in command.buffers]
    return encode_message({"type": kind, **content})
