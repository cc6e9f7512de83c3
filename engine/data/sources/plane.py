"""Generated sets of points in the plane, similar to those of TensorFlow Playground.

All points lie in [-3, 3]². For classification, `noise` is the standard deviation of a normal
displacement of every point, as a fraction of the spacing between neighbouring classes. The
docstring of each shape defines its spacing. At 0.1 the classes stay apart, and at 0.5 they mix. A
point that would leave the square is reflected at its edge. For regression, `noise` is the standard
deviation of a normal error of the target, whose clean values lie in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.data import features
from engine.data.assembly import Samples
from engine.data.dataset import Floats, Labels
from engine.data.options import CLASSES, NOISE, SEED, TEST_FRACTION, Settings, samples_option
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream

HALF_WIDTH = 3.0
DOMAIN = ((-HALF_WIDTH, HALF_WIDTH), (-HALF_WIDTH, HALF_WIDTH))
_RADIUS = 2.8
"""The distance from the centre to the outermost clean points. A little noise seldom moves a point
from there over the edge."""

Shape = Callable[[np.random.Generator, Labels, int], tuple[Floats, float]]
"""Maps (generator, labels (N,), number of classes) to clean points (N, 2) and the spacing."""

Surface = Callable[[Floats], Floats]
"""Maps points (N, 2) to clean target values (N,)."""


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def circles(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """A disc inside rings of equal width. The spacing is the distance from ring to ring."""
    width = _RADIUS / (classes + 0.4 * (classes - 1))
    pitch = 1.4 * width
    radius = labels * pitch + rng.uniform(0.0, width, len(labels))
    return _polar(radius, rng.uniform(0.0, 2 * np.pi, len(labels))), pitch


def xor(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """Class 1 if the coordinates have equal signs. The spacing is half the width of a quadrant."""
    size = rng.uniform(0.15, HALF_WIDTH - 0.1, (len(labels), 2))
    first = rng.choice([-1.0, 1.0], len(labels))
    second = np.where(labels == 1, first, -first)
    return size * np.stack([first, second], axis=1), HALF_WIDTH / 2


def gaussians(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """Normal clouds on a circle. The spacing is the distance between neighbouring centres.

    Without noise, the standard deviation of a cloud is 0.08 of the spacing.
    """
    radius = 1.7
    spacing = 2 * radius * float(np.sin(np.pi / classes))
    angle = np.pi / 4 + 2 * np.pi * labels / classes
    centres = _polar(np.full(len(labels), radius), angle)
    return centres + rng.normal(0.0, 0.08 * spacing, centres.shape), spacing


def spirals(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """Interleaved arms, 1.75 turns long if there are two. The spacing is that from arm to arm."""
    turns = max(3.5 / classes, 0.75)
    along = rng.uniform(0.05, 1.0, len(labels))
    angle = 2 * np.pi * (turns * along + labels / classes)
    return _polar(_RADIUS * along, angle), _RADIUS / (turns * classes)


def moons(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """Two interleaved half circles. The spacing is their radius."""
    radius = 1.8
    angle = rng.uniform(0.0, np.pi, len(labels))
    x = np.where(labels == 0, np.cos(angle), 1.0 - np.cos(angle)) - 0.5
    y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return radius * np.stack([x, y], axis=1), radius


def checkerboard(rng: np.random.Generator, labels: Labels, classes: int) -> tuple[Floats, float]:
    """Four by four cells, whose neighbours differ in class. The spacing is half a cell's width."""
    cells = 4
    width = 2 * HALF_WIDTH / cells
    column, row = np.divmod(np.arange(cells * cells), cells)
    cell_class = (column + (row if classes == 2 else 2 * row)) % classes
    chosen = np.empty(len(labels), dtype=np.int64)
    for label in range(classes):
        members = labels == label
        chosen[members] = rng.choice(np.flatnonzero(cell_class == label), int(members.sum()))
    corner = np.stack([column[chosen], row[chosen]], axis=1) * width - HALF_WIDTH
    return corner + rng.uniform(0.05 * width, 0.95 * width, corner.shape), width / 2


def plane(points: Floats) -> Floats:
    """y = (x1 + x2) / 6, which is -1 at one corner and 1 at the other."""
    values: Floats = points.sum(axis=1) / (2 * HALF_WIDTH)
    return values


