"""The hub: who watches what, credit, replay, sessions without viewers, lost workers.

Sockets and workers are lists; what a worker would say is said by the test.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.session.camera import Subscription
from server.session.events import Event
from server.session.session import Checkpoint
from server.wire.commands import PROTOCOL, WatchedBuffer, parse_command
from server.wire.frames import FrameHeader, encode_frame, frame_number
from server.wire.strict_json import MAX_MESSAGE_BYTES
from server.workers import hub, worker_messages
from server.workers.hub import (
    CLOSE_LATER,
    CLOSE_REFUSED,
    CRASHES,
    FREE_SECONDS,
    LOG_EVENTS,
    MESSAGE_BURST,
    MESSAGES_PER_SECOND,
    RESUME_SECONDS,
    EventLog,
    Hub,
    SessionRecord,
    Viewer,
)
from tests.server.driving import Clock, configured

STATE: Event = {"type": "state", "running": True}
WEIGHTS = [{"name": "dense1/W"}]


class Socket:
    """What a viewer has been sent."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None

    def send(self, message: str | bytes) -> None:
        self.sent.append(message)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def take(self) -> list[dict[str, Any]]:
        """The text messages since the last call, decoded."""
        texts = [json.loads(message) for message in self.sent if isinstance(message, str)]
        self.sent = [message for message in self.sent if isinstance(message, bytes)]
        return texts

    def frames(self) -> list[bytes]:
        """The frames since the last call."""
        frames = [message for message in self.sent if isinstance(message, bytes)]
        self.sent = [message for message in self.sent if isinstance(message, str)]
        return frames


class Workers:
    """What workers have been told."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sent: list[tuple[int, worker_messages.ToWorker]] = []

    def send(self, number: int, message: worker_messages.ToWorker) -> None:
        self.sent.append((number, message))

    def take(self) -> list[worker_messages.ToWorker]:
        """What was sent since the last call."""
        taken, self.sent = self.sent, []
        return [message for _, message in taken]


class World:
    """A hub with its clock, its workers and its viewers."""

    def __init__(self, *, workers: int = 1, max_sessions: int = 64) -> None:
        self.clock = Clock()
        self.workers = Workers(workers)
        self.hub = Hub(self.workers, self.clock, max_sessions=max_sessions)
        self.frame_number = 0

    def join(self) -> tuple[Viewer, Socket]:
        socket = Socket()
        return self.hub.join(socket), socket

    def tell(self, viewer: Viewer, kind: str, id: int = 1, **fields: Any) -> None:  # noqa: A002
        self.hub.receive(viewer, json.dumps({"id": id, "type": kind, **fields}))

    def enter(
        self, session: str | None = None, last_seen: int = 0
    ) -> tuple[Viewer, Socket, SessionRecord]:
        """A viewer that has said hello."""
        viewer, socket = self.join()
        self.tell(viewer, "hello", protocol=PROTOCOL, session=session, last_seen=last_seen)
        assert viewer.session is not None
        return viewer, socket, viewer.session

    def happen(self, record: SessionRecord, *events: Event) -> None:
        self.hub.received(worker_messages.Happened(record.id, list(events)))

    def answer(self, *, accepted: bool = True) -> None:
        """Answer all commands that the workers have got."""
        kind = "done" if accepted else "error"
        for message in self.workers.take():
            if isinstance(message, worker_messages.Perform):
                answered = worker_messages.Answered(message.session, message.token, {"type": kind})
                self.hub.received(answered)

    def subscribe(self, viewer: Viewer, buffers: Any = WEIGHTS, rate: float = 60.0) -> int:
        """Subscribe, accepted; returns the subscription's number."""
        self.tell(viewer, "subscribe", buffers=buffers, rate=rate)
        number = next(
            m.subscription for m in self.workers.take() if isinstance(m, worker_messages.Perform)
        )
        assert viewer.session is not None
        token = max(viewer.session.pending)
        self.hub.received(worker_messages.Answered(viewer.session.id, token, {"type": "done"}))
        return number

    def shoot(self, record: SessionRecord, number: int) -> int:
        """A frame of a subscription comes from the worker; returns its number."""
        self.frame_number += 1
        header = FrameHeader(self.frame_number, 1, 0, 0, 0, 0.0, 0.0, 0, 0)
        self.hub.received(worker_messages.Taken(record.id, number, encode_frame(header, [])))
        return self.frame_number

    def grants(self) -> int:
        """How many grants the workers were given since the last look at their mail."""
        return sum(isinstance(message, worker_messages.Grant) for message in self.workers.take())


