"""Times one training step of the engine beside the same step by other means.

    python -m tests.benchmarks engine [--json] [--smoke] [--seconds S] [--only NAME]

Every contender runs on one thread. Times are medians; ratios are medians of the ratios within
rounds (see `rounds`). Nothing here fails because something is slow; it fails only if the engine
and the network written by hand (`fused`) do not compute the same weights.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

import numpy as np

from engine import Dataset, Machine
from tests.benchmarks.cases import CASES, NETWORK_CASES, Case, NetworkCase, difference
from tests.benchmarks.libraries import installed, sklearn_run, torch_run
from tests.benchmarks.rounds import interleaved, ratio
from tests.benchmarks.torch_networks import torch_network_run

FUSED_TARGET = 1.15
TORCH_TARGET_PLAYGROUND = 8.0
TORCH_TARGET = 1.0
COMPILE_TARGET_MS = 20.0
DIFFERENCE_LIMIT = 1e-10
CONTENDERS = ("machine", "fused", "torch", "sklearn")


@dataclass(frozen=True)
class Result:
    """What was measured of one case.

    Attributes:
        microseconds: a step of each contender that is installed.
        over_fused: the engine's time over that of the network by hand, where there is one.
        torch_over: PyTorch's time over the engine's, None where it is not installed.
        compile_ms: from the description to a machine ready to run.
        growth_bytes: memory kept by a step, on average over `memory_steps` steps.
        peak_bytes: most memory held during those steps beyond what was held before.
        plan_bytes: of all buffers, which is what the engine ever holds, and of the data.
        difference: largest difference between the engine's and the fused network's parameters,
            where there is such a one.
        missed: the targets that were not reached.
    """

    name: str
    batch: int
    optimizer: str
    dtype: str
    microseconds: dict[str, float]
    over_fused: float | None
    torch_over: float | None
    compile_ms: float
    growth_bytes: float
    peak_bytes: int
    memory_steps: int
    plan_bytes: int
    difference: float | None
    missed: list[str]


def measure(case: Case | NetworkCase, seconds: float, memory_steps: int) -> Result:
    """Measure one case in about that many seconds.

    Raises:
        SystemExit: the engine and the network by hand disagree, so there is nothing to compare.
    """
    data, apart = case.data(), None
    machine = case.machine(data)
    contenders: dict[str, Callable[[int], object] | None] = {"machine": machine.run}
    if isinstance(case, NetworkCase):
        contenders["torch"] = torch_network_run(case, data)
    else:
        apart = difference(case, data, steps=20)
        if not apart <= DIFFERENCE_LIMIT:
            sys.exit(f"{case.name}: the engine and the network by hand differ by {apart:.1e}")
        contenders |= {
            "fused": case.fused(data, np.asarray(machine.read("parameters"), case.dtype)).run,
            "torch": torch_run(case, data),
            "sklearn": sklearn_run(case, data),
        }
    present = {name: run for name, run in contenders.items() if run is not None}
    times = interleaved(present, seconds)
    growth, peak = memory(machine, memory_steps)
    mine = times["machine"]
    return judged(
        case,
        Result(
            name=case.name,
            batch=case.batch,
            optimizer=case.optimizer,
            dtype=case.dtype,
            microseconds={name: median(values) * 1e6 for name, values in times.items()},
            over_fused=ratio(mine, times["fused"]) if "fused" in times else None,
            torch_over=ratio(times["torch"], mine) if "torch" in times else None,
            compile_ms=compile_milliseconds(case, data),
            growth_bytes=growth,
            peak_bytes=peak,
            memory_steps=memory_steps,
            plan_bytes=machine.program.cost.bytes,
            difference=apart,
            missed=[],
        ),
    )


def compile_milliseconds(case: Case | NetworkCase, data: Dataset) -> float:
    """Median time of compiling and loading, over five times."""
    taken = []
    for _ in range(5):
        start = perf_counter()
        case.machine(data)
        taken.append(perf_counter() - start)
    return median(taken) * 1e3


def memory(machine: Machine, steps: int) -> tuple[float, int]:
    """Bytes kept by a step of `run`, and most bytes held during it beyond those before.

    NumPy reports its arrays to tracemalloc, so both include every array made and dropped. The
    shuffle at the start of an epoch and the checks between chunks of steps are part of it.
    """
    tracemalloc.start()
    try:
        machine.run(steps)  # what is made once and kept is made now
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        machine.run(steps)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / steps, peak - before


def judged(case: Case | NetworkCase, result: Result) -> Result:
    """The result with the targets it misses."""
    missed = result.missed
    if result.over_fused is not None and result.over_fused > FUSED_TARGET:
        missed.append(f"at most {FUSED_TARGET} times the fused step")
    least = case.least if isinstance(case, NetworkCase) else TORCH_TARGET
    least = TORCH_TARGET_PLAYGROUND if case.playground else least
    if result.torch_over is not None and result.torch_over < least:
        missed.append(f"at least {least:g} times as fast as PyTorch")
    if round(result.growth_bytes) > 0:
        missed.append("no memory kept by a step")
    if case.playground and result.compile_ms > COMPILE_TARGET_MS:
        missed.append(f"compiled in {COMPILE_TARGET_MS:g} ms")
    return result


def environment() -> dict[str, str]:
    """Versions of what was compared, and the machine's kind."""
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("numpy", "torch", "sklearn"):
        module = installed(name)
        versions[name] = str(module.__version__) if module is not None else "not installed"
    return versions


