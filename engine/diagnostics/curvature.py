"""The shape of the loss around the parameters: its sharpness, and slices through it.

All is computed in double precision, on the training set or the machine's present batch
(`engine.program.objective.Samples`); the machine is left unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import DescriptionError
from engine.program.machine import Machine
from engine.program.objective import Objective, Samples, Vector
from engine.program.pieces import Pieces, finish

STEP = 1e-5
"""The step of gradient differences along a direction of length 1, in units of max(1, ‖θ‖); see
`engine.diagnostics.gradcheck.STEP`."""


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The largest eigenvalue of the Hessian of the loss.

    Gradient descent with a learning rate above 2/value moves away from a minimum along
    `direction` (Cohen et al. 2021, Gradient Descent on Neural Networks Typically Occurs at the
    Edge of Stability, section 2).

    Attributes:
        value: the eigenvalue; negative if the loss curves downwards everywhere.
        error: an eigenvalue lies within this distance of `value`.
        direction: (parameters,), of length 1, along which the loss curves most.
        products: the number of Hessian-vector products, each of two gradients.
    """

    value: float
    error: float
    direction: Vector
    products: int


def sharpness(
    machine: Machine,
    samples: Samples = "train",
    *,
    tolerance: float = 1e-3,
    products: int = 40,
    seed: int = 0,
) -> Sharpness:
    """The largest eigenvalue of the Hessian of the loss, by the Lanczos method.

    The gradient is not truncated in time here, even if that of the machine is: the differences of
    a truncated one are no second derivatives of the loss.

    Lanczos is power iteration that uses all vectors on its way (Golub & Van Loan, Matrix
    Computations, section 10.1): it needs a fraction of the products, and finds the largest
    eigenvalue even if a negative one is larger in magnitude.

    Args:
        tolerance: the error, relative to the value, at which to stop.
        products: the greatest number of Hessian-vector products.
        seed: the seed of the first direction.

    Raises:
        DescriptionError: the machine does not train, or its gradient is not finite.
    """
    pieces = sharpness_in_pieces(
        machine, samples, tolerance=tolerance, products=products, seed=seed
    )
    return finish(pieces)


def sharpness_in_pieces(
    machine: Machine,
    samples: Samples = "train",
    *,
    tolerance: float = 1e-3,
    products: int = 40,
    seed: int = 0,
) -> Pieces[Sharpness]:
    """As `sharpness`; a piece is one Hessian-vector product."""
    objective = Objective(machine, samples, truncated=False)
    size = objective.theta.size
    direction = np.random.default_rng(seed).normal(size=size)
    basis = [direction / np.linalg.norm(direction)]
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    while True:
        yield
        product = hessian_product(objective, basis[-1])
        if not np.isfinite(product).all():
            raise DescriptionError("parameters", "the gradient", "finite here")
        diagonal.append(float(product @ basis[-1]))
        for _ in range(2):  # twice is enough (Parlett, The Symmetric Eigenvalue Problem, 6-9)
            for vector in basis:
                product -= (product @ vector) * vector
        length = float(np.linalg.norm(product))
        value, weights = _largest_eigenpair(diagonal, off_diagonal)
        error = length * abs(float(weights[-1]))
        done = error <= tolerance * abs(value) or len(basis) == min(products, size)
        if done or length == 0.0:
            break
        off_diagonal.append(length)
        basis.append(product / length)
    top = np.einsum("i,ij->j", weights, np.array(basis))
    return Sharpness(value, error, top / np.linalg.norm(top), len(basis))


def _largest_eigenpair(diagonal: list[float], off_diagonal: list[float]) -> tuple[float, Vector]:
    """The largest eigenvalue of a symmetric tridiagonal matrix, and its eigenvector."""
    matrix = np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1)
    values, vectors = np.linalg.eigh(matrix)
    return float(values[-1]), vectors[:, -1]


def hessian_product(objective: Objective, direction: Vector) -> Vector:
    """The Hessian at `objective.theta` times a direction, by a central difference of gradients."""
    theta = objective.theta.copy()
    h = STEP * max(1.0, float(np.linalg.norm(theta))) / float(np.linalg.norm(direction))
    try:
        objective.theta[...] = theta + h * direction
        above = objective.gradient()
        objective.theta[...] = theta - h * direction
        return (above - objective.gradient()) / (2 * h)
    finally:
        objective.theta[...] = theta


# Slices ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Profile:
    """The loss along a line: losses[i] at θ + positions[i] · direction."""

    positions: Vector
    losses: Vector
    direction: Vector


@dataclass(frozen=True, eq=False)
class Plane:
    """The loss on a plane: losses[j, i] at origin + xs[i] · first + ys[j] · second."""

    xs: Vector
    ys: Vector
    losses: Vector
    origin: Vector
    first: Vector
    second: Vector

    def project(self, path: ArrayLike) -> Vector:
        """The x and y (points, 2) of the point on the plane that is nearest to each θ in `path`."""
        offsets = np.atleast_2d(np.asarray(path, dtype=np.float64)) - self.origin
        axes = np.stack([self.first, self.second], axis=1)
        return np.asarray(np.linalg.lstsq(axes, offsets.T, rcond=None)[0].T)


