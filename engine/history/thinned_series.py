"""Rows of numbers over time, along every branch, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.history.moments import Branch

CAPACITY = 512
"""The greatest number of rows of one branch."""


@dataclass
class ThinnedSeries:
    """Rows of `width` numbers by step. A branch at its capacity drops every second row.

    Rows before a branch's start are those of its parent.
    """

    width: int
    capacity: int = CAPACITY
    _steps: dict[int, list[int]] = field(default_factory=dict)
    _rows: dict[int, list[NDArray[np.float64]]] = field(default_factory=dict)

    def add(self, branch: Branch, step: int, row: NDArray[np.float64]) -> None:
        """Append a row to a branch, unless the branch already has one at this step or later."""
        steps = self._steps.setdefault(branch.number, [])
        rows = self._rows.setdefault(branch.number, [])
        if steps and step <= steps[-1]:
            return
        if len(steps) >= self.capacity:
            del steps[1::2], rows[1::2]
        steps.append(step)
        rows.append(row)

    def along(self, branch: Branch) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps (rows,) and numbers (rows, width) from the start of training to a branch's end."""
        steps: list[int] = []
        rows: list[NDArray[np.float64]] = []
        for line, limit in reversed(list(branch.lineage())):
            for step, row in zip(
                self._steps.get(line.number, ()), self._rows.get(line.number, ()), strict=True
            ):
                if step <= limit.step:
                    steps.append(step)
                    rows.append(row)
        table = np.array(rows) if rows else np.empty((0, self.width))
        return np.array(steps, dtype=np.int64), table
