"""Breakpoints, logpoints, watchpoints, the watch list and the log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.test_time import open_file, saved, train
from tests.browser.visit import Visit, Visits

STOPPED = "s.run.reason === 'breakpoint' && !s.run.running"


def row(visit: Visit, index: int) -> Locator:
    """An instruction of the listing."""
    return visit.page.locator(f'.listing-row[data-index="{index}"]')


def click_number(visit: Visit, index: int) -> None:
    row(visit, index).locator("i").first.click()


def run_until_stopped(visit: Visit) -> tuple[int, int]:
    """Run until a breakpoint stops it; returns the machine's step and instruction."""
    place = visit.settle()
    visit.press("F8")
    visit.wait(f"{STOPPED} && (s.run.step !== {place[0]} || s.run.pc !== {place[1]})")
    return visit.settle()


def open_tab(visit: Visit, name: str) -> Locator:
    """A tab of the bottom panel."""
    visit.page.get_by_role("tab", name=name).click()
    panel = visit.page.get_by_role("tabpanel", name=name)
    expect(panel).to_be_visible()
    return panel


def set_breakpoints(visit: Visit, *breakpoints: dict[str, Any]) -> None:
    """Set breakpoints as the page's own code does, once the server has them."""
    for spec in breakpoints:
        visit.page.evaluate(
            """async (given) => {
              const { newBreakpoint } = await import("/static/js/state/breakpoints.js");
              window.backstep.actions.breakpoints.put(newBreakpoint(given));
            }""",
            spec,
        )
    set_there = "s.breakpoints.every((p) => p.anchor !== undefined)"
    answered = "backstep.actions.breakpoints.breakpoints === null"
    visit.wait(f"s.breakpoints.length === {len(breakpoints)} && {set_there} && {answered}")


# Breakpoints -------------------------------------------------------------------------------------


def test_a_click_on_the_number_of_an_instruction_stops_the_run_there(visits: Visits) -> None:
    visit = visits.open()
    click_number(visit, 16)
    expect(row(visit, 16)).to_have_attribute("data-stop", "break")
    assert run_until_stopped(visit) == (0, 16)
    machine = visit.machine()
    exact = visit.exact()
    assert {"dense2/z.grad", "dense1/W"} <= set(exact)
    for name, values in exact.items():
        assert np.array_equal(values, machine.view(name)), name
    expect(row(visit, 16)).to_have_class(re.compile("stopped"))
    expect(visit.page.locator(".net-stop")).to_have_text("stopped: instruction 16")
    expect(visit.page.locator("#live")).to_contain_text("Stopped at step 0, before dW2")
    expect(open_tab(visit, "Breakpoints").locator(".stop.hit")).to_contain_text("stopped here")
    assert run_until_stopped(visit) == (1, 16)
    open_tab(visit, "Program")
    click_number(visit, 16)
    visit.wait("s.breakpoints.length === 0")
    expect(row(visit, 16)).not_to_have_attribute("data-stop", re.compile("."))


def test_headings_stop_at_phases_and_layers(visits: Visits) -> None:
    visit = visits.open()
    program = visit.page.get_by_role("tabpanel", name="Program")
    program.locator('[data-phase="backward"]:not([data-scope])').click()
    program.locator('[data-scope="dense2"][data-phase="forward"]').click()
    assert run_until_stopped(visit) == (0, 5)
    assert run_until_stopped(visit) == (0, 10)
    assert visit.get("run.hits.map((h) => h.text)") == ["backward"]


def test_a_condition_stops_at_the_first_step_that_fulfils_it(visits: Visits) -> None:
    visit = visits.open("run=no&speed=unlimited")
    stops = open_tab(visit, "Breakpoints")
    stops.get_by_role("button", name="step % 100 == 0").click()
    condition = stops.get_by_role("combobox", name="if")
    condition.fill("step % 7 == 0 and step > 0")
    expect(stops.locator(".expression-said").nth(1)).to_have_text("yes or no")
    visit.press("Enter")
    expect(stops.locator(".stop-body")).to_contain_text("if step % 7 == 0 and step > 0")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.wait(STOPPED)
    assert visit.settle() == (7, 0)


def test_the_nth_hit_stops(visits: Visits) -> None:
    visit = visits.open()
    set_breakpoints(visit, {"instruction": 9, "hit_condition": 4})
    assert run_until_stopped(visit) == (3, 9)
    assert visit.get("breakpoints[0].hits") == 4
    assert run_until_stopped(visit) == (4, 9)


