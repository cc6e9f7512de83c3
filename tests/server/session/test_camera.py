"""When views are computed anew and frames are taken: shares of the time, versions, rates."""

from __future__ import annotations

from typing import Any

import pytest

from server.describe import description
from server.session.camera import ENCODING_SHARE, VIEW_SHARE, Camera, Subscription, smoothed
from server.session.runner import Runner
from server.views.probe import ProbePoint
from server.views.view_group import ViewGroup
from server.wire.commands import WatchedBuffer
from server.wire.frames import (
    FLAG_BATCH_ROW,
    FLAG_RUNNING,
    Frame,
    Payload,
    decode_frame,
    encode_payload,
)
from tests.server.driving import SMALL, Clock

SURFACE = WatchedBuffer("view/surface", "u8")
RESPONSE = WatchedBuffer("view/response/dense1", "u8")
WEIGHTS = WatchedBuffer("dense1/W", "f32")
PROBE = WatchedBuffer("probe/dense1/a", "f32")


class Scene:
    """A camera before a runner, under a clock that computing views and encoding moves on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.runner = Runner(description.build(SMALL), self.clock)
        self.camera = Camera(self.runner, self.clock, lambda: 1.5e9, 4, 0)
        self.refreshed: dict[str, int] = {}
        self.costs: dict[str, float] = {}
        self.encoded = 0
        self.encoding_costs = 0.0
        for shot in self.camera._shots:
            self._count(monkeypatch, shot.group)
        self._encode(monkeypatch)

    def _count(self, monkeypatch: pytest.MonkeyPatch, group: ViewGroup) -> None:
        kind, refresh = type(group).__name__, group.refresh
        self.refreshed[kind] = 0

        def counted() -> None:
            self.refreshed[kind] += 1
            self.clock.wait(self.costs.get(kind, 0.0))
            refresh()

        monkeypatch.setattr(group, "refresh", counted)

    def _encode(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def counted(*arguments: Any) -> Payload:
            self.encoded += 1
            self.clock.wait(self.encoding_costs)
            return encode_payload(*arguments)

        monkeypatch.setattr("server.session.camera.encode_payload", counted)

    def watch(self, *watches: WatchedBuffer, rate: float = 60.0) -> Subscription:
        return Subscription(watches, rate)

    def take(self, subscription: Subscription) -> Frame | None:
        data = self.camera.frame(subscription)
        return decode_frame(data) if data is not None else None

    def train(self, steps: int = 1) -> None:
        """Steps by hand, as of a run: the state changes, and time passes only if told."""
        self.runner.machine.run(steps)
        self.runner.touch()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


# Versions ----------------------------------------------------------------------------------------


def test_while_nothing_changes_there_is_one_frame(scene: Scene) -> None:
    watching = scene.watch(WEIGHTS, SURFACE)
    assert scene.camera.delay(watching) == 0.0
    assert scene.take(watching) is not None
    scene.clock.wait(10.0)
    assert scene.camera.delay(watching) is None
    assert scene.take(watching) is None
    scene.train()
    assert scene.camera.delay(watching) == 0.0
    assert scene.take(watching) is not None


def test_a_second_subscription_sees_the_views_already_computed(scene: Scene) -> None:
    one, other = scene.watch(SURFACE), scene.watch(SURFACE, WEIGHTS)
    assert scene.take(one) is not None
    assert scene.take(other) is not None
    assert scene.refreshed["SurfaceGroup"] == 1
    assert scene.encoded == 2  # the surface once, and the weights


def test_only_what_is_watched_is_computed(scene: Scene) -> None:
    assert scene.take(scene.watch(WEIGHTS)) is not None
    assert set(scene.refreshed.values()) == {0}
    assert scene.take(scene.watch(RESPONSE, PROBE)) is not None
    assert {kind for kind, count in scene.refreshed.items() if count} == {
        "ResponseGroup",
        "ProbeGroup",
    }


def test_standing_still_every_frame_is_of_this_moment(scene: Scene) -> None:
    scene.costs["SurfaceGroup"] = 5.0
    watching = scene.watch(SURFACE)
    for shown in range(1, 4):
        scene.train()
        scene.clock.wait(1.0)
        assert scene.take(watching) is not None
        assert scene.refreshed["SurfaceGroup"] == shown


def test_the_scores_are_not_computed_twice(scene: Scene) -> None:
    scene.runner.score()
    watching = scene.watch(WatchedBuffer("view/confusion", "f32"))
    assert scene.take(watching) is not None
    assert scene.refreshed["TestGroup"] == 0
    scene.train()
    scene.clock.wait(1.0)
    assert scene.take(watching) is not None
    assert scene.refreshed["TestGroup"] == 1


def test_reading_a_view_computes_it_if_it_is_old(scene: Scene) -> None:
    scene.camera.read("view/surface")
    scene.camera.read("view/surface")
    assert scene.refreshed["SurfaceGroup"] == 1
    scene.train()
    scene.camera.read("view/surface")
    assert scene.refreshed["SurfaceGroup"] == 2


# Shares ------------------------------------------------------------------------------------------


def test_views_of_a_running_session_take_a_small_share_of_its_time(scene: Scene) -> None:
    cost = 0.004
    scene.costs = {"SurfaceGroup": cost, "ResponseGroup": cost}
    watching = scene.watch(SURFACE, RESPONSE, WEIGHTS)
    scene.runner.run()
    start, taken = scene.clock.now, 0
    while scene.clock.now < start + 60.0:
        scene.train()
        taken += scene.take(watching) is not None
        scene.clock.wait(scene.camera.delay(watching) or 1e-3)
    spent = cost * (scene.refreshed["SurfaceGroup"] + scene.refreshed["ResponseGroup"])
    assert 0.5 * VIEW_SHARE < spent / 60.0 < 1.1 * VIEW_SHARE
    assert taken > 3000  # the weights are shown at the full rate all the same


def test_an_old_view_is_completed_when_the_run_ends(scene: Scene) -> None:
    scene.costs["SurfaceGroup"] = 1.0
    watching = scene.watch(SURFACE)
    scene.runner.run()
    for _ in range(3):
        scene.train()
        scene.clock.wait(0.1)
        scene.take(watching)
    assert scene.refreshed["SurfaceGroup"] == 1
    assert scene.camera.delay(watching) is not None
    scene.runner.pause("command")
    scene.clock.wait(0.1)
    assert scene.take(watching) is not None
    assert scene.refreshed["SurfaceGroup"] == 2
    assert scene.camera.delay(watching) is None


def test_another_probe_sample_is_shown_at_once(scene: Scene) -> None:
    scene.costs["ProbeGroup"] = 1.0
    watching = scene.watch(PROBE)
    scene.runner.run()
    scene.take(watching)
    scene.camera.choose(ProbePoint(3, "test"))
    scene.runner.touch()
    scene.clock.wait(0.1)
    frame = scene.take(watching)
    assert frame is not None
    assert frame.header.probe == 3
    assert scene.refreshed["ProbeGroup"] == 2


def test_encoding_takes_a_small_share_too(scene: Scene) -> None:
    scene.encoding_costs = 0.01
    watching = scene.watch(WEIGHTS)
    scene.runner.run()
    start, taken = scene.clock.now, 0
    while scene.clock.now < start + 60.0:
        scene.train()
        taken += scene.take(watching) is not None
        scene.clock.wait(scene.camera.delay(watching) or 1e-3)
    assert 0.5 * ENCODING_SHARE < 0.01 * taken / 60.0 < 1.2 * ENCODING_SHARE


@pytest.mark.parametrize("rate", [5.0, 60.0])
def test_the_rate_is_kept_over_time_however_late_each_frame_is(scene: Scene, rate: float) -> None:
    watching = scene.watch(WEIGHTS, rate=rate)
    scene.runner.run()
    start, taken = scene.clock.now, 0
    while scene.clock.now < start + 20.0:
        scene.train()
        taken += scene.take(watching) is not None
        scene.clock.wait((scene.camera.delay(watching) or 0.0) + 0.004)
    assert abs(taken - 20.0 * rate) <= 2


# What frames say ---------------------------------------------------------------------------------


def test_flags_and_the_probe_row(scene: Scene) -> None:
    watching = scene.watch(PROBE)
    frame = scene.take(watching)
    assert frame is not None
    assert (frame.header.flags, frame.header.probe) == (0, 0)
    scene.runner.step("instruction", 8)
    scene.runner.advance(1.0)
    scene.runner.run()
    scene.clock.wait(1.0)
    frame = scene.take(watching)
    assert frame is not None
    assert frame.header.flags == FLAG_BATCH_ROW | FLAG_RUNNING
    batch = scene.runner.machine.read("input/batch")
    assert frame.header.probe == (list(batch).index(0) if 0 in batch else 0)
    assert (frame.header.generation, frame.header.taken) == (4, 1.5e9)


def test_frames_are_numbered_and_the_numbers_wrap(scene: Scene) -> None:
    numbers = []
    scene.camera.number = 2**32 - 2
    for _ in range(3):
        frame = scene.take(scene.watch(WEIGHTS))
        assert frame is not None
        numbers.append(frame.header.number)
    assert numbers == [2**32 - 1, 0, 1]


def test_ids_are_places_in_the_table(scene: Scene) -> None:
    names = list(scene.camera.table)
    assert [scene.camera.identity(name) for name in names] == list(range(len(names)))
    assert scene.camera.is_view("view/surface")
    assert not scene.camera.is_view("dense1/W")
    program = scene.runner.plan.program
    assert names[: len(program.buffers)] == list(program.buffers)


def test_one_slow_measurement_does_not_hold_up_the_next_frames() -> None:
    cost = 0.0
    for _ in range(20):
        cost = smoothed(cost, 0.001)
    assert cost == pytest.approx(0.001)
    assert smoothed(cost, 0.1) < 0.002
    for _ in range(40):  # what is slow every time is found out
        cost = smoothed(cost, 0.1)
    assert cost == pytest.approx(0.1, rel=0.01)
