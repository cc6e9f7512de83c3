"""Data sets from a user's own arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from engine.data.assembly import Samples, assemble
from engine.data.dataset import Dataset, Floats, Kind, Labels, Scaling, Task
from engine.data.options import SEED, TEST_FRACTION
from engine.errors import DescriptionError


def from_arrays(
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    task: Task | None = None,
    test_fraction: float = 0.5,
    seed: int = 0,
    standardise: bool = True,
    name: str = "arrays",
    title: str = "Own data",
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    target_name: str = "target",
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    """A data set from `inputs` and `targets` (N,), which are class labels or values.

    Args:
        inputs: (N, F), or (N, time, F) for sequences.
        task: if None, floating-point targets make a regression, and all others (whole numbers,
            booleans, strings) are labels.
        standardise: whether to standardise inputs and regression targets by the training part:
            each column by itself, or all pixels together if there is an `image_shape`.
        feature_names: F names; by default x1, x2, ...
        class_names: a name for each distinct label in sorted order; by default the labels.
        image_shape: (height, width) if a row is an image.

    Raises:
        DescriptionError: with the path ``data.inputs``, ``data.targets`` and so on.
    """
    fraction = TEST_FRACTION.check(test_fraction)
    points = _checked_inputs(inputs)
    raw = np.asarray(targets)
    if raw.ndim != 1 or len(raw) != len(points):
        expected = f"an array of shape ({len(points)},), one target for each input"
        raise DescriptionError("data.targets", _shape(raw), expected)
    if task not in (None, "classification", "regression"):
        raise DescriptionError("data.task", task, "classification or regression")
    if image_shape is not None and points.shape[1:] != (np.prod(image_shape),):
        expected = f"a height and width with {points.shape[-1]} pixels"
        raise DescriptionError("data.image_shape", image_shape, expected)
    columns = _names("feature_names", feature_names, points.shape[-1])
    if task is None:
        task = "regression" if np.issubdtype(raw.dtype, np.floating) else "classification"
    labelled = task == "classification"
    labels, classes = _labels(raw, class_names) if labelled else (None, ())
    samples = Samples(
        points=points,
        labels=labels,
        values=None if labelled else _values(raw),
        column_names=columns,
        class_names=classes,
        target_name=target_name,
    )
    scaling: Scaling = "image" if image_shape else "column"
    kind: Kind = "image" if image_shape else "table" if points.ndim == 2 else "sequence"
    return assemble(
        samples,
        name=name,
        title=title,
        kind=kind,
        test_fraction=fraction,
        seed=int(SEED.check(seed)),
        scaling=scaling if standardise else "none",
        image_shape=image_shape,
        source="given as arrays",
        licence="the one their owner states",
    )


def _shape(array: Floats) -> str:
    return f"shape {array.shape}"


def _checked_inputs(inputs: ArrayLike) -> Floats:
    try:
        points = np.array(inputs, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DescriptionError("data.inputs", type(inputs).__name__, "numbers") from error
    if points.ndim not in (2, 3) or points.shape[0] < 2 or 0 in points.shape[1:]:
        expected = "an array of at least 2 samples by 1 feature, or by time steps by features"
        raise DescriptionError("data.inputs", _shape(points), expected)
    _refuse_non_finite("data.inputs", points)
    return points


def _refuse_non_finite(path: str, array: Floats) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        where = "".join(f"[{i}]" for i in index)
        raise DescriptionError(f"{path}{where}", float(array[index]), "a finite number")


def _names(field: str, given: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if given is None:
        return tuple(f"x{index + 1}" for index in range(count))
    if isinstance(given, str) or len(given) != count:
        raise DescriptionError(f"data.{field}", given, f"a list of {count} names")
    return tuple(str(name) for name in given)


def _labels(raw: np.ndarray, class_names: Sequence[str] | None) -> tuple[Labels, tuple[str, ...]]:
    """Class numbers (N,) and a name for each class."""
    distinct, labels = np.unique(raw, return_inverse=True)
    if len(distinct) < 2:
        raise DescriptionError("data.targets", f"{len(distinct)} class", "of at least 2 classes")
    names = [str(label) for label in distinct] if class_names is None else class_names
    return labels.astype(np.int64), _names("class_names", names, len(distinct))


def _values(raw: np.ndarray) -> Floats:
    try:
        values: Floats = raw.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DescriptionError("data.targets", str(raw.dtype), "numbers") from error
    _refuse_non_finite("data.targets", values)
    return values
