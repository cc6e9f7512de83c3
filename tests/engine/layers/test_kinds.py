"""Networks of every kind, through time: any way to a moment gives the state of a plain replay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from engine import Clamp, Debugger, DescriptionError, Location, Machine
from engine.diagnostics.gradcheck import gradient_check
from engine.history.timeline import Timeline
from engine.program.objective import Objective
from tests.engine.history.test_timeline import Travels, World
from tests.engine.kinds import KINDS
from tests.engine.networks import all_state
from tests.engine.replays import assert_as_replayed

Index = tuple[int | None, ...]


def editable(timeline: Timeline) -> Iterator[tuple[str, Index | None]]:
    """An element of every buffer that may be written to."""
    rng = np.random.default_rng(1)
    for name, buffer in timeline.machine.program.buffers.items():
        try:
            timeline.check_editable(name)
        except DescriptionError:
            continue
        yield name, tuple(int(rng.integers(extent)) for extent in buffer.shape)


def holdable(machine: Machine) -> Iterator[tuple[str, Index]]:
    """Of every buffer that may be held an element, or a unit for the whole batch."""
    rng = np.random.default_rng(2)
    for name, buffer in machine.program.buffers.items():
        index: Index = tuple(int(rng.integers(extent)) for extent in buffer.shape)
        if buffer.axes[:1] == ("batch",) and rng.random() < 0.7:
            index = (None, *index[1:])
        try:
            machine.clamp([Clamp(name, index, 0.0)])
        except DescriptionError:
            continue
        yield name, index
    machine.clamp([])


def world(kind: str) -> World:
    make = KINDS[kind]
    return World(make, list(editable(Timeline(make()))), list(holdable(make())))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_any_way_to_a_moment_is_as_a_plain_replay(kind: str) -> None:
    class KindTravels(Travels):
        world = world(kind)

    limits = settings(max_examples=6, stateful_step_count=10, deadline=None)
    run_state_machine_as_test(KindTravels, settings=limits)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"truncated"}))
def test_gradients_of_what_is_clamped_are_right(kind: str) -> None:
    machine = KINDS[kind]()
    buffers = machine.program.buffers
    forward = [
        (name, index)
        for name, index in holdable(machine)
        if buffers[name].role in ("activation", "pre_activation")
    ]
    rng = np.random.default_rng(0)
    for number in rng.permutation(len(forward))[:6]:
        machine = KINDS[kind]()
        machine.run(2)
        name, index = forward[number]
        machine.write(name, 0.3, index)
        machine.clamp([Clamp(name, index, 0.3)])
        machine.run(2)
        verdicts = {check.verdict for check in gradient_check(machine)}
        assert verdicts <= {"right", "kink"}, (name, index)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"truncated"}))
def test_the_loss_over_the_training_set_falls_as_its_gradient_says(kind: str) -> None:
    machine = KINDS[kind]()
    machine.run(3)
    before = all_state(machine)
    objective = Objective(machine, "train")
    gradient, origin = objective.gradient(), objective.theta.copy()
    direction = np.random.default_rng(1).normal(size=origin.size)
    losses = []
    for shift in (1e-5, -1e-5):
        objective.theta[...] = origin + shift * direction
        losses.append(objective.loss())
    slope = (losses[0] - losses[1]) / 2e-5
    assert slope == pytest.approx(float(gradient @ direction), rel=1e-5, abs=1e-8)
    objective.theta[...] = origin
    assert np.array_equal(objective.gradient(), gradient)  # nothing is drawn
    assert all_state(machine) == before


def test_breakpoints_and_the_stack_know_of_time_steps() -> None:
    debugger = Debugger(Timeline(KINDS["lstm"]()))
    debugger.set_breakpoint(Location(scope="lstm2/t3"))
    stop = debugger.resume()
    assert stop is not None
    assert stop.reason == "breakpoint"
    assert [frame.path for frame in debugger.stack()][1:3] == ["lstm2", "lstm2/t3"]
    debugger.step_out()
    assert not debugger.stack()[2].path.startswith("lstm2/t3")
    program = debugger.machine.program
    writers = [program.instructions[i].scope for i in program.writers("lstm2/h")]
    assert writers == [f"lstm2/t{t}/multiply" for t in range(1, 6)]
    images = KINDS["images"]().program
    assert [images.instructions[i].op for i in images.writers("conv2d4/a")] == ["tanh"]
    assert [images.instructions[i].op for i in images.writers("flatten5/a")][-1] == "reshape"


def test_what_no_instruction_writes_stays_as_it_was_written() -> None:
    """Between the cells of a padded image, say: no later step makes them anew."""
    timeline = Timeline(KINDS["images"]())
    timeline.keyframes.spacing = 3
    timeline.run(5)
    timeline.write("conv2d1/patches", 0.7, (1, 0, 0, 0))
    timeline.run(10)
    for moment in ((14, 20), (4, 30), (9, 0), (15, 0), (5, 1), (13, 2)):
        timeline.go(moment)
        assert_as_replayed(timeline, KINDS["images"])
    assert timeline.machine.read("conv2d1/patches")[1, 0, 0, 0] == 0.7
    timeline.go((3, 0))
    assert timeline.machine.read("conv2d1/patches")[1, 0, 0, 0] == 0.0


@pytest.mark.parametrize(
    ("kind", "buffer", "index", "message"),
    [
        ("images", "batch_norm2/standardised", (0, 1, 1, 0), "its elements depend on one another"),
        ("images", "batch_norm2/mean", (1,), "its gradient bypasses it"),
        ("lstm", "lstm2/t2/xw", (0, 1), "its gradient is also that of lstm2/t2/z"),
        ("transformer", "transformer_block3/attention2/weights", (0, 1, 2, 1), "on one another"),
    ],
)
def test_clamps_past_which_a_gradient_would_go_are_refused(
    kind: str, buffer: str, index: Index, message: str
) -> None:
    machine = KINDS[kind]()
    with pytest.raises(DescriptionError, match=message):
        machine.clamp([Clamp(buffer, index, 0.5)])
    assert not machine.clamps


def test_what_is_held_for_the_whole_batch_is_held_where_samples_are_judged() -> None:
    """Without dropout the gradient of a branch's end is that of the sum, which is no hindrance."""
    machine = KINDS["transformer"]()
    machine.run(2)
    end = "transformer_block3/attention2/z"
    machine.clamp([Clamp(end, (None, 2, 1), 0.25)])
    x, y = (machine.program.data[f"data/{letter}"][:3] for letter in "xy")
    judge = machine.evaluator(x, y, gradients=True)
    judge.run(1)
    assert (judge.read(end)[:, 2, 1] == 0.25).all()
    machine.clamp([])
    judge.run(1)
    assert (judge.read(end)[:, 2, 1] != 0.25).all()