def test_running_backwards_leads_to_the_last_hit(visits: Visits) -> None:
    visit = visits.open("run=no&speed=unlimited")
    set_breakpoints(visit, {"phase": "loss", "condition": "step % 10 == 3"})
    assert run_until_stopped(visit) == (3, 9)
    assert run_until_stopped(visit) == (13, 9)
    visit.press("Shift+F8")
    visit.wait("s.run.step === 3 && !s.run.running")
    assert visit.settle() == (3, 9)
    assert visit.get("run.reason") == "breakpoint"
    visit.press("Shift+F8")
    visit.wait("s.run.step === 0 && !s.run.running")


def test_what_is_switched_off_does_not_stop(visits: Visits) -> None:
    visit = visits.open("run=no&speed=unlimited")
    set_breakpoints(visit, {"instruction": 4}, {"instruction": 7})
    stops = open_tab(visit, "Breakpoints")
    stops.get_by_role("switch").first.click()
    visit.wait("!s.breakpoints[0].enabled && s.breakpoints[0].instructions.length === 1")
    assert run_until_stopped(visit) == (0, 7)
    expect(row(visit, 4)).to_have_attribute("data-stop", "break off")
    stops.get_by_role("button", name="Remove breakpoint 2").click()
    visit.wait("s.breakpoints.length === 1")


# Logpoints and watchpoints -----------------------------------------------------------------------


def test_a_logpoint_logs_and_does_not_stop(visits: Visits) -> None:
    visit = visits.open()
    set_breakpoints(
        visit,
        {"phase": "update", "log_message": "loss {loss}"},
        {"instruction": 0, "condition": "step == 5"},
    )
    assert run_until_stopped(visit) == (5, 0)
    log = open_tab(visit, "Watch and log").get_by_role("region", name="Log")
    expect(log.get_by_role("listitem")).to_have_count(5)
    line = log.get_by_role("listitem").nth(2)
    said = float((line.locator(".log-text").text_content() or "").removeprefix("loss "))
    line.click()
    visit.wait("s.run.step === 2 && s.run.pc === 23 && !s.run.running")
    assert said == pytest.approx(float(visit.machine().view("loss/L")), rel=1e-5)


def test_a_log_that_is_fetched_late_is_shown(visits: Visits) -> None:
    visit = visits.open(clock=True)
    set_breakpoints(
        visit,
        {"phase": "update", "log_message": "loss {loss}"},
        {"instruction": 0, "condition": "step == 5"},
    )
    assert run_until_stopped(visit) == (5, 0)

    held: list[Route] = []

    def late(route: Route) -> None:
        held.append(route)

    visit.page.route("**/js/views/watch.js", late)
    log = open_tab(visit, "Watch and log").get_by_role("region", name="Log")
    visit.stop_clock()
    visit.page.clock.run_for(1500)  # long after the last picture of the tab's opening
    assert len(held) == 1
    visit.page.clock.resume()
    held[0].continue_()
    expect(log.get_by_role("listitem")).to_have_count(5)


def test_a_watchpoint_stops_after_the_instruction_that_changes_the_value(visits: Visits) -> None:
    visit = visits.open("run=no&speed=unlimited")
    machine = visit.machine()
    norms = [np.linalg.norm(machine.view("dense1/W"))]
    for _ in range(60):
        machine.run(1)
        norms.append(np.linalg.norm(machine.view("dense1/W")))
    level = round(float(norms[0] + norms[60]) / 2, 6)
    crossed = next(n for n, norm in enumerate(norms) if (norm >= level) != (norms[0] >= level))
    stops = open_tab(visit, "Breakpoints")
    stops.get_by_role("button", name="Watchpoint").click()
    stops.get_by_role("combobox", name="when").fill("norm(dense1/W)")
    stops.get_by_role("combobox", name="it", exact=True).select_option("crosses")
    stops.get_by_label("Level to cross").fill(str(level))
    visit.press("Enter")
    expect(stops.locator(".stop-body")).to_contain_text(f"crosses {level}")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.wait(STOPPED)
    step, pc = visit.settle()
    assert step == crossed - 1
    assert visit.get(f"model.instructions[{pc - 1}].formula") == "θ ← θ + Δ"


