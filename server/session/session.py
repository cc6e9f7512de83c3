"""One training session: commands in, answers, events and frames out. Pure: no sockets, no threads.

The host of a session calls `handle` for every command, `advance` with slices of time as long as
`delay` asks for them, and `frame` for whoever may be sent one. The clocks are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import DescriptionError, ExpressionError, Moment, Pieces, Split, UnrecordedError
from server.describe import description
from server.describe.description import Plan
from server.session import training_points
from server.session.camera import Camera, Subscription, ViewRow
from server.session.handover import DebugTarget, register
from server.session.inference import Inference
from server.session.questions import Answer, Questions, check_index
from server.session.runner import Clock, Progress, Reason, Runner
from server.session.surveys import Surveys
from server.session.tables import data_table, layer_row, live_description
from server.views.probe import ProbePoint
from server.views.scores import Point, finite
from server.wire import commands
from server.wire.commands import Command
from server.wire.errors import Refusal, unknown

Event = dict[str, Any]

MAX_EDITS = 200
"""Of a branch, the last ones, in a timeline event."""
MAX_READ = 65_536
"""Numbers in one answer."""
STEP_AT_ONCE = 0.01
"""Seconds a step by hand may take before the command is answered; the rest runs in slices."""
LOSS_INTERVAL = 0.05
"""Seconds between two loss events of a run."""
WATCH_INTERVAL = 0.2
"""Seconds between two events of a run with the watch list: numbers that are to be read."""
MAX_LIVE = {"dropout": 0.95, "momentum": 1.0}
"""Of the live numbers of a layer; others may be as large as any."""
WRITABLE = (
    "parameter",
    "optimizer_state",
    "input",
    "target",
    "pre_activation",
    "activation",
    "local_derivative",
    "gradient",
    "update",
)


@dataclass(frozen=True)
class Outcome:
    """What a command led to: the fields of its answer, then the events.

    Attributes:
        later: what gives the answer's fields in pieces, if that takes long.
    """

    answer: Answer = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    later: Pieces[Answer] | None = None


@dataclass(frozen=True)
class Checkpoint:
    """All that a session needs to come back in another process.

    Attributes:
        description: as compiled; live hyperparameters are part of the snapshot.
        frames: number of the last frame.
    """

    generation: int
    description: description.Description
    snapshot: engine.Snapshot
    progress: Progress
    probe: ProbePoint
    frames: int


class Session:
    """A machine that is configured, driven and looked at by commands.

    Args:
        clock: monotonic seconds; what speed limits and budgets go by.
        wall: Unix seconds; what frames are stamped with.

    Attributes:
        dirty: something happened that a checkpoint should have, other than training going on.
    """

    def __init__(self, clock: Clock, wall: Clock) -> None:
        self._clock, self._wall = clock, wall
        self._runner: Runner | None = None
        self._camera: Camera | None = None
        self._questions: Questions | None = None
        self._surveys: Surveys | None = None
        self._inference: Inference | None = None
        self._generation = 0
        self._reported = 0.0
        self._watched_at = 0.0
        self._told: tuple[Any, ...] = ()
        self._moved_told: list[list[float]] = []
        self.dirty = False

    # What a host calls -----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._runner is not None and self._runner.running

    def adopt(self, target: DebugTarget) -> None:
        """Begin with a network of somebody's own, in the state it is in.

        Its history is repeated up to there, as far as the seed and the data tell it; what was
        changed by hand on the way is an edit there.
        """
        register(target.data)
        self.do_configure(commands.Configure(id=0, description=target.description))
        runner = self._driven()
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
            Refusal: it can not be; the session is as it was.
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
        """Seconds until `advance` has something to do; None if a command has to come first."""
        return self._runner.delay() if self._runner is not None else None

    def advance(self, seconds: float) -> list[Event]:
        """Train for up to about `seconds`; returns the events of it."""
        if self._runner is None or not self._runner.running:
            return []
        self._runner.advance(seconds)
        return self._news()

    def pause(self, reason: Reason) -> list[Event]:
        """Stop for a reason other than a command."""
        if not self.running:
            return []
        runner = self._driven()
        runner.pause(reason)
        return self._changed()

    def go_on(self) -> list[Event]:
        """Run again if the session was stopped because nobody watched."""
        runner = self._runner
        if runner is None or runner.running or runner.reason != "closed":
            return []
        runner.resume()
        return self._changed()

    def frame_delay(self, subscription: Subscription) -> float | None:
        """Seconds until `frame` has one; None while there is nothing new to show."""
        return self._camera.delay(subscription) if self._camera is not None else None

    def frame(self, subscription: Subscription) -> bytes | None:
        """The next frame for a subscription, or None if none is due."""
        return self._camera.frame(subscription) if self._camera is not None else None

    def abridged(self) -> list[Event]:
        """Events that bring a viewer from nothing to now; none before the first `configure`."""
        if self._runner is None:
            return []
        runner = self._runner
        curves = [self._loss(b, points) for b, points in runner.curves.points().items()]
        shown = [*self._table(), *self._watched(whole=True)]
        said = [*self._log(runner.breakpoints.lines()), *self._diagnosed(always=True)]
        told = [*shown, *said, *self._moved(always=True)]
        return [self._configured(), self._state(), self._timeline(), *curves, *told]

    def checkpoint(self) -> Checkpoint | None:
        """What `restored` takes; None before the first `configure`."""
        if self._runner is None or self._camera is None:
            return None
        self.dirty = False
        return Checkpoint(
            generation=self._generation,
            description=self._runner.plan.description,
            snapshot=self._runner.machine.snapshot(),
            progress=self._runner.progress(),
            probe=self._camera.probe.point,
            frames=self._camera.number,
        )

    @classmethod
    def restored(cls, saved: Checkpoint, clock: Clock, wall: Clock, *, frames: int) -> Session:
        """A session as it was at a checkpoint; its frames are numbered on from `frames`."""
        session = cls(clock, wall)
        session._generation = saved.generation
        runner = Runner(description.build(saved.description), clock)
        runner.carry_on(saved.snapshot, saved.progress)
        session._install(runner, max(frames, saved.frames))
        session._look().choose(saved.probe)
        return session

    # Commands --------------------------------------------------------------------------------

    def do_configure(self, command: commands.Configure) -> Outcome:
        plan, before = description.build(command.description), self._runner
        runner = Runner(plan, self._clock, before.version + 1 if before is not None else 0)
        if command.log is not None:
            runner.replay(command.log)
        if before is not None:
            runner.speed_limit = before.speed_limit
            for rule, values in before.thresholds.items():
                runner.adjust(rule, values)
        probe = self._camera.probe.point if self._camera is not None else ProbePoint(0, "train")
        self._generation += 1
        self._install(runner, self._camera.number if self._camera is not None else 0)
        if probe.sample < len(_split(plan, probe.split)):
            self._look().choose(probe)
        runner.advance(STEP_AT_ONCE)
        if not runner.running:
            runner.score()
        self._told, self._moved_told = (), []
        events = [self._configured(), *self._changed()]
        return Outcome({"generation": self._generation}, events)

    def _install(self, runner: Runner, frames: int) -> None:
        camera = Camera(runner, self._clock, self._wall, self._generation, frames)
        self._runner, self._camera = runner, camera
        self._questions, self._surveys = Questions(runner, camera), Surveys(runner)
        self._inference = Inference(runner.machine, runner.plan)

    def do_run(self, command: commands.Run) -> Outcome:
        self._driven().run()
        return Outcome(events=self._changed())

    def do_pause(self, command: commands.Pause) -> Outcome:
        self._driven().pause("command")
        return Outcome(events=self._changed())

    def do_step(self, command: commands.Step) -> Outcome:
        runner = self._driven()
        runner.step(command.unit, command.count)
        return self._travelled()

    def do_run_to(self, command: commands.RunTo) -> Outcome:
        runner = self._driven()
        count = len(runner.plan.program.instructions)
        if command.instruction >= count:
            raise Refusal("bad_value", "instruction", command.instruction, f"in 0..{count - 1}")
        runner.run_to(command.instruction)
        return self._travelled()

    def do_step_back(self, command: commands.StepBack) -> Outcome:
        runner = self._driven()
        runner.step_back(command.unit, command.count)
        return self._travelled()

    def do_reverse_continue(self, command: commands.ReverseContinue) -> Outcome:
        self._driven().reverse_continue()
        return self._travelled()

    def do_goto(self, command: commands.Goto) -> Outcome:
        self._driven().goto(Moment(command.step, command.pc), command.branch)
        return self._travelled()

    def _travelled(self) -> Outcome:
        self._driven().advance(STEP_AT_ONCE)
        return Outcome(events=self._changed())

    def do_reset(self, command: commands.Reset) -> Outcome:
        return self._restarted(None)

    def do_reseed(self, command: commands.Reseed) -> Outcome:
        return self._restarted(command.seed)

    def _restarted(self, seed: int | None) -> Outcome:
        self._driven().reset(seed)
        self._look().compare(None)
        self._told = ()
        return Outcome(events=self._changed())

    # Points, watches, branches ---------------------------------------------------------------

    def do_set_breakpoints(self, command: commands.SetBreakpoints) -> Outcome:
        runner = self._driven()
        runner.breakpoints.replace(command.breakpoints)
        self.dirty = True
        return Outcome(events=[{"type": "breakpoints", "breakpoints": runner.breakpoints.table()}])

    def do_watch(self, command: commands.Watch) -> Outcome:
        runner = self._driven()
        runner.breakpoints.watch(command.expressions)
        self.dirty = True
        return Outcome(events=self._watched() or [{"type": "watched", "values": []}])

    def do_check_expression(self, command: commands.CheckExpression) -> Outcome:
        program = self._driven().plan.program
        try:
            found = _PARSERS[command.role](command.text, program)
        except ExpressionError as error:
            wrong = {"at": error.position, "length": error.length, "message": error.problem}
            return Outcome({"wrong": wrong})
        shape = list(getattr(found, "shape", ()))
        return Outcome({"wrong": None, "shape": shape, "truth": getattr(found, "truth", False)})

    def do_clamp(self, command: commands.Clamp) -> Outcome:
        runner = self._driven()
        self._look().row(command.buffer, "buffer")
        runner.clamp(command.buffer, command.index, command.value)
        return Outcome(events=self._changed())

    def do_compare(self, command: commands.Compare) -> Outcome:
        runner = self._driven()
        comparison = self._look().compare(command.branch)
        runner.touch()
        if comparison is None:
            return Outcome({"branch": None})
        parting, first = comparison
        difference = first and {"moment": list(first.moment), "buffer": first.buffer}
        answer = {"branch": command.branch, "parting": list(parting), "difference": difference}
        return Outcome(answer)

    def do_series(self, command: commands.Series) -> Outcome:
        return Outcome(self._driven().health.series())

    def do_examine(self, command: commands.Examine) -> Outcome:
        health = self._driven().health
        if command.rule is None:
            return Outcome({"rules": health.rules()})
        findings = health.examine(command.rule)
        return Outcome({"findings": findings}, self._diagnosed())

    def do_adjust(self, command: commands.Adjust) -> Outcome:
        thresholds = self._driven().adjust(command.rule, command.thresholds)
        self.dirty = True
        return Outcome({"thresholds": thresholds}, self._diagnosed())

    def do_export(self, command: commands.Export) -> Outcome:
        runner = self._driven()
        log = engine.export_log(runner.timeline)
        return Outcome({"description": runner.plan.description, "log": log})

    def do_set(self, command: commands.Set) -> Outcome:
        runner = self._driven()
        known = runner.plan.program.hyperparameters
        if command.name not in known:
            expected = unknown(command.name, known, "a hyperparameter of this program")
            raise Refusal("bad_value", "name", command.name, expected)
        _check_hyperparameter(command.name, command.value)
        runner.write(known[command.name], None, command.value)
        value = _number(runner, known[command.name])
        return Outcome(
            events=[{"type": "set", "name": command.name, "value": value}, *self._changed()]
        )

    def do_speed(self, command: commands.Speed) -> Outcome:
        self._driven().set_speed(command.unit, command.per_second)
        return Outcome(events=self._changed())

    def do_probe(self, command: commands.Probe) -> Outcome:
        runner = self._driven()
        count = len(_split(runner.plan, command.split))
        if command.sample >= count:
            expected = f"in 0..{count - 1}, the {command.split} samples"
            raise Refusal("bad_value", "sample", command.sample, expected)
        self._look().choose(ProbePoint(command.sample, command.split))
        runner.touch()
        return Outcome(events=self._changed())

    def do_subscribe(self, command: commands.Subscribe) -> Outcome:
        self._driven()
        self._look().check(Subscription(command.buffers, command.rate))
        return Outcome()

    def do_read(self, command: commands.Read) -> Outcome:
        self._driven()
        camera = self._look()
        row = camera.row(command.buffer, "buffer")
        index = command.index or ()
        check_index(index, row.shape, whole=False)
        values = camera.read(command.buffer)[index]
        if values.size > MAX_READ:
            expected = f"at most {MAX_READ} numbers; read it by rows"
            raise Refusal("bad_value", "buffer", f"{values.size} numbers", expected)
        key = "value" if values.ndim == 0 else "values"
        return Outcome({"buffer": command.buffer, key: _json(values)})

    def do_write(self, command: commands.Write) -> Outcome:
        runner = self._driven()
        row = self._look().row(command.buffer, "buffer")
        sample = row.name in runner.plan.program.data and row.dtype.startswith("float")
        if row.role not in WRITABLE and not sample:
            raise Refusal(
                "bad_value", "buffer", command.buffer, f"writable: its role is {row.role}"
            )
        check_index(command.index, row.shape)
        with np.errstate(over="ignore"):
            value = float(np.asarray(command.value, row.dtype))
        if not np.isfinite(value):
            raise Refusal("bad_value", "value", command.value, f"finite in {row.dtype}")
        runner.write(command.buffer, command.index, value)
        written = {"buffer": command.buffer, "index": list(command.index), "value": value}
        return Outcome(events=[{"type": "written", **written}, *self._changed()])

    def do_move_sample(self, command: commands.MoveSample) -> Outcome:
        runner = self._driven()
        inputs = training_points.inputs_of(runner.plan, command.sample, command.point)
        runner.write(training_points.INPUTS, (command.sample, None), inputs)
        return Outcome(events=self._changed())

    # Questions -------------------------------------------------------------------------------

    def _ask(self) -> Questions:
        self._driven()
        assert self._questions is not None  # there are answers wherever there is a runner
        return self._questions

    def _survey(self) -> Surveys:
        self._driven()
        assert self._surveys is not None
        return self._surveys

    def _use(self) -> Inference:
        self._driven()
        assert self._inference is not None
        return self._inference

    def do_explain(self, command: commands.Explain) -> Outcome:
        return Outcome(self._ask().explain(command))

    def do_chain(self, command: commands.Chain) -> Outcome:
        return Outcome(self._ask().chain(command))

    def do_why(self, command: commands.Why) -> Outcome:
        return Outcome(self._ask().why(command))

    def do_check_answer(self, command: commands.CheckAnswer) -> Outcome:
        return Outcome(self._ask().check_answer(command))

    def do_check_gradient(self, command: commands.CheckGradient) -> Outcome:
        return self._begin(self._survey().check_gradient(command))

    def do_sharpness(self, command: commands.Sharpness) -> Outcome:
        return self._begin(self._survey().sharpness(command))

    def do_landscape(self, command: commands.Landscape) -> Outcome:
        return self._begin(self._survey().landscape(command))

    def do_sample_text(self, command: commands.SampleText) -> Outcome:
        return self._begin(self._use().sample_text(command))

    def do_classify(self, command: commands.Classify) -> Outcome:
        return Outcome(self._use().classify(command))

    def do_sound(self, command: commands.Sound) -> Outcome:
        return Outcome(self._use().sound(command))

    def do_decode(self, command: commands.Decode) -> Outcome:
        return Outcome(self._use().decode(command))

    def do_drive(self, command: commands.Drive) -> Outcome:
        self._driven()
        driving = self._look().driving
        if driving is None:
            said = "This needs a network that steers a car, which the present one is not."
            raise Refusal("bad_value", "type", "drive", "possible here", message=said)
        driving.start(command.track)
        return Outcome()

    def _begin(self, pieces: Pieces[Answer]) -> Outcome:
        """The first piece at once, for it is about the machine as it is now."""
        next(pieces)
        return Outcome(later=_refused(pieces))

    # Events ----------------------------------------------------------------------------------

    def _driven(self) -> Runner:
        if self._runner is None:
            raise Refusal("not_configured", message="There is no network yet: configure one first.")
        return self._runner

    def _look(self) -> Camera:
        assert self._camera is not None  # there is one wherever there is a runner
        return self._camera

    def _changed(self) -> list[Event]:
        """The state after a command, and what it led to."""
        self.dirty = True
        return [self._state(), *self._grown(), *self._fresh(), *self._stood()]

    def _news(self) -> list[Event]:
        """What has happened by itself."""
        if not self.running:
            return self._changed()
        now = self._clock()
        events = self._fresh() if now - self._reported >= LOSS_INTERVAL else []
        return [*events, *self._watched()] if now - self._watched_at >= WATCH_INTERVAL else events

    def _fresh(self) -> list[Event]:
        """New loss points, lines of the log and findings."""
        runner = self._driven()
        fresh, runner.fresh = runner.fresh, []
        self._reported = self._clock()
        branches = dict.fromkeys(branch for branch, _ in fresh)
        events = [self._loss(b, [p for branch, p in fresh if branch == b]) for b in branches]
        said = [*self._log(runner.breakpoints.new_lines()), *self._diagnosed(), *self._moved()]
        return [*events, *said]

    def _diagnosed(self, *, always: bool = False) -> list[Event]:
        """The findings, if they are others than before."""
        health = self._driven().health
        if not always and not health.changed:
            return []
        return [{"type": "diagnostics", "generation": self._generation, **health.findings()}]

    def _moved(self, *, always: bool = False) -> list[Event]:
        """The training points that were moved, if they are others or lie elsewhere than before."""
        runner = self._driven()
        points = training_points.moved(runner.plan, runner.machine)
        if not always and points == self._moved_told:
            return []
        self._moved_told = points
        return [{"type": "moved", "points": points}]

    def _loss(self, branch: int, points: Iterable[Point]) -> Event:
        return {
            "type": "loss",
            "generation": self._generation,
            "branch": branch,
            "points": list(points),
        }

    def _grown(self) -> list[Event]:
        """The timeline, if branches or edits have come, or it is on another branch, since then."""
        timeline = self._driven().timeline
        edits = tuple((len(branch.events), *branch.events[-1:]) for branch in timeline.branches)
        if (timeline.branch, edits) == self._told:
            return []
        self._told = timeline.branch, edits
        return [self._timeline()]

    def _timeline(self) -> Event:
        runner = self._driven()
        return {
            "type": "timeline",
            "generation": self._generation,
            "hyperparameters": runner.settings,
            "branches": [_branch(branch) for branch in runner.timeline.branches],
            "hits": [
                {"branch": branch, "moment": list(moment), "breakpoints": breakpoints}
                for (branch, moment), breakpoints in runner.hits.items()
            ],
        }

    def _stood(self) -> list[Event]:
        """What is shown at every stop: the points with their hits, the watch list."""
        return [] if self.running else [*self._table(), *self._watched()]

    def _table(self) -> list[Event]:
        table = self._driven().breakpoints.table()
        return [{"type": "breakpoints", "breakpoints": table}] if table else []

    def _watched(self, *, whole: bool = False) -> list[Event]:
        """The watch list, with its values over time: all, or what is new since the last event."""
        runner = self._driven()
        self._watched_at = self._clock()
        values = runner.breakpoints.values(whole=whole)
        where = {"branch": runner.timeline.branch.number, "moment": list(runner.timeline.now)}
        return [{"type": "watched", **where, "values": values}] if values else []

    def _log(self, lines: list[dict[str, Any]]) -> list[Event]:
        return [{"type": "log", "lines": lines}] if lines else []

    def _state(self) -> Event:
        runner, probe = self._driven(), self._look().probe.point
        machine, stopped = runner.machine, runner.non_finite
        non_finite = stopped and {
            "instruction": stopped.instruction,
            "buffer": stopped.buffer,
            "index": list(stopped.index),
        }
        return {
            "type": "state",
            "running": runner.running,
            "reason": runner.reason,
            "lowest": runner.early_stopping.best,
            "step": machine.step_count,
            "epoch": machine.epoch,
            "pc": machine.pc,
            "branch": runner.timeline.branch.number,
            "end": list(runner.timeline.branch.end),
            "stack": [_frame(frame) for frame in runner.debugger.stack()],
            "hits": runner.breakpoints.happened() if runner.reason == "breakpoint" else [],
            "clamps": [_clamp(clamp) for clamp in machine.clamps],
            "speed": {"unit": runner.speed_limit.unit, "per_second": runner.speed_limit.per_second},
            "hyperparameters": runner.hyperparameters(),
            "seed": int(machine.view("seed")),
            "non_finite": non_finite,
            "probe": {"sample": probe.sample, "split": probe.split},
        }

    def _configured(self) -> Event:
        runner, camera = self._driven(), self._look()
        program = runner.plan.program
        live = runner.hyperparameters()
        return {
            "type": "configured",
            "generation": self._generation,
            "description": live_description(runner.plan, int(runner.machine.view("seed")), live),
            "instructions": [_instruction(i, camera) for i in program.instructions],
            "buffers": [_buffer(row, camera) for row in camera.table.values()],
            "layers": [layer_row(layer, runner.plan) for layer in program.layers],
            "unit_marks": vars(engine.UnitMarks()),
            "cost": vars(program.cost),
            "steps_per_epoch": program.steps_per_epoch,
            "batch_size": program.batch_size,
            "hyperparameters": live,
            "data": data_table(runner.plan),
        }


def _refused(pieces: Pieces[Answer]) -> Pieces[Answer]:
    """The pieces; what the engine raises in one of them is a refusal."""
    try:
        return (yield from pieces)
    except (DescriptionError, UnrecordedError) as error:
        raise _refusal(error) from error


def _refusal(error: DescriptionError | UnrecordedError) -> Refusal:
    """What the engine says of a command other than a description."""
    if isinstance(error, DescriptionError):
        return Refusal("bad_value", error.path, error.value, error.expected)
    said = "What it was made from has been overwritten and is not recorded."
    return Refusal("bad_value", "buffer", message=said)


_PARSERS: dict[str, Callable[[str, engine.Program], Any]] = {
    "value": engine.parse_expression,
    "condition": engine.parse_condition,
    "scalar": engine.parse_scalar,
    "log_message": engine.parse_message,
}


def _branch(branch: engine.Branch) -> dict[str, Any]:
    return {
        "number": branch.number,
        "parent": None if branch.parent is None else branch.parent.number,
        "start": list(branch.start),
        "end": list(branch.end),
        "edits": [_edit(edit) for edit in branch.edits[-MAX_EDITS:]],
    }


def _edit(edit: engine.Edit) -> dict[str, Any]:
    single = edit.values.ndim == 0
    return {
        "moment": list(edit.moment),
        "kind": edit.kind,
        "buffer": edit.buffer,
        "index": None if edit.index is None else list(edit.index),
        "value": finite(float(edit.values)) if single else None,
    }


def _frame(frame: engine.Frame) -> dict[str, Any]:
    return {"name": frame.name, "path": frame.path, "start": frame.start, "stop": frame.stop}


def _clamp(clamp: engine.Clamp) -> dict[str, Any]:
    return {"buffer": clamp.buffer, "index": list(clamp.index), "value": clamp.value}


# Tables of the configured event ------------------------------------------------------------------


def _number(runner: Runner, buffer: str) -> float:
    """A number of the machine, as the shortest decimal that is stored as it: 0.03 in float32."""
    return float(str(runner.machine.view(buffer)))


def _instruction(instruction: engine.Instruction, camera: Camera) -> dict[str, Any]:
    return {
        **vars(instruction),
        "reads": [camera.identity(name) for name in instruction.reads],
        "writes": [camera.identity(name) for name in instruction.writes],
    }


def _buffer(row: engine.Buffer | ViewRow, camera: Camera) -> dict[str, Any]:
    return {"id": camera.identity(row.name), **vars(row)}


def _split(plan: Plan, name: str) -> Split:
    return plan.data.train if name == "train" else plan.data.test


def _check_hyperparameter(name: str, value: float) -> None:
    layer, _, setting = name.rpartition("/")
    if not layer:
        try:
            engine.check_hyperparameter("value", name, value)
        except DescriptionError as error:
            raise Refusal("bad_value", error.path, error.value, error.expected) from error
    highest = MAX_LIVE.get(setting, description.MAX_NUMBER) if layer else description.MAX_NUMBER
    if not 0.0 <= value <= highest:
        raise Refusal("bad_value", "value", value, f"in 0..{highest:g}")


def _json(values: NDArray[Any]) -> Any:
    """Numbers in nested lists; None for what is not finite."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    numbers = np.array(values, dtype=object)
    numbers[~np.isfinite(values)] = None
    return numbers.tolist()
