"""Small networks and data sets that several tests use."""

from __future__ import annotations

import numpy as np

from engine import (
    SGD,
    Dataset,
    Dense,
    Machine,
    Network,
    Optimizer,
    compile,  # noqa: A004
    from_arrays,
    load_dataset,
)

CIRCLES = load_dataset("circles", samples=100, noise=0.1, test_fraction=0.5, seed=0)


def circles_network(optimizer: Optimizer | None = None, **layer: float) -> Network:
    """2-4-2-1 with tanh; keyword arguments go to the hidden layers."""
    return Network(
        inputs=2,
        layers=[Dense(4, "tanh", **layer), Dense(2, "tanh", **layer), Dense(1, "sigmoid")],  # type: ignore[arg-type]
        loss="binary_cross_entropy",
        optimizer=optimizer or SGD(0.1),
    )


def circles_machine(
    optimizer: Optimizer | None = None, *, seed: int = 0, **layer: float
) -> Machine:
    return Machine(compile(circles_network(optimizer, **layer), CIRCLES, batch_size=8, seed=seed))


def random_data(samples: int, inputs: int, classes: int | None, *, seed: int = 0) -> Dataset:
    """Random inputs with random labels, or with random numbers where `classes` is None."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, inputs))
    targets = rng.normal(size=samples) if classes is None else np.arange(samples) % classes
    return from_arrays(x, targets, test_fraction=0.2, seed=seed)


def all_state(machine: Machine) -> bytes:
    """Everything the machine can change, as bytes."""
    return machine.snapshot().block.tobytes() + bytes([machine.pc])
