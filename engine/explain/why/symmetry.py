"""Units that are equal and stay equal: equal weights get equal gradients."""

from __future__ import annotations

import numpy as np

from engine.explain.explainer import Explainer
from engine.explain.why.cause import Cause
from engine.formula import Element, index_text
from engine.layers.context import LayerInfo
from engine.tensors.arrays import Array


def symmetric(explainer: Explainer, element: Element) -> Cause | None:
    """Whether the unit that a gradient belongs to has a twin.

    Two units of a layer with the same weights and the same gradients stay equal for ever, and
    together do the work of one (Goodfellow, Bengio, Courville 2016, section 8.4).
    """
    program = explainer.machine.program
    tensor, unit = element.operand.tensor, element.index[-1] if element.index else None
    layer = next((info for info in program.layers if info.name == tensor.layer), None)
    if layer is None or not isinstance(unit, int) or not layer.parameters:
        return None
    twins = _twins(explainer, layer, unit) if tensor.shape[-1] == layer.units else []
    if not twins:
        return None
    symbol = index_text(element.symbol, element.index)
    sentence = (
        f"{symbol} is the same as for {len(twins)} other unit{'s' * (len(twins) > 1)} of "
        f"{layer.name}: unit {unit} has the same weights and gradients as unit {twins[0]}, so "
        "they stay equal."
    )
    return Cause("symmetric", sentence, (element.link,), {"twins": float(len(twins))})


def _twins(explainer: Explainer, layer: LayerInfo, unit: int) -> list[int]:
    """The other units of the layer whose parameters and gradients are equal to this one's."""
    program, view = explainer.machine.program, explainer.machine.view
    axes = program.buffers[layer.parameters[0]].axes[-1:]
    alike = np.ones(layer.units, dtype=bool)
    for name in layer.parameters:
        buffer = program.buffers[name]
        if buffer.axes[-1:] != axes or buffer.shape[-1] != layer.units or buffer.grad is None:
            return []
        for values in (view(name), view(buffer.grad)):
            alike &= _equal(values, unit)
    alike[unit] = False
    return [int(i) for i in np.flatnonzero(alike)]


def _equal(values: Array, unit: int) -> Array:
    """Which units, along the last axis, have the same values as this one."""
    same = values == values[..., unit : unit + 1]
    return np.asarray(same.reshape(-1, values.shape[-1]).all(axis=0))
