"""Views: what is shown of a network beyond its program's own buffers.

A view is computed from the live parameters by an evaluator. Views that come out of the same
computation form a group, which is refreshed as a whole. Which there are, depends on the data:

    view/response/<layer>        what each unit answers over the input plane or line
    view/surface                 what the network answers there
    probe/...                    one sample's values and gradients
    view/confusion, ...          answers on the test set
    view/map/<layer>, view/truth vectors that were learned as points of a plane
    view/code, view/decoded      what lies behind an autoencoder's two numbers
    view/track, view/car, ...    a car that the network drives
    view/mean_gradient/<layer>   how much of the gradient reaches each unit
    compare/<parameter>          how far it is from what it is on another branch
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import LayerInfo, Machine, Program, Timeline, encode_targets
from server.describe.description import Plan
from server.views.calibration import BINS, THRESHOLDS, calibration, thresholds
from server.views.codes import CodeGroup, code_layer
from server.views.driving_view import RoadGroup, drives
from server.views.embedding_maps import MapGroup
from server.views.scores import Scorer, row_seconds
from server.views.view_group import Array, Group, View
from server.wire.commands import SplitName

RESPONSE_CELLS = 24
SURFACE_CELLS = 48
LINE_CELLS = 96
MIN_CELLS = 12
MAX_CLASSES = 128
"""With more, there is no table of confusion."""
GRID_SECONDS = 0.02
"""What computing a grid may take; a large network is shown on a coarser one."""


@dataclass(frozen=True)
class ProbePoint:
    """The sample that the probe views show."""

    sample: int
    split: SplitName


def groups(
    machine: Machine, plan: Plan, scorer: Scorer, clock: Callable[[], float]
) -> tuple[list[Group], ProbeGroup]:
    """All groups that the network and its data have, and among them the probe."""
    probe = ProbeGroup(machine, plan)
    made: list[Group] = [probe, MeanGradientGroup(machine), TestGroup(plan, scorer)]
    if plan.data.domain:
        made += [ResponseGroup(machine, plan), SurfaceGroup(machine, plan)]
    made.append(MapGroup(machine, plan))
    if code_layer(plan) is not None:
        made.append(CodeGroup(machine, plan))
    if drives(plan):
        made.append(RoadGroup(machine, plan, clock))
    return made, probe


# Over the plane ------------------------------------------------------------------------------


class Grid:
    """Cells that cover the domain of the data: points (cells, d) at their centres.

    For a plane (height, width), the first row at the highest x2, the first column at the lowest
    x1; for a line (width,) from the lowest x1.
    """

    def __init__(self, plan: Plan, cells: int) -> None:
        domain = plan.data.domain
        if len(domain) == 1:
            self.shape: tuple[int, ...] = (LINE_CELLS,)
            self.axes: tuple[str, ...] = ("x1",)
            self.points = centres(domain[0], LINE_CELLS)[:, np.newaxis]
            return
        while cells > MIN_CELLS and cells**2 * row_seconds(plan) > GRID_SECONDS:
            cells = max(MIN_CELLS, cells * 3 // 4)
        self.shape, self.axes = (cells, cells), ("x2", "x1")
        x1, x2 = np.meshgrid(centres(domain[0], cells), centres(domain[1], cells)[::-1])
        self.points = np.stack([x1.ravel(), x2.ravel()], axis=1)


def centres(interval: tuple[float, float], cells: int) -> NDArray[np.float64]:
    """(cells,) the middles of equal parts of an interval."""
    low, high = interval
    return low + (np.arange(cells) + 0.5) * (high - low) / cells


class ResponseGroup(Group):
    """Each unit's activation (units, *grid), and each input's value (features, *grid)."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._grid = Grid(plan, RESPONSE_CELLS)
        inputs = plan.data.transform(self._grid.points)
        self._evaluator = machine.evaluator(inputs)
        layers = [x for x in self._evaluator.program.layers if len(x.output_shape) == 1]
        self._outputs = {f"view/response/{layer.name}": layer.output for layer in layers}
        shape, axes = self._grid.shape, self._grid.axes
        self._inputs = inputs.T.reshape(-1, *shape)
        self.views = (
            View("view/response/input", "X", self._inputs.shape, ("feature", *axes), "input"),
            *(
                View(name, f"A{i}", (layer.units, *shape), ("unit", *axes), layer.name)
                for i, (name, layer) in enumerate(zip(self._outputs, layers, strict=True), 1)
            ),
        )

    def refresh(self) -> None:
        self._evaluator.run(1)

    def array(self, name: str) -> Array:
        if name == "view/response/input":
            return self._inputs
        return self._evaluator.view(self._outputs[name]).T.reshape(-1, *self._grid.shape)


