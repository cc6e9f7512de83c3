"""Connects viewers with sessions: subscriptions, credit and replay. No sockets, no processes.

Everything happens in one thread, in calls from outside: a viewer's message, a worker's message, a
tick of the clock. Replies go to a `Viewer`, requests to the `Workers`.

A viewer may have CREDIT unacknowledged frames. A subscription whose viewers have all used their
credit is not granted, so no frame of it is made. Training never waits for a viewer.
"""

from __future__ import annotations

import itertools
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from server.session.camera import Subscription
from server.session.events import Event
from server.session.handover import DebugTarget
from server.session.rate_limit import TokenBucket
from server.session.runner import Reason
from server.session.session import Checkpoint
from server.version import __version__
from server.wire.commands import (
    PROTOCOL,
    Ack,
    Command,
    Hello,
    Subscribe,
    WatchedBuffer,
    parse_command,
)
from server.wire.errors import Refusal
from server.wire.frames import frame_number
from server.wire.strict_json import encode_message
from server.workers import worker_messages

log = logging.getLogger(__name__)

CREDIT = 2
"""Most frames of a viewer that are not acknowledged."""
RESUME_SECONDS = 120.0
"""Seconds that a session runs on after its last viewer's connection was lost. A viewer that returns
within this time after leaving finds the session running again."""
FREE_SECONDS = 600.0
"""Seconds without viewers after which a session is freed."""
MAX_SESSIONS = 64
MAX_VIEWERS = 64
"""Most viewers of one session."""
MESSAGES_PER_SECOND = 200.0
MESSAGE_BURST = 400.0
"""Most messages of a viewer at once, after a pause."""
LOG_EVENTS = 2000
"""Most events of a session that are kept for viewers that come back."""
LOG_BYTES = 4_000_000
"""Most bytes of these events."""
CRASHES, CRASH_SECONDS = 3, 60.0
"""A session whose worker was lost CRASHES times within CRASH_SECONDS is restored paused."""

CLOSE_REFUSED = 1008
CLOSE_LATER = 1013


class Socket(Protocol):
    """The connection to a viewer."""

    def send(self, message: str | bytes) -> None:
        """Queue a message for sending; never waits."""

    def close(self, code: int, reason: str) -> None:
        """Close the connection after all queued messages."""


class Workers(Protocol):
    """The worker processes.

    Attributes:
        count: how many there are; they are numbered from 0.
    """

    count: int

    def send(self, number: int, message: worker_messages.ToWorker) -> None:
        """Send a message to a worker."""


class EventLog:
    """The last events of a session as JSON text, numbered from 1.

    Attributes:
        last: number of the newest event.
    """

    def __init__(self) -> None:
        self.last = 0
        self._events: deque[str] = deque()
        self._bytes = 0

    def append(self, event: Event) -> str:
        """Number an event; returns its text."""
        self.last += 1
        text = numbered(event, self.last)
        self._events.append(text)
        self._bytes += len(text)
        while len(self._events) > LOG_EVENTS or (self._bytes > LOG_BYTES and len(self._events) > 1):
            self._bytes -= len(self._events.popleft())
        return text

    def since(self, seen: int) -> list[str] | None:
        """The events after number `seen`; None if some of them are no longer kept."""
        first = self.last - len(self._events) + 1
        if seen < first - 1 or seen > self.last:
            return None
        return list(itertools.islice(self._events, seen - first + 1, None))


def numbered(event: Event, number: int) -> str:
    """An event with its number as JSON text."""
    return encode_message({"event": number, **event})


@dataclass(eq=False)
class Viewer:
    """One connection.

    Attributes:
        allowance: tokens for the messages that it may send now.
        session: the session it has joined; None before the hello.
        watching: number of its subscription.
        unacknowledged: numbers of frames that were sent and not acknowledged.
        waiting: whether its abridged events are still on their way.
        complained: time at which it was last refused for sending too fast.
    """

    socket: Socket
    number: int
    allowance: TokenBucket
    session: SessionRecord | None = None
    watching: int | None = None
    unacknowledged: set[int] = field(default_factory=set)
    waiting: bool = False
    complained: float = -1e9

    def tell(self, message: dict[str, Any]) -> None:
        """Send an unnumbered message."""
        self.socket.send(encode_message(message))

    def refuse(self, refusal: Refusal) -> None:
        """Send a refusal as the error of its command."""
        self.tell({"type": "error", "id": refusal.id, **refusal.fields()})


