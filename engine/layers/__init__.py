"""Layers as compositions of ops, a file a kind: the description and how it is built."""

from engine.layers.base import Layer
from engine.layers.convolution import Conv1D, Conv2D, TransposedConv2D
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.embedding import Embedding, Factorisation, FieldEmbedding
from engine.layers.pooling import (
    AveragePool,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    Upsample,
)
from engine.layers.recurrent import GRU, LSTM, RNN
from engine.layers.shaping import Flatten, Reshape

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        Dense,
        Embedding,
        FieldEmbedding,
        Factorisation,
        RNN,
        LSTM,
        GRU,
        Conv1D,
        Conv2D,
        TransposedConv2D,
        MaxPool,
        AveragePool,
        GlobalMaxPool,
        GlobalAveragePool,
        Upsample,
        Flatten,
        Reshape,
        Dropout,
    )
}
"""The kinds of layers, by name."""

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "RNN",
    "AveragePool",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Factorisation",
    "FieldEmbedding",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Layer",
    "MaxPool",
    "Reshape",
    "TransposedConv2D",
    "Upsample",
]
