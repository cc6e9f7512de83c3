"""A session: commands in, events and frames out, and every number that of the engine."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from engine import Machine, Unit
from server.session.camera import Subscription
from server.session.reporter import LOSS_INTERVAL
from server.session.session import Checkpoint, Session
from server.wire.commands import WatchedBuffer
from server.wire.errors import Refusal
from server.wire.frames import decode_frame
from server.wire.strict_json import encode_message
from tests.server.driving import SMALL, Clock, Driver, configured, machine_of, refused

UNITS = ["instruction", "layer", "phase", "step", "epoch"]
ADAM: dict[str, Any] = {
    **SMALL,
    "optimizer": {"kind": "adam", "learning_rate": 0.02},
    "layers": [{"units": 5, "activation": "relu", "dropout": 0.2, "l2": 0.01}, {}],
    "seed": 3,
}
"""Optimizer state, dropout and penalties: all that a session could lose."""


def bits(driver: Driver) -> bytes:
    """Everything the session's machine can change, as bytes."""
    saved = driver.session.checkpoint()
    assert saved is not None
    return saved.snapshot.block.tobytes() + bytes([saved.snapshot.pc])


def machine_bits(machine: Machine) -> bytes:
    return machine.snapshot().block.tobytes() + bytes([machine.pc])


def restored(driver: Driver, *, frames: int = 0, clock: Clock | None = None) -> Driver:
    """The session as it comes back in another process."""
    saved: Checkpoint = pickle.loads(pickle.dumps(driver.session.checkpoint()))
    other = Driver(clock) if clock is not None else Driver()
    other.session = Session.restored(saved, other.clock, other.clock, frames=frames)
    other.events = other.session.abridged()
    return other


# Configure ---------------------------------------------------------------------------------------


def test_configure_tells_everything() -> None:
    driver = Driver()
    assert driver.do("configure", description=SMALL) == {"generation": 1}
    assert [event["type"] for event in driver.events] == [
        "configured",
        "state",
        "timeline",
        "loss",
    ]
    told, program = driver.last("configured"), machine_of().program
    buffers = {row["id"]: row for row in told["buffers"]}
    assert list(buffers) == list(range(len(buffers)))
    for instruction, row in zip(program.instructions, told["instructions"], strict=True):
        assert {**vars(instruction), "reads": 0, "writes": 0} == {**row, "reads": 0, "writes": 0}
        assert [buffers[i]["name"] for i in row["reads"]] == list(instruction.reads)
        assert [buffers[i]["name"] for i in row["writes"]] == list(instruction.writes)
    for row, buffer in zip(told["buffers"], program.buffers.values(), strict=False):
        assert row == {"id": row["id"], **vars(buffer)}
    assert [layer["name"] for layer in told["layers"]] == ["dense1", "dense2", "dense3"]
    assert told["cost"] == vars(program.cost)
    assert told["hyperparameters"] == {"learning_rate": 0.03}
    assert (told["steps_per_epoch"], told["batch_size"]) == (3, 10)
    assert (told["dropped"], told["whole_batch_sizes"]) == (0, [10])
    assert (told["data"]["train"], told["data"]["test"]) == (30, 30)
    assert len(told["data"]["points"]["train"]) == 30


def test_every_event_is_json() -> None:
    for name in ("circles", "sine", "synthetic_images"):
        for event in configured({"data": {"name": name, "samples": 100}}).events:
            encode_message(event)


def test_the_description_told_is_complete_and_means_the_same() -> None:
    first = configured(ADAM).last("configured")
    again = configured(first["description"]).last("configured")
    assert again == first


@pytest.mark.parametrize(
    ("given", "code", "field", "said"),
    [
        ({"colour": 1}, "unknown_field", "colour", "a field here"),
        ({"layer": []}, "unknown_field", "layer", "the nearest is 'layers'"),
        ({"layers": [{"units": 0}, {}]}, "bad_description", "layers[0].units", "0 is not in 1.."),
        ({"data": {"noise": "much"}}, "bad_description", "data.noise", "'much' is not a number"),
    ],
)
def test_a_bad_description_is_refused_and_changes_nothing(
    given: Any, code: str, field: str, said: str
) -> None:
    driver = configured()
    driver.step("layer", 2)
    before = bits(driver), driver.session.abridged()
    with refused(code, field, said):
        driver.do("configure", description=given)
    assert (bits(driver), driver.session.abridged()) == before


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("run", {}),
        ("pause", {}),
        ("step", {}),
        ("run_to", {"instruction": 0}),
        ("reset", {}),
        ("reseed", {"seed": 1}),
        ("set", {"name": "learning_rate", "value": 1}),
        ("speed", {"per_second": 1}),
        ("probe", {"sample": 0}),
        ("subscribe", {"buffers": []}),
        ("read", {"buffer": "step"}),
        ("write", {"buffer": "dense1/W", "index": [0, 0], "value": 1}),
    ],
)
def test_nothing_can_be_done_before_the_first_configure(kind: str, fields: dict[str, Any]) -> None:
    driver = Driver()
    with refused("not_configured", "", "configure one first"):
        driver.do(kind, **fields)
    assert driver.session.abridged() == []
    assert driver.session.checkpoint() is None
    assert driver.session.delay() is None
    assert driver.session.advance(1.0) == []


