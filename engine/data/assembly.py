"""Turns samples into a data set: splits them, and standardises them by the training part."""

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
from engine.data.report import Report
from engine.data.streams import stream

Rows = NDArray[np.int64]

MAX_CACHED = 3
"""The number of data sets that each cached function of this package keeps in memory."""


@dataclass(frozen=True, eq=False)
class Samples:
    """A data set before it is split: raw points with their labels or values.

    Attributes:
        points: (N, ...) raw inputs; int64 values are ids and are never standardised.
        column_names: a name for each raw coordinate (of one time step).
        target_name: what is predicted; the names of several targets have commas between them.
        labels: class numbers, (N,) or (N, time) with -1 at time steps without a label; None for
            regression.
        values: (N,) targets of a regression, or (N, K) for several; None for classification.
        class_names: a name for each class; empty for regression.
        parts: the row numbers of the training part and of the test part; None for a random split.
        vocabulary, field_sizes, target_names, report: as in `Dataset`.
        indicators: the raw coordinates that are 0 or 1 and stay so, whatever the scaling.
        extras: further arrays with a row for each sample, as in `Split`.
        dataset_extras: arrays about the whole data set, as in `Dataset.extras`.
        baselines: computes the baselines of the assembled data set.
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
    target_names: tuple[str, ...] = ()
    indicators: tuple[int, ...] = ()
    report: Report | None = None
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    dataset_extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    baselines: Callable[[Dataset], tuple[Baseline, ...]] = baselines.simple_baselines


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
    """Split `samples` at random, or as `Samples.parts` says, and standardise them.

    Each part gets at least one sample. With the `scaling` ``none``, raw points and regression
    targets stay as they are; ``column`` and ``image`` standardise both.
    """
    parts = samples.parts or random_split(len(samples.points), test_fraction, seed)
    train_rows, test_rows = parts
    standardisation = _standardisation(samples.points[train_rows], scaling, samples.indicators)
    target_scaling = _target_standardisation(samples.values, train_rows, scaling)

    def part(rows: Rows) -> Split:
        points = samples.points[rows]
        labels = None if samples.labels is None else read_only(samples.labels[rows])
        return Split(
            inputs=read_only(inputs_of(points, feature_ids, standardisation)),
            targets=read_only(_targets(samples, rows, target_scaling)),
            labels=labels,
            points=read_only(points),
            extras={key: read_only(values[rows]) for key, values in samples.extras.items()},
        )

    single = target_scaling.mean.size == 1
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
        target_mean=float(target_scaling.mean[0]) if single else 0.0,
        target_scale=float(target_scaling.scale[0]) if single else 1.0,
        target_names=samples.target_names or (samples.target_name,),
        target_standardisation=None if samples.values is None else target_scaling,
        report=samples.report,
        vocabulary=samples.vocabulary,
        field_sizes=samples.field_sizes,
        extras={key: read_only(values) for key, values in samples.dataset_extras.items()},
    )
    return replace(data, baselines=samples.baselines(data))


def random_split(count: int, test_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """The row numbers of the training part and of the test part, each in shuffled order."""
    order = stream(seed, "data/split").permutation(count)
    tests = min(max(round(count * test_fraction), 1), count - 1)
    return order[tests:], order[:tests]


def grouped_split(groups: Labels, test_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """A random split that keeps all rows of a group (N,) in one part; both parts are shuffled.

    Samples of one group resemble each other: the sounds of one speaker, the forms of one word. If
    both parts had samples of a group, the test part would not show how well a network does on new
    groups.
    """
    members, group = np.unique(groups, return_inverse=True)
    _, tests = random_split(len(members), test_fraction, seed)
    order = stream(seed, "data/split/rows").permutation(len(groups))
    testing = np.isin(group[order], tests)
    return order[~testing], order[testing]


def _standardisation(
    points: Numbers, scaling: Scaling, indicators: tuple[int, ...]
) -> Standardisation | None:
    if scaling == "none" or points.dtype == np.int64:
        return None
    measure = Standardisation.of_image if scaling == "image" else Standardisation.of_columns
    measured = measure(points.astype(np.float64, copy=False))
    measured.mean[list(indicators)] = 0.0
    measured.scale[list(indicators)] = 1.0
    return measured


def _target_standardisation(
    values: Floats | None, train_rows: Rows, scaling: Scaling
) -> Standardisation:
    if values is None:
        return Standardisation(np.zeros(1), np.ones(1))
    rows = _as_columns(values[train_rows])
    if scaling == "none":
        return Standardisation(np.zeros(rows.shape[1]), np.ones(rows.shape[1]))
    return Standardisation.of_columns(rows)


def _as_columns(values: Floats) -> Floats:
    """Targets (N,) as (N, 1), and (N, K) as they are."""
    return values.reshape(len(values), -1)


def _targets(samples: Samples, rows: Rows, scaling: Standardisation) -> Floats:
    if samples.values is not None:
        return scaling.apply(_as_columns(samples.values[rows]))
    assert samples.labels is not None
    if samples.labels.ndim > 1:
        return np.empty((len(rows), 0))
    return np.eye(len(samples.class_names))[samples.labels[rows]]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The array as C-contiguous and read-only, so that no running program sees it change."""
    contiguous = np.ascontiguousarray(array)
    contiguous.flags.writeable = False
    return contiguous


@lru_cache(maxsize=MAX_CACHED)
def standardised(data: Dataset) -> Dataset:
    """`data` with network inputs of mean 0 and standard deviation 1 over the training part.

    Each feature or column is scaled by itself, and all pixels of an image are scaled together. Ids
    stay as they are, and so do inputs that are standardised already.
    """
    inputs = data.train.inputs
    if data.rescaling is not None or data.standardisation is not None or inputs.dtype.kind != "f":
        return data
    measure = Standardisation.of_image if data.kind == "image" else Standardisation.of_columns
    rescaling = measure(inputs.astype(np.float64, copy=False))
    train, test = (
        replace(part, inputs=read_only(rescaling.apply(part.inputs.astype(np.float64, copy=False))))
        for part in (data.train, data.test)
    )
    scaled = replace(data, train=train, test=test, rescaling=rescaling)
    if data.features:
        return scaled
    return replace(scaled, standardisation=rescaling, rescaling=None)
