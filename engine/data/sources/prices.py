"""Real daily prices of four shares: tomorrow's direction, and how far tomorrow will swing.

The prices are in ``prices.csv.gz``, and ``prices.md`` states their source and licence. Each sample
is a window of consecutive days. The split is by time: every day of the test part comes after all
days of the training part.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.assembly import Rows, Samples
from engine.data.baselines import mean_squared_error, simple_baselines
from engine.data.dataset import Baseline, Dataset, Floats
from engine.data.options import Choice, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.thumbnails import THUMBNAIL_POINTS, Thumbnail, points_thumbnail

FILE = Path(__file__).with_name("prices.csv.gz")
SHARES = ("IBM", "MSFT", "AAPL", "GOOG")
COLUMNS = ("return", "swing", "volume")
_MONTH = 20
"""The number of trading days that a day's volume is compared with."""


@dataclass(frozen=True, eq=False)
class PriceHistory:
    """The days of one share, in order.

    Attributes:
        dates: (days,).
        closes: (days,) closing prices in dollars, adjusted for splits and dividends.
        columns: (days, 3) what is known at each day's close, in the order of `COLUMNS`. The return
            is 100 · ln(close / close of the day before). The swing is the natural logarithm of the
            day's volatility in percent. The volume is the logarithm of the day's volume divided by
            the mean volume of the 20 days before.
    """

    dates: NDArray[np.datetime64]
    closes: Floats
    columns: Floats


@cache
def price_history(share: str) -> PriceHistory:
    """The days of one of `SHARES`, without the first 20, which have no month before them.

    A day's volatility is estimated from its highest and lowest price: ln(high / low) / √(4 ln 2)
    (M. Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return",
    Journal of Business 53, 1980).
    """
    days = _days(share)
    high, low, volume, closes = (
        np.array([day[key] for day in days], dtype=np.float64)
        for key in ("high", "low", "volume", "adj_close")
    )
    volatility = 100.0 * np.log(high / low) / np.sqrt(4.0 * np.log(2.0))
    usual = np.lib.stride_tricks.sliding_window_view(volume, _MONTH).mean(axis=1)
    columns = [
        100.0 * np.diff(np.log(closes))[_MONTH - 1 :],
        np.log(volatility)[_MONTH:],
        np.log(volume[_MONTH:] / usual[:-1]),
    ]
    dates = np.array([day["date"] for day in days], dtype="datetime64[D]")
    return PriceHistory(dates[_MONTH:], closes[_MONTH:], np.stack(columns, axis=1))


def _days(share: str) -> list[dict[str, str]]:
    """The rows of the file about `share`, with the cells as text, by column name."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["share"] == share]


def _parts(windows: int, context: int, test_fraction: float) -> tuple[Rows, Rows]:
    """Rows of the training and of the test windows, far enough apart to have no day in common."""
    rows = np.arange(windows)
    tests = round(windows * test_fraction)
    return rows[: windows - tests - context], rows[windows - tests :]


def _windows(settings: Settings) -> tuple[PriceHistory, Floats, dict[str, Any]]:
    """The chosen share, the windows (N, context, columns), and fields that both data sets need."""
    days, context = price_history(settings.word("share")), settings.integer("context")
    windows = np.lib.stride_tricks.sliding_window_view(days.columns[:-1], context, axis=0)
    windows = windows.transpose(0, 2, 1)
    common = {
        "column_names": COLUMNS,
        "parts": _parts(len(windows), context, settings.test_fraction),
        "extras": {"date": days.dates[context:], "close": days.closes[context:]},
        "dataset_extras": {"dates": days.dates, "closes": days.closes},
    }
    return days, windows, common


def _direction(settings: Settings) -> Samples:
    days, windows, common = _windows(settings)
    return Samples(
        points=windows,
        labels=(days.columns[settings.integer("context") :, 0] > 0.0).astype(np.int64),
        class_names=("not up", "up"),
        target_name="tomorrow's price",
        baselines=_same_direction,
        **common,
    )


def _swing(settings: Settings) -> Samples:
    days, windows, common = _windows(settings)
    return Samples(
        points=windows,
        values=days.columns[settings.integer("context") :, 1],
        target_name="log of tomorrow's swing in %",
        baselines=_same_swing,
        **common,
    )


def _same_direction(data: Dataset) -> tuple[Baseline, ...]:
    up = data.test.points[:, -1, COLUMNS.index("return")] > 0.0
    right = float((up == data.test.labels).mean())
    forecasts = up.astype(np.int64)
    return (
        *simple_baselines(data),
        Baseline("the same direction as today", "accuracy", right, forecasts),
    )


def _same_swing(data: Dataset) -> tuple[Baseline, ...]:
    swings = data.test.points[:, :, COLUMNS.index("swing")].astype(np.float64)
    targets = data.test.targets[:, 0]

    def baseline(title: str, forecasts: Floats) -> Baseline:
        error = mean_squared_error((forecasts - data.target_mean) / data.target_scale, targets)
        return Baseline(title, "mean squared error", error, forecasts)

    return (
        *simple_baselines(data),
        *(
            baseline(title, forecasts)
            for title, forecasts in (
                ("the same swing as today", swings[:, -1]),
                ("the mean swing of the days shown", swings.mean(axis=1)),
            )
        ),
    )


def _thumbnail(data: Dataset) -> Thumbnail:
    """The price over the years on a logarithmic scale. The test part has another colour."""
    days = np.linspace(0, len(data.extras["closes"]) - 1, THUMBNAIL_POINTS, dtype=int)
    price = np.log(data.extras["closes"][days])
    height = 5.0 * (price - price.min()) / np.ptp(price) - 2.5
    tested = data.extras["dates"][days] >= data.test.extras["date"][0]
    return points_thumbnail(
        np.stack([np.linspace(-2.9, 2.9, THUMBNAIL_POINTS), height], axis=1), 1.0 - tested
    )


_OPTIONS = (
    Option("context", 5, 60, 20, integer=True, title="Days the network sees"),
    Option("test_fraction", 0.1, 0.5, 0.3, integer=False),
)


def _info(name: str, title: str, classes: int | None, about: str) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        title=title,
        kind="sequence",
        task="regression" if classes is None else "classification",
        options=_OPTIONS,
        features=(),
        default_features=(),
        class_counts=() if classes is None else (classes,),
        source="Quandl WIKI Prices, until 1 March 2013",
        licence="public domain, as the publisher declared",
        about=about,
        choices=(Choice("share", SHARES, "Share"),),
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        _info(
            "price_swing",
            "Tomorrow's swing",
            None,
            "Real prices of a share; the target is the volatility of the next day. Swings come in "
            "clusters, so there is something to learn, but the mean of the last days is hard to "
            "beat.",
        ),
        _swing,
        thumbnail=_thumbnail,
    ),
    Recipe(
        _info(
            "price_direction",
            "Up tomorrow or not",
            2,
            "Real prices of a share; the target is whether it rises the next day. Expect nothing: "
            "on later days networks do about as well as a coin, whatever they reach in training.",
        ),
        _direction,
        thumbnail=_thumbnail,
    ),
)
