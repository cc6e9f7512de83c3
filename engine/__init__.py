"""Backstep's engine: backpropagation as a program on a small machine.

from engine import Network, Dense, SGD, compile, Machine, load_dataset
"""

from engine.compiler import compile, encode_targets
from engine.data import (
    FEATURES,
    Dataset,
    DatasetInfo,
    Split,
    catalogue,
    from_arrays,
    load_dataset,
    thumbnail,
)
from engine.errors import DescriptionError
from engine.initializers import DRAWS, Initializer
from engine.layers import (
    GRU,
    LAYERS,
    LSTM,
    RNN,
    AveragePool,
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
    MaxPool,
    Reshape,
    TransposedConv2D,
    Upsample,
)
from engine.layers.activation import ACTIVATIONS
from engine.layers.context import LayerInfo
from engine.machine import Machine, NonFinite, Snapshot, Unit
from engine.network import LOSSES, MATCHING_ACTIVATION, TARGETS, Network
from engine.optimizers import (
    HYPERPARAMETERS,
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    check_hyperparameter,
)
from engine.program import Buffer, Cost, Instruction, Listing, Program

INITIALIZERS = tuple(DRAWS)

__all__ = [
    "ACTIVATIONS",
    "FEATURES",
    "GRU",
    "HYPERPARAMETERS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "LSTM",
    "MATCHING_ACTIVATION",
    "OPTIMIZERS",
    "RNN",
    "SGD",
    "TARGETS",
    "Adagrad",
    "Adam",
    "AdamW",
    "AveragePool",
    "Buffer",
    "Conv1D",
    "Conv2D",
    "Cost",
    "Dataset",
    "DatasetInfo",
    "Dense",
    "DescriptionError",
    "Dropout",
    "Embedding",
    "Factorisation",
    "FieldEmbedding",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Initializer",
    "Instruction",
    "Layer",
    "LayerInfo",
    "Listing",
    "Machine",
    "MaxPool",
    "Momentum",
    "Nesterov",
    "Network",
    "NonFinite",
    "Optimizer",
    "Program",
    "RMSprop",
    "Reshape",
    "Snapshot",
    "Split",
    "TransposedConv2D",
    "Unit",
    "Upsample",
    "catalogue",
    "check_hyperparameter",
    "compile",
    "encode_targets",
    "from_arrays",
    "load_dataset",
    "thumbnail",
]