def test_configuring_again_stops_and_keeps_speed_and_probe() -> None:
    driver = configured()
    driver.do("speed", per_second=50)
    driver.do("probe", sample=7, split="test")
    driver.do("run")
    driver.advance(3)
    driver.do("configure", description={**SMALL, "layers": [{"units": 3}, {}]})
    assert driver.last("configured")["generation"] == 2
    state = driver.state
    assert (state["running"], state["step"], state["pc"]) == (False, 0, 0)
    assert state["speed"] == {"unit": "step", "per_second": 50.0}
    assert state["probe"] == {"sample": 7, "split": "test"}
    driver.do("configure", description={"data": {"samples": 20, "test_fraction": 0.1}})
    assert driver.state["probe"] == {"sample": 0, "split": "train"}  # there is no test sample 7


def test_a_watched_buffer_is_shown_anew_after_configuring_again() -> None:
    driver = configured()
    watching = Subscription(
        (WatchedBuffer("dense1/W", "f64"), WatchedBuffer("dense2/W", "f64")), 60.0
    )
    first = driver.session.frame(watching)
    driver.do("configure", description={**SMALL, "layers": [{}], "seed": 5})
    driver.clock.wait(1.0)
    second = driver.session.frame(watching)
    assert first is not None
    assert second is not None
    headers = [decode_frame(data).header for data in (first, second)]
    assert [(h.generation, h.number) for h in headers] == [(1, 1), (2, 2)]
    shown = driver.values(decode_frame(second))
    assert shown.keys() == {"dense1/W"}  # there is no second layer now
    np.testing.assert_array_equal(
        shown["dense1/W"], machine_of({**SMALL, "layers": [{}], "seed": 5}).read("dense1/W")
    )


# Run, pause, step --------------------------------------------------------------------------------


def test_run_trains_as_the_engine_does_until_pause() -> None:
    driver = configured(ADAM)
    driver.do("run")
    assert (driver.state["running"], driver.state["reason"]) == (True, "command")
    driver.advance(20)
    driver.do("pause")
    assert (driver.state["running"], driver.state["reason"]) == (False, "command")
    machine, steps = machine_of(ADAM), driver.state["step"]
    assert steps > 100
    machine.run(steps)
    assert bits(driver) == machine_bits(machine)
    assert driver.points[-1][0] == steps  # the curve ends where it stands


@pytest.mark.parametrize("unit", UNITS)
def test_step_by_every_unit_as_the_engine_does(unit: Any) -> None:
    driver, machine = configured(ADAM), machine_of(ADAM)
    for count in (1, 1, 3, 2):
        driver.step(unit, count)
        for _ in range(count):
            machine.advance(unit)
        assert (driver.state["running"], driver.state["reason"]) == (False, "goal")
        assert (driver.state["step"], driver.state["pc"]) == (machine.step_count, machine.pc)
        assert driver.state["epoch"] == machine.epoch
        assert bits(driver) == machine_bits(machine)


def test_steps_of_mixed_units_are_the_same_run() -> None:
    driver, machine = configured(ADAM), machine_of(ADAM)
    units: list[Unit] = ["instruction", "step", "layer", "epoch", "phase", "instruction", "epoch"]
    for unit in units:
        driver.step(unit)
        machine.advance(unit)
    assert bits(driver) == machine_bits(machine)


def test_a_short_step_is_done_when_it_is_answered() -> None:
    driver = configured()
    driver.do("step", unit="instruction")
    assert [event["type"] for event in driver.events[4:]] == ["state"]
    assert (driver.state["running"], driver.state["pc"]) == (False, 1)
    driver.do("step", unit="step")
    assert (driver.state["running"], driver.state["step"], driver.state["pc"]) == (False, 1, 0)
    assert driver.points[-1][0] == 1


