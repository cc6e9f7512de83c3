"""The data sets by name: what there is, what can be asked of each, and loading one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.data import thumbnails
from engine.data.assembly import MAX_CACHED, assemble
from engine.data.dataset import Dataset, Scaling
from engine.data.options import Settings, check_features
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources import (
    autoencoder,
    bundled,
    drawn,
    driving,
    images,
    line,
    mnist,
    plane,
    prices,
    ratings,
    sentiment,
    text,
    vowels,
)
from engine.data.thumbnails import Thumbnail
from engine.errors import DescriptionError

_RECIPES: dict[str, Recipe] = {
    recipe.info.name: recipe
    for recipe in (
        *plane.RECIPES,
        *line.RECIPES,
        *drawn.RECIPES,
        *images.RECIPES,
        *bundled.RECIPES,
        *mnist.RECIPES,
        *autoencoder.RECIPES,
        *text.RECIPES,
        *sentiment.RECIPES,
        *vowels.RECIPES,
        *ratings.RECIPES,
        *driving.RECIPES,
        *prices.RECIPES,
    )
}
_SCALING: dict[str, Scaling] = {
    "plane": "none",
    "line": "none",
    "image": "image",
    "table": "column",
    "sequence": "column",
    "text": "none",
    "ratings": "column",
}
_SHARED = ("samples", "noise", "classes", "test_fraction", "seed")
"""Options that are fields of `Settings`."""


_INCLUDED: dict[str, Dataset] = {}
"""Data sets that were made elsewhere, by name."""


def include(data: Dataset) -> None:
    """Have a data set of one's own known by its name, as it is, in this process.

    Raises:
        DescriptionError: the name is that of a set of the catalogue.
    """
    if data.name in _RECIPES:
        raise DescriptionError("data.name", data.name, "a name of its own")
    _INCLUDED[data.name] = data


def catalogue() -> tuple[DatasetInfo, ...]:
    """All data sets that `load_dataset` knows."""
    included = (_info(data) for data in _INCLUDED.values())
    return (*(recipe.info for recipe in _RECIPES.values()), *included)


def _info(data: Dataset) -> DatasetInfo:
    return DatasetInfo(
        name=data.name,
        title=data.title,
        kind=data.kind,
        task=data.task,
        options=(),
        features=(),
        default_features=(),
        class_counts=(len(data.class_names),) if data.class_names else (),
        source=data.source,
        licence=data.licence,
        about="",
        image_shape=data.image_shape,
    )


def load_dataset(name: str, **options: object) -> Dataset:
    """Make or read the data set `name`, split and (unless planar) standardised.

    The `options` that a set has, with their ranges and defaults, `catalogue` tells: mostly
    `samples` in all, `noise`, `classes`, the `test_fraction` of the samples for testing, the
    `features` computed from coordinates, and the `seed` of all that is random. None means the
    default. The same options give the same bits.

    Raises:
        DescriptionError: unknown name, a value out of its range, or an option that the set does
            not have (the number of samples of iris is what it is).
    """
    recipe = _RECIPES.get(name) if isinstance(name, str) else None
    if recipe is None and name in _INCLUDED:
        _settings(_info(_INCLUDED[name]), options)
        return _INCLUDED[name]
    if recipe is None:
        raise DescriptionError("data.name", name, f"one of {', '.join(_RECIPES)}")
    given = {keyword: value for keyword, value in options.items() if value is not None}
    return loaded(name, _settings(recipe.info, given))


@lru_cache(maxsize=MAX_CACHED)
def loaded(name: str, settings: Settings) -> Dataset:
    """The data set; kept for a while, since one is often asked for again with another network."""
    recipe = _RECIPES[name]
    data = assemble(
        recipe.make(settings),
        name=recipe.info.name,
        title=recipe.info.title,
        kind=recipe.info.kind,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
        scaling=recipe.scaling or _SCALING[recipe.info.kind],
        feature_ids=settings.features,
        image_shape=recipe.info.image_shape,
        domain=recipe.domain,
        source=recipe.info.source,
        licence=recipe.info.licence,
    )
    return data if recipe.finish is None else recipe.finish(data, settings)


def _settings(info: DatasetInfo, given: dict[str, object]) -> Settings:
    for keyword, value in given.items():
        if keyword not in info.keywords:
            allowed = ", ".join(info.keywords)
            expected = f"an option of {info.name}, which has {allowed}"
            raise DescriptionError(f"data.{keyword}", value, expected)
    checked: dict[str, object] = {
        asked.name: asked.check(given.get(asked.name, asked.default))
        for asked in (*info.options, *info.choices, *info.contents)
    }
    chosen = info.default_features
    if "features" in given:
        chosen = check_features(given["features"], info.features)
    shared: dict[str, Any] = {key: checked.pop(key) for key in _SHARED if key in checked}
    return Settings(**shared, features=chosen, own=tuple(checked.items()))


def thumbnail(name: str) -> Thumbnail:
    """A real excerpt of the data set `name` with its default options."""
    data = load_dataset(name)
    if name in _INCLUDED:
        return thumbnails.usual(data, (0, 1))
    recipe = _RECIPES[name]
    if recipe.thumbnail is not None:
        return recipe.thumbnail(data)
    return thumbnails.usual(data, recipe.thumbnail_columns)
