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
from engine import DescriptionError, Split
from server import description
from server.camera import Camera, Subscription, ViewRow
from server.description import Plan
from server.errors import Refusal, unknown
from server.protocol import (
    Command,
    Configure,
    Pause,
    Probe,
    Read,
    Reseed,
    Reset,
    Run,
    RunTo,
    SetValue,
    Speed,
    Step,
    Subscribe,
    Write,
)
from server.runner import Clock, Progress, Reason, Runner
from server.scores import Point
from server.views import ProbePoint

Event = dict[str, Any]
Answer = dict[str, Any]

MAX_READ = 65_536
"""Numbers in one answer."""
STEP_AT_ONCE = 0.01
"""Seconds a step by hand may take before the command is answered; the rest runs in slices."""
LOSS_INTERVAL = 0.05
"""Seconds between two loss events of a run."""
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
    """What a command led to: the fields of its answer, then the events."""

    answer: Answer = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


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
        self._generation = 0
        self._reported = 0.0
        self.dirty = False
        self._handlers: dict[type[Any], Callable[[Any], Outcome]] = {
            Configure: self._configure,
            Run: self._run,
            Pause: self._pause,
            Step: self._step,
            RunTo: self._run_to,
            Reset: self._reset,
            Reseed: self._reseed,
            SetValue: self._set,
            Speed: self._speed,
            Probe: self._choose,
            Subscribe: self._subscribe,
            Read: self._read,
            Write: self._write,
        }

    # What a host calls -----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._runner is not None and self._runner.running

    def handle(self, command: Command) -> Outcome:
        """Carry out a command.

        Raises:
            Refusal: it can not be; the session is as it was.
        """
        try:
            return self._handlers[type(command)](command)
        except DescriptionError as error:
            raise description.refused(error) from error

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
        return [self._configured(), self._state(), self._loss(self._runner.history.points)]

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

    def _configure(self, command: Configure) -> Outcome:
        plan, before = description.build(command.description), self._runner
        runner = Runner(plan, self._clock, before.version + 1 if before is not None else 0)
        if before is not None:
            runner.limit = before.limit
        probe = self._camera.probe.point if self._camera is not None else ProbePoint(0, "train")
        self._generation += 1
        self._install(runner, self._camera.number if self._camera is not None else 0)
        if probe.sample < len(_split(plan, probe.split)):
            self._look().choose(probe)
        runner.score()
        events = [self._configured(), self._state(), *self._fresh_points()]
        self.dirty = True
        return Outcome({"generation": self._generation}, events)

    def _install(self, runner: Runner, frames: int) -> None:
        camera = Camera(runner, self._clock, self._wall, self._generation, frames)
        self._runner, self._camera = runner, camera

    def _run(self, command: Run) -> Outcome:
        self._driven().run()
        return Outcome(events=self._changed())

    def _pause(self, command: Pause) -> Outcome:
        self._driven().pause("command")
        return Outcome(events=self._changed())

    def _step(self, command: Step) -> Outcome:
        runner = self._driven()
        runner.step(command.unit, command.count)
        runner.advance(STEP_AT_ONCE)
        return Outcome(events=self._changed())

    def _run_to(self, command: RunTo) -> Outcome:
        runner = self._driven()
        count = len(runner.plan.program.instructions)
        if command.instruction >= count:
            raise Refusal("bad_value", "instruction", command.instruction, f"in 0..{count - 1}")
        runner.run_to(command.instruction)
        runner.advance(STEP_AT_ONCE)
        return Outcome(events=self._changed())

    def _reset(self, command: Reset) -> Outcome:
        self._driven().reset(None)
        return Outcome(events=self._changed())

    def _reseed(self, command: Reseed) -> Outcome:
        self._driven().reset(command.seed)
        return Outcome(events=self._changed())

    def _set(self, command: SetValue) -> Outcome:
        runner = self._driven()
        known = runner.plan.program.hyperparameters
        if command.name not in known:
            expected = unknown(command.name, known, "a hyperparameter of this program")
            raise Refusal("bad_value", "name", command.name, expected)
        _check_hyperparameter(command.name, command.value)
        runner.machine.write(known[command.name], command.value)
        runner.touch()
        self.dirty = True
        value = _number(runner, known[command.name])
        return Outcome(events=[{"type": "set", "name": command.name, "value": value}])

    def _speed(self, command: Speed) -> Outcome:
        self._driven().set_speed(command.unit, command.per_second)
        return Outcome(events=self._changed())

    def _choose(self, command: Probe) -> Outcome:
        runner = self._driven()
        count = len(_split(runner.plan, command.split))
        if command.sample >= count:
            expected = f"in 0..{count - 1}, the {command.split} samples"
            raise Refusal("bad_value", "sample", command.sample, expected)
        self._look().choose(ProbePoint(command.sample, command.split))
        runner.touch()
        return Outcome(events=self._changed())

    def _subscribe(self, command: Subscribe) -> Outcome:
        self._driven()
        self._look().check(Subscription(command.buffers, command.rate))
        return Outcome()

    def _read(self, command: Read) -> Outcome:
        self._driven()
        camera = self._look()
        row = camera.row(command.buffer, "buffer")
        index = command.index or ()
        _check_index(index, row.shape)
        values = camera.read(command.buffer)[index]
        if values.size > MAX_READ:
            expected = f"at most {MAX_READ} numbers; read it by rows"
            raise Refusal("bad_value", "buffer", f"{values.size} numbers", expected)
        key = "value" if values.ndim == 0 else "values"
        return Outcome({"buffer": command.buffer, key: _json(values)})

    def _write(self, command: Write) -> Outcome:
        runner = self._driven()
        row = self._look().row(command.buffer, "buffer")
        if row.role not in WRITABLE:
            raise Refusal(
                "bad_value", "buffer", command.buffer, f"writable: its role is {row.role}"
            )
        _check_index(command.index, row.shape, whole=True)
        with np.errstate(over="ignore"):
            value = float(np.asarray(command.value, row.dtype))
        if not np.isfinite(value):
            raise Refusal("bad_value", "value", command.value, f"finite in {row.dtype}")
        runner.write(command.buffer, command.index, value)
        written = {"buffer": command.buffer, "index": list(command.index), "value": value}
        return Outcome(events=[{"type": "written", **written}, *self._changed()])

    # Events ----------------------------------------------------------------------------------

    def _driven(self) -> Runner:
        if self._runner is None:
            raise Refusal("not_configured", message="There is no network yet: configure one first.")
        return self._runner

    def _look(self) -> Camera:
        assert self._camera is not None  # there is one wherever there is a runner
        return self._camera

    def _changed(self) -> list[Event]:
        """The state after a command, and the loss points it led to."""
        self.dirty = True
        return [self._state(), *self._fresh_points()]

    def _news(self) -> list[Event]:
        """What has happened by itself."""
        if not self.running:
            return self._changed()
        if self._clock() - self._reported < LOSS_INTERVAL:
            return []
        return self._fresh_points()

    def _fresh_points(self) -> list[Event]:
        runner = self._driven()
        points, runner.points = runner.points, []
        self._reported = self._clock()
        return [self._loss(points)] if points else []

    def _loss(self, points: Iterable[Point]) -> Event:
        return {"type": "loss", "generation": self._generation, "points": list(points)}

    def _state(self) -> Event:
        runner, probe = self._driven(), self._look().probe.point
        machine, stopped = runner.machine, runner.nonfinite
        nonfinite = stopped and {
            "instruction": stopped.instruction,
            "buffer": stopped.buffer,
            "index": list(stopped.index),
        }
        return {
            "type": "state",
            "running": runner.running,
            "reason": runner.reason,
            "step": machine.step_count,
            "epoch": machine.epoch,
            "pc": machine.pc,
            "speed": {"unit": runner.limit.unit, "per_second": runner.limit.per_second},
            "seed": int(machine.view("seed")),
            "nonfinite": nonfinite,
            "probe": {"sample": probe.sample, "split": probe.split},
        }

    def _configured(self) -> Event:
        runner, camera = self._driven(), self._look()
        program = runner.plan.program
        live = {name: _number(runner, b) for name, b in program.hyperparameters.items()}
        return {
            "type": "configured",
            "generation": self._generation,
            "description": _with_live(runner, live),
            "instructions": [_instruction(i, camera) for i in program.instructions],
            "buffers": [_buffer(row, camera) for row in camera.table.values()],
            "layers": [_layer(layer, program) for layer in program.layers],
            "cost": vars(program.cost),
            "steps_per_epoch": program.steps_per_epoch,
            "batch_size": program.batch_size,
            "hyperparameters": live,
            "data": _data(runner.plan),
        }


