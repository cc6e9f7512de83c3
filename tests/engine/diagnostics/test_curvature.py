"""Sharpness against the Hessian itself; slices through the loss against the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import (
    RNN,
    SGD,
    Adam,
    Dense,
    DescriptionError,
    Machine,
    Network,
    compile,  # noqa: A004
    from_arrays,
    load_dataset,
)
from engine.diagnostics.curvature import (
    hessian_product,
    loss_along,
    loss_along_in_pieces,
    loss_plane,
    loss_plane_in_pieces,
    path_directions,
    random_direction,
    sharpness,
    sharpness_in_pieces,
)
from engine.diagnostics.gradcheck import gradient_check, gradient_check_in_pieces
from engine.history.timeline import Timeline
from engine.program.objective import Objective, Samples
from engine.program.pieces import Pieces, finish
from tests.engine.networks import all_state, circles_machine


def hessian(machine: Machine, samples: Samples) -> NDArray[np.float64]:
    """All second derivatives, one coordinate after the other."""
    objective = Objective(machine, samples)
    size = objective.theta.size
    columns = []
    for k in range(size):
        kept, pair = objective.theta[k], []
        for h in (1e-4, -1e-4):
            objective.theta[k] = kept + h
            pair.append(objective.gradient())
        objective.theta[k] = kept
        columns.append((pair[0] - pair[1]) / 2e-4)
    matrix = np.array(columns)
    return np.asarray((matrix + matrix.T) / 2)


def linear_machine(learning_rate: float) -> tuple[Machine, float]:
    """Least squares with a bias, and the sharpness of its loss, 2/n times that of (X 1)ᵀ(X 1)."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 3)) * [1.0, 2.0, 0.3]
    data = from_arrays(x, x @ [1.0, -1.0, 2.0], test_fraction=0.25, seed=0)
    network = Network(3, [Dense(1)], "mean_squared_error", SGD(learning_rate))
    machine = Machine(compile(network, data, batch_size=None))
    rows = np.column_stack([machine.view("data/x"), np.ones(machine.program.batch_size)])
    return machine, float(np.linalg.eigvalsh(2 / len(rows) * rows.T @ rows)[-1])


@pytest.mark.parametrize("samples", ["train", "batch"])
@pytest.mark.parametrize("steps", [0, 300])
def test_sharpness_is_the_largest_eigenvalue_of_the_hessian(samples: Samples, steps: int) -> None:
    machine = circles_machine(Adam(0.02), l2=0.01)
    machine.run(steps)
    before = all_state(machine)
    found = sharpness(machine, samples, tolerance=1e-6)
    matrix = hessian(machine, samples)
    values, vectors = np.linalg.eigh(matrix)
    assert found.value == pytest.approx(values[-1], rel=1e-5)
    assert found.error <= 1e-6 * found.value
    assert abs(found.direction @ vectors[:, -1]) == pytest.approx(1.0, abs=1e-4)
    assert found.products <= 25
    assert all_state(machine) == before


def test_truncation_in_time_does_not_change_the_sharpness_of_the_loss() -> None:
    data = load_dataset("price_direction")

    def machine(truncation: int | None) -> Machine:
        layers = [RNN(2, return_sequences=False, truncation=truncation), Dense(1, "sigmoid")]
        network = Network(data.input_shape, layers, "binary_cross_entropy", SGD(0.1))
        return Machine(compile(network, data))

    full, cut = machine(None), machine(1)
    before = all_state(cut)
    expected = float(np.linalg.eigvalsh(hessian(full, "batch")).max())
    assert sharpness(full, "batch").value == pytest.approx(expected, rel=1e-2)
    assert sharpness(cut, "batch").value == pytest.approx(expected, rel=1e-2)
    assert all_state(cut) == before
    np.testing.assert_allclose(
        Objective(cut, truncated=False).gradient(),
        Objective(full).gradient(),
        rtol=1e-9,
        atol=1e-15,
    )
    assert not np.allclose(Objective(cut).gradient(), Objective(full).gradient(), rtol=1e-3)


def test_the_largest_is_found_where_a_negative_one_is_larger_in_magnitude() -> None:
    for seed in range(30):
        machine = circles_machine(seed=seed)
        machine.write("parameters", 1.5 * machine.read("parameters"))
        values = np.linalg.eigvalsh(hessian(machine, "batch"))
        if -values[0] > 1.2 * values[-1]:
            found = sharpness(machine, "batch", tolerance=1e-6)
            assert found.value == pytest.approx(values[-1], rel=1e-4)
            return
    pytest.fail("no such network")


def test_the_hessian_of_least_squares_is_known() -> None:
    machine, expected = linear_machine(0.1)
    assert sharpness(machine, tolerance=1e-9).value == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("factor", "converges"), [(0.95, True), (1.05, False)])