@pytest.fixture
def world() -> World:
    return World()


# Hello -------------------------------------------------------------------------------------------


def test_hello_opens_a_session(world: World) -> None:
    _, socket, record = world.enter()
    welcome, *rest = socket.take()
    assert rest == []
    assert welcome == {
        "type": "welcome",
        "id": 1,
        "protocol": PROTOCOL,
        "version": welcome["version"],
        "session": record.id,
        "resumed": False,
        "last_event": 0,
    }
    assert world.workers.take() == [worker_messages.Open(record.id)]
    assert len(record.id) > 20


def test_a_second_viewer_joins_the_session_by_its_id(world: World) -> None:
    _, _, record = world.enter()
    _, socket, same = world.enter(record.id)
    assert same is record
    assert socket.take()[0]["resumed"] is True
    assert len(world.hub.sessions) == 1


def test_an_unknown_session_is_a_new_one(world: World) -> None:
    _, socket, record = world.enter("gone", last_seen=50)
    welcome = socket.take()[0]
    assert (welcome["resumed"], welcome["last_event"]) == (False, 0)
    assert record.id != "gone"


def test_the_first_message_is_a_hello(world: World) -> None:
    viewer, socket = world.join()
    world.tell(viewer, "run", id=7)
    error = socket.take()[0]
    assert (error["type"], error["code"], error["id"]) == ("error", "no_hello", 7)
    assert viewer.session is None
    world.tell(viewer, "hello", protocol=PROTOCOL)
    assert socket.take()[0]["type"] == "welcome"


def test_the_second_hello_is_refused_and_harmless(world: World) -> None:
    viewer, socket, record = world.enter()
    socket.take()
    world.tell(viewer, "hello", id=9, protocol=PROTOCOL)
    error = socket.take()[0]
    assert (error["code"], error["field"], error["id"]) == ("bad_value", "type", 9)
    assert viewer.session is record
    assert len(world.hub.sessions) == 1


@pytest.mark.parametrize("version", [PROTOCOL - 1, PROTOCOL + 1])
def test_another_protocol_is_refused_for_good(world: World, version: int) -> None:
    viewer, socket = world.join()
    world.tell(viewer, "hello", id=3, protocol=version)
    error = socket.take()[0]
    assert (error["code"], error["id"], error["field"], error["value"]) == (
        "wrong_protocol",
        3,
        "protocol",
        version,
    )
    assert socket.closed is not None
    assert socket.closed[0] == CLOSE_REFUSED
    assert world.hub.sessions == {}


def test_sessions_go_to_the_worker_that_has_the_fewest() -> None:
    world = World(workers=3)
    records = [world.enter()[2] for _ in range(7)]
    assert [record.worker for record in records] == [0, 1, 2, 0, 1, 2, 0]


def test_too_many_sessions() -> None:
    world = World(max_sessions=2)
    world.enter()
    viewer, _, left = world.enter()
    refused, socket = world.join()
    world.tell(refused, "hello", protocol=PROTOCOL)
    assert socket.take()[0]["code"] == "too_many_sessions"
    assert socket.closed is not None
    assert socket.closed[0] == CLOSE_LATER
    # One that nobody watches makes room.
    world.hub.leave(viewer, clean=False)
    world.enter()
    assert left.id not in world.hub.sessions
    assert worker_messages.Close(left.id) in world.workers.take()