# Tables of the configured event ------------------------------------------------------------------


def _number(runner: Runner, buffer: str) -> float:
    """A number of the machine, as the shortest decimal that is stored as it: 0.03 in float32."""
    return float(str(runner.machine.view(buffer)))


def _with_live(runner: Runner, live: dict[str, float]) -> description.Description:
    """The description with the hyperparameters and the seed as they are now."""
    now = runner.plan.description
    now = {**now, "optimizer": dict(now["optimizer"]), "layers": [dict(x) for x in now["layers"]]}
    now["seed"] = int(runner.machine.view("seed"))
    names = [layer.name for layer in runner.plan.program.layers]
    for name, value in live.items():
        layer, _, setting = name.rpartition("/")
        place = now["layers"][names.index(layer)] if layer else now["optimizer"]
        place[setting] = value
    return now


def _instruction(instruction: engine.Instruction, camera: Camera) -> dict[str, Any]:
    return {
        **vars(instruction),
        "reads": [camera.identity(name) for name in instruction.reads],
        "writes": [camera.identity(name) for name in instruction.writes],
    }


def _buffer(row: engine.Buffer | ViewRow, camera: Camera) -> dict[str, Any]:
    return {"id": camera.identity(row.name), **vars(row)}


def _layer(layer: engine.LayerInfo, program: engine.Program) -> dict[str, Any]:
    flops = sum(i.flops for i in program.instructions if i.layer == layer.name)
    return {**vars(layer), "flops": flops}