def loss_along(
    machine: Machine,
    direction: ArrayLike | None = None,
    samples: Samples = "train",
    *,
    span: tuple[float, float] = (-1.0, 3.0),
    points: int = 41,
) -> Profile:
    """The loss along a direction through the present parameters, which are at position 0.

    Args:
        direction: (parameters,), or None for the last update, which led from −1 to 0.
        span: the first and the last position, in lengths of the direction.

    Raises:
        DescriptionError: the direction is zero or of the wrong size, or there are too few points.
    """
    return finish(loss_along_in_pieces(machine, direction, samples, span=span, points=points))


def loss_along_in_pieces(
    machine: Machine,
    direction: ArrayLike | None = None,
    samples: Samples = "train",
    *,
    span: tuple[float, float] = (-1.0, 3.0),
    points: int = 41,
) -> Pieces[Profile]:
    """As `loss_along`; a piece is one evaluation of the loss."""
    objective = Objective(machine, samples)
    along = _direction(
        "direction", last_update(machine) if direction is None else direction, machine
    )
    positions = _positions("points", span, points)
    origin = objective.theta.copy()
    losses = []
    for position in positions:
        yield
        objective.theta[...] = origin + position * along
        losses.append(objective.loss())
    return Profile(positions, np.array(losses), along)


def loss_plane(
    machine: Machine,
    first: ArrayLike,
    second: ArrayLike,
    samples: Samples = "train",
    *,
    spans: tuple[tuple[float, float], tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0)),
    points: int = 25,
) -> Plane:
    """The loss on the plane through the present parameters along two directions.

    Args:
        first, second: (parameters,) each, see `random_direction` and `path_directions`.
        spans: the first and the last position along each, in lengths of that direction.
        points: the number of points along each, so the loss is computed points² times.

    Raises:
        DescriptionError: as `loss_along`.
    """
    return finish(loss_plane_in_pieces(machine, first, second, samples, spans=spans, points=points))


def loss_plane_in_pieces(
    machine: Machine,
    first: ArrayLike,
    second: ArrayLike,
    samples: Samples = "train",
    *,
    spans: tuple[tuple[float, float], tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0)),
    points: int = 25,
) -> Pieces[Plane]:
    """As `loss_plane`; a piece is one evaluation of the loss."""
    objective = Objective(machine, samples)
    across, up = _direction("first", first, machine), _direction("second", second, machine)
    xs, ys = (_positions("points", span, points) for span in spans)
    origin = objective.theta.copy()
    losses = np.empty((points, points))
    for j, y in enumerate(ys):
        for i, x in enumerate(xs):
            yield
            objective.theta[...] = origin + x * across + y * up
            losses[j, i] = objective.loss()
    return Plane(xs, ys, losses, origin, across, up)


def last_update(machine: Machine) -> Vector:
    """The last update Δ of all parameters."""
    return machine.read("parameters.update").astype(np.float64)


def random_direction(machine: Machine, seed: int = 0) -> Vector:
    """A random direction that has, for each unit, the norm of the unit's weights.

    Otherwise a slice would show mostly the scale of the weights. Biases do not change (Li, Xu,
    Taylor, Studer, Goldstein 2018, Visualizing the Loss Landscape of Neural Nets, section 4).
    """
    rng = np.random.default_rng(seed)
    parts = []
    for parameter in machine.program.parameters:
        w = machine.read(parameter.tensor.name).astype(np.float64)
        part = np.zeros_like(w)
        if w.ndim > 1:
            part = rng.normal(size=w.shape)
            others = tuple(range(w.ndim - 1))
            part *= np.sqrt((w**2).sum(others) / (part**2).sum(others))
        parts.append(part.reshape(-1))
    return np.concatenate(parts)


def path_directions(path: Sequence[ArrayLike]) -> tuple[Vector, Vector]:
    """The two directions in which a path of parameters extends most, with its extents as lengths.

    They are principal components of the path relative to its end (Li et al. 2018, section 7).

    Raises:
        DescriptionError: the path does not extend in two directions.
    """
    points = np.array([np.asarray(theta, dtype=np.float64) for theta in path])
    offsets = points - points[-1]
    _, lengths, directions = np.linalg.svd(offsets, full_matrices=False)
    if len(lengths) < 2 or lengths[1] <= 1e-9 * lengths[0]:
        raise DescriptionError("path", len(points), "a path that extends in two directions")
    first, second = (direction * np.abs(offsets @ direction).max() for direction in directions[:2])
    return first, second


def _direction(path: str, direction: ArrayLike, machine: Machine) -> Vector:
    given = np.asarray(direction, dtype=np.float64)
    shape = machine.program.buffers["parameters"].shape
    if given.shape != shape:
        raise DescriptionError(path, given.shape, f"of shape {shape}")
    if not (np.isfinite(given).all() and given.any()):
        raise DescriptionError(path, "a vector that is zero or not finite", "a direction")
    return given


def _positions(path: str, span: tuple[float, float], points: int) -> Vector:
    if points < 2:
        raise DescriptionError(path, points, "at least 2")
    return np.linspace(*span, points)
