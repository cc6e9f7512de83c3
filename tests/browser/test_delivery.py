"""What goes over the wire until the page stands."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.browser.visit import Visits

MAX_BYTES = 200_000


def switch_cache_off(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})


def test_the_page_is_light_and_comes_from_its_own_server(visits: Visits) -> None:
    made: list[Request] = []

    def listen(page: Page) -> None:
        switch_cache_off(page)
        page.on("request", lambda request: made.append(request))  # noqa: PLW0108 - Playwright marks it

    visit = visits.open(prepare=listen)
    visits.rest(visit.page)
    sizes = {urlsplit(request.url).path: request.sizes() for request in made}
    assert {"/", "/static/js/main.js", "/static/css/tokens.css", "/api/catalogue"} <= set(sizes)
    assert {urlsplit(request.url).netloc for request in made} == {urlsplit(visits.address).netloc}
    bodies = sum(size["responseBodySize"] for size in sizes.values())
    assert bodies < MAX_BYTES
