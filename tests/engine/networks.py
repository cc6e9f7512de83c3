"""Small networks and data sets that several tests use."""

from __future__ import annotations

from dataclasses import replace

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
    return machine.snapshot().block.tobytes() + machine.pc.to_bytes(4, "big")


def shaped_data(
    shape: tuple[int, ...],
    *,
    classes: int | None = None,
    places: int | None = None,
    ids: int | None = None,
    samples: int = 24,
    seed: int = 0,
) -> Dataset:
    """Random samples of any shape.

    Args:
        classes: of the labels; None for one target value.
        places: labels at so many places of each sample, every fifth of them -1, instead of one.
        ids: inputs are whole numbers below it instead of normal deviates.
    """
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    labels = np.arange(samples) % (classes or samples)
    known = labels if classes else rng.normal(size=samples)
    data = from_arrays(rng.normal(size=(samples, size)), known, test_fraction=0.25, seed=seed)
    parts = {}
    for name in ("train", "test"):
        split = getattr(data, name)
        inputs = split.inputs.reshape(-1, *shape)
        if ids is not None:
            inputs = rng.integers(0, ids, inputs.shape)
        changes: dict[str, object] = {"inputs": inputs}
        if places is not None:
            assert classes is not None
            marks = rng.integers(0, classes, (len(inputs), places))
            changes["labels"] = np.where(rng.random(marks.shape) < 0.2, -1, marks)
        parts[name] = replace(split, **changes)
    return replace(data, **parts)
