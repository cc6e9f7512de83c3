"""The commands of a viewer, each declared once as a subclass of `Command`.

The name of the class in snake case is the `type` of the message; its annotated fields are the
message's fields with checks and defaults (`server.wire.checks`). `Session` has a method `do_<type>`
that carries it out, and docs/protocol.md a section that describes it;
tests/server/test_declaration.py fails without either of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, dataclass_transform

from engine import MAX_EXPRESSION, is_whole
from server.wire.checks import (
    MAX_NUMBER,
    Items,
    Length,
    MaxItems,
    Range,
    any_object,
    checked_fields,
    missing,
)
from server.wire.errors import Refusal, unknown
from server.wire.frames import MAX_AXES, Dtype
from server.wire.strict_json import parse_compressed, parse_object, plain

PROTOCOL = 2
MAX_BUFFERS = 1024
"""Most buffers of one subscription."""
MAX_BREAKPOINTS = 64
"""Most breakpoints, logpoints and watchpoints of a session."""
MAX_WATCHES = 32
"""Most expressions of the watch list."""
MAX_TERMS = 200
"""Most terms of a sum that one explanation lists."""
MAX_DIGITS = 15
"""Most significant digits to which an answer is checked."""
MAX_PROMPT = 400
"""Most characters of a text that is continued or classified."""
MAX_TOKENS = 1000
"""Most tokens that one `sample_text` may generate."""
MAX_TEMPERATURE = 10.0
MAX_SIDE = 64
"""Most pixels along a side of a drawing."""
MAX_SOUND = 60_000
"""Most characters of a sound in base 64: almost three seconds at 8 kHz."""
MAX_RATE = 60.0
"""Most frames a second of one subscription."""
MAX_COUNT = 1_000_000
"""Most units of one `step`."""
MAX_SPEED = 1e6
"""Highest speed limit, in instructions or steps a second."""
MAX_ID = 2**53 - 1
"""Largest whole number that JavaScript represents exactly."""
MAX_U32 = 2**32 - 1

StepUnit = Literal["instruction", "layer", "phase", "step", "epoch", "out"]
BackUnit = Literal["instruction", "layer", "phase", "step", "epoch"]
PhaseName = Literal["forward", "loss", "backward", "update"]
Trigger = Literal["change", "cross", "sign", "non_finite"]
SpeedUnit = Literal["instruction", "step"]
SplitName = Literal["train", "test"]

Whole = Annotated[int, Range(0, MAX_ID)]
U32 = Annotated[int, Range(0, MAX_U32)]
Count = Annotated[int, Range(1, MAX_COUNT)]
Number = Annotated[float, Range(-MAX_NUMBER, MAX_NUMBER)]
Pair = Annotated[tuple[Number, Number], Items("two numbers")]
Label = Annotated[str, Length(1, 64)]
Name = Annotated[str, Length(1, 200)]
ExpressionText = Annotated[str, Length(1, MAX_EXPRESSION)]
Index = Annotated[tuple[U32, ...], MaxItems(MAX_AXES)]
MomentPair = Annotated[tuple[Whole, U32], Items("a step and an instruction")]
PixelRow = Annotated[tuple[Annotated[float, Range(0.0, 1.0)], ...], MaxItems(MAX_SIDE)]

COMMANDS: dict[str, type[Command]] = {}
"""Every command by the `type` of its message, in the order of docs/protocol.md."""


def parse_command(message: str | bytes) -> Command:
    """The command of one message.

    Raises:
        Refusal: the message is not a valid command. The refusal has its id if that is readable.
    """
    pairs = parse_object(message)
    try:
        return _command(plain("", pairs))
    except Refusal as refusal:
        number: Any = dict(pairs).get("id")
        if is_whole(number, 0, MAX_ID):
            refusal.id = number
        raise


def _command(content: dict[str, Any]) -> Command:
    if "type" not in content:
        raise missing("type")
    kind = content.pop("type")
    if not isinstance(kind, str) or kind not in COMMANDS:
        raise Refusal("unknown_type", "type", kind, unknown(str(kind), COMMANDS, "a command"))
    command = COMMANDS[kind]
    return command(**checked_fields(command, content))


def edit_log(path: str, value: Any) -> Mapping[str, Any]:
    """Check a log of edits: an object, or a compressed object as text."""
    return parse_compressed(path, value) if isinstance(value, str) else any_object(path, value)


# Declaring commands ------------------------------------------------------------------------------


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _Declared:
    """A class whose subclasses become frozen dataclasses with keyword-only fields."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class Command(_Declared):
    """A message from a viewer.

    Attributes:
        type: name of the command.
        id: number chosen by the viewer; the answer repeats it.
    """

    type: ClassVar[str]
    id: Whole

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        COMMANDS[cls.type] = cls


