"""A speed limit, as a bucket of tokens that fills at a rate."""

from __future__ import annotations

from dataclasses import dataclass

from server.wire.commands import SpeedUnit

BURST = 0.1
"""Seconds whose unused share of a speed limit may be made up for."""


@dataclass
class Limit:
    """At most so many executions a second; one token each.

    Attributes:
        unit: what is counted.
        per_second: how many; None for no limit.
    """

    unit: SpeedUnit = "step"
    per_second: float | None = None
    _tokens: float = 1.0
    _filled: float = 0.0

    def start(self, now: float) -> None:
        """Begin a run: the first execution is due at once."""
        self._tokens, self._filled = 1.0, now

    def available(self, now: float) -> int:
        """How many executions are due."""
        assert self.per_second is not None
        gained = (now - self._filled) * self.per_second
        self._tokens = min(self._tokens + max(gained, 0.0), max(1.0, BURST * self.per_second))
        self._filled = now
        return int(self._tokens + 1e-9)

    def spend(self, count: int) -> None:
        self._tokens -= count

    def delay(self, now: float) -> float:
        """Seconds until the next execution is due; 0 if one is."""
        if self.per_second is None or self.available(now) >= 1:
            return 0.0
        return (1.0 - self._tokens) / self.per_second
