"""Fixtures: a browser for all tests of the page, a server for the tests of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium
from tests.browser.serving import served
from tests.browser.visit import Visits

expect.set_options(timeout=30_000)  # ms; a page beside other tests' pages can be slow


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed before other tests run: Playwright keeps an event loop, which theirs would meet."""
    if "CI" not in os.environ and not chromium.installed():
        pytest.skip("no browser; ./test installs one")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server's page."""
    with served() as address:
        yield address


@pytest.fixture
def visits(browser: Browser, address: str) -> Iterator[Visits]:
    """Opens pages; at the end, none of them may have complained."""
    visits = Visits(browser, address)
    yield visits
    visits.close()
    assert not visits.complaints
