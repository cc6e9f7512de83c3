"""Diagnostics and charts over time: what is wrong is told and can be cured; the rest is quiet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import second_viewer, wait_until
from tests.browser.test_layouts import PHONE, overflow
from tests.browser.visit import Visit, Visits, number

FAST = "speed=unlimited&run=no"
RELU = f"data=circles&layers=6relu,6tanh,1sigmoid&{FAST}"
DEAD = 3
"""Units of the first layer that are planted."""
LAYERS = 3
FEED_MS = 500
"""While it runs, charts that are shown ask so long after an answer again."""
PAINTED = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


def train(visit: Visit, steps: int) -> None:
    """Train by steps from wherever the machine is."""
    step = visit.settle()[0]
    visit.page.evaluate("(count) => backstep.actions.send('step', { unit: 'step', count })", steps)
    visit.wait(f"!s.run.running && s.run.step === {step + steps}")
    visit.settle()


def open_tab(visit: Visit, name: str) -> Locator:
    """Open a tab of the bottom panel; returns the panel."""
    visit.page.get_by_role("tab", name=name).click()
    return visit.page.get_by_role("tabpanel", name=name)


def planted(visits: Visits) -> Visit:
    """A trained network with dead units."""
    visit = visits.open(RELU)
    for unit in range(DEAD):
        visit.page.evaluate("(unit) => backstep.actions.write('dense1/b', [unit], -30)", unit)
    train(visit, 200)
    visit.wait("s.findings.some((f) => f.rule === 'dead_relu')")
    return visit


def dead_finding(visit: Visit) -> Locator:
    panel = open_tab(visit, "Diagnostics")
    return panel.get_by_role("listitem").filter(has=visit.page.get_by_role("heading", level=3))


def charted(visits: Visits, network: str = FAST, **options: Any) -> tuple[Visit, Locator]:
    """A page with its charts drawn, and their panel."""
    visit = visits.open(network, **options)
    train(visit, 300)
    panel = open_tab(visit, "Charts")
    expect(panel.locator("tbody tr")).to_have_count(len(visit.get("model.layers")))
    return visit, panel


def pointed(visit: Visit) -> list[float]:
    """Where the lines of the pointer are, from the left of their columns; of those that show."""
    found: list[float] = visit.page.evaluate(
        """[...document.querySelectorAll(".lane-pointed")]
          .filter((line) => !line.hidden && line.offsetParent)
          .map((line) => new DOMMatrix(line.style.transform).m41)"""
    )
    return found


def test_a_dead_unit_is_told_with_its_numbers_and_marked(visits: Visits) -> None:
    visit = planted(visits)
    page = visit.page
    expect(page.get_by_role("tab", name="Diagnostics")).to_have_text("Diagnostics1")
    mark = page.get_by_role("button", name="dense1: Dead ReLU. Opens the diagnostics")
    mark.click()
    finding = dead_finding(visit)
    expect(finding).to_contain_text("Warning")
    expect(finding).to_contain_text(f"{DEAD} of the {2 * DEAD} units of dense1 are dead.")
    finding.get_by_text("Source of the rule").click()
    expect(finding.get_by_text("CS231n")).to_be_visible()
    finding.get_by_role("button", name="dense1/a[:, 1]").click()
    visit.wait("s.selection?.kind === 'unit' && s.selection.unit === 1")
    assert visit.get("selection.layer") == "dense1"
    step = visit.get("findings[0].step")
    finding.get_by_role("button", name=f"go to step {step}").click()
    visit.wait(f"s.run.step === {step}")


def test_a_remedy_is_applied_to_the_description(visits: Visits) -> None:
    visit = planted(visits)
    finding = dead_finding(visit)
    finding.get_by_role(
        "button", name="Apply to the description: use leaky ReLU in this layer"
    ).click()
    visit.wait("s.model.description.layers[0].activation === 'leaky_relu' && s.run.step === 0")
    expect(finding).to_have_count(0)
    train(visit, 100)
    assert visit.get("findings.length") == 0
    expect(visit.page.locator(".net-finding").first).to_be_hidden()


def test_a_remedy_is_tried_as_a_branch(visits: Visits) -> None:
    visit = planted(visits)
    step, rate = visit.get("findings[0].step"), visit.get("run.hyperparameters.learning_rate")
    tried = dead_finding(visit).get_by_role("button", name=f"Try as a branch from step {step}")
    tried.click()
    visit.wait(f"s.run.branch === 1 && s.run.running && s.frame?.step > {step}")
    visit.pause()
    assert visit.get("run.hyperparameters.learning_rate") == pytest.approx(rate / 10)
    assert visit.get("branches[1].start") == [step, 0]
    assert visit.get("branches[0].end[0]") == 200


def test_a_remedy_is_not_tried_before_a_long_way_back_is_over(visits: Visits) -> None:
    big = "data=synthetic_images&layers=600relu,600relu,10softmax&batch=200&run=no"
    visit = visits.open(big)
    visit.page.evaluate("backstep.actions.send('step', {unit: 'step', count: 16})")
    visit.wait("s.run.step === 16 && !s.run.running")
    visit.page.evaluate("backstep.actions.health.attempt({learning_rate: 0.001}, [15, 0])")
    visit.wait("s.run.branch === 1 && s.run.running")
    assert visit.get("branches[1].start") == [15, 0]
    visit.pause()


def test_a_healthy_run_is_silent(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit, 300)
    expect(visit.page.get_by_role("tab", name="Diagnostics")).to_have_text("Diagnostics")
    panel = open_tab(visit, "Diagnostics")
    with second_viewer(visit.page) as client:
        rules = client.request("examine", rule=None)["rules"]
    watching = sum(rule["when"] != "demand" for rule in rules)
    told = f"Nothing found; {watching} rules watch the training all the time."
    expect(panel.get_by_role("status")).to_have_text(told)
    panel.get_by_text("All rules and their thresholds").click()
    assert panel.locator("dt").count() == len(rules)
    panel.get_by_role("button", name="Examine now: Learning rate beyond stability").click()
    answer = f"{told} Learning rate beyond stability: no, at step 300."
    expect(panel.get_by_role("status")).to_have_text(answer)


def test_a_threshold_can_be_changed(visits: Visits) -> None:
    visit = visits.open(f"layers=4tanh,1sigmoid&{FAST}")
    panel = open_tab(visit, "Diagnostics")
    panel.get_by_text("All rules and their thresholds").click()
    limit = panel.locator(".rules > div", has_text="Surprising first loss").get_by_label("factor")
    limit.fill("-1")
    limit.press("Enter")
    expect(limit).to_have_value("1.5")
    limit.fill("0.01")
    limit.press("Enter")
    visit.wait("s.findings.some((finding) => finding.rule === 'surprising_first_loss')")
    expect(limit).to_have_value("0.01")


def test_a_rule_that_looks_when_asked_finds(visits: Visits) -> None:
    visit = visits.open(f"learning_rate=10&{FAST}")
    panel = open_tab(visit, "Diagnostics")
    panel.get_by_role("button", name="Examine now").click()
    finding = panel.get_by_role("listitem").filter(has_text="Learning rate beyond stability")
    expect(finding).to_contain_text("The sharpness is")
    remedy = finding.get_by_role("button", name="Try from here")
    remedy.click()
    visit.wait("s.run.hyperparameters.learning_rate < 10 && s.run.running")
    expect(finding).to_have_count(0)


def test_every_layer_is_charted(visits: Visits) -> None:
    visits.tolerated = ["willReadFrequently"]  # the test reads pixels; the page does not
    visit, panel = charted(visits)
    lanes = panel.locator("tbody canvas")
    assert lanes.count() == 5 * LAYERS
    wait_until(visit.page, f"[...document.querySelectorAll('tbody canvas')].every({PAINTED})")
    with second_viewer(visit.page) as client:
        answer = client.request("series")
    row = panel.get_by_role("row", name="Dense 1")
    values = row.locator(".lane-values").all_inner_texts()
    shown = [number(text.split("\n")[0]) for text in values]
    layer = answer["layers"][0]
    newest = [layer["mean"][-1], layer["gradient"][-1], layer["ratio"][-1]]
    newest += [layer["histograms"]["high"][-1], answer["flow"][0]["parameters"]]
    assert shown == pytest.approx(newest, rel=6e-3)


def test_all_charts_point_at_one_step(visits: Visits) -> None:
    visit, panel = charted(visits)
    loss = visit.page.locator(".loss-charts .chart").first.bounding_box()
    assert loss is not None
    visit.page.mouse.move(loss["x"] + loss["width"] * 0.3, loss["y"] + loss["height"] / 2)
    visit.wait("s.hoverStep !== null")
    wait_until(visit.page, "document.querySelectorAll('.lane-pointed:not([hidden])').length >= 4")
    first = pointed(visit)
    assert len(first) == 4 * LAYERS
    expect(panel.locator(".charts-step")).to_have_text(f"step {visit.get('hoverStep')}")
    step = visit.get("hoverStep")
    lane = panel.locator("tbody td").nth(2).bounding_box()
    assert lane is not None
    visit.page.mouse.move(lane["x"] + lane["width"] * 0.6, lane["y"] + lane["height"] / 2)
    visit.wait(f"s.hoverStep !== null && s.hoverStep > {step}")
    panel.get_by_role("group").focus()
    visit.page.mouse.move(5, 5)
    visit.wait("s.hoverStep === null")
    visit.press("ArrowLeft", "ArrowLeft")
    visit.wait("s.hoverStep !== null && s.hoverStep < 300")
    expect(panel.locator("[aria-live]")).to_contain_text(f"step {visit.get('hoverStep')}: gradient")


def test_a_range_is_shown_by_all_charts(visits: Visits) -> None:
    visit, panel = charted(visits)
    lane = panel.locator("tbody td").nth(1).bounding_box()
    assert lane is not None
    middle = lane["y"] + lane["height"] / 2
    visit.page.mouse.move(lane["x"] + lane["width"] * 0.3, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(lane["x"] + lane["width"] * 0.5, middle, steps=4)
    visit.page.mouse.up()
    visit.wait("s.zoom !== null && s.zoom[1] - s.zoom[0] < 250")
    visit.page.get_by_role("button", name="all steps").click()
    visit.wait("s.zoom === null")


def test_nothing_is_asked_for_charts_that_are_hidden(visits: Visits) -> None:
    asked: list[str | bytes] = []

    def sent(text: str | bytes) -> None:
        if json.loads(text)["type"] == "series":
            asked.append(text)

    def listen(page: Page) -> None:
        page.on("websocket", lambda socket: socket.on("framesent", sent))

    visit = visits.open(FAST, prepare=listen, clock=True)
    train(visit, 50)
    visit.press(" ")
    visit.wait("s.run.running && s.frame?.step > 100")
    visit.page.clock.fast_forward(1200)
    visit.answered()
    assert not asked
    panel = open_tab(visit, "Charts")
    expect(panel.locator("tbody tr")).to_have_count(LAYERS)
    visit.stop_clock()
    visit.answered()
    for _ in range(4):
        before = len(asked)
        visit.page.clock.run_for(FEED_MS)
        visit.answered()
        assert len(asked) == before + 1
    visit.page.evaluate("backstep.actions.pause()")
    visit.answered()
    visit.answered()  # what was asked when it had paused is answered, too
    once = len(asked)
    visit.page.clock.run_for(4 * FEED_MS)
    visit.answered()
    assert len(asked) == once
    visit.page.clock.resume()
    open_tab(visit, "Program")
    train(visit, 1)
    visit.answered()
    assert len(asked) == once


def test_a_phone_shows_one_quantity_at_a_time(visits: Visits) -> None:
    visit, panel = charted(visits)
    visit.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    visit.page.get_by_role("navigation", name="Panels").get_by_role(
        "button", name="Program"
    ).click()
    expect(panel.get_by_role("columnheader")).to_have_count(1)
    panel.get_by_role("combobox", name="Quantity").select_option("Weights")
    expect(panel.get_by_role("columnheader")).to_have_text("Weights")
    expect(panel.locator("tbody canvas").nth(3)).to_be_visible()
    assert overflow(visit) == [0, 0]
