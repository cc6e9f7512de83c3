"""Going through time: back, anywhere, along branches; the numbers are the engine's, to the bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from playwright.sync_api import FloatRect, Locator, expect

from engine import Machine, Timeline, Unit
from server.describe import description
from tests.browser.serving import second_viewer
from tests.browser.test_layouts import PHONE, SCREENSHOTS
from tests.browser.visit import Visit, Visits

FAST = "speed=unlimited&run=no"
TRAINED = 400
PAST = 200
RATE, LARGER_RATE = 0.03, 0.3


def train(visit: Visit, steps: int = TRAINED) -> None:
    """Train by steps from wherever the machine is."""
    step = visit.settle()[0]
    visit.page.evaluate("(count) => backstep.actions.send('step', { unit: 'step', count })", steps)
    visit.wait(f"!s.run.running && s.run.step === {step + steps}")
    visit.settle()


def back(visit: Visit, unit: str) -> tuple[int, int]:
    """Step back by a unit with its key; returns the machine's step and instruction."""
    step, pc = visit.settle()
    visit.press(f"Shift+{ {'step': 'U'}.get(unit, unit[0].upper()) }")
    visit.wait(f"!s.run.running && (s.run.step !== {step} || s.run.pc !== {pc})")
    return visit.settle()


def replayed(visit: Visit, *edits: tuple[int, str, float]) -> Machine:
    """A fresh machine at the page's moment; each edit is (step, buffer, value)."""
    step, pc = visit.settle()
    start = {**visit.get("model.description"), "optimizer": {"kind": "sgd", "learning_rate": RATE}}
    machine = Machine(description.build(start).program)
    for at, buffer, value in edits:
        machine.run(at - machine.step_count)
        machine.write(buffer, value)
    machine.run(step - machine.step_count)
    while machine.pc != pc:
        machine.step_instruction()
    return machine


def assert_shows(visit: Visit, machine: Machine) -> None:
    """What the page has exactly is what this machine has."""
    assert visit.settle() == (machine.step_count, machine.pc)
    for name in ("dense1/W", "dense1/W.grad", "dense1/W.update", "dense1/b"):
        visit.drawn(name)  # gradients are asked for when a run has ended
    shown = visit.exact()
    for name, values in shown.items():
        assert np.array_equal(values, machine.read(name)), name


def track(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Step", exact=True)


def place(visit: Visit, step: int, row: int = 0) -> tuple[float, float]:
    """Where a step lies on the strip, in a lane."""
    box = track(visit).bounding_box()
    assert box is not None
    rows = len(visit.get("branches"))
    end = max(branch["end"][0] for branch in visit.get("branches"))
    axis = visit.page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('.time-track')).paddingBottom)"
    )
    lane = (box["height"] - axis) / rows
    x = box["x"] + 10 + (box["width"] - 20) * step / end
    return x, box["y"] + (row + 0.5) * lane


def click_step(visit: Visit, step: int, row: int = 0) -> tuple[int, int]:
    visit.page.mouse.click(*place(visit, step, row))
    visit.wait(f"!s.run.running && s.run.step === {step}")
    return visit.settle()


def set_rate(visit: Visit, rate: float) -> None:
    """Type a learning rate, as a user does."""
    field = visit.page.get_by_label("Learning rate", exact=True).last
    field.fill(str(rate))
    field.press("Enter")
    field.blur()
    visit.wait(f"s.run.hyperparameters.learning_rate === {rate}")
    visit.settle()


def forked(visits: Visits) -> Visit:
    """A page with two branches that part at PAST, at the end of the second one."""
    visit = visits.open(FAST)
    train(visit)
    click_step(visit, PAST)
    set_rate(visit, LARGER_RATE)
    train(visit, 100)
    assert [branch["end"] for branch in visit.get("branches")] == [[400, 0], [300, 0]]
    assert visit.get("run.branch") == 1
    return visit


# Back and anywhere -------------------------------------------------------------------------------


def test_every_unit_goes_back_exactly(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit, 80)
    visit.step("phase")
    visit.step("instruction")
    timeline = Timeline(Machine(description.build(visit.get("model.description")).program))
    timeline.go(visit.settle())
    for unit in np.repeat(get_args(Unit), 3).tolist():
        timeline.back(unit)
        assert back(visit, unit) == timeline.now
        assert_shows(visit, replayed(visit))


def test_a_step_is_begun_again_with_the_same_batch(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit, 12)
    visit.step("phase")
    batch = visit.drawn("input/batch").tolist()
    assert back(visit, "step") == (12, 0)
    assert_shows(visit, replayed(visit))
    visit.step("phase")
    assert visit.drawn("input/batch").tolist() == batch


