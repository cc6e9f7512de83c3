"""Measures the page in a headless browser while it watches a training at full speed.

    python -m tests.benchmarks page [--json] [--smoke] [--seconds S]

The same network trains in turn with a page that watches and without any; ratios are medians of the
ratios within such rounds. Nothing here fails because something is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from server.client import Client
from tests.benchmarks.rounds import ratio
from tests.browser import chromium
from tests.browser.serving import second_viewer, served, socket_address, wait_until

FRAMES_TARGET = 60.0
SPEED_TARGET = 0.9
ROUNDS = 5
WARM_UP_SECONDS = 1.0
VIEWPORT = (1440, 900)
NETWORKS = {
    "playground": "speed=unlimited",
    "digits": (
        "data=digits&layers=32relu,16relu,10softmax&loss=softmax_cross_entropy"
        "&optimizer=adam&learning_rate=0.003&batch=32&speed=unlimited"
    ),
}
"""Name -> fragment of the page's address. The first is what a first visit shows."""

PROBE = """
(() => {
  const request = window.requestAnimationFrame.bind(window);
  const painted = new MessageChannel();
  const waiting = [];
  let last = null;
  const seen = { frames: 0, bytes: 0, ages: [] };
  // A message posted while drawing is a task of its own, which comes after the painting.
  painted.port1.onmessage = () => {
    for (const taken of waiting.splice(0)) seen.ages.push(Date.now() - 1000 * taken);
  };
  window.requestAnimationFrame = (draw) => request((now) => {
    draw(now);
    const frame = window.backstep?.store.state.frame;
    if (!frame || frame === last) return;
    last = frame;
    seen.frames += 1;
    seen.bytes += frame.bytes;
    waiting.push(frame.taken);
    painted.port2.postMessage(null);
  });
  window.takeSeen = () => {
    const taken = { ...seen };
    Object.assign(seen, { frames: 0, bytes: 0, ages: [] });
    return taken;
  };
})();
"""
"""Counts the frames that the page draws, and how old each is when it has been painted."""


@dataclass(frozen=True)
class Result:
    """What was measured of one network.

    Attributes:
        frames: new frames drawn a second.
        script_ms: of all JavaScript of the page, for each such frame.
        age_ms: of a frame when it has been painted, since the machine was read; the median.
        age_ms_p95: its 95th percentile.
        frame_bytes: mean size of a frame.
        steps_watched, steps_alone: training steps a second with and without the page; medians.
        speed: the former over the latter; the median over the rounds.
        missed: the targets that were not reached.
    """

    name: str
    frames: float
    script_ms: float
    age_ms: float
    age_ms_p95: float
    frame_bytes: float
    steps_watched: float
    steps_alone: float
    speed: float
    missed: list[str]


