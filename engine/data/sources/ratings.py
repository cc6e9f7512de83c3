"""Ratings by simulated people with hidden tastes, of films that never were.

A film has hidden properties, near those of its genre; a person has a liking for each property.
Their product, plus how kindly the person judges and how good the film is, plus chance, is rounded
to half stars. The hidden truth comes with the data set, so that a learned map can be held beside.
`noise` 0.5 is a chance of one star's standard deviation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.data.assembly import Samples
from engine.data.baselines import simple, squared_error
from engine.data.dataset import Baseline, Dataset, Floats, Labels, Split
from engine.data.options import NOISE, SEED, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream
from engine.data.thumbnails import Thumbnail, of_image

GENRES = ("comedy", "drama", "thriller", "romance", "space", "animals")
MIN_RATING, MAX_RATING = 0.5, 5.0
_MIDDLE = 3.2
_TASTE, _KINDNESS, _QUALITY = 0.8, 0.35, 0.35
"""Stars: standard deviations of what taste, person and film contribute."""
_WITHIN = 0.35
"""How far films lie from their genre, as a share of how far genres lie apart."""
_SHOWN = 24
"""Users and items in the thumbnail."""


def _films(items: int, factors: int, rng: np.random.Generator) -> tuple[Labels, Floats]:
    """Genres (items,) and properties (items, factors) of mean square 1 / factors."""
    genres = rng.permutation(np.arange(items) % len(GENRES))
    centres = rng.normal(size=(len(GENRES), factors))
    properties = centres[genres] + _WITHIN * rng.normal(size=(items, factors))
    return genres, properties / np.sqrt((properties**2).sum(axis=1).mean())


def _chosen(users: int, items: int, count: int, rng: np.random.Generator) -> tuple[Labels, Labels]:
    """Who rated what: `count` different pairs, some people busier and some films better known."""
    busy, known = rng.lognormal(0.0, 0.5, users), rng.lognormal(0.0, 0.5, items)
    # The largest of log weight + Gumbel noise are a weighted draw without repetition (T. Vieira,
    # "Gumbel-max trick and weighted reservoir sampling", 2014).
    keys = np.log(busy[:, np.newaxis] * known) + rng.gumbel(size=(users, items))
    best = np.argpartition(keys.ravel(), -count)[-count:]
    user, item = np.divmod(np.sort(best), items)
    return user, item


def _make(settings: Settings) -> Samples:
    users, items, factors = (settings.whole(name) for name in ("users", "items", "factors"))
    rng = stream(settings.seed, "data/ratings")
    genres, properties = _films(items, factors, rng)
    tastes = rng.normal(0.0, _TASTE, (users, factors))
    kindness, quality = rng.normal(0.0, _KINDNESS, users), rng.normal(0.0, _QUALITY, items)
    clean = _MIDDLE + kindness[:, np.newaxis] + quality + tastes @ properties.T
    count = min(settings.samples, users * items // 2)
    user, item = _chosen(users, items, count, stream(settings.seed, "data/ratings/chosen"))
    chance = stream(settings.seed, "data/ratings/noise").normal(size=count)
    stars = np.round(2.0 * (clean[user, item] + 2.0 * settings.noise * chance)) / 2.0
    return Samples(
        points=np.stack([user, item], axis=1),
        values=np.clip(stars, MIN_RATING, MAX_RATING),
        column_names=("person", "film"),
        target_name="stars",
        field_sizes=(users, items),
        extras={"clean": np.clip(clean[user, item], MIN_RATING, MAX_RATING)},
        whole={
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
    """``comedy 1``, ``comedy 2``, ... in the order of the films."""
    seen = [0] * len(GENRES)
    titles: list[str] = []
    for genre in genres.tolist():
        seen[genre] += 1
        titles.append(f"{GENRES[genre]} {seen[genre]}")
    return np.array(titles)


def baselines(data: Dataset) -> tuple[Baseline, ...]:
    """The mean, and the mean with how kind each person and how good each film is on average."""
    forecast = data.train.targets.mean() + _leanings(data)
    users, items = _ids(data.test)
    error = squared_error(forecast[users, items], data.test.targets[:, 0])
    return (*simple(data), Baseline("each person's and film's mean", "mean squared error", error))


def _leanings(data: Dataset, strength: float = 5.0) -> Floats:
    """What person and film add to the mean, (users, items), fitted in turn.

    A mean of few ratings is drawn towards 0, as if `strength` ratings of 0 came first (Y. Koren,
    "Factorization Meets the Neighborhood", KDD 2008, section 2.1).
    """
    assert data.field_sizes is not None
    rest = data.train.targets[:, 0] - data.train.targets.mean()
    fields = _ids(data.train)
    leanings = [np.zeros(size) for size in data.field_sizes]
    for _ in range(10):
        for this, other in ((0, 1), (1, 0)):
            left = rest - leanings[other][fields[other]]
            total = np.bincount(fields[this], left, data.field_sizes[this])
            count = np.bincount(fields[this], minlength=data.field_sizes[this])
            leanings[this] = total / (count + strength)
    return leanings[0][:, np.newaxis] + leanings[1]


def _ids(split: Split) -> tuple[Labels, Labels]:
    users, items = split.inputs.astype(np.int64).T
    return users, items


def _thumbnail(data: Dataset) -> Thumbnail:
    """Stars as ink: the first people by the first films; white where there is no rating."""
    users, items = _ids(data.train)
    stars = data.train.targets[:, 0] * data.target_scale + data.target_mean
    ink = np.zeros((_SHOWN, _SHOWN))
    here = (users < _SHOWN) & (items < _SHOWN)
    ink[users[here], items[here]] = stars[here] / MAX_RATING
    return of_image(ink)


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
            licence="none needed",
            about="Stars that simulated people gave to some of the films they might have seen; of "
            "people and films nothing else is told. The simulator knows the tastes behind them, so "
            "that what a network finds can be checked, which real ratings never allow.",
        ),
        _make,
        thumbnail=_thumbnail,
    ),
)
