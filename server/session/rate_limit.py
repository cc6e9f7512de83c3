"""Rate limits: token buckets, and the speed limit of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.wire.commands import SpeedUnit

BURST = 0.1
"""Most seconds that a run with a speed limit may catch up on after being idle."""


@dataclass
class TokenBucket:
    """A token bucket: tokens flow in at a constant rate; each limited action takes some out.

    Attributes:
        per_second: tokens that flow in each second.
        capacity: most tokens it holds.
        tokens: how many it held at `filled`, a time in seconds.
    """

    per_second: float
    capacity: float
    tokens: float
    filled: float

    def available(self, now: float) -> int:
        """Whole tokens in the bucket now."""
        gained = max(0.0, (now - self.filled) * self.per_second)
        self.tokens, self.filled = min(self.tokens + gained, self.capacity), now
        return int(self.tokens + 1e-9)

    def spend(self, count: int) -> None:
        """Take tokens out."""
        self.tokens -= count

    def delay(self, now: float) -> float:
        """Seconds until the bucket holds a token; 0 if it does now."""
        return 0.0 if self.available(now) >= 1 else (1.0 - self.tokens) / self.per_second


@dataclass
class SpeedLimit:
    """At most so many executions a second in a run.

    Attributes:
        unit: what is counted.
        per_second: None for no limit.
    """

    unit: SpeedUnit = "step"
    per_second: float | None = None
    _bucket: TokenBucket = field(init=False)

    def __post_init__(self) -> None:
        self.start(0.0)

    def start(self, now: float) -> None:
        """Begin a run: its first execution is due at once."""
        rate = self.per_second or 0.0
        self._bucket = TokenBucket(rate, max(1.0, BURST * rate), 1.0, now)

    def available(self, now: float) -> int:
        """How many executions are due, if there is a limit."""
        return self._bucket.available(now)

    def spend(self, count: int) -> None:
        """Count executions."""
        self._bucket.spend(count)

    def delay(self, now: float) -> float:
        """Seconds until the next execution is due; 0 if one is."""
        return 0.0 if self.per_second is None else self._bucket.delay(now)
