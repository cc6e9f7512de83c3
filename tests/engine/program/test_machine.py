"""The machine: one program, however it is cut; bits, state, stopping, memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    ClipNorm,
    Clipping,
    ClipValue,
    Dense,
    DescriptionError,
    Initializer,
    Layer,
    LayerNorm,
    Machine,
    Network,
    Optimizer,
    RMSprop,
    compile,  # noqa: A004
    load_dataset,
)
from tests.engine.networks import CIRCLES, all_state, circles_machine, circles_network

UNITS = ["instruction", "layer", "phase", "step", "epoch"]


def test_the_api_as_a_user_writes_it() -> None:
    data = load_dataset("circles", samples=500, noise=0.1, test_fraction=0.5, seed=0)
    layers = [Dense(4, "tanh"), Dense(2, "tanh"), Dense(1, "sigmoid")]
    net = Network(inputs=2, layers=layers, loss="binary_cross_entropy", optimizer=SGD(0.03))
    machine = Machine(compile(net, data, batch_size=10, seed=0))
    machine.run(steps=1000)
    assert machine.step_count == 1000
    assert machine.step_instruction().index == 0
    assert machine.pc == 1
    assert "Z1 = X·W1 + b1" in str(machine.program.listing())
    assert machine.read("dense1/W").shape == machine.read("dense1/W.grad").shape == (2, 4)
    buffer = machine.program.buffers["dense1/W"]
    assert (buffer.shape, buffer.axes, buffer.role, buffer.layer, buffer.grad) == (
        (2, 4),
        ("input", "unit"),
        "parameter",
        "dense1",
        "dense1/W.grad",
    )
    s = machine.snapshot()
    machine.run(steps=3)
    machine.restore(s)
    assert (machine.step_count, machine.pc) == (1000, 1)


def test_it_learns_circles() -> None:
    data = load_dataset("circles", samples=500, noise=0.1, test_fraction=0.5, seed=0)
    machine = Machine(compile(circles_network(SGD(0.03)), data, batch_size=10, seed=0))
    machine.run(10_000)
    judge = machine.evaluator(data.test.inputs)
    judge.run(1)
    right = (judge.read("dense3/a")[:, 0] > 0.5) == data.test.labels
    assert right.mean() > 0.95


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*UNITS, "run", "rerun", "run_to"]), st.integers(1, 5)),
        max_size=12,
    )
)
def test_the_bits_do_not_depend_on_how_a_run_is_cut(moves: list[tuple[str, int]]) -> None:
    machine = circles_machine(Adam(0.01), dropout=0.3)
    for move, count in moves:
        if move == "run":
            machine.run(count)
        elif move == "rerun":  # go on, come back, go on again
            here = machine.snapshot()
            machine.run(count)
            machine.restore(here)
        elif move == "run_to":
            machine.run_to(count)
        else:
            machine.advance(move)  # type: ignore[arg-type]
    steps = machine.step_count + (machine.pc > 0)
    if machine.pc:
        machine.advance("step")
    fresh = circles_machine(Adam(0.01), dropout=0.3)
    fresh.run(steps)
    assert machine.step_count == steps
    assert machine.read("parameters").tobytes() == fresh.read("parameters").tobytes()
    assert steps == 0 or all_state(machine) == all_state(fresh)


def test_same_seed_same_bits_other_seed_other_bits() -> None:
    states = []
    for seed in (0, 0, 1):
        machine = circles_machine(seed=seed, dropout=0.2)
        machine.run(20)
        states.append(all_state(machine))
    assert states[0] == states[1] != states[2]


def test_reset_is_as_good_as_new() -> None:
    machine = circles_machine(Adam(0.01))
    machine.run(17)
    machine.step_instruction()
    machine.reset()
    assert all_state(machine) == all_state(circles_machine(Adam(0.01)))
    machine.reset(seed=5)
    assert all_state(machine) == all_state(circles_machine(Adam(0.01), seed=5))


def test_an_epoch_sees_every_sample_once_and_orders_differ() -> None:
    network = circles_network()
    machine = Machine(compile(network, CIRCLES, batch_size=5, seed=0))
    epochs = []
    for _ in range(2):
        rows: list[int] = []
        for _ in range(machine.program.steps_per_epoch):
            machine.run(1)
            rows += machine.read("input/batch").tolist()
        epochs.append(rows)
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(50))
    assert epochs[0] != epochs[1]
    np.testing.assert_array_equal(
        machine.read("input/x"), CIRCLES.train.inputs[machine.read("input/batch")]
    )


def test_without_shuffling_samples_come_in_order() -> None:
    machine = Machine(compile(circles_network(), CIRCLES, batch_size=10, shuffle=False))
    machine.run(2)
    np.testing.assert_array_equal(machine.read("input/batch"), np.arange(10, 20))


def test_units_of_stepping() -> None:
    machine = circles_machine()
    instructions = machine.program.instructions
    machine.run_to(3)
    machine.advance("layer")
    assert {i.layer for i in instructions[3 : machine.pc]} == {"dense1"}
    assert instructions[machine.pc].layer == "dense2"
    machine.advance("phase")
    assert instructions[machine.pc].phase == "loss"
    machine.advance("phase")
    assert instructions[machine.pc].phase == "backward"
    machine.advance("step")
    assert (machine.pc, machine.step_count) == (0, 1)
    machine.advance("epoch")
    assert machine.step_count == machine.program.steps_per_epoch


def test_bad_units_and_instructions_are_named() -> None:
    machine = circles_machine()
    with pytest.raises(DescriptionError, match=r"unit: 'page' is not one of instruction"):
        machine.advance("page")  # type: ignore[arg-type]
    with pytest.raises(DescriptionError, match=r"instruction: 99 is not in 0\.\."):
        machine.run_to(99)


def test_the_budget_of_seconds_ends_a_run() -> None:
    machine = circles_machine()
    done = machine.run(seconds=0.02)
    assert done == machine.step_count > 0
    assert machine.run(10_000_000, seconds=0.01) < 10_000_000
    with pytest.raises(ValueError, match="steps, seconds or both"):
        machine.run()


def test_read_copies_view_does_not_and_write_checks() -> None:
    machine = circles_machine()
    copy, view = machine.read("dense1/W"), machine.view("dense1/W")
    machine.write("dense1/W", np.ones((2, 4)))
    assert (view == 1).all()
    assert not (copy == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 2
    with pytest.raises(DescriptionError, match=r"dense1/W: \(3,\) is not of shape \(2, 4\)"):
        machine.write("dense1/W", np.ones(3))
    with pytest.raises(DescriptionError, match="buffer: 'dense9/W' is not the name of a buffer"):
        machine.read("dense9/W")
    with pytest.raises(DescriptionError, match="of shape"):
        machine.write("data/x", np.ones(3))


def test_hyperparameters_change_live_and_keep_the_weights() -> None:
    machine = circles_machine(SGD(0.1))
    machine.run(3)
    before = machine.read("parameters")
    machine.write(machine.program.hyperparameters["learning_rate"], 0.0)
    machine.run(3)
    np.testing.assert_array_equal(machine.read("parameters"), before)
    machine.reset()
    assert machine.read("learning_rate") == 0.0


def test_dropout_drops_its_share_and_scales_the_rest() -> None:
    network = Network(2, [Dense(200, "tanh", dropout=0.25), Dense(1, "sigmoid")])
    machine = Machine(compile(network, CIRCLES, batch_size=None))
    machine.run(1)
    mask = machine.read("dense1/mask")
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    assert abs((mask == 0).mean() - 0.25) < 0.02
    np.testing.assert_array_equal(machine.read("dense1/dropped"), machine.read("dense1/a") * mask)
    first = mask
    machine.run(1)
    assert (machine.read("dense1/mask") != first).any()


def test_a_value_that_stops_being_finite_stops_the_run_there() -> None:
    data = load_dataset("sine", samples=100, noise=0.0, seed=0)
    network = Network(1, [Dense(8, "relu"), Dense(1)], "mean_squared_error", SGD(1e6))
    machine = Machine(compile(network, data, batch_size=10))
    machine.run(10_000)
    stopped = machine.stopped
    assert stopped is not None
    assert machine.step_count < 10_000
    written = machine.read(stopped.buffer)
    assert not np.isfinite(written[stopped.index])
    assert stopped.buffer in machine.program.instructions[stopped.instruction].writes
    repeated = Machine(machine.program)
    while not (repeated.step_count == stopped.step and repeated.pc == stopped.instruction):
        instruction = repeated.step_instruction()
        assert np.isfinite(repeated.read(instruction.writes[0])).all()
    repeated.step_instruction()
    assert all_state(repeated) == all_state(machine)
    machine.run(5)  # what is already broken may go on
    assert machine.stopped is None


@pytest.mark.parametrize(
    ("batch", "shuffle", "dropped", "sizes"),
    [
        (100, False, 50, (50, 125)),
        (100, True, 50, (50, 125)),
        (249, False, 1, (125, 250)),
        (126, False, 124, (125, 250)),
        (50, False, 0, (50,)),
        (None, False, 0, (250,)),
    ],
)
def test_an_epoch_is_counted_in_samples_and_says_what_it_drops(
    batch: int | None, shuffle: bool, dropped: int, sizes: tuple[int, ...]
) -> None:
    data = load_dataset("circles")
    assert len(data.train) == 250
    machine = Machine(compile(circles_network(), data, batch, shuffle=shuffle))
    program = machine.program
    assert (program.dropped, program.whole_batch_sizes) == (dropped, sizes)
    seen: set[int] = set()
    epochs = 4
    for _ in range(epochs):
        machine.advance("epoch")
    assert machine.step_count == epochs * program.steps_per_epoch
    assert machine.epoch == pytest.approx(epochs * (250 - dropped) / 250)
    machine.reset()
    for _ in range(program.steps_per_epoch):
        machine.run(1)
        seen.update(machine.read("input/batch").tolist())
    assert len(seen) == 250 - dropped
    formula = program.instructions[0].formula
    words = f", dropping {f'{dropped} each epoch' if shuffle else f'the last {dropped}'}"
    assert formula.endswith(words if dropped else "of 250")


def large(rule: Optimizer, clipping: Clipping | None = None, *layers: Layer) -> Machine:
    """A float32 network whose gradient is finite, but not the squares of it."""
    first = Dense(8, "linear", initializer=Initializer("constant", 1e8))
    last = Dense(1, initializer=Initializer("constant", 1e9))
    network = Network(2, [first, *layers, last], "mean_squared_error", rule, clipping=clipping)
    return Machine(compile(network, load_dataset("plane"), 10, dtype="float32"))


@pytest.mark.parametrize(
    ("machine", "buffer"),
    [
        (large(SGD(0.03), ClipNorm(1.0)), "optimizer/norm"),
        (large(Adam(0.03)), "parameters.v"),
        (large(AdamW(0.03)), "parameters.v"),
        (large(RMSprop(0.03)), "parameters.square"),
        (large(Adagrad(0.03)), "parameters.square"),
    ],
)
def test_a_state_that_overflows_stops_the_run_even_if_the_loss_stays_finite(
    machine: Machine, buffer: str
) -> None:
    first = machine.read("parameters")
    assert machine.run(5000) == 0
    assert machine.stopped is not None
    assert (machine.stopped.step, machine.stopped.buffer) == (0, buffer)
    at = machine.stopped.instruction
    assert machine.pc == at + 1
    assert np.isfinite(machine.read("loss/L"))
    np.testing.assert_array_equal(machine.read("parameters"), first)

    stepped = Machine(machine.program)
    while stepped.stopped is None:
        stepped.step_instruction(checked=True)
    assert stepped.stopped == machine.stopped
    assert all_state(stepped) == all_state(machine)

    for steps in (3, 100):  # what is already broken may go on
        machine.run(steps)
        assert machine.stopped is None
    machine.write("dense2/b", np.nan)
    machine.restore(stepped.snapshot())
    machine.write("dense1/W", 1e30)  # something else may still go wrong
    machine.run(100)
    assert machine.stopped is not None
    assert machine.stopped.buffer != buffer


def test_running_statistics_that_overflow_stop_the_run() -> None:
    machine = large(SGD(0.0), None, BatchNorm())
    machine.write("dense1/W", 1e25)
    machine.run(1000)
    assert machine.stopped is not None
    assert machine.stopped.buffer == "batch_norm2/variance"
    machine = large(SGD(0.0), None, LayerNorm())
    machine.write("dense1/W", np.arange(1, 17).reshape(2, 8) * 1e25)
    machine.run(1000)
    assert machine.stopped is not None
    assert machine.stopped.buffer == "layer_norm2/variance"


def test_a_gradient_that_overflows_stops_the_run_even_if_it_is_clipped() -> None:
    machine = large(SGD(0.0), ClipValue(1.0))
    machine.write("dense1/W", 1e-6)
    machine.write("dense2/W", 1e22)
    machine.run(1000)
    assert machine.stopped is not None
    assert machine.stopped.buffer.endswith(".grad")


@pytest.mark.parametrize("runs", [(1,) * 8, (2, 2, 1, 1, 4), (3, 0, 2, 5), (5, 5), (40,)])
@pytest.mark.parametrize("touched", [False, True])
def test_the_state_where_a_value_stops_being_finite_is_whole_after_any_runs(
    runs: tuple[int, ...], touched: bool
) -> None:
    network = Network(2, [Dense(3, "relu"), Dense(1)], optimizer=SGD(1e20))
    machine = Machine(compile(network, CIRCLES, batch_size=8))
    repeated = Machine(machine.program)
    for steps in runs:
        if touched:
            for either in (machine, repeated):
                if either.step_count == 2:
                    either.write("dense1/b", 0.25)
        machine.run(steps)
        if machine.stopped is not None:
            break
        repeated.run(machine.step_count - repeated.step_count, checked=False)
    assert machine.stopped is not None
    while (repeated.step_count, repeated.pc) != (machine.step_count, machine.pc):
        repeated.step_instruction()
    assert all_state(machine) == all_state(repeated)


def test_an_interrupted_run_leaves_a_whole_state() -> None:
    machine = circles_machine()
    machine.run(10)
    bell = machine.program.graph.nodes[4].op
    original = machine._step[4]

    def interrupt() -> None:
        if machine.step_count == 700:
            raise KeyboardInterrupt
        original()

    machine._step[4] = interrupt
    with pytest.raises(KeyboardInterrupt):
        machine.run(5000)
    machine._step[4] = original
    fresh = circles_machine()
    fresh.run(machine.step_count)
    assert 10 <= machine.step_count <= 700
    assert all_state(machine) == all_state(fresh)
    assert bell is machine.program.graph.nodes[4].op


def test_running_allocates_nothing_that_stays() -> None:
    machine = circles_machine(Adam(0.01))
    machine.run(600)
    tracemalloc.start()
    try:
        machine.run(300)
        start, _ = tracemalloc.get_traced_memory()
        machine.run(2000)
        end, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert end - start < 2000  # less than a byte a step


def test_evaluators_share_the_parameters_live() -> None:
    machine = circles_machine(dropout=0.5)
    assert CIRCLES.test.labels is not None
    y = CIRCLES.test.labels.reshape(-1, 1)
    judge = machine.evaluator(CIRCLES.test.inputs, y, gradients=True)
    losses = []
    for _ in range(2):
        judge.run(1)
        losses.append(float(judge.read("loss/L")))
        machine.run(200)
    a = judge.read("dense3/a")
    expected = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    assert losses[1] == pytest.approx(expected)
    assert losses[0] != losses[1]
    assert judge.read("dense1/z.grad").shape == (50, 4)
    assert "dense1/mask" not in judge.program.buffers
    with pytest.raises(DescriptionError, match=r"inputs: \(4, 3\) is not of shape \(samples, 2\)"):
        machine.evaluator(np.ones((4, 3)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_data_types(dtype: str) -> None:
    program = compile(circles_network(), CIRCLES, batch_size=8, dtype=dtype)  # type: ignore[arg-type]
    machine = Machine(program)
    machine.run(100)
    assert machine.read("dense1/W").dtype == dtype
    assert program.buffers["dense1/W"].dtype == dtype
    assert float(machine.read("loss/L")) < 1


def test_wide_and_narrow_inputs_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide inputs are stored sample by sample, with the bias added apart; only rounding differs."""
    results = []
    for wide in (1, 32):
        monkeypatch.setattr("engine.program.compiler.WIDE", wide)
        machine = circles_machine()
        machine.run(50)
        results.append(machine.read("parameters"))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-9)