class SurfaceGroup(Group):
    """The network's outputs (outputs, *grid)."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._grid = Grid(plan, SURFACE_CELLS)
        self._evaluator = machine.evaluator(plan.data.transform(self._grid.points))
        output = self._evaluator.program.layers[-1]
        self._output = output.output
        axes = ("output", *self._grid.axes)
        self.views = (View("view/surface", "A", (output.units, *self._grid.shape), axes),)

    def refresh(self) -> None:
        self._evaluator.run(1)

    def array(self, name: str) -> Array:
        return self._evaluator.view(self._output).T.reshape(-1, *self._grid.shape)


# One sample ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """The buffers that a probe view is a row of.

    Attributes:
        alone: of the evaluation of the sample by itself.
        training: of the program that trains, where there may be another one or none.
        parts: of every time step where there is no buffer of all of them.
    """

    alone: str
    training: str
    parts: tuple[str, ...] = ()


class ProbeGroup(Group):
    """Values and gradients of one sample.

    While the machine stands inside a step, a row of the batch instead: what is shown is then what
    the step computes. The row is that of the probe sample where the batch has it, else the first.

    Attributes:
        point: the sample chosen.
        row: the row of the batch shown by the last refresh, or None.
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
        """A training sample may have been changed by hand: the machine's is the one that counts."""
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
        """What computes the sample's values by themselves."""
        return self._evaluator

    def origin(self, name: str, index: tuple[int, ...]) -> tuple[Machine, str, tuple[int, ...]]:
        """Where a value of a view is from as of the last refresh: machine, buffer and index."""
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
        """A row of a buffer; NaN for what the training program does not compute."""
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
"""What else is shown of a layer that computes it: states and gates of recurrence, the weights of
attention, a Transformer's block between its branches, the vectors of users and items."""


def _probe_sources(alone: Program, training: Program) -> dict[str, Source]:
    """Name of a probe view -> the buffers it is a row of."""
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
    """The buffers of a layer that are shown beside z and a, those of its two directions, too."""
    ways = ("", "ahead/", "reverse/")
    names = (f"{layer.name}/{way}{inner}" for inner in INNER for way in ways)
    return [name for name in names if name in program.buffers]


def _with_gradient(
    alone: Program, training: Program, layer: LayerInfo, letter: str, names: tuple[str, str]
) -> dict[str, Source]:
    """A view of these buffers of the two programs, and one of the gradient where there is any."""
    name, (buffer, other) = f"probe/{layer.name}/{letter}", names
    sources = {name: Source(buffer, other)}
    steps = _of_steps(alone, buffer)
    if steps:
        whole = buffer  # of which the gradients of the steps are as many rows
        sources[f"{name}.grad"] = Source(whole, whole, steps)
        return sources
    gradient = alone.buffers[buffer].grad
    if gradient is not None:
        trained = training.buffers[other].grad if other in training.buffers else None
        sources[f"{name}.grad"] = Source(gradient, trained or gradient)
    return sources


def _of_steps(program: Program, buffer: str) -> tuple[str, ...]:
    """The gradients of each time step's part of a recurrent layer's states, in order of time.

    The gradient of the whole buffer is only what comes from the next layer; that of a part is all
    of it, what comes back through time included.
    """
    place, _, letter = buffer.rpartition("/")
    found: list[str] = []
    while (part := f"{place}/t{len(found) + 1}/{letter}") in program.buffers:
        gradient = program.buffers[part].grad
        if gradient is None or program.buffers[gradient].shape != program.buffers[part].shape:
            return ()
        found.append(gradient)
    return tuple(found)


# Answers on the test set, and gradients ------------------------------------------------------


