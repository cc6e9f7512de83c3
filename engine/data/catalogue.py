"""The data sets by name: which ones exist, which options they have, and how to load them."""

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
"""The usual scaling of each kind of data set."""

_SHARED = ("samples", "noise", "classes", "test_fraction", "seed")
"""The options that have a field of their own in `Settings`."""

_REGISTERED: dict[str, Dataset] = {}
"""Data sets from outside the catalogue, by name; see `register_dataset`."""


def register_dataset(data: Dataset) -> None:
    """Make `load_dataset` return `data` for its name, in this process.

    Raises:
        DescriptionError: a data set of the catalogue has this name.
    """
    if data.name in _RECIPES:
        raise DescriptionError("data.name", data.name, "a name that no other data set has")
    _REGISTERED[data.name] = data


def catalogue() -> tuple[DatasetInfo, ...]:
    """All data sets that `load_dataset` knows."""
    registered = (_info(data) for data in _REGISTERED.values())
    return (*(recipe.info for recipe in _RECIPES.values()), *registered)


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
    """Generate or read the data set `name`, split it, and standardise it unless it is planar.

    `catalogue` lists the `options` of each set with their ranges and defaults. Many sets have
    `samples` (in both parts together), `noise`, `classes`, `test_fraction` (the share of the
    samples in the test part), `features` (computed from coordinates), and `seed` (of everything
    random). None stands for the default. The same options give the same bits.

    Raises:
        DescriptionError: unknown name, a value out of its range, or an option that the set does
            not have (iris, for example, has a fixed number of samples).
    """
    recipe = _RECIPES.get(name) if isinstance(name, str) else None
    if recipe is None and name in _REGISTERED:
        _settings(_info(_REGISTERED[name]), options)
        return _REGISTERED[name]
    if recipe is None:
        raise DescriptionError("data.name", name, f"one of {', '.join(_RECIPES)}")
    given = {keyword: value for keyword, value in options.items() if value is not None}
    return cached_dataset(name, _settings(recipe.info, given))


@lru_cache(maxsize=MAX_CACHED)
def cached_dataset(name: str, settings: Settings) -> Dataset:
    """The data set for these settings. It is kept, because most edits do not change the data."""
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
        option.name: option.check(given.get(option.name, option.default))
        for option in (*info.options, *info.choices, *info.contents)
    }
    chosen = info.default_features
    if "features" in given:
        chosen = check_features(given["features"], info.features)
    shared: dict[str, Any] = {key: checked.pop(key) for key in _SHARED if key in checked}
    return Settings(**shared, features=chosen, specific=tuple(checked.items()))


def thumbnail(name: str) -> Thumbnail:
    """The thumbnail of the data set `name` with its default options."""
    data = load_dataset(name)
    if name in _REGISTERED:
        return thumbnails.default_thumbnail(data, (0, 1))
    recipe = _RECIPES[name]
    if recipe.thumbnail is not None:
        return recipe.thumbnail(data)
    return thumbnails.default_thumbnail(data, recipe.thumbnail_columns)
