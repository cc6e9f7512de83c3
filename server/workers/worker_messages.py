"""What the server's process and its workers tell each other: plain values that can be pickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.session.camera import Subscription
from server.session.events import Event
from server.session.handover import DebugTarget
from server.session.runner import Reason
from server.session.session import Checkpoint
from server.wire.commands import Command

# To a worker -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """Host a session: a new one, or, after a worker was lost, the one of a checkpoint.

    Attributes:
        frames: number from which its frames are counted on.
        lost: it comes back from a lost worker; its viewers are told.
        halt: why it comes back paused whatever it did; None if it is to go on.
        target: what a script wants to debug, to begin with.
    """

    session: str
    checkpoint: Checkpoint | None = None
    frames: int = 0
    lost: bool = False
    halt: Reason | None = None
    target: DebugTarget | None = None


@dataclass(frozen=True)
class Save:
    """Send a checkpoint now."""

    session: str


@dataclass(frozen=True)
class Close:
    """Forget a session."""

    session: str


@dataclass(frozen=True)
class Perform:
    """Carry out a command and answer with the token. A `Subscribe` opens `subscription`."""

    session: str
    token: int
    command: Command
    subscription: int = 0


@dataclass(frozen=True)
class Watching:
    """Open a subscription that was accepted before (by a worker that is lost)."""

    session: str
    number: int
    subscription: Subscription


@dataclass(frozen=True)
class Unwatch:
    """Close a subscription."""

    session: str
    number: int


@dataclass(frozen=True)
class Grant:
    """A frame of this subscription may be sent: somebody has credit for it."""

    session: str
    number: int


@dataclass(frozen=True)
class Abridge:
    """Send the events that bring a newcomer up to date."""

    session: str
    viewer: int


@dataclass(frozen=True)
class Leave:
    """Nobody watches any more: pause."""

    session: str


@dataclass(frozen=True)
class Return:
    """Somebody watches again: run on if `Leave` had paused."""

    session: str


@dataclass(frozen=True)
class Ping:
    """Show that you are alive."""


@dataclass(frozen=True)
class Stop:
    """End."""


ToWorker = (
    Open
    | Save
    | Close
    | Perform
    | Watching
    | Unwatch
    | Grant
    | Abridge
    | Leave
    | Return
    | Ping
    | Stop
)

# From a worker -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answered:
    """The answer to a command, without its id."""

    session: str
    token: int
    answer: dict[str, Any]


@dataclass(frozen=True)
class Happened:
    """Events, in order, not yet numbered."""

    session: str
    events: list[Event]


@dataclass(frozen=True)
class Abridged:
    """The events asked for by `Abridge`."""

    session: str
    viewer: int
    events: list[Event]


@dataclass(frozen=True)
class Taken:
    """A frame of a subscription."""

    session: str
    number: int
    frame: bytes


@dataclass(frozen=True)
class Saved:
    """A checkpoint."""

    session: str
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Pong:
    """Alive."""


FromWorker = Answered | Happened | Abridged | Taken | Saved | Pong
