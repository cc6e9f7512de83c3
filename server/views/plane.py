"""Views over the domain of the data, a plane or a line: unit responses and network outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import Machine
from server.describe.description import Plan
from server.views.scores import row_seconds
from server.views.view_group import Array, View, ViewGroup

RESPONSE_CELLS = 24
"""Cells along each side of the plane for the responses of units."""
SURFACE_CELLS = 48
"""Cells along each side of the plane for the outputs of the network."""
LINE_CELLS = 96
MIN_CELLS = 12
GRID_SECONDS = 0.02
"""Seconds that computing a grid may take; a large network gets a coarser grid."""


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
    """(cells,) the centres of equal parts of an interval."""
    low, high = interval
    return low + (np.arange(cells) + 0.5) * (high - low) / cells


class ResponseGroup(ViewGroup):
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


class SurfaceGroup(ViewGroup):
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
