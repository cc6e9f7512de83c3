"""Kinds of layers for the page's controls: their fields with titles and ranges, in words."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from typing import Any

import engine
from server.describe.layers import HIDDEN, Field, fields_of


@dataclass(frozen=True)
class _Kind:
    """What is said of a kind.

    Attributes:
        family: under which it is listed.
        takes: axes of the inputs it can be given; none for any.
    """

    title: str
    formula: str
    family: str
    takes: str = ""


_TIME, _PLACES = "time × features", "height × width × channels"

_KINDS = {
    "dense": _Kind("Dense", "a = f(x·W + b)", "dense"),
    "embedding": _Kind("Embedding", "row x of W for every token x", "lookup", "tokens"),
    "field_embedding": _Kind("Field embedding", "rows of W side by side", "lookup", "ids"),
    "factorisation": _Kind("Matrix factorisation", "ŷ = wᵤ·wᵢ + bᵤ + bᵢ + μ", "lookup", "ids"),
    "rnn": _Kind("Simple recurrence", "hₜ = f(xₜ·W + hₜ₋₁·U + b)", "recurrence", _TIME),
    "lstm": _Kind("LSTM", "cₜ = f⊙cₜ₋₁ + i⊙g;  hₜ = o⊙tanh cₜ", "recurrence", _TIME),
    "gru": _Kind("GRU", "hₜ = u⊙hₜ₋₁ + (1 − u)⊙n", "recurrence", _TIME),
    "conv1d": _Kind("Convolution over time", "a = f(x ∗ W + b)", "convolution", _TIME),
    "conv2d": _Kind("Convolution", "a = f(x ∗ W + b)", "convolution", _PLACES),
    "transposed_conv2d": _Kind(
        "Transposed convolution", "a = f(x ∗ᵀ W + b)", "convolution", _PLACES
    ),
    "max_pool": _Kind("Max pooling", "a = max over a window of x", "pooling", f"{_TIME}|{_PLACES}"),
    "average_pool": _Kind(
        "Average pooling", "a = mean over a window", "pooling", f"{_TIME}|{_PLACES}"
    ),
    "global_max_pool": _Kind(
        "Global max pooling", "a = max over all places", "pooling", f"{_TIME}|{_PLACES}"
    ),
    "global_average_pool": _Kind(
        "Global average pooling", "a = mean over all places", "pooling", f"{_TIME}|{_PLACES}"
    ),
    "upsample": _Kind("Upsampling", "every cell several times", "pooling", f"{_TIME}|{_PLACES}"),
    "flatten": _Kind("Flatten", "all values as one row", "shape"),
    "reshape": _Kind("Reshape", "a row as an image or a sequence", "shape", "features"),
    "positions": _Kind("Positions", "a = x + P", "attention", _TIME),
    "attention": _Kind("Self-attention", "softmax(q·kᵀ/√d)·v·Wₒ", "attention", _TIME),
    "transformer_block": _Kind(
        "Transformer block", "x + attention(x̂), then x + dense(x̂)", "attention", _TIME
    ),
    "unembedding": _Kind("Tied output", "z = x·Eᵀ + b with the embedding E", "lookup", _TIME),
    "layer_norm": _Kind(
        "Layer normalisation", "a = γ⊙(x − μ)/√(v + ε) + β, of each sample", "normalisation"
    ),
    "batch_norm": _Kind(
        "Batch normalisation", "a = γ⊙(x − μ)/√(v + ε) + β, over the batch", "normalisation"
    ),
    "activation": _Kind("Activation", "a = f(x)", "dense"),
    "dropout": _Kind("Dropout", "a = x⊙m/(1 − p), m = 0 with probability p", "noise"),
    "noise": _Kind("Noise", "a = x + σ·ε, ε normal", "noise"),
    "residual": _Kind("Residual", "a = x + f(x)", "combining"),
    "concatenate": _Kind("Side by side", "a = (f(x), g(x), …)", "combining"),
}

_TITLES = {
    "units": "Units",
    "filters": "Filters",
    "activation": "Activation",
    "initializer": "Weights start as",
    "recurrent_initializer": "Recurrent weights start as",
    "bias_initializer": "Biases start as",
    "l1": "L1 penalty",
    "l2": "L2 penalty",
    "dropout": "Dropout",
    "vocabulary": "Tokens",
    "sizes": "Rows of each field",
    "rank": "Rank",
    "sequences": "Hand on every time step",
    "truncation": "Cut off gradients every",
    "bidirectional": "Both directions",
    "forget_bias": "First bias of the forget gate",
    "kernel": "Kernel",
    "stride": "Stride",
    "padding": "Padding",
    "dilation": "Dilation",
    "groups": "Groups",
    "size": "Window",
    "factor": "Factor",
    "shape": "Shape",
    "form": "Form",
    "heads": "Heads",
    "causal": "Causal",
    "hidden": "Hidden units",
    "epsilon": "Epsilon",
    "momentum": "Momentum",
    "rate": "Rate",
    "deviation": "Standard deviation",
    "layers": "Layers",
    "branches": "Branches",
}

_ABOUT = {
    "sequences": "Hands on the state of every time step, not only that of the last one.",
    "truncation": "Backpropagation through time is cut off every so many steps; empty: never.",
    "bidirectional": "A second set of weights reads the sequence from its end.",
    "padding": "valid: none; same: so much that the output is as large as the input over the "
    "stride; or so many cells of zeros on every side.",
    "dilation": "Distance between the cells that the kernel looks at.",
    "groups": "Channels and filters are divided into so many parts that do not see one another.",
    "causal": "No place looks at a later one, as it must be where the next token is predicted.",
    "hidden": "Units of the block's dense part; empty: four times the features.",
    "stride": "Cells by which windows are apart; empty, where that is possible: the window's size.",
}

_RANGES: dict[str, tuple[float, float, bool]] = {
    "units": (1, engine.MAX_UNITS, True),
    "filters": (1, 256, True),
    "vocabulary": (1, 100_000, True),
    "sizes": (1, 100_000, True),
    "rank": (1, 64, True),
    "truncation": (1, 512, True),
    "forget_bias": (-5.0, 5.0, False),
    "kernel": (1, 16, False),
    "stride": (1, 8, False),
    "padding": (0, 16, False),
    "dilation": (1, 8, False),
    "groups": (1, 64, True),
    "size": (1, 16, False),
    "factor": (1, 8, False),
    "shape": (1, 1024, True),
    "heads": (1, 16, False),
    "hidden": (1, engine.MAX_UNITS, True),
    "l1": (0.0, 0.1, False),
    "l2": (0.0, 0.1, False),
    "dropout": (0.0, 0.95, False),
    "rate": (0.0, 0.95, False),
    "epsilon": (1e-12, 1.0, True),
    "momentum": (0.0, 1.0, False),
    "deviation": (0.0, 3.0, False),
}
"""The range a control offers (a description may go beyond) and whether it is logarithmic."""


def layer_kinds() -> list[dict[str, Any]]:
    """All kinds of layers, in the engine's order."""
    return [_kind(kind) for kind in engine.LAYERS]


def _kind(kind: str) -> dict[str, Any]:
    said = _KINDS.get(kind, _Kind(kind, "", "other"))
    return {
        "name": kind,
        "title": said.title,
        "formula": said.formula,
        "family": said.family,
        "takes": said.takes.split("|") if said.takes else [],
        "fields": [_field(kind, field) for field in fields_of(kind)],
    }


def _field(kind: str, field: Field) -> dict[str, Any]:
    """A field; its default is null where the data decide or null is what stands there."""
    default = HIDDEN.get(kind, {}).get(field.name, field.default)
    told: dict[str, Any] = {
        "name": field.name,
        "title": _TITLES.get(field.name, field.name),
        "about": _ABOUT.get(field.name, ""),
        "control": field.control,
        "default": None if default is MISSING else default,
        "optional": field.optional,
        "choices": list(field.choices),
    }
    if field.name in _RANGES:
        low, high, logarithmic = _RANGES[field.name]
        told |= {"minimum": low, "maximum": high, "logarithmic": logarithmic}
    return told
