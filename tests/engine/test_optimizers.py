"""Each update rule against its paper's recurrence, written out here a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop
from tests.engine.networks import circles_machine

Vector = NDArray[np.float64]
Rule = Iterator[Vector]
STEPS = 30


def sgd(theta: Vector, gradient: Callable[[], Vector]) -> Rule:
    while True:
        theta = theta - 0.1 * gradient()
        yield theta


def momentum(theta: Vector, gradient: Callable[[], Vector]) -> Rule:
    """Sutskever et al. 2013, equations 1 and 2."""
    v = np.zeros_like(theta)
    while True:
        v = 0.8 * v - 0.1 * gradient()
        theta = theta + v
        yield theta


def nesterov(theta: Vector, gradient: Callable[[], Vector]) -> Rule:
    """Sutskever et al. 2013, equations 3 and 4.

    There, `point` is updated with the gradient at point + μv; the engine's θ is that look-ahead
    point, at which `gradient` is taken.
    """
    point, v = theta.copy(), np.zeros_like(theta)
    while True:
        v = 0.8 * v - 0.1 * gradient()
        point = point + v
        yield point + 0.8 * v


def rmsprop(theta: Vector, gradient: Callable[[], Vector]) -> Rule:
    """Tieleman & Hinton 2012, lecture 6e, slide 29."""
    mean_square = np.zeros_like(theta)
    while True:
        g = gradient()
        mean_square = 0.7 * mean_square + 0.3 * g**2
        theta = theta - 0.01 * g / (np.sqrt(mean_square) + 1e-6)
        yield theta


def adagrad(theta: Vector, gradient: Callable[[], Vector]) -> Rule:
    """Duchi, Hazan, Singer 2011, with a diagonal matrix."""
    total = np.zeros_like(theta)
    while True:
        g = gradient()
        total = total + g * g
        theta = theta - 0.05 * g / (np.sqrt(total) + 1e-6)
        yield theta


def adam(theta: Vector, gradient: Callable[[], Vector], decay: float = 0.0) -> Rule:
    """Kingma & Ba 2015, algorithm 1; with decay, Loshchilov & Hutter 2019, algorithm 2."""
    m, v, t = np.zeros_like(theta), np.zeros_like(theta), 0
    while True:
        t, g = t + 1, gradient()
        m = 0.8 * m + (1 - 0.8) * g
        v = 0.95 * v + (1 - 0.95) * g**2
        m_hat, v_hat = m / (1 - 0.8**t), v / (1 - 0.95**t)
        theta = theta - 0.02 * (m_hat / (np.sqrt(v_hat) + 1e-6)) - 0.02 * decay * theta
        yield theta


CASES: dict[str, tuple[Optimizer, Callable[[Vector, Callable[[], Vector]], Rule]]] = {
    "sgd": (SGD(0.1), sgd),
    "momentum": (Momentum(0.1, 0.8), momentum),
    "nesterov": (Nesterov(0.1, 0.8), nesterov),
    "rmsprop": (RMSprop(0.01, 0.7, 1e-6), rmsprop),
    "adagrad": (Adagrad(0.05, 1e-6), adagrad),
    "adam": (Adam(0.02, 0.8, 0.95, 1e-6), adam),
    "adamw": (
        AdamW(0.02, 0.8, 0.95, 1e-6, 0.1),
        lambda theta, gradient: adam(theta, gradient, 0.1),
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_rule_follows_its_paper(kind: str) -> None:
    optimizer, rule = CASES[kind]
    machine = circles_machine(optimizer)
    expected = rule(machine.read("parameters"), lambda: machine.read("parameters.grad"))
    for _ in range(STEPS):
        machine.run(1)
        np.testing.assert_allclose(machine.read("parameters"), next(expected), rtol=1e-10)


def test_every_rule_is_checked() -> None:
    from engine import OPTIMIZERS

    assert set(CASES) == set(OPTIMIZERS)


def test_long_parameter_vectors_are_updated_block_by_block_alike() -> None:
    """Rules make several passes over blocks; the cut must not show in the numbers."""
    from engine.ops.base import BLOCK_BYTES
    from engine.optimizers import AdamStep, Average, AverageSquare

    rng = np.random.default_rng(0)
    size = 2 * BLOCK_BYTES // 8 + 17
    m, v, g = rng.normal(size=size), rng.uniform(0.1, 1, size), rng.normal(size=size)
    beta, out = np.array(0.9), np.empty(size)
    numbers = [np.array(x) for x in (0.01, 0.5, 0.25, 1e-8)]
    expected_m, expected_v = 0.9 * m + (1 - 0.9) * g, 0.9 * v + (1 - 0.9) * g**2
    calls = [
        *Average().kernel(m, m, beta, g),
        *AverageSquare().kernel(v, v, beta, g),
        *AdamStep().kernel(out, out, numbers[0], m, v, *numbers[1:]),
    ]
    for call in calls:
        call()
    np.testing.assert_allclose(m, expected_m, rtol=1e-12)
    np.testing.assert_allclose(v, expected_v, rtol=1e-12)
    np.testing.assert_allclose(out, -0.01 * (m / 0.5) / (np.sqrt(v / 0.25) + 1e-8), rtol=1e-12)


def test_update_buffers_hold_the_last_change() -> None:
    machine = circles_machine(Adam(0.02))
    machine.run(5)
    before = machine.read("dense1/W")
    machine.run(1)
    np.testing.assert_array_equal(
        machine.read("dense1/W"), before + machine.read("dense1/W.update")
    )


def test_l1_brings_weights_to_exactly_zero_and_keeps_them_there() -> None:
    machine = circles_machine(SGD(0.1), l1=0.05)
    machine.run(2000)
    zero = machine.read("dense1/W") == 0
    assert zero.any()
    assert np.isfinite(machine.read("loss/L"))
    machine.write("dense1/l1", 0.0)
    machine.run(50)
    assert not (machine.read("dense1/W")[zero] == 0).all()


def test_without_a_gradient_l1_holds_every_weight_at_zero() -> None:
    machine = circles_machine(SGD(0.1), l1=10.0)
    machine.run(200)
    assert (machine.read("dense1/W") == 0).all()
    machine.run(200)
    assert (machine.read("dense1/W") == 0).all()
