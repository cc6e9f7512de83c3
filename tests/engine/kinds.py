"""One small network of every kind, with all that draws, follows or changes from step to step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine import (
    GRU,
    LSTM,
    RNN,
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    ClipNorm,
    ClipValue,
    Concatenate,
    Conv1D,
    Conv2D,
    Cosine,
    Dense,
    Embedding,
    Factorisation,
    FieldEmbedding,
    Flatten,
    GlobalAveragePool,
    Layer,
    LayerNorm,
    Machine,
    MaxPool,
    Momentum,
    Network,
    Noise,
    Positions,
    Residual,
    StepDecay,
    TransformerBlock,
    TransposedConv2D,
    Unembedding,
    Warmup,
    compile,  # noqa: A004
)
from engine.program.compiler import DType
from tests.engine.networks import shaped_data

CLASSES: Final = "softmax_cross_entropy"
TOKENS = 7


def _machine(network: Network, *, dtype: DType = "float64", seed: int = 1, **data: int) -> Machine:
    samples = shaped_data(network.input_shape, **data)
    return Machine(compile(network, samples, batch_size=4, seed=seed, dtype=dtype))


def _images() -> Network:
    layers: list[Layer] = [
        Conv2D(4, 3, "relu", padding="same"),
        BatchNorm(),
        MaxPool(2),
        Conv2D(4, 2, "tanh", stride=2, groups=2, l2=0.01),
        Flatten(),
        Dense(5, "relu", dropout=0.3),
        Dense(3, "softmax"),
    ]
    return Network((6, 6, 2), layers, CLASSES, Adam(0.01), schedule=Warmup(3, Cosine(20)))


def _lstm() -> Network:
    layers: list[Layer] = [Embedding(TOKENS, 3), LSTM(4), Dense(TOKENS, "softmax")]
    return Network((5,), layers, CLASSES, Adam(0.02), clipping=ClipNorm(0.5))


def _gru() -> Network:
    both = GRU(3, bidirectional=True)
    layers: list[Layer] = [both, GRU(2, return_sequences=False, l2=0.01), Dense(1)]
    return Network((5, 2), layers, "mean_squared_error", SGD(0.05), clipping=ClipValue(0.01))


def _truncated() -> Network:
    layers: list[Layer] = [LSTM(2, truncation=2), GRU(2, truncation=3), RNN(2, truncation=1)]
    return Network((5, 2), [*layers, Flatten(), Dense(1)], "huber", Adam(0.02))


def _sequences() -> Network:
    layers: list[Layer] = [
        Conv1D(3, 3, "swish", padding=1, dilation=1),
        Concatenate([[RNN(2, activation="relu")], [Residual([Conv1D(3, 1)])]]),
        LayerNorm(),
        GlobalAveragePool(),
        Dense(2, "softmax"),
    ]
    return Network((6, 2), layers, CLASSES, Momentum(0.05), schedule=StepDecay(4, 0.5))


def _transformer() -> Network:
    layers: list[Layer] = [
        Embedding(TOKENS, 4),
        Positions(),
        TransformerBlock(2, 5, dropout=0.2),
        LayerNorm(),
        Unembedding(TOKENS),
    ]
    return Network((5,), layers, CLASSES, AdamW(0.01), schedule=Warmup(5))


def _factorisation() -> Network:
    return Network((2,), [Factorisation((6, 6), 3, l2=0.05)], "mean_squared_error", Adam(0.05))


def _scorer() -> Network:
    layers: list[Layer] = [FieldEmbedding((6, 6), 3), Dense(4, "relu"), Dense(1)]
    return Network((2,), layers, "huber", Adam(0.05))


def _autoencoder() -> Network:
    layers: list[Layer] = [
        Noise(0.2),
        Conv2D(3, 3, "tanh", stride=2, padding="same"),
        TransposedConv2D(1, 3, "sigmoid"),
    ]
    return Network((6, 6, 1), layers, "mean_squared_error", Adam(0.01), targets="inputs")


KINDS: dict[str, Callable[..., Machine]] = {
    "images": lambda **o: _machine(_images(), classes=3, **o),
    "lstm": lambda **o: _machine(_lstm(), classes=TOKENS, places=5, ids=TOKENS, **o),
    "gru": lambda **o: _machine(_gru(), **o),
    "truncated": lambda **o: _machine(_truncated(), **o),
    "sequences": lambda **o: _machine(_sequences(), classes=2, **o),
    "transformer": lambda **o: _machine(_transformer(), classes=TOKENS, places=5, ids=TOKENS, **o),
    "factorisation": lambda **o: _machine(_factorisation(), ids=6, **o),
    "scorer": lambda **o: _machine(_scorer(), ids=6, **o),
    "autoencoder": lambda **o: _machine(_autoencoder(), **o),
}
