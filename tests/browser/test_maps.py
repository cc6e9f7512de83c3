"""A convolutional network in the picture: maps, kernels, and what a cell is made of."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from tests.browser.serving import wait_until
from tests.browser.visit import PAUSED, Visit, Visits

NETWORK: dict[str, Any] = {
    "data": {"name": "digits"},
    "layers": [
        {"kind": "conv2d", "filters": 4, "padding": "same"},
        {"kind": "max_pool"},
        {"kind": "conv2d", "filters": 6, "padding": 1},
        {"kind": "max_pool"},
        {"kind": "flatten"},
        {"kind": "dense"},
    ],
    "batch_size": 16,
}
CARD = "document.querySelector('.net-card').textContent"


def opened(visits: Visits) -> Visit:
    """A page with the network, standing."""
    text = base64.urlsafe_b64encode(json.dumps(NETWORK).encode()).decode().rstrip("=")
    visit = visits.open(f"json={text}&{PAUSED}")
    visit.wait("s.model?.layers[0].kind === 'conv2d'")
    visit.settle()
    return visit


def show_cell(visit: Visit, layer: str, channel: int, row: int, col: int) -> str:
    """Point at a cell of a map; returns the card's text."""
    visit.page.evaluate("document.querySelector('.net-stage').focus()")
    columns = visit.get(f"model.layers.find((l) => l.name === '{layer}').output_shape[1]")
    rows = visit.get(f"model.layers.find((l) => l.name === '{layer}').output_shape[0]")
    kernel = 9 if layer.startswith("conv") else 0
    cell = channel * (kernel + rows * columns) + kernel + row * columns + col
    visit.page.evaluate(
        "([layer, unit]) => window.backstep.store.set({ hover: { kind: 'unit', layer, unit } })",
        [layer, cell],
    )
    wait_until(visit.page, f"{CARD}.includes('channel {channel}, row {row}, column {col}')")
    wait_until(visit.page, f"{CARD}.includes('receptive field')")
    return str(visit.page.evaluate(CARD))


def test_the_sum_shown_at_a_cell_is_its_z(visits: Visits) -> None:
    visit = opened(visits)
    text = show_cell(visit, "conv2d3", 2, 1, 2)
    x = np.pad(visit.drawn("probe/max_pool2/a"), ((1, 1), (1, 1), (0, 0)))
    weights, bias = visit.drawn("conv2d3/W"), visit.drawn("conv2d3/b")
    z = float((x[1:4, 2:5] * weights[..., 2]).sum() + bias[2])
    assert np.isclose(z, visit.drawn("probe/conv2d3/z")[1, 2, 2])
    # Rows 0..2 and columns 1..3 of the pooled maps, 0..5 and 2..7 before; one more on each side.
    assert "receptive field 7×7: rows 0–6, columns 1–7" in text
    shown = text.split("= ")[-1].split("receptive")[0].replace("−", "-")
    assert np.isclose(float(shown), z, rtol=6e-3)


def test_a_pooled_cell_names_the_largest_of_its_window(visits: Visits) -> None:
    visit = opened(visits)
    text = show_cell(visit, "max_pool2", 1, 2, 1)
    window = visit.drawn("probe/conv2d1/a")[4:6, 2:4, 1]
    assert f"{window.max():.3g}" in text.split("max(")[1]


def test_gradients_take_the_place_of_maps_while_it_is_stepped(visits: Visits) -> None:
    visit = opened(visits)
    visit.page.click("[data-mode=gradient]")
    visit.wait("s.edgeMode === 'gradient'")
    assert visit.drawn("probe/conv2d1/a.grad").shape == (8, 8, 4)
    assert np.abs(visit.drawn("probe/input/x.grad")).max() > 0
    visit.settle()
    visit.page.keyboard.press("s")
    visit.wait("s.run.pc === 1 && !s.run.running")
    visit.settle()
