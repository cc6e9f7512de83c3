"""Completes, checks and builds the layers of a description, of any kind.

The fields of a kind are those of its dataclass in the engine. Their types determine the control for
a field, and whether its default depends on the data. So a new kind of layer needs no change here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, is_dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

import engine
from engine import (
    LSTM,
    Dataset,
    Dense,
    Embedding,
    Factorisation,
    FieldInfo,
    Initializer,
    Layer,
    Network,
    Source,
)
from server.describe import fields
from server.describe.fields import Description
from server.wire.errors import Refusal

DEFAULT_KIND = Dense.kind
"""The kind of a layer whose description names none."""
MAX_LAYERS = 32
"""Most layers of a network, including layers within layers."""

Control = Literal[
    "integer",
    "number",
    "switch",
    "choice",
    "initializer",
    "extent",
    "padding",
    "integers",
    "layers",
    "branches",
]


@dataclass(frozen=True)
class Field:
    """A field of a kind of layer.

    Attributes:
        control: type of its value: an extent is a number or a pair of numbers, padding a word or a
            number, integers a list, layers a list of layers, branches a list of such lists.
        default: the default of the engine, or MISSING.
        words: the words that its type allows, for padding or a choice.
        optional: whether null is allowed.
        info: title, explanation and range.
    """

    name: str
    control: Control
    default: Any
    words: tuple[str, ...]
    optional: bool
    info: FieldInfo

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words of a choice or a padding."""
        return self.words if self.info.choices is None else self.info.choices()


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of a kind of layer."""
    layer_class: type[Any] = engine.LAYERS[kind]
    hints = get_type_hints(layer_class, include_extras=True)
    return tuple(_field(f.name, hints[f.name], f.default) for f in dataclass_fields(layer_class))


def _field(name: str, hint: Any, default: Any) -> Field:
    hint, info = get_args(hint)
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    rest = tuple(part for part in parts if part is not NoneType)
    words = next((get_args(part) for part in rest if get_origin(part) is Literal), ())
    control = "choice" if info.choices is not None else _control(rest)
    return Field(name, control, default, words, NoneType in parts, info)


def _control(parts: tuple[Any, ...]) -> Control:
    """The control for a field whose type is the union of `parts`."""
    origins = {get_origin(part) or part for part in parts}
    for control, types in _CONTROLS.items():
        if origins == types:
            return control
    nested = get_origin(get_args(parts[0])[0]) is Sequence
    return "branches" if nested else "layers"


_CONTROLS: dict[Control, set[Any]] = {
    "integer": {int},
    "number": {float},
    "switch": {bool},
    "choice": {Literal},
    "initializer": {str, Initializer},
    "extent": {int, tuple},
    "padding": {Literal, int},
    "integers": {tuple},
}


# Completing ----------------------------------------------------------------------------------


def usual_layers(data: Dataset) -> list[Description]:
    """The default layers of a network for these data."""
    if data.kind == "ratings":
        return [{"kind": Factorisation.kind}]
    if data.kind == "text":
        return [{"kind": Embedding.kind}, {"kind": LSTM.kind}, {}]
    if data.kind == "sequence":
        return [{"kind": LSTM.kind}, {}]
    return [{"units": 4}, {"units": 2}, {}]


class Completion:
    """Fills in the omitted fields of layers.

    Args:
        output: default fields of the last layer.
    """

    def __init__(self, data: Dataset, output: Description) -> None:
        self._data, self._output = data, output
        self._per_place = data.train.labels is not None and data.train.labels.ndim > 1
        self._left = MAX_LAYERS

    def layers(self, path: str, given: object, *, inner: bool = False) -> list[Description]:
        """A list of layers with all their fields.

        Args:
            inner: whether they are part of another layer, so that none of them is the output.
        """
        known = fields.list_of(path, given, 0 if inner else 1, MAX_LAYERS, "layers")
        self._left -= len(known)
        if self._left < 0:
            expected = f"a network of at most {MAX_LAYERS} layers"
            raise Refusal("bad_description", path, f"{MAX_LAYERS - self._left} layers", expected)
        return [
            self._layer(f"{path}[{i}]", layer, known[i + 1 :], inner=inner)
            for i, layer in enumerate(known)
        ]

    def _layer(
        self, path: str, given: object, following: Sequence[object], *, inner: bool
    ) -> Description:
        kind = _kind(path, given)
        known = fields_of(kind)
        names = ("kind", *(field.name for field in known))
        content = fields.known_fields(path, _renamed(given, known), names)
        usual = {f.name: f.default for f in known if f.default is not MISSING}
        usual |= hidden_defaults(kind)
        for field in known:
            if field.info.source is not None:
                usual[field.name] = self._data_default(field.info.source, following)
        if not following and not inner:
            usual |= {k: v for k, v in self._output.items() if k in {f.name for f in known}}
        layer = {**usual, **content}
        checked = {f.name: self._value(f"{path}.{f.name}", f, layer[f.name]) for f in known}
        return {"kind": kind, **checked}

    def _data_default(self, source: Source, following: Sequence[object]) -> object:
        """The default of a field that depends on the data or on the following layers."""
        data = self._data
        if source == "vocabulary":
            return len(data.vocabulary or ()) or 1
        if source == "field_sizes":
            return list(data.field_sizes or (1, 1))
        if source == "image_shape":
            return [*(data.image_shape or (1, 1)), 1]
        return self._per_place or any(map(_takes_sequence, following))

    def _value(self, path: str, field: Field, value: object) -> Any:
        if value is None and field.optional:
            return None
        if field.control == "layers":
            return self.layers(path, value, inner=True)
        if field.control == "branches":
            branches = fields.list_of(path, value, 0, MAX_LAYERS, "lists of layers")
            return [self.layers(f"{path}[{n}]", b, inner=True) for n, b in enumerate(branches)]
        return _PLAIN[field.control](path, field, value)


def hidden_defaults(kind: str) -> Description:
    """The engine's defaults for a hidden layer of this kind."""
    defaults: Description = described(engine.LAYERS[kind].hidden_defaults)
    return defaults


