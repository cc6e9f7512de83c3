"""A curve of one's own to be learnt: drawn as points, sampled between them."""

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
_SKYLINE = (
    *((-3.0, -0.9), (-2.4, -0.8), (-1.9, 0.4), (-1.5, 0.1), (-1.0, 1.1), (-0.5, 0.2)),
    *((0.0, 0.5), (0.6, -0.5), (1.2, -0.7), (1.7, 0.7), (2.0, 0.7), (2.3, -0.3), (3.0, -0.9)),
)


def _make(settings: Settings) -> Samples:
    """x1 evenly at random over what is drawn, y on the straight line between its neighbours.

    Points above one another count as their mean.
    """
    drawn = np.array(settings.points("points"))
    places, which = np.unique(drawn[:, 0], return_inverse=True)
    if len(places) < 2:
        expected = "points at two different x at least"
        raise DescriptionError("data.points", f"all x = {places[0]:g}", expected)
    heights = np.bincount(which, drawn[:, 1]) / np.bincount(which)
    x = stream(settings.seed, "data/drawn").uniform(places[0], places[-1], settings.samples)
    error = stream(settings.seed, "data/drawn/noise").normal(size=settings.samples)
    return Samples(
        points=x[:, np.newaxis],
        values=np.interp(x, places, heights) + settings.noise * error,
        column_names=("x1",),
        target_name="y",
        whole={"drawn": drawn},
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
            licence="as stated by its owner",
            about="Samples of a curve you draw. Where you drew nothing, nothing holds the network: "
            "beyond the ends it answers as it likes.",
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
