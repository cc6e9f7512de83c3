"""The debugger: verbs that move a timeline, and breakpoints that stop them on the way.

A verb takes a budget in seconds. It returns why it stopped, or None if the budget ran out first;
`proceed` then continues. The state in which a verb ends depends on the history and the breakpoints
only, not on the budgets it was given.

The verbs have the names of the Debug Adapter Protocol where it has them: step, step_in, step_out,
step_back, reverse_continue, goto, pause.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.checks import is_whole
from engine.debug.breakpoints import (
    Breakpoint,
    BreakpointBase,
    Hit,
    Location,
    Test,
    Trigger,
    Watchpoint,
    breakpoint_of,
    prefixes,
    watchpoint_of,
)
from engine.debug.watches import WatchList
from engine.errors import DescriptionError
from engine.history.moments import START, Branch, Moment
from engine.history.timeline import Timeline
from engine.program.machine import Machine, NonFinite, Trap, Unit
from engine.program.program import Instruction

Reason = Literal["goal", "breakpoint", "non_finite", "start", "paused"]

MAX_BREAKPOINTS = 200
LOG_LINES = 1000
"""The least number of the newest log lines that are kept."""
MIN_SECONDS = 1e-3

Passed = Callable[[BreakpointBase, Moment, str], bool]
"""(breakpoint, when, what happened) -> whether to stop there."""


@dataclass(frozen=True)
class Stop:
    """Why the machine has stopped.

    Attributes:
        reason: "goal": the verb reached its goal; "breakpoint": a breakpoint or watchpoint was hit;
            "non_finite": a value stopped being finite; "start": a verb backwards reached the start
            of training; "paused": `pause` was called.
        moment, branch: where it stopped.
        hits: the breakpoints that were hit there, even if the verb reached its goal as well.
        non_finite: the value that stopped being finite.
    """

    reason: Reason
    moment: Moment
    branch: int
    hits: tuple[Hit, ...] = ()
    non_finite: NonFinite | None = None


@dataclass(frozen=True)
class LogLine:
    """A line of the log.

    Attributes:
        serial: its number, in the order in which lines were written.
        breakpoint: the number of the logpoint.
        branch, moment: where the run passed the logpoint.
    """

    serial: int
    breakpoint: int
    branch: int
    moment: Moment
    text: str


@dataclass(frozen=True)
class Frame:
    """A scope that contains the next instruction.

    Attributes:
        name: the last part of the scope's path, or the phase.
        path: the path of the scope; ``""`` for a phase.
        start, stop: the contiguous range of its instructions around the next one.
    """

    name: str
    path: str
    start: int
    stop: int


class Debugger:
    """Drives a timeline.

    While a debugger is in use, nothing else may move its timeline.

    Attributes:
        timeline: the history that it moves along.
        breakpoints: breakpoints, logpoints and watchpoints by number.
        watches: the watch list, by number.
        log: the last lines that logpoints wrote.
        stopped: why the machine has stopped; None while a verb has not ended.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.breakpoints: dict[int, BreakpointBase] = {}
        self.watches = WatchList(timeline)
        self.log: list[LogLine] = []
        self.stopped: Stop | None = Stop("paused", timeline.now, timeline.branch.number)
        self._numbers = 0
        self._serial = 0
        self._logged: set[tuple[int, int, Moment]] = set()
        self._armed: Sequence[BreakpointBase] = ()
        self._tests: dict[int, Test] = {}
        self._hits: list[tuple[Moment, Hit]] = []
        self._motion: Iterator[None] = iter(())
        self._home: tuple[Moment, int] | None = None
        self._deadline: float | None = None
        timeline.after_edit.append(self._restart_tests)

    @property
    def machine(self) -> Machine:
        return self.timeline.machine

    # Points and watches ----------------------------------------------------------------------

    def set_breakpoint(
        self,
        location: Location | None = None,
        *,
        condition: str | None = None,
        log_message: str | None = None,
        hit_condition: int = 1,
    ) -> Breakpoint:
        """Add a breakpoint, or with a message a logpoint.

        Args:
            location: where to test; None for once a step, after the last instruction that writes
                what the condition reads.
            condition: an expression that is true or false; None if it always holds.
            log_message: what to log instead of stopping, such as ``loss {loss}``.
            hit_condition: the number of the first hit that stops a run, counted from 1.

        Raises:
            ExpressionError: the condition or the log message is wrong.
            DescriptionError: there is no such location, or the hit condition is out of range.
        """
        program = self.machine.program
        point = breakpoint_of(
            self._number(), program, location, condition, log_message, hit_condition
        )
        self.breakpoints[point.number] = point
        return point

    def set_watchpoint(
        self,
        expression: str,
        trigger: Trigger = "change",
        *,
        level: float = 0.0,
        hit_condition: int = 1,
    ) -> Watchpoint:
        """Add a watchpoint on an element or a reduction, such as ``norm(dense1/W)``.

        Raises:
            ExpressionError, DescriptionError: an argument is unusable.
        """
        program = self.machine.program
        point = watchpoint_of(self._number(), program, expression, trigger, level, hit_condition)
        self.breakpoints[point.number] = point
        return point

    def enable(self, number: int, *, enabled: bool = True) -> None:
        """Enable or disable a breakpoint; its hits are counted from 0 again."""
        point = self._breakpoint(number)
        point.enabled, point.counted = enabled, []

    def remove(self, number: int) -> None:
        """Remove a breakpoint."""
        self._breakpoint(number)
        del self.breakpoints[number]

    def watch(self, text: str) -> int:
        """Put an expression on the watch list; returns its number.

        Raises:
            ExpressionError: it is wrong.
        """
        number = self._number()
        self.watches.add(number, text)
        return number

    def _number(self) -> int:
        if len(self.breakpoints) + len(self.watches) >= MAX_BREAKPOINTS:
            raise DescriptionError(
                "breakpoints", MAX_BREAKPOINTS, f"fewer than {MAX_BREAKPOINTS}: remove some"
            )
        self._numbers += 1
        return self._numbers

    def _breakpoint(self, number: int) -> BreakpointBase:
        if number not in self.breakpoints:
            raise DescriptionError("breakpoint", number, "the number of a breakpoint or watchpoint")
        return self.breakpoints[number]

    # Looking ---------------------------------------------------------------------------------

    def stack(self) -> tuple[Frame, ...]:
        """The scopes of the next instruction: its phase first, its op last."""
        listing = self.machine.program.instructions
        here = listing[self.machine.pc]
        frames = [self._frame(here.phase, "", lambda i: i.phase == here.phase)]
        frames += [
            self._frame(path.rpartition("/")[2], path, _within(here, path))
            for path in prefixes(here.scope)
        ]
        return tuple(frames)

    def _frame(self, name: str, path: str, inside: Callable[[Instruction], bool]) -> Frame:
        listing, pc = self.machine.program.instructions, self.machine.pc
        start, stop = pc, pc + 1
        while start > 0 and inside(listing[start - 1]):
            start -= 1
        while stop < len(listing) and inside(listing[stop]):
            stop += 1
        return Frame(name, path, start, stop)

    # Verbs -----------------------------------------------------------------------------------

    def proceed(self, seconds: float | None = None) -> Stop | None:
        """Continue the last verb for about `seconds`."""
        self._deadline = None if seconds is None else perf_counter() + seconds
        try:
            for _ in self._motion:
                return None
        except BaseException:
            self._stop("paused")
            raise
        return self.stopped

    def resume(self, seconds: float | None = None) -> Stop | None:
        """Run until something stops it."""
        return self._begin(lambda: self._forwards(None), seconds)

    def reverse_continue(self, seconds: float | None = None) -> Stop | None:
        """Go back to the last hit of a breakpoint, or to the start."""
        return self._begin(lambda: self._backwards(START), seconds)

    def step(self, unit: Unit, seconds: float | None = None, *, count: int = 1) -> Stop | None:
        """Run to the next boundary of a unit. For an instruction, this is a step over."""
        self._check_count(count)
        return self._begin(lambda: self._forwards(self.timeline.after(unit, count)), seconds)

    def until(self, moment: Moment, seconds: float | None = None) -> Stop | None:
        """Run to a moment ahead on this branch, or to what stops the machine before."""
        return self._begin(lambda: self._forwards(moment), seconds)

    def back_to(self, moment: Moment, seconds: float | None = None) -> Stop | None:
        """Go back to an earlier moment of this branch, or to the last hit since then."""
        return self._begin(lambda: self._backwards(moment), seconds)

    def step_back(self, unit: Unit, seconds: float | None = None, *, count: int = 1) -> Stop | None:
        """Go back to the last boundary of a unit, or to the last hit since then."""
        self._check_count(count)
        return self._begin(lambda: self._backwards(self.timeline.before(unit, count)), seconds)

    def step_in(self, seconds: float | None = None) -> Stop | None:
        """Step into the next scope, past its first op."""
        return self.step("instruction", seconds)

    def step_out(self, seconds: float | None = None) -> Stop | None:
        """Run to the end of the innermost scope around the next op: its layer in this phase."""
        return self._begin(lambda: self._forwards(self._end_of(self.stack()[-2])), seconds)

    def leave_frame(self, frame: Frame, seconds: float | None = None) -> Stop | None:
        """Run to the end of a frame of the present stack."""
        return self._begin(lambda: self._forwards(self._end_of(frame)), seconds)

    def run_to(self, instruction: int, seconds: float | None = None) -> Stop | None:
        """Run until `instruction` is the next one, in this step or the following one."""
        Location(instruction).entries(self.machine.program)
        return self._begin(lambda: self._forwards(self._next(instruction)), seconds)

    def goto(
        self, moment: tuple[int, int], branch: int | None = None, seconds: float | None = None
    ) -> Stop | None:
        """Go to any moment of any branch, as `Timeline.go`; breakpoints on the way are ignored."""
        self.pause()
        home = self.timeline.branch.number
        line = home if branch is None else branch
        target = Moment(*moment)
        common = target if line == home else min(target, self.timeline.parting(home, line))
        stop = self._begin(lambda: self._journey(target, line), seconds)
        self._forget(common)
        return stop

    def pause(self) -> Stop:
        """Stop here; a search backwards returns to where it began."""
        if self.stopped is None:
            if self._home is not None:
                self.timeline.go(*self._home)
            self._stop("paused")
        assert self.stopped is not None
        return self.stopped

    # Editing ---------------------------------------------------------------------------------

    def write(
        self, buffer: str, values: ArrayLike, index: Sequence[int | None] | None = None
    ) -> Branch:
        """As `Timeline.write`; pauses first."""
        self.pause()
        return self.timeline.write(buffer, values, index)

    def clamp(self, buffer: str, value: float, index: Sequence[int | None]) -> Branch:
        """As `Timeline.clamp`; pauses first."""
        self.pause()
        return self.timeline.clamp(buffer, value, index)

    def release(self, buffer: str, index: Sequence[int | None]) -> Branch:
        """As `Timeline.release`; pauses first."""
        self.pause()
        return self.timeline.release(buffer, index)

    # Implementation --------------------------------------------------------------------------

    def _begin(self, motion: Callable[[], Iterator[None]], seconds: float | None) -> Stop | None:
        self.pause()
        self._motion = motion()
        self.stopped = None
        return self.proceed(seconds)

    def _stop(
        self, reason: Reason, hits: Sequence[Hit] = (), non_finite: NonFinite | None = None
    ) -> None:
        self._motion, self._home = iter(()), None
        here = self.timeline
        self.stopped = Stop(reason, here.now, here.branch.number, tuple(hits), non_finite)

    def _check_count(self, count: int) -> None:
        if not is_whole(count, 1):
            raise DescriptionError("count", count, "a whole number of at least 1")

    def _seconds_left(self) -> float | None:
        """Seconds until the deadline, at least `MIN_SECONDS`; None without a deadline."""
        if self._deadline is None:
            return None
        return max(MIN_SECONDS, self._deadline - perf_counter())

    def _next(self, instruction: int) -> Moment:
        step, pc = self.timeline.now
        return Moment(step + (instruction <= pc), instruction)

    def _end_of(self, frame: Frame) -> Moment:
        if frame not in self.stack():
            raise DescriptionError("frame", frame.path or frame.name, "on the stack")
        step = self.timeline.now.step
        if frame.stop == len(self.machine.program.instructions):
            return Moment(step + 1, 0)
        return Moment(step, frame.stop)

    def _forwards(self, goal: Moment | None) -> Iterator[None]:
        """Run to the goal or to what stops the machine before; yields when the time is over."""
        machine, timeline = self.machine, self.timeline
        while goal is None or timeline.now < goal:
            self._hits, first = [], self._serial
            traps = self._traps(self._passed, [p for p in self.breakpoints.values() if p.enabled])
            reached = timeline.run_to(goal, seconds=self._seconds_left(), traps=traps)
            self._forget(timeline.now, since=first)
            hits = [hit for moment, hit in self._hits if moment == timeline.now]
            if machine.stopped is not None:
                self._stop("non_finite", hits, machine.stopped)
                return
            if machine.trapped:
                self._stop("breakpoint", hits)
                return
            if not reached:
                yield
        self._stop("goal")

    def _journey(self, target: Moment, branch: int) -> Iterator[None]:
        while not self.timeline.go(target, branch, seconds=self._seconds_left()):
            if self.machine.stopped is not None:
                self._stop("non_finite", non_finite=self.machine.stopped)
                return
            yield
        self._stop("goal")

    def _backwards(self, low: Moment) -> Iterator[None]:
        """Go to the last hit after `low`, else to `low`. It scans stretches, the latest first."""
        timeline = self.timeline
        high, inclusive = timeline.now, False
        self._home = high, timeline.branch.number
        found: list[tuple[Moment, Hit]] = []
        breakpoints = [point for point in self.breakpoints.values() if point.stops]
        while breakpoints and high > low and not found:
            begin = self._stretch_start(high, low)
            timeline.go(begin)
            found = yield from self._scan(breakpoints, high, inclusive=inclusive)
            high, inclusive = begin, True
        target = found[-1][0] if found else low
        timeline.go(target)
        self._forget(target)
        hits = [hit for moment, hit in found if moment == target]
        self._stop("breakpoint" if hits else "start" if target == START else "goal", hits)

    def _stretch_start(self, high: Moment, low: Moment) -> Moment:
        """The start of the stretch to scan before `high`.

        It is a step after a keyframe, since only then every buffer has its former value.
        """
        step = self.timeline.keyframe_before(high)
        while step and Moment(step + 1, 0) >= high:
            step = self.timeline.keyframe_before(Moment(step, 0))
        return max(low, Moment(step + 1, 0) if step else START)

    def _scan(
        self, breakpoints: Sequence[BreakpointBase], high: Moment, *, inclusive: bool
    ) -> Generator[None, None, list[tuple[Moment, Hit]]]:
        """The latest hits from the present up to `high`; hits at `high` count if `inclusive`."""
        found: list[tuple[Moment, Hit]] = []

        def note(point: BreakpointBase, moment: Moment, text: str) -> bool:
            if point.counts(moment) and (moment < high or inclusive):
                if found and found[-1][0] != moment:
                    found.clear()
                found.append((moment, Hit(point.number, text)))
            return False

        while not self.timeline.run_to(
            high, seconds=self._seconds_left(), traps=self._traps(note, breakpoints)
        ):
            yield
        return found

    # What happens at traps -------------------------------------------------------------------

    def _traps(self, passed: Passed, breakpoints: Sequence[BreakpointBase]) -> dict[int, Trap]:
        """Traps before the instructions with breakpoints; `passed` decides whether a hit stops."""
        self._armed = breakpoints
        self._restart_tests()
        at: dict[int, list[BreakpointBase]] = {}
        for point in breakpoints:
            for instruction in point.instructions:
                at.setdefault(instruction, []).append(point)
        return {i: self._trap(passed, i, here) for i, here in at.items()}

    def _trap(
        self, passed: Passed, instruction: int, breakpoints: Sequence[BreakpointBase]
    ) -> Trap:
        def trap() -> bool:
            stop = False
            for point in breakpoints:
                text = self._tests[point.number]()
                if text is not None:
                    stop |= passed(point, Moment(self.machine.step_count, instruction), text)
            return stop

        return trap

    def _restart_tests(self) -> None:
        """Start the tests from the present state, so that an edit is not a hit."""
        with np.errstate(all="ignore"):
            self._tests = {point.number: point.test(self.machine) for point in self._armed}

    def _passed(self, point: BreakpointBase, moment: Moment, text: str) -> bool:
        if not point.count(moment):
            return False
        if not point.stops:
            self._add_line(point, moment, text)
            return False
        self._hits.append((moment, Hit(point.number, text)))
        return True

    def _add_line(self, point: BreakpointBase, moment: Moment, text: str) -> None:
        """Log a line, unless it is there from an earlier pass over the same moment."""
        owner = self.timeline.branch.owner(moment).number
        key = point.number, owner, moment
        if key in self._logged:
            return
        self._logged.add(key)
        self.log.append(LogLine(self._serial, point.number, owner, moment, text))
        self._serial += 1
        if len(self.log) >= 2 * LOG_LINES:
            self.log = self.log[LOG_LINES:]
            self._logged = {(line.breakpoint, line.branch, line.moment) for line in self.log}

    def _forget(self, after: Moment, *, since: int | None = None) -> None:
        """Uncount hits after a moment; remove later log lines with serials from `since` on."""
        for point in self.breakpoints.values():
            point.forget(after)
        while since is not None and self.log:
            line = self.log[-1]
            if line.serial < since or line.moment <= after:
                break
            self._logged.discard((line.breakpoint, line.branch, line.moment))
            self.log.pop()


def _within(here: Instruction, path: str) -> Callable[[Instruction], bool]:
    """A test whether an instruction is in the scope `path` and in the phase of `here`."""
    return lambda i: i.phase == here.phase and f"{i.scope}/".startswith(f"{path}/")
