"""What a configured event tells of layers and data of every kind."""

from __future__ import annotations

import json
from math import prod
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset, from_csv
from engine.data.catalogue import _REGISTERED
from server.describe import description
from server.wire.strict_json import encode_message
from tests.server.driving import Driver, configured
from tests.server.kinds import KINDS


@pytest.mark.parametrize("name", KINDS)
def test_it_is_json_and_describes_itself(name: str) -> None:
    told = configured(KINDS[name]).last("configured")
    back = json.loads(encode_message(told))
    assert description.normalise(back["description"]) == back["description"]
    for layer in back["layers"]:
        assert layer["path"].startswith("layers[")
        assert prod(layer["input_shape"]) == layer["inputs"]
    outer = [layer for layer in back["layers"] if "/" not in layer["name"]]
    assert outer[0]["input_shape"] == back["data"]["input_shape"]
    assert [layer["path"] for layer in outer] == [f"layers[{i}]" for i in range(len(outer))]


def data(name: str) -> dict[str, Any]:
    told: dict[str, Any] = configured({"data": {"name": name}}).last("configured")["data"]
    return told


def test_text_has_its_vocabulary_and_no_labels() -> None:
    told = data("own_text")
    assert told["vocabulary"][0] == "\ufffd"
    assert told["labels"] == {"train": None, "test": None}
    assert [baseline["measure"] for baseline in told["baselines"]] == ["cross-entropy"] * 2


@pytest.mark.slow
def test_words_come_with_their_ratings() -> None:
    told = data("sentiment")
    extras, labels = told["extras"]["test"], told["labels"]["test"]
    assert len(extras["word"]) == len(extras["rating"]) == len(labels) == told["test"]
    assert all(
        (rating > 0) == label for rating, label in zip(extras["rating"], labels, strict=True)
    )


def test_prices_have_dates_in_order() -> None:
    dates = data("price_swing")["extras"]
    assert dates["train"]["date"][-1] < dates["test"]["date"][0] < dates["test"]["date"][-1]
    assert dates["test"]["date"][-1] == "2013-03-01"


def test_a_baseline_tells_its_forecast_of_each_sample_where_they_differ() -> None:
    told = data("price_direction")
    constant, same = told["baselines"]
    assert constant["forecasts"] is None
    assert len(same["forecasts"]) == told["test"]
    assert set(same["forecasts"]) == {0, 1}
    swing = data("price_swing")
    dates, today = swing["extras"]["test"]["date"], swing["baselines"][1]["forecasts"]
    assert len(dates) == len(today)


def test_ratings_have_titles_and_genres_of_all_films() -> None:
    told = data("ratings")
    people, films = told["field_sizes"]
    assert (people, len(told["extras"]["all"]["titles"])) == (200, films)
    assert max(told["extras"]["all"]["genres"]) < len(told["extras"]["all"]["genre_names"])


def test_what_an_autoencoder_reproduces_is_known_though_not_told_it() -> None:
    told = data("digits_autoencoder")
    assert told["task"] == "regression"
    assert set(told["extras"]["test"]["label"]) == set(range(10))
    assert told["extras"]["all"]["class_names"] == list("0123456789")


def test_units_are_told() -> None:
    told = data("diabetes")
    driver = configured({"data": {"name": "diabetes"}})
    plan = driver.session.training.runner.plan
    raw = np.array(plan.data.test.inputs) * told["standardisation"]["scale"]
    np.testing.assert_allclose(raw + told["standardisation"]["mean"], plan.data.test.points)
    targets = plan.data.test.targets * told["target_scale"] + told["target_mean"]
    np.testing.assert_allclose(driver.frame("view/targets")["view/targets"], targets)


TABLE = "a;b;c\n1,5;10;100\n2,5;30;300\n?;5;200\n4,5;20;400\n5,5;20;500\n6,5;25;600\n"


def of_table(patch: pytest.MonkeyPatch, **options: Any) -> tuple[Driver, Dataset]:
    made = from_csv(TABLE, name="own_table_of_tests", **options)
    patch.setitem(_REGISTERED, made.name, made)
    given = {"data": {"name": made.name}, "layers": [{"units": 3}, {}]}
    return configured(given), made


def test_how_a_table_was_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, made = of_table(monkeypatch)
    assert made.report is not None
    told = driver.last("configured")["data"]
    assert told["report"] == made.report.lines
    assert "column 'a' (input): numbers with a decimal comma" in told["report"][-3]
    assert data("iris")["report"] is None


def test_each_of_several_targets_is_shown_in_its_own_units(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, made = of_table(monkeypatch, targets=["b", "c"])
    shown = driver.frame("view/targets")["view/targets"]
    assert shown.shape == (len(made.test), 2)
    rows = {(10.0, 100.0), (30.0, 300.0), (20.0, 400.0), (20.0, 500.0), (25.0, 600.0)}
    assert {tuple(row) for row in shown.round(9).tolist()} <= rows


def test_live_hyperparameters_stand_in_the_description() -> None:
    driver = configured(
        {
            "data": {"name": "spirals", "samples": 60},
            "layers": [
                {"units": 4},
                {"kind": "residual", "layers": [{"units": 4, "l2": 0.01}]},
                {"kind": "noise", "deviation": 0.1},
                {"kind": "dropout", "rate": 0.5},
                {"kind": "batch_norm"},
                {},
            ],
            "clipping": {"kind": "norm", "limit": 2},
        }
    )
    for name, value in (
        ("residual2/dense1/l2", 0.125),
        ("noise3/deviation", 0.25),
        ("dropout4/dropout", 0.75),
        ("batch_norm5/momentum", 0.5),
        ("clip_norm", 4.0),
        ("learning_rate", 0.0625),
    ):
        driver.do("set", name=name, value=value)
    told = driver.session.abridged()[0]["description"]
    assert told["layers"][1]["layers"][0]["l2"] == 0.125
    assert [told["layers"][2]["deviation"], told["layers"][3]["rate"]] == [0.25, 0.75]
    assert told["layers"][4]["momentum"] == 0.5
    assert (told["clipping"]["limit"], told["optimizer"]["learning_rate"]) == (4.0, 0.0625)
    assert driver.last("configured")["description"]["clipping"]["limit"] == 2.0
