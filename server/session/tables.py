"""Tables of the configured event: the present description, the layers, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import Baseline, Split
from server.describe.description import Plan
from server.describe.fields import Description
from server.describe.layers import find_layer
from server.session.inference import uses

SAMPLE_EXTRAS = ("word", "rating", "date", "close", "label", "group", "pitch")
"""Names of extra arrays with an entry for each sample that the event includes."""
DATA_EXTRAS = ("titles", "genres", "genre_names", "groups", "phonetic", "class_names", "drawn")
"""Names of extra arrays about the whole data set that the event includes."""
_FIELDS = {"dropout": "rate"}
"""Live hyperparameter -> field of the layer, where their names differ."""


def live_description(plan: Plan, seed: int, live: Mapping[str, float]) -> Description:
    """The description with the present hyperparameters and seed."""
    now = deepcopy(plan.description)
    now["seed"] = seed
    for name, value in live.items():
        layer, _, setting = name.rpartition("/")
        if layer:
            owner = find_layer(now, engine.located(plan.network.layers, layer)[0])
        else:
            owner = now["clipping"] if setting.startswith("clip_") else now["optimizer"]
            setting = "limit" if setting.startswith("clip_") else setting
        owner[setting if setting in owner else _FIELDS[setting]] = value
    return now


def layer_row(layer: engine.LayerInfo, plan: Plan) -> dict[str, Any]:
    """A built layer, with the facts about its kind and its activation that a picture needs.

    `path` is its path in the description, or that of the layer that contains it.
    """
    flops = sum(i.flops for i in plan.program.instructions if i.layer == layer.name)
    path, described = engine.located(plan.network.layers, layer.name)
    kind, activation = engine.LAYERS[layer.kind], engine.ACTIVATIONS[layer.activation]
    return {
        **vars(layer),
        "flops": flops,
        "path": path,
        "heading": _heading(layer),
        "reads_ids": kind.reads_ids,
        "combines": kind.combines,
        "mixes": kind.mixes,
        "window": _window(described, layer),
        "range": [value if isfinite(value) else None for value in activation.range],
        "probability": activation.probability,
        "saturation": activation.saturation,
        "can_die": activation.can_die,
    }


def _heading(layer: engine.LayerInfo) -> str:
    """The heading of its picture. A layer that reads ids is the only one, so it has no number."""
    kind = engine.LAYERS[layer.kind]
    title = kind.heading or kind.title
    number = layer.name.rpartition("/")[2].removeprefix(layer.kind)
    return title if kind.reads_ids else f"{title} {number}"


def _window(described: engine.Layer, layer: engine.LayerInfo) -> dict[str, Any] | None:
    """The window of a layer with a list entry for each axis; None without window or description."""
    if described.kind != layer.kind:
        return None
    window = described.window(layer.input_shape)
    if window is None:
        return None
    sizes = {"size": window.size, "stride": window.stride, "dilation": window.dilation}
    return {"kind": described.moves, **sizes, "before": window.before}


def data_table(plan: Plan) -> dict[str, Any]:
    """What a viewer needs to know about the data."""
    data = plan.data
    drawn = bool(data.domain)
    scaling = data.standardisation
    return {
        "name": data.name,
        "title": data.title,
        "kind": data.kind,
        "task": data.task,
        "train": len(data.train),
        "test": len(data.test),
        "input_shape": plan.network.input_shape,
        "feature_names": data.feature_names,
        "class_names": data.class_names,
        "target_name": data.target_name,
        "target_names": data.target_names,
        "target_mean": data.target_mean,
        "target_scale": data.target_scale,
        "standardisation": scaling and {k: v.tolist() for k, v in vars(scaling).items()},
        "image_shape": data.image_shape,
        "vocabulary": data.vocabulary,
        "field_sizes": data.field_sizes,
        "domain": data.domain,
        "points": {"train": _points(data.train), "test": _points(data.test)} if drawn else None,
        "labels": {"train": _labels(data.train), "test": _labels(data.test)},
        "extras": {
            "train": _present_extras(data.train.extras, SAMPLE_EXTRAS),
            "test": _present_extras(data.test.extras, SAMPLE_EXTRAS),
            "all": _present_extras(data.extras, DATA_EXTRAS),
        },
        "baselines": [_baseline_row(baseline) for baseline in data.baselines],
        "uses": uses(plan),
        "source": data.source,
        "licence": data.licence,
        "report": None if data.report is None else data.report.lines,
    }


def _baseline_row(baseline: Baseline) -> dict[str, Any]:
    forecasts = baseline.forecasts
    return {**vars(baseline), "forecasts": None if forecasts is None else _listed(forecasts)}


def _points(split: Split) -> list[list[float]]:
    """[x, y, label or target] of every sample in order; on a line, y is the target."""
    last = split.targets[:, 0] if split.labels is None else split.labels
    xy = split.points if split.points.shape[1] == 2 else np.column_stack([split.points, last])
    rows: list[list[float]] = np.column_stack([xy, last]).round(4).tolist()
    return rows


def _labels(split: Split) -> list[int] | None:
    """The class of every sample; None for a regression, or where every position has a class."""
    if split.labels is None or split.labels.ndim > 1:
        return None
    numbers: list[int] = split.labels.tolist()
    return numbers


def _present_extras(
    extras: Mapping[str, NDArray[Any]], names: tuple[str, ...]
) -> dict[str, list[Any]]:
    return {name: _listed(extras[name]) for name in names if name in extras}


def _listed(values: NDArray[Any]) -> list[Any]:
    """The values as a list; real numbers are rounded to four decimals."""
    if values.dtype.kind == "M":
        values = values.astype(str)
    listed: list[Any] = (values.round(4) if values.dtype.kind == "f" else values).tolist()
    return listed
