"""Fair timing of several contenders on a machine whose speed drifts."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

Run = Callable[[int], object]
"""Does so many steps."""

BLOCK_SECONDS = 0.025
"""Long enough to drown the clock and cold caches, short enough to be slowed down alike."""


def interleaved(
    contenders: Mapping[str, Run], seconds: float, *, clock: Callable[[], float] = perf_counter
) -> dict[str, list[float]]:
    """Seconds a step of every contender, in every round.

    A round is a block of steps of each, so that a round's contenders share the machine's mood:
    compare within rounds. Who begins changes from round to round.
    """
    sizes = {name: _steps_in_a_block(run, clock) for name, run in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    collecting = gc.isenabled()
    gc.disable()
    try:
        end = clock() + seconds
        while len(times[names[0]]) < 3 or clock() < end:
            for name in names:
                run, steps = contenders[name], sizes[name]
                run(1 + steps // 20)  # what the others left in the caches goes
                start = clock()
                run(steps)
                times[name].append((clock() - start) / steps)
            names.append(names.pop(0))
    finally:
        if collecting:
            gc.enable()
    return times


def _steps_in_a_block(run: Run, clock: Callable[[], float]) -> int:
    steps = 1
    while True:
        start = clock()
        run(steps)
        taken = clock() - start
        if taken > BLOCK_SECONDS / 4:
            return max(1, round(steps * BLOCK_SECONDS / taken))
        steps *= 2


def ratio(numerator: list[float], denominator: list[float]) -> float:
    """The median over the rounds of one contender's time over another's."""
    return median(n / d for n, d in zip(numerator, denominator, strict=True))
