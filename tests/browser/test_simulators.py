"""What networks are for: a car that is driven, maps, thresholds, codes, later days."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from server.describe.scenes import SCENES
from tests.browser.visit import Visit, Visits, number

DESCRIPTIONS = {scene.id: scene.description for scene in SCENES}


def scene(visit: Visit, name: str, steps: int = 0) -> None:
    """Configure a scene and let it train for at least so many steps."""
    configure = "(description) => backstep.actions.configure(description)"
    assert visit.page.evaluate(configure, DESCRIPTIONS[name])
    visit.wait(f"s.model.data.name === '{DESCRIPTIONS[name]['data']['name']}'")
    if steps:
        visit.page.evaluate("backstep.actions.run()")
        visit.wait(f"s.frame?.generation === s.model.generation && s.frame?.step >= {steps}")
        visit.pause()


def picture(visit: Visit) -> Any:
    return visit.page.locator("#output .out-body")


def test_the_car_drives_while_training_is_paused(visits: Visits) -> None:
    visit = visits.open()
    scene(visit, "driving", 20)
    steps = visit.get("run.step")
    before = visit.drawn("view/car")
    visit.wait("s.frame?.entries.size > 0")
    place = f"Math.hypot(e.at(0) - {before[0]}, e.at(1) - {before[1]})"
    entry = "s.frame.entries.get(s.model.bufferByName.get('view/car').id)"
    visit.wait(f"((e) => e && {place} > 3)({entry})")
    assert visit.get("run.step") == steps
    page = picture(visit)
    expect(page.get_by_text(re.compile(r"left|right|straight")).first).to_be_visible()
    first = visit.drawn("view/track")
    page.get_by_role("combobox", name="Track").select_option("oval")
    visit.wait(
        f"s.frame.entries.get(s.model.bufferByName.get('view/track').id)?.at(0) !== {first.flat[0]}"
    )
    page.get_by_role("button", name="Restart").click()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")


def test_a_threshold_trades_one_mistake_for_the_other(visits: Visits) -> None:
    visit = visits.open()
    scene(visit, "breast_cancer", 60)
    page = picture(visit)
    rates = page.get_by_label(re.compile("Rates"))
    expect(rates.get_by_text("Sensitivity")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.fill("0")
    expect(rates.locator("dd").first).to_have_text("malignant")
    expect(rates.locator("dd").nth(2)).to_have_text("100.0 %")
    slider.fill("100")
    expect(rates.locator("dd").nth(1)).to_have_text("100.0 %")
    counts = visit.drawn("view/thresholds")[37]
    slider.fill("37")
    cells = page.locator("tbody td").all_inner_texts()
    assert [int(cell.replace("·", "0")) for cell in cells] == counts.ravel().tolist()
    (hits, missed), (alarms, quiet) = counts.astype(int).tolist()
    expect(page.locator(".sim-said")).to_have_text(
        f"{missed} of {hits + missed} “malignant” missed, "
        f"{alarms} of {alarms + quiet} others false alarms."
    )


def test_a_code_is_decoded_where_the_cross_hair_is(visits: Visits) -> None:
    visit = visits.open()
    scene(visit, "autoencoder", 20)
    page = picture(visit)
    place = page.locator(".sim-place")
    expect(place).to_contain_text("c = (")
    before = place.inner_text()
    image = page.get_by_role("img", name=re.compile("decoded at"))
    expect(image).to_be_visible()
    page.get_by_role("application").focus()
    visit.press("Shift+ArrowRight")
    expect(place).not_to_have_text(before)
    expect(image).to_have_attribute("aria-label", re.compile(re.escape(place.inner_text())))
    low = visit.drawn("view/decoded/range")[1, 0]
    page.get_by_role("slider", name="Code c₂").fill("0")
    expect(place).to_have_text(re.compile(r", .+\)$"))
    assert number(place.inner_text().split(", ")[1].rstrip(")")) == pytest.approx(low, rel=0.01)
    expect(image).to_have_attribute("aria-label", re.compile(re.escape(place.inner_text())))


@pytest.mark.parametrize(("name", "maps"), [("ratings", 2), ("sentiment", 1)])
def test_a_point_of_a_map_opens_its_vector(visits: Visits, name: str, maps: int) -> None:
    visit = visits.open()
    scene(visit, name, 20)
    visit.page.get_by_role("radio", name="Map").click()
    charts = picture(visit).get_by_role("application")
    expect(charts).to_have_count(maps)
    charts.first.focus()
    visit.press("ArrowRight")
    visit.wait("s.trail.length === 1 && s.trail[0].buffer.endsWith('/W')")
    expect(picture(visit).locator(".sim-said")).to_contain_text(": ")


@pytest.mark.parametrize(
    ("name", "words"),
    [("ratings", "simulated"), ("driving", "simulated"), ("vowels_cnn", "synthesised")],
)
def test_what_is_simulated_is_called_so(visits: Visits, name: str, words: str) -> None:
    visit = visits.open()
    scene(visit, name)
    origin = visit.page.locator("#output").get_by_text(re.compile("^Data: .* Licence: "))
    expect(origin).to_contain_text(words)


def test_later_days_are_judged_against_the_naive_forecast(visits: Visits) -> None:
    visit = visits.open()
    scene(visit, "price_swing", 5)
    note = visit.page.locator(".sim-baseline")
    expect(note).to_contain_text(re.compile(r"(Beats|Does not beat).* × the error of"))
    expect(note).to_contain_text("the mean swing of the days shown")
    expect(picture(visit)).to_contain_text("Naive: the mean swing of the days shown.")
    picture(visit).get_by_role("application").focus()
    visit.press("ArrowLeft", "ArrowLeft")
    day = visit.get("model.data.test") - 2
    values = [visit.drawn(name)[day, 0] for name in ("view/targets", "view/predictions")]
    values.append(visit.get(f"model.data.baselines[2].forecasts[{day}]"))
    read = picture(visit).locator(".sim-said").inner_text()
    date, words = read.split(": ")
    assert date == visit.get(f"model.data.extras.test.date[{day}]")
    found = re.fullmatch(r"real (.+), network (.+), naive (.+)", words)
    assert found is not None
    assert [number(text) for text in found.groups()] == pytest.approx(values, rel=1e-3)


def test_each_later_day_of_a_direction_is_right_or_wrong(visits: Visits) -> None:
    visit = visits.open()
    scene(visit, "price_direction", 40)
    page = picture(visit)
    chances = visit.drawn("view/probability")
    truth = np.array(visit.get("model.data.labels.test"))
    right = (chances > 0.5) == truth
    rates = page.get_by_label("Share of days predicted correctly")
    expect(rates.locator("dd").first).to_have_text(f"{100 * right.mean():.1f} %")
    expect(rates).to_contain_text("the same direction as today")
    expect(rates.locator("dd").last).to_have_text("46.9 % to 53.1 %")
    expect(page).to_contain_text("Correct on 969 later days:")
    expect(page.locator(".sim-said")).to_contain_text(f"{right[-60:].sum()} of these 60 days")
    page.get_by_role("application").focus()
    visit.press("ArrowLeft", "PageUp", "PageUp", "PageUp", "PageUp")
    day = len(truth) - 81
    date = visit.get(f"model.data.extras.test.date[{day}]")
    read = page.locator(".sim-said").inner_text()
    assert read.startswith(f"{date}: p(up) ")
    assert number(read.split()[2].rstrip(",")) == pytest.approx(chances[day], abs=1e-3)
    assert read.endswith("right" if right[day] else "wrong")
    expect(page.locator("output")).to_have_text(date)
    assert date > max(visit.get("model.data.extras.train.date"))