def described(thing: Any) -> Any:
    """An object of the engine as JSON; objects with a kind have it as their first field."""
    if isinstance(thing, Initializer):
        return thing.kind if thing.value is None else {"kind": thing.kind, "value": thing.value}
    if is_dataclass(thing) and not isinstance(thing, type):
        values = {f.name: described(getattr(thing, f.name)) for f in dataclass_fields(thing)}
        return {"kind": getattr(thing, "kind"), **values}  # noqa: B009 - every such class has one
    if isinstance(thing, Mapping):
        return {name: described(value) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [described(item) for item in thing]
    return thing.item() if isinstance(thing, np.generic) else thing


def _renamed(given: object, known: Sequence[Field]) -> object:
    """The layer with present names of fields in place of former ones, from old links and logs."""
    if not isinstance(given, dict):
        return given
    old = [f for f in known if f.info.formerly and f.name not in given]
    names = {f.info.formerly: f.name for f in old}
    return {names.get(name, name): value for name, value in given.items()}


def _takes_sequence(layer: object) -> bool:
    """Whether a layer of a description reads whole sequences; False for an invalid one."""
    kind = _known_kind(layer)
    return kind is not None and kind.takes_sequence()


def _known_kind(layer: object) -> type[Layer] | None:
    """The kind of a layer of a description; None for an invalid one."""
    name = layer.get("kind", DEFAULT_KIND) if isinstance(layer, dict) else None
    return engine.LAYERS.get(name) if isinstance(name, str) else None


def _kind(path: str, given: object) -> str:
    if not isinstance(given, dict):
        raise Refusal("bad_description", path, given, "an object")
    return fields.choice(f"{path}.kind", given.get("kind", DEFAULT_KIND), tuple(engine.LAYERS))


def _whole(path: str, field: Field, value: object) -> Any:
    """The value unchanged: the engine checks its type and range."""
    return value


def _extent(path: str, field: Field, value: object) -> Any:
    if isinstance(value, list) and len(value) != 2:
        raise Refusal("bad_description", path, value, "a number or 2 of them")
    return value


def _integers(path: str, field: Field, value: object) -> Any:
    return fields.list_of(path, list(value) if isinstance(value, tuple) else value, 1, 4, "numbers")


_PLAIN: dict[Control, Callable[[str, Field, object], Any]] = {
    "integer": _whole,
    "padding": _whole,
    "extent": _extent,
    "integers": _integers,
    "number": lambda path, field, value: fields.number(path, value),
    "switch": lambda path, field, value: fields.boolean(path, value),
    "choice": lambda path, field, value: fields.choice(path, value, field.choices),
    "initializer": lambda path, field, value: fields.initializer(path, value),
}


def output_units(given: Sequence[object]) -> object:
    """The number of units that the layers give the output, or None if they leave it open."""
    for layer in reversed(given):
        kind = _known_kind(layer)
        if kind is None or not kind.keeps:
            named = layer if isinstance(layer, dict) else {}
            return named.get("units", named.get("filters"))
    return None


# Building ------------------------------------------------------------------------------------


def build(layer: Mapping[str, Any]) -> Layer:
    """The engine's layer for a complete layer of a description."""
    kind = layer["kind"]
    layer_class: type[Any] = engine.LAYERS[kind]
    built: Layer = layer_class(**{f.name: _built(f, layer[f.name]) for f in fields_of(kind)})
    return built


def _built(field: Field, value: Any) -> Any:
    if field.control == "layers":
        return [build(layer) for layer in value]
    if field.control == "branches":
        return [[build(layer) for layer in branch] for branch in value]
    if field.control == "initializer" and isinstance(value, dict):
        return Initializer(**value)
    return tuple(value) if isinstance(value, list) else value


def input_shape(layers: Sequence[Description], data: Dataset) -> tuple[int, ...]:
    """Shape of a sample as the first layers take it.

    An image is (height, width, 1) or a sequence of rows (height, width), unless the first layers
    take its pixels as a vector.
    """
    if data.image_shape is None:
        return data.input_shape
    for layer in _leading(layers):
        kind = engine.LAYERS[layer["kind"]]
        axes = {len(axes) for axes in kind.takes}
        if 3 in axes:
            return (*data.image_shape, 1)
        if 2 in axes:
            return data.image_shape
        if axes or kind.keeps != "shape":
            break
    return data.input_shape


def _leading(layers: Sequence[Description]) -> Iterator[Description]:
    """The layers, with a layer that contains others replaced by those."""
    for layer in layers:
        inner = [f for f in fields_of(layer["kind"]) if f.control in ("layers", "branches")]
        if not inner:
            yield layer
        for field in inner:
            lists = layer[field.name] if field.control == "branches" else [layer[field.name]]
            for listed in lists:
                yield from _leading(listed)


def unrolled(network: Network) -> int:
    """The number of time steps of all recurrent layers, counted for each direction."""
    shaped = _shaped(network.layers, network.input_shape)
    return sum(layer.unrolled(shape) for shape, layer in shaped)


def _shaped(
    layers: Sequence[Layer], shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Layer]]:
    """All layers, each with the shape of its input."""
    for layer in layers:
        yield shape, layer
        for inner in layer.inner().values():
            yield from _shaped(inner, shape)
        shape = layer.output_shape(shape)


# Finding -------------------------------------------------------------------------------------


def find_layer(description: Description, path: str) -> Description:
    """The layer of a complete description at a path such as ``layers[1].layers[0]``."""
    at: Any = description
    for key in re.findall(r"\w+", path):
        at = at[int(key)] if isinstance(at, list) else at[key]
    layer: Description = at
    return layer
