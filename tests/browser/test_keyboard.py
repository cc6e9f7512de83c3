"""Everything by keyboard, with words for what cannot be seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import Visit, Visits

CONTROLS = {
    *("button", "checkbox", "combobox", "link", "listbox", "menuitem", "option", "radio"),
    *("slider", "spinbutton", "switch", "textbox", "application", "dialog", "region"),
}
REGIONS = ["transport", "side-left", "network", "timeline", "side-right", "side-program"]


def unnamed(page: Page) -> list[str]:
    """Controls that a screen reader has no name for."""
    devtools = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = devtools.send("Accessibility.getFullAXTree")["nodes"]
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        name = node.get("name", {}).get("value", "").strip()
        if role in CONTROLS and not node.get("ignored") and not name:
            found.append(f"{role} {node['nodeId']}")
    return found


def focused(page: Page) -> tuple[str, bool]:
    """The region that has the focus, and whether one sees where it is."""
    where: list[Any] = page.evaluate(
        """(() => {
          const element = document.activeElement;
          const region = element.closest("#transport, .side, #network, #timeline, #tabs, .skip");
          const { outlineStyle, boxShadow } = getComputedStyle(element);
          const frame = getComputedStyle(element, "::after");
          const framed = frame.content !== "none" && frame.borderTopStyle === "solid";
          const marked = outlineStyle !== "none" || boxShadow !== "none" || framed;
          return [region?.id || region?.className || element.tagName, marked];
        })()"""
    )
    return where[0], where[1]


@pytest.mark.parametrize("fragment", ["run=no", "data=digits&layers=32relu,10softmax&run=no"])
def test_every_control_has_a_name(visits: Visits, fragment: str) -> None:
    visit = visits.open(fragment)
    assert unnamed(visit.page) == []
    visit.press("?")
    assert unnamed(visit.page) == []
    visit.press("Escape", "n")
    assert unnamed(visit.page) == []


def test_tab_goes_through_the_page_in_reading_order(visits: Visits) -> None:
    visit = visits.open()
    order: list[str] = []
    for _ in range(120):
        visit.press("Tab")
        region, marked = focused(visit.page)
        if region == "BODY":
            break
        assert marked, visit.page.evaluate("document.activeElement.outerHTML")
        if not order or order[-1] != region:
            order.append(region)
    assert order == ["skip", *REGIONS]


def test_the_skip_link_leads_to_the_network(visits: Visits) -> None:
    visit = visits.open()
    visit.press("Tab", "Enter", "Tab")
    assert focused(visit.page)[0] == "network"


def test_arrows_move_through_the_picture_and_say_where(visits: Visits) -> None:
    visit = visits.open()
    visit.page.get_by_role("application", name=re.compile("^Network picture")).focus()
    live = visit.page.locator(".net-live")
    visit.press("ArrowRight")
    expect(live).to_contain_text("of 2")
    visit.press("ArrowRight", "ArrowDown")
    expect(live).to_contain_text("dense1 unit")
    expect(live).to_contain_text("of 4")
    assert visit.get("hover.kind") == "unit"
    visit.press("e")
    expect(live).to_contain_text("Edge from")
    visit.press("Enter")
    visit.wait("s.selection?.kind === 'edge'")
    visit.press("Escape")
    visit.wait("s.selection === null")


def test_space_runs_and_pauses(visits: Visits) -> None:
    visit = visits.open()
    visit.press(" ")
    visit.wait("s.run.running && s.frame?.step > 3")
    visit.press(" ")
    visit.wait("!s.run.running")
    step = visit.settle()[0]
    visit.press("r")
    visit.wait("s.run.step === 0 && s.frame?.step === 0")
    assert step > 3
    seed = visit.get("run.seed")
    visit.press("Shift+R")
    visit.wait(f"s.run.seed !== {seed}")


def test_keys_choose_the_unit_the_speed_and_the_lines(visits: Visits) -> None:
    visit = visits.open()
    visit.step("layer")
    assert visit.get("stepUnit") == "layer"
    place = visit.settle()
    visit.press("s")
    visit.wait(f"s.run.pc !== {place[1]}")
    speed = visit.get("run.speed.per_second")
    visit.press(".")
    visit.wait(f"s.run.speed.per_second > {speed}")
    visit.press(",", ",")
    visit.wait(f"s.run.speed.per_second < {speed}")
    for key, mode in (("2", "gradient"), ("3", "update"), ("1", "weight")):
        visit.press(key)
        visit.wait(f"s.edgeMode === '{mode}'")


def test_keys_fold_panels_and_switch_the_theme(visits: Visits) -> None:
    visit = visits.open()
    for key, side in (("d", "side-left"), ("o", "side-right"), ("b", "side-program")):
        panel = visit.page.locator(f"#{side}")
        width, height = size(visit, side)
        visit.press(key)
        visit.draw()
        assert size(visit, side) < (width, height)
        visit.press(key)
        visit.draw()
        assert size(visit, side) == (width, height)
        expect(panel).to_be_visible()
    visit.press("t")
    visit.wait("s.theme === 'light'")
    visit.press("t")
    visit.wait("s.theme === 'dark'")
    assert visit.page.evaluate("document.documentElement.dataset.theme") == "dark"


def size(visit: Visit, side: str) -> tuple[float, float]:
    box = visit.page.locator(f"#{side}").bounding_box()
    assert box is not None
    return box["width"], box["height"]


@pytest.mark.parametrize(
    ("fragment", "widgets"),
    [
        ("run=no", (".out-plot", ".net-modes [tabindex='0']", "[aria-label=Split] [tabindex='0']")),
        ("scene=ratings&run=no", (".sim-map", "#output [role=radio][tabindex='0']")),
        ("scene=autoencoder&run=no", (".sim-code",)),
    ],
)
def test_a_widget_takes_the_arrows_and_leaves_what_it_does_not_use(
    visits: Visits, fragment: str, widgets: tuple[str, ...]
) -> None:
    visit = visits.open(fragment)
    for widget in widgets:
        step, _ = visit.step("step")
        visit.page.locator(widget).first.focus()
        visit.press("ArrowRight", "ArrowLeft", "End")
        visit.answered()
        assert visit.settle() == (step, 0)
        visit.page.locator(widget).first.focus()
        visit.press("Home")
        visit.wait("s.run.step === 0")
        assert visit.settle() == (0, 0)


def test_a_widget_keeps_the_keys_that_it_uses(visits: Visits) -> None:
    visit = visits.open()
    place = visit.step("step")
    for widget in (".net-stage", ".loss-charts", "#bottom-program", ".listing-row[tabindex='0']"):
        visit.page.locator(widget).focus()
        visit.press("ArrowRight", "End", "Home")
        visit.answered()
        assert visit.settle() == place


def test_function_keys_work_while_something_is_typed(visits: Visits) -> None:
    visit = visits.open()
    visit.page.get_by_label("Seed", exact=True).click()
    visit.press("F11")
    visit.wait("s.run.pc === 1")
    visit.press("F8")
    visit.wait("s.run.running")


def test_the_help_lists_every_key(visits: Visits) -> None:
    visit = visits.open()
    visit.press("?")
    help_dialog = visit.page.get_by_role("dialog", name="Keys and symbols")
    expect(help_dialog).to_be_visible()
    for text in ("Run or pause", "Step one instruction", "Copy the link", "Show this help"):
        expect(help_dialog).to_contain_text(text)
    visit.press("Escape")
    expect(help_dialog).to_be_hidden()


def test_keys_are_silent_while_something_is_typed(visits: Visits) -> None:
    visit = visits.open()
    field = visit.page.get_by_label("Seed", exact=True)
    field.click()
    visit.press("r", "u", " ")
    visit.answered()
    assert visit.settle() == (0, 0)
    assert not visit.get("run.running")
