"""Data sets as the engine takes them: two splits, and the map from raw points to inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data import features
from engine.data.streams import stream

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
    """

    inputs: Numbers
    targets: Floats
    labels: Labels | None
    points: Numbers

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
        """A mean and a standard deviation for each column; constant columns are divided by 1."""
        return cls(rows.mean(axis=0), _usable(rows.std(axis=0), rows))

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


@dataclass(frozen=True, eq=False)
class Samples:
    """A data set before it is split: raw points with their labels or values.

    Attributes:
        points: (N, d).
        labels: (N,) class numbers, or None for regression.
        values: (N,) targets of a regression, or None for classification.
        column_names: a name for each raw coordinate.
        class_names: a name for each class; empty for regression.
        target_name: what is predicted.
    """

    points: Floats
    labels: Labels | None
    values: Floats | None
    column_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set ready for training.

    Attributes:
        name, title: its id and its name for readers.
        kind: ``plane`` and ``line`` have coordinates to draw, ``image`` pixels, ``table`` columns,
            ``sequence`` a row of columns for each time step, ``text`` tokens, and ``ratings`` a
            user and an item.
        task: ``classification`` or ``regression``.
        train, test: the two splits, both shuffled; no sample is in both.
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
            ``targets * target_scale + target_mean``; 0 and 1 where it is not standardised.
        vocabulary: the tokens that input ids stand for, or None if inputs are not tokens.
        field_sizes: how many ids each input field has (users and items), or None.
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

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one sample.

        (features,) for a plane, a line, a table, and an image, whose pixels are flat;
        (time, features) for a sequence; (time,) for tokens; (fields,) for ratings.
        """
        return self.train.inputs.shape[1:]

    def transform(self, points: ArrayLike) -> Floats:
        """Raw points (M, d) -> inputs (M, F), exactly as the splits' inputs were made.

        Raises:
            ValueError: the points do not have the data set's number of coordinates.
        """
        raw = np.asarray(points, dtype=np.float64)
        expected = self.train.points.shape[1]
        if raw.ndim != 2 or raw.shape[1] != expected:
            raise ValueError(f"points have shape {raw.shape}, not (M, {expected})")
        return _inputs(raw, self.features, self.standardisation)


def assemble(
    samples: Samples,
    *,
    name: str,
    title: str,
    kind: Kind,
    test_fraction: float,
    seed: int,
    scaling: Scaling,
    feature_ids: tuple[str, ...] = (),
    image_shape: tuple[int, int] | None = None,
    domain: tuple[tuple[float, float], ...] = (),
    source: str = "",
    licence: str = "",
) -> Dataset:
    """Shuffle and split `samples`, and standardise them by what the training part shows.

    At least one sample goes to each part. `scaling` ``none`` leaves raw points and regression
    targets as they are; ``column`` and ``image`` standardise both.
    """
    train_rows, test_rows = _partition(len(samples.points), test_fraction, seed)
    standardisation = _standardisation(samples.points[train_rows], scaling)
    target_scaling = _target_standardisation(samples.values, train_rows, scaling)

    def part(rows: NDArray[np.int64]) -> Split:
        points = samples.points[rows]
        labels = None if samples.labels is None else samples.labels[rows]
        return Split(
            inputs=_frozen(_inputs(points, feature_ids, standardisation)),
            targets=_frozen(_targets(samples, rows, target_scaling)),
            labels=labels,
            points=_frozen(points),
        )

    titles = tuple(features.FEATURES[feature].title for feature in feature_ids)
    return Dataset(
        name=name,
        title=title,
        kind=kind,
        task="regression" if samples.labels is None else "classification",
        train=part(train_rows),
        test=part(test_rows),
        feature_names=titles or samples.column_names,
        class_names=samples.class_names,
        target_name=samples.target_name,
        image_shape=image_shape,
        domain=domain,
        source=source,
        licence=licence,
        features=feature_ids,
        standardisation=standardisation,
        target_mean=float(target_scaling.mean[0]),
        target_scale=float(target_scaling.scale[0]),
    )


def _partition(
    count: int, test_fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of the training and of the test part, in shuffled order."""
    order = stream(seed, "data/split").permutation(count)
    tests = min(max(round(count * test_fraction), 1), count - 1)
    return order[tests:], order[:tests]


def _standardisation(points: Floats, scaling: Scaling) -> Standardisation | None:
    if scaling == "none":
        return None
    if scaling == "image":
        return Standardisation.of_image(points)
    return Standardisation.of_columns(points)


def _target_standardisation(
    values: Floats | None, train_rows: NDArray[np.int64], scaling: Scaling
) -> Standardisation:
    if values is None or scaling == "none":
        return Standardisation(np.zeros(1), np.ones(1))
    return Standardisation.of_columns(values[train_rows, np.newaxis])


def _inputs(
    points: Floats, feature_ids: tuple[str, ...], standardisation: Standardisation | None
) -> Floats:
    if feature_ids:
        return features.compute(feature_ids, points)
    return points if standardisation is None else standardisation.apply(points)


def _targets(samples: Samples, rows: NDArray[np.int64], scaling: Standardisation) -> Floats:
    if samples.values is not None:
        return scaling.apply(samples.values[rows, np.newaxis])
    assert samples.labels is not None
    return np.eye(len(samples.class_names))[samples.labels[rows]]


def _frozen(array: Floats) -> Floats:
    """A C-contiguous read-only array: a data set never changes under a running program."""
    frozen = np.ascontiguousarray(array)
    frozen.flags.writeable = False
    return frozen
