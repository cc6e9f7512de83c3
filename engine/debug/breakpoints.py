"""Where and when a run stops: breakpoints, logpoints and watchpoints.

Each is a place of the program where it is looked at, and a test of the state there. Between those
places the program runs as if there were none. Whether a moment is a hit depends on the state at it,
and for watchpoints on that before the last instruction; so hits are the same in both directions.
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

Trigger = Literal["change", "cross", "sign", "nonfinite"]

MAX_NTH = 100_000


@dataclass(frozen=True)
class Place:
    """A part of the program; what is given must all be so.

    Attributes:
        instruction: this one.
        scope: within it, as in ``dense1`` or ``dense1/linear``.
        phase: forward, loss, backward or update.
    """

    instruction: int | None = None
    scope: str | None = None
    phase: Phase | None = None

    def entries(self, program: Program) -> tuple[int, ...]:
        """The instructions with which one enters it.

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
        raise DescriptionError("place", str(self), "a place of this program")

    def __str__(self) -> str:
        instruction = None if self.instruction is None else f"instruction {self.instruction}"
        return " ".join(part for part in (self.scope, self.phase, instruction) if part)


def prefixes(scope: str) -> list[str]:
    """``a``, ``a/b`` and ``a/b/c`` of ``a/b/c``."""
    parts = scope.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


@dataclass(frozen=True)
class Hit:
    """Something that a run stopped for.

    Attributes:
        point: number of the breakpoint or watchpoint.
        text: what happened, for readers.
    """

    point: int
    text: str


Test = Callable[[], str | None]
"""What happened, if it is a hit."""


@dataclass(eq=False)
class Point:
    """What breakpoints and watchpoints have in common.

    Attributes:
        number: what it goes by.
        places: the values of the program counter at which it is looked at.
        nth: it stops from the nth hit on.
        enabled: it is looked at.
        counted: the moments of its hits, of the first `nth` at most, up to the present; hits are
            counted when they are passed forwards.
    """

    number: int
    places: tuple[int, ...]
    nth: int = field(default=1, kw_only=True)
    enabled: bool = field(default=True, kw_only=True)
    counted: list[Moment] = field(default_factory=list, kw_only=True)

    def test(self, machine: Machine) -> Test:
        """The test, starting from the present state."""
        raise NotImplementedError

    @property
    def stops(self) -> bool:
        """Whether it can stop a run."""
        return self.enabled

    def count(self, moment: Moment) -> bool:
        """Note a hit; returns whether it is the nth or a later one."""
        if len(self.counted) < self.nth and (not self.counted or self.counted[-1] < moment):
            self.counted.append(moment)
        return len(self.counted) >= self.nth

    def counts(self, moment: Moment) -> bool:
        """Whether a hit in the past is the nth or a later one."""
        return self.nth == 1 or (
            len(self.counted) >= self.nth and self.counted[self.nth - 1] <= moment
        )

    def forget(self, after: Moment) -> None:
        """Uncount what is not past any more."""
        while self.counted and self.counted[-1] > after:
            self.counted.pop()


@dataclass(eq=False)
class Breakpoint(Point):
    """Stops at a place, if a condition holds there; or logs a message and goes on.

    Attributes:
        place: where; None for once a step, right after the last instruction that writes what the
            condition reads.
        condition: None for always.
        message: if it is a logpoint, what it logs.
    """

    place: Place | None
    condition: Expression | None
    message: Message | None = None

    @property
    def stops(self) -> bool:
        return self.enabled and self.message is None

    def test(self, machine: Machine) -> Test:
        text = self.text
        say = self.message.bind(machine) if self.message is not None else lambda: text
        if self.condition is None:
            return say
        holds = self.condition.bind(machine)
        return lambda: say() if holds() else None

    @property
    def text(self) -> str:
        """Where and on which condition, for readers."""
        parts = [str(self.place) if self.place is not None else None]
        parts.append(self.condition.text if self.condition is not None else None)
        return " if ".join(part for part in parts if part)


@dataclass(eq=False)
class Watchpoint(Point):
    """Stops right after the instruction that made a value do something.

    Attributes:
        expression: the value, an element or a reduction.
        trigger: "change": it is another; "cross": it is at or above `level` and was not, or the
            other way round; "sign": it was negative and is positive, or the other way round (zero
            has no sign); "nonfinite": it became NaN or infinite.
    """

    expression: Expression
    trigger: Trigger = "change"
    level: float = 0.0

    def test(self, machine: Machine) -> Test:
        read = self.expression.bind(machine)
        fired, text = self._judge(), self.expression.text
        last = float(read())

        def test() -> str | None:
            nonlocal last
            before, last = last, float(read())
            values = f"{number_text(before, DIGITS)} → {number_text(last, DIGITS)}"
            return f"{text}: {values}" if fired(before, last) else None

        return test

    def _judge(self) -> Callable[[float, float], bool]:
        level = self.level
        judges: dict[Trigger, Callable[[float, float], bool]] = {
            "change": lambda a, b: a != b and not (a != a and b != b),  # noqa: PLR0124 - NaN
            "cross": lambda a, b: (a >= level) != (b >= level),
            "sign": lambda a, b: a < 0 < b or b < 0 < a,
            "nonfinite": lambda a, b: isfinite(a) and not isfinite(b),
        }
        return judges[self.trigger]


def _after_writes(expression: Expression, program: Program) -> list[int]:
    """Where the value of an expression may have become another, in the order of a step."""
    writers = {i for name in expression.reads for i in program.writers(name)}
    return [(i + 1) % len(program.instructions) for i in sorted(writers)]


# Making --------------------------------------------------------------------------------------


def breakpoint_of(
    number: int,
    program: Program,
    place: Place | None,
    condition: str | None,
    message: str | None,
    nth: int,
) -> Breakpoint:
    """A breakpoint, its texts parsed and its place checked.

    Raises:
        ExpressionError: the condition or the message is wrong.
        DescriptionError: no such place, or a count that is not one.
    """
    if place is None and condition is None:
        raise DescriptionError("place", None, "given where there is no condition")
    found = None if condition is None else parse_condition(condition, program)
    said = None if message is None else parse_message(message, program)
    if place is not None:
        places = place.entries(program)
    else:
        assert found is not None
        places = tuple(_after_writes(found, program)[-1:]) or (0,)
    return Breakpoint(number, places, place, found, said, nth=_checked_nth(nth))


def watchpoint_of(
    number: int, program: Program, expression: str, trigger: Trigger, level: float, nth: int
) -> Watchpoint:
    """A watchpoint, its expression parsed.

    Raises:
        ExpressionError: the expression is wrong, or is an array.
        DescriptionError: no such trigger, a level or count that is none, or nothing in the program
            writes what the expression reads.
    """
    if trigger not in get_args(Trigger):
        raise DescriptionError("trigger", trigger, f"one of {', '.join(get_args(Trigger))}")
    if not isfinite(level):
        raise DescriptionError("level", level, "a finite number")
    found = parse_scalar(expression, program)
    places = _after_writes(found, program)
    if not places:
        raise DescriptionError("expression", expression, "of something that an instruction writes")
    return Watchpoint(number, tuple(places), found, trigger, level, nth=_checked_nth(nth))


def _checked_nth(nth: int) -> int:
    if not is_whole(nth, 1, MAX_NTH):
        raise DescriptionError("nth", nth, f"in 1..{MAX_NTH}")
    return nth
