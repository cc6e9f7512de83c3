"""Driving a machine: free runs, goals and speed limits, in slices of time. No I/O.

The time comes from a clock that is given, so that a test can be the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine import Instruction, Machine, NonFinite, Snapshot
from server.description import Plan
from server.protocol import SpeedUnit, StepUnit
from server.scores import History, Point, Scorer, step_seconds

Clock = Callable[[], float]
Reason = Literal["command", "goal", "non_finite", "closed"]

LOSS_SHARE = 0.03
"""The share of the time of a full-speed run that goes into evaluating the loss."""
LIMITED_SHARE = 0.2
"""The same under a speed limit, where there is time to spare."""
POINTS_OF_A_RUN = 1000
"""Loss points lie at least this fraction of the run so far apart."""
SLOW_STEP = 0.01
"""Seconds from which a step is executed by instructions, so that it can be interrupted."""
BY_HAND = 1000
"""Steps of one command that each get a loss point."""
BURST = 0.1
"""Seconds whose unused share of a speed limit may be made up for."""


@dataclass
class Limit:
    """A speed limit as a bucket of tokens, one an execution.

    Attributes:
        unit: what is counted.
        per_second: how many; None for no limit.
    """

    unit: SpeedUnit = "step"
    per_second: float | None = None
    _tokens: float = 1.0
    _filled: float = 0.0

    def start(self, now: float) -> None:
        """Begin a run: the first execution is due at once."""
        self._tokens, self._filled = 1.0, now

    def available(self, now: float) -> int:
        """How many executions are due."""
        assert self.per_second is not None
        gained = (now - self._filled) * self.per_second
        self._tokens = min(self._tokens + max(gained, 0.0), max(1.0, BURST * self.per_second))
        self._filled = now
        return int(self._tokens + 1e-9)

    def spend(self, count: int) -> None:
        self._tokens -= count

    def delay(self, now: float) -> float:
        """Seconds until the next execution is due; 0 if one is."""
        if self.per_second is None or self.available(now) >= 1:
            return 0.0
        return (1.0 - self._tokens) / self.per_second


@dataclass
class Goal:
    """Where a run ends by itself: after `left` units, or before instruction `target`."""

    unit: StepUnit
    left: int
    target: int | None = None


@dataclass(frozen=True)
class Progress:
    """What a runner is about and has found so far: all that is not in its machine's snapshot."""

    running: bool
    reason: Reason
    goal: Goal | None
    speed: tuple[SpeedUnit, float | None]
    nonfinite: NonFinite | None
    points: tuple[Point, ...]
    scored_step: int
    next_loss: int


