"""The small real data sets that come with scikit-learn, so that nothing is downloaded."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.assembly import Samples
from engine.data.options import SEED, TEST_FRACTION, Settings
from engine.data.recipe import DatasetInfo, Recipe, not_installed

PACKAGE = "scikit-learn"
_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"


_MEASURED = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity")
_NUCLEI = (*_MEASURED, "concave points", "symmetry", "fractal dimension")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "iris": ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    "wine": (
        *("alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols"),
        *("flavanoids", "nonflavanoid phenols", "proanthocyanins", "color intensity", "hue"),
        *("od280/od315 of diluted wines", "proline"),
    ),
    "breast_cancer": (
        *(f"mean {name}" for name in _NUCLEI),
        *(f"{name} error" for name in _NUCLEI),
        *(f"worst {name}" for name in _NUCLEI),
    ),
    "diabetes": ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
}
"""The names of the columns. scikit-learn has them in its code and not in its data files."""


def _path(name: str) -> Path:
    """The path of a data file of scikit-learn.

    It is found without importing scikit-learn, which would take a second or two.

    Raises:
        DescriptionError: scikit-learn is not installed.
    """
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise not_installed(name, PACKAGE)
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / name


def _table(name: str, delimiter: str | None = None) -> NDArray[np.float64]:
    """The numbers (rows, columns) of a compressed file."""
    with gzip.open(_path(name), "rt", encoding="utf-8") as file:
        return np.loadtxt(file, delimiter=delimiter)


def _digits(settings: Settings) -> Samples:
    """1,797 images of 8 by 8 pixels, with ink from 0 to 1 (in the file from 0 to 16)."""
    table = _table("digits.csv.gz", ",")
    names = tuple(f"pixel {row},{column}" for row in range(8) for column in range(8))
    return Samples(
        points=table[:, :-1] / 16.0,
        labels=table[:, -1].astype(np.int64),
        column_names=names,
        class_names=tuple(str(digit) for digit in range(10)),
        target_name="digit",
    )


def _classification(name: str, file_name: str, target_name: str) -> Callable[[Settings], Samples]:
    """Samples from a file that begins with its numbers of samples and columns and its classes."""

    def make(settings: Settings) -> Samples:
        with _path(file_name).open(encoding="utf-8") as file:
            _, _, *classes = file.readline().strip().split(",")
            table = np.loadtxt(file, delimiter=",")
        return Samples(
            points=np.ascontiguousarray(table[:, :-1]),
            labels=table[:, -1].astype(np.int64),
            column_names=_COLUMNS[name],
            class_names=tuple(label.replace("_", " ") for label in classes),
            target_name=target_name,
        )

    return make


def _diabetes(settings: Settings) -> Samples:
    """442 patients, with the columns in their own units (years, kg/m², mmHg, ...)."""
    return Samples(
        points=_table("diabetes_data_raw.csv.gz"),
        values=_table("diabetes_target.csv.gz"),
        column_names=_COLUMNS["diabetes"],
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
        package=PACKAGE,
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
            "Lengths and widths of the sepals and petals of 150 irises. One species is easy to "
            "recognise, and the other two overlap a little.",
        ),
        _classification("iris", "iris.csv", "species"),
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
            "few samples, the test accuracy varies by a few percent from seed to seed.",
        ),
        _classification("wine", "wine_data.csv", "cultivar"),
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
            "missed cancer costs more than a false alarm, so look at both kinds of error.",
        ),
        _classification("breast_cancer", "breast_cancer.csv", "diagnosis"),
        thumbnail_columns=(0, 7),  # mean radius and mean concave points
    ),
    Recipe(
        _info(
            "diabetes",
            "Diabetes",
            None,
            "B. Efron et al., Least Angle Regression, Annals of Statistics 32, 2004",
            "none stated by its authors",
            "Ten measurements of 442 patients, and the progress of their diabetes a year later. "
            "They explain only half of it, and no network does much better than a linear fit.",
        ),
        _diabetes,
        thumbnail_columns=(2, 8),  # body mass index and (log) triglycerides
    ),
)
