"""Data sets from a user's own arrays."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data.assembly import Samples, assemble
from engine.data.dataset import Dataset, Floats, Kind, Labels, Scaling, Task
from engine.data.labels import are_labels, are_numbers, is_missing, numbered, refuse_missing
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
    target_name: str | Sequence[str] = "target",
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    """A data set from `inputs` and `targets`, which are class labels or values.

    Args:
        inputs: (N, F), or (N, time, F) for sequences.
        targets: (N,), or (N, K) for a regression with K targets.
        task: if None, texts and booleans are labels, numbers with a decimal point are values, and
            whole numbers are what `are_labels` takes them for.
        standardise: whether to standardise inputs and regression targets by the training part:
            each column by itself, or all pixels together if there is an `image_shape`.
        feature_names: F names; by default x1, x2, ...
        class_names: a name for each distinct label in sorted order; by default the labels.
        target_name: what is predicted: one name, or a name for each of K targets.
        image_shape: (height, width) if a row is an image.

    Raises:
        DescriptionError: with the path ``data.inputs``, ``data.targets`` and so on.
    """
    fraction = TEST_FRACTION.check(test_fraction)
    points = _checked_inputs(inputs)
    raw = _checked_targets(targets, len(points))
    if task not in (None, "classification", "regression"):
        raise DescriptionError("data.task", task, "classification or regression")
    if image_shape is not None and points.shape[1:] != (np.prod(image_shape),):
        expected = f"a height and width with {points.shape[-1]} pixels"
        raise DescriptionError("data.image_shape", image_shape, expected)
    columns = _names("feature_names", feature_names, points.shape[-1])
    labelled = raw.ndim == 1 and (_is_labelled(raw) if task is None else task == "classification")
    if task == "classification" and not labelled:
        expected = f"an array of shape ({len(raw)},), one label for each input"
        raise DescriptionError("data.targets", _shape(raw), expected)
    labels, classes = _labels(raw, class_names) if labelled else (None, ())
    targets_named = _target_names(target_name, 1 if raw.ndim == 1 else raw.shape[1])
    samples = Samples(
        points=points,
        labels=labels,
        values=None if labelled else _values(raw),
        column_names=columns,
        class_names=classes,
        target_name=", ".join(targets_named),
        target_names=targets_named,
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
    _refuse_masked("data.inputs", inputs)
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


def _checked_targets(targets: ArrayLike, count: int) -> NDArray[Any]:
    """Targets (N,) or (N, K). In an array of objects, all values are what the user gave."""
    _refuse_masked("data.targets", targets)
    try:
        raw = np.asarray(targets)
        if raw.dtype.kind in "SU":  # NumPy makes texts of NaN and numbers beside texts
            raw = np.asarray(targets, dtype=object)
    except ValueError as error:
        expected = f"a list of {count} labels or numbers, one for each input"
        raise DescriptionError("data.targets", "a list of lists", expected) from error
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    if raw.ndim not in (1, 2) or len(raw) != count or 0 in raw.shape:
        expected = f"an array of shape ({count},), one target for each input"
        raise DescriptionError("data.targets", _shape(raw), expected)
    return raw


def _refuse_masked(path: str, given: object) -> None:
    if isinstance(given, np.ma.MaskedArray):
        masked = np.argwhere(np.ma.getmaskarray(given))
        if len(masked):
            where = "".join(f"[{index}]" for index in masked[0])
            raise DescriptionError(f"{path}{where}", "masked", "a value")


def _is_labelled(raw: NDArray[Any]) -> bool:
    """Whether targets (N,) are labels."""
    if raw.dtype.kind in "iu":
        return are_labels(raw.astype(np.float64))
    if raw.dtype.kind == "O" and are_numbers(raw.tolist()):
        present = [value for value in raw.tolist() if not is_missing(value)]
        whole = all(isinstance(value, Integral) for value in present)
        return whole and are_labels(np.array(present, dtype=np.float64))
    return raw.dtype.kind != "f"


def _labels(raw: NDArray[Any], class_names: Sequence[str] | None) -> tuple[Labels, tuple[str, ...]]:
    """Class numbers (N,) and a name for each class."""
    given = raw.tolist()
    refuse_missing("data.targets", given, "a label; leave out the samples without one")
    numbers, names = numbered(given)
    if len(names) < 2:
        raise DescriptionError("data.targets", f"{len(names)} class", "of at least 2 classes")
    return numbers, names if class_names is None else _names("class_names", class_names, len(names))


def _target_names(given: str | Sequence[str], count: int) -> tuple[str, ...]:
    if not isinstance(given, str):
        return _names("target_name", given, count)
    return (given,) if count == 1 else tuple(f"{given} {index + 1}" for index in range(count))


def _values(raw: NDArray[Any]) -> Floats:
    """Targets (N,) or (N, K) as numbers."""
    if raw.dtype.kind == "O":
        for index, value in np.ndenumerate(raw):
            if is_missing(value):
                where = "".join(f"[{i}]" for i in index)
                expected = "a number; leave out the samples without one"
                raise DescriptionError(f"data.targets{where}", value, expected)
    try:
        values: Floats = raw.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = "targets that are no numbers" if raw.dtype.kind == "O" else str(raw.dtype)
        raise DescriptionError("data.targets", kind, "numbers") from error
    _refuse_non_finite("data.targets", values)
    return values
