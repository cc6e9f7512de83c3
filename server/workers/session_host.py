"""Hosts many sessions in one process: receives and sends messages, and gives slices of time.

It knows nothing of processes and pipes.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from engine import Pieces
from server.session.camera import Subscription
from server.session.events import Event
from server.session.questions import Answer
from server.session.runner import Clock
from server.session.session import Outcome, Session
from server.wire.commands import Configure, Subscribe
from server.wire.errors import Refusal
from server.workers import worker_messages

log = logging.getLogger(__name__)

SLICE = 0.02
"""Most seconds that a session works before other sessions and messages have their turn."""
MIN_SLICE = 0.002
"""Least seconds of a slice."""
CREDIT_SLICE = 0.005
"""Most seconds of a slice while a frame waits for a viewer's credit, which may come any moment."""
MAX_QUESTIONS = 4
"""Most long answers of one session under way at the same time."""
CHECKPOINT_AFTER_CHANGE = 1.0
"""Seconds from one checkpoint to the next after a command."""
CHECKPOINT_WHILE_RUNNING = 5.0
"""Seconds from one checkpoint to the next in a run."""
CHECKPOINT_SHARE = 0.02
"""Largest share of time that checkpoints take; of a large network they are made less often."""


@dataclass
class Watched:
    """A subscription, and whether a viewer has credit for a frame of it."""

    subscription: Subscription
    granted: bool = False


@dataclass(frozen=True)
class Question:
    """A command whose answer is computed in pieces."""

    token: int
    pieces: Pieces[Answer]


@dataclass
class Hosted:
    """A session with its subscriptions and open questions, and the time and cost of the last save.

    Attributes:
        watched: subscriptions by number.
        questions: commands with long answers, the oldest first.
        saved: time of the last checkpoint, in seconds of the clock.
        saving_costs: seconds that it took.
    """

    session: Session
    watched: dict[int, Watched] = field(default_factory=dict)
    questions: deque[Question] = field(default_factory=deque)
    saved: float = 0.0
    saving_costs: float = 0.0


