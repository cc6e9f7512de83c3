"""The page in Firefox, where there is one: it opens, draws, steps, and looks as in Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import bidi
from tests.browser.visit import DESKTOP, PAUSED, SETTLED, Visits

FIREFOX = bidi.firefox()
STRUCTURE = """(async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame().then(frame); // what has come is drawn
  const painted = (canvas) => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, width, height).data;
    const [xs, ys, colours] = [new Set(), new Set(), new Set()];
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i + 3] === 0) continue;
      xs.add((i / 4) % width);
      ys.add(Math.floor(i / 4 / width));
      colours.add(pixels.slice(i, i + 3).join());
    }
    const box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return { size: [width, height], box: xs.size > 0 ? box : [], colours: colours.size };
  };
  const texts = (selector) => [...document.querySelectorAll(selector)].map((e) => e.textContent);
  return {
    heads: texts(".net-head b"),
    columns: [...document.querySelectorAll(".net-head")].map((e) => e.offsetLeft),
    program: texts(".listing-row code"),
    layers: [...document.querySelectorAll(".net-stage canvas")].map(painted),
  };
})()"""
"""What the page shows, and where the layers of its picture are painted."""


def alike(shown: dict[str, Any], other: dict[str, Any]) -> None:
    """Texts are the same, and what is painted lies in the same place, but for rounding."""
    for same in ("heads", "program"):
        assert shown[same] == other[same]
        assert shown[same]
    assert shown["columns"] == pytest.approx(other["columns"], abs=1)
    assert [layer["size"] for layer in shown["layers"]] == [x["size"] for x in other["layers"]]
    for layer, own in zip(shown["layers"], other["layers"], strict=True):
        assert layer["box"] == pytest.approx(own["box"], abs=2)


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox here: Debian's package is firefox-esr")
def test_firefox_opens_draws_and_steps_as_chromium_does(visits: Visits) -> None:
    chromium = visits.open(reduced_motion="reduce")
    assert FIREFOX is not None
    with bidi.running(FIREFOX) as firefox:
        firefox.show(*DESKTOP)
        firefox.open(f"{visits.address}#{PAUSED}")
        firefox.wait(SETTLED)
        assert firefox.evaluate("backstep.store.state.run.step") == 0
        shown = firefox.evaluate(STRUCTURE)
        assert max(layer["colours"] for layer in shown["layers"]) > 50
        alike(shown, chromium.page.evaluate(STRUCTURE))
        firefox.press("u")
        firefox.wait(f"{SETTLED} && backstep.store.state.run.step === 1")
        chromium.step("step")
        alike(firefox.evaluate(STRUCTURE), chromium.page.evaluate(STRUCTURE))
    assert firefox.complaints == []