def test_gradient_descent_is_stable_below_two_over_the_sharpness(
    factor: float, converges: bool
) -> None:
    _, known = linear_machine(0.1)
    machine, _ = linear_machine(factor * 2 / known)
    machine.run(400)
    assert (float(machine.read("loss/L")) < 1.0) is converges


def test_hessian_products_leave_the_parameters_alone() -> None:
    objective = Objective(circles_machine())
    theta = objective.theta.copy()
    hessian_product(objective, np.ones_like(theta))
    np.testing.assert_array_equal(objective.theta, theta)


def test_a_broken_network_has_no_sharpness() -> None:
    machine = circles_machine()
    machine.write("dense1/W", float("nan"), (0, 0))
    with pytest.raises(DescriptionError, match="finite"):
        sharpness(machine)


def test_the_line_along_the_last_update_passes_where_it_came_from() -> None:
    machine = circles_machine(SGD(0.5))
    timeline = Timeline(machine)
    timeline.run(10)
    now = Objective(machine, "train").loss()
    profile = loss_along(machine, points=9)
    timeline.back("step")
    before = Objective(machine, "train").loss()
    assert list(profile.positions) == [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert profile.losses[2] == now
    assert profile.losses[0] == pytest.approx(before, rel=1e-12)


def test_a_plane_has_the_losses_of_its_points_and_places_for_the_path() -> None:
    machine = circles_machine(SGD(0.5))
    timeline = Timeline(machine)
    path = []
    for _ in range(12):
        path.append(machine.read("parameters"))
        timeline.run(5)
    path.append(machine.read("parameters"))
    first, second = path_directions(path)
    plane = loss_plane(machine, first, second, points=5)
    assert plane.losses.shape == (5, 5)
    objective = Objective(machine, "train")
    assert plane.losses[2, 2] == objective.loss()
    objective.theta[...] += plane.xs[4] * first + plane.ys[1] * second
    assert plane.losses[1, 4] == pytest.approx(objective.loss(), rel=1e-12)
    places = plane.project(path)
    np.testing.assert_allclose(places[-1], 0, atol=1e-12)
    assert np.abs(places).max() == pytest.approx(1.0)
    np.testing.assert_allclose(
        plane.project([plane.origin + 0.3 * first - 0.7 * second]), [[0.3, -0.7]], atol=1e-12
    )


def test_in_pieces_the_machine_may_go_on_meanwhile() -> None:
    still, moving = circles_machine(SGD(0.5)), circles_machine(SGD(0.5))
    direction = np.ones(25)
    for machine in (still, moving):
        machine.run(10)
    makers: list[tuple[Any, Callable[[Machine], Pieces[Any]]]] = [
        (sharpness(still).value, sharpness_in_pieces),
        (
            loss_along(still, direction, points=5).losses,
            lambda m: loss_along_in_pieces(m, direction, points=5),
        ),
        (
            loss_plane(still, direction, -direction, points=3).losses,
            lambda m: loss_plane_in_pieces(m, direction, -direction, points=3),
        ),
        (gradient_check(still), gradient_check_in_pieces),
    ]
    before = moving.snapshot()
    for expected, make in makers:
        moving.restore(before)
        pieces = make(moving)
        next(pieces)
        moving.run(3)
        found = finish(pieces)
        values = getattr(found, "value", getattr(found, "losses", found))
        np.testing.assert_array_equal(values, expected)


def test_random_directions_are_as_long_as_each_units_weights() -> None:
    machine = circles_machine()
    direction = random_direction(machine, seed=4)
    w = machine.read("dense1/W")
    part = direction[: w.size].reshape(w.shape)
    np.testing.assert_allclose(np.linalg.norm(part, axis=0), np.linalg.norm(w, axis=0))
    assert not direction[w.size : w.size + 4].any()
    assert (random_direction(machine, seed=4) == direction).all()
    assert (random_direction(machine, seed=5) != direction).any()


def test_bad_slices_are_refused() -> None:
    machine = circles_machine()
    with pytest.raises(DescriptionError, match="direction: 'a vector that is zero or not finite'"):
        loss_along(machine)  # before the first update
    with pytest.raises(DescriptionError, match=r"first: \(3,\) is not of shape \(25,\)"):
        loss_plane(machine, [1, 2, 3], np.ones(25))
    with pytest.raises(DescriptionError, match="points: 1 is not at least 2"):
        loss_along(machine, np.ones(25), points=1)
    with pytest.raises(DescriptionError, match="path: 2 is not a path that extends"):
        path_directions([np.zeros(25), np.ones(25)])
