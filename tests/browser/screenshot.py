"""`python -m tests.browser.screenshot` makes the README's picture, docs/screenshot.png."""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.serving import ROOT, second_viewer, served
from tests.browser.visit import PAUSED, Visits

NETWORK = (
    "data=spirals&features=x1,x2,x1_squared,x2_squared,x1_x2,sin_x1,sin_x2"
    "&layers=8tanh,8tanh,1sigmoid&optimizer=adam&learning_rate=0.01&batch=10&seed=0"
)
STEPS = 2000
FORMULA = "dA1 = dZ2·W2ᵀ"
"""The instruction it has just executed: the middle of a backward pass."""
ANIMATION_MS = 1500


def main() -> int:
    """Train, stop inside a step, and take the picture."""
    with sync_playwright() as playwright, served() as address:
        browser = chromium.launch(playwright)
        visits = Visits(browser, address)
        visit = visits.open(f"{NETWORK}&{PAUSED}", color_scheme="light")
        formulas = visit.get("model.instructions.map((i) => i.formula)")
        with second_viewer(visit.page) as client:
            client.step("step", STEPS)
            client.run_to(formulas.index(FORMULA))
        visit.settle()
        visit.step("instruction")
        visit.page.wait_for_timeout(ANIMATION_MS)
        visit.page.screenshot(path=ROOT / "docs" / "screenshot.png")
        visits.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
