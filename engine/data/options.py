"""What can be asked of a data set: its options with their ranges, and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

from engine.data.features import FEATURES
from engine.data.streams import SEED_MAX
from engine.errors import DescriptionError


@dataclass(frozen=True)
class Option:
    """A number a data set can be asked for.

    Attributes:
        name: keyword of `load_dataset`, e.g. ``samples``.
        minimum, maximum: the values allowed, both included.
        default: the value if none is given.
        integer: only whole numbers are allowed.
    """

    name: str
    minimum: float
    maximum: float
    default: float
    integer: bool

    def check(self, value: object) -> float:
        """`value` as a number of this option.

        Raises:
            DescriptionError: not a number, not whole where it must be, or out of range.
        """
        low, high = f"{self.minimum:g}", f"{self.maximum:g}"
        if self.integer:
            low, high = str(int(self.minimum)), str(int(self.maximum))
        kind = Integral if self.integer else Real
        path = f"data.{self.name}"
        if isinstance(value, bool) or not isinstance(value, kind):
            noun = "a whole number" if self.integer else "a number"
            raise DescriptionError(path, value, f"{noun} in {low}..{high}")
        number = float(value)
        if not self.minimum <= number <= self.maximum:
            raise DescriptionError(path, value, f"in {low}..{high}")
        return int(number) if self.integer else number


def samples_option(minimum: int = 20, maximum: int = 5000) -> Option:
    """Total number of samples, training and test part together."""
    return Option("samples", minimum, maximum, 500, integer=True)


NOISE = Option("noise", 0.0, 0.5, 0.1, integer=False)
"""How noisy a generated set is; what 0.5 means is said where each set is generated."""

CLASSES = Option("classes", 2, 6, 2, integer=True)
TEST_FRACTION = Option("test_fraction", 0.1, 0.9, 0.5, integer=False)
"""The share of the samples set aside for testing."""

SEED = Option("seed", 0, SEED_MAX, 0, integer=True)


@dataclass(frozen=True)
class Settings:
    """Validated options. Those that do not apply to a set keep these values and are not read."""

    samples: int = 500
    noise: float = 0.1
    classes: int = 2
    test_fraction: float = 0.5
    seed: int = 0
    features: tuple[str, ...] = field(default=())


def check_features(value: object, allowed: Sequence[str]) -> tuple[str, ...]:
    """`value` as a tuple of distinct feature ids out of `allowed`, in the order given.

    Raises:
        DescriptionError: empty, unknown (or of a coordinate the set does not have), or repeated.
    """
    among = f"one of {', '.join(allowed)}"
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise DescriptionError("data.features", value, f"a list of at least {among}")
    for index, name in enumerate(value):
        path = f"data.features[{index}]"
        if not isinstance(name, str) or name not in FEATURES or name not in allowed:
            raise DescriptionError(path, name, among)
        if name in value[:index]:
            raise DescriptionError(path, name, "different from the features before it")
    return tuple(value)
