"""Data sets as the engine takes them: two splits, and the map from raw points to inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data import features

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Numbers = NDArray[np.float64 | np.int64]
"""Values, or the ids of tokens, users and items."""

Kind = Literal["plane", "line", "image", "table", "sequence", "text", "ratings"]
Task = Literal["classification", "regression"]
Scaling = Literal["none", "column", "image"]


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set; a row a sample, the same row in every array. Read-only arrays.

    Attributes:
        inputs: (N, *input_shape) what the network is given: float64 values, or int64 ids where
            the data set has a `Dataset.vocabulary` or `Dataset.field_sizes`.
        targets: (N, K) what it should answer: one-hot for K classes; values (in the units of
            training, see `Dataset.target_scale`) for regression. Empty, (N, 0), where every time
            step has its own label: one-hot they would be as large as they are sparse.
        labels: (N,) class numbers, or (N, time) of them, -1 where nothing is to be answered;
            None for regression.
        points: (N, ...) raw coordinates, pixels, columns or ids, before features and
            standardisation.
        extras: what belongs to the samples but is not given to the network, by name, (N, ...)
            each: sounds to play, words, dates. Each data set says what it has.
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
    """value -> (value - mean) / scale, with statistics of the training part.

    Attributes:
        mean, scale: (d,), or (1,) if all columns share one.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of_columns(cls, rows: Floats) -> Standardisation:
        """A mean and a standard deviation for each column, over all samples and time steps.

        Constant columns are divided by 1.
        """
        flat = rows.reshape(-1, rows.shape[-1])
        return cls(flat.mean(axis=0), _usable(flat.std(axis=0), flat))

    @classmethod
    def of_image(cls, rows: Floats) -> Standardisation:
        """One mean and one standard deviation for all pixels.

        A pixel of its own scale would be amplified the more the rarer it is inked: one that is
        grey in a single training image of 1,000 would reach 30 there, and far more in a test
        image, where all others stay within 3.
        """
        return cls(np.array([rows.mean()]), _usable(np.array([rows.std()]), rows))

    def apply(self, rows: Floats) -> Floats:
        return (rows - self.mean) / self.scale

    def undo(self, rows: Floats) -> Floats:
        return rows * self.scale + self.mean


def _usable(scale: Floats, rows: Floats) -> Floats:
    """`scale` with 1 where it is zero up to rounding: there is nothing to scale."""
    rounding = 1e-12 * np.abs(rows).max(initial=0.0)
    return np.where(scale > rounding, scale, 1.0)


@dataclass(frozen=True)
class Baseline:
    """What a forecast that hardly learns reaches on the test part: a network should do better.

    Attributes:
        title: what is forecast, e.g. ``the most frequent class``.
        measure: ``accuracy``, ``mean squared error`` (in the units of training) or
            ``cross-entropy`` (natural logarithm, per token).
        value: of that measure.
        forecasts: (N,) what is forecast for each test sample: a class number, or a target in its
            own units; None where this would say no more than the title.
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
        kind: ``plane`` and ``line`` have coordinates to draw, ``image`` pixels, ``table`` columns,
            ``sequence`` a row of columns for each time step, ``text`` tokens, and ``ratings`` a
            user and an item.
        task: ``classification`` or ``regression``.
        train, test: the two splits; no sample is in both. Both are shuffled, except where order
            means something: text, and prices, of which the later ones are for testing.
        feature_names: a name for each input.
        class_names: a name for each class (the vocabulary, where the next token is predicted);
            empty for regression.
        target_name: what is predicted.
        image_shape: (height, width) of an image, else None.
        domain: (low, high) of each raw coordinate for ``plane`` and ``line``, else empty.
        source, licence: where the data come from and on which terms.
        features: ids of the input features of ``plane`` and ``line``, else empty.
        standardisation: of the raw columns or pixels, or None.
        target_mean, target_scale: a regression target in its own units is
            ``targets * target_scale + target_mean``; 0 and 1 where it is not standardised, or
            each of several targets by itself (then see `standardisation`).
        vocabulary: the tokens that input ids stand for, or None if inputs are not tokens.
        field_sizes: how many ids each input field has (users and items), or None.
        baselines: what forecasts that hardly learn reach.
        extras: what belongs to the whole, by name: a simulator's hidden truth, names to show.
        rescaling: of inputs that were standardised afterwards (see `standardised`), or None.
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

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one sample.

        (features,) for a plane, a line, a table, and an image, whose pixels are flat;
        (time, features) for a sequence; (time,) for tokens; (fields,) for ratings.
        """
        return self.train.inputs.shape[1:]

    def transform(self, points: ArrayLike) -> Numbers:
        """Raw points (M, ...) -> inputs (M, *input_shape), exactly as the splits' were made.

        Raises:
            ValueError: the points do not have the shape of the data set's.
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
        """Inputs (M, features) of a plane or a line -> the points (M, d) they were made from.

        None of other data, and where the features leave out a coordinate.
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
    """Raw points (N, ...) -> inputs (N, *input_shape)."""
    if feature_ids:
        return features.compute(feature_ids, points.astype(np.float64, copy=False))
    if standardisation is None:
        return points
    return standardisation.apply(points.astype(np.float64, copy=False))
