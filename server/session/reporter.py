"""Decides when events are sent: after a command all changes, in a run at limited rates."""

from __future__ import annotations

from typing import Any

from server.session import events
from server.session.camera import Camera
from server.session.events import Event
from server.session.runner import Clock, Runner

LOSS_INTERVAL = 0.05
"""Least seconds between two loss events of a run."""
WATCH_INTERVAL = 0.2
"""Least seconds between two watch-list events of a run, slow enough to read their numbers."""


class Reporter:
    """Remembers what was reported about one network, so that events report only what is new.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, runner: Runner, camera: Camera, clock: Clock) -> None:
        self._runner, self._camera, self._clock = runner, camera, clock
        self._reported_at = self._watched_at = 0.0
        self._history: tuple[Any, ...] = ()
        self._moved: list[list[float]] = []

    def restarted(self) -> None:
        """Report the whole history with the next events, because it was reset."""
        self._history = ()

    def configured(self) -> Event:
        """The event that describes the network."""
        return events.configured(self._runner, self._camera)

    def changed(self) -> list[Event]:
        """The state, and everything that has changed: after a command or at a stop."""
        state = events.state(self._runner, self._camera)
        stopped = [] if self._runner.running else [*self._breakpoints(), *self.watched()]
        return [state, *self._timeline(), *self._news(), *stopped]

    def progress(self) -> list[Event]:
        """What has changed in a run since its last events."""
        if not self._runner.running:
            return self.changed()
        now = self._clock()
        news = self._news() if now - self._reported_at >= LOSS_INTERVAL else []
        return [*news, *self.watched()] if now - self._watched_at >= WATCH_INTERVAL else news

    def everything(self) -> list[Event]:
        """All events that a newly connected viewer needs."""
        runner, camera = self._runner, self._camera
        curves = runner.curves.points().items()
        return [
            self.configured(),
            events.state(runner, camera),
            events.timeline(runner, camera),
            *(events.loss(camera, branch, points) for branch, points in curves),
            *self._breakpoints(),
            *self.watched(whole=True),
            *self._log(runner.breakpoints.lines()),
            events.diagnostics(runner, camera),
            *self._moved_samples(always=True),
        ]

    def watched(self, *, whole: bool = False) -> list[Event]:
        """The watch list, if there is one; see `events.watched`."""
        self._watched_at = self._clock()
        event = events.watched(self._runner, whole=whole)
        return [event] if event["values"] else []

    def diagnosed(self) -> list[Event]:
        """The findings, if they have changed."""
        changed = self._runner.health.changed
        return [events.diagnostics(self._runner, self._camera)] if changed else []

    def _news(self) -> list[Event]:
        """New loss points, lines of the log, findings and moved training points."""
        runner = self._runner
        fresh, runner.fresh = runner.fresh, []
        self._reported_at = self._clock()
        branches = dict.fromkeys(branch for branch, _ in fresh)
        losses = [
            events.loss(self._camera, b, [point for branch, point in fresh if branch == b])
            for b in branches
        ]
        lines = self._log(runner.breakpoints.new_lines())
        return [*losses, *lines, *self.diagnosed(), *self._moved_samples()]

    def _timeline(self) -> list[Event]:
        """The timeline, if it has new branches or edits, or another branch is the present one."""
        timeline = self._runner.timeline
        edits = tuple((len(branch.events), *branch.events[-1:]) for branch in timeline.branches)
        if (timeline.branch, edits) == self._history:
            return []
        self._history = timeline.branch, edits
        return [events.timeline(self._runner, self._camera)]

    def _breakpoints(self) -> list[Event]:
        event = events.breakpoints(self._runner)
        return [event] if event["breakpoints"] else []

    def _log(self, lines: list[dict[str, Any]]) -> list[Event]:
        return [events.log(lines)] if lines else []

    def _moved_samples(self, *, always: bool = False) -> list[Event]:
        """The moved training points, if that has changed since the last event."""
        event = events.moved(self._runner)
        if not always and event["points"] == self._moved:
            return []
        self._moved = event["points"]
        return [event]
