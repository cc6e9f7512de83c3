"""Finds a built layer in the description of its network, and changes fields of descriptions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from typing import Any

from engine.errors import DescriptionError
from engine.layers import Layer

_NUMBERED = re.compile(r"(.+?)(\d+)")
_FIELD = re.compile(r"layers(?:\[\d+\](?:\[\d+\])?\.\w+)+")


def located(layers: Sequence[Layer], name: str) -> tuple[str, Layer]:
    """The path of a built layer, such as ``layers[1].layers[0]``, and its description.

    A layer without a description of its own, as inside a `TransformerBlock`, has the path of the
    layer around it.

    Args:
        name: the name of the layer as built, such as ``residual2/dense1``.
    """
    first, *inner = name.split("/")
    index = _number(first)
    path, layer = f"layers[{index}]", layers[index]
    while inner and layer.inner():
        step, layer = _within(layer, _number(inner.pop(0)))
        path += step
    return path, layer


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    assert match is not None  # layers are named by kind and number
    return int(match[2]) - 1


def _within(layer: Layer, number: int) -> tuple[str, Layer]:
    """The path from a layer to inner layer `number`, counted through all lists, and that layer."""
    inner_layers = [
        (f".{path}[{i}]", inner)
        for path, listed in layer.inner().items()
        for i, inner in enumerate(listed)
    ]
    return inner_layers[number]


def with_field(layers: Sequence[Layer], path: str, value: object) -> list[Layer]:
    """The layers with one field changed, such as ``layers[1].layers[0].activation``.

    Raises:
        DescriptionError: they have no such field.
    """
    _, *keys = re.findall(r"\w+", path)
    try:
        if _FIELD.fullmatch(path) is None:
            raise ValueError(path)
        changed: list[Layer] = _with(layers, keys, value)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DescriptionError("path", path, "a field of this network's layers") from error
    return changed


def _with(thing: Any, keys: Sequence[str], value: object) -> Any:
    """A copy of a layer or a list of layers with another value at the path `keys`."""
    if not keys:
        return value
    key, *rest = keys
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{key: _with(getattr(thing, key), rest, value)})
    changed = list(thing)
    changed[int(key)] = _with(changed[int(key)], rest, value)
    return changed
