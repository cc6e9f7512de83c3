"""Who watches what: sessions, their viewers, credit and replay. No sockets, no processes.

Everything happens in one thread, in calls from outside: a viewer's message, a worker's message, a
tick of the clock. What is to be sent goes to the `Viewer` or to the `Workers`.

A viewer may have CREDIT frames it has not acknowledged. A subscription whose viewers have all used
their credit is not granted, so no frame of it is made. Training never waits for a viewer.
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
RESUME_SECONDS = 120.0
"""How long a session runs on when its last viewer's connection was lost, and how long after a
viewer has left it goes on by itself when the viewer returns."""
FREE_SECONDS = 600.0
"""After so long without viewers a session is freed."""
MAX_SESSIONS = 64
MAX_VIEWERS = 64
"""Of one session."""
MESSAGES_PER_SECOND = 200.0
MESSAGE_BURST = 400.0
LOG_EVENTS = 2000
LOG_BYTES = 4_000_000
CRASHES, CRASH_SECONDS = 3, 60.0
"""A session that was lost so often in so short a time comes back paused."""

CLOSE_REFUSED = 1008
CLOSE_LATER = 1013


class Socket(Protocol):
    """Where a viewer's messages go."""

    def send(self, message: str | bytes) -> None:
        """Send soon; never waits."""

    def close(self, code: int, reason: str) -> None:
        """Close after what was sent before."""


class Workers(Protocol):
    """The workers."""

    count: int

    def send(self, number: int, message: worker_messages.ToWorker) -> None:
        """Tell a worker."""


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
        """The events after number `seen`; None if some of them are forgotten."""
        first = self.last - len(self._events) + 1
        if seen < first - 1 or seen > self.last:
            return None
        return list(itertools.islice(self._events, seen - first + 1, None))


def numbered(event: Event, number: int) -> str:
    """An event as the text that is sent."""
    return encode_message({"event": number, **event})


