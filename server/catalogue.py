"""What can be configured, for the page's controls: derived from the engine's own tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import engine
from engine.data import FEATURES, thumbnail
from server import description

_ACTIVATIONS = {
    "linear": ("Linear", "a = z"),
    "sigmoid": ("Sigmoid", "a = 1/(1 + e⁻ᶻ)"),
    "tanh": ("Tanh", "a = tanh z"),
    "relu": ("ReLU", "a = max(0, z)"),
    "leaky_relu": ("Leaky ReLU", "a = z where z > 0, else 0.01·z"),
    "elu": ("ELU", "a = z where z > 0, else eᶻ − 1"),
    "gelu": ("GELU", "a = z·Φ(z), Φ the normal distribution function"),
    "softplus": ("Softplus", "a = log(1 + eᶻ)"),
    "swish": ("Swish", "a = z·σ(z)"),
    "softmax": ("Softmax", "aᵢ = e^zᵢ / Σⱼ e^zⱼ"),
}
_LOSSES = {
    "mean_squared_error": ("Mean squared error", "the mean of (a − y)²"),
    "binary_cross_entropy": ("Binary cross-entropy", "−mean(y·log a + (1 − y)·log(1 − a))"),
    "softmax_cross_entropy": ("Softmax cross-entropy", "−mean(Σ y·log a)"),
    "huber": ("Huber", "squared near zero, linear beyond an error of 1"),
}
_OPTIMIZERS = {
    "sgd": ("SGD", "Δ = −η·g"),
    "momentum": ("Momentum", "v ← μ·v − η·g; Δ = v"),
    "nesterov": ("Nesterov", "v ← μ·v − η·g; Δ = μ·v − η·g"),
    "rmsprop": ("RMSprop", "s ← ρ·s + (1 − ρ)·g²; Δ = −η·g/(√s + ε)"),
    "adam": ("Adam", "Δ = −η·m̂/(√v̂ + ε)"),
    "adamw": ("AdamW", "Adam with Δ ← Δ − η·λ·θ"),
    "adagrad": ("Adagrad", "s ← s + g²; Δ = −η·g/(√s + ε)"),
}
_INITIALIZERS = {
    "zeros": "Zeros",
    "constant": "Constant",
    "uniform": "Uniform",
    "normal": "Normal",
    "glorot_uniform": "Glorot uniform",
    "glorot_normal": "Glorot normal",
    "he_uniform": "He uniform",
    "he_normal": "He normal",
    "lecun_uniform": "LeCun uniform",
    "lecun_normal": "LeCun normal",
}
_RANGES: dict[str, tuple[str, float, float, bool]] = {
    "learning_rate": ("Learning rate", 1e-5, 10.0, True),
    "momentum": ("Momentum", 0.0, 0.999, False),
    "decay": ("Decay", 0.0, 0.9999, False),
    "beta1": ("Beta 1", 0.0, 0.999, False),
    "beta2": ("Beta 2", 0.0, 0.99999, False),
    "epsilon": ("Epsilon", 1e-10, 0.1, True),
    "weight_decay": ("Weight decay", 0.0, 1.0, False),
}
"""Title, the range a control offers (a description may go beyond), whether it is logarithmic."""

_LAYER_FIELDS: dict[str, tuple[str, float, float, bool]] = {
    "units": ("Units", 1, description.MAX_UNITS, True),
    "l1": ("L1 penalty", 0.0, 0.1, False),
    "l2": ("L2 penalty", 0.0, 0.1, False),
    "dropout": ("Dropout", 0.0, 0.95, False),
}


def catalogue() -> dict[str, Any]:
    """The answer of GET /api/catalogue. Takes about a second: it makes every data set once."""
    datasets, thumbnails = _datasets()
    return {
        "datasets": datasets,
        "thumbnails": thumbnails,
        "features": [_named(f.name, f.title) for f in FEATURES.values()],
        "activations": [
            {**_named(name, *_ACTIVATIONS.get(name, (name, ""))), "hidden": name != "softmax"}
            for name in engine.ACTIVATIONS
        ],
        "losses": [_loss(name) for name in engine.LOSSES],
        "optimizers": [_optimizer(kind) for kind in engine.OPTIMIZERS],
        "initializers": [
            _named(name, _INITIALIZERS.get(name, name)) for name in engine.INITIALIZERS
        ],
        "layer": [_range(name, *values) for name, values in _LAYER_FIELDS.items()],
        "dtypes": list(description.DTYPES),
        "limits": {
            "layers": description.MAX_LAYERS,
            "units": description.MAX_UNITS,
            "parameters": description.MAX_PARAMETERS,
        },
        "description": description.normalise({}),
    }


def _datasets() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Entries and thumbnails; a set whose source is not installed is left out."""
    entries: list[dict[str, Any]] = []
    thumbnails: dict[str, Any] = {}
    for info in engine.catalogue():
        try:
            small = thumbnail(info.name)
        except engine.DescriptionError:
            continue
        entries.append(asdict(info))
        thumbnails[info.name] = asdict(small)
    return entries, thumbnails


def _named(name: str, title: str, formula: str = "") -> dict[str, Any]:
    named = {"name": name, "title": title}
    return {**named, "formula": formula} if formula else named


def _loss(name: str) -> dict[str, Any]:
    activation = engine.MATCHING_ACTIVATION.get(name)
    tasks = ["classification"] if activation else ["classification", "regression"]
    named = _named(name, *_LOSSES.get(name, (name, "")))
    return {**named, "activation": activation, "tasks": tasks}


def _optimizer(kind: str) -> dict[str, Any]:
    usual = engine.OPTIMIZERS[kind]().hyperparameters()
    named = _named(kind, *_OPTIMIZERS.get(kind, (kind, "")))
    hyperparameters = [
        {**_range(name, *_RANGES.get(name, (name, 0.0, 1.0, False))), "default": value}
        for name, value in usual.items()
    ]
    return {**named, "hyperparameters": hyperparameters}


def _range(name: str, title: str, low: float, high: float, logarithmic: bool) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "minimum": low,
        "maximum": high,
        "logarithmic": logarithmic,
    }
