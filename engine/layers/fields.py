"""Fields of layers: what a reader is told of each, and which values a control offers.

A field's type carries its `FieldInfo`, as in ``units: Units``. Kinds that have the same field share
its type, so that it has one title and one range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from engine.layers.activation import ACTIVATIONS, elementwise_activations


@dataclass(frozen=True)
class FieldInfo:
    """A field in words.

    Attributes:
        title: what its control is called.
        choices: the words that it can be, asked for when they are needed; None where its type says
            what it can be.
    """

    title: str
    choices: Callable[[], tuple[str, ...]] | None = None


ActivationName = Annotated[str, FieldInfo("Activation", choices=lambda: tuple(ACTIVATIONS))]
StepActivationName = Annotated[str, FieldInfo("Activation", choices=elementwise_activations)]