def test_every_step_by_hand_has_a_loss_point() -> None:
    driver = configured()
    driver.step("step", 30)
    assert [point[0] for point in driver.points] == list(range(31))


def test_run_to_an_instruction() -> None:
    driver = configured()
    count = len(driver.last("configured")["instructions"])
    for instruction, step in ((5, 0), (6, 0), (6, 1), (2, 2), (0, 3), (count - 1, 3)):
        driver.do("run_to", instruction=instruction)
        driver.finish()
        assert (driver.state["step"], driver.state["pc"]) == (step, instruction)
        assert driver.state["reason"] == "goal"
    machine = machine_of()
    machine.run(3)
    machine.run_to(count - 1)
    assert bits(driver) == machine_bits(machine)
    with refused("bad_value", "instruction", f"{count} is not in 0..{count - 1}"):
        driver.do("run_to", instruction=count)


def test_pause_interrupts_a_goal_and_run_interrupts_it_too() -> None:
    driver = configured()
    driver.do("step", unit="epoch", count=1_000_000)
    driver.advance(2)
    driver.do("pause")
    assert (driver.state["running"], driver.state["reason"]) == (False, "command")
    driver.do("step", unit="epoch", count=1_000_000)
    driver.do("run")
    driver.step("instruction")
    assert driver.state["reason"] == "goal"


def test_pausing_twice_changes_nothing() -> None:
    driver = configured()
    driver.step("layer")
    before = bits(driver)
    driver.do("pause")
    assert bits(driver) == before
    assert driver.state["running"] is False


# Reset, reseed, set ------------------------------------------------------------------------------


def test_reset_is_a_fresh_start_from_the_same_seed() -> None:
    driver = configured(ADAM)
    fresh = bits(driver)
    driver.step("step", 20)
    driver.step("layer", 3)
    driver.do("reset")
    assert bits(driver) == fresh
    assert (driver.state["step"], driver.state["pc"], driver.state["running"]) == (0, 0, False)
    assert driver.points[-1] == driver.points[0]
    assert driver.session.abridged()[3]["points"] == [driver.points[0]]


def test_reseed_is_a_fresh_start_from_another_seed() -> None:
    driver = configured(ADAM)
    driver.step("step", 20)
    driver.do("reseed", seed=12)
    assert bits(driver) == machine_bits(machine_of({**ADAM, "seed": 12}))
    assert driver.state["seed"] == 12
    assert driver.session.abridged()[0]["description"]["seed"] == 12
    driver.do("reset")
    assert driver.state["seed"] == 12


def test_a_free_run_goes_on_after_reset_and_a_goal_does_not() -> None:
    driver = configured()
    driver.do("run")
    driver.advance(5)
    driver.do("reset")
    assert (driver.state["running"], driver.state["step"]) == (True, 0)
    driver.do("step", unit="epoch", count=100_000)
    driver.do("reset")
    assert (driver.state["running"], driver.state["step"]) == (False, 0)


def test_a_hyperparameter_is_set_without_losing_the_weights() -> None:
    driver, machine = configured(ADAM), machine_of(ADAM)
    driver.step("step", 10)
    before = driver.read("parameters")
    driver.do("set", name="learning_rate", value=0.5)
    driver.do("set", name="dense1/l2", value=0.125)
    driver.do("set", name="dense1/dropout", value=0.5)
    np.testing.assert_array_equal(driver.read("parameters"), before)
    assert driver.last("set") == {"type": "set", "name": "dense1/dropout", "value": 0.5}
    driver.step("step", 10)
    machine.run(10)
    for name, value in (("learning_rate", 0.5), ("dense1/l2", 0.125), ("dense1/dropout", 0.5)):
        machine.write(machine.program.hyperparameters[name], value)
    machine.run(10)
    assert bits(driver) == machine_bits(machine)


def test_live_hyperparameters_outlast_reset_and_are_told_to_newcomers() -> None:
    driver = configured(ADAM)
    driver.do("set", name="learning_rate", value=0.5)
    driver.do("set", name="dense1/l2", value=0.125)
    driver.do("reset")
    told = driver.session.abridged()[0]
    assert told["hyperparameters"]["learning_rate"] == 0.5
    assert told["description"]["optimizer"]["learning_rate"] == 0.5
    assert told["description"]["layers"][0]["l2"] == 0.125
    again = configured(told["description"])
    np.testing.assert_array_equal(again.read("parameters"), driver.read("parameters"))


