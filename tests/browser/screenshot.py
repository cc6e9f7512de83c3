"""`python -m tests.browser.screenshot` makes the README's pictures in docs/."""

from __future__ import annotations

import io
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.serving import ROOT, second_viewer, served
from tests.browser.visit import PAUSED, Contexts, Visit, Visits

NETWORK = (
    "data=spirals&features=x1,x2,x1_squared,x2_squared,x1_x2,sin_x1,sin_x2"
    "&layers=8tanh,8tanh,1sigmoid&optimizer=adam&learning_rate=0.01&batch=10&seed=0"
)
STEPS = 2000
FORMULA = "dA1 = dZ2·W2ᵀ"
"""The instruction it has just executed: the middle of a backward pass."""
PARTING, LARGER_RATE, BRANCH_STEPS = 400, 0.03, 500
"""What if the learning rate had been three times larger from here on?"""
EXPLAINED = ("dense2/W.grad", [2, 5])
ANIMATION_MS = 1500
COLOURS = 256


def main() -> int:
    """Take all of them."""
    with sync_playwright() as playwright, served() as address:
        browser = chromium.launch(playwright)
        visits = Visits(Contexts(browser), address)
        visit = visits.open(f"{NETWORK}&{PAUSED}", color_scheme="light")
        with second_viewer(visit.page) as client:
            client.step("step", STEPS)
        stop_inside_a_step(visit)
        take(visit, "screenshot")
        branch_and_explain(visit)
        take(visit, "debugger")
        visits.close()
        browser.close()
    return 0


def stop_inside_a_step(visit: Visit) -> None:
    """Go on to the middle of the backward pass, with the last instruction in motion."""
    with second_viewer(visit.page) as client:
        client.run_to(instruction(visit))
    visit.settle()
    visit.step("instruction")


def branch_and_explain(visit: Visit) -> None:
    """Another learning rate from the past on, a stop at a breakpoint, and a number explained."""
    with second_viewer(visit.page) as client:
        client.request("goto", step=PARTING)
        client.request("set", name="learning_rate", value=LARGER_RATE)
        client.step("step", BRANCH_STEPS)
        here = {"name": "1", "instruction": instruction(visit) + 1}
        large = {"name": "2", "phase": "update", "condition": "norm(dense1/W.grad) > 10"}
        told = {
            "name": "3",
            "phase": "loss",
            "condition": "step % 50 == 0",
            "log_message": "{loss}",
        }
        client.request("set_breakpoints", breakpoints=[here, large, told])
        client.run()
        visit.wait("s.run.reason === 'breakpoint' && !s.run.running")
    visit.settle()
    buffer, index = EXPLAINED
    visit.page.evaluate(
        "([buffer, index]) => backstep.actions.questions.explain({ buffer, index })",
        [buffer, index],
    )
    visit.page.get_by_role("button", name="Chain to the loss").click()
    visit.wait("s.path.length > 3")
    visit.page.locator("#inspector").evaluate("(e) => e.scrollIntoView()")
    visit.page.mouse.move(0, 0)


def instruction(visit: Visit) -> int:
    formulas: list[str] = visit.get("model.instructions.map((i) => i.formula)")
    return formulas.index(FORMULA)


def take(visit: Visit, name: str) -> None:
    """A picture with a palette, which is a third as large and looks the same."""
    visit.page.wait_for_timeout(ANIMATION_MS)
    taken = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
    # Rare colours, as of a breakpoint, get their own first; then all are moved to where they fit.
    method, none = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
    palette = taken.quantize(COLOURS, method=method, kmeans=4, dither=none)
    palette.save(ROOT / "docs" / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
