"""Fixtures: a browser and a server for all tests of the page in one process of pytest."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium
from tests.browser.serving import DEADLINE_SECONDS, EAGER, served
from tests.browser.visit import Contexts, Visits

expect.set_options(timeout=1000 * DEADLINE_SECONDS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed before other tests run: Playwright keeps an event loop, which theirs would meet."""
    if "CI" not in os.environ and not chromium.installed():
        pytest.skip("no browser; ./test installs one")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    """Of one browser, with what they keep of the page's files."""
    return Contexts(browser)


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    """Of a server's page."""
    with served(EAGER) as address:
        yield address


@pytest.fixture
def visits(contexts: Contexts, address: str) -> Iterator[Visits]:
    """Opens pages; at the end, none of them may have complained."""
    visits = Visits(contexts, address)
    yield visits
    visits.close()
    assert not visits.complaints
