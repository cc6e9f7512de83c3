"""What the catalogue knows of a data set, and how its samples are made."""

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
        options: the numbers that can be asked for; others are refused.
        features: ids of the input features to choose from; empty if there is nothing to choose.
        default_features: those used if none are chosen.
        class_counts: the numbers of classes it can have; empty for regression, and where the
            text decides.
        source, licence: where the data come from and on which terms.
        about: what it is, and what to know of it, in two sentences.
        image_shape: (height, width) of an image, else None.
        choices: the words that can be chosen.
        contents: what the user can bring.
        package: what has to be installed for it, as `pip install` names it; empty for nothing.
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
        """The keywords of `load_dataset` that apply to this set."""
        names = tuple(asked.name for asked in (*self.options, *self.choices, *self.contents))
        return (*names, "features") if self.features else names


def not_installed(name: str, package: str) -> DescriptionError:
    """What a data set says whose package is not there."""
    return DescriptionError(
        "data.name", name, f"available without {package} (pip install {package})"
    )


@dataclass(frozen=True)
class Recipe:
    """A catalogue entry with the function that makes its samples.

    Attributes:
        domain: of the raw coordinates, as in `Dataset`.
        scaling: how inputs and regression targets are standardised; None for what is usual of
            the kind.
        finish: what is made of the assembled data set, or None if it is ready.
        thumbnail: its picture, or None for what is usual of the kind.
        thumbnail_columns: for a table, the two columns that its thumbnail shows.
    """

    info: DatasetInfo
    make: Callable[[Settings], Samples]
    domain: tuple[tuple[float, float], ...] = ()
    scaling: Scaling | None = None
    finish: Callable[[Dataset, Settings], Dataset] | None = None
    thumbnail: Callable[[Dataset], Thumbnail] | None = None
    thumbnail_columns: tuple[int, int] = (0, 1)
