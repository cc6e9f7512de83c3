"""Messages: commands as typed values, strictly parsed; events and answers as JSON text.

Pure: no sockets, no clocks, no engine. Everything is described in docs/protocol.md. The binary
frames are in `server.wire.frames`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from server.wire.errors import MAX_FIELD, Refusal, shortened, unknown
from server.wire.frames import MAX_AXES, Dtype, decode_frame, encode_frame

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
MAX_LOG_BYTES = 1_000_000
"""Of a log of edits, as JSON, which may be sent compressed."""
MAX_DEPTH = 16
MAX_BUFFERS = 1024
"""Buffers of one subscription."""
MAX_POINTS = 64
MAX_WATCHES = 32
MAX_TERMS = 200
"""Of a sum, in one explanation."""
MAX_DIGITS = 15
MAX_EXPRESSION = 400
MAX_PROMPT = 400
MAX_TOKENS = 1000
"""Of a text that is gone on with."""
MAX_TEMPERATURE = 10.0
MAX_SIDE = 64
"""Pixels along a side of a drawing."""
MAX_SOUND = 60_000
"""Characters of a sound in base 64: almost three seconds at 8 kHz."""
MAX_RATE = 60.0
MAX_COUNT = 1_000_000
MAX_SPEED = 1e6
MAX_ID = 2**53 - 1
MAX_NUMBER = 1e308
"""Of any number in a command."""
MAX_INTEGER_DIGITS = 300
"""Digits; longer ones may be beyond the range of floats."""

StepUnit = Literal["instruction", "layer", "phase", "step", "epoch", "out"]
BackUnit = Literal["instruction", "layer", "phase", "step", "epoch"]
Trigger = Literal["change", "cross", "sign", "nonfinite"]
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
    """A whole description and, to reproduce a session, its log of edits; both still unchecked."""

    id: int
    description: Mapping[str, Any]
    log: Mapping[str, Any] | None = None


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
class Back:
    """Go back by `count` units, or to the last breakpoint hit since then."""

    id: int
    unit: BackUnit
    count: int


@dataclass(frozen=True)
class Reverse:
    """Go back to the last moment at which a breakpoint was hit, or to the start."""

    id: int


@dataclass(frozen=True)
class Jump:
    """Go to a moment of a branch (None: the present one), known or still to come."""

    id: int
    step: int
    pc: int
    branch: int | None


@dataclass(frozen=True)
class PointSpec:
    """A breakpoint (with a message, a logpoint) or, with an expression, a watchpoint.

    Attributes:
        name: what the viewer calls it.
        instruction, scope, phase: where a breakpoint stands; all None: once a step.
        condition: an expression that is yes or no; None for always.
        message: what a logpoint logs instead of stopping.
        expression, trigger, level: what a watchpoint watches, and for what.
        nth: it stops from the nth hit on.
    """

    name: str
    enabled: bool
    instruction: int | None
    scope: str | None
    phase: Literal["forward", "loss", "backward", "update"] | None
    condition: str | None
    message: str | None
    expression: str | None
    trigger: Trigger
    level: float
    nth: int


@dataclass(frozen=True)
class SetPoints:
    """All breakpoints, logpoints and watchpoints; those that are not named go."""

    id: int
    points: tuple[PointSpec, ...]


@dataclass(frozen=True)
class WatchList:
    """The expressions whose values are shown at every stop."""

    id: int
    expressions: tuple[str, ...]


@dataclass(frozen=True)
class CheckExpression:
    """Whether a text is an expression of this program; where it is wrong if not."""

    id: int
    text: str
    role: Literal["value", "condition", "scalar", "message"]


@dataclass(frozen=True)
class ClampUnit:
    """Hold elements of a buffer at a value from now on; None lets go. None along an axis: all."""

    id: int
    buffer: str
    index: tuple[int | None, ...]
    value: float | None


@dataclass(frozen=True)
class Compare:
    """Show the difference to another branch, in the buffers compare/...; None ends it."""

    id: int
    branch: int | None


@dataclass(frozen=True)
class Series:
    """Every layer over time, and the present gradient flow."""

    id: int


@dataclass(frozen=True)
class Examine:
    """Apply a rule of the diagnostics now; None: list all rules."""

    id: int
    rule: str | None


@dataclass(frozen=True)
class Adjust:
    """Give a rule of the diagnostics other thresholds."""

    id: int
    rule: str
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class Export:
    """The description and the log of edits, which together reproduce the session."""

    id: int


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
class Move:
    """Where a training point of the plane lies from now on.

    Attributes:
        point: its two coordinates; all features that the network is given follow from them.
    """

    id: int
    sample: int
    point: tuple[float, float]


@dataclass(frozen=True)
class Explain:
    """How an element got its value: the formula of the op that made it, with its numbers.

    Attributes:
        buffer: one of the program, or a view under probe/.
        moment: (step, instruction) before which the value is meant; None for now.
        probe: in the evaluation of the probe sample instead of the machine that trains.
        terms: so many of a sum are listed, the largest; the others are folded.
    """

    id: int
    buffer: str
    index: tuple[int, ...]
    moment: tuple[int, int] | None
    probe: bool
    terms: int


@dataclass(frozen=True)
class Chain:
    """The chain rule from a gradient, or from what has one, along the largest terms to the loss."""

    id: int
    buffer: str
    index: tuple[int, ...]
    moment: tuple[int, int] | None
    probe: bool


@dataclass(frozen=True)
class Why:
    """Why a gradient is zero, so small, so large, or not finite."""

    id: int
    buffer: str
    index: tuple[int, ...]
    probe: bool


@dataclass(frozen=True)
class CheckAnswer:
    """Whether a number that was worked out by hand is right to so many significant digits."""

    id: int
    buffer: str
    index: tuple[int, ...]
    probe: bool
    answer: float
    digits: int


@dataclass(frozen=True)
class CheckGradient:
    """Compare gradients with central differences: of one element, a layer, or all (a sample)."""

    id: int
    buffer: str | None
    index: tuple[int, ...] | None
    layer: str | None


@dataclass(frozen=True)
class Sharpness:
    """The largest curvature of the loss at the present parameters."""

    id: int


@dataclass(frozen=True)
class Landscape:
    """The loss around the present parameters, along the last update or on a plane."""

    id: int
    kind: Literal["update", "path", "random"]


@dataclass(frozen=True)
class SampleText:
    """Go on with a text.

    Attributes:
        length: tokens to add.
        temperature: probabilities are raised to the power 1/temperature; 0 takes the likeliest.
    """

    id: int
    prompt: str
    length: int
    temperature: float
    seed: int


@dataclass(frozen=True)
class Classify:
    """Classes of something that is no sample of the data set: one of the three is given.

    Attributes:
        pixels: rows of ink from 0 to 1.
        text: a word or a short phrase.
        sound: 16-bit samples, little-endian, in base 64, `rate` of them a second.
    """

    id: int
    pixels: tuple[tuple[float, ...], ...] | None
    text: str | None
    sound: str | None
    rate: int


@dataclass(frozen=True)
class Sound:
    """A sample of the data set to be played."""

    id: int
    sample: int
    split: SplitName


@dataclass(frozen=True)
class Drive:
    """Put the car at the start of a track; None: of the present one."""

    id: int
    track: str | None


@dataclass(frozen=True)
class Decode:
    """What an autoencoder makes of a code."""

    id: int
    code: tuple[float, float]


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
    | Back
    | Reverse
    | Jump
    | SetPoints
    | WatchList
    | CheckExpression
    | ClampUnit
    | Compare
    | Series
    | Examine
    | Adjust
    | Export
    | Reset
    | Reseed
    | SetValue
    | Speed
    | Probe
    | Subscribe
    | Read
    | Write
    | Move
    | Explain
    | Chain
    | Why
    | CheckAnswer
    | CheckGradient
    | Sharpness
    | Landscape
    | SampleText
    | Classify
    | Sound
    | Drive
    | Decode
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
    return _parse_text(message)


def _parse_text(message: str) -> Any:
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
    if len(literal) > MAX_INTEGER_DIGITS and math.isinf(float(literal)):
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
        path = shortened(path, MAX_FIELD)
        return [_sound(f"{path}[{place}]", item) for place, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal("not_finite", path, value, "a finite number")
    return value


def _object_of(path: str, pairs: _Pairs) -> dict[str, Any]:
    content: dict[str, Any] = {}
    path = shortened(path, MAX_FIELD)  # long names of many fields would be much to copy
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


def _number(low: float = -MAX_NUMBER, high: float = MAX_NUMBER, *, above: bool = False) -> Check:
    if high < MAX_NUMBER:
        expected = f"a number {'above' if above else 'from'} {low:g} up to {high:g}"
    else:
        expected = f"a number within ±{MAX_NUMBER:g}"

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


def _any_text(longest: int) -> Check:
    def check(path: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise Refusal("bad_value", path, value, f"a text of at most {longest} characters")
        return value

    return check


def _boolean(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refusal("bad_value", path, value, "true or false")
    return value


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


def _numbers(path: str, value: Any) -> dict[str, float]:
    return {n: _number()(f"{path}.{n}", v) for n, v in _object(path, value).items()}


def _log(path: str, value: Any) -> dict[str, Any]:
    """A log of edits, as an object or as base 64 of its JSON, compressed by zlib."""
    if not isinstance(value, str):
        return _object(path, value)
    content = _parse_text(_inflated(path, value))
    if not isinstance(content, _Pairs):
        raise Refusal("bad_value", path, "compressed JSON", "an object")
    return _object_of(path, content)


def _inflated(path: str, value: str) -> str:
    inflating = zlib.decompressobj()
    try:
        data = inflating.decompress(base64.b64decode(value, validate=True), MAX_LOG_BYTES)
        if inflating.unconsumed_tail:
            raise Refusal("bad_value", path, value, f"a log of at most {MAX_LOG_BYTES:,} bytes")
        return data.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise Refusal("bad_value", path, value, "base 64 of JSON compressed by zlib") from error


_WATCH: dict[str, tuple[Check, Any]] = {
    "name": (_text(200), _REQUIRED),
    "dtype": (_choice("f64", "f32", "u16", "u8", "i32"), "f32"),
}


def _watch(path: str, value: Any) -> Watch:
    return Watch(**_checked(_WATCH, _object(path, value), f"{path}."))


_POINT: dict[str, tuple[Check, Any]] = {
    "name": (_text(64), _REQUIRED),
    "enabled": (_boolean, True),
    "instruction": (_optional(_integer(0, 2**32 - 1)), None),
    "scope": (_optional(_text(200)), None),
    "phase": (_optional(_choice("forward", "loss", "backward", "update")), None),
    "condition": (_optional(_text(MAX_EXPRESSION)), None),
    "message": (_optional(_text(MAX_EXPRESSION)), None),
    "expression": (_optional(_text(MAX_EXPRESSION)), None),
    "trigger": (_choice("change", "cross", "sign", "nonfinite"), "change"),
    "level": (_number(), 0.0),
    "nth": (_integer(1, 100_000), 1),
}


def _point(path: str, value: Any) -> PointSpec:
    return PointSpec(**_checked(_POINT, _object(path, value), f"{path}."))


_INDEX = _list(_integer(0, 2**32 - 1), MAX_AXES)


def _moment(path: str, value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise Refusal("bad_value", path, value, "a step and an instruction")
    step, pc = value
    return _integer(0, MAX_ID)(f"{path}[0]", step), _integer(0, 2**32 - 1)(f"{path}[1]", pc)


def _pair(path: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise Refusal("bad_value", path, value, "two numbers")
    first, second = (_number()(f"{path}[{place}]", part) for place, part in enumerate(value))
    return first, second


_ELEMENT: dict[str, tuple[Check, Any]] = {
    "buffer": (_text(200), _REQUIRED),
    "index": (_INDEX, _REQUIRED),
    "probe": (_boolean, False),
}
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
    "configure": (
        Configure,
        {"description": (_object, _REQUIRED), "log": (_optional(_log), None)},
    ),
    "run": (Run, {}),
    "pause": (Pause, {}),
    "step": (
        Step,
        {
            "unit": (_choice("instruction", "layer", "phase", "step", "epoch", "out"), "step"),
            "count": (_integer(1, MAX_COUNT), 1),
        },
    ),
    "back": (
        Back,
        {
            "unit": (_choice("instruction", "layer", "phase", "step", "epoch"), "step"),
            "count": (_integer(1, MAX_COUNT), 1),
        },
    ),
    "reverse": (Reverse, {}),
    "jump": (
        Jump,
        {
            "step": (_integer(0, MAX_ID), _REQUIRED),
            "pc": (_integer(0, 2**32 - 1), 0),
            "branch": (_optional(_integer(0, 2**32 - 1)), None),
        },
    ),
    "points": (SetPoints, {"points": (_list(_point, MAX_POINTS), _REQUIRED)}),
    "watch": (WatchList, {"expressions": (_list(_text(MAX_EXPRESSION), MAX_WATCHES), _REQUIRED)}),
    "expression": (
        CheckExpression,
        {
            "text": (_any_text(MAX_EXPRESSION), _REQUIRED),
            "role": (_choice("value", "condition", "scalar", "message"), "value"),
        },
    ),
    "clamp": (
        ClampUnit,
        {
            "buffer": (_text(200), _REQUIRED),
            "index": (_list(_optional(_integer(0, 2**32 - 1)), MAX_AXES), _REQUIRED),
            "value": (_optional(_number()), _REQUIRED),
        },
    ),
    "compare": (Compare, {"branch": (_optional(_integer(0, 2**32 - 1)), _REQUIRED)}),
    "series": (Series, {}),
    "examine": (Examine, {"rule": (_optional(_text(64)), None)}),
    "adjust": (Adjust, {"rule": (_text(64), _REQUIRED), "thresholds": (_numbers, _REQUIRED)}),
    "export": (Export, {}),
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
    "move": (
        Move,
        {"sample": (_integer(0, 2**32 - 1), _REQUIRED), "point": (_pair, _REQUIRED)},
    ),
    "explain": (
        Explain,
        {
            **_ELEMENT,
            "moment": (_optional(_moment), None),
            "terms": (_integer(1, MAX_TERMS), 8),
        },
    ),
    "chain": (Chain, {**_ELEMENT, "moment": (_optional(_moment), None)}),
    "why": (Why, _ELEMENT),
    "check_answer": (
        CheckAnswer,
        {
            **_ELEMENT,
            "answer": (_number(), _REQUIRED),
            "digits": (_integer(1, MAX_DIGITS), 3),
        },
    ),
    "check_gradient": (
        CheckGradient,
        {
            "buffer": (_optional(_text(200)), None),
            "index": (_optional(_INDEX), None),
            "layer": (_optional(_text(200)), None),
        },
    ),
    "sharpness": (Sharpness, {}),
    "landscape": (Landscape, {"kind": (_choice("update", "path", "random"), "update")}),
    "sample_text": (
        SampleText,
        {
            "prompt": (_any_text(MAX_PROMPT), ""),
            "length": (_integer(1, MAX_TOKENS), 100),
            "temperature": (_number(0.0, MAX_TEMPERATURE), 1.0),
            "seed": (_integer(0, MAX_ID), 0),
        },
    ),
    "classify": (
        Classify,
        {
            "pixels": (_optional(_list(_list(_number(0.0, 1.0), MAX_SIDE), MAX_SIDE)), None),
            "text": (_optional(_text(MAX_PROMPT)), None),
            "sound": (_optional(_text(MAX_SOUND)), None),
            "rate": (_integer(4000, 192_000), 8000),
        },
    ),
    "sound": (
        Sound,
        {
            "sample": (_integer(0, 2**32 - 1), _REQUIRED),
            "split": (_choice("train", "test"), "train"),
        },
    ),
    "drive": (Drive, {"track": (_optional(_text(64)), None)}),
    "decode": (Decode, {"code": (_pair, _REQUIRED)}),
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
    if isinstance(command, SetPoints):
        content["points"] = [vars(point) for point in command.points]
    return encode_message({"type": kind, **content})
