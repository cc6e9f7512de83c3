"""Groups of views: numbers about a network beyond its buffers that are computed together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class View:
    """A row of the buffer table; see `engine.Buffer`."""

    name: str
    symbol: str
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    layer: str = ""


class ViewGroup(ABC):
    """Views that one computation gives.

    Attributes:
        views: the rows of the buffer table.
        period: seconds after which the views change even if the network does not; None if they
            depend on the network alone.
    """

    views: tuple[View, ...]
    period: float | None = None

    @abstractmethod
    def refresh(self) -> None:
        """Compute all views from the present parameters."""

    @abstractmethod
    def array(self, name: str) -> Array:
        """The view `name` as of the last refresh."""
