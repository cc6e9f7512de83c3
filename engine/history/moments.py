"""The history of a machine as data: moments, edits and branches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.program.clamps import Clamp
from engine.program.memory import Index

EditKind = Literal["write", "clamp", "release"]
EDIT_KINDS: tuple[EditKind, ...] = ("write", "clamp", "release")


class Moment(NamedTuple):
    """A position on a branch: numbers of finished steps, and of instructions of the next step."""

    step: int
    pc: int


START = Moment(0, 0)


@dataclass(frozen=True, eq=False)
class Edit:
    """A change by hand.

    Attributes:
        moment: when it was made.
        kind: "write" puts numbers into a buffer; "clamp" also keeps them there until "release",
            see `Clamp`.
        buffer: the name of the buffer, which may be an array of the data set.
        index: an entry for each axis, None for all of it; or None for the whole buffer.
        values: an array of the shape of these elements, or a number; empty for "release".
    """

    moment: Moment
    kind: EditKind
    buffer: str
    index: Index | None
    values: NDArray[np.float64]


@dataclass(eq=False)
class Branch:
    """One line of history.

    Attributes:
        number: its index in `Timeline.branches`; 0 is the trunk.
        parent: the branch that it left at the moment `start`; None for the trunk.
        end: the last moment that has been reached on it.
        events: all edits from the start of training to its end, in order; the first `inherited`
            ones were made before it began.
    """

    number: int
    parent: Branch | None
    start: Moment
    end: Moment
    events: list[Edit] = field(default_factory=list)
    inherited: int = 0

    @property
    def edits(self) -> list[Edit]:
        """The edits that were made on the branch itself, in order."""
        return self.events[self.inherited :]

    def lineage(self) -> Iterator[tuple[Branch, Moment]]:
        """The branch with its end, then its ancestors, each with the moment of leaving it."""
        line: Branch | None = self
        limit = self.end
        while line is not None:
            yield line, limit
            limit = min(limit, line.start)
            line = line.parent

    def fork(self, number: int, moment: Moment) -> Branch:
        """A branch that leaves this history at `moment`, with all edits up to then."""
        owner = self.owner(moment)
        events = owner.events[: bisect_right(owner.events, moment, key=_moment)]
        return Branch(number, owner, moment, moment, events, len(events))

    def owner(self, moment: Moment) -> Branch:
        """The line that a moment of this history lies on, this one or an ancestor."""
        line = self
        while line.parent is not None and moment < line.start:
            line = line.parent
        return line

    def edits_at(self, moment: Moment) -> list[Edit]:
        return self.events[
            bisect_left(self.events, moment, key=_moment) : bisect_right(
                self.events, moment, key=_moment
            )
        ]

    def edits_before(self, moment: Moment) -> list[Edit]:
        return self.events[: bisect_left(self.events, moment, key=_moment)]

    def next_edit(self, moment: Moment) -> Moment | None:
        """The moment of the first edit after `moment`; None if there is none."""
        position = bisect_right(self.events, moment, key=_moment)
        return self.events[position].moment if position < len(self.events) else None

    def add(self, edit: Edit) -> None:
        """Append an edit; it replaces a last one with the same kind, moment and elements."""
        last = self.events[-1] if len(self.events) > self.inherited else None
        if last is not None and _key(last) == _key(edit):
            self.events.pop()
        self.events.append(edit)


def clamps_after(edits: Iterable[Edit]) -> tuple[Clamp, ...]:
    """The clamps that hold after these edits."""
    held: dict[tuple[str, Index | None], Clamp] = {}
    for edit in edits:
        key = edit.buffer, edit.index
        if edit.kind == "clamp":
            assert edit.index is not None
            held[key] = Clamp(edit.buffer, edit.index, float(edit.values))
        elif edit.kind == "release":
            held.pop(key, None)
    return tuple(held.values())


def _moment(edit: Edit) -> Moment:
    return edit.moment


def _key(edit: Edit) -> tuple[object, ...]:
    return edit.moment, edit.kind, edit.buffer, edit.index
