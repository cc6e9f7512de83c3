"""Backstep's engine: backpropagation as a program on a small machine.

from engine import Network, Dense, SGD, compile, Machine, load_dataset
"""

from engine.compiler import compile, encode_targets
from engine.curvature import (
    Plane,
    Profile,
    Sharpness,
    loss_along,
    loss_plane,
    path_directions,
    random_direction,
    sharpness,
)
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
from engine.explain import ChainStep, Explainer, Explanation, chain, explain
from engine.formula import Link
from engine.gradcheck import GradientCheck, gradient_check, sample_coordinates
from engine.hints import Exercise, Hint, exercise, hint
from engine.initializers import DRAWS, Initializer
from engine.layers.context import LayerInfo
from engine.machine import Machine, NonFinite, Snapshot, Unit
from engine.network import ACTIVATIONS, LOSSES, MATCHING_ACTIVATION, Dense, Network
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
from engine.recall import UnrecordedError
from engine.why import Cause, why

INITIALIZERS = tuple(DRAWS)

__all__ = [
    "ACTIVATIONS",
    "FEATURES",
    "HYPERPARAMETERS",
    "INITIALIZERS",
    "LOSSES",
    "MATCHING_ACTIVATION",
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Buffer",
    "Cause",
    "ChainStep",
    "Cost",
    "Dataset",
    "DatasetInfo",
    "Dense",
    "DescriptionError",
    "Exercise",
    "Explainer",
    "Explanation",
    "GradientCheck",
    "Hint",
    "Initializer",
    "Instruction",
    "LayerInfo",
    "Link",
    "Listing",
    "Machine",
    "Momentum",
    "Nesterov",
    "Network",
    "NonFinite",
    "Optimizer",
    "Plane",
    "Profile",
    "Program",
    "RMSprop",
    "Sharpness",
    "Snapshot",
    "Split",
    "Unit",
    "UnrecordedError",
    "catalogue",
    "chain",
    "check_hyperparameter",
    "compile",
    "encode_targets",
    "exercise",
    "explain",
    "from_arrays",
    "gradient_check",
    "hint",
    "load_dataset",
    "loss_along",
    "loss_plane",
    "path_directions",
    "random_direction",
    "sample_coordinates",
    "sharpness",
    "thumbnail",
    "why",
]
