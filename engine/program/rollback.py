"""Going back to where a stretch of steps began, without a full copy of memory for each stretch.

A step reads only the persistent part of memory from the step before. So we copy only that part at
each mark, and restore the rest by re-running the steps since the previous mark.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Rollback:
    """Marks in a machine's block of memory to come back to.

    Args:
        block: all mutable state.
        persistent: bytes at its start that outlive a step.
        repeatable: whether a step depends on nothing else; if not, everything is copied each time.
    """

    def __init__(self, block: NDArray[np.uint8], persistent: int, *, repeatable: bool) -> None:
        self._block = block
        self._lasting = block[:persistent]
        self._repeatable = repeatable
        self._everything = np.empty_like(block)
        self._last, self._previous = np.empty_like(self._lasting), np.empty_like(self._lasting)
        self._steps = 0
        """Steps that led from the last mark to here; 0 if something else did."""
        self._before = 0
        """Steps from the previous mark to the last; 0 if everything was copied at the last."""

    def mark(self) -> None:
        """Between two steps: `back` is to lead here."""
        self._before, self._steps = self._steps, 0
        if not self._before:
            np.copyto(self._everything, self._block)
        self._last, self._previous = self._previous, self._last
        np.copyto(self._last, self._lasting)

    def passed(self, steps: int) -> None:
        """So many whole steps, and nothing else, have led here from the mark."""
        self._steps = steps if self._repeatable else 0

    def touched(self) -> None:
        """Something else than steps changed the state or what steps depend on."""
        self._steps = 0

    def back(self, run: Callable[[int], object]) -> None:
        """Go to the mark, with the help of `run`, which executes so many steps."""
        if self._before:
            np.copyto(self._lasting, self._previous)
            run(self._before)
        else:
            np.copyto(self._block, self._everything)
        self._steps = 0