@pytest.mark.parametrize(
    ("name", "value", "field", "said"),
    [
        ("learning_rat", 1, "name", "the nearest is 'learning_rate'"),
        ("momentum", 1, "name", "a hyperparameter of this program"),
        ("dense2/l1", 1, "name", "a hyperparameter of this program"),
        ("learning_rate", -1, "value", "-1.0 is not a number of at least 0"),
        ("beta1", 1, "value", "1.0 is not a number of at least 0 and below 1"),
        ("learning_rate", 1e31, "value", "is not in 0..1e+30"),
        ("dense1/l2", -0.5, "value", "-0.5 is not in 0..1e+30"),
        ("dense1/dropout", 0.96, "value", "0.96 is not in 0..0.95"),
    ],
)
def test_a_hyperparameter_that_can_not_be_set(
    name: str, value: float, field: str, said: str
) -> None:
    driver = configured(ADAM)
    before = bits(driver)
    with refused("bad_value", field, said):
        driver.do("set", name=name, value=value)
    assert bits(driver) == before


def test_a_hyperparameter_in_float32_is_told_as_it_was_given() -> None:
    driver = configured({**SMALL, "dtype": "float32", "optimizer": {"learning_rate": 0.01}})
    assert driver.last("configured")["hyperparameters"] == {"learning_rate": 0.01}
    driver.do("set", name="learning_rate", value=0.3)
    assert driver.last("set")["value"] == 0.3
    assert driver.session.abridged()[0]["description"]["optimizer"]["learning_rate"] == 0.3


# Speed -------------------------------------------------------------------------------------------


def play(driver: Driver, seconds: float, turn: float = 0.01) -> None:
    """Let time pass as a host does, which looks every few milliseconds at the latest."""
    for _ in range(round(seconds / turn)):
        driver.clock.wait(turn)
        while driver.session.delay() == 0.0:
            driver.advance()


@pytest.mark.parametrize(("rate", "expected"), [(1, 3), (10, 30), (200, 600)])
def test_a_limit_on_steps(rate: float, expected: int) -> None:
    driver = configured(clock=Clock(tick=1e-7))
    driver.do("speed", per_second=rate)
    driver.do("run")
    play(driver, 3.0 - 0.005)
    driver.do("pause")
    assert abs(driver.state["step"] - expected) <= 1 + 0.1 * rate * 0.2


def test_a_limit_on_instructions() -> None:
    driver = configured(clock=Clock(tick=1e-7))
    driver.do("speed", unit="instruction", per_second=4)
    driver.do("run")
    driver.advance()
    driver.do("pause")
    assert driver.state["pc"] == 1  # the first is due at once
    driver.do("run")
    assert driver.session.delay() == 0.0
    driver.advance()
    assert driver.session.delay() == pytest.approx(0.25, abs=0.01)
    play(driver, 1.01)
    driver.do("pause")
    assert driver.state["pc"] == 6


def test_a_limit_holds_for_free_runs_only_and_can_be_lifted() -> None:
    driver = configured()
    driver.do("speed", per_second=1)
    assert driver.state["speed"] == {"unit": "step", "per_second": 1.0}
    driver.step("step", 50)
    assert driver.state["step"] == 50
    driver.do("run")
    driver.do("speed", per_second=None)
    driver.advance(5)
    driver.do("pause")
    assert driver.state["step"] > 100
    assert driver.state["speed"] == {"unit": "step", "per_second": None}


# Probe, subscribe, read, write -------------------------------------------------------------------


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_probe_sample(split: str) -> None:
    driver = configured()
    driver.do("probe", sample=11, split=split)
    assert driver.state["probe"] == {"sample": 11, "split": split}
    point = driver.last("configured")["data"]["points"][split][11]
    np.testing.assert_allclose(driver.read("probe/input/x"), point[:2], atol=1e-4)
    with refused("bad_value", "sample", f"30 is not in 0..29, the {split} samples"):
        driver.do("probe", sample=30, split=split)
    assert driver.state["probe"]["sample"] == 11


