"""How parameters start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError

Draw = Callable[[np.random.Generator, tuple[int, ...], int, int, float], NDArray[np.float64]]


def _uniform(
    limit: Callable[[int, int, float], float],
) -> Draw:
    return lambda rng, shape, fan_in, fan_out, value: rng.uniform(
        -limit(fan_in, fan_out, value), limit(fan_in, fan_out, value), shape
    )


def _normal(
    deviation: Callable[[int, int, float], float],
) -> Draw:
    return lambda rng, shape, fan_in, fan_out, value: rng.normal(
        0.0, deviation(fan_in, fan_out, value), shape
    )


DRAWS: dict[str, Draw] = {
    "zeros": lambda rng, shape, fan_in, fan_out, value: np.zeros(shape),
    "constant": lambda rng, shape, fan_in, fan_out, value: np.full(shape, value),
    "uniform": _uniform(lambda fan_in, fan_out, value: value),
    "normal": _normal(lambda fan_in, fan_out, value: value),
    "glorot_uniform": _uniform(lambda fan_in, fan_out, value: value * sqrt(6 / (fan_in + fan_out))),
    "glorot_normal": _normal(lambda fan_in, fan_out, value: value * sqrt(2 / (fan_in + fan_out))),
    "he_uniform": _uniform(lambda fan_in, fan_out, value: value * sqrt(6 / fan_in)),
    "he_normal": _normal(lambda fan_in, fan_out, value: value * sqrt(2 / fan_in)),
    "lecun_uniform": _uniform(lambda fan_in, fan_out, value: value * sqrt(3 / fan_in)),
    "lecun_normal": _normal(lambda fan_in, fan_out, value: value * sqrt(1 / fan_in)),
}
"""Glorot & Bengio 2010, equation 16; He et al. 2015, equation 10; LeCun et al. 1998, equation 16.

The uniform ones have the same variance as the normal ones: limit = √3 · deviation.
"""

DEFAULT_VALUES = {"constant": 0.1, "uniform": 0.5, "normal": 0.1}


@dataclass(frozen=True)
class Initializer:
    """A rule for a parameter's first values.

    Attributes:
        kind: a name of `DRAWS`.
        value: the constant, the half-width of "uniform", the deviation of "normal", or a factor
            on the scale of the named rules; None for the default (0.1, 0.5, 0.1 and 1).
    """

    kind: str
    value: float | None = None

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> NDArray[np.float64]:
        """Values of `shape` for a parameter of a layer with so many inputs and outputs."""
        value = DEFAULT_VALUES.get(self.kind, 1.0) if self.value is None else self.value
        return DRAWS[self.kind](rng, shape, fan_in, fan_out, value)

    def check(self, path: str) -> None:
        """Raise DescriptionError for an unknown kind or a value that is not finite."""
        if self.kind not in DRAWS:
            raise DescriptionError(path, self.kind, f"one of {', '.join(DRAWS)}")
        if self.value is not None and not np.isfinite(self.value):
            raise DescriptionError(f"{path}.value", self.value, "a finite number")


def initializer(given: str | Initializer) -> Initializer:
    """The initializer of this name, or `given` itself."""
    return Initializer(given) if isinstance(given, str) else given
