"""Where and when a run stops: breakpoints, logpoints and watchpoints.

Each of them is a test of the state, done before certain instructions. Other instructions run as if
there were no breakpoints. Whether a moment is a hit depends only on the state at that moment, and
for a watchpoint also on the state before the last instruction. So a run backwards finds the same
hits as a run forwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal, get_args

from engine.checks import is_whole
from engine.debug.expressions import Expression, parse_condition, parse_scalar
from engine.debug.lexer import unknown
from engine.debug.messages import DIGITS, Message, parse_message
from engine.errors import DescriptionError
from engine.formula import number_text
from engine.graph.graph import PHASES, Phase
from engine.history.moments import Moment
from engine.program.machine import Machine
from engine.program.program import Instruction, Program

Trigger = Literal["change", "cross", "sign", "non_finite"]

MAX_HIT_CONDITION = 100_000


@dataclass(frozen=True)
class Location:
    """The instructions of a program that meet all given criteria.

    Attributes:
        instruction: the index of a single instruction.
        scope: the name of a scope that encloses the instructions: ``dense1`` or ``dense1/linear``.
        phase: forward, loss, backward or update.
    """

    instruction: int | None = None
    scope: str | None = None
    phase: Phase | None = None

    def entries(self, program: Program) -> tuple[int, ...]:
        """The first instruction of each contiguous range of them.

        Raises:
            DescriptionError: there is no such instruction, scope or phase.
        """
        inside = [self._fits(instruction) for instruction in program.instructions]
        if not any(inside):
            self._explain(program)
        return tuple(i for i, here in enumerate(inside) if here and (i == 0 or not inside[i - 1]))

    def _fits(self, instruction: Instruction) -> bool:
        return (
            self.instruction in (None, instruction.index)
            and (self.scope is None or f"{instruction.scope}/".startswith(f"{self.scope}/"))
            and self.phase in (None, instruction.phase)
        )

    def _explain(self, program: Program) -> None:
        last = len(program.instructions) - 1
        if self.instruction is not None and not 0 <= self.instruction <= last:
            raise DescriptionError("instruction", self.instruction, f"in 0..{last}")
        if self.phase is not None and self.phase not in PHASES:
            raise DescriptionError("phase", self.phase, f"one of {', '.join(PHASES)}")
        scopes = {prefix for i in program.instructions for prefix in prefixes(i.scope)}
        if self.scope is not None and self.scope not in scopes:
            expected = unknown(self.scope, sorted(scopes), "a scope").partition(" is not ")[2]
            raise DescriptionError("scope", self.scope, expected)
        raise DescriptionError("location", str(self), "a location of this program")

    def __str__(self) -> str:
        instruction = None if self.instruction is None else f"instruction {self.instruction}"
        return " ".join(part for part in (self.scope, self.phase, instruction) if part)


def prefixes(scope: str) -> list[str]:
    """``a``, ``a/b`` and ``a/b/c`` of ``a/b/c``."""
    parts = scope.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


@dataclass(frozen=True)
class Hit:
    """A breakpoint or watchpoint that stopped a run.

    Attributes:
        breakpoint: the number of the breakpoint.
        text: what happened, for readers.
    """

    breakpoint: int
    text: str


Test = Callable[[], str | None]
"""Returns what happened if the present moment is a hit, else None."""


@dataclass(eq=False)
class BreakpointBase:
    """The common part of breakpoints and watchpoints.

    Attributes:
        number: identifies it in its debugger.
        instructions: the instructions before which it is tested.
        hit_condition: the number of its first hit that stops a run, counted from 1.
        enabled: whether it is tested at all.
        counted: the moments of the first `hit_condition` hits up to the present; a hit is counted
            when it is passed forwards.

    Raises:
        DescriptionError: the hit condition is out of range.
    """

    number: int
    instructions: tuple[int, ...]
    hit_condition: int = field(default=1, kw_only=True)
    enabled: bool = field(default=True, kw_only=True)
    counted: list[Moment] = field(default_factory=list, kw_only=True)

    def __post_init__(self) -> None:
        if not is_whole(self.hit_condition, 1, MAX_HIT_CONDITION):
            expected = f"in 1..{MAX_HIT_CONDITION}"
            raise DescriptionError("hit_condition", self.hit_condition, expected)

    def test(self, machine: Machine) -> Test:
        """The test, starting from the present state."""
        raise NotImplementedError

    @property
    def stops(self) -> bool:
        """Whether it can stop a run."""
        return self.enabled

    def count(self, moment: Moment) -> bool:
        """Count a hit; returns whether it meets the hit condition."""
        is_new = not self.counted or self.counted[-1] < moment
        if is_new and len(self.counted) < self.hit_condition:
            self.counted.append(moment)
        return len(self.counted) >= self.hit_condition

    def counts(self, moment: Moment) -> bool:
        """Whether a hit in the past meets the hit condition."""
        return self.hit_condition == 1 or (
            len(self.counted) >= self.hit_condition
            and self.counted[self.hit_condition - 1] <= moment
        )

    def forget(self, after: Moment) -> None:
        """Uncount the hits that come after a moment."""
        while self.counted and self.counted[-1] > after:
            self.counted.pop()


@dataclass(eq=False)
class Breakpoint(BreakpointBase):
    """Stops at a location if a condition holds there; a logpoint logs a message and continues.

    Attributes:
        location: where it is tested; None for once a step, right after the last instruction that
            writes what the condition reads.
        condition: the condition; None if it always holds.
        log_message: the message of a logpoint; None for a breakpoint.
    """

    location: Location | None
    condition: Expression | None
    log_message: Message | None = None

    @property
    def stops(self) -> bool:
        return self.enabled and self.log_message is None

    def test(self, machine: Machine) -> Test:
        text = self.text
        say = self.log_message.bind(machine) if self.log_message is not None else lambda: text
        if self.condition is None:
            return say
        holds = self.condition.bind(machine)
        return lambda: say() if holds() else None

    @property
    def text(self) -> str:
        """Its location and its condition, for readers."""
        parts = [str(self.location) if self.location is not None else None]
        parts.append(self.condition.text if self.condition is not None else None)
        return " if ".join(part for part in parts if part)


@dataclass(eq=False)
class Watchpoint(BreakpointBase):
    """Stops right after the instruction that changed a value in a certain way.

    Attributes:
        expression: the value: an element or a reduction.
        trigger: "change": the value differs from the one before; "cross": it reached `level` from
            below or fell below it; "sign": it changed from negative to positive or the other way
            round (zero has no sign); "non_finite": it became NaN or infinite.
    """

    expression: Expression
    trigger: Trigger = "change"
    level: float = 0.0

    def test(self, machine: Machine) -> Test:
        read = self.expression.bind(machine)
        fired, text = self._trigger_test(), self.expression.text
        last = float(read())

        def test() -> str | None:
            nonlocal last
            before, last = last, float(read())
            values = f"{number_text(before, DIGITS)} → {number_text(last, DIGITS)}"
            return f"{text}: {values}" if fired(before, last) else None

        return test

    def _trigger_test(self) -> Callable[[float, float], bool]:
        level = self.level
        tests: dict[Trigger, Callable[[float, float], bool]] = {
            "change": lambda a, b: a != b and not (a != a and b != b),  # noqa: PLR0124 - NaN
            "cross": lambda a, b: (a >= level) != (b >= level),
            "sign": lambda a, b: a < 0 < b or b < 0 < a,
            "non_finite": lambda a, b: isfinite(a) and not isfinite(b),
        }
        return tests[self.trigger]


def _after_writes(expression: Expression, program: Program) -> list[int]:
    """The instructions before which an expression may have a new value, in the order of a step."""
    writers = {i for name in expression.reads for i in program.writers(name)}
    return [(i + 1) % len(program.instructions) for i in sorted(writers)]


# Construction --------------------------------------------------------------------------------


def breakpoint_of(
    number: int,
    program: Program,
    location: Location | None,
    condition: str | None,
    log_message: str | None,
    hit_condition: int,
) -> Breakpoint:
    """A breakpoint from texts, which are parsed, and a location, which is checked.

    Raises:
        ExpressionError: the condition or the log message is wrong.
        DescriptionError: there is no such location, or the hit condition is out of range.
    """
    if location is None and condition is None:
        raise DescriptionError("location", None, "possible without a condition")
    parsed = None if condition is None else parse_condition(condition, program)
    message = None if log_message is None else parse_message(log_message, program)
    if location is not None:
        instructions = location.entries(program)
    else:
        assert parsed is not None
        instructions = tuple(_after_writes(parsed, program)[-1:]) or (0,)
    return Breakpoint(
        number,
        instructions,
        location,
        parsed,
        message,
        hit_condition=hit_condition,
    )


def watchpoint_of(
    number: int,
    program: Program,
    expression: str,
    trigger: Trigger,
    level: float,
    hit_condition: int,
) -> Watchpoint:
    """A watchpoint on an expression, which is parsed.

    Raises:
        ExpressionError: the expression is wrong, or is an array.
        DescriptionError: there is no such trigger, the level is not finite, the hit condition is
            out of range, or no instruction writes what the expression reads.
    """
    if trigger not in get_args(Trigger):
        raise DescriptionError("trigger", trigger, f"one of {', '.join(get_args(Trigger))}")
    if not isfinite(level):
        raise DescriptionError("level", level, "a finite number")
    parsed = parse_scalar(expression, program)
    instructions = _after_writes(parsed, program)
    if not instructions:
        raise DescriptionError("expression", expression, "of something that instructions write")
    return Watchpoint(
        number,
        tuple(instructions),
        parsed,
        trigger,
        level,
        hit_condition=hit_condition,
    )
