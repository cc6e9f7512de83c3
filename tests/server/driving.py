"""A clock that is told the time, and sessions driven by messages as a browser writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Machine
from server.describe import description
from server.session.camera import Subscription
from server.session.events import Event
from server.session.questions import Answer
from server.session.session import Session
from server.wire.commands import WatchedBuffer, parse_command
from server.wire.errors import Refusal
from server.wire.frames import Dtype, Frame, decode_frame

SMALL: dict[str, Any] = {"data": {"samples": 60}}
"""2-4-2-1 on 30 training and 30 test points of circles, in batches of 10."""


class Clock:
    """Seconds that pass when told, and `tick` more at every look, so that loops end."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now = 1000.0
        self.tick = tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Driver:
    """A session under a clock of its own, and the events it has led to."""

    clock: Clock = field(default_factory=lambda: Clock(tick=1e-3))
    session: Session = field(init=False)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = Session(self.clock, self.clock)

    def do(self, kind: str, **fields: Any) -> Answer:
        """Carry out a command, given as its message."""
        command = parse_command(json.dumps({"id": 1, "type": kind, **fields}))
        outcome = self.session.handle(command)
        self.events += outcome.events
        return outcome.answer

    def advance(self, slices: int = 1, seconds: float = 0.02) -> None:
        for _ in range(slices):
            self.events += self.session.advance(seconds)

    def finish(self) -> None:
        """Let it run until it stops by itself."""
        for _ in range(10_000):
            if not self.session.running:
                return
            self.clock.wait(self.session.delay() or 0.0)
            self.advance()
        raise AssertionError("the session does not stop")

    def step(self, unit: str = "step", count: int = 1) -> None:
        """Go on by `count` units, all of them."""
        self.do("step", unit=unit, count=count)
        self.finish()

    def read(self, buffer: str) -> NDArray[np.float64]:
        answer = self.do("read", buffer=buffer)
        return np.array(answer.get("values", answer.get("value")), dtype=float)

    def frame(self, *buffers: str, dtype: Dtype = "f64") -> dict[str, NDArray[np.float64]]:
        """One frame of these buffers, decoded; they are looked at as by a new viewer."""
        data = self.session.frame(
            Subscription(tuple(WatchedBuffer(b, dtype) for b in buffers), 60.0)
        )
        assert data is not None
        return self.values(decode_frame(data))

    def values(self, frame: Frame) -> dict[str, NDArray[np.float64]]:
        names = {row["id"]: row["name"] for row in self.last("configured")["buffers"]}
        return {names[number]: entry.values() for number, entry in frame.entries.items()}

    def last(self, kind: str) -> Event:
        """The last event of a type."""
        return next(event for event in reversed(self.events) if event["type"] == kind)

    @property
    def state(self) -> Event:
        return self.last("state")

    @property
    def points(self) -> list[list[Any]]:
        """The loss points of all events, in order."""
        return [
            point for event in self.events if event["type"] == "loss" for point in event["points"]
        ]


def configured(given: object = SMALL, clock: Clock | None = None) -> Driver:
    """A session of this description."""
    driver = Driver(clock) if clock is not None else Driver()
    driver.do("configure", description=given)
    return driver


def machine_of(given: object = SMALL) -> Machine:
    """A machine of the engine alone, as this description means it."""
    return Machine(description.build(given).program)


@contextmanager
def refused(code: str, field: str = "", *said: object) -> Iterator[None]:
    """Expect a Refusal with this code and field; `said` stands in its message."""
    with pytest.raises(Refusal) as caught:
        yield
    refusal = caught.value
    assert (refusal.code, refusal.field) == (code, field), refusal.message
    for part in said:
        assert str(part) in refusal.message
    assert refusal.expected or code == "not_configured"