def test_the_session_left_for_longest_makes_room() -> None:
    world = World(max_sessions=3)
    entered = [world.enter() for _ in range(3)]
    for viewer, _, _ in (entered[1], entered[0], entered[2]):
        world.clock.wait(1.0)
        world.hub.leave(viewer, clean=True)
    world.enter()
    assert entered[1][2].id not in world.hub.sessions
    assert len(world.hub.sessions) == 3


def test_too_many_viewers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_VIEWERS", 2)
    _, _, record = world.enter()
    world.enter(record.id)
    viewer, socket = world.join()
    world.tell(viewer, "hello", protocol=PROTOCOL, session=record.id)
    assert socket.take()[0]["code"] == "too_many_viewers"
    assert socket.closed is not None
    assert socket.closed[0] == CLOSE_LATER
    assert len(record.viewers) == 2


# Commands, answers, events -----------------------------------------------------------------------


def test_a_command_goes_to_the_worker_and_its_answer_to_who_gave_it() -> None:
    world = World(workers=2)
    world.enter()
    viewer, socket, record = world.enter()
    _, other, _ = world.enter(record.id)
    socket.take(), other.take(), world.workers.take()
    world.tell(viewer, "step", id=42, unit="layer", count=2)
    ((number, message),) = world.workers.sent
    assert number == record.worker == 1
    assert isinstance(message, worker_messages.Perform)
    assert message.command == parse_command('{"id":42,"type":"step","unit":"layer","count":2}')
    answer = {"type": "done", "buffer": "x", "value": None}
    world.hub.received(worker_messages.Answered(record.id, message.token, answer))
    assert socket.take() == [{"id": 42, **answer}]
    assert other.take() == []
    world.hub.received(worker_messages.Answered(record.id, message.token, answer))
    assert socket.take() == []  # answered once


def test_an_answer_to_who_has_left_is_dropped(world: World) -> None:
    viewer, socket, record = world.enter()
    world.tell(viewer, "run")
    token = max(record.pending)
    world.hub.leave(viewer, clean=True)
    socket.take()
    world.hub.received(worker_messages.Answered(record.id, token, {"type": "done"}))
    assert socket.take() == []
    assert record.pending == {}


def test_events_are_numbered_and_go_to_every_viewer(world: World) -> None:
    _, one, record = world.enter()
    _, two, _ = world.enter(record.id)
    one.take(), two.take()
    world.happen(record, STATE, STATE)
    world.happen(record, STATE)
    expected = [{"event": number, **STATE} for number in (1, 2, 3)]
    assert one.take() == two.take() == expected


def test_events_of_other_sessions_are_not_seen(world: World) -> None:
    _, one, first = world.enter()
    _, two, _ = world.enter()
    one.take(), two.take()
    world.happen(first, STATE)
    assert len(one.take()) == 1
    assert two.take() == []
    world.hub.received(worker_messages.Happened("freed long ago", [STATE]))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "not_json"),
        ("[]", "not_object"),
        (b"\0\1", "binary"),
        ("x" * (MAX_MESSAGE_BYTES + 1), "too_large"),
        ("[" * 20, "too_deep"),
        ('{"id":4,"type":"set","name":"x","value":NaN}', "not_finite"),
        ('{"id":4,"type":"fly"}', "unknown_type"),
        ('{"id":4,"type":"run","fast":true}', "unknown_field"),
        ('{"id":4,"type":"set","name":"x"}', "missing_field"),
        ('{"id":4,"type":"step","count":0}', "bad_value"),
    ],
)
def test_a_bad_message_is_an_error_to_its_sender_alone(
    world: World, message: str | bytes, code: str
) -> None:
    viewer, socket, record = world.enter()
    _, other, _ = world.enter(record.id)
    socket.take(), other.take(), world.workers.take()
    world.hub.receive(viewer, message)
    (error,) = socket.take()
    assert (error["type"], error["code"]) == ("error", code)
    assert error["id"] == (4 if isinstance(message, str) and '"id":4' in message else None)
    assert "event" not in error
    assert {"field", "value", "expected", "message"} < error.keys()
    assert other.take() == []
    assert world.workers.take() == []
    world.tell(viewer, "run")
    assert len(world.workers.take()) == 1


