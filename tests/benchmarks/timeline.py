"""Times going back in long histories, and what recording and watching cost training.

    python -m tests.benchmarks timeline [--json] [--smoke] [--seconds S]

Everything runs on one thread, and is timed by what that thread used of its processor, so that a
busy machine counts less. Costs are medians of ratios within rounds. Nothing fails because something
is slow: targets that are missed are printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from time import thread_time

import numpy as np

from engine import Dataset
from engine.debug.debugger import Debugger
from engine.diagnostics import Diagnostics
from engine.diagnostics.monitor import Monitor
from engine.history.timeline import Timeline
from engine.program.machine import Unit
from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.engine import environment, one_thread
from tests.benchmarks.rounds import Run, ratio

RECORDING_TARGET = 0.03
"""Of the time of training, for recording and again for watching."""
UNITS: tuple[Unit, ...] = ("instruction", "layer", "phase", "step", "epoch")
BLOCK_STEPS = 20_000
"""At a time, in which one looks a dozen times or more."""
BEGINNING = 10_000
"""Steps of a young training, in which one looks more often."""


@dataclass(frozen=True)
class History:
    """A length of history, and within what one should be able to go back in it."""

    case: Case
    steps: int
    target_ms: float


HISTORIES = (
    History(CASES[0], 1_000_000, 50.0),
    History(CASES[1], 1_000_000, 50.0),
    History(CASES[4], 100_000, 100.0),
)


@dataclass(frozen=True)
class Result:
    """What was measured of one history.

    Attributes:
        step_us: microseconds of a step of the bare machine.
        recording: time added by a timeline, as a share of training.
        watching: time added by a monitor and diagnostics to a timeline.
        beginning: the same in the first BEGINNING steps of training.
        condition: time added by a breakpoint with a condition that is looked at in every step.
        keyframes, mebibytes: of the whole history.
        back_ms: unit -> [median, 99th percentile, greatest] of a step back from anywhere.
        jump_ms: the same of going from anywhere to anywhere.
        missed: the targets that were not reached.
    """

    name: str
    steps: int
    step_us: float
    recording: float
    watching: float
    beginning: float
    condition: float
    keyframes: int
    mebibytes: float
    back_ms: dict[str, list[float]]
    jump_ms: list[float]
    missed: list[str]


def measure(history: History, seconds: float, places: int) -> Result:
    """Measure one history; `seconds` go to the costs, `places` are gone back from."""
    data = history.case.data()
    costs = _costs(history.case, data, seconds)
    beginning = _beginning(history.case, data, min(BEGINNING, history.steps))
    timeline = Timeline(history.case.machine(data))
    timeline.run(history.steps)
    rng = np.random.default_rng(0)
    back: dict[str, list[float]] = {
        unit: _spread(_back(timeline, unit, rng, places)) for unit in UNITS
    }
    jump = _spread(_jumps(timeline, rng, places))
    result = Result(
        name=history.case.name,
        steps=history.steps,
        step_us=costs["step"] * 1e6,
        recording=costs["recording"],
        watching=costs["watching"],
        beginning=beginning,
        condition=costs["condition"],
        keyframes=len(timeline.keyframes.steps(timeline.branch)),
        mebibytes=timeline.keyframes.bytes / 2**20,
        back_ms=back,
        jump_ms=jump,
        missed=[],
    )
    return _judged(result, history)


def _costs(case: Case, data: Dataset, seconds: float) -> dict[str, float]:
    """A step's seconds, and the shares that recording, watching and a condition add."""
    plain, watched, debugged = (Timeline(case.machine(data)) for _ in range(3))
    Diagnostics(Monitor(watched), data)
    debugger = Debugger(debugged)
    debugger.set_breakpoint(condition="loss < 0 and step > 0")
    watched.run(BEGINNING)
    contenders: dict[str, Run] = {
        "machine": case.machine(data).run,
        "recorded": plain.run,
        "watched": watched.run,
        "debugged": lambda steps: debugger.step("step", count=steps),
    }
    times = _rounds(contenders, min(BLOCK_STEPS, 1 + int(BLOCK_STEPS * seconds)), seconds)
    return {
        "step": median(times["machine"]),
        "recording": ratio(times["recorded"], times["machine"]) - 1,
        "watching": ratio(times["watched"], times["recorded"]) - 1,
        "condition": ratio(times["debugged"], times["recorded"]) - 1,
    }


