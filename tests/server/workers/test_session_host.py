"""Many sessions in one process: turns, frames, checkpoints; a failure ends one session at most."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from server.session.camera import Subscription
from server.session.session import Session
from server.wire.commands import WatchedBuffer, parse_command
from server.wire.frames import decode_frame
from server.workers import worker_messages
from server.workers.session_host import (
    CHECKPOINT_AFTER_CHANGE,
    CHECKPOINT_WHILE_RUNNING,
    CREDIT_SLICE,
    MIN_SLICE,
    SLICE,
    SessionHost,
)
from tests.server.driving import SMALL, Clock

WATCH = (WatchedBuffer("dense1/W", "f64"),)


class World:
    """A host with its clock and what it has said."""

    def __init__(self) -> None:
        self.clock = Clock(tick=1e-3)
        self.said: list[worker_messages.FromWorker] = []
        self.host = SessionHost(self._hear, self.clock, self.clock)
        self.tokens = 0

    def _hear(self, message: worker_messages.FromWorker) -> None:
        self.said.append(pickle.loads(pickle.dumps(message)))  # as through a pipe

    def open(self, session: str, given: object = SMALL) -> None:
        self.host.receive(worker_messages.Open(session))
        self.do(session, "configure", description=given)

    def do(self, session: str, kind: str, subscription: int = 0, **fields: Any) -> int:
        self.tokens += 1
        command = parse_command(json.dumps({"id": 1, "type": kind, **fields}))
        self.host.receive(worker_messages.Perform(session, self.tokens, command, subscription))
        return self.tokens

    def work(self, turns: int = 1) -> None:
        for _ in range(turns):
            self.clock.wait(self.host.delay() or 0.0)
            self.host.work()

    def take(self, *kinds: type[Any]) -> list[Any]:
        """What was said since the last call, of these kinds."""
        said, self.said = self.said, []
        return [message for message in said if isinstance(message, kinds or object)]

    def events(self, session: str) -> list[dict[str, Any]]:
        return [
            e for m in self.take(worker_messages.Happened) if m.session == session for e in m.events
        ]

    def step(self, session: str) -> int:
        """The step a session is at."""
        token = self.do(session, "read", buffer="step")
        answer = next(m for m in self.take(worker_messages.Answered) if m.token == token)
        return int(answer.answer["value"])


@pytest.fixture
def world() -> World:
    return World()


# Commands ----------------------------------------------------------------------------------------


def test_events_come_before_the_answer_and_the_checkpoint_before_both(world: World) -> None:
    world.host.receive(worker_messages.Open("a"))
    assert world.take() == []
    token = world.do("a", "configure", description=SMALL)
    saved, happened, answered = world.take()
    assert isinstance(saved, worker_messages.Saved)
    assert [event["type"] for event in happened.events] == [
        "configured",
        "state",
        "timeline",
        "loss",
    ]
    assert answered == worker_messages.Answered("a", token, {"type": "done", "generation": 1})


def test_a_refusal_is_an_answer(world: World) -> None:
    world.open("a")
    world.take()
    token = world.do("a", "set", name="nonsense", value=1)
    (answered,) = world.take()
    assert answered.token == token
    assert answered.answer["type"] == "error"
    assert answered.answer["code"] == "bad_value"
    assert answered.answer["field"] == "name"
    assert "id" not in answered.answer


def test_mail_about_unknown_sessions_is_of_the_past(world: World) -> None:
    world.open("a")
    world.host.receive(worker_messages.Close("a"))
    world.take()
    for message in (
        worker_messages.Leave("a"),
        worker_messages.Grant("a", 1),
        worker_messages.Close("a"),
        worker_messages.Abridge("a", 1),
    ):
        world.host.receive(message)
    world.do("a", "run")
    world.host.work()
    assert world.take() == []
    assert world.host.delay() is None


def test_it_shows_that_it_is_alive(world: World) -> None:
    world.host.receive(worker_messages.Ping())
    assert world.take() == [worker_messages.Pong()]


def test_it_stops(world: World) -> None:
    world.open("a")
    world.do("a", "run")
    world.host.receive(worker_messages.Stop())
    assert world.host.delay() is None


# Turns -------------------------------------------------------------------------------------------


def test_with_nothing_to_do_it_sleeps(world: World) -> None:
    assert world.host.delay() is None
    world.open("a")
    world.work()  # a change is saved after a while
    world.work()
    assert world.host.delay() is None


def test_running_sessions_have_turns_of_equal_length(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[tuple[int, float]] = []

    def advance(session: Session, seconds: float) -> list[Any]:
        turns.append((id(session), seconds))
        return []

    monkeypatch.setattr(Session, "advance", advance)
    for name in ("a", "b", "c"):
        world.open(name)
        world.do(name, "run")
    world.open("d")  # does not run
    for _ in range(9):
        world.host.work()
    order = [session for session, _ in turns]
    assert order == order[:3] * 3
    assert len(set(order)) == 3
    assert {seconds for _, seconds in turns} == {SLICE / 3}


def test_a_turn_ends_in_time_for_the_next_frame(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[float] = []

    def advance(_: Session, seconds: float) -> list[Any]:
        lengths.append(seconds)
        return []

    monkeypatch.setattr(Session, "advance", advance)
    monkeypatch.setattr(Session, "frame", lambda *_: None)
    world.open("a")
    world.do("a", "run")
    world.host.work()
    world.do("a", "subscribe", 4, buffers=[{"name": "dense1/W"}])
    for delay in (0.0, 0.01, 0.0, 0.003):  # without credit, which may come soon; then with it
        monkeypatch.setattr(Session, "frame_delay", lambda *_, delay=delay: delay)
        if len(lengths) == 3:
            world.host.receive(worker_messages.Grant("a", 4))
        world.host.work()
    assert lengths == [SLICE, CREDIT_SLICE, 0.01, MIN_SLICE, 0.003]


def test_all_sessions_train(world: World) -> None:
    for name in ("a", "b"):
        world.open(name)
        world.do(name, "run")
    world.work(20)
    assert world.step("a") > 0
    assert world.step("b") > 0


# Frames ------------------------------------------------------------------------------------------


def frames(world: World) -> list[tuple[str, int, int]]:
    """(session, subscription, step) of each frame sent."""
    return [
        (m.session, m.number, decode_frame(m.frame).header.step)
        for m in world.take(worker_messages.Taken)
    ]


def test_a_frame_is_taken_for_a_grant_and_no_other(world: World) -> None:
    world.open("a")
    world.do("a", "subscribe", 4, buffers=[{"name": "dense1/W"}])
    world.host.work()
    assert frames(world) == []
    world.host.receive(worker_messages.Grant("a", 4))
    world.host.receive(worker_messages.Grant("a", 5))
    world.host.work()
    assert frames(world) == [("a", 4, 0)]
    world.do("a", "step")
    world.clock.wait(1.0)
    world.host.work()
    assert frames(world) == []
    world.host.receive(worker_messages.Grant("a", 4))
    assert world.host.delay() == 0.0
    world.host.work()
    assert frames(world) == [("a", 4, 1)]
    world.host.receive(worker_messages.Unwatch("a", 4))
    world.host.receive(worker_messages.Grant("a", 4))
    world.do("a", "step")
    world.clock.wait(1.0)
    world.host.work()
    assert frames(world) == []


def test_a_refused_subscription_is_none(world: World) -> None:
    world.open("a")
    world.do("a", "subscribe", 4, buffers=[{"name": "nonsense"}])
    world.host.receive(worker_messages.Grant("a", 4))
    world.host.work()
    assert frames(world) == []


def test_a_frame_that_can_not_be_taken_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.open("a")
    world.do("a", "subscribe", 4, buffers=[{"name": "dense1/W"}])
    world.host.receive(worker_messages.Grant("a", 4))
    with monkeypatch.context() as patched:
        patched.setattr(Session, "frame", broken)
        world.host.work()
    assert "a frame could not be taken" in caplog.text
    world.host.receive(worker_messages.Grant("a", 4))
    world.host.work()
    assert len(frames(world)) == 1


# Checkpoints -------------------------------------------------------------------------------------


def test_changes_are_saved_soon_and_a_run_now_and_then(world: World) -> None:
    world.open("a")
    world.take()
    world.do("a", "set", name="learning_rate", value=0.5)
    start = world.clock.now
    while not world.take(worker_messages.Saved):
        world.work()
    assert world.clock.now - start <= CHECKPOINT_AFTER_CHANGE + 0.1
    world.do("a", "speed", per_second=20)
    world.do("a", "run")
    saved_checkpoint(world, "a")
    start, saved = world.clock.now, 0
    while world.clock.now < start + 30.0:
        world.work()
        saved += len(world.take(worker_messages.Saved))
    assert abs(saved - 30.0 / CHECKPOINT_WHILE_RUNNING) <= 1


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken for the test")


def saved_checkpoint(world: World, session: str) -> worker_messages.Saved:
    """The next one."""
    world.take()
    for _ in range(1000):
        world.work()
        for message in world.take(worker_messages.Saved):
            if message.session == session:
                assert isinstance(message, worker_messages.Saved)
                return message
    raise AssertionError("nothing is saved")


def test_a_session_is_opened_from_its_checkpoint(world: World) -> None:
    world.open("a")
    world.do("a", "run")
    checkpoint = saved_checkpoint(world, "a").checkpoint
    other = World()
    other.host.receive(worker_messages.Open("a", checkpoint, 40, lost=True))
    error, state, timeline, loss, *_ = other.events("a")
    assert (error["type"], error["code"]) == ("error", "worker_restarted")
    assert f"continues from step {state['step']:,}" in error["message"]
    assert (state["type"], state["running"]) == ("state", True)
    assert timeline["type"] == "timeline"
    assert loss["points"] == [list(point) for point in checkpoint.progress.points[0]]
    other.host.receive(worker_messages.Watching("a", 4, Subscription(WATCH, 60.0)))
    other.host.receive(worker_messages.Grant("a", 4))
    other.work(8)
    (taken,) = other.take(worker_messages.Taken)
    assert decode_frame(taken.frame).header.number == 41
    assert other.step("a") > state["step"]


@pytest.mark.parametrize("reason", ["closed", "command"])
def test_it_may_have_to_come_back_paused(world: World, reason: Any) -> None:
    world.open("a")
    world.do("a", "run")
    checkpoint = saved_checkpoint(world, "a").checkpoint
    other = World()
    other.host.receive(worker_messages.Open("a", checkpoint, lost=True, halt=reason))
    assert other.events("a")[1]["running"] is False
    other.host.receive(worker_messages.Return("a"))
    said = other.events("a")
    assert (said[0]["running"] if said else False) == (reason == "closed")


def test_a_session_lost_before_its_first_checkpoint_is_empty(world: World) -> None:
    world.host.receive(worker_messages.Open("a", lost=True))
    (error,) = world.events("a")
    assert "configure one again" in error["message"]
    world.do("a", "configure", description=SMALL)
    assert world.events("a")[0]["type"] == "configured"


def test_a_checkpoint_that_can_not_be_used_loses_one_session_only(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.open("a")
    world.do("a", "step")
    checkpoint = saved_checkpoint(world, "a").checkpoint
    with monkeypatch.context() as patched:
        patched.setattr(Session, "restored", broken)
        world.host.receive(worker_messages.Open("b", checkpoint, lost=True))
    assert "could not be restored" in caplog.text
    assert "configure one again" in world.events("b")[0]["message"]
    world.do("a", "step")
    assert world.step("a") == 2


# Failures ----------------------------------------------------------------------------------------


def test_a_failing_command_is_an_internal_error(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.open("a")
    world.take()
    with monkeypatch.context() as patched:
        patched.setattr("engine.Machine.write", broken)
        token = world.do("a", "set", name="learning_rate", value=1)
    assert "command set failed" in caplog.text
    (answered,) = world.take()
    assert (answered.token, answered.answer["code"]) == (token, "internal")
    world.do("a", "step")
    assert world.step("a") == 1


def test_a_session_that_fails_while_running_is_paused_and_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.open("a")
    world.do("a", "run")
    with monkeypatch.context() as patched:
        patched.setattr("server.session.runner.Runner.advance", broken)
        world.host.work()
    assert "a session failed" in caplog.text
    error, state = [e for e in world.events("a") if e["type"] in ("error", "state")][-2:]
    assert error["code"] == "internal"
    assert state["running"] is False
    world.open("b")
    world.do("b", "run")
    world.work(5)
    assert world.step("b") > 0


# Without viewers ---------------------------------------------------------------------------------


def test_leaving_pauses_and_returning_goes_on(world: World) -> None:
    world.open("a")
    world.do("a", "run")
    world.take()
    world.host.receive(worker_messages.Leave("a"))
    assert world.events("a")[0]["reason"] == "closed"
    world.host.receive(worker_messages.Leave("a"))
    assert world.events("a") == []
    world.host.receive(worker_messages.Return("a"))
    assert world.events("a")[0]["running"] is True


def test_a_newcomer_is_told_all(world: World) -> None:
    world.open("a")
    world.take()
    world.host.receive(worker_messages.Abridge("a", 7))
    (abridged,) = world.take()
    assert (abridged.session, abridged.viewer) == ("a", 7)
    assert [event["type"] for event in abridged.events] == [
        "configured",
        "state",
        "timeline",
        "loss",
        "diagnostics",
        "moved",
    ]