@pytest.mark.parametrize(
    ("trigger", "expression", "moment", "words"),
    [
        ("change", "dense1/W[0, 0]", (0, 25), "dense1/W[0, 0]: "),
        ("sign", "step - 3.5", (4, 0), "step - 3.5: −0.5 → 0.5"),
        ("non_finite", "1 / (step - 3)", (3, 0), "1 / (step - 3)"),
    ],
)
def test_what_a_watchpoint_stops_for(
    visits: Visits, trigger: str, expression: str, moment: tuple[int, int], words: str
) -> None:
    visit = visits.open("run=no&speed=unlimited")
    set_breakpoints(visit, {"expression": expression, "trigger": trigger})
    assert run_until_stopped(visit) == moment
    expect(visit.page.locator(".net-stop")).to_contain_text(words)


# Expressions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wrong", "said"),
    [
        ("norm(dense9/W.grad) > 10", "dense9/W.grad", "did you mean dense"),
        ("loss <", "\N{NO-BREAK SPACE}", "a value was expected"),
        ("norm(dense1/W)", "norm(dense1/W)", "a condition is yes or no"),
        ("dense1/W > 1", "dense1/W > 1", "use any"),
    ],
)
def test_a_bad_expression_shows_where_it_is_wrong(
    visits: Visits, text: str, wrong: str, said: str
) -> None:
    visit = visits.open()
    stops = open_tab(visit, "Breakpoints")
    stops.get_by_role("button", name="Breakpoint", exact=True).click()
    field = stops.get_by_role("combobox", name="if")
    field.press_sequentially(text)
    expect(stops.locator(".expression-ghost u")).to_have_text(wrong)
    expect(field).to_have_accessible_description(re.compile(re.escape(said)))
    expect(stops.get_by_role("button", name="Add")).to_be_disabled()
    visit.press("Enter")
    assert visit.get("breakpoints.length") == 0


def test_names_are_completed_by_keyboard(visits: Visits) -> None:
    visit = visits.open()
    watch = open_tab(visit, "Watch and log")
    field = watch.get_by_role("combobox", name="Expression to watch")
    field.press_sequentially("nor")
    offers = visit.page.get_by_role("listbox", name="Completions of Expression to watch")
    expect(offers).to_be_visible()
    visit.press("Tab")
    expect(field).to_have_value("norm(")
    field.press_sequentially("dense2/W.g")
    visit.press("ArrowDown", "Enter")
    expect(field).to_have_value("norm(dense2/W.grad")
    field.press_sequentially(")")
    expect(field).to_have_accessible_description("a number")
    visit.press("Enter")
    visit.wait("s.watches[0]?.kind === 'number'")
    expect(field).to_have_value("")


# Watch list --------------------------------------------------------------------------------------


def test_watched_values_are_those_of_the_machine(visits: Visits) -> None:
    visit = visits.open()
    watch = open_tab(visit, "Watch and log")
    for text in ("norm(dense1/W.grad)", "loss", "dense1/b", "loss < 0.1"):
        watch.get_by_role("combobox").fill(text)
        expect(watch.get_by_role("button", name="Watch", exact=True)).to_be_enabled()
        visit.press("Enter")
    visit.page.get_by_role("tab", name="Watch and log").focus()
    for _ in range(3):
        visit.step("step")
    visit.wait("s.watches.length === 4 && s.watches[1].trace.length >= 4")
    machine = visit.machine()
    norm, loss, bias, small = visit.get("watches.map((w) => [w.value, w.shown])")
    assert norm[0] == pytest.approx(float(np.linalg.norm(machine.view("dense1/W.grad"))))
    assert loss[0] == float(machine.view("loss/L"))
    assert bias[0] is None
    assert small == [False, "no"]
    expect(watch.locator(".watch-value").nth(3)).to_have_text("no")
    watch.get_by_role("button", name="Pin norm(dense1/W.grad)").click()
    pin = visit.page.locator(".net-pin")
    expect(pin).to_contain_text("norm(dense1/W.grad)")
    head = visit.page.locator(".net-head", has_text="Dense 1").bounding_box()
    box = pin.bounding_box()
    assert box is not None
    assert head is not None
    assert abs(box["x"] + box["width"] / 2 - head["x"] - head["width"] / 2) < 20
    watch.get_by_role("button", name="Remove norm(dense1/W.grad)").click()
    expect(pin).to_have_count(0)


