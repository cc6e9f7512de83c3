"""Maps: learned vectors of tokens, people or films as points in a plane.

A map is a projection onto the two directions of largest variance (principal component analysis,
Pearson 1901). Each map is rotated to match the previous one as well as possible (orthogonal
Procrustes analysis, Schönemann 1966), so that points move only because their vectors do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import LAYERS, LayerInfo, Machine
from server.describe.description import Plan
from server.views.view_group import Array, View, ViewGroup

Points = NDArray[np.float64]

MAX_UNITS, MAX_ROWS = 256, 5000
"""Most units and most rows of an embedding with a map; more units would take too long."""


class MapGroup(ViewGroup):
    """A map (row, axis) of every layer that learns vectors.

    If the data come from a simulator that knows the true properties, there is a map of these at the
    same scale, and the learned map is rotated to match it instead of the previous map.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        self._fields = plan.data.field_sizes
        shown = [layer for layer in machine.program.layers if _has_map(layer, machine)]
        self._weights = {f"view/map/{layer.name}": f"{layer.name}/W" for layer in shown}
        self._arrays: dict[str, Points] = {}
        self._truth = _truth(plan)
        self.views = tuple(self._view(layer) for layer in shown)
        if self._truth is not None and shown:
            self._arrays["view/truth"] = self._truth
            self.views += (View("view/truth", "T", self._truth.shape, ("row", "axis")),)

    def _view(self, layer: LayerInfo) -> View:
        rows = self._machine.program.buffers[f"{layer.name}/W"].shape[0]
        return View(f"view/map/{layer.name}", "W", (rows, 2), ("row", "axis"), layer.name)

    def refresh(self) -> None:
        for name, buffer in self._weights.items():
            vectors = np.array(self._machine.view(buffer), np.float64)
            if not np.isfinite(vectors).all():
                self._arrays[name] = np.full((len(vectors), 2), np.nan)
                continue
            self._arrays[name] = self._map(name, vectors)

    def _map(self, name: str, vectors: Points) -> Points:
        """The rotated map of these vectors."""
        last = slice(-self._fields[-1], None) if self._fields is not None else slice(None)
        directions, mean = principal(vectors[last])
        points = (vectors - mean) @ directions
        if self._truth is not None:
            points = points @ turn(points[last], self._truth)
            size = np.sqrt((points[last] ** 2).mean())
            self._arrays["view/truth"] = self._truth * size
            return points
        before = self._arrays.get(name)
        if before is not None and np.isfinite(before).all():
            points = points @ turn(points, before)
        return points

    def array(self, name: str) -> Array:
        return self._arrays[name]


def _has_map(layer: LayerInfo, machine: Machine) -> bool:
    if not LAYERS[layer.kind].reads_ids:
        return False
    rows, units = machine.program.buffers[f"{layer.name}/W"].shape
    return 2 <= rows <= MAX_ROWS and units <= MAX_UNITS


def _truth(plan: Plan) -> Points | None:
    """(items, 2) a map of the true properties of the last field's items, of mean square 1."""
    properties = plan.data.extras.get("properties")
    if properties is None:
        return None
    directions, mean = principal(properties)
    points: Points = (properties - mean) @ directions
    size = float(np.sqrt((points**2).mean()))
    return np.divide(points, size)


def principal(vectors: Points) -> tuple[Points, Points]:
    """The two principal directions (units, 2) of vectors (rows, units), and their mean (units,).

    For a single unit, the second direction is zero.
    """
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    _, found = np.linalg.eigh(centred.T @ centred)
    directions = found[:, :-3:-1]
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), range(directions.shape[1])])
    directions = directions * signs  # a sign that does not depend on the processor
    return np.pad(directions, ((0, 0), (0, 2 - directions.shape[1]))), mean


def turn(points: Points, towards: Points) -> Points:
    """The rotation or reflection (2, 2) that brings points (rows, 2) closest to `towards`."""
    left, _, right = np.linalg.svd(points.T @ towards)
    turned: Points = left @ right
    return turned