@dataclass
class Shared:
    """A subscription and the viewers that share it.

    Attributes:
        granted: whether the worker may make a frame.
        accepted: whether the worker has accepted the subscription.
    """

    number: int
    buffers: tuple[WatchedBuffer, ...]
    rate: float
    viewers: set[int] = field(default_factory=set)
    granted: bool = False
    accepted: bool = False


@dataclass
class Pending:
    """A command that a worker has not answered yet."""

    viewer: int
    id: int
    shared: Shared | None = None


@dataclass(eq=False)
class SessionRecord:
    """What the hub knows of a session.

    Attributes:
        worker: number of the worker that hosts it.
        left: time at which the last viewer left; None while there are viewers.
        stopped: whether it was paused because nobody watches.
        frames: number of the last frame.
        crashes: times at which its worker was lost.
    """

    id: str
    worker: int
    log: EventLog = field(default_factory=EventLog)
    viewers: dict[int, Viewer] = field(default_factory=dict)
    shared: dict[int, Shared] = field(default_factory=dict)
    pending: dict[int, Pending] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    left: float | None = None
    stopped: bool = False
    frames: int = 0
    crashes: list[float] = field(default_factory=list)


class Hub:
    """All sessions of a server.

    Args:
        workers: hosts of the sessions.
        clock: monotonic seconds.
        max_sessions: most sessions at the same time.
    """

    def __init__(
        self, workers: Workers, clock: Callable[[], float], *, max_sessions: int = MAX_SESSIONS
    ) -> None:
        self._workers, self._clock = workers, clock
        self._max_sessions = max_sessions
        self.sessions: dict[str, SessionRecord] = {}
        self._counter = itertools.count(1)

    # Viewers ---------------------------------------------------------------------------------

    def join(self, socket: Socket) -> Viewer:
        """Add a connection; returns its viewer."""
        full = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, MESSAGE_BURST, self._clock())
        return Viewer(socket, next(self._counter), full)

    def leave(self, viewer: Viewer, *, clean: bool) -> None:
        """Remove a connection that its page has closed (`clean`) or that was lost."""
        record, viewer.session = viewer.session, None
        if record is None or record.viewers.pop(viewer.number, None) is None:
            return
        self._unwatch(record, viewer)
        if not record.viewers:
            record.left = self._clock()
            if clean:
                self._stop(record)

    def receive(self, viewer: Viewer, message: str | bytes) -> None:
        """Handle a message of a viewer. A bad one is answered with an error and has no effect."""
        if not self._allowed(viewer):
            return
        try:
            command = parse_command(message)
            if isinstance(command, Ack):
                self._acknowledge(viewer, command.frame)
            elif isinstance(command, Hello):
                self._hello(viewer, command)
            else:
                self._perform(viewer, command)
        except Refusal as refusal:
            viewer.refuse(refusal)

    def _allowed(self, viewer: Viewer) -> bool:
        """Whether the viewer keeps to the message rate; if not, send an error once a second."""
        now = self._clock()
        if viewer.allowance.available(now):
            viewer.allowance.spend(1)
            return True
        if now - viewer.complained > 1.0:
            viewer.complained = now
            message = f"More than {MESSAGES_PER_SECOND:g} messages a second; the last were dropped."
            viewer.refuse(Refusal("too_fast", message=message))
        return False

    # Hello -----------------------------------------------------------------------------------

    def _hello(self, viewer: Viewer, hello: Hello) -> None:
        if viewer.session is not None:
            raise Refusal("bad_value", "type", "hello", "allowed twice", id=hello.id)
        try:
            if hello.protocol != PROTOCOL:
                raise Refusal("wrong_protocol", "protocol", hello.protocol, f"{PROTOCOL}")
            known = self.sessions.get(hello.session or "")
            record = known or self._open()
            if len(record.viewers) >= MAX_VIEWERS:
                message = f"This session has {MAX_VIEWERS} viewers, which is the most allowed."
                raise Refusal("too_many_viewers", message=message)
        except Refusal as refusal:
            refusal.id = hello.id
            viewer.refuse(refusal)
            final = refusal.code == "wrong_protocol"
            viewer.socket.close(CLOSE_REFUSED if final else CLOSE_LATER, refusal.message[:120])
            return
        self._welcome(viewer, hello, record, resumed=known is not None)

    def _welcome(
        self, viewer: Viewer, hello: Hello, record: SessionRecord, *, resumed: bool
    ) -> None:
        self._return(record)
        viewer.session = record
        record.viewers[viewer.number] = viewer
        viewer.tell(
            {
                "type": "welcome",
                "id": hello.id,
                "protocol": PROTOCOL,
                "version": __version__,
                "session": record.id,
                "resumed": resumed,
                "last_event": record.log.last,
            }
        )
        missed = record.log.since(hello.last_seen) if hello.last_seen else None
        if missed is not None:
            for text in missed:
                viewer.socket.send(text)
        elif record.log.last:
            viewer.waiting = True
            self._send(record, worker_messages.Abridge(record.id, viewer.number))

    def _open(self) -> SessionRecord:
        """Open a new session on the worker with the fewest sessions."""
        if len(self.sessions) >= self._max_sessions and not self._free_oldest():
            message = f"The server has {self._max_sessions} sessions, which is the most allowed."
            raise Refusal("too_many_sessions", message=message)
        loads = [0] * self._workers.count
        for record in self.sessions.values():
            loads[record.worker] += 1
        record = SessionRecord(secrets.token_urlsafe(16), loads.index(min(loads)))
        self.sessions[record.id] = record
        self._send(record, worker_messages.Open(record.id))
        return record

    def open_target(self, target: DebugTarget) -> str:
        """Open a session for the network of a script; returns its id."""
        record = SessionRecord(secrets.token_urlsafe(16), 0)
        self.sessions[record.id] = record
        self._send(record, worker_messages.Open(record.id, target=target))
        return record.id

    def save(self, record: SessionRecord) -> None:
        """Pause a session and request a checkpoint of it."""
        self._send(record, worker_messages.Save(record.id))

    def _free_oldest(self) -> bool:
        """Free the session that has been without viewers for longest; False if there is none."""
        alone = [record for record in self.sessions.values() if record.left is not None]
        if not alone:
            return False
        self._free(min(alone, key=lambda record: record.left or 0.0))
        return True

    def _return(self, record: SessionRecord) -> None:
        """Continue a session that gets a viewer again, if it was paused for lack of viewers."""
        soon = record.left is not None and self._clock() - record.left <= RESUME_SECONDS
        if record.stopped and soon:
            self._send(record, worker_messages.Return(record.id))
        record.left, record.stopped = None, False

    # Commands --------------------------------------------------------------------------------

    def _perform(self, viewer: Viewer, command: Command) -> None:
        record = viewer.session
        if record is None:
            message = "The first message of a connection must be a hello."
            raise Refusal("no_hello", message=message, id=command.id)
        token = next(self._counter)
        shared = self._shared(record, command) if isinstance(command, Subscribe) else None
        record.pending[token] = Pending(viewer.number, command.id, shared)
        number = shared.number if shared is not None else 0
        self._send(record, worker_messages.Perform(record.id, token, command, number))

    def _shared(self, record: SessionRecord, command: Subscribe) -> Shared:
        """The subscription to these buffers at this rate: an existing one or a new one."""
        for shared in record.shared.values():
            if shared.buffers == command.buffers and shared.rate == command.rate:
                return shared
        shared = Shared(next(self._counter), command.buffers, command.rate)
        record.shared[shared.number] = shared
        return shared

    def _answered(self, record: SessionRecord, message: worker_messages.Answered) -> None:
        pending = record.pending.pop(message.token, None)
        if pending is None:
            return
        viewer = record.viewers.get(pending.viewer)
        accepted = message.answer["type"] == "done"
        if viewer is not None:
            viewer.tell({"id": pending.id, **message.answer})
        if pending.shared is not None:
            self._subscribed(record, viewer, pending.shared, accepted=accepted)

    def _subscribed(
        self, record: SessionRecord, viewer: Viewer | None, shared: Shared, *, accepted: bool
    ) -> None:
        """Take note that the worker has accepted or refused a subscription."""
        shared.accepted = shared.accepted or accepted
        if viewer is not None and accepted:
            shared.viewers.add(viewer.number)
            self._unwatch(record, viewer, but=shared.number)
            viewer.watching = shared.number
            shared.granted = False  # the worker has opened it again
            self._grant(record, shared)
        self._prune(record)

    # Frames ----------------------------------------------------------------------------------

    def _acknowledge(self, viewer: Viewer, frame: int) -> None:
        record = viewer.session
        if record is None or frame not in viewer.unacknowledged:
            return
        viewer.unacknowledged.discard(frame)
        shared = record.shared.get(viewer.watching or 0)
        if shared is not None:
            self._grant(record, shared)

    def _taken(self, record: SessionRecord, message: worker_messages.Taken) -> None:
        shared = record.shared.get(message.number)
        record.frames = frame_number(message.frame)
        if shared is None:
            return
        shared.granted = False
        for viewer in self._with_credit(record, shared):
            viewer.unacknowledged.add(record.frames)
            viewer.socket.send(message.frame)
        self._grant(record, shared)

    def _grant(self, record: SessionRecord, shared: Shared) -> None:
        if not shared.granted and shared.accepted and self._with_credit(record, shared):
            shared.granted = True
            self._send(record, worker_messages.Grant(record.id, shared.number))

    def _with_credit(self, record: SessionRecord, shared: Shared) -> list[Viewer]:
        viewers = (record.viewers[number] for number in shared.viewers)
        return [viewer for viewer in viewers if len(viewer.unacknowledged) < CREDIT]

    def _unwatch(self, record: SessionRecord, viewer: Viewer, but: int | None = None) -> None:
        """End the viewer's subscription, unless its number is `but`."""
        if viewer.watching is None or viewer.watching == but:
            return
        shared = record.shared.get(viewer.watching)
        viewer.watching = None
        if shared is not None:
            shared.viewers.discard(viewer.number)
            self._prune(record)

    def _prune(self, record: SessionRecord) -> None:
        """Close subscriptions that no viewer has or is about to get."""
        wanted = {id(pending.shared) for pending in record.pending.values()}
        for shared in list(record.shared.values()):
            if not shared.viewers and id(shared) not in wanted:
                del record.shared[shared.number]
                self._send(record, worker_messages.Unwatch(record.id, shared.number))

    # Workers ---------------------------------------------------------------------------------

    def received(self, message: worker_messages.FromWorker) -> None:
        """Handle a message of a worker."""
        if isinstance(message, worker_messages.Pong):
            return
        record = self.sessions.get(message.session)
        if record is None:
            return
        match message:
            case worker_messages.Answered():
                self._answered(record, message)
            case worker_messages.Happened():
                self._happened(record, message.events)
            case worker_messages.Abridged():
                self._abridged(record, message)
            case worker_messages.Taken():
                self._taken(record, message)
            case worker_messages.Saved():
                record.checkpoint = message.checkpoint

    def _happened(self, record: SessionRecord, events: list[Event]) -> None:
        for event in events:
            text = record.log.append(event)
            for viewer in record.viewers.values():
                if not viewer.waiting:
                    viewer.socket.send(text)

    def _abridged(self, record: SessionRecord, message: worker_messages.Abridged) -> None:
        """Send a newcomer its events under the last numbers, so that it has missed none."""
        viewer = record.viewers.get(message.viewer)
        if viewer is None:
            return
        viewer.waiting = False
        first = record.log.last - len(message.events) + 1
        for number, event in enumerate(message.events, first):
            viewer.socket.send(numbered(event, number))

    def replaced(self, worker: int) -> None:
        """Restore the sessions of a worker that was replaced from their checkpoints."""
        for record in self.sessions.values():
            if record.worker == worker:
                self._restore(record)

    def _restore(self, record: SessionRecord) -> None:
        now = self._clock()
        record.crashes = [at for at in record.crashes if now - at < CRASH_SECONDS] + [now]
        halt: Reason | None = "closed" if record.stopped else None
        if len(record.crashes) >= CRASHES:
            halt, record.stopped = "command", False
        again = worker_messages.Open(
            record.id, record.checkpoint, record.frames, lost=True, halt=halt
        )
        self._send(record, again)
        pending, record.pending = record.pending, {}
        for command in pending.values():
            message = "The worker process ended before the command was carried out."
            if command.viewer in record.viewers:
                lost = Refusal("worker_restarted", message=message, id=command.id)
                record.viewers[command.viewer].refuse(lost)
        self._prune(record)
        for shared in record.shared.values():
            subscription = Subscription(shared.buffers, shared.rate)
            self._send(record, worker_messages.Watching(record.id, shared.number, subscription))
            shared.granted = False
            self._grant(record, shared)
        for viewer in record.viewers.values():
            if viewer.waiting:
                self._send(record, worker_messages.Abridge(record.id, viewer.number))

    def _send(self, record: SessionRecord, message: worker_messages.ToWorker) -> None:
        self._workers.send(record.worker, message)

    # Time ------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Pause and free sessions without viewers. Call this about every second."""
        now = self._clock()
        for record in list(self.sessions.values()):
            if record.left is None:
                continue
            if now - record.left > FREE_SECONDS:
                self._free(record)
            elif now - record.left > RESUME_SECONDS and not record.stopped:
                self._stop(record)

    def _stop(self, record: SessionRecord) -> None:
        record.stopped = True
        self._send(record, worker_messages.Leave(record.id))

    def _free(self, record: SessionRecord) -> None:
        del self.sessions[record.id]
        self._send(record, worker_messages.Close(record.id))