class _Element(_Declared):
    """Fields of a question about one number.

    Attributes:
        buffer: name of a buffer of the program, or of a view under probe/.
        index: one whole number for each axis.
        probe: whether the evaluation of the probe sample is meant, not the training machine.
    """

    buffer: Name
    index: Index
    probe: bool = False


# The connection -----------------------------------------------------------------------------------


class Hello(Command):
    """Join a session, or open one. The first message of a connection.

    Attributes:
        protocol: version of the protocol that the viewer uses.
        session: id of the session to join; None for a new one.
        last_seen: number of the last event of that session that the viewer has seen.
    """

    protocol: Annotated[int, Range(0, 1_000_000)]
    session: Label | None = None
    last_seen: Whole = 0


class Configure(Command):
    """Compile a network.

    Attributes:
        description: data, network and training; `server.describe` checks it.
        log: edits to repeat in order to reproduce a session; the engine checks them.
    """

    description: Mapping[str, Any]
    log: Annotated[Mapping[str, Any], edit_log] | None = None


class Export(Command):
    """Return the description and the log of edits, which together reproduce the session."""


# Driving ------------------------------------------------------------------------------------------


class Run(Command):
    """Run until something stops it."""


class Pause(Command):
    """Stop between two instructions."""


class Step(Command):
    """Advance by `count` units, then stop."""

    unit: StepUnit = "step"
    count: Count = 1


class RunTo(Command):
    """Run until `instruction` is the next one, then stop."""

    instruction: U32


class StepBack(Command):
    """Go back by `count` units, or to the last breakpoint hit since then."""

    unit: BackUnit = "step"
    count: Count = 1


class ReverseContinue(Command):
    """Go back to the last moment at which a breakpoint was hit, or to the start."""


class Goto(Command):
    """Go to a moment, visited before or still to come.

    Attributes:
        branch: number of its branch; None for the present one.
    """

    step: Whole
    pc: U32 = 0
    branch: U32 | None = None


class Reset(Command):
    """Draw fresh parameters from the same seed, and start at step 0."""


class Reseed(Command):
    """Draw fresh parameters from another seed, and start at step 0."""

    seed: Whole


class Set(Command):
    """Give a live hyperparameter a new value."""

    name: Name
    value: Number


class Speed(Command):
    """Limit a free run to so many instructions or steps a second; None removes the limit."""

    unit: SpeedUnit = "step"
    per_second: Annotated[float, Range(0.0, MAX_SPEED, above=True)] | None


# Breakpoints, watches, branches -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class BreakpointSpec:
    """A breakpoint; with a log message a logpoint, with an expression a watchpoint.

    Attributes:
        name: a name of the viewer's choice.
        instruction, scope, phase: location of a breakpoint; if all are None, it is tested once a
            step.
        condition: an expression that is true or false; None for always.
        log_message: text that a logpoint logs instead of stopping.
        expression, trigger, level: the value that a watchpoint watches, and the change it stops at.
        hit_condition: number of the first hit at which it stops, counted from 1.
    """

    name: Label
    enabled: bool = True
    instruction: U32 | None = None
    scope: Name | None = None
    phase: PhaseName | None = None
    condition: ExpressionText | None = None
    log_message: ExpressionText | None = None
    expression: ExpressionText | None = None
    trigger: Trigger = "change"
    level: Number = 0.0
    hit_condition: Annotated[int, Range(1, 100_000)] = 1


class SetBreakpoints(Command):
    """Replace all breakpoints, logpoints and watchpoints."""

    breakpoints: Annotated[tuple[BreakpointSpec, ...], MaxItems(MAX_BREAKPOINTS)]


class Watch(Command):
    """Set the expressions whose values are shown at every stop."""

    expressions: Annotated[tuple[ExpressionText, ...], MaxItems(MAX_WATCHES)]


class CheckExpression(Command):
    """Tell whether a text is an expression of this program, and where it is wrong if not."""

    text: Annotated[str, Length(0, MAX_EXPRESSION)]
    role: Literal["value", "condition", "scalar", "log_message"] = "value"


class Clamp(Command):
    """Hold elements of a buffer at a value from now on.

    Attributes:
        index: one whole number for each axis; None for all elements along an axis.
        value: None releases the elements.
    """

    buffer: Name
    index: Annotated[tuple[U32 | None, ...], MaxItems(MAX_AXES)]
    value: Number | None


