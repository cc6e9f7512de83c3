"""The same training steps by PyTorch (eager) and scikit-learn, as their users write them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from engine import Dataset
from tests.benchmarks.cases import Case

Run = Callable[[int], object]


def installed(name: str) -> ModuleType | None:
    """The module of that name, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def torch_run(case: Case, data: Dataset) -> Run | None:
    """Steps in eager PyTorch on one thread, or None where it is not installed."""
    torch = installed("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind, single = getattr(torch, case.dtype), case.sizes[-1] == 1
    modules = []
    for fan_in, units in zip(case.sizes, case.sizes[1:], strict=False):
        modules += [torch.nn.Linear(fan_in, units, dtype=kind)]
        modules += [torch.nn.Tanh() if case.hidden == "tanh" else torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    criterion = torch.nn.BCEWithLogitsLoss() if single else torch.nn.CrossEntropyLoss()
    rule = torch.optim.Adam if case.optimizer == "adam" else torch.optim.SGD
    optimizer = rule(model.parameters(), lr=case.rate)
    inputs = torch.tensor(data.train.inputs, dtype=kind)
    labels = torch.tensor(data.train.labels)
    targets = labels[:, None].to(kind) if single else labels

    def batches() -> Iterator[object]:
        while True:
            order = torch.randperm(len(inputs))
            yield from order.split(case.batch)[: len(inputs) // case.batch]

    source = batches()

    def run(steps: int) -> None:
        for _ in range(steps):
            rows = next(source)
            optimizer.zero_grad()
            criterion(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()

    return run


def sklearn_run(case: Case, data: Dataset) -> Run | None:
    """Steps by scikit-learn's `partial_fit`, or None where it is not installed."""
    networks = installed("sklearn.neural_network")
    if networks is None or data.train.labels is None:
        return None
    model = networks.MLPClassifier(
        case.sizes[1:-1],
        activation=case.hidden,
        solver=case.optimizer,
        alpha=0.0,
        batch_size=case.batch,
        learning_rate_init=case.rate,
        momentum=0.0,
        random_state=0,
    )
    inputs, labels = data.train.inputs.astype(case.dtype), data.train.labels
    classes = np.unique(labels)
    source = _batches(len(inputs), case.batch)

    def run(steps: int) -> None:
        for _ in range(steps):
            rows = next(source)
            model.partial_fit(inputs[rows], labels[rows], classes=classes)

    return run


def _batches(samples: int, batch: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    while True:
        order = rng.permutation(samples)
        yield from (order[i * batch : (i + 1) * batch] for i in range(samples // batch))