@dataclass(eq=False)
class Viewer:
    """One connection.

    Attributes:
        allowance: a token for each message that it may send now.
        session: what it watches; None before the hello.
        watching: number of its subscription.
        unacknowledged: numbers of frames it has been sent.
        waiting: it is a newcomer whose abridged events are on their way.
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
        """Send the error of a command."""
        self.tell({"type": "error", "id": refusal.id, **refusal.fields()})


@dataclass
class Shared:
    """A subscription and the viewers that share it.

    Attributes:
        granted: the worker has been told that it may make a frame.
    """

    number: int
    buffers: tuple[WatchedBuffer, ...]
    rate: float
    viewers: set[int] = field(default_factory=set)
    granted: bool = False
    accepted: bool = False


@dataclass
class Pending:
    """A command on its way."""

    viewer: int
    id: int
    shared: Shared | None = None


@dataclass(eq=False)
class SessionRecord:
    """What the hub knows of a session.

    Attributes:
        worker: number of the worker that hosts it.
        left: when the last viewer went; None while there are viewers.
        stopped: it was told to pause because nobody watches.
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
        workers: where sessions are hosted.
        clock: monotonic seconds.
        max_sessions: how many there may be.
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
        """A new connection."""
        full = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, MESSAGE_BURST, self._clock())
        return Viewer(socket, next(self._counter), full)

    def leave(self, viewer: Viewer, *, clean: bool) -> None:
        """A connection has ended: closed by its page (`clean`) or lost."""
        record, viewer.session = viewer.session, None
        if record is None or record.viewers.pop(viewer.number, None) is None:
            return
        self._unwatch(record, viewer)
        if not record.viewers:
            record.left = self._clock()
            if clean:
                self._stop(record)

    def receive(self, viewer: Viewer, message: str | bytes) -> None:
        """One message of a viewer. A bad one is answered with an error and has no effect."""
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
        """Whether the viewer keeps to the message rate; if not it is told, once a second."""
        now = self._clock()
        if viewer.allowance.available(now):
            viewer.allowance.spend(1)
            return True
        if now - viewer.complained > 1.0:
            viewer.complained = now
            said = f"More than {MESSAGES_PER_SECOND:g} messages a second; the last were dropped."
            viewer.refuse(Refusal("too_fast", message=said))
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
                said = f"This session has {MAX_VIEWERS} viewers, which is the most allowed."
                raise Refusal("too_many_viewers", message=said)
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
        """A new session, on the worker that has the fewest."""
        if len(self.sessions) >= self._max_sessions and not self._free_oldest():
            said = f"The server has {self._max_sessions} sessions, which is the most allowed."
            raise Refusal("too_many_sessions", message=said)
        loads = [0] * self._workers.count
        for record in self.sessions.values():
            loads[record.worker] += 1
        record = SessionRecord(secrets.token_urlsafe(16), loads.index(min(loads)))
        self.sessions[record.id] = record
        self._send(record, worker_messages.Open(record.id))
        return record

    def open_target(self, target: DebugTarget) -> str:
        """A session of somebody's own network; returns its id."""
        record = SessionRecord(secrets.token_urlsafe(16), 0)
        self.sessions[record.id] = record
        self._send(record, worker_messages.Open(record.id, target=target))
        return record.id

    def save(self, record: SessionRecord) -> None:
        """Have a session paused and a checkpoint of it taken."""
        self._send(record, worker_messages.Save(record.id))

    def _free_oldest(self) -> bool:
        """Free the session nobody watches for the longest time, if there is one."""
        alone = [record for record in self.sessions.values() if record.left is not None]
        if not alone:
            return False
        self._free(min(alone, key=lambda record: record.left or 0.0))
        return True

    def _return(self, record: SessionRecord) -> None:
        """Somebody watches again."""
        soon = record.left is not None and self._clock() - record.left <= RESUME_SECONDS
        if record.stopped and soon:
            self._send(record, worker_messages.Return(record.id))
        record.left, record.stopped = None, False

    # Commands --------------------------------------------------------------------------------

    def _perform(self, viewer: Viewer, command: Command) -> None:
        record = viewer.session
        if record is None:
            said = "The first message of a connection is a hello."
            raise Refusal("no_hello", message=said, id=command.id)
        token = next(self._counter)
        shared = self._shared(record, command) if isinstance(command, Subscribe) else None
        record.pending[token] = Pending(viewer.number, command.id, shared)
        number = shared.number if shared is not None else 0
        self._send(record, worker_messages.Perform(record.id, token, command, number))

    def _shared(self, record: SessionRecord, command: Subscribe) -> Shared:
        """The subscription to these buffers at this rate: the one there is, or a new one."""
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
        """The worker has accepted or refused a subscription."""
        shared.accepted = shared.accepted or accepted
        if viewer is not None and accepted:
            shared.viewers.add(viewer.number)
            self._unwatch(record, viewer, but=shared.number)
            viewer.watching = shared.number
            shared.granted = False  # the worker has opened it anew
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
        """The viewer stops watching its subscription, unless that is number `but`."""
        if viewer.watching is None or viewer.watching == but:
            return
        shared = record.shared.get(viewer.watching)
        viewer.watching = None
        if shared is not None:
            shared.viewers.discard(viewer.number)
            self._prune(record)

    def _prune(self, record: SessionRecord) -> None:
        """Close subscriptions that nobody watches or is about to watch."""
        wanted = {id(pending.shared) for pending in record.pending.values()}
        for shared in list(record.shared.values()):
            if not shared.viewers and id(shared) not in wanted:
                del record.shared[shared.number]
                self._send(record, worker_messages.Unwatch(record.id, shared.number))

    # Workers ---------------------------------------------------------------------------------

    def received(self, message: worker_messages.FromWorker) -> None:
        """One message of a worker."""
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
        """A newcomer's events carry the last numbers given, so that it is up to date with them."""
        viewer = record.viewers.get(message.viewer)
        if viewer is None:
            return
        viewer.waiting = False
        first = record.log.last - len(message.events) + 1
        for number, event in enumerate(message.events, first):
            viewer.socket.send(numbered(event, number))

    def replaced(self, worker: int) -> None:
        """A worker was lost and replaced: its sessions come back from their checkpoints."""
        for record in self.sessions.values():
            if record.worker == worker:
                self._bring_back(record)

    def _bring_back(self, record: SessionRecord) -> None:
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
            said = "The worker process ended before the command was carried out."
            if command.viewer in record.viewers:
                lost = Refusal("worker_restarted", message=said, id=command.id)
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
        """Pause and free sessions that nobody watches. Call about every second."""
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
