"""Codes of an autoencoder with a layer of two units, and images decoded from such codes."""

from __future__ import annotations

from math import ceil, log10, prod

import numpy as np
from numpy.typing import NDArray

from engine import LayerInfo, Machine, Program
from server.describe.description import Plan
from server.views.scores import row_seconds
from server.views.view_group import Array, View, ViewGroup

Numbers = NDArray[np.float64]

CELLS, MIN_CELLS = 12, 4
"""Most and fewest decoded images along each side of the plane of codes."""
SAMPLES = 500
"""Most test samples whose codes are shown."""
PLANE_SECONDS = 0.03
"""Seconds that codes and decoded images may take each; a large network shows fewer."""


def code_layer(plan: Plan) -> LayerInfo | None:
    """The last layer of two units, if the network reproduces its inputs through it; else None."""
    train = plan.data.train
    if train.labels is not None or prod(train.inputs.shape[1:]) < 3:
        return None
    if train.targets.shape != train.inputs.shape:
        return None
    layers = [layer for layer in plan.program.layers if "/" not in layer.name]
    narrow = [layer for layer in layers[:-1] if layer.output_shape == (2,)]
    return narrow[-1] if narrow else None


class Decoder:
    """The layers after the code, evaluated alone.

    Args:
        rows: number of codes that are decoded at once.
    """

    def __init__(self, machine: Machine, plan: Plan, rows: int) -> None:
        shape = plan.network.input_shape
        self._data = plan.data
        self._evaluator = machine.evaluator(np.zeros((rows, *shape)))
        program = self._evaluator.program
        self._code = evaluated_code(plan, program)
        self._after = max(program.writers(self._code)) + 1
        self._output = program.layers[-1].output

    def __call__(self, codes: Numbers) -> Numbers:
        """The network's outputs (rows, values) for codes (rows, 2), in the units of the data."""
        evaluator = self._evaluator
        evaluator.run_to(self._after)
        evaluator.write(self._code, codes)
        evaluator.run(1)
        outputs = evaluator.read(self._output).astype(np.float64)
        return own_units(outputs.reshape(len(outputs), -1), self._data.standardisation)


def evaluated_code(plan: Plan, evaluator: Program) -> str:
    """The buffer of an evaluator that holds the code."""
    found = code_layer(plan)
    assert found is not None  # called only for a network that has one
    return next(layer.output for layer in evaluator.layers if layer.name == found.name)


def own_units(values: Numbers, standardisation: object) -> Numbers:
    """Standardised values in the units of the data."""
    undo = getattr(standardisation, "undo", None)
    result: Numbers = values if undo is None else undo(values)
    return result


class CodeGroup(ViewGroup):
    """The codes of test samples (sample, axis), and images decoded from a grid over their plane.

    Rows of the grid go from the highest second number down, columns from the lowest first number
    up. `view/decoded/range` (axis, end) has the ends, which are rounded so that they rarely move.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._plan = plan
        each = row_seconds(plan)
        count = min(SAMPLES, len(plan.data.test), max(50, int(PLANE_SECONDS / each)))
        inputs = plan.data.test.inputs[:count].reshape(-1, *plan.network.input_shape)
        self._encoder = machine.evaluator(inputs)
        self._code = evaluated_code(plan, self._encoder.program)
        cells = CELLS
        while cells > MIN_CELLS and cells**2 * each > PLANE_SECONDS:
            cells -= 1
        self._cells = cells
        self.views = (
            View("view/code", "C", (count, 2), ("sample", "axis")),
            View("view/decoded/range", "R", (2, 2), ("axis", "end")),
        )
        self._decoder: Decoder | None = None
        if plan.data.image_shape is not None:
            self._decoder = Decoder(machine, plan, cells**2)
            shape = (cells, cells, *plan.data.image_shape)
            axes = ("row", "column", "height", "width")
            self.views += (View("view/decoded", "D", shape, axes),)
        self._arrays: dict[str, Array] = {}

    def refresh(self) -> None:
        self._encoder.run(1)
        codes = self._encoder.read(self._code).astype(np.float64)
        ends = _ends(codes)
        self._arrays = {"view/code": codes, "view/decoded/range": ends}
        if self._decoder is not None:
            first, second = (np.linspace(low, high, self._cells) for low, high in ends)
            grid = np.stack(np.meshgrid(first, second[::-1]), axis=-1).reshape(-1, 2)
            shape = next(view.shape for view in self.views if view.name == "view/decoded")
            self._arrays["view/decoded"] = self._decoder(grid).reshape(shape)

    def array(self, name: str) -> Array:
        return self._arrays[name]


def _ends(codes: Numbers) -> Numbers:
    """(2, 2) the low and the high end of each axis, around all codes but a few outliers."""
    known = codes[np.isfinite(codes).all(axis=1)]
    if not len(known):
        return np.array([[-1.0, 1.0], [-1.0, 1.0]])
    low, high = np.percentile(known, [1, 99], axis=0)
    return np.array([_around(a, b) for a, b in zip(low, high, strict=True)])


def _around(low: float, high: float) -> tuple[float, float]:
    """The smallest interval around both between multiples of a power of ten."""
    width = max(high - low, 1e-3)
    step = 10.0 ** ceil(log10(width / 10))
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
