"""A curve that the user draws as points. Samples lie on the lines between them."""

from __future__ import annotations

import numpy as np

from engine.data import features
from engine.data.assembly import Samples
from engine.data.options import SEED, TEST_FRACTION, Drawing, Option, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources.line import DOMAIN
from engine.data.streams import stream
from engine.errors import DescriptionError

HEIGHT = 1.5
"""The y of a drawn point lies in [-HEIGHT, HEIGHT]."""
_SKYLINE = (
    *((-3.0, -0.9), (-2.4, -0.8), (-1.9, 0.4), (-1.5, 0.1), (-1.0, 1.1), (-0.5, 0.2)),
    *((0.0, 0.5), (0.6, -0.5), (1.2, -0.7), (1.7, 0.7), (2.0, 0.7), (2.3, -0.3), (3.0, -0.9)),
)


def _make(settings: Settings) -> Samples:
    """x1 is uniformly random over the drawn range; y lies on the line between the points beside it.

    Several points with the same x count as their mean.
    """
    drawn = np.array(settings.points("points"))
    distinct, group = np.unique(drawn[:, 0], return_inverse=True)
    if len(distinct) < 2:
        expected = "a list of points with at least two different x"
        raise DescriptionError("data.points", f"all x = {distinct[0]:g}", expected)
    heights = np.bincount(group, drawn[:, 1]) / np.bincount(group)
    x = stream(settings.seed, "data/drawn").uniform(distinct[0], distinct[-1], settings.samples)
    error = stream(settings.seed, "data/drawn/noise").normal(size=settings.samples)
    return Samples(
        points=x[:, np.newaxis],
        values=np.interp(x, distinct, heights) + settings.noise * error,
        column_names=("x1",),
        target_name="y",
        dataset_extras={"drawn": drawn},
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="drawn_curve",
            title="Your own curve",
            kind="line",
            task="regression",
            options=(
                samples_option(default=200),
                Option("noise", 0.0, 0.5, 0.03, integer=False),
                TEST_FRACTION,
                SEED,
            ),
            features=features.available(1),
            default_features=("x1",),
            class_counts=(),
            source="drawn by hand",
            licence="the one its owner states",
            about="Samples of a curve that you draw. Beyond its ends there are no samples, so the "
            "network may output anything there.",
            contents=(
                Drawing(
                    "points",
                    2,
                    1000,
                    (DOMAIN[0], (-HEIGHT, HEIGHT)),
                    _SKYLINE,
                    "The points of the curve, in any order",
                ),
            ),
        ),
        _make,
        DOMAIN,
    ),
)
