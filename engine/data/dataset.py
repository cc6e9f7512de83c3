"""Data sets as the engine uses them: two splits, and the map from raw points to inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data import features
from engine.data.report import Report

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Numbers = NDArray[np.float64 | np.int64]
"""Measured values, or ids of tokens, users and items."""

Kind = Literal["plane", "line", "image", "table", "sequence", "text", "ratings"]
Task = Literal["classification", "regression"]
Scaling = Literal["none", "column", "image"]

ROUNDINGS = 8
"""The number of relative roundings up to which the numbers of a column count as equal."""
SMALLEST = 1e-150
"""The standard deviation below which squares of deviations lose digits to underflow."""


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set. Row i of every array belongs to sample i. The arrays are read-only.

    Attributes:
        inputs: (N, *input_shape) what the network reads: float64 values, or int64 ids if the data
            set has a `Dataset.vocabulary` or `Dataset.field_sizes`.
        targets: (N, K) the right answers: one-hot for K classes; values in the units of training
            (see `Dataset.target_scale`) for regression. Empty, (N, 0), if every time step has a
            label of its own, because one-hot targets would be large and sparse.
        labels: class numbers, (N,) or (N, time) with -1 at time steps without a label; None for
            regression.
        points: (N, ...) raw coordinates, pixels, columns or ids, before features and
            standardisation.
        extras: arrays (N, ...) by name that belong to the samples but that the network does not
            read, such as sounds, words or dates. Each data set has its own.
    """

    inputs: Numbers
    targets: Floats
    labels: Labels | None
    points: Numbers
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Standardisation:
    """value -> (value - mean) / scale, with the mean and the scale of the training part.

    Attributes:
        mean, scale: (d,), or (1,) if all columns share them.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of_columns(cls, rows: Floats) -> Standardisation:
        """The mean and standard deviation of each column, over all samples and time steps.

        A column that does not vary has the scale 1.
        """
        return cls(*_moments(rows.reshape(-1, rows.shape[-1])))

    @classmethod
    def of_image(cls, rows: Floats) -> Standardisation:
        """One mean and one standard deviation for all pixels.

        With a scale of its own, a pixel that seldom has ink would be amplified the most. A pixel
        that is grey in one of 1,000 training images would reach 30 in that image, and far more in
        a test image, while all other pixels stay within 3.
        """
        return cls(*_moments(rows.reshape(-1, 1)))

    def apply(self, rows: Floats) -> Floats:
        return (rows - self.mean) / self.scale

    def undo(self, rows: Floats) -> Floats:
        return rows * self.scale + self.mean


def _moments(rows: Floats) -> tuple[Floats, Floats]:
    """The mean and the scale of each column of rows (N, d), whatever the size of its numbers."""
    varies = varying_columns(rows)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        mean, scale = rows.mean(axis=0), rows.std(axis=0)
        extreme = varies & ~((scale > SMALLEST) & np.isfinite(scale))
        if extreme.any():  # the squares underflow or overflow
            unit = np.abs(rows[:, extreme]).max(axis=0)
            part = rows[:, extreme] / unit
            mean[extreme], scale[extreme] = unit * part.mean(axis=0), unit * part.std(axis=0)
    return mean, np.where(varies, scale, 1.0)


def varying_columns(rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether each column of rows (N, d) varies by more than rounding of its own numbers.

    Each column is judged by itself: the size of one says nothing about another.
    """
    most = np.abs(rows).max(axis=0, initial=0.0)
    spread = np.ptp(rows, axis=0) if len(rows) else np.zeros(rows.shape[1])
    return np.asarray(spread > ROUNDINGS * np.finfo(rows.dtype).eps * most)


