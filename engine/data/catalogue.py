"""The data sets by name: what there is, what can be asked of each, and loading one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.data import bundled, images, line, plane
from engine.data.dataset import Dataset, Scaling, assemble
from engine.data.options import Settings, check_features
from engine.data.recipe import DatasetInfo, Recipe
from engine.errors import DescriptionError

_RECIPES: dict[str, Recipe] = {
    recipe.info.name: recipe
    for recipe in (*plane.RECIPES, *line.RECIPES, *images.RECIPES, *bundled.RECIPES)
}
_SCALING: dict[str, Scaling] = {
    "plane": "none",
    "line": "none",
    "image": "image",
    "table": "column",
}


def catalogue() -> tuple[DatasetInfo, ...]:
    """All data sets that `load_dataset` knows."""
    return tuple(recipe.info for recipe in _RECIPES.values())


def load_dataset(
    name: str,
    *,
    samples: int | None = None,
    noise: float | None = None,
    classes: int | None = None,
    test_fraction: float | None = None,
    features: Sequence[str] | None = None,
    seed: int | None = None,
) -> Dataset:
    """Make or read the data set `name`, split and (tables and images) standardised.

    None means the set's default, which `catalogue` tells together with the range: 500 samples in
    all, noise 0.1, 2 classes, half of the samples for testing, the coordinates as features, seed
    0. The same arguments give the same bits.

    Raises:
        DescriptionError: unknown name, a value out of its range, or an option that the set does
            not have (the number of samples of iris is what it is).
    """
    recipe = _RECIPES.get(name) if isinstance(name, str) else None
    if recipe is None:
        raise DescriptionError("data.name", name, f"one of {', '.join(_RECIPES)}")
    asked: dict[str, object] = {
        "samples": samples,
        "noise": noise,
        "classes": classes,
        "test_fraction": test_fraction,
        "features": features,
        "seed": seed,
    }
    given = {keyword: value for keyword, value in asked.items() if value is not None}
    settings = _settings(recipe.info, given)
    return assemble(
        recipe.make(settings),
        name=recipe.info.name,
        title=recipe.info.title,
        kind=recipe.info.kind,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
        scaling=_SCALING[recipe.info.kind],
        feature_ids=settings.features,
        image_shape=recipe.info.image_shape,
        domain=recipe.domain,
        source=recipe.info.source,
        licence=recipe.info.licence,
    )


def _settings(info: DatasetInfo, given: dict[str, object]) -> Settings:
    for keyword, value in given.items():
        if keyword not in info.keywords:
            allowed = ", ".join(info.keywords)
            expected = f"an option of {info.name}, which has {allowed}"
            raise DescriptionError(f"data.{keyword}", value, expected)
    numbers = {
        option.name: option.check(given.get(option.name, option.default)) for option in info.options
    }
    chosen = info.default_features
    if "features" in given:
        chosen = check_features(given["features"], info.features)
    return Settings(
        samples=int(numbers.get("samples", Settings.samples)),
        noise=numbers.get("noise", Settings.noise),
        classes=int(numbers.get("classes", Settings.classes)),
        test_fraction=numbers["test_fraction"],
        seed=int(numbers["seed"]),
        features=chosen,
    )


@dataclass(frozen=True)
class Thumbnail:
    """A data set at a glance. Either of the two fields is empty.

    Attributes:
        points: (x, y, label or target) with x and y in [-3, 3]: for a plane the coordinates; for
            a line x1 and twice the target; for a table two standardised columns, cut at ±3.
        image: rows of ink from 0 to 1, the top row first.
    """

    points: tuple[tuple[float, float, float], ...]
    image: tuple[tuple[float, ...], ...]


def thumbnail(name: str, points: int = 72) -> Thumbnail:
    """A real excerpt of the data set `name` with its default options: points or one image."""
    data = load_dataset(name)
    train = data.train
    if data.image_shape is not None:
        rows = train.points[0].reshape(data.image_shape)
        return Thumbnail((), tuple(tuple(round(float(ink), 2) for ink in row) for row in rows))
    labels = train.targets[:, 0] if train.labels is None else train.labels.astype(np.float64)
    if data.kind == "line":
        xy = np.stack([train.points[:, 0], 2.0 * train.targets[:, 0]], axis=1)
    elif data.kind == "table":
        xy = train.inputs[:, _RECIPES[name].thumbnail_columns]
    else:
        xy = train.points
    shown = np.column_stack([np.clip(xy, -3.0, 3.0), labels])[:points]
    return Thumbnail(
        tuple((round(x, 3), round(y, 3), round(t, 3)) for x, y, t in shown.tolist()), ()
    )