def test_the_transport_is_mirrored(visits: Visits) -> None:
    visit = visits.open(FAST)
    page = visit.page
    before = [
        page.get_by_role("button", name=name)
        for name in ("To the start", "Reverse continue", "Step back: one instruction")
    ]
    for button in before:
        expect(button).to_have_attribute("aria-disabled", "true")
    train(visit, 30)
    before[2].click()
    visit.wait("s.run.step === 29 && s.run.pc === s.model.instructions.length - 1")
    assert_shows(visit, replayed(visit))
    before[0].click()
    visit.wait("s.run.step === 0 && s.run.pc === 0")
    assert_shows(visit, replayed(visit))
    end = page.get_by_role("button", name="To the end")
    end.click()
    visit.wait("s.run.step === 30")
    assert_shows(visit, replayed(visit))
    expect(end).to_have_attribute("aria-disabled", "true")


def test_keys_of_a_debugger(visits: Visits) -> None:
    visit = visits.open(FAST)
    scopes = visit.get("model.instructions.map((i) => [i.scope, i.phase])")
    visit.press("F11")
    visit.wait("s.run.pc === 1")
    visit.press("F10")
    visit.wait("s.run.pc > 1")
    pc = visit.settle()[1]
    assert scopes[pc][0].startswith("dense1")
    visit.press("x")
    visit.wait(f"s.run.pc > {pc}")
    assert scopes[visit.settle()[1]][0].startswith("dense2")
    visit.press("F8")
    visit.wait("s.run.running && s.frame?.step > 50")
    visit.press("F8")
    visit.wait("!s.run.running")
    visit.press("Home")
    visit.wait("s.run.step === 0 && s.run.pc === 0")
    visit.press("End")
    visit.wait("s.run.step > 50")


def test_running_backwards_stops_at_the_last_hit(visits: Visits) -> None:
    visit = visits.open(FAST)
    with second_viewer(visit.page) as client:
        every_90 = {"name": "90", "condition": "step % 90 == 0"}
        client.request("set_breakpoints", breakpoints=[every_90])
        client.run()
        visit.wait("s.run.reason === 'breakpoint' && s.run.step === 90")
        client.request("goto", step=300)
        visit.wait("s.run.step === 300")
        visit.press("Shift+F8")
        visit.wait("!s.run.running && s.run.step === 270")
        visit.page.get_by_role("button", name="Reverse continue").click()
        visit.wait("!s.run.running && s.run.step === 180")
    assert_shows(visit, replayed(visit))
    assert [hit["moment"] for hit in visit.get("hits")] == [[90, 0], [270, 0], [180, 0]]


# The strip ---------------------------------------------------------------------------------------


def test_a_click_on_the_strip_goes_there_and_everything_follows(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit)
    points = visit.get("losses.length")
    assert click_step(visit, PAST) == (PAST, 0)
    assert_shows(visit, replayed(visit))
    assert visit.get("losses.length") == points
    expect(track(visit)).to_have_attribute("aria-valuetext", "step 200 of 400")
    readout = visit.page.locator(".readout").first
    expect(readout).to_contain_text("200")
    row = visit.page.get_by_role("listbox", name="Program").get_by_role("option").first
    expect(row).to_have_attribute("aria-current", "step")


def test_dragging_sends_one_jump_at_a_time_and_ends_under_the_pointer(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit)
    mouse = visit.page.mouse
    visit.page.evaluate(
        """(() => {
          const { connection } = backstep.actions;
          const request = connection.request.bind(connection);
          window.jumps = { sent: 0, most: 0, waiting: 0 };
          connection.request = async (type, fields) => {
            if (type !== "goto") return request(type, fields);
            jumps.sent += 1;
            jumps.waiting += 1;
            jumps.most = Math.max(jumps.most, jumps.waiting);
            const answer = await request(type, fields);
            jumps.waiting -= 1;
            return answer;
          };
        })()"""
    )
    right, y = place(visit, 390)
    left, _ = place(visit, 100)
    mouse.move(right, y)
    mouse.down()
    mouse.move(left, y, steps=150)
    mouse.up()
    visit.wait("!s.run.running && s.run.step === 100")
    jumps = visit.page.evaluate("window.jumps")
    assert jumps["most"] == 1
    assert jumps["sent"] >= 3
    assert_shows(visit, replayed(visit))


