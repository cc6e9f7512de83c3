"""The networks that the engine's benchmark times, on the data they are meant for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine import SGD, Adam, Dataset, Dense, Machine, Network, compile, load_dataset
from tests.benchmarks.fused import FusedNetwork, Hidden

DType = Literal["float64", "float32"]


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: sizes as written in the table.
        sizes: units from the inputs to the outputs.
        hidden: activation of the hidden layers; the output is a sigmoid (1 unit) or a softmax.
        dataset, samples: what it is trained on; None for a set of fixed size.
        batch, optimizer, rate, dtype: of the step.
        playground: a network of the size one plays with; its targets are stricter.
    """

    name: str
    sizes: tuple[int, ...]
    hidden: Hidden
    dataset: str
    batch: int
    optimizer: Literal["sgd", "adam"]
    dtype: DType = "float64"
    samples: int | None = None
    playground: bool = False

    @property
    def rate(self) -> float:
        return 0.001 if self.optimizer == "adam" else 0.03

    def data(self) -> Dataset:
        return load_dataset(self.dataset, samples=self.samples)

    def machine(self, data: Dataset, dtype: DType | None = None) -> Machine:
        """The engine's program for this case, ready to run."""
        single = self.sizes[-1] == 1
        layers = [Dense(units, self.hidden) for units in self.sizes[1:-1]]
        layers.append(Dense(self.sizes[-1], "sigmoid" if single else "softmax"))
        network = Network(
            inputs=self.sizes[0],
            layers=layers,
            loss="binary_cross_entropy" if single else "softmax_cross_entropy",
            optimizer=Adam(self.rate) if self.optimizer == "adam" else SGD(self.rate),
        )
        program = compile(network, data, batch_size=self.batch, seed=0, dtype=dtype or self.dtype)
        return Machine(program)

    def fused(
        self, data: Dataset, parameters: NDArray[np.floating], dtype: DType | None = None
    ) -> FusedNetwork:
        """The same network by hand, from the same parameters."""
        kind = dtype or self.dtype
        return FusedNetwork(
            self.sizes,
            self.hidden,
            data.train.inputs.astype(kind),
            self.targets(data).astype(kind),
            parameters.astype(kind),
            batch=self.batch,
            optimizer=self.optimizer,
            rate=self.rate,
        )

    def targets(self, data: Dataset) -> NDArray[np.float64]:
        """(samples, outputs): 0 or 1 for one output, else one-hot."""
        return data.train.targets[:, 1:] if self.sizes[-1] == 1 else data.train.targets


CASES: tuple[Case, ...] = (
    Case("2-4-2-1", (2, 4, 2, 1), "tanh", "circles", 10, "sgd", playground=True),
    Case("2-8×6-1", (2, *(8,) * 6, 1), "tanh", "spirals", 30, "sgd", playground=True),
    Case("2-16×9-1", (2, *(16,) * 9, 1), "tanh", "spirals", 30, "sgd"),
    Case("64-32-16-10", (64, 32, 16, 10), "relu", "digits", 32, "adam"),
    Case("64-64-32-10", (64, 64, 32, 10), "relu", "digits", 32, "adam"),
    Case(
        "784-256-128-10",
        (784, 256, 128, 10),
        "relu",
        "synthetic_images",
        128,
        "adam",
        dtype="float32",
        samples=2000,
    ),
)


def difference(case: Case, data: Dataset, steps: int) -> float:
    """Largest difference of any parameter between the engine and the network by hand.

    Both start alike and get the same batches, in double precision whatever the case's own: what
    is compared is what they compute, not how it is rounded.
    """
    machine = case.machine(data, "float64")
    fused = case.fused(data, np.asarray(machine.read("parameters"), np.float64), "float64")
    for _ in range(steps):
        machine.run(1)
        fused.train(np.asarray(machine.read("input/batch"), np.int64))
    parameters = np.asarray(machine.read("parameters"), np.float64)
    return float(np.abs(parameters - fused.theta).max())
