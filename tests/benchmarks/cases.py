"""The networks that the engine's benchmark times, on the data they are meant for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine import (
    LSTM,
    SGD,
    Adam,
    Conv2D,
    Dataset,
    Dense,
    Embedding,
    Factorisation,
    Flatten,
    LayerNorm,
    Machine,
    MaxPool,
    Network,
    Positions,
    TransformerBlock,
    compile,
    load_dataset,
)
from tests.benchmarks.fused import FusedNetwork, Hidden
from tests.engine.networks import shaped_data

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


@dataclass(frozen=True)
class NetworkCase:
    """A row for a network of another kind, which is timed beside PyTorch alone.

    Attributes:
        name: of the row, and of the same network in `torch_networks`.
        batch, optimizer, dtype: of the step.
        least: the target: the engine's step rate over PyTorch's.
    """

    name: str
    batch: int
    optimizer: Literal["sgd", "adam"]
    dtype: DType
    least: float
    playground: bool = False

    def data(self) -> Dataset:
        return DATA[self.name]()

    def machine(self, data: Dataset) -> Machine:
        """The engine's program for this case, ready to run."""
        program = compile(NETWORKS[self.name](), data, self.batch, seed=0, dtype=self.dtype)
        return Machine(program)


VOCABULARY, TIME, USERS, ITEMS, RANK = 50, 32, 200, 300, 8


def _tokens() -> Dataset:
    """2,000 random sequences with a random class at four places in five."""
    return shaped_data((TIME,), ids=VOCABULARY, classes=VOCABULARY, places=TIME, samples=2668)


DATA: dict[str, Callable[[], Dataset]] = {
    "CNN 28×28": lambda: load_dataset("synthetic_images", samples=2000),
    "LSTM 64": _tokens,
    "Transformer 64": _tokens,
    "factorisation": lambda: shaped_data((2,), ids=USERS, samples=8000),
}
NETWORKS: dict[str, Callable[[], Network]] = {
    "CNN 28×28": lambda: Network(
        (28, 28, 1),
        [
            *(Conv2D(8, 3, "relu"), MaxPool(2), Conv2D(16, 3, "relu"), MaxPool(2)),
            *(Flatten(), Dense(10, "softmax")),
        ],
        "softmax_cross_entropy",
        Adam(0.001),
    ),
    "LSTM 64": lambda: Network(
        (TIME,),
        [Embedding(VOCABULARY, 32), LSTM(64), Dense(VOCABULARY, "softmax")],
        "softmax_cross_entropy",
        Adam(0.001),
    ),
    "Transformer 64": lambda: Network(
        (TIME,),
        [
            *(Embedding(VOCABULARY, 64), Positions()),
            *(TransformerBlock(4, 256), TransformerBlock(4, 256)),
            *(LayerNorm(), Dense(VOCABULARY, "softmax")),
        ],
        "softmax_cross_entropy",
        Adam(0.001),
    ),
    "factorisation": lambda: Network(
        (2,), [Factorisation((USERS, ITEMS), RANK)], "mean_squared_error", SGD(0.03)
    ),
}
NETWORK_CASES: tuple[NetworkCase, ...] = (
    NetworkCase("CNN 28×28", 32, "adam", "float32", 1.0),
    NetworkCase("CNN 28×28", 32, "adam", "float64", 1.0),
    NetworkCase("LSTM 64", 16, "adam", "float32", 1.0),
    NetworkCase("LSTM 64", 16, "adam", "float64", 1.7),
    NetworkCase("Transformer 64", 16, "adam", "float32", 1.3),
    NetworkCase("Transformer 64", 16, "adam", "float64", 1.3),
    NetworkCase("factorisation", 64, "sgd", "float32", 4.0),
    NetworkCase("factorisation", 64, "sgd", "float64", 4.0),
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
