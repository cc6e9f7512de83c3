"""A convolutional network in the picture: maps, kernels, and what a cell is made of."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.browser.serving import wait_until
from tests.browser.visit import PAUSED, Visit, Visits, number

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
LARGER: dict[str, Any] = {
    "data": {"name": "digits"},
    "layers": [
        {"kind": "max_pool"},
        {"kind": "conv2d", "filters": 2, "padding": "same"},
        {"kind": "transposed_conv2d", "filters": 3, "kernel": 4},
        {"kind": "upsample"},
        {"kind": "flatten"},
        {"kind": "dense"},
    ],
    "batch_size": 16,
}
CARD = "(document.querySelector('.net-card')?.textContent ?? '')"


def opened(visits: Visits, network: dict[str, Any] = NETWORK) -> Visit:
    """A page with the network, standing."""
    text = base64.urlsafe_b64encode(json.dumps(network).encode()).decode().rstrip("=")
    visit = visits.open(f"json={text}&{PAUSED}")
    visit.wait("s.model?.data.image_shape && s.frame?.generation === s.model.generation")
    visit.settle()
    return visit


def show_cell(visit: Visit, layer: str, channel: int, row: int, col: int) -> str:
    """Point at a cell of a map; returns the card's text."""
    visit.page.evaluate("document.querySelector('.net-stage').focus()")
    columns = visit.get(f"model.layers.find((l) => l.name === '{layer}').output_shape[1]")
    rows = visit.get(f"model.layers.find((l) => l.name === '{layer}').output_shape[0]")
    weights = visit.get(f"model.bufferByName.get('{layer}/W')?.shape")
    kernel = weights[0] * weights[1] if weights else 0
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


def test_a_cell_of_a_transposed_convolution_is_the_sum_of_what_reaches_it(visits: Visits) -> None:
    visit = opened(visits, LARGER)
    text = show_cell(visit, "transposed_conv2d3", 1, 4, 3)
    x, weights = visit.drawn("probe/conv2d2/a"), visit.drawn("transposed_conv2d3/W")
    # Of stride 2, with one cell cut off: cell r of the input reaches 2r − 1 to 2r + 2.
    z = sum(
        float(x[r, c] @ weights[4 + 1 - 2 * r, 3 + 1 - 2 * c, 1]) for r in (1, 2) for c in (1, 2)
    )
    assert np.isclose(z, visit.drawn("probe/transposed_conv2d3/z")[4, 3, 1])
    assert "kernel's rows 3, 1 and columns 2, 0" in text
    shown = text.split("= ")[-1].split("receptive")[0]
    assert np.isclose(number(shown), z, rtol=6e-3, atol=1e-4)


def test_a_cell_that_is_repeated_says_which_one_it_repeats(visits: Visits) -> None:
    visit = opened(visits, LARGER)
    text = show_cell(visit, "upsample4", 2, 5, 6)
    same = visit.drawn("probe/transposed_conv2d3/a")[2, 3, 2]
    assert np.isclose(number(text.split("= ")[1].split(",")[0]), same, rtol=6e-3, atol=1e-4)
    assert "the same as at row 2, column 3" in text


def test_kernels_are_shown_of_the_input_channel_that_is_chosen(visits: Visits) -> None:
    visit = opened(visits)
    stage = visit.page.locator(".net-stage")
    choice = visit.page.get_by_label("Kernels of Conv 3: input channel")
    expect(choice).to_have_value("-1")
    expect(choice.locator("option")).to_have_text(
        ["norm of 4 inputs", *(f"input {i}" for i in range(4))]
    )
    point = {"kind": "unit", "layer": "conv2d3", "unit": 5}
    stage.focus()
    visit.page.evaluate("(hover) => backstep.store.set({ hover })", point)
    weights = visit.drawn("conv2d3/W")
    card = visit.page.locator(".net-card")
    expect(card).to_contain_text("kernel of channel 0 from all inputs, row 1, column 2")
    expect(card).to_contain_text(f"{np.linalg.norm(weights[1, 2, :, 0]):.4f}"[:5])
    visit.press("PageDown", "PageDown")
    expect(choice).to_have_value("1")
    expect(card).to_contain_text("kernel of channel 0 from input 1, row 1, column 2")
    expect(visit.page.locator(".net-live")).to_contain_text("from input 1")
    shown = number(card.locator("dd").first.inner_text())
    assert np.isclose(shown, weights[1, 2, 1, 0])
    choice.select_option("input 3")
    stage.focus()
    visit.page.evaluate("(hover) => backstep.store.set({ hover })", point)
    expect(card).to_contain_text("from input 3")


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
