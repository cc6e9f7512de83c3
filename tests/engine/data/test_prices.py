"""Real prices: the file, the columns, the split by time, and the baselines."""

from __future__ import annotations

import csv
import gzip
import hashlib
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset, load_dataset, thumbnail
from engine.data.sources.prices import COLUMNS, FILE, SHARES, price_history
from engine.errors import DescriptionError

SETS = ("price_swing", "price_direction")


@cache
def table(share: str) -> dict[str, list[Any]]:
    """The columns of the file about `share`, numbers as numbers."""
    rows = csv.reader(gzip.decompress(FILE.read_bytes()).decode().splitlines())
    names = next(rows)
    _, dates, *numbers = zip(*(row for row in rows if row[0] == share), strict=True)
    columns = [[float(cell) for cell in column] for column in numbers]
    return {"date": list(dates), **dict(zip(names[2:], columns, strict=True))}


def test_the_file_is_the_one_that_its_note_describes() -> None:
    text = gzip.decompress(FILE.read_bytes())
    note = FILE.with_name("prices.md").read_text(encoding="utf-8")
    assert hashlib.sha256(text).hexdigest() in note
    assert f"{sum(len(table(share)['date']) for share in SHARES):,} rows" in note


@pytest.mark.parametrize("share", SHARES)
def test_the_file_has_the_days_that_the_page_speaks_of(share: str) -> None:
    days = table(share)
    assert days["date"] == sorted(set(days["date"]))
    assert days["date"][0] == ("2004-08-19" if share == "GOOG" else "2000-03-01")
    assert days["date"][-1] == "2013-03-01"
    assert len(days["date"]) == (2148 if share == "GOOG" else 3270)
    assert min(days["low"]) > 0.0
    assert all(high > low for high, low in zip(days["high"], days["low"], strict=True))
    assert min(days["volume"]) > 0.0


def test_prices_are_those_of_the_source() -> None:
    """The last day of IBM and of Google, as bokeh-sampledata 2026.1 has them."""
    ibm, google = table("IBM"), table("GOOG")
    last = [column[-1] for column in ibm.values()]
    assert last == ["2013-03-01", 202.94, 199.36, 3_308_300, 175.27118333217]
    last = [column[-1] for column in google.values()]
    assert last == ["2013-03-01", 807.14, 796.15, 4_346_400, 404.3431686260103]


@pytest.mark.parametrize("share", SHARES)
def test_columns_of_a_day_are_worked_out_from_that_day_and_those_before(share: str) -> None:
    days, raw = price_history(share), table(share)
    assert days.columns.shape == (len(days.dates), len(COLUMNS))
    assert np.isfinite(days.columns).all()
    assert (np.diff(days.dates) > np.timedelta64(0)).all()
    for row in (0, 500, len(days.dates) - 1):
        day = raw["date"].index(str(days.dates[row]))
        gain = np.log(raw["adj_close"][day] / raw["adj_close"][day - 1])
        swing = np.log(raw["high"][day] / raw["low"][day]) / np.sqrt(4 * np.log(2))
        usual = np.mean(raw["volume"][day - 20 : day])
        expected = [100 * gain, np.log(100 * swing), np.log(raw["volume"][day] / usual)]
        np.testing.assert_allclose(days.columns[row], expected)
        assert days.closes[row] == raw["adj_close"][day]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("share", "context", "fraction"), [("IBM", 20, 0.3), ("GOOG", 60, 0.5)])
def test_split_is_in_time_and_the_parts_share_no_day(
    name: str, share: str, context: int, fraction: float
) -> None:
    data = load_dataset(name, share=share, context=context, test_fraction=fraction)
    dates, (train, test) = data.extras["dates"], (p.extras["date"] for p in (data.train, data.test))
    assert data.input_shape == (context, len(COLUMNS))
    assert (np.diff(np.concatenate([train, test])) > np.timedelta64(0)).all()
    first_day_tested = dates[np.searchsorted(dates, test[0]) - context]
    assert train[-1] < first_day_tested
    assert test[-1] == dates[-1]
    assert len(test) == round(fraction * (len(dates) - context))


