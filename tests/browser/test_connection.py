"""A lost connection: the page says so, comes back by itself, and nothing was missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from server.client import Client
from server.session.curves import CAPACITY
from tests.browser.serving import DEADLINE_SECONDS, second_viewer, served, socket_address
from tests.browser.visit import Visits
from tests.browser.wire import Wire

MISSED = 100
"""Steps that are trained at least while there is no connection."""


@pytest.fixture
def wire(address: str) -> Iterator[Wire]:
    wire = Wire(address)
    yield wire
    wire.close()


def test_a_cut_connection_resumes_and_training_went_on(visits: Visits, wire: Wire) -> None:
    visits.tolerated = [r"WebSocket connection to 'ws://.*' failed"]
    visit = visits.open("", address=wire.address)
    visit.wait("s.run.running && s.frame?.step > 20")
    session = visit.page.evaluate("sessionStorage.getItem('backstep.session')")
    visits.rest(visit.page)
    wire.cut()
    visit.wait("s.connection === 'lost'")
    expect(visit.page.locator("#banner")).to_contain_text("Reconnecting")
    step = visit.get("frame.step")
    here = socket_address(visits.address)
    with Client(here, session, timeout=DEADLINE_SECONDS) as beside:  # not through the wire
        beside.wait_for("loss", lambda event: event["points"][-1][0] >= step + MISSED)
        assert visit.get("frame.step") == step
        wire.mend()
        visit.wait(f"s.connection === 'open' && s.frame?.step > {step}")
        assert visit.get("frame.step") >= step + MISSED
    assert visit.get("run.running")
    expect(visit.page.locator("#banner")).not_to_contain_text("Reconnecting")
    assert visit.page.evaluate("sessionStorage.getItem('backstep.session')") == session
    visit.pause()
    shown = visit.page.evaluate(
        "Array.from(backstep.store.state.losses.step.slice(0, backstep.store.state.losses.length))"
    )
    with second_viewer(visit.page) as client:
        known = [point[0] for point in client.wait_for("loss")["points"]]
    assert shown == sorted(set(shown))
    assert set(known) <= set(shown)
    if len(shown) <= CAPACITY:  # the server thins a longer curve, the page keeps what it has
        assert shown == known


def test_a_restarted_server_is_given_the_network_again(visits: Visits, wire: Wire) -> None:
    visits.tolerated = [r"WebSocket connection to 'ws://.*' failed"]
    visit = visits.open("data=xor&layers=3tanh,1sigmoid&seed=5&run=no", address=wire.address)
    before = visit.get("model.description")
    visits.rest(visit.page)
    wire.cut()
    visit.wait("s.connection === 'lost'")
    with served() as other:
        wire.mend(other)
        visit.wait("s.connection === 'open' && s.frame")
        visit.wait("s.model.generation === 1 && s.run.running && s.frame?.step > 3")
        assert visit.get("model.description") == before
        visits.close()