def test_the_strip_by_keyboard(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit)
    track(visit).focus()
    epoch = visit.get("model.steps_per_epoch")
    moves = {
        "ArrowLeft": 399,
        "PageDown": 399 - epoch,
        "ArrowRight": 400 - epoch,
        "Home": 0,
        "PageUp": epoch,
        "End": 400,
    }
    for key, step in moves.items():
        visit.press(key)
        visit.wait(f"!s.run.running && s.run.step === {step} && s.run.pc === 0")
    visit.press(*("ArrowLeft",) * 5)
    visit.wait("!s.run.running && s.run.step === 395")
    expect(track(visit)).to_have_attribute("aria-valuenow", "395")
    assert_shows(visit, replayed(visit))


def test_a_step_that_is_typed(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit)
    visit.press("g")
    visit.page.keyboard.type("123")
    visit.press("Enter")
    visit.wait("!s.run.running && s.run.step === 123")
    assert_shows(visit, replayed(visit))
    visit.press("g")
    visit.page.keyboard.type("450")
    visit.press("Enter")
    visit.wait("!s.run.running && s.run.step === 450")
    assert_shows(visit, replayed(visit))
    assert visit.get("branches.length") == 1


def test_zooming_the_charts_zooms_the_strip(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit)
    box = visit.page.locator(".loss-charts .chart").first.bounding_box()
    assert box is not None
    mouse, y = visit.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 100, y)
    mouse.down()
    mouse.move(box["x"] + 160, y, steps=4)
    mouse.up()
    visit.wait("s.zoom !== null")
    low, high = visit.get("zoom")
    bounds = track(visit).bounding_box()
    assert bounds is not None
    visit.page.mouse.click(bounds["x"] + bounds["width"] / 2, bounds["y"] + 10)
    visit.wait(f"!s.run.running && s.run.step > {low} && s.run.step < {high}")
    assert abs(visit.settle()[0] - (low + high) / 2) <= 2


# Branches ----------------------------------------------------------------------------------------


def test_what_if_the_learning_rate_had_been_ten_times_larger(visits: Visits) -> None:
    """Three clicks from a paused run: the step, the rate, run."""
    visit = visits.open(FAST)
    train(visit, 2 * TRAINED)
    click_step(visit, PAST)
    set_rate(visit, LARGER_RATE)
    visit.page.evaluate("backstep.actions.speed('step', 500)")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.wait(f"s.run.running && s.frame?.step > {2 * TRAINED}")
    visit.pause()
    branches = visit.get("branches")
    assert [branch["parent"] for branch in branches] == [None, 0]
    assert branches[1]["start"] == [PAST, 0]
    assert branches[0]["end"] == [2 * TRAINED, 0]
    assert_shows(visit, replayed(visit, (PAST, "learning_rate", LARGER_RATE)))
    name = visit.page.get_by_role("button", name="Branch 1, learning rate 0.3")
    expect(name).to_have_attribute("aria-current", "true")
    visit.press("v")
    visit.wait("s.compared !== null")
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        visit.draw()
        visit.page.screenshot(path=SCREENSHOTS / f"what-if-{scheme}.png")


def test_a_new_branch_has_its_parents_curve_up_to_its_start(visits: Visits) -> None:
    visit = forked(visits)
    curves: list[Any] = visit.page.evaluate(
        """[...backstep.store.state.curves.values()].map((curve) =>
          Array.from(curve.step.slice(0, curve.length), (step, i) => [step, curve.train[i]]))"""
    )
    trunk, branch = curves
    common = [point for point in trunk if point[0] <= PAST]
    assert branch[: len(common)] == common
    assert branch[-1][0] == 300
    assert trunk[-1][0] == TRAINED


def test_switching_between_branches(visits: Visits) -> None:
    visit = forked(visits)
    edit = (PAST, "learning_rate", LARGER_RATE)
    rate = visit.page.get_by_label("Learning rate", exact=True).last
    assert_shows(visit, replayed(visit, edit))
    visit.press("[")
    visit.wait("!s.run.running && s.run.branch === 0 && s.run.step === 300")
    assert_shows(visit, replayed(visit))
    expect(rate).to_have_value(str(RATE))
    visit.press("]")
    visit.wait("!s.run.running && s.run.branch === 1 && s.run.step === 300")
    assert_shows(visit, replayed(visit, edit))
    expect(rate).to_have_value(str(LARGER_RATE))
    click_step(visit, 350, row=0)
    assert visit.get("run.branch") == 0
    assert_shows(visit, replayed(visit))
    visit.page.get_by_role("button", name="Branch 1, learning rate 0.3").click()
    visit.wait("!s.run.running && s.run.branch === 1 && s.run.step === 300")
    click_step(visit, 100, row=0)
    assert visit.get("run.branch") == 1, "before they part, the lane is of both"
    assert_shows(visit, replayed(visit))


