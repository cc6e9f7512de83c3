"""Generated regressions of one variable x1 in [-3, 3], with clean values in [-1, 1].

`noise` is the standard deviation of a normal error of the target.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.data import features
from engine.data.assembly import Samples
from engine.data.dataset import Floats
from engine.data.options import NOISE, SEED, TEST_FRACTION, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream

HALF_WIDTH = 3.0
DOMAIN = ((-HALF_WIDTH, HALF_WIDTH),)

Curve = Callable[[Floats], Floats]
"""Maps x1 (N,) to clean target values (N,)."""


def sine(x: Floats) -> Floats:
    """y = sin 2x, about two periods."""
    return np.sin(2 * x)


def step(x: Floats) -> Floats:
    """y = -1 left of 0, and 1 elsewhere."""
    return np.where(x < 0.0, -1.0, 1.0)


def _regression(name: str, curve: Curve) -> Callable[[Settings], Samples]:
    def make(settings: Settings) -> Samples:
        rng = stream(settings.seed, f"data/{name}")
        x = rng.uniform(-HALF_WIDTH, HALF_WIDTH, settings.samples)
        error = stream(settings.seed, f"data/{name}/noise").normal(size=settings.samples)
        return Samples(
            points=x[:, np.newaxis],
            values=curve(x) + settings.noise * error,
            column_names=("x1",),
            target_name="y",
        )

    return make


def _info(name: str, title: str, about: str) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        title=title,
        kind="line",
        task="regression",
        options=(samples_option(), NOISE, TEST_FRACTION, SEED),
        features=features.available(1),
        default_features=("x1",),
        class_counts=(),
        source="generated",
        licence="not needed",
        about=about,
    )


_SINE = "Two waves over one input. Each hidden unit can bend the curve once, so count the bends."
_STEP = (
    "A jump at zero. A smooth network can only imitate it with a steep slope, which takes large "
    "weights and time."
)

RECIPES: tuple[Recipe, ...] = (
    Recipe(_info("sine", "Sine", _SINE), _regression("sine", sine), DOMAIN),
    Recipe(_info("step", "Step", _STEP), _regression("step", step), DOMAIN),
)