class Compare(Command):
    """Show the difference to another branch in the views under compare/; None ends it."""

    branch: U32 | None


# Diagnostics --------------------------------------------------------------------------------------


class Series(Command):
    """Return time series of every layer, and the present gradient flow."""


class Examine(Command):
    """Apply a rule of the diagnostics now; None lists all rules."""

    rule: Label | None = None


class Adjust(Command):
    """Change thresholds of a rule of the diagnostics."""

    rule: Label
    thresholds: Mapping[str, Number]


# Buffers ------------------------------------------------------------------------------------------


class Probe(Command):
    """Choose the sample that the views under probe/ show."""

    sample: U32
    split: SplitName = "train"


@dataclass(frozen=True)
class WatchedBuffer:
    """A buffer of a subscription, with the type in which its numbers are sent."""

    name: Name
    dtype: Dtype = "f32"


class Subscribe(Command):
    """Choose the buffers that this viewer gets frames of, and at most how many a second."""

    buffers: Annotated[tuple[WatchedBuffer, ...], MaxItems(MAX_BUFFERS)]
    rate: Annotated[float, Range(0.0, MAX_RATE, above=True)] = MAX_RATE


class Ack(Command):
    """Acknowledge a frame, so that another may be sent."""

    frame: U32


class Read(Command):
    """Return exact values of a buffer, or of the part that the first axes select."""

    buffer: Name
    index: Index | None = None


class Write(Command):
    """Give one element a new value."""

    buffer: Name
    index: Index
    value: Number


class MoveSample(Command):
    """Put a training point of the plane elsewhere.

    Attributes:
        point: its two coordinates; all input features of the network follow from them.
    """

    sample: U32
    point: Pair


# Questions ----------------------------------------------------------------------------------------


class Explain(_Element, Command):
    """Explain an element by the formula of the op that computed it, with its numbers.

    Attributes:
        moment: (step, instruction) before which the element had the value; None for now.
        terms: how many of the largest terms of a sum are listed; the others are folded.
    """

    moment: MomentPair | None = None
    terms: Annotated[int, Range(1, MAX_TERMS)] = 8


class Chain(_Element, Command):
    """Follow the chain rule from a gradient, or from what has one, to the loss.

    Attributes:
        moment: (step, instruction) before which the element had the value; None for now.
    """

    moment: MomentPair | None = None


class Why(_Element, Command):
    """Tell why a gradient is zero, small, large or not finite."""


class CheckAnswer(_Element, Command):
    """Tell whether a number computed by hand is right to `digits` significant digits."""

    answer: Number
    digits: Annotated[int, Range(1, MAX_DIGITS)] = 3


class CheckGradient(Command):
    """Compare gradients with central differences: of an element, a layer, or a sample of all."""

    buffer: Name | None = None
    index: Index | None = None
    layer: Name | None = None


class Sharpness(Command):
    """Return the largest curvature of the loss at the present parameters."""


class Landscape(Command):
    """Return the loss around the present parameters, along the last update or on a plane."""

    kind: Literal["update", "path", "random"] = "update"


# The network in use -------------------------------------------------------------------------------


class SampleText(Command):
    """Continue a text.

    Attributes:
        length: tokens to add.
        temperature: probabilities are raised to the power 1/temperature; 0 takes the likeliest.
    """

    prompt: Annotated[str, Length(0, MAX_PROMPT)] = ""
    length: Annotated[int, Range(1, MAX_TOKENS)] = 100
    temperature: Annotated[float, Range(0.0, MAX_TEMPERATURE)] = 1.0
    seed: Whole = 0


class Classify(Command):
    """Classify new input: exactly one of pixels, text and sound.

    Attributes:
        pixels: rows of a drawing, with ink from 0 to 1.
        text: a word or a short phrase.
        sound: 16-bit samples, little-endian, in base 64.
        rate: samples of the sound a second.
    """

    pixels: Annotated[tuple[PixelRow, ...], MaxItems(MAX_SIDE)] | None = None
    text: Annotated[str, Length(1, MAX_PROMPT)] | None = None
    sound: Annotated[str, Length(1, MAX_SOUND)] | None = None
    rate: Annotated[int, Range(4000, 192_000)] = 8000


class Sound(Command):
    """Return a sample of the data set as sound."""

    sample: U32
    split: SplitName = "train"


class Drive(Command):
    """Put the car at the start of a track; None means the present track."""

    track: Label | None = None


class Decode(Command):
    """Return what an autoencoder decodes from a code."""

    code: Pair
