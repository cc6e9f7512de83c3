"""What goes over the wire until the page stands."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.browser.visit import Visits

MAX_BYTES = 200_000


def requests_of(page: Page) -> list[Request]:
    """Load the page anew without a cache; returns its requests, all answered."""
    made: list[Request] = []

    def note(request: Request) -> None:
        made.append(request)

    page.on("request", note)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.reload()
    page.wait_for_load_state("networkidle")
    return made


def test_the_page_is_light_and_comes_from_its_own_server(visits: Visits) -> None:
    visit = visits.open()
    made = requests_of(visit.page)
    sizes = {urlsplit(request.url).path: request.sizes() for request in made}
    assert {"/", "/static/js/main.js", "/static/css/tokens.css", "/api/catalogue"} <= set(sizes)
    assert {urlsplit(request.url).netloc for request in made} == {urlsplit(visits.address).netloc}
    bodies = sum(size["responseBodySize"] for size in sizes.values())
    assert bodies < MAX_BYTES
