"""Questions on the page: formulas with the engine's numbers, the chain rule, the exercise."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from engine import Explainer, Machine, Timeline
from server.describe import description
from tests.browser.test_inspector import EDGE, select
from tests.browser.visit import Visit, Visits, number

FIGURE_SPACE = "\N{FIGURE SPACE}"


def explainer_of(visit: Visit) -> Explainer:
    """The engine's own explanations of the machine that the page shows at rest."""
    step, pc = visit.settle()
    machine = Machine(description.build(visit.get("model.description")).program)
    timeline = Timeline(machine)
    timeline.go((step, pc))
    return Explainer(machine, timeline)


def inspector_of(visit: Visit) -> Locator:
    return visit.page.get_by_role("region", name="Inspector")


def explain(visit: Visit, symbol: str) -> Locator:
    """Click a symbol of what is selected; returns its explanation, complete."""
    inspector_of(visit).get_by_role("button", name=symbol, exact=True).first.click()
    return complete(visit)


def complete(visit: Visit) -> Locator:
    explanation = inspector_of(visit).locator(".exp")
    expect(explanation).to_have_attribute("aria-busy", "false")
    return explanation


def headline(explanation: Locator) -> tuple[str, float]:
    """The symbol and the exact value."""
    symbol, value = explanation.locator(".exp-value").inner_text().split(" = ")
    return symbol, number(value)


def operand(explanation: Locator, symbol: str) -> Locator:
    return explanation.get_by_role("button", name=re.compile(f"^{re.escape(symbol)} = ")).first


def trained(visits: Visits, *, steps: int = 2, **description: Any) -> Visit:
    visit = visits.open()
    if description:
        visit.page.evaluate("(given) => backstep.actions.configure(given)", description)
        visit.wait("s.model.generation > 1")
        visit.settle()
    for _ in range(steps):
        visit.step("step")
    return visit


# Formulas ----------------------------------------------------------------------------------------