def bumps(points: Floats) -> Floats:
    """Three Gaussian hills and three valleys of width 0.7, alternately in two rows."""
    centres = np.array([[x, y] for y in (1.5, -1.5) for x in (-2.0, 0.0, 2.0)])
    heights = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    squared = ((points[:, np.newaxis, :] - centres) ** 2).sum(axis=2)
    values: Floats = np.exp(-squared / (2 * 0.7**2)) @ heights
    return values


def fold(points: Floats) -> Floats:
    """Reflect points at the edges of [-3, 3] until they are inside. Clipping would pile them up."""
    period = 4 * HALF_WIDTH
    return HALF_WIDTH - np.abs((points + HALF_WIDTH) % period - 2 * HALF_WIDTH)


def _classification(name: str, shape: Shape) -> Callable[[Settings], Samples]:
    def make(settings: Settings) -> Samples:
        labels: Labels = np.arange(settings.samples, dtype=np.int64) % settings.classes
        clean, spacing = shape(stream(settings.seed, f"data/{name}"), labels, settings.classes)
        displacement = stream(settings.seed, f"data/{name}/noise").normal(size=clean.shape)
        return Samples(
            points=fold(clean + settings.noise * spacing * displacement),
            labels=labels,
            column_names=("x1", "x2"),
            class_names=tuple(f"class {label}" for label in range(settings.classes)),
            target_name="class",
        )

    return make


def _regression(name: str, surface: Surface) -> Callable[[Settings], Samples]:
    def make(settings: Settings) -> Samples:
        rng = stream(settings.seed, f"data/{name}")
        points = rng.uniform(-HALF_WIDTH, HALF_WIDTH, (settings.samples, 2))
        error = stream(settings.seed, f"data/{name}/noise").normal(size=settings.samples)
        return Samples(
            points=points,
            values=surface(points) + settings.noise * error,
            column_names=("x1", "x2"),
            target_name="y",
        )

    return make


def _info(name: str, title: str, class_counts: tuple[int, ...], about: str) -> DatasetInfo:
    classes = (CLASSES,) if len(class_counts) > 1 else ()
    return DatasetInfo(
        name=name,
        title=title,
        kind="plane",
        task="classification" if class_counts else "regression",
        options=(samples_option(), NOISE, *classes, TEST_FRACTION, SEED),
        features=features.available(2),
        default_features=("x1", "x2"),
        class_counts=class_counts,
        source="generated",
        licence="not needed",
        about=about,
    )


_ANY_COUNT = tuple(range(int(CLASSES.minimum), int(CLASSES.maximum) + 1))
"""The numbers of classes that the option offers."""
_CLASSIFICATIONS: tuple[tuple[str, str, Shape, tuple[int, ...], str], ...] = (
    (
        "circles",
        "Circles",
        circles,
        _ANY_COUNT,
        "A disc inside rings. No straight line separates them, but the squared coordinates do.",
    ),
    (
        "xor",
        "Exclusive or",
        xor,
        (2,),
        "Each class fills two opposite quadrants. Without a hidden layer, a network only guesses.",
    ),
    (
        "gaussians",
        "Gaussians",
        gaussians,
        _ANY_COUNT,
        "A round cloud of points for each class. With little noise, straight lines separate them.",
    ),
    (
        "spirals",
        "Spirals",
        spirals,
        _ANY_COUNT,
        "Arms wound into each other. The hardest of these sets: it takes width, depth and time.",
    ),
    (
        "moons",
        "Moons",
        moons,
        (2,),
        "Two half circles that interlock. A few hidden units can bend a boundary between them.",
    ),
    (
        "checkerboard",
        "Checkerboard",
        checkerboard,
        _ANY_COUNT,
        "Four by four cells, whose neighbours differ in class. Hidden units must form all edges.",
    ),
)
_REGRESSIONS: tuple[tuple[str, str, Surface, str], ...] = (
    (
        "plane",
        "Plane",
        plane,
        "Targets that rise evenly from one corner to the other. A single linear unit is enough.",
    ),
    (
        "bumps",
        "Gaussian bumps",
        bumps,
        "Three hills and three valleys of one size. A plane explains less than a tenth of them.",
    ),
)
RECIPES: tuple[Recipe, ...] = (
    *(
        Recipe(_info(n, t, k, a), _classification(n, f), DOMAIN)
        for n, t, f, k, a in _CLASSIFICATIONS
    ),
    *(Recipe(_info(n, t, (), a), _regression(n, f), DOMAIN) for n, t, f, a in _REGRESSIONS),
)
