"""The options of data sets, with their ranges and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real

from engine.data.features import FEATURES
from engine.data.streams import MAX_SEED
from engine.errors import DescriptionError

Point = tuple[float, float]


@dataclass(frozen=True)
class Option:
    """An option whose value is a number.

    Attributes:
        name: keyword of `load_dataset`, e.g. ``samples``.
        minimum, maximum: the values allowed, both included.
        default: the value if none is given.
        integer: whether only whole numbers are allowed.
        title: its meaning for readers. The options below have none, because the page titles them.
    """

    name: str
    minimum: float
    maximum: float
    default: float
    integer: bool
    title: str = ""

    def check(self, value: object) -> float:
        """`value` as a number that this option allows.

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
    """An option whose value is one of a few words.

    Attributes:
        name: keyword of `load_dataset`, e.g. ``track``.
        words: the allowed words; the first is the default.
        title: its meaning for readers.
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
    """An option whose value is a text that the user supplies.

    Attributes:
        name: keyword of `load_dataset`.
        minimum, maximum: the numbers of characters allowed, both included.
        default: the text if none is given.
        title: its purpose for readers.
    """

    name: str
    minimum: int
    maximum: int
    default: str
    title: str

    def check(self, value: object) -> str:
        """`value` if it is a text of an allowed length.

        Raises:
            DescriptionError: it is not. The error gives the length instead of the text.
        """
        path, allowed = f"data.{self.name}", f"{self.minimum:,}..{self.maximum:,} characters"
        if not isinstance(value, str):
            raise DescriptionError(path, value, f"a text of {allowed}")
        if not self.minimum <= len(value) <= self.maximum:
            raise DescriptionError(path, f"{len(value):,} characters", f"a text of {allowed}")
        return value


@dataclass(frozen=True)
class Drawing:
    """An option whose value is a list of points (x, y) that the user draws.

    Attributes:
        name: keyword of `load_dataset`.
        minimum, maximum: the numbers of points allowed, both included.
        domain: (low, high) of x and of y.
        default: the points if none are given.
        title: its purpose for readers.
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
            DescriptionError: not a list of pairs of finite numbers in the domain, or of a length
                that is not allowed.
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
"""An option whose value the user supplies instead of choosing it."""


def samples_option(minimum: int = 20, maximum: int = 5000, default: int = 500) -> Option:
    """The option for the number of samples in both parts together."""
    return Option("samples", minimum, maximum, default, integer=True)


NOISE = Option("noise", 0.0, 0.5, 0.1, integer=False)
"""The amount of noise in a generated set. The module that generates the set defines its unit."""

CLASSES = Option("classes", 2, 6, 2, integer=True)
TEST_FRACTION = Option("test_fraction", 0.1, 0.9, 0.5, integer=False)
"""The share of the samples in the test part."""

SEED = Option("seed", 0, MAX_SEED, 0, integer=True)


@dataclass(frozen=True)
class Settings:
    """Checked values of options. A data set ignores the fields for which it has no option.

    Attributes:
        specific: the options that only some sets have, as pairs of a name and a checked value.
            Pairs can be hashed, and a dict cannot.
    """

    samples: int = 500
    noise: float = 0.1
    classes: int = 2
    test_fraction: float = 0.5
    seed: int = 0
    features: tuple[str, ...] = ()
    specific: tuple[tuple[str, object], ...] = ()

    def integer(self, name: str) -> int:
        value = dict(self.specific)[name]
        assert isinstance(value, int)
        return value

    def number(self, name: str) -> float:
        value = dict(self.specific)[name]
        assert isinstance(value, float)
        return value

    def word(self, name: str) -> str:
        value = dict(self.specific)[name]
        assert isinstance(value, str)
        return value

    def points(self, name: str) -> tuple[Point, ...]:
        value = dict(self.specific)[name]
        assert isinstance(value, tuple)
        return value


def check_features(value: object, allowed: Sequence[str]) -> tuple[str, ...]:
    """`value` as a tuple of distinct feature ids from `allowed`, in the order given.

    Raises:
        DescriptionError: no feature, one that is not allowed, or a repeated one.
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