@dataclass(frozen=True)
class Baseline:
    """The score on the test part of a forecast that needs hardly any learning.

    Attributes:
        title: the forecast, e.g. ``the most frequent class``.
        measure: ``accuracy``, ``mean squared error`` (in the units of training) or
            ``cross-entropy`` (natural logarithm, per token).
        value: the score by that measure.
        forecasts: (N,) the forecast for each test sample: a class number, or a target in its own
            units; None if the title says it all.
    """

    title: str
    measure: Literal["accuracy", "mean squared error", "cross-entropy"]
    value: float
    forecasts: Numbers | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set ready for training.

    Attributes:
        name, title: its id and its name for readers.
        kind: ``plane`` and ``line`` have coordinates to draw, ``image`` has pixels, ``table`` has
            columns, ``sequence`` has columns at each time step, ``text`` has tokens, and
            ``ratings`` has a user and an item.
        task: ``classification`` or ``regression``.
        train, test: the two splits; no sample is in both. Both are shuffled, except for text and
            prices, which keep their order and have the later samples in the test part.
        feature_names: a name for each input.
        class_names: a name for each class (the vocabulary, if the next token is predicted); empty
            for regression.
        target_name: what is predicted.
        image_shape: (height, width) of an image, else None.
        domain: (low, high) of each raw coordinate for ``plane`` and ``line``, else empty.
        source, licence: where the data come from, and the terms of their use.
        features: ids of the input features of ``plane`` and ``line``, else empty.
        standardisation: of the raw columns or pixels, or None.
        target_mean, target_scale: a regression target in its own units is
            ``targets * target_scale + target_mean``. They are 0 and 1 if the target is not
            standardised, or if several targets have a scale each (see
            `target_standardisation`, and for an autoencoder `standardisation`).
        target_names: a name for each of several targets, and else `target_name` alone.
        target_standardisation: of the targets of a regression, one mean and scale each; None for
            other data.
        vocabulary: the token that each input id stands for, or None if inputs are not tokens.
        field_sizes: the number of ids of each input field (users and items), or None.
        baselines: the scores of forecasts that need hardly any learning.
        extras: arrays about the whole data set by name, such as a simulator's hidden truth.
        rescaling: the standardisation that `standardised` added to the inputs, or None.
        report: how a file was read, with the evidence; None if the data were not in a file.
    """

    name: str
    title: str
    kind: Kind
    task: Task
    train: Split
    test: Split
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str
    image_shape: tuple[int, int] | None
    domain: tuple[tuple[float, float], ...]
    source: str
    licence: str
    features: tuple[str, ...]
    standardisation: Standardisation | None
    target_mean: float
    target_scale: float
    vocabulary: tuple[str, ...] | None = None
    field_sizes: tuple[int, ...] | None = None
    baselines: tuple[Baseline, ...] = ()
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rescaling: Standardisation | None = None
    target_names: tuple[str, ...] = ()
    target_standardisation: Standardisation | None = None
    report: Report | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one sample's input.

        (features,) for a plane, a line, a table, and an image, whose pixels are in one row;
        (time, features) for a sequence; (time,) for tokens; (fields,) for ratings.
        """
        return self.train.inputs.shape[1:]

    def transform(self, points: ArrayLike) -> Numbers:
        """Map raw points (M, ...) to inputs (M, *input_shape), exactly as in the splits.

        Raises:
            ValueError: the shape of a point differs from that of the data set's points.
        """
        raw = np.asarray(points, dtype=self.train.points.dtype)
        expected = self.train.points.shape[1:]
        if raw.shape[1:] != expected or raw.ndim == 0:
            shape = ", ".join(("M", *map(str, expected)))
            raise ValueError(f"points have shape {raw.shape}, not ({shape})")
        inputs = inputs_of(raw, self.features, self.standardisation)
        if self.rescaling is None:
            return inputs
        return self.rescaling.apply(inputs.astype(np.float64, copy=False))

    def locate(self, inputs: ArrayLike) -> Floats | None:
        """Map inputs (M, features) of a plane or a line back to their points (M, d).

        None for other data, and if the features leave out a coordinate.
        """
        if not self.features:
            return None
        values = np.asarray(inputs, dtype=np.float64)
        if self.rescaling is not None:
            values = self.rescaling.undo(values)
        return features.locate(self.features, values, self.train.points.shape[1])


def inputs_of(
    points: Numbers, feature_ids: tuple[str, ...], standardisation: Standardisation | None
) -> Numbers:
    """Map raw points (N, ...) to inputs (N, *input_shape)."""
    if feature_ids:
        return features.compute(feature_ids, points.astype(np.float64, copy=False))
    if standardisation is None:
        return points
    return standardisation.apply(points.astype(np.float64, copy=False))
