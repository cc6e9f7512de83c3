"""Drives a debugger in slices of time: free runs, goals, journeys and speed limits. No I/O.

The clock is an argument, so that a test can supply the time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from engine import (
    Debugger,
    Machine,
    Moment,
    NonFinite,
    Snapshot,
    Stop,
    Timeline,
    export_log,
    import_log,
)
from engine.formula import number_text
from server.describe.description import Plan
from server.session.breakpoints import Breakpoints
from server.session.curves import Curves
from server.session.early_stopping import EarlyStopping
from server.session.health import Health, Thresholds
from server.session.loss_schedule import LossSchedule
from server.session.rate_limit import SpeedLimit
from server.views.scores import Point, Scorer
from server.wire.commands import BackUnit, BreakpointSpec, SpeedUnit, StepUnit

Clock = Callable[[], float]
Reason = Literal["command", "goal", "breakpoint", "start", "non_finite", "early_stopping", "closed"]
Journey = Generator[None, None, Stop]
"""A command of the debugger that runs in slices; returns where and why it stopped."""

SLOW_STEP = 0.01
"""Seconds above which a step is executed by instructions, so that it can be interrupted."""
MIN_SECONDS = 1e-4
"""Least time budget that the debugger gets, in seconds."""
MAX_HITS = 200
"""Most moments whose breakpoint hits are remembered; the oldest are forgotten."""


@dataclass
class Goal:
    """Where a forward run stops.

    Attributes:
        unit: the unit whose boundaries are counted.
        left: boundaries still to reach.
        moment: the next boundary; for steps and epochs the last one.
    """

    unit: BackUnit
    left: int
    moment: Moment


@dataclass(frozen=True)
class Progress:
    """The state of a runner that its machine's snapshot does not contain.

    Attributes:
        goal: where the run stops; None for a free run or a machine at rest.
        speed: unit and rate of the speed limit.
        log: the timeline, as `engine.export_log` writes it.
        non_finite: the first non-finite value of each branch.
        points: loss points by branch.
        scored, next_loss: `last` and `next_step` of the loss schedule.
        hits, thresholds: as in `Runner`.
        specs, watched: breakpoints and watch expressions.
    """

    running: bool
    reason: Reason
    goal: Goal | None
    speed: tuple[SpeedUnit, float | None]
    log: dict[str, Any]
    non_finite: dict[int, NonFinite]
    points: dict[int, list[Point]]
    scored: tuple[int, int]
    next_loss: int
    hits: dict[tuple[int, Moment], list[dict[str, str]]]
    thresholds: Thresholds
    specs: tuple[BreakpointSpec, ...]
    watched: tuple[str, ...]


class Runner:
    """A debugged machine with a goal, a speed and loss curves.

    Args:
        version: number of the first state; above all versions of a runner that this one replaces.

    Attributes:
        machine, timeline, debugger: what is driven.
        scorer, curves: the loss now and its history.
        breakpoints: breakpoints, logpoints, watchpoints and the watch list.
        health: diagnostics and time series of the history.
        early_stopping: the rule that may end a free run.
        loss_schedule: the steps at which the loss is evaluated.
        settings: the hyperparameters in the description, by name.
        running: whether something is left to do.
        reason: why the run last started or stopped.
        version: number of the machine's state; grows with every change.
        fresh: loss points not yet reported, each with its branch.
        thresholds: thresholds of the diagnostics set by the user, by rule and name.
        hits: breakpoint hits that stopped a run, by branch and moment, the latest last.
    """

    def __init__(self, plan: Plan, clock: Clock, version: int = 0) -> None:
        self.plan = plan
        self.machine = Machine(plan.program)
        self.settings = self.hyperparameters()
        self.scorer = Scorer(self.machine, plan)
        self.speed_limit = SpeedLimit()
        self.running = False
        self.reason: Reason = "command"
        self.version = version
        self.fresh: list[tuple[int, Point]] = []
        self.thresholds: Thresholds = {}
        self._clock = clock
        self._step_seconds = self.machine.step_seconds
        self._adopt(Timeline(self.machine), Breakpoints())

    def _adopt(self, timeline: Timeline, breakpoints: Breakpoints) -> None:
        """Start over with this history."""
        self.timeline = timeline
        self.debugger = Debugger(timeline)
        self.breakpoints = breakpoints
        breakpoints.install(self.debugger)
        self.curves = Curves()
        self.health = Health(timeline, self.plan, self.thresholds)
        self.early_stopping = EarlyStopping(self.plan.patience)
        self.fresh = []
        self.hits: dict[tuple[int, Moment], list[dict[str, str]]] = {}
        self._non_finite: dict[int, NonFinite] = {}
        self._goal: Goal | None = None
        self._journey: Journey | None = None
        self._evaluation: Iterator[None] | None = None
        self._deadline = 0.0
        self.loss_schedule = LossSchedule(
            self._step_seconds,
            self.scorer.seconds,
            len(self.plan.program.instructions),
            self.early_stopping.spacing,
        )
        self._check_all_until = Moment(0, 0)

    def hyperparameters(self) -> dict[str, float]:
        """Present values by name, each as the shortest decimal that is stored as that value."""
        named = self.plan.program.hyperparameters.items()
        return {name: float(str(self.machine.view(buffer))) for name, buffer in named}

    @property
    def non_finite(self) -> NonFinite | None:
        """The first non-finite value of this history, unless a buffer was edited since."""
        branch, now = self.timeline.branch, self.timeline.now
        settings = self.plan.program.hyperparameters.values()
        edits = [e.moment for e in branch.events if e.moment <= now and e.buffer not in settings]
        for line, limit in branch.lineage():
            found = self._non_finite.get(line.number)
            if found is None or self._after(found) > min(limit, now):
                continue
            if not edits or edits[-1] < self._after(found):
                return found
        return None

    def _after(self, non_finite: NonFinite) -> Moment:
        if non_finite.instruction == len(self.plan.program.instructions) - 1:
            return Moment(non_finite.step + 1, 0)
        return Moment(non_finite.step, non_finite.instruction + 1)

    # Forwards --------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until something stops it."""
        self._start(None)

    def step(self, unit: StepUnit, count: int) -> None:
        """Advance by `count` units."""
        timeline = self.timeline
        if unit == "out":
            self._travel(self._in_slices(self.debugger.step_out))
            return
        moment = timeline.after(unit)
        if unit in ("step", "epoch"):
            per_unit = self.plan.program.steps_per_epoch if unit == "epoch" else 1
            moment, count = Moment(moment.step + (count - 1) * per_unit, 0), 1
        self._start(Goal(unit, count, moment))

    def run_to(self, instruction: int) -> None:
        """Run until `instruction` is the next one; at least one instruction is executed."""
        step, pc = self.timeline.now
        self._start(Goal("instruction", 1, Moment(step + (instruction <= pc), instruction)))

    def resume(self) -> None:
        """Continue the run that was paused, to the same goal."""
        self._start(self._goal)

    def _start(self, goal: Goal | None) -> None:
        self.debugger.pause()
        self.early_stopping.begin()
        self.running, self.reason, self._goal, self._journey = True, "command", goal, None
        self.speed_limit.start(self._clock())

    # Backwards and anywhere ------------------------------------------------------------------

    def step_back(self, unit: BackUnit, count: int) -> None:
        """Go back by `count` units, or to the last breakpoint hit since then."""
        self._travel(self._step_back(unit, count))

    def _step_back(self, unit: BackUnit, count: int) -> Journey:
        timeline = self.timeline
        if unit in ("step", "epoch"):
            per_unit = self.plan.program.steps_per_epoch if unit == "epoch" else 1
            step = timeline.before(unit).step - (count - 1) * per_unit
            low = Moment(max(0, step), 0)
            return (yield from self._in_slices(lambda seconds: self.debugger.back_to(low, seconds)))
        for _ in range(count):
            stop = yield from self._in_slices(lambda s: self.debugger.step_back(unit, s))
            if stop.reason != "goal":
                break
        return stop

    def reverse_continue(self) -> None:
        """Go back to the last moment at which a breakpoint was hit, or to the start."""
        self._travel(self._in_slices(self.debugger.reverse_continue))

    def goto(self, moment: Moment, branch: int | None) -> None:
        """Go to a moment of a branch, visited before or still to come.

        Raises:
            DescriptionError: no such moment exists; nothing has changed.
        """
        self.timeline.check(moment, branch)
        self._travel(self._in_slices(lambda seconds: self.debugger.goto(moment, branch, seconds)))

    def _travel(self, journey: Journey) -> None:
        self.debugger.pause()
        self.early_stopping.begin()
        self.running, self.reason, self._goal, self._journey = True, "command", None, journey

    def _in_slices(self, begin: Callable[[float], Stop | None]) -> Journey:
        stop = begin(self._left())
        while stop is None:
            yield
            stop = self.debugger.proceed(self._left())
        return stop

    def _left(self) -> float:
        """Seconds left in this slice."""
        return max(self._deadline - self._clock(), MIN_SECONDS)

    # Stopping, changing ----------------------------------------------------------------------

    def pause(self, reason: Reason) -> None:
        """Stop where it is. The loss at that point is evaluated, so that the curve ends there."""
        was_running, self.running, self.reason = self.running, False, reason
        travelled, self._journey = self._journey is not None, None
        self.debugger.pause()
        if travelled:
            self.touch()
        if was_running:
            self._score_once()

    def adjust(self, rule: str, values: Mapping[str, float]) -> dict[str, float]:
        """Set thresholds of a rule of the diagnostics; returns all thresholds of the rule.

        Raises:
            DescriptionError: there is no such rule or threshold, or a value is unusable.
        """
        changed = self.health.adjust(rule, values)
        self.thresholds.setdefault(rule, {}).update(values)
        return changed

    def set_speed(self, unit: SpeedUnit, per_second: float | None) -> None:
        self.speed_limit = SpeedLimit(unit, per_second)
        self.speed_limit.start(self._clock())
        self.loss_schedule.bring_forward(self.machine.step_count, self.speed_limit)

    def reset(self, seed: int | None) -> None:
        """Draw fresh parameters, return to step 0 and drop the history.

        A free run continues; a goal is dropped. Hyperparameters keep their present values. A value
        that differs from the description becomes an edit at the start, so that the description and
        the log still reproduce the same numbers.
        """
        free = self.running and self._goal is None and self._journey is None
        self.debugger.pause()
        named, kept = self.plan.program.hyperparameters, self.hyperparameters()
        self.timeline.go((0, 0), 0)
        self.machine.clamp(())
        self.machine.reset(seed)
        for name, value in self.settings.items():
            self.machine.write(named[name], value)
        if seed is not None:
            self.plan = replace(self.plan, description={**self.plan.description, "seed": seed})
        self._adopt(Timeline(self.machine), self.breakpoints)
        for name, value in kept.items():
            if value != self.settings[name]:
                self.timeline.write(named[name], value)
        self.running, self.reason = free, "command"
        self.touch()
        self.score()

    def write(self, buffer: str, index: Sequence[int | None] | None, value: ArrayLike) -> None:
        """Change one or more elements. In the past this starts a branch.

        After an edit, a new non-finite value is reported again. But the machine searches for one
        only if its last loss was finite. So after a NaN was repaired, the runner itself checks what
        every instruction writes, up to the end of the first whole step.

        Raises:
            DescriptionError: the edit is impossible; nothing has changed.
        """
        repaired = self.non_finite is not None
        self._edit(lambda: self.debugger.write(buffer, value, index))
        if repaired and buffer not in self.plan.program.hyperparameters.values():
            step, pc = self.timeline.now
            self._check_all_until = Moment(step + (2 if pc else 1), 0)
            self.machine.stopped = None

    def clamp(self, buffer: str, index: Sequence[int | None], value: float | None) -> None:
        """Hold elements at a value from now on; None releases them."""
        if value is None:
            self._edit(lambda: self.debugger.release(buffer, index))
        else:
            self._edit(lambda: self.debugger.clamp(buffer, value, index))

    def _edit(self, edit: Callable[[], object]) -> None:
        if self._journey is not None:
            self.pause("command")
        edit()
        self.touch()
        self.loss_schedule.bring_forward(self.machine.step_count, self.speed_limit)
        if not self.running:
            self.score()

    def touch(self) -> None:
        """Count a change of the machine's state, which makes an evaluation under way obsolete."""
        self.version += 1
        self._evaluation = None

    # Continuing in another process -----------------------------------------------------------

    def progress(self) -> Progress:
        """The argument of `carry_on`, besides a snapshot of the machine."""
        return Progress(
            running=self.running,
            reason=self.reason,
            goal=replace(self._goal) if self._goal is not None else None,
            speed=(self.speed_limit.unit, self.speed_limit.per_second),
            log=export_log(self.timeline),
            non_finite=dict(self._non_finite),
            points=self.curves.points(),
            scored=self.loss_schedule.last,
            next_loss=self.loss_schedule.next_step,
            hits=dict(self.hits),
            thresholds=copy.deepcopy(self.thresholds),
            specs=self.breakpoints.specs,
            watched=self.breakpoints.watched,
        )

    def carry_on(self, snapshot: Snapshot, saved: Progress) -> None:
        """Continue from the state of another runner of the same plan, with the same loss points."""
        timeline, branch, _ = import_log(self.machine, saved.log)
        timeline.land(branch, snapshot)
        self.thresholds = saved.thresholds
        self._adopt(timeline, Breakpoints(saved.specs, saved.watched))
        self.speed_limit = SpeedLimit(*saved.speed)
        self._non_finite = dict(saved.non_finite)
        self.curves = Curves(saved.points)
        self.hits = dict(saved.hits)
        self.loss_schedule.last, self.loss_schedule.next_step = saved.scored, saved.next_loss
        # As after an edit, since the other runner may just have had one.
        self._check_all_until = Moment(timeline.now.step + 2, 0)
        self._goal = replace(saved.goal) if saved.goal is not None else None
        self.touch()
        if saved.running:
            self._start(self._goal)
            self._evaluation = self._start_evaluation() if self._loss_is_due() else None
        self.reason = saved.reason

    def replay(self, log: Mapping[str, Any]) -> None:
        """Repeat the edits of an exported log on all its branches, and go to its last moment.

        Raises:
            DescriptionError: the log does not belong to this description.
        """
        timeline, branch, now = import_log(self.machine, log)
        self._adopt(timeline, self.breakpoints)
        self._travel(self._retrace(now, branch))

    def _retrace(self, now: Moment, branch: int) -> Journey:
        """Follow every branch, with loss points as in a run, then go to a moment of one branch."""
        timeline = self.timeline
        for line in timeline.branches:
            self.loss_schedule.next_step = line.start.step
            while timeline.branch is not line or timeline.now < line.end:
                stop = min(max(Moment(self.loss_schedule.next_step, 0), line.start), line.end)
                yield from self._in_slices(partial(self.debugger.goto, stop, line.number))
                for _ in self._start_evaluation():
                    yield
                self._note_point()
        return (yield from self._in_slices(partial(self.debugger.goto, now, branch)))

    # Time ------------------------------------------------------------------------------------

    def delay(self) -> float | None:
        """Seconds until `advance` has something to do; None until the next command."""
        if not self.running:
            return None
        if self._evaluation is not None or not self._limited:
            return 0.0
        return self.speed_limit.delay(self._clock())

    def advance(self, seconds: float) -> None:
        """Work for about `seconds` at most. May end `running`."""
        self._deadline = self._clock() + seconds
        while self.running:
            if self._evaluation is not None:
                self._evaluate(self._evaluation)
            elif not self._execute():
                break
            if self._clock() >= self._deadline:
                break

    @property
    def _limited(self) -> bool:
        free = self._goal is None and self._journey is None
        return free and self.speed_limit.per_second is not None

    def _execute(self) -> bool:
        """Execute what is due; False if nothing is."""
        before = self.machine.step_count
        if self._journey is not None:
            self._continue_journey(self._journey)
        elif self._goal is not None:
            self._pursue(self._goal)
        elif self.speed_limit.per_second is None:
            self._run_forward(None)
        else:
            due = self.speed_limit.available(self._clock())
            if due < 1:
                return False
            self._run_limited(due)
        self.touch()
        self._evaluate_if_due(before)
        return True

    def _continue_journey(self, journey: Journey) -> None:
        try:
            next(journey)
        except StopIteration as end:
            self._stop_at(end.value)
        except BaseException:
            self._stop("command")
            raise

    def _pursue(self, goal: Goal) -> None:
        self._run_forward(goal.moment)
        if self.running and self.timeline.now >= goal.moment:
            goal.left -= 1
            if goal.left == 0:
                self._stop("goal")
            else:
                goal.moment = self.timeline.after(goal.unit)

    def _run_limited(self, due: int) -> None:
        timeline = self.timeline
        if self.speed_limit.unit == "instruction":
            self._run_forward(timeline.after("instruction"))
            self.speed_limit.spend(1)
            return
        before = timeline.now.step
        self._run_forward(Moment(before + due, 0))
        self.speed_limit.spend(timeline.now.step - before)

    def _run_forward(self, goal: Moment | None) -> None:
        """Advance towards a moment, at most to the next loss point or until the deadline."""
        timeline = self.timeline
        now = timeline.now
        next_loss = now.step + 1
        if not self._scores_every_step:
            next_loss = max(self.loss_schedule.next_step, next_loss)
        stop = Moment(next_loss, 0) if goal is None else min(goal, Moment(next_loss, 0))
        checks_all = now < self._check_all_until
        if self._step_seconds > SLOW_STEP or checks_all:
            stop = timeline.after("instruction")
        ended = self.debugger.until(stop, self._left())
        if ended is not None and checks_all and ended.non_finite is None:
            found = self._non_finite_written_at(now)
            ended = (
                ended if found is None else replace(ended, reason="non_finite", non_finite=found)
            )
        if ended is not None and ended.reason != "goal":
            self._stop_at(ended)

    def _non_finite_written_at(self, moment: Moment) -> NonFinite | None:
        """The first non-finite element that the last executed instruction, at `moment`, wrote."""
        (buffer,) = self.plan.program.instructions[moment.pc].writes
        bad = np.argwhere(~np.isfinite(self.machine.view(buffer)))
        if not len(bad):
            return None
        index = tuple(int(i) for i in bad[0])
        text = number_text(float(self.machine.view(buffer)[index]))
        return NonFinite(moment.step, moment.pc, buffer, index, text)

    def _stop_at(self, stop: Stop) -> None:
        """Take note of a stop of the debugger."""
        if stop.non_finite is not None:
            self._non_finite[stop.branch] = stop.non_finite
        self.breakpoints.hits = stop.hits
        if stop.hits:
            self._remember(stop)
        self._stop("command" if stop.reason == "paused" else stop.reason)

    def _remember(self, stop: Stop) -> None:
        key = stop.branch, stop.moment
        self.hits.pop(key, None)
        self.hits[key] = self.breakpoints.happened()
        if len(self.hits) > MAX_HITS:
            del self.hits[next(iter(self.hits))]

    def _stop(self, reason: Reason) -> None:
        self.running, self.reason, self._goal, self._journey = False, reason, None, None

    # Loss points -----------------------------------------------------------------------------

    def _evaluate_if_due(self, before: int) -> None:
        if not self.running:
            self._score_once()
        elif self._journey is None and self.machine.step_count != before and self._loss_is_due():
            self._evaluation = self._start_evaluation()

    def _loss_is_due(self) -> bool:
        step = self.machine.step_count
        if self.curves.of(self.timeline.branch).has(step):
            return False
        return step >= self.loss_schedule.next_step or self._scores_every_step

    @property
    def _scores_every_step(self) -> bool:
        goal = self._goal
        if goal is None or goal.unit == "epoch":
            return False
        return self.loss_schedule.is_every_step(goal.moment.step - self.machine.step_count)

    def score(self) -> None:
        """Evaluate the loss at once, without pauses."""
        for _ in self._start_evaluation():
            pass
        self._note_point()

    def _score_once(self) -> None:
        """Evaluate the loss unless it is known at this step."""
        branch, step = self.timeline.branch, self.machine.step_count
        if self.loss_schedule.last == (branch.number, step) or self.curves.of(branch).has(step):
            return
        self.score()

    def _start_evaluation(self) -> Iterator[None]:
        self._evaluation = None
        return self.scorer.evaluate(self.version)

    def _evaluate(self, evaluation: Iterator[None]) -> None:
        """Do one chunk of the evaluation under way."""
        for _ in evaluation:
            return
        self._evaluation = None
        self._note_point()
        free = self._goal is None and self._journey is None
        if free and self.early_stopping.ended(self.scorer.point()):
            self._stop("early_stopping")

    def _note_point(self) -> None:
        point, branch = self.scorer.point(), self.timeline.branch
        curve = self.curves.of(branch)
        curve.put(point)
        self.fresh.append((branch.number, point))
        self.health.evaluated(point)
        step = self.machine.step_count
        self.loss_schedule.evaluated(branch.number, step, curve.last, self.speed_limit)