@pytest.mark.parametrize(
    ("buffers", "field", "said"),
    [
        ([{"name": "dense1/w"}], "buffers[0].name", "the nearest is 'dense1/W'"),
        ([{"name": "step"}, {"name": "step"}], "buffers[1].name", "'step' is not named once"),
        ([{"name": "dense1/W", "dtype": "i32"}], "buffers[0].dtype", "a dtype for real numbers"),
    ],
)
def test_what_can_not_be_subscribed_to(buffers: Any, field: str, said: str) -> None:
    with refused("bad_value", field, said):
        configured().do("subscribe", buffers=buffers)


def test_a_subscription_to_more_than_fits_in_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = configured()
    watched = [{"name": "dense1/W", "dtype": "f64"}, {"name": "dense1/b", "dtype": "u8"}]
    assert driver.do("subscribe", buffers=watched) == {}
    monkeypatch.setattr("server.session.camera.MAX_FRAME_BYTES", 67)
    with refused("bad_value", "buffers", "68 bytes", "at most 67 bytes a frame"):
        driver.do("subscribe", buffers=watched)
    # Accepted for a smaller network before: what does not fit is left out.
    assert driver.frame("dense1/W", "dense1/b").keys() == {"dense1/W"}


def test_frames_say_where_they_were_taken() -> None:
    driver = configured()
    driver.step("step", 7)
    driver.step("instruction", 5)
    data = driver.session.frame(Subscription((WatchedBuffer("dense1/W", "f32"),), 60.0))
    assert data is not None
    header = decode_frame(data).header
    assert (header.generation, header.step, header.pc, header.branch) == (1, 7, 5, 0)
    assert header.epoch == 7 / 3
    assert header.taken == pytest.approx(driver.clock.now, abs=1.0)


def test_read_is_exact() -> None:
    driver, machine = configured(ADAM), machine_of(ADAM)
    driver.step("step", 3)
    machine.run(3)
    w = machine.read("dense1/W")
    assert driver.do("read", buffer="dense1/W") == {"buffer": "dense1/W", "values": w.tolist()}
    assert driver.do("read", buffer="dense1/W", index=[1])["values"] == w[1].tolist()
    assert driver.do("read", buffer="dense1/W", index=[1, 4])["value"] == w[1, 4]
    assert driver.do("read", buffer="step")["value"] == 3
    assert driver.do("read", buffer="input/batch")["values"] == machine.read("input/batch").tolist()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"buffer": "dense9/W"}, "buffer", "the nearest is 'dense"),
        ({"buffer": "dense1/W", "index": [2]}, "index[0]", "2 is not in 0..1"),
        ({"buffer": "dense1/W", "index": [0, 4]}, "index[1]", "4 is not in 0..3"),
        ({"buffer": "dense1/W", "index": [0, 0, 0]}, "index", "a buffer of shape [2, 4]"),
        ({"buffer": "step", "index": [0]}, "index", "a buffer of shape []"),
    ],
)
def test_what_can_not_be_read(fields: dict[str, Any], field: str, said: str) -> None:
    with refused("bad_value", field, said):
        configured().do("read", **fields)


def test_too_much_is_read_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = configured()
    monkeypatch.setattr("server.session.buffers.MAX_READ", 7)
    with refused("bad_value", "buffer", "8 numbers", "at most 7 numbers; read it by rows"):
        driver.do("read", buffer="dense1/W")
    assert len(driver.do("read", buffer="dense1/W", index=[0])["values"]) == 4


