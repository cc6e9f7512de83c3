"""The catalogue of all that can be configured, for the page's controls."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import engine
from engine.data import FEATURES, DatasetInfo, Drawing, Text, thumbnail
from server.describe import description
from server.describe.fields import defaults
from server.describe.kinds import layer_kinds

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
"""Title, range and scale (logarithmic or not) of the control for a hyperparameter of an optimizer.

A description may go beyond the range.
"""

_SCHEDULES = {
    "step": ("Step decay", "η·dᵏ after k·n steps"),
    "cosine": ("Cosine decay", "η·(1 + cos(π·t/n))/2"),
    "warmup": ("Warm-up", "η·t/n for n steps, then another schedule"),
}
_CLIPPINGS = {
    "norm": ("By norm", "ĝ = g·min(1, c/‖g‖)"),
    "value": ("By value", "ĝ = g clamped to ±c"),
}
_SETTINGS: dict[str, tuple[str, float, float, bool]] = {
    "every": ("Steps per decay", 1, 100_000, True),
    "decay": ("Decay factor", 0.0, 1.0, False),
    "steps": ("Length in steps", 1, 1_000_000, True),
    "floor": ("Lowest factor", 0.0, 1.0, False),
    "limit": ("Limit", 1e-3, 100.0, True),
    "patience": ("Patience in steps", 10, 100_000, True),
}
"""Title, range and scale of the controls for schedules, clipping and early stopping."""

_OPTIONS = {
    "samples": "Samples",
    "noise": "Noise",
    "classes": "Classes",
    "test_fraction": "Test fraction",
    "seed": "Seed",
}
MAX_TEXT = 50_000
"""Most characters of a user's own text; a longer text would not fit in a message."""

_SCALARS = {
    "loss": "the loss of the batch",
    "epoch": "passes over the training set, including the fraction of the present one",
    "inf": "infinity",
    "nan": "not a number",
    "pi": "3.14159…",
}


def catalogue() -> dict[str, Any]:
    """The answer of GET /api/catalogue. Takes about a second, because it makes every data set."""
    datasets, thumbnails = _datasets()
    return {
        "datasets": datasets,
        "thumbnails": thumbnails,
        "features": [_named(f.name, f.title) for f in FEATURES.values()],
        "activations": [
            {**_named(f.name, f.title, f.formula), "hidden": f.hidden}
            for f in engine.ACTIVATIONS.values()
        ],
        "losses": [_loss(name) for name in engine.LOSSES],
        "optimizers": [_optimizer(kind) for kind in engine.OPTIMIZERS],
        "initializers": [
            _named(name, _INITIALIZERS.get(name, name)) for name in engine.INITIALIZERS
        ],
        "functions": [_named(name, f.meaning) for name, f in engine.FUNCTIONS.items()],
        "scalars": [_named(name, _SCALARS.get(name, "")) for name in engine.SCALARS],
        "layers": layer_kinds(),
        "families": list(engine.FAMILIES),
        "schedules": [_rule(k, r, _SCHEDULES) for k, r in engine.SCHEDULES.items()],
        "clippings": [_rule(k, r, _CLIPPINGS) for k, r in engine.CLIPPINGS.items()],
        "stopping": [{**_range("patience", *_SETTINGS["patience"]), "default": 1000}],
        "dtypes": list(description.DTYPES),
        "limits": {
            "layers": description.MAX_LAYERS,
            "units": engine.MAX_UNITS,
            "parameters": description.MAX_PARAMETERS,
        },
        "description": description.normalise({}),
    }


MAX_POINTS = 48
"""Most points of a thumbnail; more could not be distinguished."""


def _light(thumbnail: dict[str, Any]) -> dict[str, Any]:
    """A thumbnail with as many points and digits as a picture of 44 pixels shows."""
    every = -(-len(thumbnail["points"]) // MAX_POINTS)
    points = [
        [round(x, 1), round(y, 1), round(z, 1)] for x, y, z in thumbnail["points"][:: every or 1]
    ]
    image = [[round(value, 1) for value in row] for row in thumbnail["image"]]
    return {**thumbnail, "points": points, "image": image}


def _datasets() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Entries and thumbnails of all data sets whose sources are installed."""
    entries: list[dict[str, Any]] = []
    thumbnails: dict[str, Any] = {}
    for info in engine.catalogue():
        try:
            small = thumbnail(info.name)
        except engine.DescriptionError:
            continue
        entries.append(_dataset(info))
        thumbnails[info.name] = _light(asdict(small))
    return entries, thumbnails


def _dataset(info: DatasetInfo) -> dict[str, Any]:
    """The entry of a data set, with default layers for its default options."""
    options = [
        {**asdict(o), "title": o.title or _OPTIONS.get(o.name, o.name)} for o in info.options
    ]
    return {
        **asdict(info),
        "options": options,
        "choices": [{**asdict(choice), "default": choice.default} for choice in info.choices],
        "contents": [_content(content) for content in info.contents],
        "layers": description.normalise({"data": {"name": info.name}})["layers"],
    }


def _content(content: Text | Drawing) -> dict[str, Any]:
    """An input for a user's own content: a text or a drawing."""
    values = asdict(content)
    if isinstance(content, Text):
        return {**values, "control": "text", "maximum": min(content.maximum, MAX_TEXT)}
    return {**values, "control": "drawing"}


def _rule(kind: str, rule: type[Any], titles: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """A schedule or a kind of clipping; the schedule that follows a warm-up is not listed."""
    settings = [
        {**_range(name, *_SETTINGS[name]), "default": default}
        for name, default in defaults(rule).items()
        if name in _SETTINGS
    ]
    return {**_named(kind, *titles.get(kind, (kind, ""))), "fields": settings}


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
