"""The address: a link gives the same network, data and seed, hence the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit, Visits

LINKS = {
    "standardised": "data=circles&features=x1,x2_squared,sin_x1&standardise=yes",
    "spirals": "data=spirals&noise=0.05&features=x1,x2,sin_x1&layers=8tanh,8relu,1sigmoid"
    "&optimizer=adam&learning_rate=0.01&batch=30&seed=7&data_seed=3",
    "iris": "data=iris&layers=8tanh!dropout:0.2,3softmax&optimizer=momentum&seed=5",
    "float32": "data=wine&layers=12relu,3softmax&dtype=float32&shuffle=no&batch=full",
}


def trained(visit: Visit) -> list[np.ndarray]:
    """The parameters after one epoch."""
    visit.step("epoch")
    layers = range(1, len(visit.get("model.layers")) + 1)
    return [visit.drawn(f"dense{i}/{name}") for i in layers for name in ("W", "b")]


@pytest.mark.parametrize("name", LINKS)
def test_a_copied_link_reproduces_every_number(visits: Visits, name: str) -> None:
    first = visits.open(f"{LINKS[name]}&run=no")
    link = first.copied_link()
    second = visits.open(f"{link}&run=no")
    assert second.get("model.description") == first.get("model.description")
    for one, other in zip(trained(first), trained(second), strict=True):
        assert np.array_equal(one, other)
    assert second.copied_link() == link


def test_what_was_changed_on_the_page_is_in_the_link(visits: Visits) -> None:
    visit = visits.open()
    visit.choose_data("Points", "Moons")
    visit.wait("s.model.data.name === 'moons'")
    visit.page.get_by_role("button", name="New seed").click()
    visit.wait("s.run.seed !== 0")
    seed = visit.get("run.seed")
    visit.expect(f"location.hash.includes('data=moons') && location.hash.includes('seed={seed}')")


def test_reloading_goes_on_with_the_same_session(visits: Visits) -> None:
    visit = visits.open()
    visit.step("epoch")
    step, weights = visit.settle()[0], visit.drawn("dense1/W")
    visit.page.reload()
    visit.wait("s.frame && s.catalogue && s.run")
    assert visit.settle()[0] == step
    assert np.array_equal(visit.drawn("dense1/W"), weights)


def test_an_edited_address_is_followed(visits: Visits) -> None:
    visit = visits.open()
    visit.page.evaluate("location.hash = 'data=xor&layers=3tanh,1sigmoid&run=no'")
    visit.wait("s.model.data.name === 'xor' && s.model.layers[0].units === 3")


def test_a_broken_link_is_explained_and_something_sensible_shown(visits: Visits) -> None:
    visit = visits.open("data=nonsense&seed=7&run=no")
    banner = visit.page.locator("#banner")
    expect(banner).to_contain_text("nonsense")
    assert visit.get("model.data.name") == "circles"
    visit.page.get_by_role("button", name="Dismiss").click()
    expect(banner).not_to_contain_text("nonsense")


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("json=eyJsYXllcn", "The link is damaged or cut off: its network cannot be read"),
        ("data=circles&run=no&log=eyJsYXllcn", "its edits cannot be read and are left out"),
        ("section-3", "The link has a field “section-3”, which this version does not know"),
    ],
)
def test_a_damaged_link_is_said_in_words(visits: Visits, fragment: str, said: str) -> None:
    visit = visits.open(fragment)
    expect(visit.page.locator("#banner")).to_contain_text(said)
    assert visit.get("model.data.name") == "circles"


@pytest.mark.parametrize("session", ["gone", "", "x" * 100])
def test_a_session_that_does_not_exist_is_said_and_a_new_one_shown(
    visits: Visits, session: str
) -> None:
    visit = visits.open("run=no", address=f"{visits.address}?session={session}&data=xor")
    banner = visit.page.locator("#banner")
    expect(banner).to_contain_text("The session in the address does not exist any more")
    expect(banner).to_contain_text("“data” behind “?”, where it has no effect. It belongs behind")
    assert visit.get("model.data.name") == "circles"


def test_a_file_that_is_no_session_is_refused_and_the_network_stays(visits: Visits) -> None:
    visit = visits.open("data=xor&run=no")
    wrong = [
        ("table.csv", "a,b\n1,2\n", "table.csv is not a session of Backstep."),
        ("cut.json", '{"backstep":2,"description":{', "cut.json is damaged or cut off."),
        (
            "other.json",
            '{"backstep":2,"description":{"layers":3},"log":{}}',
            "other.json was not opened. layers: ",
        ),
    ]
    for name, content, said in wrong:
        drop(visit, name, content)
        expect(visit.page.locator("#banner")).to_contain_text(said)
        assert visit.get("model.data.name") == "xor"


def drop(visit: Visit, name: str, content: str) -> None:
    """Drop a file on the page."""
    visit.page.evaluate(
        """([name, content]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([content], name));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }""",
        [name, content],
    )
