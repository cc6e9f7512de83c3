"""Baselines: forecasts that need hardly any learning and that a network should surpass."""

from __future__ import annotations

import numpy as np

from engine.data.dataset import Baseline, Dataset, Floats


def simple_baselines(data: Dataset) -> tuple[Baseline, ...]:
    """The most frequent class, or the mean target, of the training part."""
    train, test = data.train, data.test
    if train.labels is None or test.labels is None:
        error = mean_squared_error(train.targets.mean(axis=0), test.targets)
        return (Baseline("the mean target", "mean squared error", error),)
    majority = int(np.bincount(train.labels).argmax())
    return (
        Baseline("the most frequent class", "accuracy", float((test.labels == majority).mean())),
    )


def mean_squared_error(forecast: Floats, targets: Floats) -> float:
    """The mean of (forecast - target)². The shapes broadcast."""
    return float(((forecast - targets) ** 2).mean())
