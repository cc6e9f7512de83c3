"""Time travel: any way to a moment gives exactly the state of a plain fresh replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import (
    RNN,
    Adam,
    Dense,
    DescriptionError,
    Machine,
    Network,
    NonFinite,
    compile,  # noqa: A004
    from_arrays,
)
from engine.diagnostics.gradcheck import gradient_check
from engine.history.editlog import export_log, import_log
from engine.history.moments import Moment
from engine.history.timeline import Difference, Timeline
from tests.engine.networks import all_state, circles_machine
from tests.engine.replays import assert_as_replayed, replay, state

UNITS = ["instruction", "layer", "phase", "step", "epoch"]
EDITS: list[tuple[str, tuple[int | None, ...] | None]] = [
    ("learning_rate", None),
    ("dense1/W", (1, 2)),
    ("dense1/W", (None, 2)),
    ("dense2/b", (0,)),
    ("dense1/a", (0, 1)),
    ("data/x", (7, None)),
    ("data/y", (3, 0)),
]
HOLDS: list[tuple[str, tuple[int | None, ...]]] = [
    ("dense1/a", (None, 1)),
    ("dense1/z", (None, 0)),
    ("dense2/a", (3, 1)),
    ("dense1/mask", (None, 2)),
    ("dense3/z", (None, 0)),
    ("dense1/W.update", (0, 1)),
    ("dense2/W", (0, 0)),
]


def fresh() -> Machine:
    return circles_machine(Adam(0.01), dropout=0.2)


def short(budget: int = 64 * 2**20) -> Timeline:
    """Short histories have keyframes, too."""
    timeline = Timeline(fresh(), budget)
    timeline.keyframes.spacing = 3
    return timeline


@dataclass(frozen=True)
class World:
    """What is travelled through: a machine, and which edits and clamps there may be.

    Attributes:
        fresh: makes the machine, always the same.
        edits, holds: buffers and indices that may be written to, or held.
    """

    fresh: Callable[[], Machine]
    edits: list[tuple[str, tuple[int | None, ...] | None]]
    holds: list[tuple[str, tuple[int | None, ...]]]


class Travels(RuleBasedStateMachine):
    """Any sequence of run, step, step back, jump, edit, clamp and change of branch."""

    world = World(fresh, EDITS, HOLDS)

    @initialize(keyframes=st.sampled_from([1_000_000, 20]))
    def begin(self, keyframes: int) -> None:
        machine = self.world.fresh()
        self.timeline = Timeline(machine, keyframes * machine.keyframe().nbytes)
        self.timeline.keyframes.spacing = 3

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

    @rule(share=st.floats(0, 1), place=st.floats(0, 1), which=st.integers(0, 9))
    def jump(self, share: float, place: float, which: int) -> None:
        branch = which % len(self.timeline.branches)
        step = int(share * self.timeline.branches[branch].end.step)
        pc = int(place * (len(self.timeline.machine.program.instructions) - 1))
        self.timeline.go((step, pc), branch)
        assert self.timeline.now == (step, pc)
        assert self.timeline.branch.number == branch

    @rule(which=st.integers(0, 999), value=st.sampled_from([0.001, 0.05]))
    def edit(self, which: int, value: float) -> None:
        past, branches = not self.timeline.at_end, len(self.timeline.branches)
        buffer, index = self.world.edits[which % len(self.world.edits)]
        self.timeline.write(buffer, value, index)
        assert len(self.timeline.branches) == branches + past

    @rule(which=st.integers(0, 999), value=st.sampled_from([0.0, 0.5]))
    def hold(self, which: int, value: float) -> None:
        buffer, index = self.world.holds[which % len(self.world.holds)]
        self.timeline.clamp(buffer, value, index)

    @rule(which=st.integers(0, 9))
    def release(self, which: int) -> None:
        clamps = self.timeline.machine.clamps
        if clamps:
            clamp = clamps[which % len(clamps)]
            self.timeline.release(clamp.buffer, clamp.index)
            assert clamp not in self.timeline.machine.clamps

    @rule(which=st.integers(0, 9), share=st.floats(0, 1))
    def visit(self, which: int, share: float) -> None:
        branch = self.timeline.branches[which % len(self.timeline.branches)]
        moment = Moment(int(share * branch.end.step), 0)
        with self.timeline.visit(moment, branch.number) as machine:
            assert state(machine) == state(replay(self.world.fresh, branch, moment))

    @invariant()
    def as_a_fresh_replay(self) -> None:
        if hasattr(self, "timeline"):
            assert_as_replayed(self.timeline, self.world.fresh)

    def teardown(self) -> None:
        """The log tells it all: another machine gets to the same bits."""
        if hasattr(self, "timeline"):
            log = json.loads(json.dumps(export_log(self.timeline), allow_nan=False))
            other, branch, moment = import_log(self.world.fresh(), log)
            assert other.go(moment, branch)
            assert state(other.machine) == state(self.timeline.machine)
            assert export_log(other) == log


Travels.TestCase.settings = settings(max_examples=30, stateful_step_count=14, deadline=None)
TestTravels = pytest.mark.slow(Travels.TestCase)


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
    timeline.go((1, 3))
    for unit in UNITS[:4]:
        for count in (1, 2, 30, 100):
            one = [timeline.now]
            for _ in range(count):
                timeline.advance(unit)  # type: ignore[arg-type]
            far = timeline.now
            timeline.go(one[0])
            assert timeline.after(unit, count) == far  # type: ignore[arg-type]
            timeline.go(far)
            for _ in range(count):
                timeline.back(unit)  # type: ignore[arg-type]
            near = timeline.now
            timeline.go(far)
            assert timeline.before(unit, count) == near  # type: ignore[arg-type]
            timeline.go(one[0])
    assert timeline.before("step", 99) == (0, 0)
    assert timeline.after("epoch", 3) == (18, 0)
    timeline.go((20, 0))
    assert [timeline.before("epoch", n) for n in (1, 2, 9)] == [(18, 0), (12, 0), (0, 0)]
    timeline.go((1, 3))
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
    assert [edit.buffer for edit in timeline.branch.events] == ["dense1/b"]
    timeline.go((6, 0), branch=1)
    timeline.write("dense1/b", 0.1, (1,))
    assert [edit.buffer for edit in timeline.branch.events] == ["learning_rate", "dense1/b"]
    assert [edit.buffer for edit in timeline.branch.edits] == ["dense1/b"]
    assert timeline.parting(2, 3) == (2, 0)
    assert [b.parent.number for b in timeline.branches if b.parent] == [0, 0, 1]


def test_dragging_a_value_is_one_edit() -> None:
    timeline = Timeline(fresh())
    timeline.run(10)
    timeline.go((4, 2))
    for value in np.linspace(0, 1, 50):
        timeline.write("dense1/W", value, (0, 0))
    assert len(timeline.branches) == 2
    assert [float(edit.values) for edit in timeline.branch.events] == [1.0]
    assert_as_replayed(timeline, fresh)


def test_the_budget_holds_and_old_keyframes_grow_sparse() -> None:
    machine = fresh()
    size = machine.keyframe().nbytes
    timeline = Timeline(machine, budget=60 * size)
    timeline.keyframes.spacing = 8
    timeline.run(8000)
    steps = timeline.keyframes.steps(timeline.branch)
    assert timeline.keyframes.bytes == len(steps) * size <= 60 * size
    assert len(steps) > 20
    gaps = np.diff([*steps, 8000])
    assert gaps[-5:].mean() < gaps[:5].mean() / 4
    timeline.go((1234, 5))
    assert_as_replayed(timeline, fresh)


def test_a_budget_for_nothing_still_works() -> None:
    timeline = short(1)
    timeline.run(300)
    timeline.go((200, 1))
    timeline.write("learning_rate", 0.02)
    timeline.run(300)
    timeline.go((450, 4))
    assert_as_replayed(timeline, fresh)


def test_branch_points_keep_their_keyframes() -> None:
    timeline = Timeline(fresh(), budget=200_000)
    timeline.keyframes.spacing = 8
    timeline.run(100)
    timeline.go((60, 2))
    timeline.write("learning_rate", 0.02)
    pinned = {step for line in timeline.keyframes._lines.values() for step in line.pinned}
    assert pinned == {56}
    timeline.run(4000)
    assert 56 in timeline.keyframes.steps(timeline.branches[0])


def test_training_stops_where_it_did_but_a_replay_goes_through() -> None:
    timeline = Timeline(circles_machine())
    timeline.run(5)
    timeline.write("dense1/W", float("nan"), (0, 0))
    timeline.run(10)
    assert timeline.machine.stopped is None  # it was broken from the start
    timeline.go((3, 0))
    timeline.go((12, 4))
    assert timeline.now == (12, 4)


def test_a_value_that_stops_being_finite_within_a_step_is_named() -> None:
    timeline = Timeline(plain())
    timeline.run(3)
    timeline.write("dense2/b", 50.0)
    timeline.write("dense3/W", 1.7e308)
    while timeline.machine.stopped is None:
        timeline.advance("layer")
    assert timeline.machine.stopped == NonFinite(3, timeline.now.pc - 1, "dense3/z", (0, 0))
    stopped = timeline.machine.stopped
    with timeline.visit((1, 0)) as machine:
        assert machine.stopped is None
    assert timeline.machine.stopped == stopped
    timeline.advance("layer")
    assert timeline.machine.stopped is None


def test_a_journey_may_be_made_in_slices_of_time() -> None:
    timeline = short(1)  # no keyframes: a long way
    timeline.run(3000)
    slices = 1
    while not timeline.go((2000, 3), seconds=1e-3):
        slices += 1
    assert slices > 3
    assert_as_replayed(timeline, fresh)


# Clamps and data -----------------------------------------------------------------------------


def plain() -> Machine:
    return circles_machine()


def test_a_clamped_unit_keeps_its_value_and_passes_no_gradient() -> None:
    timeline = Timeline(plain())
    timeline.run(10)
    timeline.clamp("dense1/a", 0.25, (None, 2))
    before = timeline.machine.read("dense1/W")
    timeline.run(10)
    machine = timeline.machine
    assert (machine.read("dense1/a")[:, 2] == 0.25).all()
    after = machine.read("dense1/W")
    assert (after[:, 2] == before[:, 2]).all()
    assert (after[:, 0] != before[:, 0]).all()
    names = [("dense1/W", (0, 2)), ("dense1/W", (1, 1)), ("dense2/W", (2, 0)), ("dense1/b", (2,))]
    checks = gradient_check(machine, names)
    assert max(check.error for check in checks) < 1e-6
    judge = machine.evaluator(np.zeros((3, 2)))
    judge.run(1)
    assert (judge.read("dense1/a")[:, 2] == 0.25).all()
    timeline.release("dense1/a", (None, 2))
    timeline.run(1)
    judge.run(1)
    assert len(np.unique(machine.read("dense1/a")[:, 2])) > 1
    assert (judge.read("dense1/a")[:, 2] != 0.25).all()


def test_a_held_update_freezes_its_weight() -> None:
    timeline = Timeline(fresh())
    timeline.run(3)
    timeline.clamp("dense1/W.update", 0.0, (0, None))
    before = timeline.machine.read("dense1/W")
    timeline.run(5)
    moved = timeline.machine.read("dense1/W") != before
    assert moved[1].all()
    assert not moved[0].any()


def test_a_moved_point_is_trained_on_in_its_history_alone() -> None:
    timeline, other = Timeline(plain()), plain()
    timeline.run(20)
    timeline.go((6, 0))
    row = int(timeline.machine.read("input/batch")[0])
    timeline.write("data/x", [5.0, -5.0], (row, None))
    timeline.run(30)
    assert (timeline.machine.read("data/x")[row] == [5.0, -5.0]).all()
    assert (other.read("data/x")[row] != [5.0, -5.0]).all()
    difference = timeline.first_difference(0, 1)
    assert difference is not None
    assert difference.buffer == "input/x"
    with timeline.visit((20, 0), 0) as machine:
        assert (machine.read("data/x") == other.read("data/x")).all()
    assert (timeline.machine.read("data/x")[row] == [5.0, -5.0]).all()


def test_moments_and_branches_that_there_are_not_are_refused() -> None:
    timeline = Timeline(plain())
    timeline.run(5)
    timeline.check((3, 2))
    timeline.check((99, 0), branch=0)
    for moment, branch, message in (
        ((3, 99), None, "pc: 99 is not in"),
        ((-1, 0), None, "step: -1 is not 0 or more"),
        ((3, 0), 1, "branch: 1 is not in 0..0"),
    ):
        with pytest.raises(DescriptionError, match=message):
            timeline.check(moment, branch)


@pytest.mark.parametrize("known", [True, False])
def test_another_machines_state_of_a_branch_can_be_taken_over(known: bool) -> None:
    """As a session is brought back in another process: from its log and one snapshot."""
    timeline = Timeline(fresh())
    timeline.run(8)
    timeline.write("data/x", 0.3, (3, None))
    timeline.clamp("dense1/a", 0.25, (None, 2))
    timeline.run(4)
    timeline.go((6, 5))
    timeline.write("dense1/W", 0.1, (0, 0))
    timeline.run(3)
    timeline.go((11, 7), branch=0)
    other, _, _ = import_log(fresh(), json.loads(json.dumps(export_log(timeline))))
    told: list[bool] = []
    other.after_edit.append(lambda: told.append(True))
    if known:
        other.go((12, 0), branch=1)
    other.land(0, timeline.machine.snapshot())
    assert (other.branch.number, other.now) == (0, (11, 7))
    assert other.machine.clamps == timeline.machine.clamps
    assert state(other.machine) == state(timeline.machine)
    assert told
    for each in (timeline, other):
        each.go((14, 3))
        assert_as_replayed(each, fresh)


def test_where_two_branches_part() -> None:
    timeline = Timeline(plain())
    timeline.run(60)
    timeline.go((20, 3))
    timeline.write("learning_rate", 0.5)
    assert timeline.first_difference(0, 1) is None
    timeline.run(30)
    listing = timeline.machine.program.instructions
    descend = next(i.index for i in listing if i.op == "descend")
    here, now = state(timeline.machine), timeline.now
    assert timeline.first_difference(0, 1) == Difference(Moment(20, descend), "parameters.update")
    assert (state(timeline.machine), timeline.now) == (here, now)
    visit = timeline.visit((55, 0), 1)
    with pytest.raises(DescriptionError, match="step: 55 is not up to 50, where branch 1 ends"):
        visit.__enter__()


# Errors --------------------------------------------------------------------------------------


def test_what_is_not_there_is_named() -> None:
    timeline = Timeline(fresh())
    clamp, write = timeline.clamp, timeline.write
    for call, message in (
        (lambda: timeline.go((0, 99)), "pc: 99 is not in 0.."),
        (lambda: timeline.go((-1, 0)), "step: -1 is not 0 or more"),
        (lambda: timeline.go((0, 0), 3), "branch: 3 is not in 0..0"),
        (lambda: timeline.back("page"), "unit: 'page' is not one of"),  # type: ignore[arg-type]
        (lambda: write("dense1/W", 1.0, (9, 9)), "dense1/W: (9, 9) is not an index"),
        (lambda: write("step", 7), "step: 'an edit' is not possible: its role is counter"),
        (lambda: write("loss/L.grad", 2), "loss/L.grad: 'an edit' is not possible"),
        (lambda: clamp("dense1/a", 1, (None, 9)), "dense1/a: (None, 9) is not an index"),
        (lambda: clamp("dense1/a", float("nan"), (None, 1)), "dense1/a: nan is not a finite"),
        (lambda: clamp("learning_rate", 1, ()), "learning_rate: 'a clamp' is not possible: no"),
        (lambda: clamp("dense3/a", 1, (None, 0)), "dense3/a: 'a clamp' is not possible: its grad"),
        (lambda: timeline.release("dense1/a", (0, 0)), "dense1/a: (0, 0) is not clamped"),
    ):
        with pytest.raises(DescriptionError) as caught:
            call()
        assert str(caught.value).startswith(message)
        assert timeline.branch.events == []
        assert timeline.machine.clamps == ()
    timeline.run(3)
    with pytest.raises(ValueError, match="start of training"):
        Timeline(timeline.machine)


def broken(change: Callable[[Any], object]) -> Any:
    timeline = Timeline(fresh())
    timeline.run(10)
    timeline.go((4, 0))
    timeline.write("dense1/b", [0.1, 0.2, float("inf"), 0.4])
    timeline.clamp("dense1/a", 0.0, (None, 0))
    log = json.loads(json.dumps(export_log(timeline), allow_nan=False))
    change(log)
    return log


def first_edit(log: Any) -> Any:
    return log["branches"][1]["edits"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log.update(fingerprint="0"), "log.fingerprint: '0' is not that of this"),
        (lambda log: log.pop("now"), "log: "),
        (lambda log: log.update(branches=[]), "log.branches: [] is not a list with the trunk"),
        (lambda log: log.update(now=[99, 0]), "log.now: [99, 0] is not within its branch"),
        (lambda log: log.update(now=[1]), "log.now: [1] is not [step, instruction]"),
        (lambda log: log.update(branch=2), "log.branch: 2 is not in 0..1"),
        (lambda log: log["branches"][1].update(parent=1), "log.branches[1].parent: 1 is not in"),
        (lambda log: log["branches"][1].update(start=[11, 0]), "log.branches[1].end: [4, 0]"),
        (lambda log: log["branches"][0].update(parent=0), "log.branches[0].parent: 0 is not null"),
        (lambda log: first_edit(log).update(at=[3, 0]), "log.branches[1].edits[0].at: [3, 0]"),
        (lambda log: first_edit(log).update(kind="x"), "log.branches[1].edits[0].kind: 'x'"),
        (lambda log: first_edit(log).update(buffer="x"), "log.branches[1].edits[0].buffer: 'x'"),
        (lambda log: first_edit(log).update(buffer="step", values=1), "step: 'an edit' is not"),
        (lambda log: first_edit(log).update(values=[1, 2]), "log.branches[1].edits[0].values: (2,"),
        (lambda log: first_edit(log).update(values=[1, [2]]), "log.branches[1].edits[0].values: "),
        (lambda log: first_edit(log).update(values="1"), "log.branches[1].edits[0].values: '1'"),
        (lambda log: first_edit(log).update(values=[10**400] * 4), "log.branches[1].edits[0].val"),
        (lambda log: first_edit(log).update(index=[7]), "dense1/b: (7,) is not an index"),
        (lambda log: first_edit(log).update(index="7"), "log.branches[1].edits[0].index: '7'"),
        (
            lambda log: log["branches"][1]["edits"][1].update(values=[1]),
            "log.branches[1].edits[1].values: (1,) is not a single number",
        ),
    ],
)
def test_a_log_is_checked(change: Callable[[Any], object], message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        import_log(fresh(), broken(change))
    assert str(caught.value).startswith(message)
    import_log(fresh(), broken(lambda log: None))


def test_the_fingerprint_of_a_log_does_not_change_with_words() -> None:
    """It is that of a log from before `sequences` was renamed `return_sequences`."""
    inputs, targets = np.arange(48.0).reshape(8, 3, 2), np.arange(8.0)
    data = from_arrays(inputs, targets, test_fraction=0.25)
    layers = [RNN(2, return_sequences=False), Dense(1)]
    machine = Machine(compile(Network((3, 2), layers, "mean_squared_error"), data, 2))
    expected = "df3fd6e34266b41c581137bc15b2e61291a4c3fe56ee470a05097b91080cc298"
    assert Timeline(machine).fingerprint() == expected


def test_a_log_with_the_former_name_of_clamps_is_the_same() -> None:
    timeline = short()
    timeline.run(5)
    timeline.clamp("dense1/a", 0.25, (None, 2))
    timeline.run(5)
    log = json.loads(json.dumps(export_log(timeline)))
    (edit,) = log["branches"][0]["edits"]
    assert edit["kind"] == "clamp"
    edit["kind"] = "hold"
    other, branch, now = import_log(fresh(), log)
    other.go(now, branch)
    assert state(other.machine) == state(timeline.machine)
    assert export_log(other) == export_log(timeline)


@given(st.integers(0, 400))
@settings(max_examples=20, deadline=None)
def test_recording_does_not_change_the_numbers(steps: int) -> None:
    timeline, other = Timeline(fresh()), fresh()
    timeline.run(steps)
    other.run(steps)
    assert all_state(timeline.machine) == all_state(other)
