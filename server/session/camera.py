"""Takes frames of a machine for subscriptions, at rates that cost little of a run's time.

While the machine runs, frames may take a small share of the session's time. So the cost of every
group of views and of every subscription's encoding is measured and decides when it is next due. A
view that is not due is shown as of its last refresh. At rest, a frame shows the present everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from engine import Buffer, Difference, Moment
from server.session.runner import Clock, Runner
from server.views.comparison import CompareGroup
from server.views.driving_view import DrivingGroup
from server.views.probe import ProbeGroup, ProbePoint
from server.views.test_set import TestGroup
from server.views.view_group import View, ViewGroup
from server.views.views import groups
from server.wire.commands import WatchedBuffer
from server.wire.errors import Refusal, unknown
from server.wire.frames import (
    FLAG_BATCH_ROW,
    FLAG_RUNNING,
    ITEM_BYTES,
    Dtype,
    FrameHeader,
    Payload,
    encode_frame,
    encode_payload,
)

VIEW_SHARE = 0.025
"""Share of a running session's time that goes into computing views."""
ENCODING_SHARE = 0.03
"""Share of a running session's time that goes into encoding the frames of one subscription."""
MAX_RISE = 2.0
"""Most times the known cost that one measurement counts for. On a busy computer another process may
run in the middle of a measurement, which would otherwise delay the next frames."""
MAX_FRAME_BYTES = 16 * 1024 * 1024
SMOOTHING = 0.3
"""Weight of a new measurement in the moving average of a cost."""


def smoothed(cost: float, measured: float) -> float:
    """The moving average of a cost after one more measurement; a cost of 0 means none yet."""
    if cost == 0.0:
        return measured
    return cost + SMOOTHING * (min(measured, MAX_RISE * cost) - cost)


@dataclass
class Subscription:
    """Buffers that a viewer watches.

    Attributes:
        buffers: names, and the types in which the numbers are sent.
        rate: most frames a second.
        seen: version of the state that the last frame showed completely; -1 for none.
        taken: time at which the last frame was due. It was taken a little later; counting from when
            it was due keeps the rate.
        cost: seconds that encoding a frame takes.
    """

    buffers: tuple[WatchedBuffer, ...]
    rate: float
    seen: int = -1
    taken: float = -math.inf
    cost: float = 0.0


@dataclass
class _Shot:
    """A group of views, the cost of its refresh, and when the next refresh is due."""

    group: ViewGroup
    version: int = -1
    cost: float = 0.0
    due: float = 0.0
    payloads: dict[tuple[str, Dtype], Payload] = field(default_factory=dict)