def test_comparing_two_branches(visits: Visits) -> None:
    visit = forked(visits)
    visit.page.get_by_role("button", name="Compare with branch 0").click()
    visit.wait("s.compared?.branch === 0")
    line = visit.page.locator(".time-compared")
    expect(line).to_contain_text("b1 and b0 separate at step 200")
    expect(line).to_contain_text("Δ = −η·g, instruction 23 of step 200")
    visit.press("4")
    visit.wait("s.edgeMode === 'difference'")
    visit.wait("s.frame?.entries.has(s.model.bufferByName.get('compare/dense1/W').id)")
    visit.wait("s.frame.entries.get(s.model.bufferByName.get('compare/dense1/W').id).at(0) !== 0")
    mine = replayed(visit, (PAST, "learning_rate", LARGER_RATE))
    difference = mine.read("dense1/W") - replayed(visit).read("dense1/W")
    assert np.array_equal(visit.drawn("compare/dense1/W"), difference)
    visit.press("[")
    visit.wait("s.run.branch === 0 && s.compared?.branch === 1 && s.compared.beside === 0")
    visit.settle(
        "s.frame.entries.get(s.model.bufferByName.get('compare/dense1/W').id)?.at(0)"  # 0 at first
    )
    assert np.array_equal(visit.drawn("compare/dense1/W"), -difference)
    line.get_by_role("button", name="Δ = −η·g").click()
    visit.wait("s.run.step === 200 && s.run.pc === 23")
    visit.press("v")
    visit.wait("s.compared === null && s.edgeMode === 'weight'")
    expect(line).to_be_hidden()


def test_a_held_unit_is_an_edit(visits: Visits) -> None:
    visit = visits.open(FAST)
    train(visit, 50)
    visit.page.evaluate("backstep.actions.clamp('dense1/a', [null, 2], 0)")
    visit.wait("s.branches[0].edits.length === 1")
    train(visit, 20)
    machine = Machine(description.build(visit.get("model.description")).program)
    timeline = Timeline(machine)
    timeline.run(50)
    timeline.clamp("dense1/a", 0.0, (None, 2))
    timeline.run(20)
    assert_shows(visit, machine)
    visit.page.mouse.move(*place(visit, 50))
    expect(visit.page.locator(".time-bubble")).to_contain_text("A1[:, 2] clamped at 0")


def test_a_reset_forgets_the_branches(visits: Visits) -> None:
    visit = forked(visits)
    visit.press("v")
    visit.wait("s.compared !== null")
    visit.press("r")
    visit.wait("s.run.step === 0 && s.branches.length === 1")
    visit.settle()
    assert visit.get("losses.length") == 1
    assert visit.get("compared") is None
    expect(visit.page.get_by_role("group", name="Branches")).to_be_hidden()
    expect(visit.page.locator(".time-compared")).to_be_hidden()


# Files and links ---------------------------------------------------------------------------------


def numbers(visit: Visit) -> dict[str, np.ndarray]:
    """What tells one session from another: parameters at the present moment."""
    visit.settle()
    return {name: visit.drawn(name) for name in ("dense1/W", "dense1/b", "dense2/W", "dense3/W")}


def assert_alike(one: Visit, other: Visit) -> None:
    assert one.settle() == other.settle()
    assert one.get("branches") == other.get("branches")
    assert one.get("run.branch") == other.get("run.branch")
    assert one.get("run.hyperparameters") == other.get("run.hyperparameters")
    mine, theirs = numbers(one), numbers(other)
    for name, values in mine.items():
        assert np.array_equal(values, theirs[name]), name


def saved(visit: Visit, folder: Path) -> Path:
    """Save the session with the menu; returns the file."""
    visit.press("n")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Save session").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_file(visit: Visit, path: Path) -> None:
    visit.press("n")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open session").click()
    chooser.value.set_files(path)


def test_a_saved_session_is_reproduced(visits: Visits, tmp_path: Path) -> None:
    visit = forked(visits)
    visit.press("[")
    visit.wait("!s.run.running && s.run.branch === 0")
    back(visit, "phase")
    path = saved(visit, tmp_path)
    assert path.name == "backstep-circles-step-299.json"
    assert path.stat().st_size < 2000
    other = visits.open("data=iris&layers=3softmax&run=no")
    open_file(other, path)
    other.wait("s.model.data.name === 'circles' && !s.run.running && s.branches.length === 2")
    other.wait("s.run.step === 299 && s.run.pc > 0")
    assert_alike(visit, other)
    assert other.get("losses.length") > 5


