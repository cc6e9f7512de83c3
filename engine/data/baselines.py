"""Forecasts that hardly learn, for comparison: whatever a network learns lies beyond them."""

from __future__ import annotations

import numpy as np

from engine.data.dataset import Baseline, Dataset, Floats


def simple(data: Dataset) -> tuple[Baseline, ...]:
    """The most frequent class, or the mean target, of the training part."""
    train, test = data.train, data.test
    if train.labels is None or test.labels is None:
        error = squared_error(train.targets.mean(axis=0), test.targets)
        return (Baseline("the mean target", "mean squared error", error),)
    most = int(np.bincount(train.labels).argmax())
    return (Baseline("the most frequent class", "accuracy", float((test.labels == most).mean())),)


def squared_error(forecast: Floats, targets: Floats) -> float:
    """The mean of (forecast - target)²; the shapes broadcast."""
    return float(((forecast - targets) ** 2).mean())
