"""Real data: the small sets that come with scikit-learn (no download)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.data.assembly import Samples
from engine.data.options import SEED, TEST_FRACTION, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.errors import DescriptionError

_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"


def _load(name: str, **options: Any) -> Any:
    """scikit-learn's bunch of that name; imported only now, because that takes a second.

    Raises:
        DescriptionError: scikit-learn is not installed.
    """
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise DescriptionError(
            "data.name", name, "available without scikit-learn (pip install scikit-learn)"
        ) from error
    return getattr(datasets, f"load_{name}")(**options)


def _digits(settings: Settings) -> Samples:
    """1,797 images of 8 by 8 pixels; ink from 0 to 1 (in the source: 0 to 16)."""
    bunch = _load("digits")
    names = tuple(f"pixel {row},{column}" for row in range(8) for column in range(8))
    return Samples(
        points=np.asarray(bunch.data, dtype=np.float64) / 16.0,
        labels=np.asarray(bunch.target, dtype=np.int64),
        values=None,
        column_names=names,
        class_names=tuple(str(label) for label in bunch.target_names),
        target_name="digit",
    )


def _classified(name: str, target_name: str) -> Callable[[Settings], Samples]:
    def make(settings: Settings) -> Samples:
        bunch = _load(name)
        return Samples(
            points=np.asarray(bunch.data, dtype=np.float64),
            labels=np.asarray(bunch.target, dtype=np.int64),
            values=None,
            column_names=tuple(str(column).replace("_", " ") for column in bunch.feature_names),
            class_names=tuple(str(label).replace("_", " ") for label in bunch.target_names),
            target_name=target_name,
        )

    return make


def _diabetes(settings: Settings) -> Samples:
    """442 patients; columns in their own units (years, kg/m², mmHg, ...)."""
    bunch = _load("diabetes", scaled=False)
    return Samples(
        points=np.asarray(bunch.data, dtype=np.float64),
        labels=None,
        values=np.asarray(bunch.target, dtype=np.float64),
        column_names=tuple(str(column) for column in bunch.feature_names),
        class_names=(),
        target_name="disease progression after one year",
    )


def _info(
    name: str,
    title: str,
    classes: int | None,
    source: str,
    licence: str,
    about: str,
    image_shape: tuple[int, int] | None = None,
) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        title=title,
        kind="image" if image_shape else "table",
        task="regression" if classes is None else "classification",
        options=(TEST_FRACTION, SEED),
        features=(),
        default_features=(),
        class_counts=() if classes is None else (classes,),
        source=f"{source}; copy in scikit-learn",
        licence=licence,
        about=about,
        image_shape=image_shape,
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        _info(
            "digits",
            "Handwritten digits 8×8",
            10,
            "Optical Recognition of Handwritten Digits (test set), E. Alpaydin and C. Kaynak, 1998",
            _UCI,
            "1,797 digits written by 13 people, reduced to 8 by 8 pixels. Even a network that does "
            "not know which pixels are neighbours gets 19 of 20 right.",
            (8, 8),
        ),
        _digits,
    ),
    Recipe(
        _info(
            "iris",
            "Iris",
            3,
            "R. A. Fisher, 1936",
            _UCI,
            "Lengths and widths of the sepals and petals of 150 irises. One species is easily told "
            "apart, the other two overlap a little.",
        ),
        _classified("iris", "species"),
        thumbnail_columns=(2, 3),  # petal length and width
    ),
    Recipe(
        _info(
            "wine",
            "Wine",
            3,
            "M. Forina et al., PARVUS, 1991",
            _UCI,
            "Thirteen chemical measurements of 178 Italian wines of three grape varieties. With so "
            "few, the score on the test part moves by percents from seed to seed.",
        ),
        _classified("wine", "cultivar"),
        thumbnail_columns=(0, 6),  # alcohol and flavanoids
    ),
    Recipe(
        _info(
            "breast_cancer",
            "Breast cancer (Wisconsin)",
            2,
            "W. H. Wolberg, W. N. Street and O. L. Mangasarian, 1995",
            _UCI,
            "Thirty measurements of the cell nuclei of 569 breast masses, 357 of them benign. A "
            "missed cancer costs more than a false alarm, so look at each kind of error.",
        ),
        _classified("breast_cancer", "diagnosis"),
        thumbnail_columns=(0, 7),  # mean radius and mean concave points
    ),
    Recipe(
        _info(
            "diabetes",
            "Diabetes",
            None,
            "B. Efron et al., Least Angle Regression, Annals of Statistics 32, 2004",
            "none stated by its authors",
            "Ten measurements of 442 patients, and how far their diabetes had gone a year later. "
            "They explain only half of it, and no network does much better than a straight fit.",
        ),
        _diabetes,
        thumbnail_columns=(2, 8),  # body mass index and (log) triglycerides
    ),
)