HEADINGS = (
    f"{'network':<16}{'batch':>5} {'rule':<5}{'dtype':<8}"
    f"{'machine':>9}{'fused':>9}{'torch':>9}{'sklearn':>9}"
    f"{'mach/fused':>12}{'torch/mach':>12}{'compile':>10}{'growth':>8}{'peak':>9}{'plan':>10}"
)
UNITS = (
    f"{'':<34}{'µs':>9}{'µs':>9}{'µs':>9}{'µs':>9}{'':>24}{'ms':>10}{'B/step':>8}{'B':>9}{'kB':>10}"
)


def one_thread() -> AbstractContextManager[object]:
    """While open, BLAS uses one thread. (threadpoolctl comes with scikit-learn.)"""
    limits: AbstractContextManager[object]
    limits = importlib.import_module("threadpoolctl").threadpool_limits(1)
    return limits


def line(result: Result) -> str:
    """A row of the table."""
    times = (result.microseconds.get(name) for name in CONTENDERS)
    columns = "".join(f"{'–' if value is None else format(value, '.1f'):>9}" for value in times)
    torch = "–" if result.torch_over is None else format(result.torch_over, ".2f")
    fused = "–" if result.over_fused is None else format(result.over_fused, ".3f")
    return (
        f"{result.name:<16}{result.batch:>5} {result.optimizer:<5}{result.dtype:<8}{columns}"
        f"{fused:>12}{torch:>12}{result.compile_ms:>10.2f}"
        f"{result.growth_bytes:>8.1f}{result.peak_bytes:>9}{result.plan_bytes / 1e3:>10,.0f}"
    )


def verdicts(results: list[Result]) -> list[str]:
    """The targets, and which rows miss them."""
    missed = [f"missed by {r.name}: {target}" for r in results for target in r.missed]
    return [
        (
            f"targets: machine/fused ≤ {FUSED_TARGET}; "
            f"torch/machine ≥ {TORCH_TARGET_PLAYGROUND:g} on "
            f"2-4-2-1 and 2-8×6-1, ≥ {TORCH_TARGET:g} elsewhere, but "
            f"{'; '.join(f'{c.name} {c.dtype} ≥ {c.least:g}' for c in NETWORK_CASES)}; growth 0; "
            f"compile < {COMPILE_TARGET_MS:g} ms on those two"
        ),
        *(missed or ["all targets met"]),
    ]


def main(argv: list[str]) -> int:
    """Run the benchmark and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks engine")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--smoke", action="store_true", help="only see that all of it works")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each row (default 4)")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    options = parser.parse_args(argv)
    rows: tuple[Case | NetworkCase, ...] = (*CASES, *NETWORK_CASES)
    chosen = [case for case in rows if options.only in case.name]
    seconds, memory_steps = (0.0, 100) if options.smoke else (options.seconds, 1000)
    results = []
    if not options.json:
        print(", ".join(f"{name} {version}" for name, version in environment().items()))
        print(HEADINGS, UNITS, sep="\n")
    with one_thread():
        for case in chosen:
            results.append(measure(case, seconds, memory_steps))
            if not options.json:
                print(line(results[-1]), flush=True)
    if options.json:
        measured = [asdict(result) for result in results]
        print(json.dumps({"environment": environment(), "rows": measured}, indent=2))
    else:
        print(*verdicts(results), sep="\n")
    return 0