class Camera:
    """Takes the frames of one machine.

    Attributes:
        generation: number of the network in its session.
        table: every buffer that can be watched, the program's own first; its position is its id.
        number: number of the last frame.
    """

    def __init__(
        self, runner: Runner, clock: Clock, wall: Clock, generation: int, number: int
    ) -> None:
        self._runner, self._clock, self._wall = runner, clock, wall
        self.generation, self.number = generation, number
        view_groups, self._probe = groups(runner.machine, runner.plan, runner.scorer, clock)
        self._comparison = CompareGroup(runner.plan.program, lambda: runner.timeline)
        view_groups.append(self._comparison)
        self._shots = [_Shot(group) for group in view_groups]
        self._of_view = {view.name: shot for shot in self._shots for view in shot.group.views}
        views = [_row(view, runner) for shot in self._shots for view in shot.group.views]
        self.table: dict[str, Buffer | ViewRow] = dict(runner.machine.program.buffers)
        self.table.update((view.name, view) for view in views)
        self._ids = {name: number for number, name in enumerate(self.table)}

    def identity(self, name: str) -> int:
        """The id of a buffer."""
        return self._ids[name]

    def is_view(self, name: str) -> bool:
        return name in self._of_view

    @property
    def probe(self) -> ProbeGroup:
        return self._probe

    @property
    def driving(self) -> DrivingGroup | None:
        """The car, if the network drives one."""
        groups = (shot.group for shot in self._shots)
        return next((group for group in groups if isinstance(group, DrivingGroup)), None)

    def choose(self, point: ProbePoint) -> None:
        """Show another sample in the probe views."""
        self._probe.choose(point)
        self._of_view["probe/loss"].version = -1

    def compare(self, branch: int | None) -> tuple[Moment, Difference | None] | None:
        """Show the difference to another branch from now on; returns where the two branches part.

        Raises:
            DescriptionError: there is no such branch.
        """
        timeline = self._runner.timeline
        parting = None
        if branch is not None:
            here = timeline.branch.number
            parting = timeline.parting(here, branch), timeline.first_difference(here, branch)
        self._comparison.branch = branch
        return parting

    def check(self, subscription: Subscription) -> None:
        """Refuse a subscription to buffers that do not exist or do not fit in a frame."""
        names: set[str] = set()
        for i, watch in enumerate(subscription.buffers):
            path = f"buffers[{i}]"
            row = self.row(watch.name, f"{path}.name")
            if watch.name in names:
                raise Refusal("bad_value", f"{path}.name", watch.name, "named once")
            names.add(watch.name)
            if watch.dtype == "i32" and not row.dtype.startswith("int"):
                raise Refusal("bad_value", f"{path}.dtype", "i32", "a dtype for real numbers")
        size = sum(self._size(watch) for watch in subscription.buffers)
        if size > MAX_FRAME_BYTES:
            expected = f"at most {MAX_FRAME_BYTES} bytes a frame"
            raise Refusal("bad_value", "buffers", f"{size} bytes", expected)

    def row(self, name: str, path: str) -> Buffer | ViewRow:
        """A row of the buffer table.

        Raises:
            Refusal: there is no such buffer or view.
        """
        if name not in self.table:
            raise Refusal("bad_value", path, name, unknown(name, self.table, "a buffer"))
        return self.table[name]

    def read(self, name: str) -> NDArray[Any]:
        """The present values of a buffer or view."""
        shot = self._of_view.get(name)
        if shot is None:
            return self._runner.machine.view(name)
        self._refresh(shot)
        return shot.group.array(name)

    # Frames ----------------------------------------------------------------------------------

    def delay(self, subscription: Subscription) -> float | None:
        """Seconds until the next frame may be taken; None while there is nothing new to show."""
        wait = self._interval(subscription)
        if subscription.seen == self._runner.version:
            period = self._period(subscription)
            if period is None:
                return None
            wait = max(wait, period)
        return max(0.0, subscription.taken + wait - self._clock())

    def _period(self, subscription: Subscription) -> float | None:
        """Seconds in which a watched view changes without the network; None for never."""
        shots = [self._of_view[w.name] for w in subscription.buffers if w.name in self._of_view]
        periods = [shot.group.period for shot in shots if shot.group.period is not None]
        return min(periods, default=None)

    def frame(self, subscription: Subscription) -> bytes | None:
        """The next frame of a subscription, or None if none is due."""
        if self.delay(subscription) != 0.0:
            return None
        version = self._runner.version
        watches = self._shown(subscription)
        complete = self._prepare(watches)
        start = self._clock()
        payloads = [(self._ids[w.name], self._payload(w.name, w.dtype)) for w in watches]
        self.number = (self.number + 1) % 2**32
        data = encode_frame(self._header(), payloads)
        subscription.cost = smoothed(subscription.cost, self._clock() - start)
        interval = self._interval(subscription)
        subscription.taken = max(subscription.taken + interval, start - interval)
        subscription.seen = version if complete else -1
        return data

    def _shown(self, subscription: Subscription) -> list[WatchedBuffer]:
        """The buffers that still exist in this network and fit in a frame."""
        shown: list[WatchedBuffer] = []
        left = MAX_FRAME_BYTES
        for watch in subscription.buffers:
            if watch.name in self.table and self._size(watch) <= left:
                shown.append(watch)
                left -= self._size(watch)
        return shown

    def _size(self, watch: WatchedBuffer) -> int:
        return math.prod(self.table[watch.name].shape) * ITEM_BYTES[watch.dtype]

    def _interval(self, subscription: Subscription) -> float:
        """Seconds from one frame to the next."""
        shortest = 1.0 / subscription.rate
        if not self._runner.running:
            return shortest
        return max(shortest, subscription.cost / ENCODING_SHARE)

    def _prepare(self, watches: Sequence[WatchedBuffer]) -> bool:
        """Refresh the watched views that are due; returns whether all show the present state."""
        shots = {id(shot): shot for w in watches if (shot := self._of_view.get(w.name))}
        now, runner = self._clock(), self._runner
        complete = True
        for shot in shots.values():
            if shot.version == runner.version and shot.group.period is None:
                continue
            if runner.running and now < shot.due and shot.version >= 0:
                complete = False
                continue
            self._refresh(shot)
            shot.due = now + shot.cost * len(shots) / VIEW_SHARE
        return complete

    def _refresh(self, shot: _Shot) -> None:
        runner = self._runner
        if shot.version == runner.version and shot.group.period is None:
            return
        if shot.group is self._comparison and runner.running:
            return  # it visits another moment, which would take too long in a run
        scored = runner.scorer.version == runner.version
        if not (scored and isinstance(shot.group, TestGroup)):
            start = self._clock()
            shot.group.refresh()
            shot.cost = smoothed(shot.cost, self._clock() - start)
        shot.version = runner.version
        shot.payloads.clear()

    def _payload(self, name: str, dtype: Dtype) -> Payload:
        shot = self._of_view.get(name)
        if shot is None:
            return encode_payload(self._runner.machine.view(name), dtype)
        key = (name, dtype)
        if key not in shot.payloads:
            shot.payloads[key] = encode_payload(shot.group.array(name), dtype)
        return shot.payloads[key]

    def _header(self) -> FrameHeader:
        machine, row = self._runner.machine, self._probe.row
        flags = FLAG_RUNNING if self._runner.running else 0
        flags |= FLAG_BATCH_ROW if row is not None else 0
        return FrameHeader(
            number=self.number,
            generation=self.generation,
            step=machine.step_count,
            branch=self._runner.timeline.branch.number,
            pc=machine.pc,
            epoch=machine.epoch,
            taken=self._wall(),
            flags=flags,
            probe=row if row is not None else self._probe.point.sample,
        )


@dataclass(frozen=True)
class ViewRow:
    """The row of a view in the buffer table, with the fields of `engine.Buffer`."""

    name: str
    symbol: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    role: str
    layer: str
    grad: str | None
    update: str | None
    dtype: str


def _row(view: View, runner: Runner) -> ViewRow:
    dtype = runner.plan.program.dtype
    return ViewRow(
        view.name, view.symbol, view.shape, view.axes, "view", view.layer, None, None, dtype
    )