class Runner:
    """A machine with a goal, a speed and a loss history.

    Args:
        version: number of the first state; higher than those of a runner it replaces.

    Attributes:
        machine, scorer, history: what is driven, and how it does.
        running: something is left to do.
        reason: why it last started or stopped.
        nonfinite: the first instruction that made a value non-finite, since the last fresh start
            or edit.
        version: grows with every change of the machine's state.
        points: loss points not yet reported.
    """

    def __init__(self, plan: Plan, clock: Clock, version: int = 0) -> None:
        self.plan = plan
        self.machine = Machine(plan.program)
        self.scorer = Scorer(self.machine, plan)
        self.history = History()
        self.limit = Limit()
        self.running = False
        self.reason: Reason = "command"
        self.nonfinite: NonFinite | None = None
        self.version = version
        self.points: list[Point] = []
        self._clock = clock
        self._goal: Goal | None = None
        self._step_seconds = step_seconds(plan)
        self._evaluation: Iterator[None] | None = None
        self._next_loss = 0
        self._scored_step = -1
        self._watchful = False

    # Commands --------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until something stops it."""
        self._start(None)

    def step(self, unit: StepUnit, count: int) -> None:
        """Go on by `count` units."""
        self._start(Goal(unit, count))

    def run_to(self, instruction: int) -> None:
        """Run until `instruction` is the next one; at least one instruction is executed."""
        self._start(Goal("instruction", 1, instruction))

    def resume(self) -> None:
        """Run on as before the last pause, to the same goal."""
        self._start(self._goal)

    def pause(self, reason: Reason) -> None:
        """Stop where it is. The loss at that point is evaluated, so that the curve ends there."""
        was_running, self.running, self.reason = self.running, False, reason
        if was_running and self._scored_step != self.machine.step_count:
            self.score()

    def set_speed(self, unit: SpeedUnit, per_second: float | None) -> None:
        self.limit = Limit(unit, per_second)
        self.limit.start(self._clock())
        self._next_loss = min(self._next_loss, self.machine.step_count + self._spacing())

    def reset(self, seed: int | None) -> None:
        """Fresh parameters, step 0; a free run goes on, a goal is dropped."""
        self.machine.reset(seed)
        self.running = self.running and self._goal is None
        self.reason, self._goal, self.nonfinite = "command", None, None
        self.history = History()
        self.points, self._next_loss = [], 0
        self.touch()
        self.score()

    def write(self, buffer: str, index: tuple[int, ...], value: float) -> None:
        """Change one element. The next value that stops being finite is news again.

        The machine looks for one only if its last loss was finite. So after a value was mended,
        every instruction is looked at up to the end of the first whole step.
        """
        self.machine.write(buffer, value, index)
        self._watchful = self._watchful or self.nonfinite is not None
        self.machine.stopped = self.nonfinite = None
        self.touch()
        if not self.running:
            self.score()

    def touch(self) -> None:
        """The machine's state has changed: an evaluation under way is of the past."""
        self.version += 1
        self._evaluation = None

    def score(self) -> None:
        """Evaluate the loss here and now."""
        for _ in self._started():
            pass
        self._note_point()

    def progress(self) -> Progress:
        """What `carry_on` takes, together with a snapshot of the machine."""
        return Progress(
            running=self.running,
            reason=self.reason,
            goal=replace(self._goal) if self._goal is not None else None,
            speed=(self.limit.unit, self.limit.per_second),
            nonfinite=self.nonfinite,
            points=tuple(self.history.points),
            scored_step=self._scored_step,
            next_loss=self._next_loss,
        )

    def carry_on(self, snapshot: Snapshot, saved: Progress) -> None:
        """Go on where another runner of the same plan was; its next loss points are the same."""
        self.machine.restore(snapshot)
        self.limit = Limit(*saved.speed)
        self.nonfinite = saved.nonfinite
        self._watchful = True  # as after an edit, which the other one may just have had
        self.history = History(list(saved.points))
        self._scored_step, self._next_loss = saved.scored_step, saved.next_loss
        self._goal = replace(saved.goal) if saved.goal is not None else None
        self.touch()
        if saved.running:
            self._start(self._goal)
            step = self.machine.step_count
            if step != self._scored_step and (step >= self._next_loss or self._by_hand):
                self._evaluation = self._started()
        self.reason = saved.reason

    def _start(self, goal: Goal | None) -> None:
        self.running, self.reason, self._goal = True, "command", goal
        self.limit.start(self._clock())

    # Time ------------------------------------------------------------------------------------

    def delay(self) -> float | None:
        """Seconds until `advance` has something to do; None if it has to be told first."""
        if not self.running:
            return None
        if self._evaluation is not None or not self._limited:
            return 0.0
        return self.limit.delay(self._clock())

    def advance(self, seconds: float) -> None:
        """Use up to about `seconds`. May end `running`."""
        deadline = self._clock() + seconds
        while self.running:
            if self._evaluation is not None:
                self._evaluate(self._evaluation)
            elif not self._execute(deadline):
                break
            if self._clock() >= deadline:
                break

    @property
    def _limited(self) -> bool:
        return self._goal is None and self.limit.per_second is not None

    def _execute(self, deadline: float) -> bool:
        """Execute something; False if nothing is due."""
        goal, before = self._goal, self.machine.step_count
        if goal is not None:
            self._pursue(goal, deadline)
        elif self.limit.per_second is None:
            self._run_steps(max(1, self._next_loss - before), deadline)
        else:
            due = self.limit.available(self._clock())
            if due < 1:
                return False
            self._run_limited(due, deadline)
        self.touch()
        self._after_execution(before)
        return True

    def _pursue(self, goal: Goal, deadline: float) -> None:
        machine = self.machine
        if goal.unit == "step":
            every = goal.left <= BY_HAND and self.scorer.seconds <= SLOW_STEP
            most = 1 if every else max(1, self._next_loss - machine.step_count)
            goal.left -= self._run_steps(min(goal.left, most), deadline)
        elif goal.unit == "epoch":
            per_epoch = machine.program.steps_per_epoch
            to_end = per_epoch - machine.step_count % per_epoch
            most = max(1, self._next_loss - machine.step_count)
            done = self._run_steps(min(to_end, most), deadline)
            goal.left -= done == to_end
        else:
            self._run_instructions(goal, deadline)
        if goal.left <= 0:
            self._stop("goal")

    def _run_instructions(self, goal: Goal, deadline: float) -> None:
        """Execute until the goal's next boundary, or the deadline."""
        machine = self.machine
        instructions = machine.program.instructions
        while not self._instruct():
            here, last = instructions[machine.pc], instructions[machine.pc - 1]
            if goal.target is not None:
                reached = machine.pc == goal.target
            else:
                reached = machine.pc == 0 or _is_boundary(goal.unit, last, here)
            if reached:
                goal.left -= 1
                return
            if self._clock() >= deadline:
                return

    def _run_limited(self, due: int, deadline: float) -> None:
        if self.limit.unit == "step":
            to_loss = max(1, self._next_loss - self.machine.step_count)
            self.limit.spend(self._run_steps(min(due, to_loss), deadline))
            return
        self._instruct()
        self.limit.spend(1)

    def _run_steps(self, steps: int, deadline: float) -> int:
        """Run up to `steps` steps; returns how many were finished."""
        machine = self.machine
        if self._step_seconds > SLOW_STEP or self._watchful:
            whole = machine.pc == 0
            done = self._run_by_instruction(deadline)
            self._watchful = self._watchful and not (whole and done)
            return done
        seconds = max(deadline - self._clock(), 1e-4)
        done = machine.run(steps, seconds=seconds, checked=self.nonfinite is None)
        if machine.stopped is not None:
            self._note(machine.stopped)
        return done

    def _run_by_instruction(self, deadline: float) -> int:
        """One step, or what of it is left; at the deadline the rest is left for later."""
        while not self._instruct():
            if self.machine.pc == 0:
                return 1
            if self._clock() >= deadline:
                break
        return 0

    def _instruct(self) -> bool:
        """Execute one instruction; True if it is the first to write a non-finite value."""
        machine = self.machine
        step = machine.step_count
        instruction = machine.step_instruction()
        if self.nonfinite is not None:
            return False
        for name in instruction.writes:
            bad = np.argwhere(~np.isfinite(machine.view(name)))
            if len(bad):
                where = tuple(int(i) for i in bad[0])
                self._note(NonFinite(step, instruction.index, name, where))
                return True
        return False

    def _note(self, nonfinite: NonFinite) -> None:
        self.nonfinite = nonfinite
        self._stop("non_finite")

    def _stop(self, reason: Reason) -> None:
        if self.running:
            self.running, self.reason, self._goal = False, reason, None

    # Loss points -----------------------------------------------------------------------------

    def _after_execution(self, before: int) -> None:
        step = self.machine.step_count
        if not self.running:
            if step != self._scored_step:
                self.score()
        elif step != before and (step >= self._next_loss or self._by_hand):
            self._evaluation = self._started()

    @property
    def _by_hand(self) -> bool:
        goal = self._goal
        return (
            goal is not None
            and goal.unit != "epoch"
            and goal.left <= BY_HAND
            and self.scorer.seconds <= SLOW_STEP
        )

    def _started(self) -> Iterator[None]:
        self._evaluation = None
        return self.scorer.evaluate(self.version)

    def _evaluate(self, evaluation: Iterator[None]) -> None:
        """One chunk of the evaluation under way."""
        for _ in evaluation:
            return
        self._evaluation = None
        self._note_point()

    def _note_point(self) -> None:
        point = self.scorer.point()
        self.history.add(point)
        self.points.append(point)
        self._scored_step = self.machine.step_count
        self._next_loss = self._scored_step + self._spacing()

    def _spacing(self) -> int:
        """Steps to the next loss point: as many as keep the evaluation's share of the time small.

        By the model of costs and the step alone, so that the same run has the same points.
        """
        rate = self.limit.per_second
        if rate is not None and self.limit.unit == "instruction":
            rate /= len(self.plan.program.instructions)
        full_speed = self.scorer.seconds / (LOSS_SHARE * self._step_seconds)
        limited = full_speed if rate is None else self.scorer.seconds * rate / LIMITED_SHARE
        spread = self.machine.step_count // POINTS_OF_A_RUN
        return max(1, int(np.ceil(min(full_speed, limited))), 1 if rate is not None else spread)


def _is_boundary(unit: StepUnit, last: Instruction, here: Instruction) -> bool:
    """Whether a unit ends between two instructions that follow each other."""
    if unit == "instruction" or here.phase != last.phase:
        return True
    return unit == "layer" and here.layer != last.layer
