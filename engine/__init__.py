"""Backstep's engine: backpropagation as a program on a small machine.

from engine import Network, Dense, SGD, compile, Machine, load_dataset
"""

from engine.breakpoints import Breakpoint, Hit, Place, Watchpoint
from engine.clamps import Clamp
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
from engine.debugger import Debugger, Frame, LogLine, Stop
from engine.diagnostics import (
    RULES,
    Change,
    Diagnostics,
    Evidence,
    Finding,
    News,
    Remedy,
    Rule,
    apply_remedy,
    configured,
    patched,
)
from engine.editlog import export_log, import_log
from engine.errors import DescriptionError
from engine.explain import ChainStep, Explainer, Explanation, chain, explain
from engine.expressions import (
    Expression,
    parse_condition,
    parse_expression,
    parse_message,
    parse_scalar,
    write_value,
)
from engine.formula import Link
from engine.functions import FUNCTIONS
from engine.gradcheck import GradientCheck, gradient_check, sample_coordinates
from engine.hints import Exercise, Hint, exercise, hint
from engine.history import Branch, Edit, Moment
from engine.initializers import DRAWS, Initializer
from engine.layers.context import LayerInfo
from engine.machine import Machine, NonFinite, Snapshot, Unit
from engine.monitor import Flow, Histograms, LayerSeries, Monitor, gradient_flow
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
from engine.timeline import Difference, Timeline
from engine.tokens import ExpressionError
from engine.why import Cause, why

INITIALIZERS = tuple(DRAWS)

__all__ = [
    "ACTIVATIONS",
    "FEATURES",
    "FUNCTIONS",
    "HYPERPARAMETERS",
    "INITIALIZERS",
    "LOSSES",
    "MATCHING_ACTIVATION",
    "OPTIMIZERS",
    "RULES",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Branch",
    "Breakpoint",
    "Buffer",
    "Cause",
    "ChainStep",
    "Change",
    "Clamp",
    "Cost",
    "Dataset",
    "DatasetInfo",
    "Debugger",
    "Dense",
    "DescriptionError",
    "Diagnostics",
    "Difference",
    "Edit",
    "Evidence",
    "Exercise",
    "Explainer",
    "Explanation",
    "Expression",
    "ExpressionError",
    "Finding",
    "Flow",
    "Frame",
    "GradientCheck",
    "Hint",
    "Histograms",
    "Hit",
    "Initializer",
    "Instruction",
    "LayerInfo",
    "LayerSeries",
    "Link",
    "Listing",
    "LogLine",
    "Machine",
    "Moment",
    "Momentum",
    "Monitor",
    "Nesterov",
    "Network",
    "News",
    "NonFinite",
    "Optimizer",
    "Place",
    "Plane",
    "Profile",
    "Program",
    "RMSprop",
    "Remedy",
    "Rule",
    "Sharpness",
    "Snapshot",
    "Split",
    "Stop",
    "Timeline",
    "Unit",
    "UnrecordedError",
    "Watchpoint",
    "apply_remedy",
    "catalogue",
    "chain",
    "check_hyperparameter",
    "compile",
    "configured",
    "encode_targets",
    "exercise",
    "explain",
    "export_log",
    "from_arrays",
    "gradient_check",
    "gradient_flow",
    "hint",
    "import_log",
    "load_dataset",
    "loss_along",
    "loss_plane",
    "parse_condition",
    "parse_expression",
    "parse_message",
    "parse_scalar",
    "patched",
    "path_directions",
    "random_direction",
    "sample_coordinates",
    "sharpness",
    "thumbnail",
    "why",
    "write_value",
]