def test_a_session_with_a_new_seed_and_rate_is_reproduced(visits: Visits, tmp_path: Path) -> None:
    visit = visits.open(FAST)
    set_rate(visit, LARGER_RATE)
    visit.page.get_by_role("button", name="New seed").click()
    visit.wait("s.run.seed !== 0")
    train(visit, 50)
    path = saved(visit, tmp_path)
    other = visits.open(FAST)
    open_file(other, path)
    other.wait("!s.run.running && s.run.step === 50")
    assert_alike(visit, other)


def test_a_session_of_more_edits_than_fit_in_a_message_is_reproduced(
    visits: Visits, tmp_path: Path
) -> None:
    visit = visits.open(FAST)
    train(visit, 50)
    path = saved(visit, tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["log"]["branches"][0]["edits"] = [
        {
            "at": [number // 25, number % 25],
            "kind": "write",
            "buffer": "learning_rate",
            "index": None,
            "values": 0.03 + number / 1e6,
        }
        for number in range(1200)
    ]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert path.stat().st_size > 1.5 * 65_536
    open_file(visit, path)
    visit.wait("s.branches[0]?.edits.length === 200 && !s.run.running && s.run.step === 50")
    assert visit.get("run.hyperparameters.learning_rate") == pytest.approx(0.03 + 1199 / 1e6)
    assert visit.get("errors") == []


def test_a_session_saved_under_version_1_opens_with_its_breakpoints(
    visits: Visits, tmp_path: Path
) -> None:
    visit = forked(visits)
    path = saved(visit, tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["backstep"] == 2
    former = {"instruction": 3, "condition": "loss < 10", "nth": 4, "message": "loss {loss}"}
    content |= {"backstep": 1, "stops": {"points": [former]}}
    path.write_text(json.dumps(content), encoding="utf-8")
    other = visits.open(FAST)
    open_file(other, path)
    other.wait("s.branches.length === 2 && s.breakpoints[0]?.anchor")
    (opened,) = other.get("breakpoints")
    assert (opened["instruction"], opened["condition"]) == (3, "loss < 10")
    assert (opened["hit_condition"], opened["log_message"]) == (4, "loss {loss}")


def test_what_is_no_session_is_explained(visits: Visits, tmp_path: Path) -> None:
    visit = visits.open(FAST)
    path = tmp_path / "notes.json"
    path.write_text("[1, 2]", encoding="utf-8")
    open_file(visit, path)
    banner = visit.page.locator("#banner")
    expect(banner).to_contain_text("notes.json is not a session of Backstep")
    content = {"backstep": 1, "description": {}, "log": {"branches": []}}
    path.write_text(json.dumps(content), encoding="utf-8")
    open_file(visit, path)
    expect(banner).to_contain_text("log")
    assert visit.get("model.generation") == 1


def test_a_copied_link_has_the_branches(visits: Visits) -> None:
    visit = forked(visits)
    fragment = visit.copied_link()
    assert "&log=" in fragment
    assert len(fragment) < 2000
    other = visits.open(fragment)
    other.wait("!s.run.running && s.branches.length === 2 && s.run.step === 300")
    assert_alike(visit, other)
    visit.page.reload()
    visit.wait("s.frame && s.catalogue && s.run")
    assert_alike(visit, other)


# Everywhere --------------------------------------------------------------------------------------


def overlaps(one: FloatRect, other: FloatRect) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    down = one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]
    return across and down


def test_the_bar_and_the_strip_fit(visits: Visits) -> None:
    visit = forked(visits)
    for width in (800, 899, 1079, 1279, 1440, PHONE[0]):
        visit.page.set_viewport_size({"width": width, "height": PHONE[1]})
        visit.draw()
        assert_bar_fits(visit, width)
        visit.page.screenshot(path=SCREENSHOTS / f"branches-{width}.png")


def assert_bar_fits(visit: Visit, width: int) -> None:
    """Nothing of the bar is cut off or covered in a window so wide, and there is room to drag."""
    found = visit.page.locator("#transport :is(button, select, input, .readout):visible").all()
    boxes = [box for element in found if (box := element.bounding_box()) is not None]
    assert len(boxes) > 5
    for i, box in enumerate(boxes):
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert not any(overlaps(box, other) for other in boxes[:i])
    bounds = track(visit).bounding_box()
    assert bounds is not None
    assert bounds["width"] > 0.4 * width if width < 800 else bounds["width"] > 100