def _rounds(contenders: Mapping[str, Run], steps: int, seconds: float) -> dict[str, list[float]]:
    """Seconds a step of every contender, in every round; who begins changes."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names, begin = list(contenders), thread_time()
    while len(times[names[0]]) < 3 or thread_time() - begin < seconds:
        for name in names:
            start = thread_time()
            contenders[name](steps)
            times[name].append((thread_time() - start) / steps)
        names.append(names.pop(0))
    return times


def _beginning(case: Case, data: Dataset, steps: int) -> float:
    """What watching adds to the first steps; the least of three, since it is done once each."""
    shares = []
    for _ in range(3):
        plain, watched = (Timeline(case.machine(data)) for _ in range(2))
        Diagnostics(Monitor(watched), data)
        shares.append(_timed(watched, steps) / _timed(plain, steps) - 1)
    return min(shares)


def _timed(timeline: Timeline, steps: int) -> float:
    start = thread_time()
    timeline.run(steps)
    return thread_time() - start


def _anywhere(timeline: Timeline, rng: np.random.Generator) -> tuple[int, int]:
    step = int(rng.integers(1, timeline.branch.end.step))
    return step, int(rng.integers(0, len(timeline.machine.program.instructions)))


def _back(timeline: Timeline, unit: Unit, rng: np.random.Generator, places: int) -> list[float]:
    """Milliseconds of single steps back from random places."""
    taken = []
    for _ in range(places):
        timeline.go(_anywhere(timeline, rng))
        start = thread_time()
        timeline.back(unit)
        taken.append((thread_time() - start) * 1e3)
    return taken


def _jumps(timeline: Timeline, rng: np.random.Generator, places: int) -> list[float]:
    taken = []
    for _ in range(places):
        target = _anywhere(timeline, rng)
        start = thread_time()
        timeline.go(target)
        taken.append((thread_time() - start) * 1e3)
    return taken


def _spread(milliseconds: list[float]) -> list[float]:
    return [float(value) for value in np.percentile(milliseconds, (50, 99, 100))]


def _judged(result: Result, history: History) -> Result:
    missed = result.missed
    worst = max(values[1] for values in (*result.back_ms.values(), result.jump_ms))
    if worst > history.target_ms:
        missed.append(f"back within {history.target_ms:g} ms (99 of 100)")
    for name in ("recording", "watching"):
        if getattr(result, name) > RECORDING_TARGET:
            missed.append(f"{name} at most {RECORDING_TARGET:.0%} of training")
    return result


HEADINGS = (
    f"{'network':<14}{'steps':>10}{'step':>8}{'record':>9}{'watch':>9}{'at first':>9}"
    f"{'condition':>10}{'keyframes':>11}{'MiB':>7}   milliseconds back, p50/p99/max"
)


def line(result: Result) -> str:
    """A row of the table."""
    shares = (result.recording, result.watching, result.beginning)
    back = [f"{unit} {'/'.join(f'{ms:.1f}' for ms in result.back_ms[unit])}" for unit in UNITS]
    back.append(f"jump {'/'.join(f'{ms:.1f}' for ms in result.jump_ms)}")
    return (
        f"{result.name:<14}{result.steps:>10,}{result.step_us:>6.1f}µs"
        + "".join(f"{share:>9.1%}" for share in shares)
        + f"{result.condition:>10.1%}{result.keyframes:>11,}{result.mebibytes:>7.1f}   "
        + ", ".join(back)
    )


def verdicts(results: list[Result]) -> list[str]:
    """The targets, and which rows miss them."""
    missed = [f"missed by {row.name}: {target}" for row in results for target in row.missed]
    limits = ", ".join(
        f"{history.target_ms:g} ms in {history.steps:,} steps of {history.case.name}"
        for history in HISTORIES
    )
    targets = f"targets: back within {limits}; record and watch at most {RECORDING_TARGET:.0%} each"
    return [targets, *(missed or ["all targets met"])]


def main(argv: list[str]) -> int:
    """Run the benchmark and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks timeline")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--smoke", action="store_true", help="only see that all of it works")
    parser.add_argument("--seconds", type=float, default=12.0, help="for each row's costs")
    options = parser.parse_args(argv)
    results = []
    if not options.json:
        print(", ".join(f"{name} {version}" for name, version in environment().items()))
        print(HEADINGS)
    with one_thread():
        for history in HISTORIES:
            if options.smoke:
                short = History(history.case, 1_000, history.target_ms)
                results.append(measure(short, 0.0, 5))
            else:
                results.append(measure(history, options.seconds, 300))
            if not options.json:
                print(line(results[-1]), flush=True)
    if options.json:
        rows = [asdict(result) for result in results]
        print(json.dumps({"environment": environment(), "rows": rows}, indent=2))
    else:
        print(*verdicts(results), sep="\n")
    return 0
