"""What an answer looks like."""

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
"""Why a gradient is zero that other numbers would have made non-zero."""

ZeroByStructure = Literal["unused", ZeroReason]
"""Why a gradient is zero whatever the numbers are."""

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
        kind: what is to blame, in a word.
        sentence: the same for a reader, with the numbers.
        path: from the element asked about along the factors to what is to blame; of many elements
            (samples, units) one stands for all.
        evidence: the numbers it rests on, by name.
    """

    kind: CauseKind
    sentence: str
    path: tuple[Link, ...]
    evidence: Mapping[str, float] = field(default_factory=dict)