def test_a_viewer_that_says_too_much(world: World) -> None:
    viewer, socket, _ = world.enter()
    socket.take(), world.workers.take()
    for _ in range(int(MESSAGE_BURST) * 2):
        world.tell(viewer, "run")
    performed = len(world.workers.take())
    assert performed == MESSAGE_BURST - 1  # one was the hello
    (error,) = socket.take()  # said once, not a thousand times
    assert (error["code"], error["id"]) == ("too_fast", None)
    assert f"{MESSAGES_PER_SECOND:g}" in error["message"]
    world.clock.wait(1.0)
    for _ in range(int(MESSAGE_BURST)):
        world.tell(viewer, "run")
    assert len(world.workers.take()) == MESSAGES_PER_SECOND
    assert len(socket.take()) <= 1
    for _ in range(1000):  # whoever goes on too fast is still heard as often as is allowed
        world.clock.wait(0.25 / MESSAGES_PER_SECOND)
        world.tell(viewer, "run")
    assert len(world.workers.take()) == 250


# Credit ------------------------------------------------------------------------------------------


def test_a_viewer_has_two_unacknowledged_frames_at_most(world: World) -> None:
    viewer, socket, record = world.enter()
    world.workers.take()
    number = world.subscribe(viewer)
    assert world.grants() == 1
    first = world.shoot(record, number)
    assert world.grants() == 1
    world.shoot(record, number)
    assert world.grants() == 0  # the credit is used up, and training goes on without frames
    assert len(socket.frames()) == 2
    world.tell(viewer, "ack", frame=first)
    assert world.grants() == 1
    world.shoot(record, number)
    assert len(socket.frames()) == 1
    assert world.grants() == 0


def test_acknowledgements_of_other_frames_are_ignored(world: World) -> None:
    viewer, socket, record = world.enter()
    number = world.subscribe(viewer)
    first, _ = world.shoot(record, number), world.shoot(record, number)
    world.grants()
    socket.take()
    for frame in (999, 999, first + 100):
        world.tell(viewer, "ack", frame=frame)
    assert world.grants() == 0
    world.tell(viewer, "ack", frame=first)
    world.tell(viewer, "ack", frame=first)
    assert world.grants() == 1
    assert socket.take() == []  # acknowledgements have no answer


def test_viewers_of_the_same_subscription_share_its_frames(world: World) -> None:
    one, socket_one, record = world.enter()
    two, socket_two, _ = world.enter(record.id)
    number = world.subscribe(one)
    assert world.subscribe(two) == number
    world.workers.take()
    world.shoot(record, number)
    (frame,), (same,) = socket_one.frames(), socket_two.frames()
    assert frame is same


@pytest.mark.parametrize(
    ("buffers", "rate"),
    [(WEIGHTS, 30.0), ([{"name": "dense1/W", "dtype": "u8"}], 60.0), ([], 60.0)],
)
def test_other_buffers_or_rates_are_other_subscriptions(
    world: World, buffers: Any, rate: float
) -> None:
    one, _, record = world.enter()
    two, socket, _ = world.enter(record.id)
    number = world.subscribe(one)
    assert world.subscribe(two, buffers, rate) != number
    world.shoot(record, number)
    assert socket.frames() == []


def test_a_slow_viewer_keeps_no_other_waiting(world: World) -> None:
    slow, slow_socket, record = world.enter()
    quick, quick_socket, _ = world.enter(record.id)
    number = world.subscribe(slow)
    world.subscribe(quick)
    for _ in range(10):
        world.workers.take()
        world.tell(quick, "ack", frame=world.shoot(record, number))
    assert len(quick_socket.frames()) == 10
    assert len(slow_socket.frames()) == 2
    # It gets the newest when it has caught up: what it missed is gone.
    world.tell(slow, "ack", frame=1)
    newest = world.shoot(record, number)
    assert frame_number(slow_socket.frames()[0]) == newest


