"""Layers as compositions of ops: the description of each kind and how it is built."""

from engine.layers.attention import Attention, Positions, TransformerBlock
from engine.layers.base import Layer
from engine.layers.combining import Activation, Concatenate, Noise, Residual
from engine.layers.convolution import Conv1D, Conv2D, TransposedConv2D
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.embedding import Embedding, Factorisation, FieldEmbedding
from engine.layers.normalisation import BatchNorm, LayerNorm
from engine.layers.pooling import (
    AveragePool,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    Upsample,
)
from engine.layers.recurrent import GRU, LSTM, RNN
from engine.layers.shaping import Flatten, Reshape
from engine.layers.unembedding import Unembedding

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
        Positions,
        Attention,
        TransformerBlock,
        Unembedding,
        LayerNorm,
        BatchNorm,
        Activation,
        Dropout,
        Noise,
        Residual,
        Concatenate,
    )
}
"""The kinds of layers, by name."""

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "RNN",
    "Activation",
    "Attention",
    "AveragePool",
    "BatchNorm",
    "Concatenate",
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
    "LayerNorm",
    "MaxPool",
    "Noise",
    "Positions",
    "Reshape",
    "Residual",
    "TransformerBlock",
    "TransposedConv2D",
    "Unembedding",
    "Upsample",
]
