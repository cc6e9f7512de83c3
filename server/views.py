"""Views: what is shown of a network beyond its program's own buffers.

A view is computed from the live parameters by an evaluator. Views that come out of the same
computation form a group, which is refreshed as a whole. Which there are, depends on the data:

    view/response/<layer>        what each unit answers over the input plane or line
    view/surface                 what the network answers there
    probe/...                    one sample's values and gradients
    view/confusion, ...          answers on the test set
    view/mean_gradient/<layer>   how much of the gradient reaches each unit
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import Machine, encode_targets
from server.description import Plan
from server.protocol import SplitName
from server.scores import Scorer, row_seconds

Array = NDArray[Any]

RESPONSE_CELLS = 24
SURFACE_CELLS = 48
LINE_CELLS = 96
LEAST_CELLS = 12
GRID_SECONDS = 0.02
"""What computing a grid may take; a large network is shown on a coarser one."""


@dataclass(frozen=True)
class View:
    """A row of the buffer table; see `engine.Buffer`."""

    name: str
    symbol: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    layer: str = ""


class Group(ABC):
    """Views that one computation gives.

    Attributes:
        views: the rows of the buffer table.
    """

    views: tuple[View, ...]

    @abstractmethod
    def refresh(self) -> None:
        """Compute all views from the parameters as they are now."""

    @abstractmethod
    def array(self, name: str) -> Array:
        """The view `name` as of the last refresh."""


@dataclass(frozen=True)
class ProbePoint:
    """The sample that the probe views show."""

    sample: int
    split: SplitName


def groups(machine: Machine, plan: Plan, scorer: Scorer) -> tuple[list[Group], ProbeGroup]:
    """All groups that the network and its data have, and among them the probe."""
    probe = ProbeGroup(machine, plan)
    made: list[Group] = [probe, MeanGradientGroup(machine), TestGroup(plan, scorer)]
    if plan.data.domain:
        made += [ResponseGroup(machine, plan), SurfaceGroup(machine, plan)]
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
        while cells > LEAST_CELLS and cells**2 * row_seconds(plan) > GRID_SECONDS:
            cells = max(LEAST_CELLS, cells * 3 // 4)
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
        layers = machine.program.layers
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
        self._output = machine.program.layers[-1].output
        units = machine.program.layers[-1].units
        axes = ("output", *self._grid.axes)
        self.views = (View("view/surface", "A", (units, *self._grid.shape), axes),)

    def refresh(self) -> None:
        self._evaluator.run(1)

    def array(self, name: str) -> Array:
        return self._evaluator.view(self._output).T.reshape(-1, *self._grid.shape)


# One sample ----------------------------------------------------------------------------------


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
        data = plan.data
        self._splits = {"train": data.train, "test": data.test}
        self._targets = {
            name: encode_targets(plan.network, data, split) for name, split in self._splits.items()
        }
        self._evaluator = machine.evaluator(
            data.train.inputs[:1], self._targets["train"][:1], gradients=True
        )
        self._sources = _probe_sources(self._evaluator)
        self.views = tuple(self._view(name, source) for name, source in self._sources.items())
        self._arrays: dict[str, Array] = {}
        self.row: int | None = None
        self.point = ProbePoint(0, "train")
        self.choose(self.point)

    def choose(self, point: ProbePoint) -> None:
        """Show another sample from the next refresh on."""
        rows = slice(point.sample, point.sample + 1)
        self.point = point
        self._evaluator.write("input/x", self._splits[point.split].inputs[rows])
        self._evaluator.write("input/y", self._targets[point.split][rows])

    def refresh(self) -> None:
        self.row = self._batch_row()
        if self.row is None:
            self._evaluator.run(1)
        source = self._evaluator if self.row is None else self._machine
        self._arrays = {
            name: self._pick(source, buffer, self.row or 0)
            for name, buffer in self._sources.items()
        }

    def array(self, name: str) -> Array:
        return self._arrays[name]

    def _batch_row(self) -> int | None:
        if self._machine.pc == 0:
            return None
        if self.point.split == "train":
            rows = np.flatnonzero(self._machine.view("input/batch") == self.point.sample)
            if len(rows):
                return int(rows[0])
        return 0

    def _view(self, name: str, source: str) -> View:
        buffer = self._evaluator.program.buffers[source]
        return View(name, buffer.symbol.lower(), buffer.shape[1:], buffer.axes[1:], buffer.layer)

    def _pick(self, source: Machine, buffer: str, row: int) -> Array:
        """Row `row` of a buffer; NaN for what the training program does not compute."""
        shape = self._evaluator.program.buffers[buffer].shape[1:]
        if buffer not in source.program.buffers:
            return np.full(shape, np.nan)
        values = source.view(buffer)
        return np.array(values[row] if values.ndim else values)


def _probe_sources(evaluator: Machine) -> dict[str, str]:
    """Name of a probe view -> name of the buffer it is a row of."""
    buffers = evaluator.program.buffers
    sources = {"probe/input/x": "input/x", "probe/input/y": "input/y"}
    for layer in evaluator.program.layers:
        for letter, buffer in (("z", layer.pre_activation), ("a", layer.output)):
            name = f"probe/{layer.name}/{letter}"
            sources[name] = buffer
            gradient = buffers[buffer].grad
            if gradient is not None:
                sources[f"{name}.grad"] = gradient
    return {**sources, "probe/loss": "loss/L"}


# Answers on the test set, and gradients ------------------------------------------------------


class TestGroup(Group):
    """Confusion counts (truth, answer), or predictions beside targets, on the test set."""

    def __init__(self, plan: Plan, scorer: Scorer) -> None:
        self._plan, self._judge = plan, scorer.test
        data = plan.data
        if data.task == "classification":
            classes = len(data.class_names)
            shape = (classes, classes)
            self.views = (View("view/confusion", "C", shape, ("truth", "answer")),)
        else:
            shape = data.test.targets.shape
            axes = ("sample", "output")
            self.views = (
                View("view/predictions", "Ŷ", shape, axes),
                View("view/targets", "Y", shape, axes),
            )

    def refresh(self) -> None:
        for _ in self._judge.evaluate():
            pass

    def array(self, name: str) -> Array:
        data = self._plan.data
        if name == "view/confusion":
            return self._confusion()
        values = data.test.targets if name == "view/targets" else self._judge.outputs
        return values * data.target_scale + data.target_mean

    def _confusion(self) -> Array:
        labels = self._plan.data.test.labels
        assert labels is not None  # a classification has them
        classes = len(self._plan.data.class_names)
        cells = labels * classes + self._judge.answers()
        return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


class MeanGradientGroup(Group):
    """The mean over the batch of |dL/da| of each unit, or |dL/dz| where there is no dL/da."""

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
        mean: Array = np.abs(self._machine.view(self._sources[name])).mean(axis=0)
        return mean
