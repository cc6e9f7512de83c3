"""Time travel: any way to a moment gives exactly the state of a plain fresh replay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import Adam, DescriptionError, Machine
from engine.timeline import Branch, Moment, Timeline
from tests.engine.networks import all_state, circles_machine

UNITS = ["instruction", "layer", "phase", "step", "epoch"]
EDITS = [("learning_rate", None), ("dense1/W", (1, 2)), ("dense2/b", (0,)), ("dense1/a", (0, 1))]


def fresh() -> Machine:
    return circles_machine(Adam(0.01), dropout=0.2)


def replay(branch: Branch, moment: Moment) -> Machine:
    """The plain way to a moment: from the start, one instruction at a time, edits where due."""
    machine = fresh()
    edits = [e for e in branch.history() if e.moment <= moment]
    while True:
        here = Moment(machine.step_count, machine.pc)
        for edit in edits:
            if edit.moment == here:
                machine.write(edit.buffer, edit.values, edit.index)
        if here == moment:
            return machine
        machine.step_instruction()


class Travels(RuleBasedStateMachine):
    """Any sequence of run, step, step back, jump, edit and change of branch."""

    @initialize(budget=st.sampled_from([64 * 2**20, 40_000]))
    def begin(self, budget: int) -> None:
        self.timeline = Timeline(fresh(), budget)
        self.timeline._spacing = 3  # short histories have keyframes, too

    @rule(steps=st.integers(1, 8))
    def run(self, steps: int) -> None:
        self.timeline.run(steps)

    @rule(unit=st.sampled_from(UNITS[:4]))
    def step(self, unit: str) -> None:
        self.timeline.advance(unit)  # type: ignore[arg-type]

    @rule(unit=st.sampled_from(UNITS))
    def step_back(self, unit: str) -> None:
        before = self.timeline.now
        self.timeline.back(unit)  # type: ignore[arg-type]
        assert self.timeline.now < before or before == (0, 0)

    @rule(share=st.floats(0, 1), pc=st.integers(0, 20), which=st.integers(0, 9))
    def jump(self, share: float, pc: int, which: int) -> None:
        branch = which % len(self.timeline.branches)
        step = int(share * self.timeline.branches[branch].end.step)
        self.timeline.go((step, pc), branch)
        assert self.timeline.now == (step, pc)
        assert self.timeline.branch.number == branch

    @rule(edit=st.sampled_from(EDITS), value=st.sampled_from([0.001, 0.05]))
    def edit(self, edit: tuple[str, tuple[int, ...] | None], value: float) -> None:
        past, branches = not self.timeline.at_end, len(self.timeline.branches)
        self.timeline.write(edit[0], value, edit[1])
        assert len(self.timeline.branches) == branches + past

    @invariant()
    def as_a_fresh_replay(self) -> None:
        if not hasattr(self, "timeline"):
            return
        timeline = self.timeline
        expected = replay(timeline.branch, timeline.now)
        assert all_state(timeline.machine) == all_state(expected)


Travels.TestCase.settings = settings(max_examples=30, stateful_step_count=14, deadline=None)
TestTravels = Travels.TestCase


def test_units_backwards_mirror_units_forwards() -> None:
    timeline = Timeline(fresh())
    timeline.run(2)
    for unit in UNITS[:4]:
        stops = [timeline.now]
        for _ in range(6):
            timeline.advance(unit)  # type: ignore[arg-type]
            stops.append(timeline.now)
        for expected in reversed(stops[:-1]):
            timeline.back(unit)  # type: ignore[arg-type]
            assert timeline.now == expected
    timeline.back("epoch")
    assert timeline.now == (0, 0)
    timeline.back("instruction")
    assert timeline.now == (0, 0)


def test_editing_the_past_leaves_the_old_branch_as_it_was() -> None:
    timeline = Timeline(fresh())
    timeline.run(40)
    old = all_state(timeline.machine)
    timeline.go((20, 3))
    assert timeline.write("learning_rate", 0.1).number == 1
    timeline.run(20)
    assert all_state(timeline.machine) != old
    assert timeline.parting(0, 1) == timeline.parting(1, 0) == (20, 3)
    timeline.go((40, 0), branch=0)
    assert all_state(timeline.machine) == old
    assert timeline.machine.read("learning_rate") == 0.01
    assert [branch.parent for branch in timeline.branches] == [None, timeline.branches[0]]


def test_a_branch_of_a_branch_has_the_edits_of_both() -> None:
    timeline = Timeline(fresh())
    timeline.run(10)
    timeline.go((4, 0))
    timeline.write("learning_rate", 0.05)
    timeline.run(6)
    timeline.go((2, 0))
    timeline.write("dense1/b", 0.5, (0,))
    assert [branch.start for branch in timeline.branches] == [(0, 0), (4, 0), (2, 0)]
    assert [edit.buffer for edit in timeline.branch.history()] == ["dense1/b"]
    timeline.go((6, 0), branch=1)
    timeline.write("dense1/b", 0.1, (1,))
    assert [edit.buffer for edit in timeline.branch.history()] == ["learning_rate", "dense1/b"]
    assert timeline.parting(2, 3) == (2, 0)


def test_the_budget_holds_and_old_keyframes_grow_sparse() -> None:
    machine = fresh()
    size = machine.keyframe().nbytes
    timeline = Timeline(machine, budget=60 * size)
    timeline._spacing = 8
    timeline.run(8000)
    steps = timeline.branch.steps
    assert 20 < len(steps) <= 60
    gaps = np.diff([*steps, 8000])
    assert gaps[-5:].mean() < gaps[:5].mean() / 4
    timeline.go((1234, 5))
    assert all_state(timeline.machine) == all_state(replay(timeline.branch, Moment(1234, 5)))


def test_branch_points_keep_their_keyframes() -> None:
    timeline = Timeline(fresh(), budget=200_000)
    timeline._spacing = 8
    timeline.run(100)
    timeline.go((60, 2))
    timeline.write("learning_rate", 0.02)
    pinned = {step for branch in timeline.branches for step in branch.pinned}
    assert pinned == {56}
    timeline.run(4000)
    assert 56 in timeline.branches[0].steps


def test_training_stops_where_it_did_but_a_replay_goes_through() -> None:
    timeline = Timeline(circles_machine())
    timeline.run(5)
    timeline.write("dense1/W", float("nan"), (0, 0))
    timeline.run(10)
    assert timeline.machine.stopped is None  # it was broken from the start
    timeline.go((3, 0))
    timeline.go((12, 4))
    assert timeline.now == (12, 4)


def test_what_is_not_there_is_named() -> None:
    timeline = Timeline(fresh())
    for call, message in (
        (lambda: timeline.go((0, 99)), "pc: 99 is not in 0.."),
        (lambda: timeline.go((-1, 0)), "step: -1 is not 0 or more"),
        (lambda: timeline.go((0, 0), 3), "branch: 3 is not in 0..0"),
        (lambda: timeline.back("page"), "unit: 'page' is not one of"),  # type: ignore[arg-type]
        (lambda: timeline.write("dense1/W", 1.0, (9, 9)), "dense1/W: (9, 9) is not an index"),
    ):
        with pytest.raises(DescriptionError) as caught:
            call()
        assert str(caught.value).startswith(message)
    timeline.run(3)
    with pytest.raises(ValueError, match="start of training"):
        Timeline(timeline.machine)


@given(st.integers(0, 400))
@settings(max_examples=20, deadline=None)
def test_recording_does_not_change_the_numbers(steps: int) -> None:
    timeline, plain = Timeline(fresh()), fresh()
    timeline.run(steps)
    plain.run(steps)
    assert all_state(timeline.machine) == all_state(plain)
