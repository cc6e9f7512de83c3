"""Views of the mean magnitude of the gradient at each unit."""

from __future__ import annotations

import numpy as np

from engine import Machine
from server.views.view_group import Array, View, ViewGroup


class MeanGradientGroup(ViewGroup):
    """The mean over the batch of |dL/da| of each unit, or |dL/dz| where there is no dL/da.

    For sequences and images it is also the mean over all positions.
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
        """Do nothing: the training step has computed the gradients."""

    def array(self, name: str) -> Array:
        values = np.abs(self._machine.view(self._sources[name]))
        mean: Array = values.mean(axis=tuple(range(values.ndim - 1)))
        return mean
