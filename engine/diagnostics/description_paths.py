"""Where the description of a network has a layer that was built of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import DescriptionError
from engine.layers import Concatenate, Layer, Residual

_NUMBERED = re.compile(r"(.+?)(\d+)")
_FIELD = re.compile(r"layers\[(\d+)\]\.(.+)")
_BRANCH = re.compile(r"branches\[(\d+)\]\[(\d+)\]\.(.+)")


def located(layers: Sequence[Layer], name: str) -> tuple[str, Layer]:
    """The path of a built layer, such as ``layers[1].layers[0]``, and its description.

    What is built within a layer that is described as a whole is described there.

    Args:
        name: of the layer as built, such as ``residual2/dense1``.
    """
    first, *inner = name.split("/")
    place = _number(first)
    path, layer = f"layers[{place}]", layers[place]
    while inner and isinstance(layer, Residual | Concatenate):
        step, layer = _within(layer, _number(inner.pop(0)))
        path += step
    return path, layer


def _number(name: str) -> int:
    found = _NUMBERED.fullmatch(name)
    assert found is not None  # layers are built as kind and number
    return int(found[2]) - 1


def _within(layer: Residual | Concatenate, place: int) -> tuple[str, Layer]:
    """The layer of that number in another one, and its path from there."""
    if isinstance(layer, Residual):
        return f".layers[{place}]", layer.layers[place]
    each = [(f".branches[{b}][{i}]", x) for b, row in enumerate(layer.branches)
            for i, x in enumerate(row)]  # fmt: skip
    return each[place]


def with_field(layers: Sequence[Layer], path: str, value: object) -> list[Layer]:
    """The layers with one field changed, such as ``layers[1].layers[0].activation``.

    Raises:
        DescriptionError: they have no such field.
    """
    try:
        return _changed(layers, path, value)
    except (IndexError, TypeError, ValueError) as error:
        raise DescriptionError("path", path, "a field of this network's layers") from error


def _changed(layers: Sequence[Layer], path: str, value: object) -> list[Layer]:
    found = _FIELD.fullmatch(path)
    if found is None:
        raise ValueError(path)
    changed, place = list(layers), int(found[1])
    changed[place] = _with(changed[place], found[2], value)
    return changed


def _with(layer: Layer, path: str, value: object) -> Layer:
    inside = _BRANCH.fullmatch(path)
    if inside is not None and isinstance(layer, Concatenate):
        branches = [list(branch) for branch in layer.branches]
        row, place = branches[int(inside[1])], int(inside[2])
        row[place] = _with(row[place], inside[3], value)
        return replace(layer, branches=branches)
    if isinstance(layer, Residual) and _FIELD.fullmatch(path):
        return replace(layer, layers=_changed(layer.layers, path, value))
    return replace(layer, **{path: value})  # type: ignore[type-var]