def _data(plan: Plan) -> dict[str, Any]:
    data = plan.data
    drawn = bool(data.domain)
    return {
        "name": data.name,
        "title": data.title,
        "kind": data.kind,
        "task": data.task,
        "train": len(data.train),
        "test": len(data.test),
        "feature_names": data.feature_names,
        "class_names": data.class_names,
        "target_name": data.target_name,
        "image_shape": data.image_shape,
        "domain": data.domain,
        "points": {"train": _points(data.train), "test": _points(data.test)} if drawn else None,
        "source": data.source,
        "licence": data.licence,
    }


def _points(split: Split) -> list[list[float]]:
    """[x, y, label or target] of every sample in order; on a line, y is the target."""
    last = split.targets[:, 0] if split.labels is None else split.labels
    xy = split.points if split.points.shape[1] == 2 else np.column_stack([split.points, last])
    rows: list[list[float]] = np.column_stack([xy, last]).round(4).tolist()
    return rows


def _split(plan: Plan, name: str) -> Split:
    return plan.data.train if name == "train" else plan.data.test


def _check_hyperparameter(name: str, value: float) -> None:
    layer, _, setting = name.rpartition("/")
    if not layer:
        try:
            engine.check_hyperparameter("value", name, value)
        except DescriptionError as error:
            raise Refusal("bad_value", error.path, error.value, error.expected) from error
    highest = 0.95 if setting == "dropout" else description.LARGEST
    if not 0.0 <= value <= highest:
        raise Refusal("bad_value", "value", value, f"in 0..{highest:g}")


def _check_index(index: tuple[int, ...], shape: tuple[int, ...], *, whole: bool = False) -> None:
    if len(index) > len(shape) or (whole and len(index) != len(shape)):
        expected = f"an index into a buffer of shape {list(shape)}"
        raise Refusal("bad_value", "index", list(index), expected)
    for axis, (at, extent) in enumerate(zip(index, shape, strict=False)):
        if at >= extent:
            raise Refusal("bad_value", f"index[{axis}]", at, f"in 0..{extent - 1}")


def _json(values: NDArray[Any]) -> Any:
    """Numbers in nested lists; None for what is not finite."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    numbers = np.array(values, dtype=object)
    numbers[~np.isfinite(values)] = None
    return numbers.tolist()
