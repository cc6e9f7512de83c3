"""Views of the difference between the parameters of two branches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import Program, Timeline
from server.views.view_group import Array, View, ViewGroup


class CompareGroup(ViewGroup):
    """The parameters of this branch minus those of another, at the same moment or at its end.

    Args:
        timeline: returns the present timeline; a reset begins another.

    Attributes:
        branch: number of the other branch; None for none, which makes all differences 0.
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
        present = {name: machine.read(b.name) for name, b in self._sources.items()}
        if self.branch is None:
            self._arrays = {name: np.zeros_like(values) for name, values in present.items()}
            return
        moment = min(timeline.now, timeline.branches[self.branch].end)
        with timeline.visit(moment, self.branch):
            self._arrays = {
                name: present[name] - machine.view(b.name) for name, b in self._sources.items()
            }

    def array(self, name: str) -> Array:
        return self._arrays[name]