def test_a_gradient_is_explained_with_the_engines_numbers(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    expected = explainer_of(visit).explain("dense2/W.grad", (1, 0))
    assert headline(explanation) == ("dW2[1, 0]", expected.value)
    assert explanation.locator("math").count() > 1
    series = expected.formula
    values = sorted(abs(term) for term in series.values)  # type: ignore[attr-defined]
    shown = [abs(number(t)) for t in explanation.locator(".exp-terms output").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    assert shown == pytest.approx(values[::-1][: len(shown)], rel=1e-3)
    folded = explanation.get_by_text("more, together")
    expect(folded).to_be_visible()
    explanation.get_by_role("button", name="Show all 10").click()
    expect(explanation.locator(".exp-terms li")).to_have_count(10)


def test_a_link_leads_on_and_the_trail_back(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    first = explanation.locator(".exp-terms [role=button]").nth(1)
    label = first.get_attribute("aria-label")
    assert label is not None
    symbol, value = label.removesuffix(": explain it").split(" = ")
    first.click()
    expect(inspector_of(visit).locator(".exp-value")).to_contain_text(symbol)
    explanation = complete(visit)
    assert headline(explanation) == (symbol, number(value))
    trail = explanation.get_by_role("navigation", name="Trail of explanations")
    expect(trail.get_by_role("listitem")).to_contain_text(["", "dW2[1, 0]", symbol])
    trail.get_by_role("button", name="dW2[1, 0]").click()
    expect(inspector_of(visit).locator(".exp-value")).to_contain_text("dW2[1, 0]")
    visit.press("Escape")
    expect(inspector_of(visit)).to_contain_text("Weight")


def test_operands_can_be_reached_and_followed_by_keyboard(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explain(visit, "Δw")
    gradient = operand(inspector_of(visit), "dW2[1, 0]")
    gradient.focus()
    visit.press("Enter")
    expect(inspector_of(visit).locator(".exp-value")).to_be_focused()
    expect(inspector_of(visit).locator(".exp-value")).to_contain_text("dW2[1, 0]")
    assert not visit.get("run.running")
    visit.press("Backspace")
    expect(inspector_of(visit).locator(".exp-value")).to_contain_text("ΔW2[1, 0]")
    visit.press("Backspace")
    expect(inspector_of(visit)).to_contain_text("Weight")


def test_an_update_is_the_optimizers_rule_with_its_numbers(visits: Visits) -> None:
    visit = trained(visits, steps=1, optimizer={"kind": "adam"})
    select(visit, EDGE)
    explanation = explain(visit, "Δw")
    symbols, numbers = explanation.locator(".exp-formula .exp-line").all()
    for symbol in ("η", "c₁", "c₂", "ε"):
        expect(symbols).to_contain_text(symbol)
    expect(numbers).to_contain_text("0.0010")
    expect(symbols.locator("mfrac")).to_have_count(3)
    expect(symbols.locator("msqrt")).to_have_count(1)


def test_a_probe_value_is_explained_for_its_sample_and_follows_the_machine(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, {"kind": "unit", "layer": "dense1", "unit": 2})
    explanation = explain(visit, "a")
    expect(explanation).to_contain_text("for the probe sample, train 0")
    before = headline(explanation)
    visit.step("step")
    expect(explanation.locator(".exp-value")).not_to_contain_text(str(before[1]))
    assert headline(explanation)[1] == visit.drawn("probe/dense1/a")[2]


def test_a_number_of_a_table_is_explained(visits: Visits) -> None:
    visit = trained(visits)
    inspector = select(visit, {"kind": "instruction", "index": 3})
    cell = inspector.get_by_role("grid").first.get_by_role("button").first
    cell.click()
    explanation = complete(visit)
    symbol, value = headline(explanation)
    assert symbol == "Z1[0, 0]"
    assert value == explainer_of(visit).machine.read("dense1/z")[0, 0]


def test_nothing_moves_when_numbers_change(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    tops = "(e) => [...e.children].map((c) => c.offsetTop)"
    before = explanation.evaluate(tops)
    for _ in range(3):
        symbol = headline(explanation)[1]
        visit.step("step")
        expect(explanation.locator(".exp-value")).not_to_contain_text(str(symbol))
        complete(visit)
        assert explanation.evaluate(tops) == before


# The chain rule, and why -------------------------------------------------------------------------


def test_the_chain_to_the_loss_is_listed_and_drawn(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    explanation.get_by_role("button", name="Chain to the loss").click()
    expect(explanation.locator(".exp-chain")).to_contain_text("dL/dL")
    steps = explainer_of(visit).chain("dense2/W", (1, 0))
    path = visit.get("path")
    assert [s["symbol"] for s in path] == [*(s.explanation.symbol for s in steps), "dL/dL"]
    assert [s["factor"] for s in path[:-1]] == [s.local for s in steps]
    explanation.get_by_role("button", name="Chain to the loss").click()
    expect(explanation.locator(".exp-chain")).to_have_count(0)


def test_what_is_followed_is_drawn_as_a_path(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    explanation.locator(".exp-terms [role=button]").nth(1).click()
    visit.wait("s.path.length === 2")
    first, second = visit.get("path")
    assert (first["buffer"], second["buffer"]) == ("dense2/W.grad", "dense2/z.grad")
    row = second["index"][0]
    activation = explainer_of(visit).machine.read("dense1/a")[row, 1]
    assert first["factor"] == pytest.approx(activation)
    visit.press("Escape")
    visit.wait("s.path.length === 0")


def test_a_dead_unit_is_to_blame_for_a_zero_gradient(visits: Visits) -> None:
    visit = trained(visits, steps=0, layers=[{"units": 4, "activation": "relu"}, {"units": 1}])
    visit.page.evaluate("backstep.actions.write('dense1/b', [1], -50)")
    visit.step("step")
    select(visit, {"kind": "edge", "layer": "dense1", "from": 0, "to": 1})
    explanation = explain(visit, "dL/dw")
    explanation.get_by_role("button", name="Why is this gradient zero?").click()
    expect(explanation).to_contain_text("unit 1 of dense1 is dead for all 10 samples")
    visit.wait("s.path.length > 1")


# Checks ------------------------------------------------------------------------------------------


def test_a_gradient_check_says_that_backpropagation_is_right(visits: Visits) -> None:
    visit = trained(visits)
    select(visit, EDGE)
    explanation = explain(visit, "dL/dw")
    explanation.get_by_role("button", name="Check gradient").click()
    row = explanation.locator("table.check tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("right")
    _, backprop, numeric, *_ = row.locator("th, td").all_inner_texts()
    assert number(backprop) == number(numeric)
    assert number(backprop) == pytest.approx(headline(explanation)[1], rel=5e-3)
    explanation.get_by_label("What to check").select_option("everything")
    explanation.get_by_role("button", name="Check gradient").click()
    expect(explanation).to_contain_text("25 right")


def test_the_loss_around_here(visits: Visits) -> None:
    visit = trained(visits, steps=3)
    inspector = inspector_of(visit)
    inspector.get_by_role("button", name="Sharpness").click()
    expect(inspector).to_contain_text("Plain gradient descent is unstable")
    inspector.get_by_role("button", name="Along the update").click()
    chart = inspector.get_by_role("application", name="Loss along the last update")
    expect(chart).to_be_visible()
    expect(inspector).to_contain_text("L here =")
    chart.focus()
    visit.press("ArrowLeft")
    expect(inspector).to_contain_text("updates =")
    inspector.get_by_role("button", name="On the path's plane").click()
    loss_map = inspector.get_by_role("application", name="Map of the loss")
    expect(loss_map).to_be_visible()
    expect(inspector).to_contain_text("L(0, 0) =")
    loss_map.focus()
    visit.press("ArrowUp")
    expect(inspector).not_to_contain_text("L(0, 0) =")


def test_what_can_not_be_computed_yet_says_so(visits: Visits) -> None:
    visit = visits.open()
    inspector = inspector_of(visit)
    inspector.get_by_role("button", name="Along the update").click()
    expect(inspector).to_contain_text("train a little first")


# The exercise ------------------------------------------------------------------------------------


def test_the_exercise_hides_a_number_everywhere_and_gives_hints(visits: Visits) -> None:
    visit = trained(visits)
    inspector = select(visit, EDGE)
    visit.settle()
    value = explainer_of(visit).explain("dense2/W.grad", (1, 0)).value
    explanation = explain(visit, "dL/dw")
    explanation.get_by_role("button", name="Quiz me on this").click()
    expect(explanation.locator(".exp-value")).to_have_text("dW2[1, 0] = ?")
    exact = f"{abs(value):.6f}"[:8]
    assert exact not in visit.page.locator("body").inner_text()

    answer = explanation.get_by_role("textbox", name="Your answer")
    expect(answer).to_be_focused()
    answer.fill(str(-value))
    answer.press("Enter")
    expect(explanation).to_contain_text("The sign is wrong.")
    answer.fill("nonsense")
    answer.press("Enter")
    expect(explanation).to_contain_text("This is not a number")

    visit.press("Escape", "Escape")
    line = inspector.locator('dl div:has(> dt > :text-is("dL/dw")) dd')
    expect(line).to_have_text(f"{FIGURE_SPACE}?")
    visit.page.locator(".net-stage").focus()
    visit.page.evaluate("(edge) => backstep.actions.hover(edge)", EDGE)
    card = visit.page.locator(".net-card")
    expect(card.locator('dt:text-is("dL/dw") + dd')).to_have_text("?")

    explanation = explain(visit, "dL/dw")
    answer = explanation.get_by_role("textbox", name="Your answer")
    answer.fill(f"{value:.2e}".replace("-", "\N{MINUS SIGN}"))
    answer.press("Enter")
    expect(explanation).to_contain_text("Right:")
    expect(explanation.locator(".exp-value")).not_to_contain_text("?")
    assert headline(explanation)[1] == value
    explanation.get_by_role("button", name="End").click()
    expect(explanation.get_by_role("button", name="Quiz me on this")).to_be_visible()


def test_an_exercise_can_be_revealed(visits: Visits) -> None:
    visit = trained(visits)
    visit.press("q")
    inspector = inspector_of(visit)
    expect(inspector.locator(".exp-value")).to_contain_text("= ?")
    assert visit.get("quiz.revealed") is False
    inspector.get_by_role("button", name="Reveal").click()
    expect(inspector.locator(".exp-value")).not_to_contain_text("?")
    inspector.get_by_role("button", name="Another one").click()
    expect(inspector.locator(".exp-value")).to_contain_text("= ?")


# On a phone --------------------------------------------------------------------------------------


def test_on_a_phone_the_sheet_shows_it(visits: Visits) -> None:
    visit = visits.open(viewport={"width": 390, "height": 844}, has_touch=True)
    visit.page.get_by_role("button", name="Inspect").tap()
    visit.page.evaluate("backstep.actions.step('step')")
    visit.wait("s.run.step === 1 && !s.run.running")
    select(visit, EDGE)
    inspector_of(visit).get_by_role("button", name="dL/dw", exact=True).tap()
    explanation = complete(visit)
    expect(explanation.locator(".exp-value")).to_be_in_viewport()
    overflow = "(e) => e.scrollWidth - e.clientWidth"
    assert inspector_of(visit).evaluate(overflow) <= 0
    explanation.locator(".exp-terms [role=button]").first.tap()
    expect(inspector_of(visit).locator(".exp-value")).to_contain_text("A1[")