def test_credit_counts_over_a_change_of_subscription(world: World) -> None:
    viewer, _, record = world.enter()
    number = world.subscribe(viewer)
    first, _ = world.shoot(record, number), world.shoot(record, number)
    world.workers.take()
    world.subscribe(viewer, [])
    assert world.grants() == 0
    world.tell(viewer, "ack", frame=first)
    assert world.grants() == 1


def test_a_new_subscription_takes_the_place_of_the_old(world: World) -> None:
    viewer, _, record = world.enter()
    old = world.subscribe(viewer)
    world.tell(viewer, "subscribe", buffers=[])
    assert of_kind([message for _, message in world.workers.sent], worker_messages.Unwatch) == []
    world.answer()
    assert worker_messages.Unwatch(record.id, old) in world.workers.take()
    assert len(record.shared) == 1
    world.shoot(record, old)  # one that was on its way


def test_a_refused_subscription_leaves_the_old_one(world: World) -> None:
    viewer, socket, record = world.enter()
    old = world.subscribe(viewer)
    world.workers.take()
    world.tell(viewer, "subscribe", buffers=[{"name": "nonsense"}])
    world.answer(accepted=False)
    assert list(record.shared) == [old]
    world.shoot(record, old)
    assert len(socket.frames()) == 1


def test_subscribing_again_to_the_same_opens_it_anew(world: World) -> None:
    viewer, _, record = world.enter()
    number = world.subscribe(viewer)
    assert world.grants() == 1
    assert world.subscribe(viewer) == number
    assert world.grants() == 1  # the worker has forgotten the first
    assert len(record.shared) == 1


def test_the_last_viewer_of_a_subscription_closes_it(world: World) -> None:
    one, _, record = world.enter()
    two, _, _ = world.enter(record.id)
    number = world.subscribe(one)
    world.subscribe(two)
    world.workers.take()
    world.hub.leave(one, clean=True)
    assert world.workers.take() == []
    world.hub.leave(two, clean=False)
    assert world.workers.take() == [worker_messages.Unwatch(record.id, number)]
    assert record.shared == {}


# Replay ------------------------------------------------------------------------------------------


def numbers(messages: list[dict[str, Any]]) -> list[int]:
    return [message["event"] for message in messages if "event" in message]


def test_after_a_reconnect_what_was_missed_comes_exactly_once(world: World) -> None:
    viewer, socket, record = world.enter()
    world.happen(record, STATE, STATE)
    assert numbers(socket.take()) == [1, 2]
    world.hub.leave(viewer, clean=False)
    world.happen(record, STATE, STATE, STATE)
    _, again, _ = world.enter(record.id, last_seen=2)
    world.happen(record, STATE)
    welcome, *events = again.take()
    assert (welcome["resumed"], welcome["last_event"]) == (True, 5)
    assert numbers(events) == [3, 4, 5, 6]
    assert not any(isinstance(m, worker_messages.Abridge) for m in world.workers.take())
    assert socket.take() == []


def test_a_viewer_that_has_seen_all_misses_nothing(world: World) -> None:
    viewer, _, record = world.enter()
    world.happen(record, STATE, STATE)
    world.hub.leave(viewer, clean=False)
    _, again, _ = world.enter(record.id, last_seen=2)
    assert numbers(again.take()) == []


@pytest.mark.parametrize("last_seen", [0, 5, 10**6])
def test_who_is_new_or_too_far_behind_gets_the_abridged_events(
    world: World, last_seen: int
) -> None:
    _, _, record = world.enter()
    for _ in range(LOG_EVENTS + 10):
        world.happen(record, STATE)
    viewer, socket, _ = world.enter(record.id, last_seen=last_seen)
    assert worker_messages.Abridge(record.id, viewer.number) in world.workers.take()
    socket.take()
    world.happen(record, STATE)  # before they have come, nothing else does
    assert socket.take() == []
    abridged: list[Event] = [{"type": "configured"}, {"type": "state"}, {"type": "loss"}]
    world.hub.received(worker_messages.Abridged(record.id, viewer.number, abridged))
    last = record.log.last
    events = socket.take()
    assert [event["type"] for event in events] == ["configured", "state", "loss"]
    assert numbers(events) == [last - 2, last - 1, last]
    world.happen(record, STATE)
    assert numbers(socket.take()) == [last + 1]


