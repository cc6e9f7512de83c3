"""Each update rule against its paper's recurrence, written out here a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Clamp,
    ClipNorm,
    ClipValue,
    Cosine,
    DescriptionError,
    Machine,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    StepDecay,
    Warmup,
    compile,  # noqa: A004
)
from tests.engine.networks import CIRCLES, circles_machine, circles_network

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
    from engine.ops.update import AdamStep, Average, AverageSquare
    from engine.tensors.arrays import BLOCK_BYTES

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


def _trained(steps: int, **changes: object) -> tuple[Machine, list[float]]:
    """A machine after so many steps, and the learning rates they had."""
    network = replace(circles_network(SGD(0.2)), **changes)  # type: ignore[arg-type]
    machine = Machine(compile(network, CIRCLES, batch_size=8))
    rates = []
    for _ in range(steps):
        machine.run(1)
        rates.append(float(machine.read("optimizer/learning_rate")))
    return machine, rates


def test_schedules_follow_their_formulas() -> None:
    _, rates = _trained(9, schedule=StepDecay(every=3, decay=0.5))
    np.testing.assert_allclose(rates, 0.2 * np.repeat([1, 0.5, 0.25], 3))
    _, rates = _trained(7, schedule=Cosine(steps=4, floor=0.1))
    half = (1 + np.cos(np.pi * np.minimum(np.arange(7), 4) / 4)) / 2
    np.testing.assert_allclose(rates, 0.2 * (0.1 + 0.9 * half))
    _, rates = _trained(8, schedule=Warmup(4, StepDecay(every=2, decay=0.1)))
    np.testing.assert_allclose(rates, [0.05, 0.1, 0.15, 0.2, 0.2, 0.2, 0.02, 0.02])


@pytest.mark.parametrize("kind", sorted(set(CASES) - {"momentum", "nesterov"}))
def test_every_rule_uses_the_scheduled_rate(kind: str) -> None:
    """At a rate of 0 nothing moves, but for what has momentum."""
    optimizer, _ = CASES[kind]
    network = replace(circles_network(optimizer), schedule=StepDecay(every=1, decay=0.0))
    machine = Machine(compile(network, CIRCLES, batch_size=8))
    machine.run(1)
    before = machine.read("parameters")
    machine.run(1)
    np.testing.assert_array_equal(machine.read("parameters"), before)


def test_the_learning_rate_stays_live_under_a_schedule() -> None:
    machine, _ = _trained(2, schedule=StepDecay(every=1, decay=0.5))
    machine.write("learning_rate", 8.0)
    machine.run(1)
    assert float(machine.read("optimizer/learning_rate")) == 2.0


def test_clipping_by_norm_keeps_the_direction() -> None:
    machine, _ = _trained(3, clipping=ClipNorm(0.01), schedule=StepDecay())
    g, clipped = machine.read("parameters.grad"), machine.read("parameters.clipped")
    assert np.linalg.norm(g) == pytest.approx(float(machine.read("optimizer/norm")))
    np.testing.assert_allclose(clipped, 0.01 * g / np.linalg.norm(g))
    np.testing.assert_allclose(machine.read("parameters.update"), -0.2 * clipped)
    machine.write("clip_norm", 1e6)
    machine.run(1)
    np.testing.assert_array_equal(
        machine.read("parameters.clipped"), machine.read("parameters.grad")
    )


def test_clipping_by_value_holds_every_number() -> None:
    machine, _ = _trained(3, clipping=ClipValue(0.001), schedule=StepDecay())
    np.testing.assert_array_equal(
        machine.read("parameters.clipped"), machine.read("parameters.grad").clip(-0.001, 0.001)
    )
    assert machine.read("dense1/W.clipped").shape == (2, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": 0.5}, "schedule: 0.5 is not a schedule such as Cosine(1000), or None"),
        ({"schedule": Cosine(0)}, "schedule.steps: 0 is not in 1..1000000000"),
        ({"schedule": Warmup(5, StepDecay(decay=2))}, "schedule.then.decay: 2 is not in 0..1"),
        ({"clipping": 1.0}, "clipping: 1.0 is not such as ClipNorm(1.0), or None"),
        ({"clipping": ClipValue(-1)}, "clipping.limit: -1 is not in 0..1e+09"),
    ],
)
def test_unusable_schedules_and_limits_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        replace(circles_network(), **changes)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.parametrize(("number", "value"), [(1, 0.0), (2, -1.0)])
def test_a_bias_correction_held_where_there_is_no_update_stops_the_run_there(
    number: int, value: float
) -> None:
    machine = circles_machine(Adam(0.01))
    machine.clamp([Clamp(f"optimizer/correction{number}", (), value)])
    assert machine.run(3) == 0
    assert machine.stopped is not None
    assert machine.stopped.buffer == "parameters.update"
