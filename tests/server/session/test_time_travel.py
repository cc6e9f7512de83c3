"""Sessions that go back, branch, stop at breakpoints, and come back with all of it."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import DescriptionError
from server.describe import description
from server.session.curves import step_of
from server.session.session import Session
from tests.server.driving import SMALL, Driver, configured, machine_of, refused

ADAM: dict[str, Any] = {**SMALL, "optimizer": {"kind": "adam", "learning_rate": 0.01}}


def bits(driver: Driver) -> bytes:
    runner = driver.session.training.runner
    assert runner is not None
    return runner.machine.snapshot().block.tobytes()


def fresh_bits(steps: int, instructions: int = 0, given: Any = ADAM) -> bytes:
    """What a machine that has never been anywhere else has in it there."""
    machine = machine_of(given)
    machine.run(steps)
    for _ in range(instructions):
        machine.step_instruction()
    return machine.snapshot().block.tobytes()


def here(driver: Driver) -> tuple[int, int]:
    return driver.state["step"], driver.state["pc"]


# Back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["instruction", "layer", "phase", "step", "epoch"])
def test_back_undoes_a_step_of_the_same_unit(unit: str) -> None:
    driver = configured(ADAM)
    driver.step("step", 40)
    driver.step(unit)
    driver.step(unit)
    middle, place = bits(driver), here(driver)
    driver.step(unit)
    driver.do("step_back", unit=unit)
    driver.finish()
    assert (bits(driver), here(driver)) == (middle, place)
    assert driver.state["reason"] == "goal"


def test_back_by_many_is_exact_and_ends_at_the_start() -> None:
    driver = configured(ADAM)
    driver.step("step", 300)
    driver.do("step_back", unit="step", count=123)
    driver.finish()
    assert here(driver) == (177, 0)
    assert bits(driver) == fresh_bits(177)
    driver.do("step_back", unit="epoch", count=1_000_000)
    driver.finish()
    assert (here(driver), driver.state["reason"]) == ((0, 0), "start")
    assert driver.state["end"] == [300, 0]


def test_jump_to_any_moment_known_or_to_come() -> None:
    driver = configured(ADAM)
    driver.step("step", 50)
    for step, pc in ((20, 7), (49, 0), (0, 3), (80, 2)):
        driver.do("goto", step=step, pc=pc)
        driver.finish()
        assert here(driver) == (step, pc)
        assert bits(driver) == fresh_bits(step, pc)
    with refused("bad_value", "pc"):
        driver.do("goto", step=3, pc=99)
    with refused("bad_value", "branch"):
        driver.do("goto", step=3, branch=1)
    assert here(driver) == (80, 2)


def test_going_back_keeps_the_curve_and_running_on_adds_to_it() -> None:
    driver = configured(ADAM)
    driver.step("step", 30)
    driver.do("goto", step=10)
    driver.finish()
    driver.step("step", 5)
    runner = driver.session.training.runner
    assert runner is not None
    assert runner.curves.of(runner.timeline.branch).last == 30
    driver.do("run")
    driver.advance(3)
    driver.do("pause")
    assert driver.state["step"] > 30
    points = runner.curves.of(runner.timeline.branch).points
    steps = [step_of(point) for point in points]
    assert steps == sorted(set(steps))
    assert bits(driver) == fresh_bits(driver.state["step"])


# Branches ----------------------------------------------------------------------------------------


def test_an_edit_in_the_past_starts_a_branch_and_both_can_be_visited() -> None:
    driver = configured(ADAM)
    driver.step("step", 60)
    driver.do("goto", step=20)
    driver.finish()
    driver.do("set", name="learning_rate", value=0.1)
    assert driver.state["branch"] == 1
    driver.step("step", 40)
    told = driver.last("timeline")["branches"]
    assert [(b["number"], b["parent"], b["start"]) for b in told] == [
        (0, None, [0, 0]),
        (1, 0, [20, 0]),
    ]
    (edit,) = told[1]["edits"]
    assert (edit["moment"], edit["buffer"], edit["value"]) == ([20, 0], "learning_rate", 0.1)
    machine = machine_of(ADAM)
    machine.run(20)
    machine.write("learning_rate", 0.1)
    machine.run(40)
    assert bits(driver) == machine.snapshot().block.tobytes()
    driver.do("goto", step=60, branch=0)
    driver.finish()
    assert (driver.state["branch"], bits(driver)) == (0, fresh_bits(60))
    branches = {e["branch"] for e in driver.session.abridged() if e["type"] == "loss"}
    assert branches == {0, 1}


def test_comparing_two_branches_shows_their_difference_and_where_they_part() -> None:
    driver = configured(ADAM)
    driver.step("step", 30)
    driver.do("goto", step=20)
    driver.finish()
    driver.do("write", buffer="dense1/W", index=[0, 1], value=0.5)
    answer = driver.do("compare", branch=0)
    assert answer["parting"] == [20, 0]
    driver.step("step", 3)
    changed = driver.read("dense1/W")
    machine = machine_of(ADAM)
    machine.run(23)
    expected = changed - machine.read("dense1/W")
    np.testing.assert_array_equal(driver.frame("compare/dense1/W")["compare/dense1/W"], expected)
    assert np.abs(expected).max() > 0
    driver.do("compare", branch=None)
    assert not driver.frame("compare/dense1/W")["compare/dense1/W"].any()
    with refused("bad_value", "branch"):
        driver.do("compare", branch=7)


def test_a_training_sample_may_be_another_from_a_step_on() -> None:
    driver = configured(ADAM)
    driver.step("step", 20)
    driver.do("goto", step=10)
    driver.finish()
    driver.do("write", buffer="data/x", index=[3, 0], value=2.5)
    driver.do("write", buffer="data/y", index=[3, 0], value=0.0)
    assert driver.state["branch"] == 1
    driver.do("probe", sample=3, split="train")
    assert driver.frame("probe/input/x")["probe/input/x"][0] == 2.5
    driver.step("step", 10)
    machine = machine_of(ADAM)
    machine.run(10)
    machine.write("data/x", 2.5, (3, 0))
    machine.write("data/y", 0.0, (3, 0))
    machine.run(10)
    assert bits(driver) == machine.snapshot().block.tobytes() != fresh_bits(20)
    driver.do("goto", step=20, branch=0)
    driver.finish()
    assert bits(driver) == fresh_bits(20)
    other = reopened(driver)
    assert bits(other) == fresh_bits(20)
    ids = configured({"data": {"name": "ratings", "samples": 500, "users": 30, "items": 40}})
    with refused("bad_value", "buffer", "data/x"):
        ids.do("write", buffer="data/x", index=[0, 0], value=999)


def test_a_clamped_unit_stays_where_it_is_held_until_it_is_let_go() -> None:
    driver = configured(ADAM)
    driver.step("step", 3)
    driver.do("clamp", buffer="dense1/a", index=[None, 2], value=0.25)
    driver.step("step", 5)
    assert (driver.read("dense1/a")[:, 2] == 0.25).all()
    assert driver.state["clamps"] == [{"buffer": "dense1/a", "index": [None, 2], "value": 0.25}]
    driver.do("clamp", buffer="dense1/a", index=[None, 2], value=None)
    driver.step("step", 1)
    assert not (driver.read("dense1/a")[:, 2] == 0.25).any()
    with refused("bad_value", "dense1/a"):
        driver.do("clamp", buffer="dense1/a", index=[None, 2], value=None)


# Stopping ----------------------------------------------------------------------------------------


def test_a_run_stops_at_a_breakpoint_and_goes_back_to_it() -> None:
    driver = configured(ADAM)
    driver.do("set_breakpoints", breakpoints=[{"name": "tenth", "condition": "step % 10 == 0"}])
    driver.step("step", 5)
    driver.do("run")
    driver.finish()
    assert (driver.state["reason"], driver.state["step"]) == ("breakpoint", 10)
    assert [hit["name"] for hit in driver.state["hits"]] == ["tenth"]
    driver.do("set_breakpoints", breakpoints=[])
    driver.step("step", 25)
    driver.do("set_breakpoints", breakpoints=[{"name": "tenth", "condition": "step % 10 == 0"}])
    driver.do("reverse_continue")
    driver.finish()
    assert (driver.state["reason"], driver.state["step"]) == ("breakpoint", 30)
    driver.do("reverse_continue")
    driver.finish()
    assert driver.state["step"] == 20


def test_a_newcomer_and_another_worker_are_told_where_points_were_hit() -> None:
    driver = configured(ADAM)
    driver.do("set_breakpoints", breakpoints=[{"name": "tenth", "condition": "step % 10 == 0"}])
    for _ in range(3):
        driver.do("run")
        driver.finish()
    driver.do("reverse_continue")
    driver.finish()
    for session in (driver.session, recovered(driver).session):
        told = {event["type"]: event for event in session.abridged()}["timeline"]["hits"]
        assert [(hit["branch"], hit["moment"][0]) for hit in told] == [(0, 10), (0, 30), (0, 20)]
        assert told[0]["breakpoints"] == [{"name": "tenth", "text": "step % 10 == 0"}]
    driver.do("reset")
    assert driver.last("timeline")["hits"] == []


def test_a_logpoint_logs_and_a_watchpoint_stops() -> None:
    driver = configured(ADAM)
    driver.do(
        "set_breakpoints",
        breakpoints=[
            {"name": "log", "phase": "update", "log_message": "loss {loss}"},
            {"name": "moves", "expression": "dense1/b[0]", "hit_condition": 5},
        ],
    )
    driver.do("run")
    driver.finish()
    assert [hit["name"] for hit in driver.state["hits"]] == ["moves"]
    lines = [line for e in driver.events if e["type"] == "log" for line in e["lines"]]
    assert lines
    assert lines[0]["name"] == "log"
    assert lines[0]["text"].startswith("loss 0.")
    (row,) = (row for row in driver.last("breakpoints")["breakpoints"] if row["name"] == "moves")
    assert (row["hits"], row["stopped"], driver.state["step"]) == (5, True, 4)


def test_the_watch_list_is_told_at_every_stop() -> None:
    driver = configured(ADAM)
    driver.do("watch", expressions=["loss", "norm(dense1/W) > 1", "dense1/b"])
    driver.step("step")
    loss, large, bias = driver.last("watched")["values"]
    assert (loss["kind"], loss["value"]) == ("number", float(driver.read("loss/L")))
    assert large["kind"] == "boolean"
    assert (bias["kind"], bias["shape"]) == ("array", [4])
    with refused("bad_expression", "expressions[1]", "at 4"):
        driver.do("watch", expressions=["loss", "1 +"])
    assert [v["text"] for v in driver.last("watched")["values"]] == [
        loss["text"],
        large["text"],
        bias["text"],
    ]


def test_the_watch_list_follows_a_run_and_a_late_viewer_is_told_everything() -> None:
    driver = configured(ADAM)
    driver.do("watch", expressions=["step", "log(0)"])
    logpoint = {"name": "log", "phase": "update", "log_message": "{step}"}
    driver.do("set_breakpoints", breakpoints=[logpoint])
    driver.do("run")
    for _ in range(20):
        driver.advance()
        driver.clock.wait(0.1)
    told = [e for e in driver.events if e["type"] == "watched"]
    assert len(told) > 5
    for event in told:
        assert event["values"][0]["value"] == event["moment"][0]
    infinite = {"text": "log(0)", "kind": "number", "value": None, "shown": "−∞"}
    assert infinite.items() <= told[-1]["values"][1].items()
    late = {event["type"]: event for event in driver.session.abridged()}
    assert driver.session.running
    assert [row["name"] for row in late["breakpoints"]["breakpoints"]] == ["log"]
    lines = late["log"]["lines"]
    assert lines
    assert all(line["text"] == str(line["moment"][0]) for line in lines)
    assert "watched" in late


def traces(events: list[dict[str, Any]]) -> list[list[int]]:
    """The values of `step` over time, by expression, as a viewer has them that was told all."""
    found: dict[str, list[int]] = {}
    for event in events:
        for value in event["values"] if event["type"] == "watched" else []:
            assert value["steps"] == value["values"]
            before = [] if value["whole"] else found[value["text"]]
            found[value["text"]] = before + value["steps"]
    return list(found.values())


def test_watched_values_over_time_are_told_once_and_follow_the_branches() -> None:
    driver = configured(ADAM)
    driver.do("watch", expressions=["step"])
    driver.step("step", 40)
    driver.do("watch", expressions=["step", "step + 0"])
    driver.step("step", 20)
    old, new = traces(driver.events)
    assert old == sorted(set(old))
    assert old[0] < 5
    assert old[-1] > 50
    assert new[0] > 40
    driver.do("goto", step=30)
    driver.finish()
    driver.do("set", name="learning_rate", value=0.5)
    driver.step("step", 5)
    branched, _ = traces(driver.events)
    common = [step for step in old if step <= 30]
    assert branched[: len(common)] == common
    assert branched[len(common)] == 31
    driver.do("goto", step=60, branch=0)
    driver.finish()
    assert traces(driver.events)[0] == old
    assert traces(driver.session.abridged())[0] == old


def test_an_expression_is_judged_as_it_is_typed() -> None:
    driver = configured(ADAM)
    assert (
        driver.do("check_expression", text="norm(dense1/W.grad) > 10", role="condition")["wrong"]
        is None
    )
    wrong = driver.do("check_expression", text="norm(dense9/W)")["wrong"]
    assert wrong["at"] == 5
    assert "dense" in wrong["message"]
    assert driver.do("check_expression", text="")["wrong"]["at"] == 0


def test_wrong_points_are_refused_and_change_nothing() -> None:
    driver = configured(ADAM)
    driver.do("set_breakpoints", breakpoints=[{"name": "a", "phase": "loss"}])
    for bad, field in (
        ({"name": "b", "instruction": 99}, "breakpoints[1].instruction"),
        ({"name": "b", "scope": "dense9"}, "breakpoints[1].scope"),
        ({"name": "b"}, "breakpoints[1].location"),
    ):
        with refused("bad_value", field):
            driver.do("set_breakpoints", breakpoints=[{"name": "a", "phase": "loss"}, bad])
    with refused("bad_expression", "breakpoints[1]"):
        driver.do(
            "set_breakpoints",
            breakpoints=[{"name": "a", "phase": "loss"}, {"name": "b", "condition": "los"}],
        )
    assert [row["name"] for row in driver.last("breakpoints")["breakpoints"]] == ["a"]


def test_step_out_ends_the_layer() -> None:
    driver = configured(ADAM)
    listing = machine_of(ADAM).program.instructions
    first = next(i for i in listing if i.layer == "dense1")
    driver.do("run_to", instruction=first.index)
    driver.finish()
    assert [frame["name"] for frame in driver.state["stack"]][:2] == ["forward", "dense1"]
    driver.step("out")
    assert listing[driver.state["pc"]].layer == "dense2"


# Coming back -------------------------------------------------------------------------------------


def storied() -> Driver:
    """A session with a branch, a clamp, points and watches, standing inside a step."""
    driver = configured(ADAM)
    driver.do("set_breakpoints", breakpoints=[{"name": "often", "condition": "loss > 1000"}])
    driver.do("watch", expressions=["loss"])
    driver.step("step", 50)
    driver.do("goto", step=20)
    driver.finish()
    driver.do("set", name="learning_rate", value=0.1)
    driver.step("step", 10)
    driver.do("clamp", buffer="dense2/a", index=[None, 0], value=0.0)
    driver.step("step", 5)
    driver.step("instruction", 4)
    return driver


def test_a_checkpoint_brings_everything_back_in_another_process() -> None:
    driver = storied()
    saved = pickle.loads(pickle.dumps(driver.session.checkpoint()))
    other = Driver()
    other.session = Session.restored(saved, other.clock, other.clock, frames=0)
    other.events = other.session.abridged()
    assert bits(other) == bits(driver)
    assert other.state == driver.state
    assert other.last("timeline") == driver.session.abridged()[2]
    assert [row["name"] for row in other.last("breakpoints")["breakpoints"]] == ["often"]
    for each in (driver, other):
        each.step("step", 20)
        each.do("step_back", unit="step", count=30)
        each.finish()
    assert (here(other), bits(other)) == (here(driver), bits(driver))


def test_description_and_log_reproduce_a_session() -> None:
    driver = storied()
    exported = driver.do("export")
    other = Driver()
    other.do("configure", description=exported["description"], log=exported["log"])
    other.finish()
    assert (here(other), bits(other)) == (here(driver), bits(driver))
    assert other.do("export") == exported
    with pytest.raises(Exception, match="fingerprint") as caught:
        other.do("configure", description=SMALL, log=exported["log"])
    assert not isinstance(caught.value, DescriptionError)


def reopened(driver: Driver) -> Driver:
    """Another session that was made of what this one exports, as a file has it."""
    exported = json.loads(json.dumps(driver.do("export"), allow_nan=False))
    packed = base64.b64encode(zlib.compress(json.dumps(exported["log"]).encode())).decode()
    other = Driver()
    other.do("configure", description=exported["description"], log=packed)
    other.finish()
    assert other.do("export") == exported
    return other


def recovered(driver: Driver) -> Driver:
    """What another worker makes of the last checkpoint."""
    saved = pickle.loads(pickle.dumps(driver.session.checkpoint()))
    other = Driver()
    other.session = Session.restored(saved, other.clock, other.clock, frames=0)
    other.events = other.session.abridged()
    return other


@pytest.mark.slow
def test_a_session_with_thousands_of_edits_is_reopened() -> None:
    """Such as a weight that is dragged for minutes while training goes on."""
    driver = configured(ADAM)
    timeline = driver.session.training.runner.timeline
    for number in range(2500):
        timeline.run(1)
        timeline.write("dense1/W", np.sin(number / 30.0), (0, number % 3))
    driver.step("step", 3)
    other = reopened(driver)
    assert (here(other), bits(other)) == (here(driver), bits(driver))


@pytest.mark.parametrize("again", [reopened, recovered])
@pytest.mark.parametrize("seed", [None, 5])
@pytest.mark.parametrize("steps", [0, 7])
def test_a_session_comes_back_after_it_was_started_again(
    again: Callable[[Driver], Driver], seed: int | None, steps: int
) -> None:
    driver = storied()
    driver.do("set", name="learning_rate", value=0.25)
    if seed is None:
        driver.do("reset")
    else:
        driver.do("reseed", seed=seed)
    if steps:
        driver.step("step", steps)
    driver.step("instruction", 2)
    other = again(driver)
    assert (here(other), bits(other)) == (here(driver), bits(driver))
    assert other.state["hyperparameters"]["learning_rate"] == 0.25
    assert other.state["seed"] == driver.state["seed"]
    for each in (driver, other):
        each.do("write", buffer="dense1/W", index=[0, 0], value=0.5)
        each.step("step", 9)
        each.do("step_back", unit="step", count=4)
        each.finish()
    assert (here(other), bits(other)) == (here(driver), bits(driver))


PLANE = {
    "data": {"samples": 40, "features": ["x2", "x1_squared", "x1", "sin_x2"], "standardise": True}
}


def test_a_moved_point_is_one_edit_of_all_its_features_and_comes_back_with_time() -> None:
    driver = configured(PLANE)
    plan = description.build(PLANE)
    driver.step("step", 5)
    driver.do("move_sample", sample=3, point=[0.5, -1.25])
    np.testing.assert_array_equal(
        driver.read("data/x")[3], plan.data.transform(np.array([[0.5, -1.25]]))[0]
    )
    assert driver.last("moved")["points"] == [[3, 0.5, -1.25]]
    (edit,) = driver.last("timeline")["branches"][0]["edits"]
    assert (edit["buffer"], edit["index"], edit["value"]) == ("data/x", [3, None], None)
    driver.step("step", 5)
    driver.do("goto", step=4)
    driver.finish()
    assert driver.last("moved")["points"] == []
    driver.do("move_sample", sample=7, point=[2, 1])
    assert driver.state["branch"] == 1
    assert driver.last("moved")["points"] == [[7, 2, 1]]
    driver.do("goto", step=10, branch=0)
    driver.finish()
    assert driver.last("moved")["points"] == [[3, 0.5, -1.25]]
    other = reopened(driver)
    assert other.last("moved")["points"] == [[3, 0.5, -1.25]]
    assert bits(other) == bits(driver)
    driver.do("reset")
    assert driver.last("moved")["points"] == []


def test_moved_points_are_told_while_a_run_repeats_what_is_known() -> None:
    driver = configured()
    driver.step("step", 5)
    driver.do("move_sample", sample=0, point=[1, 1])
    driver.step("step", 1000)
    driver.do("goto", step=0)
    driver.finish()
    driver.events.clear()
    driver.do("run")
    while driver.session.running and not any(e["type"] == "moved" for e in driver.events):
        driver.advance()
    assert driver.session.running
    assert driver.last("moved")["points"] == [[0, 1, 1]]


def test_points_whose_features_were_written_one_by_one_have_moved() -> None:
    """As logs of edits have it that are older than `move`."""
    driver = configured()
    x, y = driver.last("configured")["data"]["points"]["train"][2][:2]
    driver.do("write", buffer="data/x", index=[2, 1], value=1.5)
    assert driver.last("moved")["points"] == [[2, x, 1.5]]
    assert driver.session.abridged()[-1] == {"type": "moved", "points": [[2, x, 1.5]]}
    assert y != 1.5


def test_what_has_no_place_is_not_moved() -> None:
    driver = configured()
    with refused("bad_value", "sample", "train samples"):
        driver.do("move_sample", sample=10_000, point=[0, 0])
    with refused("bad_value", "point"):
        configured({**PLANE, "dtype": "float32"}).do("move_sample", sample=0, point=[1e300, 0])
    for other in ({"data": {"features": ["x1", "sin_x2"]}}, {"data": {"name": "sine"}}):
        driver = configured(other)
        assert "move_sample" not in driver.last("configured")["data"]["uses"]
        with refused("bad_value", "type"):
            driver.do("move_sample", sample=0, point=[0, 0])