@pytest.mark.parametrize("name", SETS)
def test_a_window_ends_the_day_before_its_target(name: str) -> None:
    data = load_dataset(name)
    days = price_history("IBM")
    for part in (data.train, data.test):
        for row in (0, 7, len(part) - 1):
            target = int(np.searchsorted(days.dates, part.extras["date"][row]))
            np.testing.assert_array_equal(part.points[row], days.columns[target - 20 : target])
            assert part.extras["close"][row] == days.closes[target]
            if part.labels is not None:
                assert part.labels[row] == (days.columns[target, 0] > 0)
            else:
                swing = part.targets[row, 0] * data.target_scale + data.target_mean
                assert swing == pytest.approx(days.columns[target, 1])


def test_columns_are_standardised_by_the_training_part_only() -> None:
    data = load_dataset("price_swing", test_fraction=0.5)
    np.testing.assert_allclose(data.train.inputs.mean(axis=(0, 1)), 0.0, atol=1e-10)
    np.testing.assert_allclose(data.train.inputs.std(axis=(0, 1)), 1.0)
    assert np.abs(data.test.inputs.mean(axis=(0, 1))).max() > 0.05
    assert data.train.targets.std() == pytest.approx(1.0)


def flat(data: Dataset, part: str) -> Any:
    split = getattr(data, part)
    return np.column_stack([split.inputs.reshape(len(split), -1), np.ones(len(split))])


def ridge_forecast(data: Dataset, answers: Any) -> Any:
    """Ridge regression on all days and columns: its forecast of the test part."""
    seen = flat(data, "train")
    square = seen.T @ seen + 30.0 * np.eye(seen.shape[1])
    return flat(data, "test") @ np.linalg.solve(square, seen.T @ answers)


@pytest.mark.parametrize("share", SHARES)
def test_swings_can_be_predicted_better_than_naively(share: str) -> None:
    data = load_dataset("price_swing", share=share)
    _, today, lately = (baseline.value for baseline in data.baselines)
    assert lately < today
    forecast = ridge_forecast(data, data.train.targets[:, 0])
    assert ((forecast - data.test.targets[:, 0]) ** 2).mean() < lately


@pytest.mark.parametrize("share", SHARES)
def test_directions_can_not_be_predicted(share: str) -> None:
    data = load_dataset("price_direction", share=share)
    for baseline in data.baselines:
        assert baseline.value == pytest.approx(0.5, abs=0.06)
    assert data.train.labels is not None
    forecast = ridge_forecast(data, 2.0 * data.train.labels - 1.0) > 0
    assert (forecast == data.test.labels).mean() == pytest.approx(0.5, abs=0.06)


def test_naive_forecasts_are_those_of_the_last_day_and_of_all_days_shown() -> None:
    data = load_dataset("price_swing", context=5)
    swing = (data.test.points[:, :, 1] - data.target_mean) / data.target_scale
    target = data.test.targets[:, 0]
    _, today, lately = (baseline.value for baseline in data.baselines)
    assert today == pytest.approx(((swing[:, -1] - target) ** 2).mean())
    assert lately == pytest.approx(((swing.mean(axis=1) - target) ** 2).mean())


def test_forecasts_of_each_day_are_in_the_units_of_the_target() -> None:
    data = load_dataset("price_swing", context=5)
    mean, today, lately = (baseline.forecasts for baseline in data.baselines)
    assert mean is None
    np.testing.assert_array_equal(today, data.test.points[:, -1, 1])
    np.testing.assert_array_equal(lately, data.test.points[:, :, 1].mean(axis=1))
    same = load_dataset("price_direction").baselines[-1]
    test = load_dataset("price_direction").test
    assert same.forecasts is not None
    assert test.labels is not None
    np.testing.assert_array_equal(same.forecasts[1:], test.labels[:-1])
    assert same.value == (same.forecasts == test.labels).mean()


def test_thumbnail_is_the_price_with_the_tested_years_marked() -> None:
    points = np.array(thumbnail("price_swing").points)
    assert points.shape == (72, 3)
    assert (np.diff(points[:, 0]) > 0).all()
    assert (np.diff(points[:, 2]) <= 0).all()
    assert (points[:, 2] == 0).mean() == pytest.approx(0.3, abs=0.03)


def test_unknown_shares_are_refused() -> None:
    with pytest.raises(DescriptionError, match="'FB' is not one of IBM, MSFT, AAPL, GOOG"):
        load_dataset("price_swing", share="FB")