def test_watched_values_follow_a_run(visits: Visits) -> None:
    visit = visits.open("run=no&speed=unlimited")
    visit.page.evaluate("window.backstep.actions.breakpoints.watch('step')")
    visit.wait("s.watches[0]?.kind === 'number'")
    visit.press("F8")
    visit.wait("s.run.running && s.watches[0].trace.length > 4")
    visit.press("F8")
    step, _ = visit.settle()
    visit.wait(f"s.watches[0].value === {step}")
    steps = visit.get("watches[0].trace.map((v) => v.value)")
    assert steps == sorted(steps)
    assert steps == visit.get("watches[0].trace.map((v) => v.moment[0])")


def test_watched_values_over_time_do_not_depend_on_what_the_page_has_seen(visits: Visits) -> None:
    visit = visits.open()
    visit.page.evaluate("backstep.actions.breakpoints.watch('step')")
    visit.wait("s.watches[0]?.kind === 'number'")
    train(visit, 200)
    visit.wait("s.watches[0].trace.length > 20")
    steps = visit.get("watches[0].trace.map((v) => v.value)")
    assert (steps == sorted(steps), steps[-1]) == (True, 200)
    line = open_tab(visit, "Watch and log").get_by_role("img", name="Over time")
    expect(line).to_have_attribute("data-tip", "Steps 0 to 200: lowest 0, highest 200.")
    visit.page.reload()
    visit.wait("s.watches[0]?.trace.length > 20")
    told = visit.get("watches[0].trace.map((v) => v.value)")
    assert set(told) <= set(steps)


def test_the_inspector_puts_a_number_on_the_watch_list(visits: Visits) -> None:
    visit = visits.open()
    selection = "{kind: 'edge', layer: 'dense1', from: 1, to: 2}"
    visit.page.evaluate(f"window.backstep.actions.select({selection})")
    inspector = visit.page.get_by_role("region", name="Inspector")
    button = inspector.get_by_role("button", name="Watch dense1/W[1, 2]")
    button.focus()
    visit.press("Enter")
    visit.wait("s.watches[0]?.text === 'dense1/W[1, 2]' && s.watches[0].kind === 'number'")
    assert visit.get("watches[0].value") == visit.machine().view("dense1/W")[1, 2]


# By keyboard, in other networks, after a reload --------------------------------------------------


def test_breakpoints_by_keyboard_alone(visits: Visits) -> None:
    visit = visits.open()
    row(visit, 0).focus()
    visit.press("ArrowDown", "ArrowDown", "ArrowDown", "F9")
    visit.wait("s.breakpoints[0]?.instruction === 3")
    expect(row(visit, 3)).to_have_accessible_description(re.compile("breakpoint 1"))
    visit.press("ArrowDown", "Shift+F10")
    menu = visit.page.get_by_role("menu", name=re.compile("^Instruction 4"))
    expect(menu).to_be_visible()
    visit.press("ArrowDown", "ArrowDown")
    expect(menu.get_by_role("menuitem", name="Conditional breakpoint")).to_be_focused()
    visit.press("Enter")
    form = visit.page.get_by_role("dialog", name="Breakpoint")
    condition = form.get_by_role("combobox", name="if")
    expect(condition).to_be_focused()
    condition.press_sequentially("step == 1")
    expect(condition).to_have_accessible_description("yes or no")
    visit.press("Enter")
    expect(form).to_be_hidden()
    expect(row(visit, 4)).to_be_focused()
    expect(row(visit, 4)).to_have_attribute("data-stop", "break if")
    visit.press("F9", "ArrowUp")
    visit.wait("s.breakpoints.length === 1")
    assert run_until_stopped(visit) == (0, 3)
    visit.page.get_by_role("tab", name="Program").focus()
    visit.press("ArrowRight")
    expect(visit.page.get_by_role("tab", name="Breakpoints")).to_be_focused()
    visit.press("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab")
    visit.page.locator(".stop-body").focus()
    visit.press("Delete")
    visit.wait("s.breakpoints.length === 0")
    visit.press("F9")
    visit.wait("s.breakpoints[0]?.instruction === 3")


def test_the_stack_leads_out_of_its_scopes(visits: Visits) -> None:
    visit = visits.open()
    row(visit, 3).click()
    visit.wait("s.run.pc === 3 && !s.run.running")
    stack = visit.page.get_by_role("list", name="Scopes of the next instruction")
    expect(stack.get_by_role("listitem")).to_have_text(["forward", "dense1", "linear"])
    stack.get_by_role("button", name="Step out of dense1").click()
    visit.wait("s.run.pc === 5 && !s.run.running")
    stack.get_by_role("button", name="Step out of forward").click()
    visit.wait("s.run.pc === 9 && !s.run.running")


