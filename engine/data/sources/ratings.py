"""Ratings of imaginary films by simulated people with hidden tastes.

A film has hidden properties, which are close to those of its genre. A person has a taste: a liking
for each property. A rating is the product of both, plus the person's kindness, the film's quality
and chance, rounded to half stars. The hidden truth comes with the data set, so that one can compare
it with what a network learned. At `noise` 0.5, the standard deviation of chance is one star.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.data.assembly import Samples
from engine.data.baselines import mean_squared_error, simple_baselines
from engine.data.dataset import Baseline, Dataset, Floats, Labels, Split
from engine.data.options import NOISE, SEED, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream
from engine.data.thumbnails import Thumbnail, image_thumbnail

GENRES = ("comedy", "drama", "thriller", "romance", "space", "animals")
MIN_RATING, MAX_RATING = 0.5, 5.0
_MEAN_RATING = 3.2
"""The expected rating in stars, before it is rounded and clipped."""
_TASTE, _KINDNESS, _QUALITY = 0.8, 0.35, 0.35
"""The standard deviations of a liking, of kindness and of quality, in stars."""
_GENRE_SPREAD = 0.35
"""The spread of the films within a genre, as a share of the spread of the genres."""
_THUMBNAIL_SIZE = 24
"""The number of people and of films in the thumbnail."""


def _films(items: int, factors: int, rng: np.random.Generator) -> tuple[Labels, Floats]:
    """Genres (items,) and properties (items, factors) with a mean square of 1 / factors."""
    genres = rng.permutation(np.arange(items) % len(GENRES))
    centres = rng.normal(size=(len(GENRES), factors))
    properties = centres[genres] + _GENRE_SPREAD * rng.normal(size=(items, factors))
    return genres, properties / np.sqrt((properties**2).sum(axis=1).mean())


def _rated_pairs(
    users: int, items: int, count: int, rng: np.random.Generator
) -> tuple[Labels, Labels]:
    """`count` pairs of a person and a film. Some people rate more; some films are better known."""
    activity, popularity = rng.lognormal(0.0, 0.5, users), rng.lognormal(0.0, 0.5, items)
    # The pairs with the largest log weight + Gumbel noise are a weighted sample without replacement
    # (T. Vieira, "Gumbel-max trick and weighted reservoir sampling", 2014).
    keys = np.log(activity[:, np.newaxis] * popularity) + rng.gumbel(size=(users, items))
    best = np.argpartition(keys.ravel(), -count)[-count:]
    user, item = np.divmod(np.sort(best), items)
    return user, item


def _make(settings: Settings) -> Samples:
    users, items, factors = (settings.integer(name) for name in ("users", "items", "factors"))
    rng = stream(settings.seed, "data/ratings")
    genres, properties = _films(items, factors, rng)
    tastes = rng.normal(0.0, _TASTE, (users, factors))
    kindness, quality = rng.normal(0.0, _KINDNESS, users), rng.normal(0.0, _QUALITY, items)
    clean = _MEAN_RATING + kindness[:, np.newaxis] + quality + tastes @ properties.T
    count = min(settings.samples, users * items // 2)
    user, item = _rated_pairs(users, items, count, stream(settings.seed, "data/ratings/chosen"))
    chance = stream(settings.seed, "data/ratings/noise").normal(size=count)
    stars = np.round(2.0 * (clean[user, item] + 2.0 * settings.noise * chance)) / 2.0
    return Samples(
        points=np.stack([user, item], axis=1),
        values=np.clip(stars, MIN_RATING, MAX_RATING),
        column_names=("person", "film"),
        target_name="stars",
        field_sizes=(users, items),
        extras={"clean": np.clip(clean[user, item], MIN_RATING, MAX_RATING)},
        dataset_extras={
            "tastes": tastes,
            "properties": properties,
            "kindness": kindness,
            "quality": quality,
            "genres": genres,
            "genre_names": np.array(GENRES),
            "titles": _titles(genres),
        },
        baselines=baselines,
    )


def _titles(genres: Labels) -> NDArray[np.str_]:
    """Titles such as ``comedy 1`` and ``comedy 2``, in the order of the films."""
    seen = [0] * len(GENRES)
    titles: list[str] = []
    for genre in genres.tolist():
        seen[genre] += 1
        titles.append(f"{GENRES[genre]} {seen[genre]}")
    return np.array(titles)


def baselines(data: Dataset) -> tuple[Baseline, ...]:
    """The mean, and the mean plus a bias for each person and for each film."""
    forecast = data.train.targets.mean() + _biases(data)
    users, items = _ids(data.test)
    error = mean_squared_error(forecast[users, items], data.test.targets[:, 0])
    return (
        *simple_baselines(data),
        Baseline("each person's and film's mean", "mean squared error", error),
    )


def _biases(data: Dataset, strength: float = 5.0) -> Floats:
    """The sum (users, items) of a person's and a film's bias; both are fitted in turn.

    A bias shrinks towards 0, as if there were `strength` more ratings without any bias (Y. Koren,
    "Factorization Meets the Neighborhood", KDD 2008, section 2.1).
    """
    assert data.field_sizes is not None
    rest = data.train.targets[:, 0] - data.train.targets.mean()
    fields = _ids(data.train)
    biases = [np.zeros(size) for size in data.field_sizes]
    for _ in range(10):
        for this, other in ((0, 1), (1, 0)):
            left = rest - biases[other][fields[other]]
            total = np.bincount(fields[this], left, data.field_sizes[this])
            count = np.bincount(fields[this], minlength=data.field_sizes[this])
            biases[this] = total / (count + strength)
    return biases[0][:, np.newaxis] + biases[1]


def _ids(split: Split) -> tuple[Labels, Labels]:
    users, items = split.inputs.astype(np.int64).T
    return users, items


def _thumbnail(data: Dataset) -> Thumbnail:
    """Stars as ink, for the first people and the first films. White means no rating."""
    users, items = _ids(data.train)
    stars = data.train.targets[:, 0] * data.target_scale + data.target_mean
    ink = np.zeros((_THUMBNAIL_SIZE, _THUMBNAIL_SIZE))
    here = (users < _THUMBNAIL_SIZE) & (items < _THUMBNAIL_SIZE)
    ink[users[here], items[here]] = stars[here] / MAX_RATING
    return image_thumbnail(ink)


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="ratings",
            title="Ratings of films",
            kind="ratings",
            task="regression",
            options=(
                Option("users", 20, 500, 200, integer=True, title="People"),
                Option("items", 24, 500, 300, integer=True, title="Films"),
                Option("factors", 1, 8, 2, integer=True, title="Hidden properties of a film"),
                Option(
                    "samples",
                    500,
                    30_000,
                    8000,
                    integer=True,
                    title="Ratings, at most half of all pairs",
                ),
                NOISE,
                Option("test_fraction", 0.1, 0.9, 0.2, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(),
            source="simulated: hidden tastes and properties drawn at random",
            licence="not needed",
            about="Stars that simulated people gave to some of the films; a network knows nothing "
            "else about them. The simulator knows the tastes behind the stars, so that one can "
            "check what the network finds, which real ratings never allow.",
        ),
        _make,
        thumbnail=_thumbnail,
    ),
)
