"""The listing: every instruction, where the machine stands, and running to one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visit import Visits


def test_every_instruction_is_listed(visits: Visits) -> None:
    visit = visits.open()
    program = visit.page.get_by_role("region", name="Program")
    rows = program.get_by_role("option")
    formulas = visit.get("model.instructions.map((i) => i.formula)")
    expect(rows).to_have_count(len(formulas))
    for i, formula in enumerate(formulas):
        expect(rows.nth(i)).to_contain_text(formula)


def test_clicking_an_instruction_runs_to_it(visits: Visits) -> None:
    visit = visits.open()
    rows = visit.page.get_by_role("region", name="Program").get_by_role("option")
    rows.nth(9).click()
    visit.wait("s.run.pc === 9 && !s.run.running")
    assert visit.settle() == (0, 9)
    rows.nth(4).click()
    visit.wait("s.run.step === 1 && s.run.pc === 4 && !s.run.running")
    machine = visit.machine()
    assert (machine.step_count, machine.pc) == (1, 4)
    expect(rows.nth(4)).to_have_attribute("aria-current", "step")


def test_the_listing_by_keyboard(visits: Visits) -> None:
    visit = visits.open()
    rows = visit.page.get_by_role("region", name="Program").get_by_role("option")
    rows.nth(0).focus()
    visit.press("ArrowDown", "ArrowDown", "ArrowDown")
    expect(rows.nth(3)).to_be_focused()
    visit.press("Enter")
    visit.wait("s.run.pc === 3 && !s.run.running")
