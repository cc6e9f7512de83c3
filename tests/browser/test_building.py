"""Building networks of any kind by hand in the panel."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.visit import Visits

DIGITS = "data=digits&layers=8relu,10softmax&loss=softmax_cross_entropy&run=no"


def add(page: Page, kind: str) -> None:
    """Add a layer of a kind at the end of the network's own list."""
    page.get_by_role("button", name="Add a layer of another kind").click()
    item = page.get_by_role("menuitem").filter(has=page.get_by_text(kind, exact=True))
    item.click()


def test_a_convolutional_network_is_built_by_hand(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    page = visit.page
    page.get_by_role("button", name="Remove Layer 1").click()
    visit.wait("s.model.layers.length === 1")
    add(page, "2D convolution")
    output = page.get_by_role("group", name="Output", exact=True)
    expect(output.locator(".field-error").first).to_contain_text("layers[1]")
    add(page, "Flatten")
    visit.wait("s.model.layers[0].kind === 'conv2d'")
    expect(page.locator("#panel-left .field-error:visible")).to_have_count(0)
    assert visit.get("model.layers[0].output_shape") == [6, 6, 8]
    layer = page.get_by_role("group", name="Layer 1", exact=True)
    expect(layer).to_contain_text("→ 6×6×8")
    page.get_by_role("button", name="Settings of Layer 1").click()
    layer.get_by_label("Padding of Layer 1").fill("same")
    layer.get_by_label("Padding of Layer 1").press("Enter")
    visit.wait("s.model.layers[0].output_shape[0] === 8")
    expect(layer).to_contain_text("→ 8×8×8")


def test_a_layer_that_does_not_fit_is_told_at_its_place(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    page = visit.page
    before = visit.get("model.generation")
    add(page, "LSTM")
    error = page.get_by_role("group", name="Layer 2", exact=True).locator(".field-error").first
    expect(error).to_contain_text("layers[1]")
    assert visit.get("model.generation") == before
    page.get_by_role("button", name="Settings of Layer 2").click()
    page.get_by_role("button", name="Move Layer 2 earlier").click()
    visit.wait("s.model.layers[0].kind === 'lstm'")
    expect(page.locator(".field-error:visible")).to_have_count(0)


def test_layers_inside_layers(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    page = visit.page
    add(page, "Residual connection")
    visit.wait("s.model.layers.some(({kind}) => kind === 'residual')")
    page.get_by_role("button", name="Settings of Layer 2", exact=True).click()
    page.get_by_role("button", name="Add a layer to Layer 2.").click()
    page.get_by_role("menuitem", name="Dropout").click()
    visit.wait("s.model.description.layers[1].layers.length === 2")
    assert visit.get("model.description.layers[1].layers[1].kind") == "dropout"


def test_other_kinds_of_data_bring_a_network_that_can_be_taken_back(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    visit.choose_data("Text", "Python's manual")
    visit.wait("s.model.data.name === 'manual'")
    assert "lstm" in [layer["kind"] for layer in visit.get("model.layers")]
    replaced = visit.page.get_by_text("The layers were replaced")
    replaced.get_by_role("button", name="Undo").click()
    visit.wait("s.model.data.name === 'digits' && s.model.layers[0].units === 8")


def test_schedule_clipping_and_early_stopping(visits: Visits) -> None:
    visit = visits.open()
    page = visit.page
    page.get_by_label("Schedule", exact=True).select_option("Warm-up")
    visit.wait("s.model.description.schedule?.kind === 'warmup'")
    page.get_by_label("Then", exact=True).select_option("Cosine decay")
    visit.wait("s.model.description.schedule.then?.kind === 'cosine'")
    page.get_by_label("Clipping", exact=True).select_option("By norm")
    page.get_by_label("Early stopping", exact=True).click()
    visit.wait("s.model.description.clipping?.limit === 1 && s.model.description.stopping")


def test_a_link_keeps_layers_of_every_kind(visits: Visits) -> None:
    visit = visits.open("scene=digits_cnn&run=no")
    visit.wait("s.model.data.name === 'digits'")
    visit.wait("location.hash.includes('json=')")
    link = visit.page.evaluate("location.hash")[1:]
    again = visits.open(f"{link}&run=no")
    assert again.get("model.description") == visit.get("model.description")
