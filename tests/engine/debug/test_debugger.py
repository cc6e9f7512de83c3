"""The debugger: every verb, every kind of point, both directions, however it is sliced."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import SGD, Adam, Dense, DescriptionError, Machine, Network, compile  # noqa: A004
from engine.debug.breakpoints import Breakpoint, BreakpointBase, Location, Watchpoint
from engine.debug.debugger import LOG_LINES, Debugger, Frame, Stop
from engine.debug.lexer import ExpressionError
from engine.formula import number_text
from engine.history.moments import START, Moment
from engine.history.timeline import Timeline
from tests.engine.networks import CIRCLES, all_state, circles_machine
from tests.engine.replays import Walk, assert_as_replayed, replay

BREAKPOINTS: list[dict[str, Any]] = [
    {"location": Location(instruction=4)},
    {"location": Location(scope="dense2", phase="backward")},
    {"location": Location(phase="update")},
    {"location": Location(scope="dense1/linear"), "condition": "step % 3 == 1"},
    {"condition": "loss < 0.72"},
    {"condition": "dense2/W[0, 1] > 0.3 and step > 2"},
    {"condition": "learning_rate > 0.03"},
    {"location": Location(phase="loss"), "log_message": "loss {loss} in {step}"},
]
WATCHPOINTS: list[tuple[str, str, float]] = [
    ("dense1/W[0, 1]", "change", 0.0),
    ("mean(dense2/z)", "sign", 0.0),
    ("loss", "cross", 0.73),
    ("norm(dense1/W.grad) + loss", "cross", 0.8),
]


def fresh() -> Machine:
    return circles_machine(Adam(0.01), dropout=0.2)


def debugged(make: Callable[[], Machine] = fresh, spacing: int = 3) -> Debugger:
    timeline = Timeline(make())
    timeline.keyframes.spacing = spacing
    return Debugger(timeline)


def hits_between(
    debugger: Debugger, make: Callable[[], Machine], low: Moment, high: Moment
) -> list[tuple[Moment, set[int]]]:
    """The moments in (low, high] at which points are hit, by a plain walk that looks everywhere."""
    points = [p for p in debugger.breakpoints.values() if p.stops]
    found: list[tuple[Moment, set[int]]] = []
    before: dict[int, float] = {}

    def look(machine: Machine) -> None:
        moment = Moment(machine.step_count, machine.pc)
        last = (machine.pc or len(machine.program.instructions)) - 1
        hit = {p.number for p in points if _is_hit(p, machine, before[p.number], last)}
        if hit and moment > low:
            found.append((moment, hit))

    walk = Walk(make, debugger.timeline.branch, look)
    while walk.now < high:
        before = {p.number: _watched(p, walk.machine) for p in points}
        walk.go_on()
    return found


def _watched(point: BreakpointBase, machine: Machine) -> float:
    if isinstance(point, Watchpoint):
        return float(point.expression.value(machine))
    return 0.0


def _is_hit(point: BreakpointBase, machine: Machine, before: float, last: int) -> bool:
    if isinstance(point, Watchpoint):
        after = _watched(point, machine)
        if point.trigger == "change":
            return before != after
        if point.trigger == "sign":
            return before * after < 0
        return (before >= point.level) != (after >= point.level)
    assert isinstance(point, Breakpoint)
    program = machine.program
    if point.location is not None:
        here = machine.pc in point.location.entries(program)
    else:
        assert point.condition is not None
        writers = [w for name in point.condition.reads for w in program.writers(name)]
        here = last == max(writers, default=len(program.instructions) - 1)
    return here and (point.condition is None or bool(point.condition.value(machine)))


@dataclass(frozen=True)
class World:
    """What is debugged, and which points, edits and clamps there may be."""

    fresh: Callable[[], Machine]
    breakpoints: list[dict[str, Any]]
    watchpoints: list[tuple[Any, Any, float]]
    edits: list[tuple[str, tuple[int | None, ...] | None]]
    held: tuple[str, tuple[int | None, ...]]


PLAYGROUND = World(
    fresh,
    BREAKPOINTS,
    WATCHPOINTS,
    [("learning_rate", None), ("dense1/W", (0, 1)), ("dense1/a", (0, 1))],
    ("dense1/a", (None, 1)),
)


class Sessions(RuleBasedStateMachine):
    """Any sequence of verbs, edits and points, against a plain walk that looks everywhere."""

    world = PLAYGROUND

    @initialize(budget=st.sampled_from([64 * 2**20, 40_000]))
    def begin(self, budget: int) -> None:
        timeline = Timeline(self.world.fresh(), budget)
        timeline.keyframes.spacing = 3
        self.debugger = Debugger(timeline)

    @rule(which=st.integers(0, 999))
    def set_breakpoint(self, which: int) -> None:
        known = self.world.breakpoints
        self.debugger.set_breakpoint(**known[which % len(known)])

    @rule(which=st.integers(0, 999))
    def set_watchpoint(self, which: int) -> None:
        known = self.world.watchpoints
        expression, trigger, level = known[which % len(known)]
        self.debugger.set_watchpoint(expression, trigger, level=level)

    @rule(which=st.integers(0, 9))
    def remove(self, which: int) -> None:
        points = list(self.debugger.breakpoints)
        if points:
            self.debugger.remove(points[which % len(points)])

    @rule(
        unit=st.sampled_from(["instruction", "layer", "phase", "step", "epoch"]), slow=st.booleans()
    )
    def step(self, unit: Any, slow: bool) -> None:
        self.forwards(
            self.debugger.timeline.after(unit), lambda s: self.debugger.step(unit, s), slow
        )

    @rule(instruction=st.integers(0, 20))
    def run_to(self, instruction: int) -> None:
        step, pc = self.debugger.timeline.now
        goal = Moment(step + (instruction <= pc), instruction)
        self.forwards(goal, lambda s: self.debugger.run_to(instruction, s), False)

    @rule(steps=st.integers(0, 6), pc=st.integers(0, 20), slow=st.booleans())
    def until(self, steps: int, pc: int, slow: bool) -> None:
        now = self.debugger.timeline.now
        goal = max(Moment(now.step + steps, pc), Moment(now.step, now.pc))
        self.forwards(goal, lambda s: self.debugger.until(goal, s), slow)

    @rule()
    def out(self) -> None:
        frame = self.debugger.stack()[-2]
        step, count = (
            self.debugger.timeline.now.step,
            len(self.debugger.machine.program.instructions),
        )
        goal = Moment(step + frame.stop // count, frame.stop % count)
        self.forwards(goal, self.debugger.step_out, False)

    def forwards(
        self, goal: Moment, verb: Callable[[float | None], Stop | None], slow: bool
    ) -> None:
        hits = hits_between(self.debugger, self.world.fresh, self.debugger.timeline.now, goal)
        stop = self.carried_out(verb, slow)
        if hits:
            assert (stop.reason, stop.moment, {h.breakpoint for h in stop.hits}) == (
                "breakpoint",
                *hits[0],
            )
        else:
            assert (stop.reason, stop.moment) == ("goal", goal)

    @rule(
        unit=st.sampled_from(["instruction", "layer", "phase", "step", "epoch"]), slow=st.booleans()
    )
    def step_back(self, unit: Any, slow: bool) -> None:
        low = self.debugger.timeline.before(unit)
        self.backwards(low, lambda s: self.debugger.step_back(unit, s), slow)

    @rule(slow=st.booleans())
    def reverse_continue(self, slow: bool) -> None:
        self.backwards(START, self.debugger.reverse_continue, slow)

    @rule(share=st.floats(0, 1), pc=st.integers(0, 20), slow=st.booleans())
    def back_to(self, share: float, pc: int, slow: bool) -> None:
        now = self.debugger.timeline.now
        low = min(Moment(int(share * now.step), pc), now)
        self.backwards(low, lambda s: self.debugger.back_to(low, s), slow)

    def backwards(
        self, low: Moment, verb: Callable[[float | None], Stop | None], slow: bool
    ) -> None:
        now = self.debugger.timeline.now
        hits = [h for h in hits_between(self.debugger, self.world.fresh, low, now) if h[0] < now]
        stop = self.carried_out(verb, slow)
        if hits:
            assert (stop.reason, stop.moment, {h.breakpoint for h in stop.hits}) == (
                "breakpoint",
                *hits[-1],
            )
        else:
            assert (stop.reason, stop.moment) == ("start" if low == START else "goal", low)

    def carried_out(self, verb: Callable[[float | None], Stop | None], slow: bool) -> Stop:
        stop = verb(1e-9 if slow else None)
        while stop is None:
            stop = self.debugger.proceed(1e-9)
        assert stop.moment == self.debugger.timeline.now
        return stop

    @rule(share=st.floats(0, 1), pc=st.integers(0, 20), which=st.integers(0, 9))
    def jump(self, share: float, pc: int, which: int) -> None:
        branch = self.debugger.timeline.branches[which % len(self.debugger.timeline.branches)]
        stop = self.debugger.goto((int(share * branch.end.step), pc), branch.number)
        assert stop is not None
        assert stop.reason == "goal"

    @rule(which=st.integers(0, 999), value=st.sampled_from([0.001, 0.05]))
    def edit(self, which: int, value: float) -> None:
        buffer, index = self.world.edits[which % len(self.world.edits)]
        self.debugger.write(buffer, value, index)

    @rule(value=st.sampled_from([0.0, 0.5]))
    def hold(self, value: float) -> None:
        buffer, index = self.world.held
        self.debugger.clamp(buffer, value, index)

    @invariant()
    def as_a_fresh_replay(self) -> None:
        if hasattr(self, "debugger"):
            assert_as_replayed(self.debugger.timeline, self.world.fresh)


Sessions.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestSessions = pytest.mark.slow(Sessions.TestCase)


# Verbs ---------------------------------------------------------------------------------------


def test_resume_stops_where_training_would_have_come_by() -> None:
    debugger, plain = debugged(spacing=64), fresh()
    debugger.set_breakpoint(Location(scope="dense1", phase="backward"), condition="step == 500")
    stop = debugger.resume()
    assert stop is not None
    first = next(
        i.index for i in plain.program.instructions if (i.layer, i.phase) == ("dense1", "backward")
    )
    assert (stop.reason, stop.moment) == ("breakpoint", (500, first))
    assert stop.hits[0].text == "dense1 backward if step == 500"
    plain.run(500)
    plain.run_to(first)
    assert all_state(debugger.machine) == all_state(plain)
    back = debugger.reverse_continue()
    assert back is not None
    assert (back.reason, back.moment) == ("start", START)


def test_in_slices_the_same() -> None:
    debugger = debugged(spacing=64)
    debugger.set_watchpoint("step + loss", "cross", level=1000)
    whole = debugger.resume()
    other = debugged(spacing=64)
    other.set_watchpoint("step + loss", "cross", level=1000)
    assert other.resume(1e-9) is None
    slices = 1
    while other.proceed(1e-9) is None:
        assert other.stopped is None
        slices += 1
    assert slices > 3
    assert other.stopped == whole
    assert all_state(other.machine) == all_state(debugger.machine)


def test_layers_and_the_stack() -> None:
    debugger = debugged(circles_machine)
    debugger.run_to(3)
    listing = debugger.machine.program.instructions
    assert debugger.stack() == (
        Frame("forward", "", 0, 9),
        Frame("dense1", "dense1", 3, 5),
        Frame("linear", "dense1/linear", 3, 4),
    )
    debugger.step_in()
    assert debugger.timeline.now == (0, 4)
    debugger.step_out()
    assert debugger.timeline.now == (0, 5)
    assert listing[5].layer == "dense2"
    debugger.leave_frame(debugger.stack()[0])
    assert debugger.timeline.now == (0, 9)
    assert listing[9].phase == "loss"
    debugger.goto((0, len(listing) - 1))
    debugger.step_out()
    assert debugger.timeline.now == (1, 0)
    with pytest.raises(DescriptionError, match="frame: 'dense7' is not on the stack"):
        debugger.leave_frame(Frame("dense7", "dense7", 0, 1))


def test_a_pause_ends_a_run_and_takes_back_a_search() -> None:
    debugger = debugged(spacing=64)
    assert debugger.resume(0.005) is None
    stop = debugger.pause()
    assert (stop.reason, debugger.stopped) == ("paused", stop)
    assert debugger.proceed() == stop
    assert_as_replayed(debugger.timeline, fresh)
    debugger.goto((3000, 5))
    debugger.set_watchpoint("dense1/W[0, 0]", "non_finite")
    assert debugger.reverse_continue(1e-9) is None
    debugger.proceed(0.01)
    assert debugger.pause().moment == (3000, 5)
    assert debugger.reverse_continue(1e-9) is None
    debugger.write("learning_rate", 0.5)
    assert debugger.timeline.branch.events[0].moment == (3000, 5)


def test_training_that_breaks_stops_there() -> None:
    def exploding() -> Machine:
        network = Network(2, [Dense(2), Dense(1)], optimizer=SGD(1e20))
        return Machine(compile(network, CIRCLES, batch_size=8))

    debugger = debugged(exploding, spacing=64)
    debugger.set_breakpoint(Location(phase="update"), log_message="{norm(parameters)}")
    debugger.set_watchpoint("norm(dense1/W.grad)", "non_finite")
    stop = debugger.resume()
    assert stop is not None
    assert stop.reason in ("non_finite", "breakpoint")
    assert debugger.log
    assert all(line.moment <= stop.moment for line in debugger.log)
    while stop is None or stop.non_finite is None:
        stop = debugger.resume()
    assert stop.moment == (stop.non_finite.step, stop.non_finite.instruction + 1)


# Points --------------------------------------------------------------------------------------


def test_the_nth_hit() -> None:
    debugger = debugged(spacing=64)
    point = debugger.set_breakpoint(Location(instruction=2), hit_condition=5)
    moments = [debugger.resume() for _ in range(3)]
    assert [stop and stop.moment for stop in moments] == [(4, 2), (5, 2), (6, 2)]
    assert point.counted == [(step, 2) for step in range(5)]
    debugger.step_back("step")
    assert debugger.timeline.now == (6, 0)
    debugger.reverse_continue()
    assert debugger.timeline.now == (5, 2)
    debugger.reverse_continue()
    assert debugger.timeline.now == (4, 2)
    debugger.step_back("instruction")
    assert point.counted == [(step, 2) for step in range(4)]
    stop = debugger.reverse_continue()
    assert stop is not None
    assert (stop.reason, stop.moment) == ("start", START)
    debugger.resume()
    assert debugger.timeline.now == (4, 2)
    debugger.enable(point.number)
    debugger.resume()
    assert debugger.timeline.now == (9, 2)


def test_counts_are_of_the_branch() -> None:
    debugger = debugged()
    point = debugger.set_breakpoint(Location(instruction=2), hit_condition=5)
    debugger.resume()
    debugger.goto((2, 0))
    assert len(point.counted) == 2
    debugger.write("learning_rate", 0.1)
    debugger.resume()
    assert debugger.timeline.now == (4, 2)
    debugger.goto((4, 2), 0)
    assert len(point.counted) == 2  # what the branches have in common


def test_logpoints_log_once_and_go_on() -> None:
    debugger = debugged()
    debugger.set_breakpoint(
        Location(phase="backward"), log_message="{step}: {loss}", condition="step > 0"
    )
    stop = debugger.step("epoch")
    assert stop is not None
    assert stop.reason == "goal"
    lines = list(debugger.log)
    assert [line.moment.step for line in lines] == [1, 2, 3, 4, 5]
    machine = replay(fresh, debugger.timeline.branch, lines[2].moment)
    assert lines[2].text == f"3: {float(machine.read('loss/L')):.6g}"
    debugger.step_back("epoch")
    debugger.step("epoch")
    assert debugger.log == lines
    debugger.step_back("step")
    debugger.write("learning_rate", 0.05)
    debugger.goto((2, 0))
    debugger.step("epoch")
    assert [(line.branch, line.moment.step) for line in debugger.log[5:]] == [(1, 5)]


def test_the_log_is_bounded() -> None:
    debugger = debugged(spacing=64)
    debugger.set_breakpoint(Location(instruction=0), log_message="{step}")
    debugger.set_breakpoint(Location(instruction=0), condition=f"step == {3 * LOG_LINES}")
    debugger.resume()
    assert LOG_LINES <= len(debugger.log) < 2 * LOG_LINES
    assert [line.text for line in debugger.log[-2:]] == ["2999", "3000"]
    assert debugger.log[-1].serial == 2999


def test_a_watchpoint_names_the_instruction_and_the_values() -> None:
    debugger = debugged()
    debugger.set_watchpoint("dense1/W[0, 1]")
    before = float(debugger.machine.read("dense1/W")[0, 1])
    stop = debugger.resume()
    assert stop is not None
    listing = debugger.machine.program.instructions
    assert listing[stop.moment.pc - 1].op == "apply"
    after = float(debugger.machine.read("dense1/W")[0, 1])
    values = f"{number_text(before, 6)} → {number_text(after, 6)}"
    assert stop.hits[0].text == f"dense1/W[0, 1]: {values}"
    debugger.write("dense1/W", -before, (0, 1))  # what one writes oneself is no news
    stop = debugger.step("layer")
    assert stop is not None
    assert stop.reason == "goal"


def test_watches_have_values() -> None:
    debugger = debugged()
    number, other = debugger.watch("loss * 2"), debugger.watch("dense1/b")
    debugger.step("step")
    loss = float(debugger.machine.read("loss/L"))
    watches = debugger.watches
    assert watches.values()[number] == 2 * loss
    assert watches.values()[other].shape == (4,)  # type: ignore[union-attr]
    assert watches.series(other)[0].size == 0
    watches.remove(other)
    assert list(watches.values()) == [number]


@pytest.mark.slow
def test_watches_have_values_over_time() -> None:
    debugger = debugged(spacing=64)
    number = debugger.watch("loss + step")
    debugger.goto((5000, 0))
    debugger.step_back("step", count=2000)
    debugger.write("learning_rate", 0.001)
    debugger.step("step", count=100)
    assert 3001 in debugger.watches.series(number)[0]
    debugger.step("step", count=30_000)
    steps, values = debugger.watches.series(number)
    assert len(steps) <= 2 * 256
    assert steps[0] == 1
    assert steps[-1] > 32_000
    assert (np.diff(steps) > 0).all()
    for step, value in list(zip(steps, values, strict=True))[:: len(steps) // 4]:
        with debugger.timeline.visit((int(step), 0)) as machine:
            assert value == float(machine.read("loss/L")) + step
    trunk = debugger.watches.series(number, debugger.timeline.branches[0])[0]
    assert 4000 < trunk[-1] <= 5000


def test_what_is_wrong_is_said() -> None:
    debugger = debugged()
    location = Location(instruction=2)
    for call, message in (
        (
            lambda: debugger.set_breakpoint(Location(instruction=99)),
            "instruction: 99 is not in 0..",
        ),
        (
            lambda: debugger.set_breakpoint(Location(scope="dense")),
            "scope: 'dense' is not a scope; d",
        ),
        (lambda: debugger.set_breakpoint(Location(phase="x")), "phase: 'x' is not one of forward"),  # type: ignore[arg-type]
        (
            lambda: debugger.set_breakpoint(Location(scope="loss", phase="update")),
            "location: 'loss up",
        ),
        (debugger.set_breakpoint, "location: None is not possible without a cond"),
        (
            lambda: debugger.set_breakpoint(location, hit_condition=0),
            "hit_condition: 0 is not in 1..",
        ),
        (lambda: debugger.set_watchpoint("loss", "x"), "trigger: 'x' is not one of change"),  # type: ignore[arg-type]
        (lambda: debugger.set_watchpoint("learning_rate"), "expression: 'learning_rate' is not of"),
        (lambda: debugger.set_watchpoint("loss", level=math.nan), "level: nan is not a finite"),
        (lambda: debugger.remove(7), "breakpoint: 7 is not the number"),
        (lambda: debugger.watches.remove(7), "watch: 7 is not on the watch list"),
        (lambda: debugger.run_to(99), "instruction: 99 is not in 0.."),
        (lambda: debugger.goto((0, 99)), "pc: 99 is not in 0.."),
        (lambda: debugger.goto((0, 0), 9), "branch: 9 is not in 0..0"),
        (lambda: debugger.step("page"), "unit: 'page' is not one of"),  # type: ignore[arg-type]
    ):
        with pytest.raises(DescriptionError) as caught:
            call()
        assert str(caught.value).startswith(message)
        assert debugger.stopped is not None
    with pytest.raises(ExpressionError):
        debugger.set_breakpoint(condition="loss")
    assert debugger.breakpoints == {}
    for _ in range(200):
        debugger.set_breakpoint(location)
    with pytest.raises(DescriptionError, match="fewer than 200"):
        debugger.watch("loss")


@pytest.mark.slow
@given(st.sampled_from([4, 64, 1000]), st.integers(0, 1500))
@settings(max_examples=10, deadline=None)
def test_back_over_a_long_way(spacing: int, step: int) -> None:
    debugger = debugged(spacing=spacing)
    debugger.goto((1600, 4))
    debugger.set_breakpoint(condition=f"step == {step} or step == 1600")
    stop = debugger.reverse_continue()
    assert stop is not None
    assert stop.moment == (1600, 0)
    debugger.reverse_continue()
    assert debugger.timeline.now == (step, 0)
