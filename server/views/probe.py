"""Views of one sample: its values and gradients in every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import LayerInfo, Machine, Program, encode_targets
from server.describe.description import Plan
from server.views.view_group import Array, View, ViewGroup
from server.wire.commands import SplitName


@dataclass(frozen=True)
class ProbePoint:
    """The sample that the probe views show."""

    sample: int
    split: SplitName


@dataclass(frozen=True)
class Source:
    """The buffers that a probe view is a row of.

    Attributes:
        alone: name of the buffer in the evaluator of the single sample.
        training: name of the buffer in the training program, which may lack it.
        parts: buffers of the single time steps, where no buffer holds all of them.
    """

    alone: str
    training: str
    parts: tuple[str, ...] = ()


class ProbeGroup(ViewGroup):
    """Values and gradients of one sample.

    While the machine stands inside a step, the views show a row of the batch instead, that is what
    the step computes: the row of the probe sample if the batch has it, else the first.

    Attributes:
        point: the chosen sample.
        row: the row of the batch that the last refresh has shown, or None.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        data, shape = plan.data, plan.network.input_shape
        splits = {"train": data.train, "test": data.test}
        self._inputs = {k: split.inputs.reshape(-1, *shape) for k, split in splits.items()}
        self._targets = {
            name: encode_targets(plan.network, data, split) for name, split in splits.items()
        }
        self._evaluator = machine.evaluator(
            self._inputs["train"][:1], self._targets["train"][:1], gradients=True
        )
        self._sources = _probe_sources(self._evaluator.program, machine.program)
        self.views = tuple(self._view(name, source) for name, source in self._sources.items())
        self._arrays: dict[str, Array] = {}
        self.row: int | None = None
        self.point = ProbePoint(0, "train")
        self.choose(self.point)

    def choose(self, point: ProbePoint) -> None:
        """Show another sample from the next refresh on."""
        rows = slice(point.sample, point.sample + 1)
        self.point = point
        self._evaluator.write("input/x", self._inputs[point.split][rows])
        self._evaluator.write("input/y", self._targets[point.split][rows])

    def refresh(self) -> None:
        self.row = self._batch_row()
        if self.row is None:
            self._follow_edits()
            self._evaluator.run(1)
        self._arrays = {name: self._pick(source) for name, source in self._sources.items()}

    def _follow_edits(self) -> None:
        """Copy the training sample from the machine, where a user may have changed it."""
        if self.point.split != "train":
            return
        rows = slice(self.point.sample, self.point.sample + 1)
        for name, of_all in (("data/x", self._inputs), ("data/y", self._targets)):
            held = self._machine.view(name)
            if held.dtype.kind == "f" and held.shape == of_all["train"].shape:
                self._evaluator.write(f"input/{name[-1]}", held[rows])

    def array(self, name: str) -> Array:
        return self._arrays[name]

    @property
    def evaluator(self) -> Machine:
        """The evaluator of the single sample."""
        return self._evaluator

    def origin(self, name: str, index: tuple[int, ...]) -> tuple[Machine, str, tuple[int, ...]]:
        """Machine, buffer and index behind a value of a view, as of the last refresh."""
        source, row = self._sources[name], self.row or 0
        machine = self._evaluator if self.row is None else self._machine
        if source.parts and index:
            time, *rest = index
            return machine, source.parts[time], (row, *rest)
        buffer = source.alone if self.row is None else source.training
        known = machine.program.buffers.get(buffer)
        return machine, buffer, (row, *index) if known and known.shape else index

    def _batch_row(self) -> int | None:
        if self._machine.pc == 0:
            return None
        if self.point.split == "train":
            rows = np.flatnonzero(self._machine.view("input/batch") == self.point.sample)
            if len(rows):
                return int(rows[0])
        return 0

    def _view(self, name: str, source: Source) -> View:
        buffers = self._evaluator.program.buffers
        buffer = buffers[source.alone]
        return View(name, buffer.symbol.lower(), buffer.shape[1:], buffer.axes[1:], buffer.layer)

    def _pick(self, source: Source) -> Array:
        """The row of a view's buffer; NaN if the training program does not compute it."""
        machine = self._evaluator if self.row is None else self._machine
        if source.parts:
            return np.stack([self._row(machine, part) for part in source.parts])
        return self._row(machine, source.alone if self.row is None else source.training)

    def _row(self, machine: Machine, buffer: str) -> Array:
        if buffer not in machine.program.buffers:
            return np.full(self._evaluator.program.buffers[buffer].shape[1:], np.nan)
        values = machine.view(buffer)
        return np.array(values[self.row or 0] if values.ndim else values)


INNER = ("h", "c", "gates", "weights", "sum1", "vectors")
"""Further buffers of a layer with probe views: states and gates of recurrence, attention weights,
the sum between the two branches of a Transformer block, vectors of users and items."""


def _probe_sources(alone: Program, training: Program) -> dict[str, Source]:
    """The sources of all probe views by name."""
    sources = {"probe/input/x": Source("input/x", "input/x")}
    if "input/x.grad" in alone.buffers:
        sources["probe/input/x.grad"] = Source("input/x.grad", "input/x.grad")
    sources["probe/input/y"] = Source("input/y", "input/y")
    for layer, trained in zip(alone.layers, training.layers, strict=True):
        for letter, buffer, other in (
            ("z", layer.pre_activation, trained.pre_activation),
            ("a", layer.output, trained.output),
        ):
            sources.update(_with_gradient(alone, training, layer, letter, (buffer, other)))
        for buffer in _inner(alone, layer):
            letter = buffer.removeprefix(f"{layer.name}/")
            sources.update(_with_gradient(alone, training, layer, letter, (buffer, buffer)))
    return {**sources, "probe/loss": Source("loss/L", "loss/L")}


def _inner(program: Program, layer: LayerInfo) -> list[str]:
    """The buffers in INNER that a layer has, in both directions if it is bidirectional."""
    directions = ("", "ahead/", "reverse/")
    names = (f"{layer.name}/{way}{inner}" for inner in INNER for way in directions)
    return [name for name in names if name in program.buffers]


def _with_gradient(
    alone: Program, training: Program, layer: LayerInfo, letter: str, names: tuple[str, str]
) -> dict[str, Source]:
    """The source of a view of two programs' buffers, and that of its gradient if there is one."""
    name, (buffer, other) = f"probe/{layer.name}/{letter}", names
    sources = {name: Source(buffer, other)}
    steps = _of_steps(alone, buffer)
    if steps:
        whole = buffer  # the gradients of the time steps are its rows
        sources[f"{name}.grad"] = Source(whole, whole, steps)
        return sources
    gradient = alone.buffers[buffer].grad
    if gradient is not None:
        trained = training.buffers[other].grad if other in training.buffers else None
        sources[f"{name}.grad"] = Source(gradient, trained or gradient)
    return sources


def _of_steps(program: Program, buffer: str) -> tuple[str, ...]:
    """The gradients of a recurrent layer's states at each time step, in order of time.

    The gradient of the whole buffer comes from the next layer only; the gradient of a time step
    also has what comes back through time.
    """
    scope, _, letter = buffer.rpartition("/")
    found: list[str] = []
    while (part := f"{scope}/t{len(found) + 1}/{letter}") in program.buffers:
        gradient = program.buffers[part].grad
        if gradient is None or program.buffers[gradient].shape != program.buffers[part].shape:
            return ()
        found.append(gradient)
    return tuple(found)
