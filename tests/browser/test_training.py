"""From the first visit to a trained network."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visit import Visits

DIGITS = (
    "data=digits&layers=32relu,16relu,10softmax&loss=softmax_cross_entropy"
    "&optimizer=adam&learning_rate=0.003&batch=32&speed=unlimited"
)


def test_a_first_visit_finds_a_network_in_training(visits: Visits) -> None:
    visit = visits.open("")
    expect(visit.page).to_have_title("Backstep")
    visit.wait("s.run.running && s.frame?.step > 20 && s.losses.length > 2")
    assert visit.get("run.speed") == {"unit": "step", "per_second": 100}
    for name in ("Network", "Output", "Loss", "Inspector", "Program and debugger"):
        expect(visit.page.get_by_role("region", name=name, exact=True)).not_to_be_empty()
    assert not visit.get("errors")


def test_circles_are_learnt_and_the_page_says_so(visits: Visits) -> None:
    visit = visits.open()
    visit.page.get_by_role("slider", name="Speed").press("End")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.wait("s.losses.testAccuracy[s.losses.length - 1] > 0.95")
    visit.pause()
    accuracy = visit.get("losses.testAccuracy[backstep.store.state.losses.length - 1]")
    assert accuracy > 0.95
    expect(visit.page.locator("#output")).to_contain_text(f"test accuracy {100 * accuracy:.1f} %")


def test_digits_train_live_after_two_clicks(visits: Visits) -> None:
    visit = visits.open()
    visit.page.get_by_role("button", name="Start from another network").click()
    visit.page.get_by_role("button", name="Digits, dense", exact=True).click()
    visit.wait("s.model.data.name === 'digits' && s.run.running && s.frame?.step > 20")
    expect(visit.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    visit.pause()


def test_digits_are_learnt(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    visit.wait("s.losses.testAccuracy[s.losses.length - 1] > 0.9")
    visit.pause()


def test_a_run_that_explodes_stops_and_says_where(visits: Visits) -> None:
    visit = visits.open("data=plane&layers=4relu,1linear&learning_rate=10&speed=unlimited")
    visit.wait("s.run.non_finite && !s.run.running")
    index = visit.get("run.non_finite.instruction")
    formula = visit.get(f"model.instructions[{index}].formula")
    program = visit.page.get_by_role("region", name="Program and debugger")
    expect(program).to_contain_text("not finite")
    expect(program).to_contain_text(formula)
    alarm = visit.page.get_by_role("alert")
    expect(alarm).to_contain_text(f"instruction {index}, {formula}, wrote")
    expect(alarm).to_contain_text(f"= {visit.get('run.non_finite.text')}, the first")
    expect(alarm).to_contain_text("the first value that is not finite")
    wrote = visit.get("run.non_finite")
    alarm.get_by_role("button", name="Explain it").click()
    visit.wait(f"s.trail[0]?.buffer === '{wrote['buffer']}'")
    rate = visit.get("run.hyperparameters.learning_rate")
    back = alarm.get_by_role("button", name="Go back to step")
    best = re.search(r"step (\d+)", back.inner_text())
    assert best is not None
    visit.page.get_by_role("tab", name="Diagnostics").click()
    finding = visit.page.locator(".finding", has_text="A value is not finite")
    expect(finding.get_by_role("button", name=f"Try as a branch from {best[0]}")).to_be_visible()
    expect(finding.get_by_role("button", name="Try from here")).to_have_count(0)
    back.click()
    visit.wait(f"s.run.branch === 1 && s.run.hyperparameters.learning_rate === {rate / 10}")
    visit.expect(f"s.run.running || s.run.step > {best[1]}")
    visit.pause()


def test_an_alarm_that_was_dismissed_stays_away_until_the_next(visits: Visits) -> None:
    visit = visits.open("data=plane&layers=4relu,1linear&learning_rate=10000&run=no")
    alarm = visit.page.get_by_role("alert")
    expect(alarm).to_have_count(0)
    visit.page.evaluate("backstep.actions.run()")
    expect(alarm).to_be_visible()
    alarm.get_by_role("button", name="Dismiss").click()
    expect(alarm).to_have_count(0)
    visit.step("instruction")
    expect(alarm).to_have_count(0)
