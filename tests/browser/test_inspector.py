"""The numbers that are written out on the page: the engine's, in full."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.serving import second_viewer, wait_until
from tests.browser.visit import Visit, Visits, number

EDGE = {"kind": "edge", "layer": "dense2", "from": 1, "to": 0}


def select(visit: Visit, selection: dict[str, object]) -> Locator:
    """Select something, as a click in the picture does; returns the inspector."""
    visit.page.evaluate("(selection) => backstep.actions.select(selection)", selection)
    return visit.page.get_by_role("region", name="Inspector")


def shown(inspector: Locator, symbol: str) -> float:
    """The number beside a symbol."""
    line = inspector.locator(f'dl div:has(> dt > :text-is("{symbol}"))').first
    field = line.locator("input")
    text = field.input_value() if field.count() else line.locator("dd").inner_text()
    return number(text.strip("\N{FIGURE SPACE} \n"))


@pytest.mark.parametrize("instructions", [0, 12, 17])
def test_a_weight_its_gradient_and_its_update(visits: Visits, instructions: int) -> None:
    visit = visits.open()
    visit.step("epoch")
    for _ in range(instructions):
        visit.step("instruction")
    machine = visit.machine()
    inspector = select(visit, EDGE)
    expect(inspector).to_contain_text("dense2/W[1, 0]")
    visit.settle()
    assert shown(inspector, "w") == machine.read("dense2/W")[1, 0]
    assert shown(inspector, "dL/dw") == machine.read("dense2/W.grad")[1, 0]
    assert shown(inspector, "Δw") == machine.read("dense2/W.update")[1, 0]


def test_a_unit_for_the_probe_sample(visits: Visits) -> None:
    visit = visits.open()
    visit.step("epoch")
    inspector = select(visit, {"kind": "unit", "layer": "dense1", "unit": 3})
    visit.settle()
    lines = {"z": "z", "a": "a", "dL/da": "a.grad", "dL/dz": "z.grad"}
    with second_viewer(visit.page) as client:
        for symbol, name in lines.items():
            assert shown(inspector, symbol) == client.read(f"probe/dense1/{name}", [3]), symbol


def test_inside_a_step_a_unit_shows_what_the_step_computes(visits: Visits) -> None:
    visit = visits.open()
    visit.step("phase")
    machine = visit.machine()
    inspector = select(visit, {"kind": "unit", "layer": "dense2", "unit": 1})
    visit.settle()
    row = visit.get("frame.probe")
    assert visit.get("frame.probeIsBatchRow")
    assert shown(inspector, "z") == machine.read("dense2/z")[row, 1]
    assert shown(inspector, "a") == machine.read("dense2/a")[row, 1]


def test_a_weight_that_is_typed_is_written(visits: Visits) -> None:
    visit = visits.open()
    inspector = select(visit, EDGE)
    field = inspector.locator("dl input").first
    field.fill("-0.625")
    field.press("Enter")
    visit.wait("s.announce.includes('−0.625')")
    with second_viewer(visit.page) as client:
        assert client.read("dense2/W", [1, 0]) == -0.625
    field.fill("1e400")
    field.press("Enter")
    expect(inspector.locator(".field-error").first).to_be_visible()


def test_the_card_at_the_pointer_is_exact(visits: Visits) -> None:
    visit = visits.open()
    visit.step("step")
    machine = visit.machine()
    box = visit.page.locator(".net-stage").bounding_box()
    assert box is not None
    for share in range(10, 90):
        visit.page.mouse.move(
            box["x"] + box["width"] * 0.32, box["y"] + box["height"] * share / 100
        )
        visit.draw()
        if visit.get("hover?.kind") == "unit":
            break
    hover = visit.get("hover")
    assert hover["kind"] == "unit"
    card = visit.page.locator(".net-card")
    expect(card).to_be_visible()
    bias = card.locator('dt:text-is("b") + dd')
    assert number(bias.inner_text()) == machine.read(f"{hover['layer']}/b")[hover["unit"]]


def test_a_weight_is_dragged_and_a_click_still_types(visits: Visits) -> None:
    visit = visits.open()
    visit.step("step")
    inspector = select(visit, EDGE)
    visit.settle()
    field = inspector.get_by_role("spinbutton").first
    expect(field).not_to_have_value("")
    before = shown(inspector, "w")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 50, y, steps=5)
    visit.page.mouse.up()
    goal = before + 0.5 * max(0.1, abs(before))
    visit.wait("s.branches[s.run.branch].edits.length > 0")
    visit.settle()
    written = "backstep.actions.read('dense2/W', [1, 0])"
    near = f"Math.abs((await {written}) - {goal}) <= {1e-3 * abs(goal)}"
    wait_until(visit.page, near)  # a drag writes more than once
    assert visit.page.evaluate(written) == pytest.approx(goal, rel=1e-3)
    field.click()
    expect(field).to_be_focused()
