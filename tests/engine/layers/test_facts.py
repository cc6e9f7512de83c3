"""What a kind of layer says of itself holds for what it computes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import (
    LAYERS,
    RNN,
    Activation,
    Attention,
    AveragePool,
    BatchNorm,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Factorisation,
    FieldEmbedding,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    Machine,
    MaxPool,
    Network,
    Noise,
    Positions,
    Reshape,
    Residual,
    TransformerBlock,
    TransposedConv2D,
    Unembedding,
    Upsample,
    compile,  # noqa: A004
)
from engine.layers import GRU, LSTM
from engine.layers.base import FAMILIES
from tests.engine.networks import shaped_data


@dataclass(frozen=True)
class Sample:
    """A layer, and the shape of a sample that it is given; `before` stands in front of it."""

    shape: tuple[int, ...]
    layer: Layer
    before: tuple[Layer, ...] = ()
    ids: int | None = None


SEQUENCE, PICTURE = (6, 4), (5, 7, 4)
TABLE = Embedding(5, 4)

SAMPLES: dict[str, Sample] = {
    "dense": Sample((4,), Dense(3)),
    "dense over time": Sample(SEQUENCE, Dense(3)),
    "activation": Sample(SEQUENCE, Activation("tanh")),
    "activation of a picture": Sample(PICTURE, Activation("tanh")),
    "noise": Sample(SEQUENCE, Noise()),
    "dropout": Sample(SEQUENCE, Dropout()),
    "layer norm": Sample(SEQUENCE, LayerNorm()),
    "batch norm": Sample(PICTURE, BatchNorm()),
    "conv1d": Sample(SEQUENCE, Conv1D(3, stride=2, padding="same")),
    "conv1d with gaps": Sample(SEQUENCE, Conv1D(3, kernel=2, dilation=2, padding=1)),
    "conv2d": Sample(PICTURE, Conv2D(3, kernel=(3, 2), stride=(2, 1), padding="same")),
    "conv2d in groups": Sample(PICTURE, Conv2D(4, groups=2)),
    "transposed": Sample(PICTURE, TransposedConv2D(3, kernel=(3, 4), stride=(2, 3))),
    "transposed, valid": Sample(PICTURE, TransposedConv2D(3, stride=1, padding="valid")),
    "max pool": Sample(PICTURE, MaxPool(2)),
    "max pool over time": Sample(SEQUENCE, MaxPool(3, stride=1, padding="same")),
    "average pool": Sample(PICTURE, AveragePool(3, stride=2, padding=1)),
    "global max pool": Sample(SEQUENCE, GlobalMaxPool()),
    "global average pool": Sample(PICTURE, GlobalAveragePool()),
    "upsample": Sample(PICTURE, Upsample((2, 3))),
    "upsample over time": Sample(SEQUENCE, Upsample(2)),
    "flatten": Sample(PICTURE, Flatten()),
    "reshape": Sample((12,), Reshape((3, 4))),
    "positions": Sample(SEQUENCE, Positions()),
    "attention": Sample(SEQUENCE, Attention(2)),
    "block": Sample(SEQUENCE, TransformerBlock(2)),
    "rnn": Sample(SEQUENCE, RNN(3)),
    "lstm": Sample(SEQUENCE, LSTM(3)),
    "gru, the last step": Sample(SEQUENCE, GRU(3, False)),
    "residual": Sample(SEQUENCE, Residual([Dense(4)])),
    "concatenate": Sample(SEQUENCE, Concatenate([[], [Dense(2)]])),
    "embedding": Sample((6,), TABLE, ids=5),
    "fields": Sample((2,), FieldEmbedding((5, 5), 3), ids=5),
    "factorisation": Sample((2,), Factorisation((5, 5), 3), ids=5),
    "unembedding": Sample((6,), Unembedding(5, "linear"), (TABLE,), ids=5),
}


def given_shape(sample: Sample) -> tuple[int, ...]:
    """The shape of what the layer itself is given."""
    shape = sample.shape
    for layer in sample.before:
        shape = layer.output_shape(shape)
    return shape


def test_together_the_samples_have_every_kind() -> None:
    assert {sample.layer.kind for sample in SAMPLES.values()} == LAYERS.keys()


@pytest.mark.parametrize("kind", LAYERS)
def test_a_kind_says_what_it_is_called(kind: str) -> None:
    layer = LAYERS[kind]
    assert layer.kind == kind
    assert not layer.title[0].islower()
    assert layer.formula
    assert layer.family in FAMILIES
    assert len(layer.heading or layer.title) <= 13, "does not fit above a picture"


def test_no_two_kinds_have_one_title() -> None:
    assert len({layer.title for layer in LAYERS.values()}) == len(LAYERS)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_the_output_has_in_common_with_the_input(name: str) -> None:
    layer, shape = SAMPLES[name].layer, given_shape(SAMPLES[name])
    output = layer.output_shape(shape)
    if layer.keeps == "shape":
        assert output == shape
    elif layer.keeps == "size":
        assert prod(output) == prod(shape)
    assert not layer.takes or len(shape) in map(len, layer.takes)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_output_position_depends_on_what_its_window_covers(name: str) -> None:
    sample = SAMPLES[name]
    layer, shape = sample.layer, given_shape(sample)
    window = layer.window(shape)
    if window is None or sample.before:
        return
    machine = judge(sample)
    rng = np.random.default_rng(3)
    x = rng.integers(0, 4, sample.shape) if sample.ids else rng.normal(size=sample.shape)
    positions, covered = covers(layer, shape)
    for position in np.ndindex(*positions):
        channels = 1 if layer.reads_ids else shape[-1]
        for channel in range(channels):
            touched = x.copy()
            place = position if layer.reads_ids else (*position, channel)
            touched[place] += 1
            changed = outputs(machine, touched) != outputs(machine, x)
            expected = covered[position]
            reached = changed.any(axis=-1).reshape(expected.shape)
            if layer.combines == "largest":
                assert not (reached & ~expected).any(), (position, channel)
            else:
                assert (reached == expected).all(), (position, channel)
            if not layer.mixes:
                assert not np.delete(changed, channel, axis=-1).any()


def judge(sample: Sample) -> Machine:
    """A machine that evaluates one sample, in training mode but for what is random."""
    layers: list[Any] = [*sample.before, sample.layer]
    network = Network(sample.shape, [*layers, Flatten(), Dense(1)])
    data = shaped_data(sample.shape, classes=None, ids=sample.ids)
    return Machine(compile(network, data, 4))


def outputs(machine: Machine, x: NDArray[Any]) -> NDArray[np.float64]:
    judged = machine.evaluator(x[np.newaxis])
    judged.run(1)
    a: NDArray[np.float64] = judged.read(judged.program.layers[-3].output)[0]
    return a


def covers(layer: Layer, shape: tuple[int, ...]) -> tuple[tuple[int, ...], NDArray[np.bool_]]:
    """The extents of the input's positions, and which outputs have each one in their window."""
    window = layer.window(shape)
    assert window is not None
    inputs = shape if layer.reads_ids else shape[:-1]
    output = layer.output_shape(shape)
    ends = output[: len(inputs)] if len(output) > 1 else (1,) * len(inputs)
    covered = np.ones((*inputs, *ends), dtype=bool)
    axes = zip(
        inputs, ends, window.size, window.stride, window.before, window.dilation, strict=True
    )
    for axis, (n, m, size, stride, before, dilation) in enumerate(axes):
        along = np.zeros((n, m), dtype=bool)
        for k in range(size):
            for i in range(n if layer.moves != "slide" else m):
                end = i * stride - before + k * dilation
                if layer.moves == "slide" and 0 <= end < n:
                    along[end, i] = True
                elif layer.moves != "slide" and 0 <= end < m:
                    along[i, end] = True
        where = [1] * covered.ndim
        where[axis], where[len(inputs) + axis] = n, m
        covered &= along.reshape(where)
    return inputs, covered