class TestGroup(Group):
    """Confusion counts (truth, answer), or predictions beside targets, on the test set.

    Of two classes also the probability of class 1 for each sample, how well these probabilities
    are calibrated, and the counts at other thresholds.
    """

    def __init__(self, plan: Plan, scorer: Scorer) -> None:
        self._plan, self._judge = plan, scorer.test
        data = plan.data
        classes = len(data.class_names)
        if data.task == "regression":
            shape = self._judge.outputs.shape
            axes = ("sample", *("output", "column", "channel")[: len(shape) - 1])
            self.views = (
                View("view/predictions", "Ŷ", shape, axes),
                View("view/targets", "Y", shape, axes),
            )
        elif classes <= MAX_CLASSES:
            self.views = (View("view/confusion", "C", (classes, classes), ("truth", "answer")),)
        else:
            self.views = ()
        if classes == 2 and self._judge.outputs.ndim == 2:
            self.views += (
                View("view/calibration", "P", (BINS, 3), ("bin", "number")),
                View("view/thresholds", "C", (THRESHOLDS, 2, 2), ("threshold", "truth", "answer")),
                View("view/probability", "P", (len(self._judge.outputs),), ("sample",)),
            )

    def refresh(self) -> None:
        for _ in self._judge.evaluate():
            pass

    def array(self, name: str) -> Array:
        data = self._plan.data
        if name == "view/confusion":
            return self._confusion()
        if name == "view/probability":
            return self._judge.outputs[:, -1]
        if name in ("view/calibration", "view/thresholds"):
            return self._of_probabilities(name)
        values = self._judge.targets if name == "view/targets" else self._judge.outputs
        return values * data.target_scale + data.target_mean

    def _of_probabilities(self, name: str) -> Array:
        labels = self._plan.data.test.labels
        assert labels is not None
        probability = self._judge.outputs[:, -1]
        of = calibration if name == "view/calibration" else thresholds
        return of(probability, labels)

    def _confusion(self) -> Array:
        labels = self._plan.data.test.labels
        assert labels is not None  # a classification has them
        classes = len(self._plan.data.class_names)
        known = labels >= 0
        cells = labels[known] * classes + self._judge.answers()[known]
        return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


class CompareGroup(Group):
    """This branch's parameters minus those of another one, at the same moment or at its end.

    Args:
        timeline: answers the present one; a restart begins another.

    Attributes:
        branch: the other one; None for none, and all differences are 0.
    """

    def __init__(self, program: Program, timeline: Callable[[], Timeline]) -> None:
        self._timeline = timeline
        self.branch: int | None = None
        self._sources = {
            f"compare/{p.tensor.name}": program.buffers[p.tensor.name] for p in program.parameters
        }
        self.views = tuple(
            View(name, f"Δ{b.symbol}", b.shape, b.axes, b.layer)
            for name, b in self._sources.items()
        )
        self._arrays = {name: np.zeros(b.shape) for name, b in self._sources.items()}

    def refresh(self) -> None:
        timeline = self._timeline()
        machine = timeline.machine
        mine = {name: machine.read(b.name) for name, b in self._sources.items()}
        if self.branch is None:
            self._arrays = {name: np.zeros_like(values) for name, values in mine.items()}
            return
        moment = min(timeline.now, timeline.branches[self.branch].end)
        with timeline.visit(moment, self.branch):
            self._arrays = {
                name: mine[name] - machine.view(b.name) for name, b in self._sources.items()
            }

    def array(self, name: str) -> Array:
        return self._arrays[name]


class MeanGradientGroup(Group):
    """The mean over the batch of |dL/da| of each unit, or |dL/dz| where there is no dL/da.

    Where a unit is at many places, of a sequence or an image, it is the mean over these, too.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._sources: dict[str, str] = {}
        views: list[View] = []
        buffers = machine.program.buffers
        for layer in machine.program.layers:
            source = buffers[layer.output].grad or buffers[layer.pre_activation].grad
            if source is None:
                continue
            name = f"view/mean_gradient/{layer.name}"
            self._sources[name] = source
            symbol = f"mean |{buffers[source].symbol}|"
            views.append(View(name, symbol, (layer.units,), ("unit",), layer.name))
        self.views = tuple(views)

    def refresh(self) -> None:
        """Nothing to compute: the step has."""

    def array(self, name: str) -> Array:
        values = np.abs(self._machine.view(self._sources[name]))
        mean: Array = values.mean(axis=tuple(range(values.ndim - 1)))
        return mean
