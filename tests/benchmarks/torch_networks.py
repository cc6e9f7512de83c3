"""The networks of `cases.NETWORKS` in eager PyTorch, as its users write them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from engine import Dataset
from tests.benchmarks.cases import ITEMS, RANK, TIME, USERS, VOCABULARY, NetworkCase
from tests.benchmarks.libraries import Run, installed

Build = Callable[[ModuleType], Any]


def torch_network_run(case: NetworkCase, data: Dataset) -> Run | None:
    """Steps in eager PyTorch on one thread, or None where it is not installed."""
    torch = installed("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = getattr(torch, case.dtype)
    model = MODELS[case.name](torch).to(kind)
    rule = torch.optim.Adam if case.optimizer == "adam" else torch.optim.SGD
    optimizer = rule(model.parameters(), lr=0.001)
    inputs = torch.tensor(data.train.inputs)
    if inputs.is_floating_point():
        inputs = inputs.to(kind).reshape(-1, 1, 28, 28)
    labels = data.train.labels
    values = data.train.targets.astype(case.dtype) if labels is None else labels
    targets = torch.tensor(np.asarray(values))

    def run(steps: int) -> None:
        for _ in range(steps):
            rows = torch.randint(0, len(inputs), (case.batch,))
            optimizer.zero_grad()
            _loss(torch, model(inputs[rows]), targets[rows]).backward()
            optimizer.step()

    return run


def _loss(torch: ModuleType, output: Any, targets: Any) -> Any:
    functional = torch.nn.functional
    if targets.is_floating_point():
        return functional.mse_loss(output, targets)
    classes = output.shape[-1]
    return functional.cross_entropy(
        output.reshape(-1, classes), targets.reshape(-1), ignore_index=-1
    )


def _convolutional(torch: ModuleType) -> Any:
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 10)),
    )


def _recurrent(torch: ModuleType) -> Any:
    nn = torch.nn

    class Recurrent(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, 32)
            self.lstm = nn.LSTM(32, 64, batch_first=True)
            self.output = nn.Linear(64, VOCABULARY)

        def forward(self, tokens: Any) -> Any:
            return self.output(self.lstm(self.embedding(tokens))[0])

    return Recurrent()


def _transformer(torch: ModuleType) -> Any:
    nn, width, heads = torch.nn, 64, 4

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.forward_part = nn.Sequential(
                nn.Linear(width, 256), nn.GELU(approximate="tanh"), nn.Linear(256, width)
            )

        def forward(self, x: Any) -> Any:
            shape = (len(x), -1, heads, width // heads)
            parts = self.qkv(self.norm1(x)).chunk(3, dim=2)
            q, k, v = (part.view(shape).transpose(1, 2) for part in parts)
            attention = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.output(attention.transpose(1, 2).reshape(x.shape))
            return x + self.forward_part(self.norm2(x))

    class Transformer(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, width)
            self.positions = nn.Parameter(0.1 * torch.randn(TIME, width))
            self.blocks = nn.Sequential(Block(), Block())
            self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, VOCABULARY)

        def forward(self, tokens: Any) -> Any:
            return self.output(self.norm(self.blocks(self.embedding(tokens) + self.positions)))

    return Transformer()


def _factorisation(torch: ModuleType) -> Any:
    nn = torch.nn

    class Factorisation(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.users, self.items = nn.Embedding(USERS, RANK), nn.Embedding(ITEMS, RANK)
            self.user_bias, self.item_bias = nn.Embedding(USERS, 1), nn.Embedding(ITEMS, 1)
            self.mean = nn.Parameter(torch.zeros(1))

        def forward(self, pairs: Any) -> Any:
            user, item = pairs[:, 0], pairs[:, 1]
            taste = (self.users(user) * self.items(item)).sum(dim=1, keepdim=True)
            return taste + self.user_bias(user) + self.item_bias(item) + self.mean

    return Factorisation()


MODELS: dict[str, Build] = {
    "CNN 28×28": _convolutional,
    "LSTM 64": _recurrent,
    "Transformer 64": _transformer,
    "factorisation": _factorisation,
}
