"""Units that are alike and stay so: equal weights in, equal gradients."""

from __future__ import annotations

import numpy as np

from engine.explain import Explainer
from engine.formula import Element, index_text
from engine.layers.context import LayerInfo
from engine.ops.base import Array
from engine.why.cause import Cause


def symmetric(explainer: Explainer, element: Element) -> Cause | None:
    """Whether the unit that a gradient belongs to has a twin.

    Two units of a layer with the same weights and the same gradients stay the same for ever, and
    do the work of one (Goodfellow, Bengio, Courville 2016, section 8.4).
    """
    program = explainer.machine.program
    tensor, unit = element.operand.tensor, element.index[-1] if element.index else None
    layer = next((info for info in program.layers if info.name == tensor.layer), None)
    if layer is None or not isinstance(unit, int) or tensor.axes[-1:] != ("unit",):
        return None
    twins = _twins(explainer, layer, unit)
    if not twins:
        return None
    symbol = index_text(element.symbol, element.index)
    sentence = (
        f"{symbol} is the same as that of {len(twins)} other unit{'s' * (len(twins) > 1)} of "
        f"{layer.name}: unit {unit} has the same weights and gradients as unit {twins[0]}, so "
        "they stay alike."
    )
    return Cause("symmetric", sentence, (element.link,), {"twins": float(len(twins))})


def _twins(explainer: Explainer, layer: LayerInfo, unit: int) -> list[int]:
    """The other units of the layer whose parameters and gradients are equal to this one's."""
    program, view = explainer.machine.program, explainer.machine.view
    alike = np.ones(layer.units, dtype=bool)
    for name in layer.parameters:
        buffer = program.buffers[name]
        if buffer.axes[-1:] != ("unit",) or buffer.grad is None:
            return []
        for values in (view(name), view(buffer.grad)):
            alike &= _equal(values, unit)
    alike[unit] = False
    return [int(i) for i in np.flatnonzero(alike)]


def _equal(values: Array, unit: int) -> Array:
    """Which units, along the last axis, have the same values as this one."""
    same = values == values[..., unit : unit + 1]
    return np.asarray(same.reshape(-1, values.shape[-1]).all(axis=0))
