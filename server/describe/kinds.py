"""Kinds of layers for the page's controls: what the engine says of each and of its fields."""

from __future__ import annotations

from dataclasses import MISSING
from typing import Any

import engine
from server.describe.layers import Field, fields_of, hidden_defaults


def layer_kinds() -> list[dict[str, Any]]:
    """All kinds of layers, in the engine's order."""
    return [_kind(name, kind) for name, kind in engine.LAYERS.items()]


def _kind(name: str, kind: type[engine.Layer]) -> dict[str, Any]:
    usual = hidden_defaults(name)
    return {
        "name": name,
        "title": kind.title,
        "formula": kind.formula,
        "family": kind.family,
        "takes": [" × ".join(axes) for axes in kind.takes],
        "fields": [
            _field(field, usual.get(field.name, field.default)) for field in fields_of(name)
        ],
    }


def _field(field: Field, default: Any) -> dict[str, Any]:
    """A field; its default is null where the data decide or null is what stands there."""
    return {
        "name": field.name,
        "title": field.info.title,
        "about": field.info.about,
        "control": field.control,
        "default": None if default is MISSING else default,
        "optional": field.optional,
        "choices": list(field.choices),
        **_range(field),
    }


def _range(field: Field) -> dict[str, Any]:
    """The numbers that a control of a field offers, if it holds numbers."""
    if field.info.range is None:
        return {}
    low, high = field.info.range
    return {"minimum": low, "maximum": high, "logarithmic": field.info.logarithmic}
