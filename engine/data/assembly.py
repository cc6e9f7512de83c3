"""From samples to a data set: split, and standardised by what the training part shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import baselines, features
from engine.data.dataset import (
    Baseline,
    Dataset,
    Floats,
    Kind,
    Labels,
    Numbers,
    Scaling,
    Split,
    Standardisation,
    inputs_of,
)
from engine.data.streams import stream

Rows = NDArray[np.int64]

MAX_CACHED = 3
"""How many data sets each function here and in the catalogue keeps for the next call."""


@dataclass(frozen=True, eq=False)
class Samples:
    """A data set before it is split: raw points with their labels or values.

    Attributes:
        points: (N, ...); whole numbers are ids and are never scaled.
        labels: (N,) class numbers, (N, time) with -1 where there is none, or None for regression.
        values: (N,) targets of a regression, or None for classification.
        column_names: a name for each raw coordinate (of a time step).
        class_names: a name for each class; empty for regression.
        target_name: what is predicted.
        parts: the rows of the training and of the test part where chance must not choose them;
            if None, it does.
        vocabulary, field_sizes: as in `Dataset`.
        extras: of each sample, as in `Split`.
        whole: of the data set, its `Dataset.extras`.
        baselines: forecasts to compare with.
    """

    points: Numbers
    column_names: tuple[str, ...]
    target_name: str
    labels: Labels | None = None
    values: Floats | None = None
    class_names: tuple[str, ...] = ()
    parts: tuple[Rows, Rows] | None = None
    vocabulary: tuple[str, ...] | None = None
    field_sizes: tuple[int, ...] | None = None
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    whole: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    baselines: Callable[[Dataset], tuple[Baseline, ...]] = baselines.simple


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
    """Split `samples` (by chance, unless they say how), and standardise them.

    At least one sample goes to each part. `scaling` ``none`` leaves raw points and regression
    targets as they are; ``column`` and ``image`` standardise both.
    """
    parts = samples.parts or chance(len(samples.points), test_fraction, seed)
    train_rows, test_rows = parts
    standardisation = _standardisation(samples.points[train_rows], scaling)
    target_scaling = _target_standardisation(samples.values, train_rows, scaling)

    def part(rows: Rows) -> Split:
        points = samples.points[rows]
        labels = None if samples.labels is None else frozen(samples.labels[rows])
        return Split(
            inputs=frozen(inputs_of(points, feature_ids, standardisation)),
            targets=frozen(_targets(samples, rows, target_scaling)),
            labels=labels,
            points=frozen(points),
            extras={key: frozen(values[rows]) for key, values in samples.extras.items()},
        )

    titles = tuple(features.FEATURES[feature].title for feature in feature_ids)
    data = Dataset(
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
        vocabulary=samples.vocabulary,
        field_sizes=samples.field_sizes,
        extras={key: frozen(values) for key, values in samples.whole.items()},
    )
    return replace(data, baselines=samples.baselines(data))


def chance(count: int, test_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Row numbers of the training and of the test part, in shuffled order."""
    order = stream(seed, "data/split").permutation(count)
    tests = min(max(round(count * test_fraction), 1), count - 1)
    return order[tests:], order[:tests]


def grouped(groups: Labels, test_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """As `chance`, but all rows of a group (N,) go to the same part, and both are shuffled.

    Where samples of one group are alike (a speaker's sounds, a word's forms), a test part that
    shares its groups with the training part tells nothing about others.
    """
    members, group = np.unique(groups, return_inverse=True)
    _, tests = chance(len(members), test_fraction, seed)
    order = stream(seed, "data/split/rows").permutation(len(groups))
    testing = np.isin(group[order], tests)
    return order[~testing], order[testing]


def _standardisation(points: Numbers, scaling: Scaling) -> Standardisation | None:
    if scaling == "none" or points.dtype == np.int64:
        return None
    measure = Standardisation.of_image if scaling == "image" else Standardisation.of_columns
    return measure(points.astype(np.float64, copy=False))


def _target_standardisation(
    values: Floats | None, train_rows: Rows, scaling: Scaling
) -> Standardisation:
    if values is None or scaling == "none":
        return Standardisation(np.zeros(1), np.ones(1))
    return Standardisation.of_columns(values[train_rows, np.newaxis])


def _targets(samples: Samples, rows: Rows, scaling: Standardisation) -> Floats:
    if samples.values is not None:
        return scaling.apply(samples.values[rows, np.newaxis])
    assert samples.labels is not None
    if samples.labels.ndim > 1:
        return np.empty((len(rows), 0))
    return np.eye(len(samples.class_names))[samples.labels[rows]]


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A C-contiguous read-only array: a data set never changes under a running program."""
    frozen = np.ascontiguousarray(array)
    frozen.flags.writeable = False
    return frozen


@lru_cache(maxsize=MAX_CACHED)
def standardised(data: Dataset) -> Dataset:
    """The same data with inputs of mean 0 and standard deviation 1, by what training shows.

    The inputs are those that the network sees: features of coordinates, each by itself; pixels
    together. Numbers that name something, and what is standardised already, stay as they are.
    """
    inputs = data.train.inputs
    if data.rescaling is not None or data.standardisation is not None or inputs.dtype.kind != "f":
        return data
    measure = Standardisation.of_image if data.kind == "image" else Standardisation.of_columns
    rescaling = measure(inputs.astype(np.float64, copy=False))
    train, test = (
        replace(part, inputs=frozen(rescaling.apply(part.inputs.astype(np.float64, copy=False))))
        for part in (data.train, data.test)
    )
    scaled = replace(data, train=train, test=test, rescaling=rescaling)
    if data.features:
        return scaled
    return replace(scaled, standardisation=rescaling, rescaling=None)
