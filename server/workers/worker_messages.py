"""Messages between the server process and its workers: plain values that can be pickled."""

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
    """Open a session: a new one, or one restored from a checkpoint.

    Attributes:
        frames: number of its last frame; the next frames continue from there.
        lost: whether its worker was lost; its viewers get an event about that.
        halt: the reason to pause it, whatever it did before; None to let it continue.
        target: the network that a script wants to debug; None for an empty session.
    """

    session: str
    checkpoint: Checkpoint | None = None
    frames: int = 0
    lost: bool = False
    halt: Reason | None = None
    target: DebugTarget | None = None


@dataclass(frozen=True)
class Save:
    """Pause the session and send a checkpoint now."""

    session: str


@dataclass(frozen=True)
class Close:
    """Forget a session."""

    session: str


@dataclass(frozen=True)
class Perform:
    """Carry out a command, and answer with `token`. A `Subscribe` opens `subscription`."""

    session: str
    token: int
    command: Command
    subscription: int = 0


@dataclass(frozen=True)
class Watching:
    """Open a subscription that a lost worker had accepted."""

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
    """Allow one frame of a subscription, because a viewer has credit for it."""

    session: str
    number: int


@dataclass(frozen=True)
class Abridge:
    """Send all events that a newly connected viewer needs."""

    session: str
    viewer: int


@dataclass(frozen=True)
class Leave:
    """Pause, because the last viewer has left."""

    session: str


@dataclass(frozen=True)
class Return:
    """Continue what `Leave` has paused, because a viewer is back."""

    session: str


@dataclass(frozen=True)
class Ping:
    """Ask for a `Pong`, as a sign of life."""


@dataclass(frozen=True)
class Stop:
    """End the worker process."""


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
    """New events of a session, in order, not yet numbered."""

    session: str
    events: list[Event]


@dataclass(frozen=True)
class Abridged:
    """The events that `Abridge` asked for."""

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
    """A checkpoint of a session."""

    session: str
    checkpoint: Checkpoint


@dataclass(frozen=True)
class Pong:
    """The answer to `Ping`."""


FromWorker = Answered | Happened | Abridged | Taken | Saved | Pong
