"""Data sets for autoencoders: the target of each sample is the sample itself."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from engine.data.assembly import MAX_CACHED, read_only
from engine.data.baselines import mean_squared_error, simple_baselines
from engine.data.dataset import Baseline, Dataset, Floats, Labels, Split
from engine.data.options import SEED, TEST_FRACTION, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources import bundled
from engine.data.streams import stream
from engine.errors import DescriptionError


@lru_cache(maxsize=MAX_CACHED)
def as_autoencoder(data: Dataset, noise: float = 0.0, seed: int = 0) -> Dataset:
    """`data` with its inputs as targets, in the units of training.

    `noise` is the standard deviation, in the same units, of normal noise that is added to the
    inputs but not to the targets. This makes a denoising autoencoder (P. Vincent et al.,
    "Extracting and Composing Robust Features with Denoising Autoencoders", ICML 2008). The labels
    move to ``extras["label"]`` of each split, and the names of the classes to
    ``extras["class_names"]`` of the data set.

    The last results are kept: every edit of an autoencoder calls this function, and its baselines
    take much longer than the rest of an edit.

    Raises:
        DescriptionError: the samples are sequences, tokens or ids instead of rows of values.
    """
    if data.train.inputs.ndim != 2 or data.train.inputs.dtype != np.float64:
        raise DescriptionError(
            "data.name", data.name, "a data set whose samples are rows of values"
        )
    scaling = data.standardisation
    shared = scaling if scaling is not None and scaling.mean.size == 1 else None
    reproduced = replace(
        data,
        task="regression",
        train=_with_inputs_as_targets(data.train, noise, stream(seed, "data/autoencoder/train")),
        test=_with_inputs_as_targets(data.test, noise, stream(seed, "data/autoencoder/test")),
        class_names=(),
        target_name="the input itself",
        target_mean=float(shared.mean[0]) if shared else 0.0,
        target_scale=float(shared.scale[0]) if shared else 1.0,
        target_names=(),
        target_standardisation=None,
        extras={**data.extras, "class_names": np.array(data.class_names)},
    )
    return replace(reproduced, baselines=_baselines(reproduced))


def _with_inputs_as_targets(split: Split, noise: float, rng: np.random.Generator) -> Split:
    clean = split.inputs.astype(np.float64, copy=False)
    inputs = clean + noise * rng.normal(size=clean.shape) if noise else clean
    labels: dict[str, Labels] = {} if split.labels is None else {"label": split.labels}
    return replace(
        split,
        inputs=read_only(inputs),
        targets=read_only(clean),
        labels=None,
        extras={**split.extras, **labels},
    )


def _baselines(data: Dataset, code_size: int = 2) -> tuple[Baseline, ...]:
    """The mean, and the best linear code: the projection on the first principal components."""
    mean = data.train.targets.mean(axis=0)
    centred = data.train.targets - mean
    _, directions = np.linalg.eigh(centred.T @ centred)
    best: Floats = directions[:, -code_size:]
    forecast = (data.test.inputs - mean) @ best @ best.T + mean
    error = mean_squared_error(forecast, data.test.targets)
    return (
        *simple_baselines(data),
        Baseline("a linear code of two numbers", "mean squared error", error),
    )


def _finish(data: Dataset, settings: Settings) -> Dataset:
    return as_autoencoder(data, settings.noise, settings.seed)


_DIGITS = next(recipe for recipe in bundled.RECIPES if recipe.info.name == "digits")

RECIPES: tuple[Recipe, ...] = (
    replace(
        _DIGITS,
        info=DatasetInfo(
            name="digits_autoencoder",
            title="Digits to reconstruct",
            kind="image",
            task="regression",
            options=(
                Option("noise", 0.0, 1.0, 0.0, integer=False, title="Noise to remove"),
                TEST_FRACTION,
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(),
            source=_DIGITS.info.source,
            licence=_DIGITS.info.licence,
            about="The 8 by 8 digits, each its own target: a layer of two units makes the network "
            "describe each one in two numbers. Training does not use the labels.",
            image_shape=_DIGITS.info.image_shape,
            package=_DIGITS.info.package,
        ),
        finish=_finish,
    ),
)
