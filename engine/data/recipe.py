"""What the catalogue knows of a data set, and how its samples are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.data.dataset import Kind, Samples, Task
from engine.data.options import Option, Settings


@dataclass(frozen=True)
class DatasetInfo:
    """An entry of the catalogue.

    Attributes:
        name, title: its id and its name for readers.
        kind, task: as in `Dataset`.
        options: the numbers that can be asked for; others are refused.
        features: ids of the input features to choose from; empty if there is nothing to choose.
        default_features: those used if none are chosen.
        class_counts: the numbers of classes it can have; empty for regression.
        source, licence: where the data come from and on which terms.
        image_shape: (height, width) of an image, else None.
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
    image_shape: tuple[int, int] | None = None

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords of `load_dataset` that apply to this set."""
        names = tuple(option.name for option in self.options)
        return (*names, "features") if self.features else names


@dataclass(frozen=True)
class Recipe:
    """A catalogue entry with the function that makes its samples.

    Attributes:
        thumbnail_columns: for a table, the two columns that its thumbnail shows.
    """

    info: DatasetInfo
    make: Callable[[Settings], Samples]
    domain: tuple[tuple[float, float], ...] = ()
    thumbnail_columns: tuple[int, int] = (0, 1)