def test_abridged_events_go_to_nobody_else(world: World) -> None:
    _, other, record = world.enter()
    world.happen(record, STATE)
    viewer, _, _ = world.enter(record.id)
    other.take()
    world.hub.leave(viewer, clean=True)
    world.hub.received(worker_messages.Abridged(record.id, viewer.number, [STATE]))
    assert other.take() == []


def test_the_log_is_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog()
    for _ in range(3 * LOG_EVENTS):
        log.append(STATE)
    assert log.since(log.last - LOG_EVENTS - 1) is None
    missed = log.since(log.last - LOG_EVENTS)
    assert missed is not None
    assert len(missed) == LOG_EVENTS
    monkeypatch.setattr(hub, "LOG_BYTES", 1000)
    log.append({"type": "loss", "points": "x" * 900})
    assert log.since(log.last - 2) is not None
    assert log.since(log.last - 5) is None
    log.append({"type": "loss", "points": "x" * 2000})  # the newest is kept however large
    assert log.since(log.last - 1) is not None


# Sessions without viewers ------------------------------------------------------------------------


def of_kind(
    messages: list[worker_messages.ToWorker], *kinds: type[Any]
) -> list[worker_messages.ToWorker]:
    return [message for message in messages if isinstance(message, kinds)]


def ticks(world: World, seconds: float) -> list[worker_messages.ToWorker]:
    """Let time pass; returns what the workers were told."""
    for _ in range(int(seconds)):
        world.clock.wait(1.0)
        world.hub.tick()
    return world.workers.take()


def test_a_closed_page_pauses_its_session(world: World) -> None:
    viewer, _, record = world.enter()
    world.workers.take()
    world.hub.leave(viewer, clean=True)
    assert world.workers.take() == [worker_messages.Leave(record.id)]
    world.clock.wait(RESUME_SECONDS - 1)
    world.enter(record.id)
    assert of_kind(world.workers.take(), worker_messages.Return) == [
        worker_messages.Return(record.id)
    ]


def test_while_somebody_watches_nothing_is_paused(world: World) -> None:
    viewer, _, record = world.enter()
    world.enter(record.id)
    world.workers.take()
    world.hub.leave(viewer, clean=True)
    assert ticks(world, FREE_SECONDS + 2) == []
    assert record.id in world.hub.sessions


def test_a_lost_connection_lets_the_session_run_on_for_two_minutes(world: World) -> None:
    viewer, _, record = world.enter()
    world.workers.take()
    world.hub.leave(viewer, clean=False)
    assert RESUME_SECONDS == 120
    assert ticks(world, RESUME_SECONDS) == []
    world.enter(record.id)
    assert of_kind(world.workers.take(), worker_messages.Leave, worker_messages.Return) == []


def test_after_two_minutes_it_pauses_and_stays_paused(world: World) -> None:
    viewer, _, record = world.enter()
    world.workers.take()
    world.hub.leave(viewer, clean=False)
    assert ticks(world, RESUME_SECONDS + 2) == [worker_messages.Leave(record.id)]
    assert ticks(world, 100) == []  # told once
    _, socket, same = world.enter(record.id)
    assert same is record
    assert socket.take()[0]["resumed"] is True
    assert of_kind(world.workers.take(), worker_messages.Return) == []


def test_after_a_while_it_is_freed(world: World) -> None:
    viewer, _, record = world.enter()
    world.workers.take()
    world.hub.leave(viewer, clean=True)
    told = ticks(world, FREE_SECONDS + 1)
    assert told == [worker_messages.Leave(record.id), worker_messages.Close(record.id)]
    assert world.hub.sessions == {}
    _, socket, other = world.enter(record.id)
    assert other is not record
    assert socket.take()[0]["resumed"] is False