def test_breakpoints_move_with_their_instructions_into_another_network(visits: Visits) -> None:
    visit = visits.open()
    set_breakpoints(visit, {"instruction": 16}, {"scope": "dense3"})
    visit.page.evaluate("window.backstep.actions.breakpoints.watch('norm(dense2/W)')")
    assert visit.get("model.instructions[16].formula") == "dW2 = A1ᵀ·dZ2"
    visit.page.get_by_role("button", name="Add layer").click()
    visit.wait("s.model.layers.length === 4 && s.breakpoints[0].instruction !== 16")
    at = visit.get("breakpoints[0].instruction")
    assert visit.get(f"model.instructions[{at}].formula") == "dW2 = A1ᵀ·dZ2"
    visit.wait("s.watches[0].kind === 'number'")
    visit.page.evaluate(
        """window.backstep.actions.configure({
          data: { name: "xor" }, layers: [{ units: 2, activation: "tanh" }, {}],
        })"""
    )
    visit.wait("s.model.layers.length === 2 && s.breakpoints.some((p) => p.problem)")
    stops = open_tab(visit, "Breakpoints")
    expect(stops.locator(".stop.wrong")).to_have_count(1)
    expect(stops.locator(".stop.wrong")).to_contain_text("dense3")


def test_a_reload_and_a_link_bring_everything_back(visits: Visits) -> None:
    visit = visits.open()
    set_breakpoints(
        visit,
        {"instruction": 12, "condition": "loss < 10", "hit_condition": 2},
        {"expression": "norm(dense1/W)", "trigger": "cross", "level": 5},
    )
    visit.page.evaluate(
        """(() => {
          const { breakpoints } = window.backstep.actions;
          breakpoints.watch("loss");
          breakpoints.pin("loss", true);
        })()"""
    )
    link = visit.copied_link()
    assert "stops=" in link
    visit.page.reload()
    other = visits.open(f"{link}&run=no")
    for page in (visit, other):
        page.wait("s.frame && s.breakpoints.length === 2 && s.watches[0]?.kind === 'number'")
        first, second = page.get("breakpoints")
        assert (first["instruction"], first["condition"]) == (12, "loss < 10")
        assert first["hit_condition"] == 2
        assert (second["expression"], second["level"]) == ("norm(dense1/W)", 5)
        assert page.get("pins") == ["loss"]
    assert run_until_stopped(other) == (1, 12)


def test_a_saved_session_has_its_breakpoints(visits: Visits, tmp_path: Path) -> None:
    visit = visits.open()
    set_breakpoints(visit, {"phase": "loss", "condition": "step == 2"})
    path = saved(visit, tmp_path)
    other = visits.open("data=xor&run=no")
    set_breakpoints(other, {"instruction": 1})
    open_file(other, path)
    other.wait("s.model.data.name === 'circles' && s.breakpoints[0]?.phase === 'loss'")
    assert other.get("breakpoints.length") == 1
    assert run_until_stopped(other) == (2, 9)


def test_the_phone_has_the_tabs_in_the_program_sheet(visits: Visits) -> None:
    visit = visits.open(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    sheets = visit.page.get_by_role("navigation", name="Panels")
    sheets.get_by_role("button", name="Program").tap()
    row(visit, 1).locator("i").first.tap()
    visit.wait("s.breakpoints[0]?.instruction === 1")
    visit.page.get_by_role("tab", name="Breakpoints").tap()
    stop = visit.page.locator(".stop-body")
    expect(stop).to_be_in_viewport()
    buttons = visit.page.locator("#program button:visible").all()
    assert buttons
    for button in buttons:
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 39, button.get_attribute("aria-label")
    stop.tap()
    place = visit.page.get_by_role("combobox", name="at", exact=True)
    expect(place).to_be_in_viewport()
    tabs = visit.page.get_by_role("tablist", name="Bottom panel")
    assert tabs.evaluate("(e) => e.scrollWidth - e.clientWidth") == 0
    tabs.get_by_role("tab", name="Watch and log").tap()
    panel = visit.page.get_by_role("tabpanel", name="Watch and log")
    panel.get_by_role("button", name="loss", exact=True).tap()
    visit.wait("s.watches[0]?.text === 'loss' && s.watches[0].kind === 'number'")