class Meter:
    """What the page did since the last look.

    Attributes:
        seconds, script: that passed, and that went into scripts.
        frames, size, ages: number of frames drawn, their bytes, the milliseconds of each.
    """

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self._page, self._devtools = page, devtools
        devtools.send("Performance.enable")
        self.seconds = self.script = 0.0
        self.frames = self.size = 0
        self.ages: list[float] = []

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count what happens while it is open."""
        self._page.evaluate("takeSeen()")
        script, start = self._script(), time.perf_counter()
        yield
        seen: dict[str, Any] = self._page.evaluate("takeSeen()")
        self.seconds += time.perf_counter() - start
        self.script += self._script() - script
        self.frames += seen["frames"]
        self.size += seen["bytes"]
        self.ages += seen["ages"]

    def _script(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))


def measure(page: Page, address: str, name: str, seconds: float, rounds: int) -> Result:
    """Measure one network in `rounds` rounds of twice so many seconds."""
    page.goto(f"{address}#{NETWORKS[name]}")
    wait_until(page, "window.backstep?.store.state.frame?.running")
    meter = Meter(page, page.context.new_cdp_session(page))
    description = page.evaluate("backstep.store.state.model.description")
    watched, alone = [], []
    with second_viewer(page) as beside, Client(socket_address(address)) as other:
        other.configure(description)
        for _ in range(rounds):
            beside.run()
            time.sleep(min(seconds, WARM_UP_SECONDS))
            with meter.measuring():
                watched.append(steps_a_second(beside, seconds))
            beside.pause()
            other.run()
            time.sleep(min(seconds, WARM_UP_SECONDS))
            alone.append(steps_a_second(other, seconds))
            other.pause()
    return judged(name, meter, watched, alone)


def steps_a_second(client: Client, seconds: float) -> float:
    """How fast a session trains meanwhile."""
    first = client.read("step")
    start = time.perf_counter()
    time.sleep(seconds)
    last = client.read("step")
    return float((last - first) / (time.perf_counter() - start))


def judged(name: str, meter: Meter, watched: list[float], alone: list[float]) -> Result:
    """The result, with the targets it misses."""
    if not meter.frames:
        sys.exit(f"{name}: the page has drawn nothing")
    ages = sorted(meter.ages)
    speed, frames = ratio(watched, alone), meter.frames / meter.seconds
    missed = []
    if frames < 0.95 * FRAMES_TARGET:
        missed.append(f"{FRAMES_TARGET:g} frames/s")
    if speed < SPEED_TARGET:
        missed.append(f"{SPEED_TARGET:.0%} of the speed without a viewer")
    return Result(
        name=name,
        frames=frames,
        script_ms=1000 * meter.script / meter.frames,
        age_ms=median(ages),
        age_ms_p95=ages[int(0.95 * len(ages))],
        frame_bytes=meter.size / meter.frames,
        steps_watched=median(watched),
        steps_alone=median(alone),
        speed=speed,
        missed=missed,
    )


HEADINGS = (
    f"{'network':<12}{'frames':>9}{'script':>10}{'age':>9}{'age p95':>9}{'frame':>9}"
    f"{'watched':>11}{'alone':>11}{'ratio':>8}"
)
UNITS = (
    f"{'':<12}{'1/s':>9}{'ms/frame':>10}{'ms':>9}{'ms':>9}{'B':>9}{'steps/s':>11}{'steps/s':>11}"
)


def line(result: Result) -> str:
    """A row of the table."""
    return (
        f"{result.name:<12}{result.frames:>9.1f}{result.script_ms:>10.2f}{result.age_ms:>9.1f}"
        f"{result.age_ms_p95:>9.1f}{result.frame_bytes:>9.0f}{result.steps_watched:>11,.0f}"
        f"{result.steps_alone:>11,.0f}{result.speed:>8.3f}"
    )


def verdicts(results: list[Result]) -> list[str]:
    """The targets, and which rows miss them."""
    missed = [f"missed by {r.name}: {target}" for r in results for target in r.missed]
    targets = f"targets: {FRAMES_TARGET:g} frames/s on ordinary hardware; ratio ≥ {SPEED_TARGET:g}"
    return [targets, *(missed or ["all targets met"])]


def main(argv: list[str]) -> int:
    """Run the benchmark and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks page")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--smoke", action="store_true", help="only see that all of it works")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each window (default 2)")
    options = parser.parse_args(argv)
    seconds, rounds = (0.3, 1) if options.smoke else (options.seconds, ROUNDS)
    width, height = VIEWPORT
    with sync_playwright() as playwright, served() as address:
        browser = chromium.launch(playwright)
        environment = f"Chromium {browser.version}, {os.cpu_count()} cores, {width}×{height}"
        results = []
        for name in NETWORKS:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.add_init_script(PROBE)
            results.append(measure(page, address, name, seconds, rounds))
            page.close()
        browser.close()
    if options.json:
        rows = [asdict(result) for result in results]
        print(json.dumps({"environment": environment, "rows": rows}, indent=2))
    else:
        print(environment, HEADINGS, UNITS, *map(line, results), *verdicts(results), sep="\n")
    return 0
