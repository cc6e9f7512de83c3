"""What can be asked of a data set: its options with their ranges, and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real

from engine.data.features import FEATURES
from engine.data.streams import SEED_MAX
from engine.errors import DescriptionError

Point = tuple[float, float]


@dataclass(frozen=True)
class Option:
    """A number a data set can be asked for.

    Attributes:
        name: keyword of `load_dataset`, e.g. ``samples``.
        minimum, maximum: the values allowed, both included.
        default: the value if none is given.
        integer: only whole numbers are allowed.
        title: what it means, for readers; empty for those of the constants below.
    """

    name: str
    minimum: float
    maximum: float
    default: float
    integer: bool
    title: str = ""

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


@dataclass(frozen=True)
class Choice:
    """One of a few words a data set can be asked for.

    Attributes:
        name: keyword of `load_dataset`, e.g. ``track``.
        words: those allowed; the first is the default.
        title: what it means, for readers.
    """

    name: str
    words: tuple[str, ...]
    title: str

    @property
    def default(self) -> str:
        return self.words[0]

    def check(self, value: object) -> str:
        """`value` if it is one of the words.

        Raises:
            DescriptionError: it is not.
        """
        if not isinstance(value, str) or value not in self.words:
            raise DescriptionError(f"data.{self.name}", value, f"one of {', '.join(self.words)}")
        return value


@dataclass(frozen=True)
class Text:
    """A text the user brings.

    Attributes:
        name: keyword of `load_dataset`.
        minimum, maximum: how many characters are allowed, both included.
        default: the text if none is given.
        title: what it is for, for readers.
    """

    name: str
    minimum: int
    maximum: int
    default: str
    title: str

    def check(self, value: object) -> str:
        """`value` if it is a text of such a length.

        Raises:
            DescriptionError: it is not; the error's value is the length, not the text.
        """
        path, allowed = f"data.{self.name}", f"{self.minimum:,}..{self.maximum:,} characters"
        if not isinstance(value, str):
            raise DescriptionError(path, value, f"a text of {allowed}")
        if not self.minimum <= len(value) <= self.maximum:
            raise DescriptionError(path, f"{len(value):,} characters", f"a text of {allowed}")
        return value


@dataclass(frozen=True)
class Drawing:
    """Points (x, y) the user draws.

    Attributes:
        name: keyword of `load_dataset`.
        minimum, maximum: how many points are allowed, both included.
        domain: (low, high) of x and of y.
        default: the points if none are given.
        title: what it is for, for readers.
    """

    name: str
    minimum: int
    maximum: int
    domain: tuple[Point, Point]
    default: tuple[Point, ...]
    title: str

    def check(self, value: object) -> tuple[Point, ...]:
        """`value` as pairs of numbers.

        Raises:
            DescriptionError: not a list of that many pairs of finite numbers in the domain.
        """
        path = f"data.{self.name}"
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise DescriptionError(path, value, "a list of points [x, y]")
        if not self.minimum <= len(value) <= self.maximum:
            expected = f"a list of {self.minimum}..{self.maximum} points [x, y]"
            raise DescriptionError(path, f"{len(value)} points", expected)
        return tuple(self._point(f"{path}[{row}]", point) for row, point in enumerate(value))

    def _point(self, path: str, point: object) -> Point:
        if isinstance(point, str) or not isinstance(point, Sequence) or len(point) != 2:
            raise DescriptionError(path, point, "a point [x, y]")
        for axis, (number, (low, high)) in enumerate(zip(point, self.domain, strict=True)):
            real = isinstance(number, Real) and not isinstance(number, bool)
            if not real or not isfinite(number) or not low <= number <= high:
                raise DescriptionError(f"{path}[{axis}]", number, f"in {low:g}..{high:g}")
        return float(point[0]), float(point[1])


Content = Text | Drawing
"""What the user brings to a data set, instead of choosing it."""


def samples_option(minimum: int = 20, maximum: int = 5000, default: int = 500) -> Option:
    """Total number of samples, training and test part together."""
    return Option("samples", minimum, maximum, default, integer=True)


NOISE = Option("noise", 0.0, 0.5, 0.1, integer=False)
"""How noisy a generated set is; what 0.5 means is said where each set is generated."""

CLASSES = Option("classes", 2, 6, 2, integer=True)
TEST_FRACTION = Option("test_fraction", 0.1, 0.9, 0.5, integer=False)
"""The share of the samples set aside for testing."""

SEED = Option("seed", 0, SEED_MAX, 0, integer=True)


@dataclass(frozen=True)
class Settings:
    """Validated options. Those that do not apply to a set keep these values and are not read.

    Attributes:
        own: what only some sets have: pairs of a name and a value, of the type that the option's
            `check` returns. Pairs, so that settings can be hashed.
    """

    samples: int = 500
    noise: float = 0.1
    classes: int = 2
    test_fraction: float = 0.5
    seed: int = 0
    features: tuple[str, ...] = ()
    own: tuple[tuple[str, object], ...] = ()

    def whole(self, name: str) -> int:
        value = dict(self.own)[name]
        assert isinstance(value, int)
        return value

    def number(self, name: str) -> float:
        value = dict(self.own)[name]
        assert isinstance(value, float)
        return value

    def word(self, name: str) -> str:
        value = dict(self.own)[name]
        assert isinstance(value, str)
        return value

    def points(self, name: str) -> tuple[Point, ...]:
        value = dict(self.own)[name]
        assert isinstance(value, tuple)
        return value


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
