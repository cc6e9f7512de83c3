"""One training session: commands in; answers, events and frames out. No sockets, no threads.

The host of a session calls `handle` for every command, `advance` with slices of time when `delay`
says so, and `frame` for every viewer with credit. The clocks are arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import engine
from engine import DescriptionError, ExpressionError, Moment, Pieces, Split, UnrecordedError
from server.describe import description
from server.describe.description import Plan
from server.session import buffers, events, training_points
from server.session.camera import Camera, Subscription
from server.session.events import Event
from server.session.handover import DebugTarget, register
from server.session.inference import Inference
from server.session.questions import Answer, Questions
from server.session.reporter import Reporter
from server.session.runner import Clock, Progress, Reason, Runner
from server.session.surveys import Surveys
from server.views.probe import ProbePoint
from server.wire import commands
from server.wire.commands import Command
from server.wire.errors import Refusal

STEP_AT_ONCE = 0.01
"""Seconds that a command may step before it is answered; the rest runs in slices."""


@dataclass(frozen=True)
class Outcome:
    """The result of a command: the fields of its answer, and events.

    Attributes:
        later: the pieces of a long answer, in place of `answer`; else None.
    """

    answer: Answer = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    later: Pieces[Answer] | None = None


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to restore a session in another process.

    Attributes:
        generation: number of the network in the session.
        description: the description as compiled; live hyperparameters are in the snapshot.
        frames: number of the last frame.
    """

    generation: int
    description: description.Description
    snapshot: engine.Snapshot
    progress: Progress
    probe: ProbePoint
    frames: int


@dataclass(frozen=True)
class Training:
    """A network in training, with everything that shows it or answers questions about it."""

    runner: Runner
    camera: Camera
    reporter: Reporter
    questions: Questions
    surveys: Surveys
    inference: Inference


