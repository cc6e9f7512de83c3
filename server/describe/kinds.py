"""Kinds of layers and their fields for the page's controls, derived from the engine."""

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
    """A field; its default is null if it depends on the data, or is null."""
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
    """The range that the control of a numeric field offers; empty for other fields."""
    if field.info.range is None:
        return {}
    low, high = field.info.range
    return {"minimum": low, "maximum": high, "logarithmic": field.info.logarithmic}
