"""Targets that a user gives as arrays: labels or values, and what is missing among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.data import from_arrays
from engine.errors import DescriptionError

NAN = float("nan")


class NotAvailable:
    """Like pandas.NA: a comparison with it is neither true nor false."""

    def __eq__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    def __ne__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


@pytest.mark.parametrize(
    ("targets", "index"),
    [
        (np.array(["a", "b", NAN] * 3 + ["a"], dtype=object), 2),
        (np.array(["a", None] * 5, dtype=object), 1),
        (["a", "b", NAN, "a", "b", "a", "b", "a", "b", "a"], 2),
        (["a", "b", None, "a", "b", "a", "b", "a", "b", "a"], 2),
        (np.array(["a", "b", NAN] * 3 + ["a"]), 2),  # NumPy makes the text "nan" of it
        (["yes", "no", ""] * 3 + ["yes"], 2),
        ([True, False, None] * 3 + [True], 2),
        ([0, 1, None] * 3 + [0], 2),
        ([0.5, 1.5, None] * 3 + [0.5], 2),
        (np.array([0, 1, NotAvailable()] * 3 + [0], dtype=object), 2),
        (np.array(["2020-01-01", "NaT"] * 5, dtype="datetime64[D]"), 1),
        (np.ma.array([0, 1] * 5, mask=[False] * 3 + [True] + [False] * 6), 3),
    ],
)
def test_a_missing_target_is_named_by_its_index(targets: Any, index: int) -> None:
    with pytest.raises(DescriptionError) as caught:
        from_arrays(np.arange(20.0).reshape(10, 2), targets)
    assert caught.value.path == f"data.targets[{index}]"


@pytest.mark.parametrize("targets", [[0.0, 1.0, NAN, 1.0], [0.0, 1.0, None, 1.0]])
def test_a_missing_label_is_no_class_among_numbers_either(targets: Any) -> None:
    with pytest.raises(DescriptionError, match=r"data\.targets\[2\]: (nan|None) is not a label"):
        from_arrays(np.arange(4.0).reshape(4, 1), targets, task="classification")


def test_masked_inputs_are_not_used_as_numbers() -> None:
    inputs = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, False], [False, True]])
    with pytest.raises(DescriptionError, match=r"data\.inputs\[1\]\[1\]: 'masked' is not a value"):
        from_arrays(inputs, [0, 1])


@pytest.mark.parametrize(
    ("targets", "task"),
    [
        ([0, 1] * 10, "classification"),
        ([-1, 1] * 10, "classification"),
        ([3, 5, 8, 8] * 5, "classification"),
        (list(range(20)), "regression"),  # each once: they measure something
        (list(range(0, 400, 4)) * 5, "regression"),  # 100 numbers with gaps
        (list(range(26)) * 10, "classification"),  # letters
        (np.array([[0], [1]] * 10), "classification"),  # one column
        (np.array([1.0, 2.0] * 10), "regression"),
        (np.array([1, 2.5] * 10, dtype=object), "regression"),
        (np.array([1, 2] * 10, dtype=object), "classification"),
        ([True, False] * 10, "classification"),
        (np.array([f"{i}" for i in range(5)] * 4), "classification"),
    ],
)
def test_whole_numbers_are_labels_if_few_of_them_occur_again_and_again(
    targets: Any, task: str
) -> None:
    data = from_arrays(np.arange(float(len(targets)))[:, np.newaxis], targets)
    assert data.task == task
    assert len(data.train) + len(data.test) == len(targets)


def test_labels_of_several_types_have_a_name_each() -> None:
    data = from_arrays(
        np.arange(6.0)[:, np.newaxis], np.array(["low", 2, "low", 2, 10, 10], dtype=object)
    )
    assert data.class_names == ("10", "2", "low")
    with pytest.raises(DescriptionError, match="'1' is not a label with a name of its own"):
        from_arrays(np.arange(4.0)[:, np.newaxis], np.array([1, "1", 2, "2"], dtype=object))


def test_several_targets_have_a_scale_each() -> None:
    targets = np.array([[1.0, 100.0], [2.0, 300.0], [3.0, 200.0], [4.0, 400.0]])
    inputs = np.arange(8.0).reshape(4, 2)
    data = from_arrays(inputs, targets, target_name=["a", "b"], test_fraction=0.25)
    assert (data.task, data.target_name, data.target_names) == ("regression", "a, b", ("a", "b"))
    assert data.train.targets.shape == (3, 2)
    assert data.target_standardisation is not None
    units = data.target_standardisation.undo(data.train.targets)
    rows = (data.train.points[:, 0] / 2).astype(int)
    np.testing.assert_allclose(units, targets[rows])
    np.testing.assert_allclose(data.train.targets.std(axis=0), 1.0)
    assert (data.target_mean, data.target_scale) == (0.0, 1.0)
    raw = from_arrays(inputs, targets, standardise=False)
    np.testing.assert_array_equal(
        raw.train.targets, targets[(raw.train.points[:, 0] / 2).astype(int)]
    )
    assert raw.target_names == ("target 1", "target 2")


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        ([[1, 2], [3, 4]], {"task": "classification"}, "one label for each input"),
        ([[1.0, 2.0], [3.0, NAN]], {}, r"data\.targets\[1\]\[1\]: nan"),
        ([[1.0, 2.0], [3.0]], {}, "data.targets: 'a list of lists' is not a list of 2"),
        ([[1.0, 2.0], [3.0, 4.0]], {"target_name": ["a"]}, "a list of 2 names"),
    ],
)
def test_several_targets_that_make_no_sense_are_refused(
    targets: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DescriptionError, match=message):
        from_arrays([[1.0], [2.0]], targets, **options)
