"""Changing the network, its data and its training on the page."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import PAUSED, Visit, Visits


def layers(visit: Visit) -> list[tuple[int, str]]:
    """Units and activation of every layer of the compiled network."""
    return [(layer["units"], layer["activation"]) for layer in visit.get("model.layers")]


def type_into(field: Locator, value: object) -> None:
    field.fill(str(value))
    field.press("Tab")


def test_layers_come_and_go(visits: Visits) -> None:
    visit = visits.open()
    page = visit.page
    assert layers(visit) == [(4, "tanh"), (2, "tanh"), (1, "sigmoid")]
    page.get_by_role("button", name="Add layer").click()
    visit.wait("s.model.layers.length === 4")
    page.get_by_role("button", name="Remove Layer 1").click()
    visit.wait("s.model.layers.length === 3")
    assert layers(visit) == [(2, "tanh"), (2, "tanh"), (1, "sigmoid")]
    assert visit.settle() == (0, 0)
    expect(page.get_by_role("group", name="Layer 2", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="Layer 3", exact=True)).to_have_count(0)


def test_units_and_activation_of_a_layer(visits: Visits) -> None:
    visit = visits.open()
    page = visit.page
    page.get_by_role("button", name="More: Units of Layer 1").click()
    visit.wait("s.model.layers[0].units === 5")
    type_into(page.get_by_role("spinbutton", name="Units of Layer 1"), 7)
    visit.wait("s.model.layers[0].units === 7")
    page.get_by_role("combobox", name="Activation of Layer 1").select_option("ReLU")
    visit.wait("s.model.layers[0].activation === 'relu'")
    assert visit.drawn("dense1/W").shape == (2, 7)
    page.get_by_role("combobox", name="Activation of dense2").select_option("Sigmoid")
    visit.wait("s.model.layers[1].activation === 'sigmoid'")
    shown = page.get_by_role("combobox", name="Activation of Layer 2")
    expect(shown).to_have_value("sigmoid")


def test_other_data_bring_their_own_output(visits: Visits) -> None:
    visit = visits.open()
    page = visit.page
    visit.choose_data("Tables", "Iris")
    visit.wait("s.model.data.name === 'iris'")
    assert layers(visit)[-1] == (3, "softmax")
    visit.choose_data("Curves", "Sine")
    visit.wait("s.model.data.name === 'sine'")
    assert layers(visit)[-1] == (1, "linear")
    visit.choose_data("Points", "Moons")
    visit.wait("s.model.data.name === 'moons'")
    assert layers(visit)[-1] == (1, "sigmoid")
    type_into(page.get_by_label("Samples", exact=True).last, 300)
    visit.wait("s.model.description.data.samples === 300")
    page.get_by_text("x₁²", exact=True).click()
    visit.wait("s.model.layers[0].inputs === 3")


def test_optimizer_batch_and_penalties(visits: Visits) -> None:
    visit = visits.open()
    page = visit.page
    page.get_by_label("Optimizer", exact=True).select_option("Adam")
    visit.wait("s.model.description.optimizer.kind === 'adam'")
    page.get_by_label("Full batch").click()
    visit.wait("s.model.description.batch_size === 'full'")
    type_into(page.get_by_label("L2", exact=True).last, 0.01)
    visit.wait("s.model.description.layers.every((layer) => layer.l2 === 0.01)")
    type_into(page.get_by_label("Seed", exact=True), 42)
    visit.wait("s.model.description.seed === 42")


def test_the_learning_rate_changes_live_and_keeps_the_weights(visits: Visits) -> None:
    visit = visits.open()
    visit.step("epoch")
    before, generation = visit.drawn("dense1/W"), visit.get("model.generation")
    type_into(visit.page.get_by_label("Learning rate", exact=True).last, 0.5)
    visit.wait("s.model.hyperparameters.learning_rate === 0.5")
    step = visit.settle()[0]
    assert visit.get("model.generation") == generation
    assert np.array_equal(visit.drawn("dense1/W"), before)
    visit.page.locator(".net-stage").focus()
    assert visit.step("step") == (step + 1, 0)
    moved, gradient = visit.drawn("dense1/W") - before, visit.drawn("dense1/W.grad")
    np.testing.assert_allclose(moved, -0.5 * gradient, rtol=1e-9)


def test_editing_while_running_goes_on_running(visits: Visits) -> None:
    visit = visits.open("")
    visit.wait("s.run.running && s.frame?.step > 5")
    generation = visit.get("model.generation")
    visit.choose_data("Points", "Moons")
    visit.wait(f"s.model.generation > {generation} && s.run.running && s.frame?.step > 5")


def test_what_the_server_refuses_is_explained_at_the_field(visits: Visits) -> None:
    visit = visits.open()
    before = visit.get("model.generation")
    type_into(visit.page.get_by_label("Batch size", exact=True).last, 100_000)
    error = visit.page.locator('[data-field="batch_size"] .field-error')
    expect(error).to_be_visible()
    expect(error).to_contain_text("between 1 and 250")
    assert visit.get("model.generation") == before
    type_into(visit.page.get_by_label("Batch size", exact=True).last, 20)
    visit.wait("s.model.description.batch_size === 20")
    expect(error).to_be_hidden()


def test_a_training_point_is_dragged_and_comes_back_with_time(visits: Visits) -> None:
    visit = visits.open(f"{PAUSED}&features=x1,x2,x1_squared")
    visit.step("step")
    point = visit.page.evaluate("backstep.store.state.model.data.points.train[0]")
    visit.page.locator("#output .out-plot").focus()
    visit.press("Shift+ArrowRight")
    visit.wait("s.branches[s.run.branch].edits.some((e) => e.buffer === 'data/x')")
    domain = visit.get("model.data.domain[0]")
    goal = point[0] + 0.01 * (domain[1] - domain[0])
    visit.wait(
        "s.frame.entries.get(s.model.bufferByName.get('probe/input/x').id).at(0)"
        f" > {(point[0] + goal) / 2}"
    )
    assert len(visit.get("branches[0].edits")) == 1
    before = visit.page.evaluate("backstep.actions.read('data/x', [0, 0])")
    assert visit.page.evaluate("backstep.actions.read('data/x', [0, 2])") == before**2
    assert before == pytest.approx(goal, abs=1e-3)
    assert visit.drawn("probe/input/x")[0] == pytest.approx(before)
    readout = visit.page.locator("#output .out-aside")
    expect(readout).to_contain_text(f"{before:.3f}".replace("-", "\N{MINUS SIGN}"))
    visit.page.evaluate("backstep.actions.travel.start()")
    visit.wait("s.run.step === 0")
    assert visit.page.evaluate("backstep.actions.read('data/x', [0, 0])") == pytest.approx(
        point[0], abs=1e-3
    )
    expect(readout).to_contain_text(f"{point[0]:.3f}".replace("-", "\N{MINUS SIGN}"))
    visit.step("step")
    expect(readout).to_contain_text(f"{before:.3f}".replace("-", "\N{MINUS SIGN}"))
