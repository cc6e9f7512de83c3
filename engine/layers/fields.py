"""Fields of layers: their titles and explanations, and the values that controls offer.

A field's type carries its `FieldInfo`, as in ``units: Units``. Fields that several kinds share are
here, so that they have one title and one range; those of a single kind are in its file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from engine.initializers import Initializer
from engine.layers.activation import ACTIVATIONS
from engine.layers.base import MAX_ROWS, MAX_UNITS

Source = Literal["vocabulary", "field_sizes", "image_shape", "following_layers"]


@dataclass(frozen=True)
class FieldInfo:
    """A field in words, with the values that a control offers.

    Attributes:
        title: the label of its control.
        about: what it does, in a sentence; "" where the title says enough.
        range: the least and the greatest number that a control offers, where it holds numbers. A
            description may go beyond.
        logarithmic: whether a control's scale is.
        choices: a function that returns the names it can have; None if its type lists them.
        source: what decides its value if a description omits it: the number of tokens in the data,
            the number of ids of each field, the height and width of images, or whether a later
            layer reads whole sequences; None if the engine has a default.
        formerly: its name in older descriptions, "" if that has not changed.
    """

    title: str
    about: str = ""
    range: tuple[float, float] | None = None
    logarithmic: bool = False
    choices: Callable[[], tuple[str, ...]] | None = None
    source: Source | None = None
    formerly: str = ""


Units = Annotated[int, FieldInfo("Units", range=(1, MAX_UNITS), logarithmic=True)]
ActivationName = Annotated[str, FieldInfo("Activation", choices=lambda: tuple(ACTIVATIONS))]
WeightInitializer = Annotated[str | Initializer, FieldInfo("Weight initializer")]
BiasInitializer = Annotated[str | Initializer, FieldInfo("Bias initializer")]
L1Penalty = Annotated[float, FieldInfo("L1 penalty", range=(0.0, 0.1))]
L2Penalty = Annotated[float, FieldInfo("L2 penalty", range=(0.0, 0.1))]
DropoutRate = Annotated[float, FieldInfo("Dropout", range=(0.0, 0.95))]
Vocabulary = Annotated[
    int,
    FieldInfo("Vocabulary size", range=(1, MAX_ROWS), logarithmic=True, source="vocabulary"),
]
