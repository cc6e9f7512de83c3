"""For two classes: calibration of the probabilities, and confusion counts at each threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

BINS = 10
"""Bins of equal width in a reliability diagram."""
THRESHOLDS = 101
"""Number of thresholds: 0, 0.01, … 1."""


def calibration(probability: Numbers, labels: Labels) -> Numbers:
    """(BINS, 3) mean probability, share of class 1, and number of samples in each bin.

    The first two are NaN for an empty bin. This is a reliability diagram (DeGroot & Fienberg 1983):
    of all samples with probability 0.7, seven in ten should be of class 1.
    """
    known = np.isfinite(probability)
    p, truth = np.clip(probability[known], 0.0, 1.0), labels[known]
    bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(bins, p, BINS) / count
        share = np.bincount(bins, truth, BINS) / count
    return np.stack([mean, share, count.astype(np.float64)], axis=1)


def thresholds(probability: Numbers, labels: Labels) -> Numbers:
    """(THRESHOLDS, truth, answer) counts if class 1 is predicted above each threshold."""
    cut = np.linspace(0.0, 1.0, THRESHOLDS)
    counts = np.zeros((THRESHOLDS, 2, 2))
    for truth in (0, 1):
        p = np.sort(probability[labels == truth])
        below = np.searchsorted(p, cut, side="right")
        counts[:, truth, 0], counts[:, truth, 1] = below, len(p) - below
    return counts
