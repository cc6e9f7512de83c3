"""Columns over time: unrolled cells, attention, looked-up vectors."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from server.describe.scenes import SCENES
from tests.browser.visit import Visit, Visits, number

CARD = ".net-card"


@pytest.fixture
def scene(visits: Visits) -> Callable[[str], Visit]:
    """Opens a scene, paused."""

    def opened(name: str) -> Visit:
        visit = visits.open()
        description = next(s.description for s in SCENES if s.id == name)
        visit.page.evaluate("(given) => backstep.actions.configure(given)", description)
        data = description["data"]["name"]
        visit.wait(f"s.model?.data.name === '{data}' && s.frame?.generation === s.model.generation")
        visit.settle()
        return visit

    return opened


def trained(visit: Visit) -> None:
    """Let it run for some steps."""
    step = visit.get("run.step")
    visit.page.evaluate("backstep.actions.run()")
    visit.wait(f"s.frame?.step > {step + 10}")
    visit.page.evaluate("backstep.actions.pause()")
    visit.wait("!s.run.running")
    visit.settle()


def walked(visit: Visit, *keys: str) -> str:
    """What a screen reader is told after these keys in the picture."""
    visit.page.locator(".net-stage").focus()
    visit.press(*keys)
    live = visit.page.locator(".net-live")
    expect(live).not_to_be_empty()
    return live.inner_text()


def test_an_lstm_is_unrolled_and_its_numbers_move(scene: Callable[[str], Visit]) -> None:
    visit = scene("text_lstm")
    expect(visit.page.locator(".net-heads")).to_contain_text("LSTM 2")
    before = visit.drawn("probe/lstm2/h").copy()
    trained(visit)
    assert not np.array_equal(before, visit.drawn("probe/lstm2/h"))
    assert visit.drawn("probe/lstm2/h.grad").shape == (32, 64)
    told = walked(visit, "ArrowDown", "ArrowDown")
    assert re.search(r"token, step \d+ “.+”", told)
    told = walked(visit, *["ArrowRight"] * 17)
    assert re.search(r"input gate, step \d+ “.+”: mean \|i\| 0\.\d+", told)
    visit.press("Enter")
    inspector = visit.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("input gate, step")
    expect(inspector).to_contain_text("mean |i|")


def test_a_time_step_is_lit_while_it_is_computed(scene: Callable[[str], Visit]) -> None:
    visit = scene("text_lstm")
    place = visit.page.evaluate(
        "backstep.store.state.model.instructions"
        ".findIndex((i) => i.phase === 'backward' && i.scope.startsWith('lstm2/t20/'))"
    )
    visit.page.evaluate("(place) => backstep.actions.runTo(place)", place)
    visit.wait(f"s.run.pc === {place}")
    visit.settle()
    visit.step("instruction")
    expect(visit.page.locator(".net")).to_contain_text("lstm2/t20")


def test_attention_is_paid_to_tokens(scene: Callable[[str], Visit]) -> None:
    visit = scene("text_transformer")
    weights = "probe/transformer_block3/attention2/weights"
    before = visit.drawn(weights).copy()
    trained(visit)
    after = visit.drawn(weights)
    assert not np.array_equal(before, after)
    assert np.allclose(after.sum(axis=-1), 1.0, atol=0.01 * after.shape[-1])
    told = walked(visit, *["ArrowDown"] * 4, *["ArrowRight"] * 97)
    assert re.search(r"attention of head 1: from step \d+ “.+” to step \d+ “.+”: p ", told)
    assert re.search(r"to step \d+ “.+” 0?\.?\d", told)


def test_a_rating_is_a_product_of_vectors(scene: Callable[[str], Visit]) -> None:
    visit = scene("ratings")
    before = visit.drawn("probe/factorisation1/vectors").copy()
    trained(visit)
    assert not np.array_equal(before, visit.drawn("probe/factorisation1/vectors"))
    told = walked(visit, "ArrowDown", "ArrowRight")
    assert re.search(r"person \d+, element 0|\w+ \d+, element 0", told)


@pytest.mark.parametrize("name", ["ratings", "ratings_neural"])
def test_looked_up_vectors_show_their_gradients(scene: Callable[[str], Visit], name: str) -> None:
    visit = scene(name)
    visit.page.click("[data-mode=gradient]")
    layer = visit.get("model.layers[0].name")
    gradient = visit.drawn(f"probe/{layer}/vectors.grad")
    assert gradient.shape == visit.drawn(f"probe/{layer}/vectors").shape
    assert np.abs(gradient).max() > 0
    if name == "ratings":  # z = Σ person ⊙ film: what one gets is the other, times dL/dz
        slope = visit.drawn("probe/factorisation1/z.grad")[0]
        assert np.allclose(gradient[0], slope * visit.drawn(f"probe/{layer}/vectors")[1])
    symbols = visit.page.locator(".net-card dt")
    visit.page.locator(".net-stage").focus()
    visit.press("ArrowDown", "ArrowRight")
    expect(symbols).to_have_text(["a", "dL/da", "w", "dL/dw", "Δw"])


def card_of(visit: Visit, layer: str, unit: int) -> str:
    """What the card says of a cell that is pointed at, and of how it was made."""
    visit.page.locator(".net-stage").focus()
    visit.page.evaluate(
        "([layer, unit]) => backstep.store.set({ hover: { kind: 'unit', layer, unit } })",
        [layer, unit],
    )
    expect(visit.page.locator(CARD)).to_contain_text(layer)
    expect(visit.page.locator(CARD)).to_contain_text("receptive field")
    return visit.page.locator(CARD).inner_text()


def made_of(card: str) -> float:
    """What the numbers in a card come to."""
    return number(card.rsplit("= ", maxsplit=1)[-1].split("\n", maxsplit=1)[0])


def test_a_convolution_over_time_shows_its_sum(scene: Callable[[str], Visit]) -> None:
    visit = scene("vowels_cnn")
    text = card_of(visit, "conv1d3", 1 * 16 + 5)
    x, weights = visit.drawn("probe/max_pool2/a"), visit.drawn("conv1d3/W")
    z = float((x[1:4] * weights[..., 5]).sum() + visit.drawn("conv1d3/b")[5])
    assert np.isclose(z, visit.drawn("probe/conv1d3/z")[1, 5], atol=1e-5)
    # Steps 2..4 of the pooled ones are 3..8 of the convolution before, and 3..10 of the input.
    assert "receptive field: steps 3–10" in text
    assert np.isclose(made_of(text), z, rtol=6e-3, atol=1e-4)


def test_pooling_over_time_names_the_step_it_chose(scene: Callable[[str], Visit]) -> None:
    visit = scene("vowels_cnn")
    before = visit.drawn("probe/conv1d1/a")
    channel = int(before[4:6].sum(axis=0).argmax())
    text = card_of(visit, "max_pool2", 2 * 16 + channel)
    assert f"from step {5 + int(before[4:6, channel].argmax())}" in text
    assert np.isclose(made_of(text), before[4:6, channel].max(), rtol=6e-3)
    text = card_of(visit, "global_average_pool4", 3)
    mean = visit.drawn("probe/conv1d3/a")[:, 3].mean()
    assert np.isclose(made_of(text), mean, rtol=6e-3, atol=1e-4)
