"""Two classes: whether probabilities mean what they say, and what each threshold would answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

BINS = 10
THRESHOLDS = 101


def calibration(probability: Numbers, labels: Labels) -> Numbers:
    """(BINS, 3) mean probability, share of class 1, and count of the samples in each tenth.

    The first two are NaN where there are no samples. A reliability diagram (DeGroot & Fienberg
    1983): of all samples with probability 0.7, seven of ten should be of class 1.
    """
    known = np.isfinite(probability)
    p, truth = np.clip(probability[known], 0.0, 1.0), labels[known]
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, p, BINS) / count
        share = np.bincount(place, truth, BINS) / count
    return np.stack([mean, share, count.astype(np.float64)], axis=1)


def thresholds(probability: Numbers, labels: Labels) -> Numbers:
    """(THRESHOLDS, truth, answer) counts, where class 1 is the answer above the threshold.

    The thresholds are 0, 0.01, … 1.
    """
    cut = np.linspace(0.0, 1.0, THRESHOLDS)
    counts = np.zeros((THRESHOLDS, 2, 2))
    for truth in (0, 1):
        p = np.sort(probability[labels == truth])
        below = np.searchsorted(p, cut, side="right")
        counts[:, truth, 0], counts[:, truth, 1] = below, len(p) - below
    return counts
