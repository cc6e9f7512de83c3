"""Entries of the catalogue, each with the function that makes its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.data.assembly import Samples
from engine.data.dataset import Dataset, Kind, Scaling, Task
from engine.data.options import Choice, Content, Option, Settings
from engine.data.thumbnails import Thumbnail
from engine.errors import DescriptionError


@dataclass(frozen=True)
class DatasetInfo:
    """An entry of the catalogue.

    Attributes:
        name, title: its id and its name for readers.
        kind, task: as in `Dataset`.
        options: the options whose values are numbers.
        features: ids of the input features to choose from; empty if there is no choice.
        default_features: the features if none are chosen.
        class_counts: the possible numbers of classes; empty for regression, and if the text
            determines the number.
        source, licence: where the data come from, and the terms of their use.
        about: two sentences for readers: what it is, and what to know about it.
        image_shape: (height, width) of an image, else None.
        choices: the options whose values are words.
        contents: the options whose values the user supplies.
        package: the package that must be installed, as `pip install` names it; empty if none.
    """

    name: str
    title: str
    kind: Kind
    task: Task
    options: tuple[Option, ...]
    features: tuple[str, ...]
    default_features: tuple[str, ...]
    class_counts: tuple[int, ...]
    source: str
    licence: str
    about: str
    image_shape: tuple[int, int] | None = None
    choices: tuple[Choice, ...] = ()
    contents: tuple[Content, ...] = ()
    package: str = ""

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keyword arguments of `load_dataset` that this set accepts."""
        names = tuple(option.name for option in (*self.options, *self.choices, *self.contents))
        return (*names, "features") if self.features else names


def not_installed(name: str, package: str) -> DescriptionError:
    """The error of a data set whose package is missing."""
    return DescriptionError(
        "data.name", name, f"available without {package} (pip install {package})"
    )


@dataclass(frozen=True)
class Recipe:
    """A catalogue entry with the function that makes its samples.

    Attributes:
        domain: as in `Dataset`.
        scaling: how inputs and regression targets are standardised; None for the usual way of the
            kind.
        finish: changes the assembled data set; None if there is nothing to change.
        thumbnail: makes the thumbnail; None for the usual one of the kind.
        thumbnail_columns: the two columns that the thumbnail of a table shows.
    """

    info: DatasetInfo
    make: Callable[[Settings], Samples]
    domain: tuple[tuple[float, float], ...] = ()
    scaling: Scaling | None = None
    finish: Callable[[Dataset, Settings], Dataset] | None = None
    thumbnail: Callable[[Dataset], Thumbnail] | None = None
    thumbnail_columns: tuple[int, int] = (0, 1)
