"""The page at every size and in every theme, and pictures of it to look at."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.serving import wait_until
from tests.browser.test_training import DIGITS
from tests.browser.visit import DESKTOP, PAUSED, Visit, Visits

SCREENSHOTS = Path(__file__).parent / "screenshots"
PHONE = (390, 844)
PROJECTOR = (1920, 1080)
NETWORKS = {
    "circles": "speed=unlimited",
    "spirals": "data=spirals&features=x1,x2,x1_squared,x2_squared,x1_x2,sin_x1,sin_x2"
    "&layers=8tanh,8tanh,1sigmoid&optimizer=adam&learning_rate=0.01&speed=unlimited",
    "digits": DIGITS,
    "large": "data=synthetic_images&layers=256relu,128relu,10softmax"
    "&loss=softmax_cross_entropy&optimizer=adam&learning_rate=0.001&batch=128&dtype=float32"
    "&speed=unlimited",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STEPS = {"large": 50}
COLOURS = """(() => {
  const pixels = new Set();
  for (const canvas of document.querySelectorAll(".net-stage canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 404) pixels.add(data.slice(i, i + 4).join());
  }
  return pixels.size;
})()"""


def overflow(visit: Visit) -> list[int]:
    """By how much the page is wider and taller than its window."""
    found: list[int] = visit.page.evaluate(
        """(() => {
          const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
          return [scrollWidth - clientWidth, scrollHeight - clientHeight];
        })()"""
    )
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_fits_every_window(visits: Visits, name: str) -> None:
    visits.tolerated = ["willReadFrequently"]  # the test reads pixels; the page does not
    visit = visits.open(NETWORKS[name])
    visit.wait(f"s.frame?.step > {STEPS.get(name, 1000)}")
    visit.pause()
    SCREENSHOTS.mkdir(exist_ok=True)
    for width, height in (DESKTOP, PHONE):
        visit.page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            visit.page.emulate_media(color_scheme=scheme)
            visit.draw()
            visit.page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png")
            assert overflow(visit) == [0, 0]
            assert visit.page.evaluate(COLOURS) > 20


def test_a_phone_on_its_side_keeps_the_transport_in_view(visits: Visits) -> None:
    height, width = PHONE
    visit = visits.open(viewport={"width": width, "height": height}, has_touch=True)
    visit.step("layer")  # the program would bring its instruction into view
    run = visit.page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_in_viewport(ratio=1)
    assert visit.page.evaluate("document.body.scrollTop") == 0


def test_the_phone_has_everything_behind_its_tabs(visits: Visits) -> None:
    width, height = PHONE
    visit = visits.open(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    page = visit.page
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_in_viewport()
    places = {
        "Model": page.get_by_label("Learning rate", exact=True).last,
        "Output": page.get_by_role("region", name="Output"),
        "Loss": page.get_by_role("region", name="Loss"),
        "Program": page.get_by_role("listbox", name="Program").get_by_role("option").first,
        "Inspect": page.get_by_role("region", name="Inspector"),
    }
    tabs = page.get_by_role("navigation", name="Panels")
    for name, place in places.items():
        tab = tabs.get_by_role("button", name=name)
        if tab.get_attribute("aria-expanded") != "true":
            tab.tap()
        place.scroll_into_view_if_needed()
        expect(place).to_be_in_viewport()
        page.screenshot(path=SCREENSHOTS / f"phone-{name.lower()}.png")
    buttons = page.locator("#transport button:visible, #tabs button:visible").all()
    assert len(buttons) > len(places)
    for button in buttons:
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40, button.get_attribute("aria-label")
    tabs.get_by_role("button", name="Model").tap()
    page.get_by_role("button", name="Step: one instruction").tap()
    visit.wait("s.run.pc === 1")


def test_presenting_folds_the_panels_and_enlarges_everything(visits: Visits) -> None:
    width, height = PROJECTOR
    visit = visits.open(viewport={"width": width, "height": height})
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    small, canvas = visit.page.evaluate(size), visit.page.locator(".net-stage").bounding_box()
    visit.press("f")
    wait_until(visit.page, f"{size} > 1.05 * {small}")
    visit.draw()
    big = visit.page.locator(".net-stage").bounding_box()
    assert canvas is not None
    assert big is not None
    assert big["width"] > 1.2 * canvas["width"]
    visit.page.screenshot(path=SCREENSHOTS / "present.png")
    visit.press("Escape")
    wait_until(visit.page, f"{size} === {small}")


def test_reduced_motion_shows_changes_without_travel(visits: Visits) -> None:
    still, moving = (drawn_by_a_step(visits, kind) for kind in ("reduce", "no-preference"))
    assert still <= 8 < moving


def drawn_by_a_step(visits: Visits, motion: str) -> int:
    """How many animation frames the page draws in the second after one phase's step."""
    visit = visits.open(reduced_motion=motion, clock=True)
    visit.step("phase")
    visit.draw()
    visit.stop_clock()
    visit.page.evaluate(
        """(() => {
          const request = window.requestAnimationFrame.bind(window);
          window.drawings = 0;
          window.requestAnimationFrame = (draw) => {
            window.drawings += 1;
            return request(draw);
          };
        })()"""
    )
    visit.step("phase")
    visit.page.clock.run_for(1000)
    drawings: int = visit.page.evaluate("window.drawings")
    return drawings


HEADS = """[...document.querySelectorAll(".net-head b")].map((name) => {
  const { left, right } = name.getBoundingClientRect();
  return [name.textContent, left, right];
})"""
BEYOND = """(() => {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } =
    document.querySelector(".net-stage");
  return [scrollWidth - clientWidth, scrollHeight - clientHeight];
})()"""
"""By how much the picture is larger than its stage."""


@pytest.mark.parametrize(
    ("scene", "names"),
    [
        ("text_transformer", "Input Embed Position 2 Block 3 Block 4 Norm 5 Output Loss"),
        ("digits_cnn", "Input Conv 1 Pool 2 Conv 3 Pool 4 Flatten 5 Output Loss"),
    ],
)
def test_headings_are_whole_names_side_by_side(visits: Visits, scene: str, names: str) -> None:
    visit = visits.open(f"scene={scene}&{PAUSED}")
    visit.wait(f"s.scene?.id === '{scene}'")
    for width, height in (DESKTOP, PHONE):
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.draw()
        heads = visit.page.evaluate(HEADS)
        assert " ".join(text for text, _, _ in heads) == names
        for (_, _, end), (_, start, _) in pairwise(heads):
            assert start - end > 3, heads


def test_a_phone_shows_every_token_of_a_text(visits: Visits) -> None:
    """In a row each: the stage shows some of them, all of them without the sheet below it."""
    width, height = PHONE
    visit = visits.open(
        f"scene=text_lstm&{PAUSED}", viewport={"width": width, "height": height}, has_touch=True
    )
    visit.wait("s.scene?.id === 'text_lstm'")
    page = visit.page
    wait_until(page, f"{BEYOND}[1] > 0")
    steps = visit.get("model.data.input_shape[0]")
    assert page.locator(".net-sheet").evaluate("(e) => e.clientHeight") > 11 * steps + 40
    page.locator(".net-stage").evaluate("(e) => e.scrollTo(0, 1000)")
    head = page.locator(".net-head").first.bounding_box()
    stage = page.locator(".net-stage").bounding_box()
    assert head is not None
    assert stage is not None
    assert abs(head["y"] - stage["y"]) < 6  # the headings stay
    page.get_by_role("button", name="Output", exact=True).tap()
    wait_until(page, f"{BEYOND}[1] === 0")
    page.screenshot(path=SCREENSHOTS / "phone-tokens.png")


def test_what_is_stepped_comes_into_view(visits: Visits) -> None:
    width, height = PHONE
    visit = visits.open(
        f"scene=text_transformer&{PAUSED}", viewport={"width": width, "height": height}
    )
    visit.wait("s.scene?.id === 'text_transformer'")
    wait_until(visit.page, f"{BEYOND}[0] > 300")
    loss = visit.page.locator(".net-head", has_text="Loss")
    expect(loss).not_to_be_in_viewport()
    visit.step("phase")
    visit.step("phase")
    expect(loss).to_be_in_viewport(ratio=1)
    visit.page.locator(".net-stage").focus()
    visit.press("ArrowDown")  # to the first input
    expect(visit.page.locator(".net-head").first).to_be_in_viewport(ratio=1)


def test_the_panel_of_controls_keeps_its_shape_while_it_comes(visits: Visits) -> None:
    visit = visits.open()
    held: list[Route] = []
    visit.page.route("**/api/catalogue", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    visit.page.reload()
    outline = visit.page.locator(".skeleton b")
    expect(outline).to_have_text(["Data", "Network", "Training"])
    before = [box["y"] for box in map(Locator.bounding_box, outline.all()) if box]
    assert len(before) == 3
    wait_until(visit.page, "window.backstep?.store.state.frame")
    held[0].continue_()
    expect(outline).to_have_count(0)
    titles = visit.page.locator("#panel-left summary")
    after = [box["y"] for box in map(Locator.bounding_box, titles.all()[:3]) if box]
    assert after == pytest.approx(before, abs=12)


def test_marks_beside_headings_need_no_diagnostics_open(visits: Visits) -> None:
    visit = visits.open()
    mark = visit.page.locator(".net-finding").first
    assert mark.evaluate("(e) => getComputedStyle(e).position") == "absolute"


CONTRASTS = """(() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("i"));
  const color = (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const luminance = (...layers) => {
    for (const layer of layers) {
      context.fillStyle = color(layer);
      context.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((c) =>
      c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = [["--page"], ["--panel"], ["--raised"], ["--panel", "--well"]];
  const inks = ["--ink", "--ink-2", "--ink-3", "--accent-ink", "--error"];
  const contrasts = inks.flatMap((ink) => grounds.map((ground) => {
    const pair = [luminance(...ground), luminance(...ground, ink)].sort((a, b) => b - a);
    return [`${ink} on ${ground.at(-1)}`, (pair[0] + 0.05) / (pair[1] + 0.05)];
  }));
  probe.remove();
  return contrasts;
})()"""
"""Of every ink on every ground: WCAG 2.2, 1.4.3 with its relative luminance."""


def test_text_has_contrast_in_both_themes(visits: Visits) -> None:
    visit = visits.open()
    for scheme in SCHEMES:
        visit.page.emulate_media(color_scheme=scheme)
        contrasts = dict(visit.page.evaluate(CONTRASTS))
        assert {pair for pair, ratio in contrasts.items() if ratio < 4.5} == set(), scheme