def test_leaving_before_the_hello_or_twice_is_nothing(world: World) -> None:
    viewer, _ = world.join()
    world.hub.leave(viewer, clean=True)
    viewer, _, record = world.enter()
    world.hub.leave(viewer, clean=False)
    left = record.left
    world.clock.wait(5.0)
    world.hub.leave(viewer, clean=True)
    assert record.left == left


# Lost workers ------------------------------------------------------------------------------------


@pytest.fixture
def checkpoint() -> Checkpoint:
    saved = configured().session.checkpoint()
    assert saved is not None
    return saved


def test_sessions_of_a_lost_worker_come_back_from_their_checkpoints(
    checkpoint: Checkpoint,
) -> None:
    world = World(workers=2)
    viewer, socket, record = world.enter()
    _, other_socket, _ = world.enter()
    number = world.subscribe(viewer, rate=20.0)
    frame = world.shoot(record, number)
    world.hub.received(worker_messages.Saved(record.id, checkpoint))
    world.tell(viewer, "run", id=77)
    socket.take(), other_socket.take(), world.workers.take()
    world.hub.replaced(record.worker)
    assert world.workers.take() == [
        worker_messages.Open(record.id, checkpoint, frame, lost=True, halt=None),
        worker_messages.Watching(
            record.id, number, Subscription((WatchedBuffer("dense1/W", "f32"),), 20.0)
        ),
        worker_messages.Grant(record.id, number),
    ]
    (error,) = socket.take()
    assert (error["code"], error["id"]) == ("worker_restarted", 77)
    assert other_socket.take() == []
    assert record.pending == {}


def test_a_subscription_not_yet_accepted_is_lost_with_the_worker(world: World) -> None:
    viewer, socket, record = world.enter()
    world.tell(viewer, "subscribe", id=8, buffers=WEIGHTS)
    socket.take(), world.workers.take()
    world.hub.replaced(0)
    assert record.shared == {}
    assert of_kind(world.workers.take(), worker_messages.Watching, worker_messages.Grant) == []
    assert socket.take()[0]["id"] == 8


def test_a_newcomer_still_gets_the_abridged_events(world: World) -> None:
    _, _, record = world.enter()
    world.happen(record, STATE)
    viewer, _, _ = world.enter(record.id)
    world.workers.take()
    world.hub.replaced(0)
    assert worker_messages.Abridge(record.id, viewer.number) in world.workers.take()


def test_a_session_that_was_left_comes_back_paused(world: World) -> None:
    viewer, _, record = world.enter()
    world.hub.leave(viewer, clean=True)
    world.workers.take()
    world.hub.replaced(0)
    assert world.workers.take() == [
        worker_messages.Open(record.id, None, 0, lost=True, halt="closed")
    ]
    world.enter(record.id)
    assert worker_messages.Return(record.id) in world.workers.take()


def halts(world: World) -> list[str | None]:
    return [m.halt for m in world.workers.take() if isinstance(m, worker_messages.Open)]


def test_a_session_that_is_lost_again_and_again_comes_back_paused(world: World) -> None:
    world.enter()
    world.workers.take()
    said = []
    for _ in range(CRASHES + 1):
        world.clock.wait(5.0)
        world.hub.replaced(0)
        said += halts(world)
    assert said == [None] * (CRASHES - 1) + ["command"] * 2
    world.clock.wait(120.0)
    world.hub.replaced(0)
    assert halts(world) == [None]


def test_then_it_does_not_go_on_by_itself_when_somebody_returns(world: World) -> None:
    viewer, _, record = world.enter()
    world.hub.leave(viewer, clean=True)
    for _ in range(CRASHES):
        world.hub.replaced(0)
    world.workers.take()
    world.enter(record.id)
    assert of_kind(world.workers.take(), worker_messages.Return) == []