def test_what_is_not_finite_is_read_as_null() -> None:
    driver = configured()
    driver.do("write", buffer="dense1/W", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense1/W", index=[1, 0], value=1e308)
    driver.do("write", buffer="dense2/W", index=[0, 0], value=-1e308)
    driver.step("step")
    values = driver.do("read", buffer="dense1/z")["values"]
    assert [row[0] for row in values].count(None) > 0
    row = next(i for i, numbers in enumerate(values) if numbers[0] is None)
    answer = driver.do("read", buffer="dense1/z", index=[row, 0])
    assert (answer["value"], answer["text"]) in [(None, "∞"), (None, "−∞")]
    assert driver.do("read", buffer="dense1/z", index=[row])["values"][0] is None
    encode_message({"values": values})


def test_write_changes_one_element_and_the_loss() -> None:
    driver, machine = configured(), machine_of()
    driver.do("write", buffer="dense2/W", index=[3, 1], value=-1.25)
    assert driver.last("written") == {
        "type": "written",
        "buffer": "dense2/W",
        "index": [3, 1],
        "value": -1.25,
    }
    machine.write("dense2/W", -1.25, (3, 1))
    assert bits(driver) == machine_bits(machine)
    assert driver.points[-1][0] == 0
    assert driver.points[-1] != driver.points[0]
    assert driver.session.abridged()[3]["points"] == [driver.points[-1]]


def test_a_value_written_into_a_step_is_used_by_it() -> None:
    driver, machine = configured(), machine_of()
    driver.do("run_to", instruction=6)
    driver.do("write", buffer="dense2/z", index=[4, 1], value=3.0)
    driver.step("step")
    machine.run_to(6)
    machine.write("dense2/z", 3.0, (4, 1))
    machine.run(1)
    assert bits(driver) == machine_bits(machine)


def test_a_value_written_in_float32_is_told_as_it_is_stored() -> None:
    driver = configured({**SMALL, "dtype": "float32"})
    driver.do("write", buffer="dense1/W", index=[0, 0], value=0.1)
    assert driver.last("written")["value"] == float(np.float32(0.1))
    assert driver.do("read", buffer="dense1/W", index=[0, 0])["value"] == float(np.float32(0.1))
    with refused("bad_value", "value", "finite in float32"):
        driver.do("write", buffer="dense1/W", index=[0, 0], value=1e39)


@pytest.mark.parametrize(
    ("buffer", "index", "field", "said"),
    [
        ("dense1/w", [0, 0], "buffer", "the nearest is 'dense1/W'"),
        ("input/batch", [0], "buffer", "its role is index"),
        ("step", [], "buffer", "its role is counter"),
        ("data/order", [0], "buffer", "its role is index"),
        ("learning_rate", [], "buffer", "its role is hyperparameter"),
        ("view/surface", [0, 0, 0], "buffer", "its role is view"),
        ("loss/L", [], "buffer", "its role is loss"),
        ("dense1/W", [0], "index", "a buffer of shape [2, 4]"),
        ("dense1/W", [], "index", "a buffer of shape [2, 4]"),
        ("dense1/W", [2, 0], "index[0]", "2 is not in 0..1"),
    ],
)
def test_what_can_not_be_written(buffer: str, index: list[int], field: str, said: str) -> None:
    driver = configured()
    before = bits(driver)
    with refused("bad_value", field, said):
        driver.do("write", buffer=buffer, index=index, value=1)
    assert bits(driver) == before


def test_samples_that_do_not_fill_a_batch_are_told_and_do_not_count() -> None:
    driver = configured({"data": {"name": "circles"}, "batch_size": 100, "shuffle": False})
    told = driver.last("configured")
    assert (told["steps_per_epoch"], told["batch_size"], told["dropped"]) == (2, 100, 50)
    assert told["whole_batch_sizes"] == [50, 125]
    assert told["instructions"][0]["formula"].endswith("100 of 250, dropping the last 50")
    (found,) = driver.last("diagnostics")["findings"]
    assert (found["rule"], found["subject"]) == ("unused_samples", "")
    driver.step("epoch", 5)
    assert (driver.state["step"], driver.state["epoch"]) == (10, 4.0)
    driver.do("watch", expressions=["epoch"])
    assert driver.last("watched")["values"][0]["value"] == 4.0


# Values that stop being finite -------------------------------------------------------------------

EXPLODING: dict[str, Any] = {
    "data": {"name": "plane", "samples": 60},
    "layers": [{"units": 4, "activation": "relu"}, {}],
    "optimizer": {"learning_rate": 1e20},
}


def test_a_run_pauses_at_the_first_value_that_is_not_finite() -> None:
    driver = configured(EXPLODING)
    driver.do("run")
    driver.finish()
    state = driver.state
    assert (state["running"], state["reason"]) == (False, "non_finite")
    told = driver.last("configured")
    at = state["non_finite"]
    writes = told["instructions"][at["instruction"]]["writes"]
    assert [told["buffers"][i]["name"] for i in writes] == [at["buffer"]]
    assert state["pc"] == (at["instruction"] + 1) % len(told["instructions"])
    answer = driver.do("read", buffer=at["buffer"], index=at["index"])
    assert answer["value"] is None
    assert answer["text"] == at["text"]
    assert driver.points[-1][0] == state["step"]

    slowly = configured(EXPLODING)
    slowly.do("speed", unit="instruction", per_second=1e6)
    slowly.do("run")
    slowly.finish()
    assert slowly.state["non_finite"] == at
    assert bits(slowly) == bits(driver)


def test_a_norm_that_overflows_pauses_a_run_where_stepping_does() -> None:
    constants = [{"kind": "constant", "value": value} for value in (1e8, 1e9)]
    description = {
        "data": {"name": "plane"},
        "dtype": "float32",
        "clipping": {"kind": "norm", "limit": 1},
        "layers": [
            {"units": 8, "activation": "linear", "initializer": constants[0]},
            {"initializer": constants[1]},
        ],
    }
    driver = configured(description)
    driver.do("run")
    driver.finish()
    assert driver.state["reason"] == "non_finite"
    assert driver.state["non_finite"] == {
        "instruction": 13,
        "buffer": "optimizer/norm",
        "index": [],
        "text": "∞",
    }
    stepped = configured(description)
    stepped.step("instruction", 18)
    assert stepped.state["non_finite"] == driver.state["non_finite"]
    (found,) = [f for f in driver.last("diagnostics")["findings"] if f["rule"] == "non_finite"]
    assert "∞" in found["text"]
    assert "NaN" not in found["text"]


def test_running_on_after_that_is_possible_and_reset_forgets_it() -> None:
    driver = configured(EXPLODING)
    driver.step("epoch", 50)
    first = driver.state
    assert first["reason"] == "non_finite"
    driver.step("instruction", 5)
    assert driver.state["reason"] == "goal"
    driver.step("step", 5)
    assert driver.state["reason"] == "goal"
    assert driver.state["non_finite"] == first["non_finite"]
    driver.do("reset")
    assert driver.state["non_finite"] is None
    driver.do("set", name="learning_rate", value=0.01)
    driver.step("epoch", 5)
    assert (driver.state["reason"], driver.state["non_finite"]) == ("goal", None)


def test_a_value_that_was_mended_may_go_wrong_again() -> None:
    driver = configured(EXPLODING)
    driver.do("run")
    driver.finish()
    weights = driver.read("parameters")
    for i in range(weights.size):
        driver.do("write", buffer="parameters", index=[i], value=0.1)
    assert driver.state["non_finite"] is None
    driver.do("run")
    driver.finish()
    assert driver.state["reason"] == "non_finite"


# Loss points -------------------------------------------------------------------------------------


def points_of_a_run(slice_seconds: float, to: int, **speed: Any) -> list[list[Any]]:
    driver = configured(clock=Clock(tick=1e-3))
    if speed:
        driver.do("speed", **speed)
    driver.do("run")
    while driver.points[-1][0] < to:
        driver.clock.wait(driver.session.delay() or 0.0)
        driver.advance(seconds=slice_seconds)
    return [point for point in driver.points if point[0] <= to]


@pytest.mark.slow
def test_the_same_run_has_the_same_loss_points() -> None:
    first = points_of_a_run(0.02, 3000)
    assert first == points_of_a_run(0.0003, 3000)
    steps = [point[0] for point in first]
    assert steps == sorted(set(steps))
    assert len(steps) > 10
    machine = machine_of()
    machine.run(int(steps[-1]))
    again = configured()
    again.step("step", int(steps[-1]))
    assert again.points[-1] == first[-1]


def test_a_slow_run_has_more_points() -> None:
    slow = points_of_a_run(0.02, 300, per_second=500)
    fast = points_of_a_run(0.02, 300)
    assert len(slow) > len(fast)


def test_a_regression_has_no_accuracy() -> None:
    driver = configured({"data": {"name": "sine", "samples": 60}})
    step, train, test, train_accuracy, test_accuracy = driver.points[0]
    assert step == 0
    assert train > 0.0 < test
    assert [train_accuracy, test_accuracy] == [None, None]


def test_loss_events_of_a_run_come_bundled() -> None:
    driver = configured()
    driver.do("run")
    before, start = len(driver.events), driver.clock.now
    for _ in range(100):
        driver.advance(seconds=0.001)
    events = driver.events[before:]
    assert {event["type"] for event in events} <= {"loss", "diagnostics"}
    events = [event for event in events if event["type"] == "loss"]
    assert 0 < len(events) <= (driver.clock.now - start) / LOSS_INTERVAL + 1
    assert all(event["generation"] == 1 for event in events)


# Checkpoints -------------------------------------------------------------------------------------


def lasting(driver: Driver) -> list[dict[str, Any]]:
    """What a newcomer is told, without the diagnostics, which begin anew in another process."""
    return [event for event in driver.session.abridged() if event["type"] != "diagnostics"]


@pytest.mark.parametrize("given", [SMALL, ADAM, {**ADAM, "dtype": "float32"}, EXPLODING])
def test_a_restored_session_goes_on_exactly(given: Any) -> None:
    driver = configured(given)
    driver.do("speed", unit="step", per_second=300)
    driver.do("probe", sample=4, split="test")
    driver.do("set", name="learning_rate", value=0.25)
    driver.step("step", 25)
    driver.step("layer", 4)
    other = restored(driver)
    assert bits(other) == bits(driver)
    assert lasting(other) == lasting(driver)
    for d in (driver, other):
        d.step("epoch", 20)
    assert bits(other) == bits(driver)
    assert lasting(other) == lasting(driver)


@pytest.mark.slow
def test_a_restored_run_has_the_loss_points_of_the_uninterrupted_one() -> None:
    whole = points_of_a_run(0.02, 500)
    driver = configured()
    driver.do("run")
    points: list[list[Any]] = []
    while not points or points[-1][0] < 500:
        driver.advance(seconds=0.03)
        driver = restored(driver)
        assert driver.state["running"]
        points = driver.points
    assert [point for point in points if point[0] <= 500] == whole


def test_a_restored_session_pursues_its_goal() -> None:
    driver = configured(clock=Clock(tick=1e-3))
    driver.do("step", unit="epoch", count=300)
    driver.advance(2, seconds=0.001)
    assert driver.session.running
    other = restored(driver)
    for d in (driver, other):
        d.finish()
        assert (d.state["step"], d.state["reason"]) == (900, "goal")
    assert bits(other) == bits(driver)


def test_frames_are_numbered_on_after_a_restore() -> None:
    driver = configured()
    driver.frame("dense1/W")
    driver.frame("dense1/W")
    for given, number in ((0, 3), (40, 41)):
        other = restored(driver, frames=given)
        data = other.session.frame(Subscription((WatchedBuffer("dense1/W", "f32"),), 60.0))
        assert data is not None
        assert decode_frame(data).header.number == number


def is_dirty(driver: Driver) -> bool:
    return driver.session.dirty


def test_what_is_worth_a_checkpoint() -> None:
    driver = configured()
    assert is_dirty(driver)
    driver.session.checkpoint()
    assert not is_dirty(driver)
    driver.do("read", buffer="step")
    driver.do("subscribe", buffers=[])
    assert not is_dirty(driver)
    for kind, fields in (
        ("set", {"name": "learning_rate", "value": 0.5}),
        ("write", {"buffer": "dense1/b", "index": [0], "value": 0.5}),
        ("probe", {"sample": 1}),
        ("step", {}),
        ("run", {}),
    ):
        driver.do(kind, **fields)
        assert is_dirty(driver)
        driver.session.checkpoint()
    driver.advance()
    assert not is_dirty(driver)


# Without viewers ---------------------------------------------------------------------------------


def test_a_session_that_was_left_goes_on_when_somebody_returns() -> None:
    driver = configured()
    driver.do("run")
    driver.advance(2)
    driver.events += driver.session.pause("closed")
    assert (driver.state["running"], driver.state["reason"]) == (False, "closed")
    driver = restored(driver)
    assert driver.state["reason"] == "closed"
    driver.events += driver.session.go_on()
    assert driver.state["running"]
    assert driver.session.go_on() == []


def test_its_goal_is_kept() -> None:
    driver = configured(clock=Clock(tick=1e-3))
    driver.do("step", unit="epoch", count=300)
    driver.advance(2, seconds=0.001)
    driver.session.pause("closed")
    driver = restored(driver)
    driver.session.go_on()
    driver.finish()
    assert (driver.state["step"], driver.state["reason"]) == (900, "goal")


def test_a_session_paused_by_hand_does_not_go_on() -> None:
    driver = configured()
    driver.do("run")
    driver.do("pause")
    assert driver.session.pause("closed") == []
    assert driver.session.go_on() == []
    assert not driver.session.running


def test_a_newcomer_is_told_all() -> None:
    driver = configured()
    driver.step("step", 4)
    told = driver.session.abridged()
    assert [event["type"] for event in told] == [
        "configured",
        "state",
        "timeline",
        "loss",
        "diagnostics",
        "moved",
    ]
    assert told[1] == driver.state
    assert told[3]["points"] == driver.points
    json.dumps(told, allow_nan=False)


def test_a_refusal_is_an_exception_of_the_session_only() -> None:
    driver = configured()
    driver.do("run")
    with pytest.raises(Refusal):
        driver.do("set", name="nonsense", value=1)
    driver.advance()
    assert driver.session.running
