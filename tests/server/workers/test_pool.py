"""Real worker processes: what is lost when one is killed or stuck, and what is not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.wire.commands import PROTOCOL
from server.workers import worker_messages
from server.workers.hub import Hub, SessionRecord, Viewer
from server.workers.pool import Pool
from tests.server.driving import SMALL, machine_of

PATIENCE = 60.0
"""Seconds after which a test gives up; on a busy machine a worker needs some to start."""


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come to pass"
        await asyncio.sleep(0.01)


class Socket:
    """A viewer that acknowledges every frame at once."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answers: dict[int, dict[str, Any]] = {}
        self.frames = 0

    def send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.frames += 1
            return
        content = json.loads(message)
        if "event" in content:
            self.events.append(content)
        elif content.get("id") is not None:
            self.answers[content["id"]] = content

    def close(self, code: int, reason: str) -> None:
        pass

    def last(self, kind: str) -> dict[str, Any] | None:
        return next((e for e in reversed(self.events) if e["type"] == kind), None)

    def steps(self) -> int:
        """How far the loss events say that it has trained."""
        loss = self.last("loss")
        return int(loss["points"][-1][0]) if loss is not None else 0


class Seat:
    """A viewer of a session of its own."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.socket = Socket()
        self.viewer: Viewer = hub.join(self.socket)
        self.ids = 0
        self.tell("hello", protocol=PROTOCOL)

    @property
    def record(self) -> SessionRecord:
        assert self.viewer.session is not None
        return self.viewer.session

    def tell(self, kind: str, **fields: Any) -> int:
        self.ids += 1
        self.hub.receive(self.viewer, json.dumps({"id": self.ids, "type": kind, **fields}))
        return self.ids

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        number = self.tell(kind, **fields)
        await until(lambda: number in self.socket.answers)
        return self.socket.answers[number]

    async def train(self) -> None:
        """Let it run, and wait until it has been saved running."""
        assert (await self.ask("configure", description=SMALL))["type"] == "done"
        await self.ask("run")
        await until(lambda: self.saved_step() > 0)

    async def trains_on(self) -> None:
        steps = self.socket.steps()
        await until(lambda: self.socket.steps() > steps)

    def saved_step(self) -> int:
        saved = self.record.checkpoint
        if saved is None or not saved.progress.running:
            return 0
        return saved.progress.scored[1]


@asynccontextmanager
async def hosted(count: int) -> AsyncIterator[tuple[Pool, Hub]]:
    def received(_: int, message: worker_messages.FromWorker) -> None:
        hub.received(message)

    def replaced(number: int) -> None:
        hub.replaced(number)

    pool = Pool(count, received, replaced)
    hub = Hub(pool, time.monotonic)
    pool.start()
    try:
        yield pool, hub
    finally:
        await pool.close()
        assert pool.alive() == 0


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 2 * PATIENCE))


async def as_the_engine_does(seat: Seat) -> None:
    """Pause; the parameters are those of the engine after as many steps."""
    await seat.ask("pause")
    state = seat.socket.last("state")
    assert state is not None
    machine = machine_of()
    machine.run(state["step"])
    if state["pc"]:
        machine.run_to(state["pc"])
    answer = await seat.ask("read", buffer="parameters")
    assert answer["values"] == machine.read("parameters").tolist()


@pytest.mark.slow
def test_a_killed_worker_loses_no_other_session_and_its_own_come_back() -> None:
    async def test() -> None:
        async with hosted(2) as (pool, hub):
            seats = [Seat(hub) for _ in range(3)]
            assert [seat.record.worker for seat in seats] == [0, 1, 0]
            await asyncio.gather(*(seat.train() for seat in seats))
            await seats[0].ask("subscribe", buffers=[{"name": "dense1/W"}])
            await until(lambda: seats[0].socket.frames == 2)
            pids = pool.process_ids()
            os.kill(pids[0], signal.SIGKILL)
            on_its_way = seats[2].tell("set", name="learning_rate", value=0.02)
            lost = [seats[0], seats[2]]
            await until(lambda: all(seat.socket.last("error") for seat in lost))
            for seat in lost:
                error, state = seat.socket.last("error"), seat.socket.last("state")
                assert error is not None
                assert state is not None
                assert error["code"] == "worker_restarted"
                assert error["event"] + 1 == state["event"]
                assert state["running"]
                assert state["step"] > 0
            for seat in seats:
                await seat.trains_on()
            other = seats[1]
            assert other.socket.last("error") is None
            assert other.record.crashes == []
            assert pool.process_ids()[1] == pids[1]
            assert pool.process_ids()[0] != pids[0]
            for seat in seats:
                await as_the_engine_does(seat)
                numbers = [event["event"] for event in seat.socket.events]
                assert numbers == list(range(1, len(numbers) + 1))
            assert seats[2].socket.answers[on_its_way]["code"] == "worker_restarted"
            # The frame numbers go on, and so do frames once there is credit.
            frames, number = seats[0].socket.frames, seats[0].record.frames
            for frame in (number - 1, number):
                seats[0].tell("ack", frame=frame)
            await until(lambda: seats[0].socket.frames > frames)
            assert seats[0].record.frames > number

    run(test())


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no way to stop a process here")
def test_a_stuck_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with hosted(1) as (pool, hub):
            seat = Seat(hub)
            await seat.train()
            (pid,) = pool.process_ids()
            before = pool._workers[0].answered
            pool.check()  # one that answers is left alone
            await until(lambda: pool._workers[0].answered > before)
            assert (pool.process_ids(), pool._failures) == ([pid], [0])
            os.kill(pid, signal.SIGSTOP)
            monkeypatch.setattr("server.workers.pool.STUCK_AFTER", 0.5)
            await until(lambda: pool._workers[0].answered < time.monotonic() - 0.5)
            pool.check()
            monkeypatch.undo()
            await until(lambda: seat.socket.last("error"))
            assert pool.process_ids() != [pid]
            await as_the_engine_does(seat)

    run(test())
