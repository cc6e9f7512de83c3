"""Watching training: where it looks, what it sees, and that it stays small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Adam, Dense, Machine, Network, compile  # noqa: A004
from engine.diagnostics.monitor import BINS, RECENT, WINDOW, Monitor, gradient_flow
from engine.history.moments import START, Branch, Moment
from engine.history.thinned_series import ThinnedSeries
from engine.history.timeline import Timeline
from tests.engine.networks import CIRCLES, circles_machine
from tests.engine.replays import replay


def fresh() -> Machine:
    return circles_machine(Adam(0.01))


def monitored(capacity: int = 512) -> Monitor:
    return Monitor(Timeline(fresh()), capacity=capacity)


@pytest.mark.slow
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
@settings(max_examples=15, deadline=None)
def test_it_looks_in_the_same_places_however_a_run_is_cut(pieces: list[int]) -> None:
    whole, cut = monitored(), monitored()
    whole.timeline.run(sum(pieces))
    for piece in pieces:
        cut.timeline.run(piece)
        cut.timeline.back("step")
        cut.timeline.advance("step")
    assert list(cut.recent) == list(whole.recent)
    assert (cut.series(0).steps == whole.series(0).steps).all()


def test_it_sees_what_the_buffers_hold() -> None:
    monitor = monitored()
    monitor.timeline.run(600)
    branch = monitor.timeline.branch
    for seen in (monitor.recent[0], monitor.recent[-1]):
        machine = replay(fresh, branch, Moment(seen.step, 0))
        assert seen.gradient == pytest.approx(np.linalg.norm(machine.read("parameters.grad")))
        for number, sample in enumerate(seen.layers):
            a, w = machine.read(f"dense{number + 1}/a"), machine.read(f"dense{number + 1}/W")
            name = f"dense{number + 1}"
            gradients = [machine.read(f"{name}/{p}.grad").ravel() for p in "Wb"]
            gradient = np.concatenate(gradients)
            update = machine.read(f"{name}/W.update")
            assert sample.mean == pytest.approx(a.mean())
            assert sample.std == pytest.approx(a.std())
            assert sample.gradient == pytest.approx(np.linalg.norm(gradient))
            assert sample.mean_gradient == pytest.approx(np.abs(gradient).mean())
            assert sample.ratio == pytest.approx(np.linalg.norm(update) / np.linalg.norm(w))
        row = list(monitor.series(1).steps).index(seen.step)
        assert monitor.series(1).std[row] == seen.layers[1].std


def test_losses_are_those_of_the_last_consecutive_steps() -> None:
    monitor, plain = monitored(), fresh()
    monitor.timeline.run(2000)
    losses = []
    for _ in range(2000):
        plain.run(1)
        losses.append(float(plain.read("loss/L")))
    for seen in monitor.recent:
        count = len(seen.losses)
        assert count == min(seen.step, WINDOW)
        assert list(seen.losses) == losses[seen.step - count : seen.step]
    assert max(np.diff([seen.step for seen in monitor.recent])) > WINDOW


def test_looks_are_dense_in_the_beginning_and_series_stay_small() -> None:
    monitor = monitored(capacity=64)
    monitor.timeline.run(30_000)
    steps = monitor.series(0).steps
    assert list(steps[:2]) == [1, steps[1]]
    assert len(steps) <= 64
    assert len(monitor.recent) == RECENT
    assert steps[-1] > 28_000
    assert max(np.diff(steps)) < 30_000 / 12
    whole = monitored()
    whole.timeline.run(50)
    assert list(whole.series(0).steps[:9]) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_branch_continues_the_series_of_its_parent() -> None:
    monitor = monitored()
    timeline = monitor.timeline
    timeline.run(1000)
    trunk = monitor.series(0).steps
    timeline.go((400, 3))
    timeline.write("learning_rate", 0.001)
    assert (monitor.series(0).steps == trunk[trunk <= 400]).all()
    timeline.run(600)
    assert [seen.step for seen in monitor.recent][:3] == [401, 402, 403]
    steps = monitor.series(0).steps
    assert (steps[steps <= 400] == trunk[trunk <= 400]).all()
    assert steps[-1] > 900
    assert (np.diff(steps) > 0).all()
    assert (monitor.series(0, timeline.branches[0]).steps == trunk).all()
    seen = monitor.recent[-1]
    machine = replay(fresh, timeline.branch, Moment(seen.step, 0))
    assert seen.gradient == pytest.approx(np.linalg.norm(machine.read("parameters.grad")))


def test_what_is_known_is_not_looked_at_again() -> None:
    monitor = monitored()
    looks = []
    monitor.listeners.append(lambda: looks.append(monitor.timeline.now))
    monitor.timeline.run(300)
    count = len(looks)
    monitor.timeline.go((10, 2))
    monitor.timeline.run(280)
    assert len(looks) == count
    monitor.timeline.run(300)
    assert len(looks) > count


def test_histograms_count_every_weight() -> None:
    monitor = monitored()
    monitor.timeline.run(500)
    found = monitor.histograms(0)
    assert found.counts.shape == (len(found.steps), BINS)
    assert (found.counts.sum(axis=1) == 8).all()
    machine = replay(fresh, monitor.timeline.branch, Moment(int(found.steps[-1]), 0))
    w = machine.read("dense1/W")
    assert (found.low[-1], found.high[-1]) == (w.min(), w.max())
    expected, _ = np.histogram(w, BINS, (w.min(), w.max()))
    assert (found.counts[-1] == expected).all()


def test_equal_and_broken_weights_have_histograms_too() -> None:
    network = Network(2, [Dense(2, "tanh", initializer="zeros"), Dense(1, "sigmoid")])
    monitor = Monitor(Timeline(Machine(compile(network, CIRCLES))))
    monitor.timeline.write("dense2/W", float("nan"))
    monitor.timeline.run(3)
    assert monitor.histograms(0).counts[-1].sum() == 0
    assert monitor.histograms(1).counts[-1].sum() == 0


def test_quiet_units_and_parameters_that_stay() -> None:
    layers = [Dense(4, "relu"), Dense(2, "tanh"), Dense(1, "sigmoid")]
    network = Network(2, layers, "binary_cross_entropy")
    monitor = Monitor(Timeline(Machine(compile(network, CIRCLES))))
    monitor.timeline.write("dense1/b", -50.0, (1,))
    monitor.timeline.run(150)
    quiet = monitor.quiet[0]
    assert quiet is not None
    assert quiet[1] == len(monitor.recent)
    assert quiet.argmax() == 1
    assert monitor.quiet[1] is None
    monitor.reset_quiet(0, [1])
    assert quiet[1] == 0
    assert monitor.still is not None
    assert monitor.still.until - monitor.still.since >= 100
    stays = monitor.still.mask[:8].reshape(2, 4)
    assert stays[:, 1].all()
    assert not stays[:, [0, 2, 3]].all()


def test_gradient_flow() -> None:
    machine = fresh()
    machine.run(3)
    flows = gradient_flow(machine)
    assert [flow.layer for flow in flows] == ["dense1", "dense2", "dense3"]
    for flow in flows:
        parts = [machine.read(f"{flow.layer}/{p}.grad").ravel() for p in "Wb"]
        whole = np.concatenate(parts)
        assert flow.parameters == pytest.approx(np.linalg.norm(whole))
        assert flow.mean == pytest.approx(np.abs(whole).mean())
        assert flow.largest == np.abs(whole).max()
        signal = machine.read(f"{flow.layer}/z.grad")
        assert flow.signal == pytest.approx(np.linalg.norm(signal))


def test_a_track_that_is_full_thins_evenly() -> None:
    track, branch = ThinnedSeries(1, capacity=8), Branch(0, None, START, Moment(100, 0))
    for step in range(20):
        track.add(branch, step, np.array([float(step)]))
        track.add(branch, step, np.array([-1.0]))  # known already
    steps, rows = track.along(branch)
    assert len(steps) <= 8
    assert (rows[:, 0] == steps).all()
    assert (steps[0], steps[-1]) == (0, 19)
    empty = ThinnedSeries(3).along(branch)
    assert (empty[0].shape, empty[1].shape) == ((0,), (0, 3))