class SessionHost:
    """The sessions of one worker.

    Args:
        send: takes the messages to the server.
        clock, wall: monotonic and Unix seconds.
    """

    def __init__(
        self, send: Callable[[worker_messages.FromWorker], None], clock: Clock, wall: Clock
    ) -> None:
        self._send, self._clock, self._wall = send, clock, wall
        self._hosted: dict[str, Hosted] = {}

    # Messages --------------------------------------------------------------------------------

    def receive(self, message: worker_messages.ToWorker) -> None:
        """Act on one message. Messages about sessions that are closed are ignored."""
        match message:
            case worker_messages.Ping():
                self._send(worker_messages.Pong())
            case worker_messages.Open():
                self._open(message)
            case worker_messages.Close():
                self._hosted.pop(message.session, None)
            case worker_messages.Stop():
                self._hosted.clear()
            case _:
                hosted = self._hosted.get(message.session)
                if hosted is not None:
                    self._receive(hosted, message)

    def _receive(self, hosted: Hosted, message: worker_messages.ToWorker) -> None:
        match message:
            case worker_messages.Perform():
                self._perform(hosted, message)
            case worker_messages.Watching():
                hosted.watched[message.number] = Watched(message.subscription)
            case worker_messages.Unwatch():
                hosted.watched.pop(message.number, None)
            case worker_messages.Grant():
                if message.number in hosted.watched:
                    hosted.watched[message.number].granted = True
            case worker_messages.Abridge():
                events = hosted.session.abridged()
                self._send(worker_messages.Abridged(message.session, message.viewer, events))
            case worker_messages.Save():
                hosted.session.pause("command")
                self._save(message.session, hosted)
            case worker_messages.Leave():
                self._report(message.session, hosted.session.pause("closed"))
            case worker_messages.Return():
                self._report(message.session, hosted.session.go_on())

    def _open(self, message: worker_messages.Open) -> None:
        session = self._opened(message)
        self._hosted[message.session] = Hosted(session, saved=self._clock())
        if message.halt is not None:
            session.pause(message.halt)
        if message.target is not None:
            self._report(message.session, session.abridged())
        if message.lost:
            self._report(message.session, [_lost(session), *session.abridged()[1:]])

    def _opened(self, message: worker_messages.Open) -> Session:
        """The session of the checkpoint; a new one if there is none, or it cannot be restored."""
        if message.checkpoint is not None:
            try:
                return Session.restored(
                    message.checkpoint, self._clock, self._wall, frames=message.frames
                )
            except Exception:
                log.exception("a session could not be restored")
        session = Session(self._clock, self._wall)
        if message.target is not None:
            session.adopt(message.target)
        return session

    def _perform(self, hosted: Hosted, message: worker_messages.Perform) -> None:
        command = message.command
        outcome = Outcome()
        try:
            outcome = hosted.session.handle(command)
            answer = {"type": "done", **outcome.answer}
            if outcome.later is not None:
                self._queue(hosted, Question(message.token, outcome.later))
                return
        except Refusal as refusal:
            answer = {"type": "error", **refusal.fields()}
        except Exception:
            log.exception("command %s failed", command.type)
            answer = {"type": "error", **_internal().fields()}
        if answer["type"] == "done" and isinstance(command, Subscribe):
            subscription = Subscription(command.buffers, command.rate)
            hosted.watched[message.subscription] = Watched(subscription)
        if isinstance(command, Configure) and hosted.session.dirty:
            self._save(message.session, hosted)
        self._report(message.session, outcome.events)
        self._send(worker_messages.Answered(message.session, message.token, answer))

    def _queue(self, hosted: Hosted, question: Question) -> None:
        if len(hosted.questions) >= MAX_QUESTIONS:
            message = f"{MAX_QUESTIONS} questions are being answered; wait for one of the answers."
            raise Refusal("too_fast", message=message)
        hosted.questions.append(question)

    def _report(self, session: str, events: list[Event]) -> None:
        if events:
            self._send(worker_messages.Happened(session, events))

    # Time ------------------------------------------------------------------------------------

    def delay(self) -> float | None:
        """Seconds until `work` has something to do; None until the next message."""
        delays = [self._frame_delay(granted=True)]
        for hosted in self._hosted.values():
            delays.append(0.0 if hosted.questions else hosted.session.delay())
            if hosted.session.dirty:
                delays.append(max(0.0, self._save_due(hosted) - self._clock()))
        return min((delay for delay in delays if delay is not None), default=None)

    def work(self) -> None:
        """Send the frames that are due, give one session a slice, and save what is due."""
        for name, hosted in self._hosted.items():
            self._take_frames(name, hosted)
        ready = [
            name for name, h in self._hosted.items() if h.questions or h.session.delay() == 0.0
        ]
        if ready:
            self._advance(ready[0], len(ready))
        now = self._clock()
        for name, hosted in self._hosted.items():
            session = hosted.session
            if (session.dirty or session.running) and now >= self._save_due(hosted):
                self._save(name, hosted)

    def _advance(self, name: str, ready: int) -> None:
        """Give one session a slice, and move it to the end of the queue."""
        hosted = self._hosted.pop(name)
        self._hosted[name] = hosted
        length = min(SLICE / ready, self._until_frame())
        if hosted.questions:
            length /= 2
            self._answer(name, hosted, max(length, MIN_SLICE))
        try:
            events = hosted.session.advance(max(length, MIN_SLICE))
        except Exception:
            log.exception("a session failed")
            refusal = _internal()
            events = [{"type": "error", **refusal.fields()}, *hosted.session.pause("command")]
        self._report(name, events)

    def _answer(self, name: str, hosted: Hosted, seconds: float) -> None:
        """Work for so long on the oldest open question."""
        question, end = hosted.questions[0], self._clock() + seconds
        try:
            while self._clock() < end:
                next(question.pieces)
        except StopIteration as done:
            answer = {"type": "done", **done.value}
        except Refusal as refusal:
            answer = {"type": "error", **refusal.fields()}
        except Exception:
            log.exception("a question could not be answered")
            answer = {"type": "error", **_internal().fields()}
        else:
            return
        hosted.questions.popleft()
        self._send(worker_messages.Answered(name, question.token, answer))

    def _take_frames(self, name: str, hosted: Hosted) -> None:
        for number, watched in hosted.watched.items():
            if watched.granted:
                frame = self._frame(hosted.session, watched)
                if frame is not None:
                    watched.granted = False
                    self._send(worker_messages.Taken(name, number, frame))

    def _frame(self, session: Session, watched: Watched) -> bytes | None:
        try:
            return session.frame(watched.subscription)
        except Exception:
            log.exception("a frame could not be taken")
            watched.granted = False
            return None

    def _until_frame(self) -> float:
        """Seconds until a viewer may want a frame; its credit for the next may come at any time."""
        granted, others = (self._frame_delay(granted=granted) for granted in (True, False))
        soon = max(others, CREDIT_SLICE) if others is not None else SLICE
        return min(granted, soon) if granted is not None else soon

    def _frame_delay(self, *, granted: bool) -> float | None:
        """Seconds until a frame is due for a viewer with credit (`granted`), or for one without."""
        delays = [
            hosted.session.frame_delay(watched.subscription)
            for hosted in self._hosted.values()
            for watched in hosted.watched.values()
            if watched.granted == granted
        ]
        return min((delay for delay in delays if delay is not None), default=None)

    def _save_due(self, hosted: Hosted) -> float:
        soon = CHECKPOINT_AFTER_CHANGE if hosted.session.dirty else CHECKPOINT_WHILE_RUNNING
        return hosted.saved + max(soon, hosted.saving_costs / CHECKPOINT_SHARE)

    def _save(self, name: str, hosted: Hosted) -> None:
        start = self._clock()
        checkpoint = hosted.session.checkpoint()
        if checkpoint is not None:
            self._send(worker_messages.Saved(name, checkpoint))
        hosted.saved = self._clock()
        hosted.saving_costs = hosted.saved - start


def _internal() -> Refusal:
    return Refusal("internal", message="The server failed to do this; its log says more.")


def _lost(session: Session) -> Event:
    events = session.abridged()
    if not events:
        message = "The worker process ended before there was a network; configure one again."
    else:
        step = events[1]["step"]
        message = f"The worker process ended; the session continues from step {step:,}."
    return {"type": "error", **Refusal("worker_restarted", message=message).fields()}
