"""A small synchronous client: drive a session from a script.

    from server.client import Client

    with Client("ws://127.0.0.1:8000/ws") as client:
        client.configure({"data": {"name": "spirals"}, "layers": [{"units": 8}, {"units": 8}, {}]})
        client.run()
        client.wait_for("loss", lambda event: event["points"][-1][0] > 20_000)
        client.pause()
        print(client.read("dense1/W"))

Everything happens in calls. Events and frames that arrive meanwhile are kept until they are asked
for, at most the newest KEPT_EVENTS and KEPT_FRAMES. Frames are acknowledged when they are received,
so the server sends at most two to a script that makes no calls.
"""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from server.wire.commands import PROTOCOL
from server.wire.errors import Refusal
from server.wire.frames import Frame, decode_frame

Message = dict[str, Any]

KEPT_EVENTS = 10_000
KEPT_FRAMES = 16


class Client:
    """One viewer of one session.

    Args:
        url: URL of the WebSocket, e.g. ``ws://127.0.0.1:8000/ws``.
        session: id of a session to join, or None for a new one.
        last_seen: number of the last event of that session already seen.
        timeout: seconds that a call waits for an answer before TimeoutError.

    Attributes:
        session: id of the session.
        welcome: the server's first message.
        last_seen: number of the last event received.
        state: the last `state` event, or None.
        configured: the last `configured` event, or None.
    """

    def __init__(
        self,
        url: str,
        session: str | None = None,
        last_seen: int = 0,
        *,
        timeout: float = 10.0,
    ) -> None:
        self._url, self._timeout = url, timeout
        self._open = ExitStack()
        self._ids = 0
        self._answers: dict[int, Message] = {}
        self._events: deque[Message] = deque(maxlen=KEPT_EVENTS)
        self._frames: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self.last_seen = last_seen
        self.state: Message | None = None
        self.configured: Message | None = None
        self._connect(session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave like a page that is closed: the session pauses."""
        self._open.close()

    def drop(self) -> None:
        """Cut the connection as if it were lost: the session runs on."""
        self._socket.socket.shutdown(socket.SHUT_RDWR)

    def reconnect(self) -> None:
        """Return to the session after a lost connection, and receive the events missed.

        If the server has freed the session meanwhile, it opens a new one: see `welcome`.
        """
        self._open.close()
        self._connect(self.session)

    def _connect(self, session: str | None) -> None:
        connecting = connect(self._url, compression=None, max_size=None)
        self._socket: ClientConnection = self._open.enter_context(connecting)
        seen = {"session": session, "last_seen": self.last_seen}
        try:
            self.welcome = self._answer(self.post("hello", protocol=PROTOCOL, **seen))
        except BaseException:
            self._open.close()
            raise
        self.session: str = self.welcome["session"]
        if not self.welcome["resumed"]:
            self.last_seen, self.state, self.configured = 0, None, None

    # Commands --------------------------------------------------------------------------------

    def post(self, type: str, **fields: Any) -> int:
        """Send a command without waiting for its answer; returns its id."""
        self._ids += 1
        self.send(json.dumps({"id": self._ids, "type": type, **fields}))
        return self._ids

    def send(self, message: str | bytes) -> None:
        """Send any message, even an invalid one."""
        self._socket.send(message)

    def request(self, type: str, **fields: Any) -> Message:
        """Send a command and wait for its answer.

        Raises:
            Refusal: the server refused it.
            TimeoutError: there was no answer in time.
        """
        return self._answer(self.post(type, **fields))

    def configure(self, description: Message) -> Message:
        """Compile a description; returns the `configured` event."""
        self.request("configure", description=description)
        assert self.configured is not None  # its event comes before the answer
        return self.configured

    def run(self) -> None:
        """Run until something stops it."""
        self.request("run")

    def pause(self) -> Message:
        """Stop; returns the state."""
        self.request("pause")
        return self._stated()

    def step(self, unit: str = "step", count: int = 1) -> Message:
        """Advance by `count` units and wait until that is done; returns the state."""
        self.request("step", unit=unit, count=count)
        while self._stated()["running"]:
            self._receive(self._deadline())
        return self._stated()

    def run_to(self, instruction: int) -> Message:
        """Run until `instruction` is the next one; returns the state."""
        self.request("run_to", instruction=instruction)
        while self._stated()["running"]:
            self._receive(self._deadline())
        return self._stated()

    def reset(self) -> None:
        """Draw fresh parameters from the same seed."""
        self.request("reset")

    def reseed(self, seed: int) -> None:
        """Draw fresh parameters from another seed."""
        self.request("reseed", seed=seed)

    def set(self, name: str, value: float) -> None:
        """Give a live hyperparameter a new value."""
        self.request("set", name=name, value=value)

    def speed(self, unit: str = "step", per_second: float | None = None) -> None:
        """Limit a run to so many instructions or steps a second; None for no limit."""
        self.request("speed", unit=unit, per_second=per_second)

    def probe(self, sample: int, split: str = "train") -> None:
        """Choose the sample that the probe views show."""
        self.request("probe", sample=sample, split=split)

    def subscribe(self, buffers: dict[str, str], rate: float = 60.0) -> None:
        """Watch buffers, given as a mapping from name to dtype."""
        watches = [{"name": name, "dtype": dtype} for name, dtype in buffers.items()]
        self.request("subscribe", buffers=watches, rate=rate)

    def read(self, buffer: str, index: Sequence[int] | None = None) -> Any:
        """Exact values: a number or nested lists of numbers, with None for those not finite."""
        index_field = {} if index is None else {"index": list(index)}
        answer = self.request("read", buffer=buffer, **index_field)
        return answer["value"] if "value" in answer else answer["values"]

    def write(self, buffer: str, index: Sequence[int], value: float) -> None:
        """Change one element of a buffer."""
        self.request("write", buffer=buffer, index=list(index), value=value)

    # Events and frames -----------------------------------------------------------------------

    def wait_for(
        self,
        type: str,
        such: Callable[[Message], bool] = lambda event: True,
        *,
        timeout: float | None = None,
    ) -> Message:
        """The next event of a type for which `such` holds; events before it are skipped.

        Raises:
            TimeoutError: there was none in time.
        """
        deadline = self._deadline(timeout)
        while True:
            while self._events:
                event = self._events.popleft()
                if event["type"] == type and such(event):
                    return event
            self._receive(deadline)

    def events(self) -> list[Message]:
        """The events received and not yet asked for; does not wait."""
        events, self._events = list(self._events), deque()
        return events

    def frame(self, *, timeout: float | None = None) -> Frame:
        """The next frame, acknowledged."""
        deadline = self._deadline(timeout)
        while not self._frames:
            self._receive(deadline)
        return self._frames.popleft()

    def frames(self) -> Iterator[Frame]:
        """Yield frames without end; raises TimeoutError after a wait longer than the timeout."""
        while True:
            yield self.frame()

    def values(self, frame: Frame) -> dict[str, Any]:
        """The arrays of a frame by buffer name."""
        assert self.configured is not None  # no frames before
        names = {row["id"]: row["name"] for row in self.configured["buffers"]}
        return {names[id]: entry.values() for id, entry in frame.entries.items()}

    def _stated(self) -> Message:
        while self.state is None:
            self._receive(self._deadline())
        return self.state

    def _deadline(self, timeout: float | None = None) -> float:
        return time.monotonic() + (self._timeout if timeout is None else timeout)

    def _answer(self, id: int) -> Message:
        deadline = self._deadline()
        while id not in self._answers:
            self._receive(deadline)
        answer = self._answers.pop(id)
        if answer["type"] == "error":
            raise refusal(answer)
        return answer

    def _receive(self, deadline: float) -> None:
        """Receive one message."""
        left = deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError("the server did not answer in time")
        data = self._socket.recv(timeout=left)
        if isinstance(data, bytes):
            frame = decode_frame(data)
            self._frames.append(frame)
            self.post("ack", frame=frame.header.number)
            return
        message: Message = json.loads(data)
        if "event" in message:
            self._take(message)
        elif message.get("id") is not None:
            self._answers[message["id"]] = message
        else:
            self._events.append(message)

    def _take(self, event: Message) -> None:
        self.last_seen = event["event"]
        if event["type"] == "state":
            self.state = event
        elif event["type"] == "configured":
            self.configured = event
            self._frames.clear()  # their buffer ids belong to the previous network
        self._events.append(event)


def refusal(answer: Message) -> Refusal:
    """An error message as the exception that the server raised."""
    return Refusal(
        answer["code"],
        answer["field"],
        answer["value"],
        answer["expected"],
        message=answer["message"],
        id=answer.get("id"),
    )


__all__ = ["Client", "ConnectionClosed", "Message", "Refusal", "refusal"]
