"""The answer to why a gradient is as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.formula import Link
from engine.ops.base import StopKind, ZeroReason

ZeroByValue = Literal[
    StopKind,
    "clamped",
    "zero_weights",
    "zero_input",
    "zero_factor",
    "no_error",
    "cancelling",
]
"""Causes of a zero that depend on the numbers."""

ZeroByStructure = Literal["unused", ZeroReason]
"""Causes of a zero that do not depend on the numbers."""

CauseKind = Literal[
    "healthy",
    ZeroByValue,
    ZeroByStructure,
    "symmetric",
    "vanishing",
    "small_weights",
    "small_input",
    "small_activation",
    "small_error",
    "small_factor",
    "exploding",
    "large_weights",
    "large_input",
    "large_activation",
    "large_error",
    "large_factor",
    "non_finite",
]


@dataclass(frozen=True)
class Cause:
    """Why a gradient is as it is.

    Attributes:
        kind: the cause, in a word.
        sentence: the cause as a sentence with numbers.
        path: from the element in question along the factors to the cause; one element stands for
            all samples or units.
        evidence: the numbers that show it, by name.
    """

    kind: CauseKind
    sentence: str
    path: tuple[Link, ...]
    evidence: Mapping[str, float] = field(default_factory=dict)