class Session:
    """A machine that commands configure, drive and inspect.

    Args:
        clock: monotonic seconds, for speed limits and time budgets.
        wall: Unix seconds, for the time stamps of frames.

    Attributes:
        dirty: whether something other than training has changed since the last checkpoint.
    """

    def __init__(self, clock: Clock, wall: Clock) -> None:
        self._clock, self._wall = clock, wall
        self._configured: Training | None = None
        self._generation = 0
        self.dirty = False

    @property
    def training(self) -> Training:
        """The network in training.

        Raises:
            Refusal: there is no network yet.
        """
        if self._configured is None:
            raise Refusal("not_configured", message="There is no network yet: configure one first.")
        return self._configured

    # What a host calls -----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._configured is not None and self._configured.runner.running

    def adopt(self, target: DebugTarget) -> None:
        """Start with a script's own network, in its present state.

        Its history is replayed up to there from the seed and the data. Values that come out
        different were changed by the script and become edits at that moment.
        """
        register(target.data)
        self.do_configure(commands.Configure(id=0, description=target.description))
        runner = self.training.runner
        runner.timeline.go(target.moment)
        for name, values in target.state.items():
            if not np.array_equal(runner.machine.view(name), values, equal_nan=True):
                runner.timeline.write(name, values)
        runner.breakpoints.replace(target.breakpoints)
        runner.touch()
        runner.score()

    def handle(self, command: Command) -> Outcome:
        """Carry out a command.

        Raises:
            Refusal: it is impossible; the session is unchanged.
        """
        do: Callable[[Command], Outcome] = getattr(self, f"do_{command.type}")
        try:
            return do(command)
        except DescriptionError as error:
            if isinstance(command, commands.Configure):
                raise description.refused(error) from error
            raise _refusal(error) from error
        except UnrecordedError as error:
            raise _refusal(error) from error

    def delay(self) -> float | None:
        """Seconds until `advance` has something to do; None until the next command."""
        return None if self._configured is None else self._configured.runner.delay()

    def advance(self, seconds: float) -> list[Event]:
        """Train for about `seconds` at most; returns the events."""
        if not self.running:
            return []
        runner, reporter = self.training.runner, self.training.reporter
        runner.advance(seconds)
        self.dirty = self.dirty or not runner.running
        return reporter.progress()

    def pause(self, reason: Reason) -> list[Event]:
        """Stop for a reason other than a command."""
        if not self.running:
            return []
        self.training.runner.pause(reason)
        return self._changed()

    def go_on(self) -> list[Event]:
        """Continue if the session was paused because nobody watched."""
        if self._configured is None or self.running or self.training.runner.reason != "closed":
            return []
        self.training.runner.resume()
        return self._changed()

    def frame_delay(self, subscription: Subscription) -> float | None:
        """Seconds until the next frame is due; None while there is nothing new to show."""
        return None if self._configured is None else self._configured.camera.delay(subscription)

    def frame(self, subscription: Subscription) -> bytes | None:
        """The next frame for a subscription, or None if none is due."""
        return None if self._configured is None else self._configured.camera.frame(subscription)

    def abridged(self) -> list[Event]:
        """All events that a newly connected viewer needs; none before the first `configure`."""
        return [] if self._configured is None else self._configured.reporter.everything()

    def checkpoint(self) -> Checkpoint | None:
        """The argument of `restored`; None before the first `configure`."""
        if self._configured is None:
            return None
        self.dirty = False
        runner, camera = self._configured.runner, self._configured.camera
        return Checkpoint(
            generation=camera.generation,
            description=runner.plan.description,
            snapshot=runner.machine.snapshot(),
            progress=runner.progress(),
            probe=camera.probe.point,
            frames=camera.number,
        )

    @classmethod
    def restored(cls, saved: Checkpoint, clock: Clock, wall: Clock, *, frames: int) -> Session:
        """A session in the state of a checkpoint; its frame numbers continue after `frames`."""
        session = cls(clock, wall)
        session._generation = saved.generation
        runner = Runner(description.build(saved.description), clock)
        runner.carry_on(saved.snapshot, saved.progress)
        session._install(runner, max(frames, saved.frames))
        session.training.camera.choose(saved.probe)
        return session

    # Commands --------------------------------------------------------------------------------

    def do_configure(self, command: commands.Configure) -> Outcome:
        plan, before = description.build(command.description), self._configured
        runner = Runner(plan, self._clock, before.runner.version + 1 if before is not None else 0)
        if command.log is not None:
            runner.replay(command.log)
        if before is not None:
            runner.speed_limit = before.runner.speed_limit
            for rule, values in before.runner.thresholds.items():
                runner.adjust(rule, values)
        self._generation += 1
        self._install(runner, before.camera.number if before is not None else 0)
        if before is not None:
            self._keep_probe(before.camera.probe.point)
        runner.advance(STEP_AT_ONCE)
        if not runner.running:
            runner.score()
        reported = [self.training.reporter.configured(), *self._changed()]
        return Outcome({"generation": self._generation}, reported)

    def _install(self, runner: Runner, frames: int) -> None:
        camera = Camera(runner, self._clock, self._wall, self._generation, frames)
        self._configured = Training(
            runner,
            camera,
            Reporter(runner, camera, self._clock),
            Questions(runner, camera),
            Surveys(runner),
            Inference(runner.machine, runner.plan),
        )

    def _keep_probe(self, point: ProbePoint) -> None:
        """Keep the probe sample, if the new data set has a sample with its number."""
        if point.sample < len(_split(self.training.runner.plan, point.split)):
            self.training.camera.choose(point)

    def do_run(self, command: commands.Run) -> Outcome:
        self.training.runner.run()
        return Outcome(events=self._changed())

    def do_pause(self, command: commands.Pause) -> Outcome:
        self.training.runner.pause("command")
        return Outcome(events=self._changed())

    def do_step(self, command: commands.Step) -> Outcome:
        runner = self.training.runner
        runner.step(command.unit, command.count)
        return self._travelled()

    def do_run_to(self, command: commands.RunTo) -> Outcome:
        runner = self.training.runner
        count = len(runner.plan.program.instructions)
        if command.instruction >= count:
            raise Refusal("bad_value", "instruction", command.instruction, f"in 0..{count - 1}")
        runner.run_to(command.instruction)
        return self._travelled()

    def do_step_back(self, command: commands.StepBack) -> Outcome:
        runner = self.training.runner
        runner.step_back(command.unit, command.count)
        return self._travelled()

    def do_reverse_continue(self, command: commands.ReverseContinue) -> Outcome:
        self.training.runner.reverse_continue()
        return self._travelled()

    def do_goto(self, command: commands.Goto) -> Outcome:
        self.training.runner.goto(Moment(command.step, command.pc), command.branch)
        return self._travelled()

    def _travelled(self) -> Outcome:
        self.training.runner.advance(STEP_AT_ONCE)
        return Outcome(events=self._changed())

    def do_reset(self, command: commands.Reset) -> Outcome:
        return self._restarted(None)

    def do_reseed(self, command: commands.Reseed) -> Outcome:
        return self._restarted(command.seed)

    def _restarted(self, seed: int | None) -> Outcome:
        self.training.runner.reset(seed)
        self.training.camera.compare(None)
        self.training.reporter.restarted()
        return Outcome(events=self._changed())

    # Points, watches, branches ---------------------------------------------------------------

    def do_set_breakpoints(self, command: commands.SetBreakpoints) -> Outcome:
        runner = self.training.runner
        runner.breakpoints.replace(command.breakpoints)
        self.dirty = True
        return Outcome(events=[events.breakpoints(runner)])

    def do_watch(self, command: commands.Watch) -> Outcome:
        training = self.training
        training.runner.breakpoints.watch(command.expressions)
        self.dirty = True
        return Outcome(events=training.reporter.watched() or [{"type": "watched", "values": []}])

    def do_check_expression(self, command: commands.CheckExpression) -> Outcome:
        program = self.training.runner.plan.program
        try:
            found = _PARSERS[command.role](command.text, program)
        except ExpressionError as error:
            wrong = {"at": error.position, "length": error.length, "message": error.problem}
            return Outcome({"wrong": wrong})
        shape = list(getattr(found, "shape", ()))
        return Outcome({"wrong": None, "shape": shape, "truth": getattr(found, "truth", False)})

    def do_clamp(self, command: commands.Clamp) -> Outcome:
        runner = self.training.runner
        self.training.camera.row(command.buffer, "buffer")
        runner.clamp(command.buffer, command.index, command.value)
        return Outcome(events=self._changed())

    def do_compare(self, command: commands.Compare) -> Outcome:
        runner = self.training.runner
        comparison = self.training.camera.compare(command.branch)
        runner.touch()
        if comparison is None:
            return Outcome({"branch": None})
        parting, first = comparison
        difference = first and {"moment": list(first.moment), "buffer": first.buffer}
        answer = {"branch": command.branch, "parting": list(parting), "difference": difference}
        return Outcome(answer)

    def do_series(self, command: commands.Series) -> Outcome:
        return Outcome(self.training.runner.health.series())

    def do_examine(self, command: commands.Examine) -> Outcome:
        health = self.training.runner.health
        if command.rule is None:
            return Outcome({"rules": health.rules()})
        findings = health.examine(command.rule)
        return Outcome({"findings": findings}, self.training.reporter.diagnosed())

    def do_adjust(self, command: commands.Adjust) -> Outcome:
        thresholds = self.training.runner.adjust(command.rule, command.thresholds)
        self.dirty = True
        return Outcome({"thresholds": thresholds}, self.training.reporter.diagnosed())

    def do_export(self, command: commands.Export) -> Outcome:
        runner = self.training.runner
        log = engine.export_log(runner.timeline)
        return Outcome({"description": runner.plan.description, "log": log})

    def do_set(self, command: commands.Set) -> Outcome:
        stored = buffers.set_hyperparameter(self.training.runner, command)
        return Outcome(events=[{"type": "set", **stored}, *self._changed()])

    def do_speed(self, command: commands.Speed) -> Outcome:
        self.training.runner.set_speed(command.unit, command.per_second)
        return Outcome(events=self._changed())

    def do_probe(self, command: commands.Probe) -> Outcome:
        runner = self.training.runner
        count = len(_split(runner.plan, command.split))
        if command.sample >= count:
            expected = f"in 0..{count - 1}, the {command.split} samples"
            raise Refusal("bad_value", "sample", command.sample, expected)
        self.training.camera.choose(ProbePoint(command.sample, command.split))
        runner.touch()
        return Outcome(events=self._changed())

    def do_subscribe(self, command: commands.Subscribe) -> Outcome:
        self.training.camera.check(Subscription(command.buffers, command.rate))
        return Outcome()

    def do_read(self, command: commands.Read) -> Outcome:
        return Outcome(buffers.read(self.training.camera, command))

    def do_write(self, command: commands.Write) -> Outcome:
        training = self.training
        written = buffers.write(training.runner, training.camera, command)
        return Outcome(events=[{"type": "written", **written}, *self._changed()])

    def do_move_sample(self, command: commands.MoveSample) -> Outcome:
        runner = self.training.runner
        inputs = training_points.inputs_of(runner.plan, command.sample, command.point)
        runner.write(training_points.INPUTS, (command.sample, None), inputs)
        return Outcome(events=self._changed())

    # Questions -------------------------------------------------------------------------------

    def do_explain(self, command: commands.Explain) -> Outcome:
        return Outcome(self.training.questions.explain(command))

    def do_chain(self, command: commands.Chain) -> Outcome:
        return Outcome(self.training.questions.chain(command))

    def do_why(self, command: commands.Why) -> Outcome:
        return Outcome(self.training.questions.why(command))

    def do_check_answer(self, command: commands.CheckAnswer) -> Outcome:
        return Outcome(self.training.questions.check_answer(command))

    def do_check_gradient(self, command: commands.CheckGradient) -> Outcome:
        return self._begin(self.training.surveys.check_gradient(command))

    def do_sharpness(self, command: commands.Sharpness) -> Outcome:
        return self._begin(self.training.surveys.sharpness(command))

    def do_landscape(self, command: commands.Landscape) -> Outcome:
        return self._begin(self.training.surveys.landscape(command))

    def do_sample_text(self, command: commands.SampleText) -> Outcome:
        return self._begin(self.training.inference.sample_text(command))

    def do_classify(self, command: commands.Classify) -> Outcome:
        return Outcome(self.training.inference.classify(command))

    def do_sound(self, command: commands.Sound) -> Outcome:
        return Outcome(self.training.inference.sound(command))

    def do_decode(self, command: commands.Decode) -> Outcome:
        return Outcome(self.training.inference.decode(command))

    def do_drive(self, command: commands.Drive) -> Outcome:
        driving = self.training.camera.driving
        if driving is None:
            message = "This needs a network that steers a car."
            raise Refusal("bad_value", "type", "drive", "possible here", message=message)
        driving.start(command.track)
        return Outcome()

    def _begin(self, pieces: Pieces[Answer]) -> Outcome:
        """Compute the first piece at once, since it reads the machine in its present state."""
        next(pieces)
        return Outcome(later=_refused(pieces))

    def _changed(self) -> list[Event]:
        """The state after a command, and everything else that the command changed."""
        self.dirty = True
        return self.training.reporter.changed()


def _refused(pieces: Pieces[Answer]) -> Pieces[Answer]:
    """The same pieces, with the engine's errors turned into refusals."""
    try:
        return (yield from pieces)
    except (DescriptionError, UnrecordedError) as error:
        raise _refusal(error) from error


def _refusal(error: DescriptionError | UnrecordedError) -> Refusal:
    """The refusal for an error of the engine in a command other than `configure`."""
    if isinstance(error, DescriptionError):
        return Refusal("bad_value", error.path, error.value, error.expected)
    message = "The values it was computed from have been overwritten and were not recorded."
    return Refusal("bad_value", "buffer", message=message)


_PARSERS: dict[str, Callable[[str, engine.Program], Any]] = {
    "value": engine.parse_expression,
    "condition": engine.parse_condition,
    "scalar": engine.parse_scalar,
    "log_message": engine.parse_message,
}


def _split(plan: Plan, name: str) -> Split:
    return plan.data.train if name == "train" else plan.data.test
