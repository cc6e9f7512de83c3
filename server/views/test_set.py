"""Views of the predictions on the test set."""

from __future__ import annotations

import numpy as np

from server.describe.description import Plan
from server.views.calibration import BINS, THRESHOLDS, calibration, thresholds
from server.views.scores import Scorer
from server.views.view_group import Array, View, ViewGroup

MAX_CLASSES = 128
"""Most classes for which there is a confusion matrix."""


class TestGroup(ViewGroup):
    """Confusion counts (truth, answer), or predictions and targets, on the test set.

    For two classes, there are also the probability of class 1 for each sample, the calibration of
    these probabilities, and the confusion counts at other thresholds.
    """

    def __init__(self, plan: Plan, scorer: Scorer) -> None:
        self._plan, self._judge = plan, scorer.test
        data = plan.data
        classes = len(data.class_names)
        if data.task == "regression":
            shape = self._judge.outputs.shape
            axes = ("sample", *("output", "column", "channel")[: len(shape) - 1])
            self.views = (
                View("view/predictions", "Ŷ", shape, axes),
                View("view/targets", "Y", shape, axes),
            )
        elif classes <= MAX_CLASSES:
            self.views = (View("view/confusion", "C", (classes, classes), ("truth", "answer")),)
        else:
            self.views = ()
        if classes == 2 and self._judge.outputs.ndim == 2:
            self.views += (
                View("view/calibration", "P", (BINS, 3), ("bin", "number")),
                View("view/thresholds", "C", (THRESHOLDS, 2, 2), ("threshold", "truth", "answer")),
                View("view/probability", "P", (len(self._judge.outputs),), ("sample",)),
            )

    def refresh(self) -> None:
        for _ in self._judge.evaluate():
            pass

    def array(self, name: str) -> Array:
        data = self._plan.data
        if name == "view/confusion":
            return self._confusion()
        if name == "view/probability":
            return self._judge.outputs[:, -1]
        if name in ("view/calibration", "view/thresholds"):
            return self._of_probabilities(name)
        values = self._judge.targets if name == "view/targets" else self._judge.outputs
        if len(data.target_names) > 1 and data.target_standardisation is not None:
            return data.target_standardisation.undo(values)
        return values * data.target_scale + data.target_mean

    def _of_probabilities(self, name: str) -> Array:
        labels = self._plan.data.test.labels
        assert labels is not None
        probability = self._judge.outputs[:, -1]
        of = calibration if name == "view/calibration" else thresholds
        return of(probability, labels)

    def _confusion(self) -> Array:
        labels = self._plan.data.test.labels
        assert labels is not None  # a classification has them
        classes = len(self._plan.data.class_names)
        known = labels >= 0
        cells = labels[known] * classes + self._judge.answers()[known]
        return np.bincount(cells, minlength=classes**2).reshape(classes, classes)
