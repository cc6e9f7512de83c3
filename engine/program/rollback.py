"""Going back to where a stretch of steps began, without a full copy of memory for each stretch.

A step reads only the persistent part of memory from the step before. So we copy only that part at
each mark, and restore the rest by re-running the steps since the previous mark.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Rollback:
    """Marks states of a machine's memory, and restores the last one.

    Args:
        block: all mutable state.
        persistent: the number of bytes at its start that outlive a step.
        repeatable: whether a step depends on these bytes only; if not, each mark copies everything.
    """

    def __init__(self, block: NDArray[np.uint8], persistent: int, *, repeatable: bool) -> None:
        self._block = block
        self._persistent = block[:persistent]
        self._repeatable = repeatable
        self._everything = np.empty_like(block)
        self._last = np.empty_like(self._persistent)
        self._previous = np.empty_like(self._persistent)
        self._steps = 0
        """The number of steps since the last mark; 0 if anything else changed the state since."""
        self._before = 0
        """The number of steps between the last two marks; 0 if the last one copied everything."""

    def mark(self) -> None:
        """Mark the present state, between two steps, for `back`."""
        self._before, self._steps = self._steps, 0
        if not self._before:
            np.copyto(self._everything, self._block)
        self._last, self._previous = self._previous, self._last
        np.copyto(self._last, self._persistent)

    def passed(self, steps: int) -> None:
        """Note that whole steps, and nothing else, have changed the state since the mark."""
        self._steps = steps if self._repeatable else 0

    def touched(self) -> None:
        """Note that something else changed the state or what steps depend on."""
        self._steps = 0

    def back(self, run: Callable[[int], object]) -> None:
        """Restore the marked state; `run` executes a number of steps."""
        if self._before:
            np.copyto(self._persistent, self._previous)
            run(self._before)
        else:
            np.copyto(self._block, self._everything)
        self._steps = 0
