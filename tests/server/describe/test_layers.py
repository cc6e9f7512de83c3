"""Layers of descriptions: fields from the engine's dataclasses, completed, built and found."""

from __future__ import annotations

from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from typing import Any

import pytest

import engine
from server.describe import layers
from server.describe.description import build, normalise
from server.describe.layers import fields_of
from tests.server.driving import refused
from tests.server.kinds import KINDS, TEXT


def every(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All layers of a description, those within others, too."""
    found = []
    for layer in listed:
        found.append(layer)
        found += every(layer.get("layers", []))
        for branch in layer.get("branches", []):
            found += every(branch)
    return found


def test_together_the_networks_of_these_tests_have_every_kind() -> None:
    used = {
        layer["kind"] for given in KINDS.values() for layer in every(normalise(given)["layers"])
    }
    assert used == set(engine.LAYERS)


@pytest.mark.parametrize("kind", engine.LAYERS)
def test_a_kind_has_the_fields_of_its_dataclass(kind: str) -> None:
    known: Any = engine.LAYERS[kind]
    assert [f.name for f in fields_of(kind)] == [f.name for f in dataclass_fields(known)]
    for field in fields_of(kind):
        assert bool(field.choices) == (field.control in ("choice", "padding"))


@pytest.mark.parametrize(
    ("kind", "name", "control", "optional"),
    [
        ("dense", "units", "integer", False),
        ("dense", "activation", "choice", False),
        ("dense", "initializer", "initializer", False),
        ("dense", "l2", "number", False),
        ("lstm", "return_sequences", "switch", False),
        ("lstm", "truncation", "integer", True),
        ("conv2d", "kernel", "extent", False),
        ("conv2d", "padding", "padding", False),
        ("transposed_conv2d", "padding", "choice", False),
        ("max_pool", "stride", "extent", True),
        ("factorisation", "sizes", "integers", False),
        ("residual", "layers", "layers", False),
        ("concatenate", "branches", "branches", False),
    ],
)
def test_what_a_field_holds(kind: str, name: str, control: str, optional: bool) -> None:
    field = next(field for field in fields_of(kind) if field.name == name)
    assert (field.control, field.optional) == (control, optional)


@pytest.mark.parametrize("name", KINDS)
def test_a_network_of_every_kind_is_built_and_complete(name: str) -> None:
    plan = build(KINDS[name])
    assert normalise(plan.description) == plan.description
    for layer in every(plan.description["layers"]):
        assert layer.keys() == {"kind", *(field.name for field in fields_of(layer["kind"]))}
    built = [layer.kind for layer in plan.network.layers]
    assert built == [layer["kind"] for layer in plan.description["layers"]]


@pytest.mark.parametrize("kind", engine.LAYERS)
def test_defaults_are_those_of_the_engine_or_said_to_be_others(kind: str) -> None:
    for field in fields_of(kind):
        if field.default is MISSING:
            assert field.name in layers.hidden_defaults(kind) or field.info.source is not None


# What the data decide ----------------------------------------------------------------------------


def completed(data: Any, *given: Any) -> list[dict[str, Any]]:
    complete: list[dict[str, Any]] = normalise({"data": data, "layers": list(given)})["layers"]
    return complete


def test_an_embedding_has_as_many_rows_as_there_are_tokens() -> None:
    data = {"name": "own_text", "text": TEXT}
    first, *_, last = completed(data, {"kind": "embedding"}, {"kind": "lstm"}, {})
    tokens = len(set(TEXT)) + 1
    assert (first["vocabulary"], last["units"], last["activation"]) == (tokens, tokens, "softmax")


def test_a_factorisation_has_as_many_rows_as_there_are_people_and_films() -> None:
    (layer,) = completed({"name": "ratings", "users": 30, "items": 40}, {"kind": "factorisation"})
    assert layer["sizes"] == [30, 40]


@pytest.mark.parametrize(
    ("data", "following", "sequences"),
    [
        ({"name": "own_text", "text": TEXT}, [{}], True),
        ({"name": "vowels", "speakers": 10}, [{}], False),
        ({"name": "vowels", "speakers": 10}, [{"kind": "gru"}, {}], True),
        ({"name": "vowels", "speakers": 10}, [{"units": 3}, {"kind": "flatten"}, {}], True),
    ],
)
def test_every_state_is_handed_on_where_it_is_needed(
    data: Any, following: list[Any], sequences: bool
) -> None:
    first = [{"kind": "embedding"}] if data["name"] == "own_text" else []
    layer = completed(data, *first, {"kind": "lstm"}, *following)[len(first)]
    assert layer["return_sequences"] is sequences


@pytest.mark.parametrize("value", [True, False])
def test_a_description_with_an_older_name_of_a_field_still_means_the_same(value: bool) -> None:
    """It stands in links and in logs that have been saved."""
    data = {"name": "vowels", "speakers": 10}
    old, new = ({"kind": "lstm", name: value} for name in ("sequences", "return_sequences"))
    assert completed(data, old, {}) == completed(data, new, {})
    with refused("unknown_field", "layers[0].sequences", "a field here"):
        completed(data, {**old, **new}, {})


@pytest.mark.parametrize(
    ("first", "shape"),
    [
        ([{"units": 3}], (784,)),
        ([{"kind": "conv2d"}, {"kind": "flatten"}], (28, 28, 1)),
        ([{"kind": "noise"}, {"kind": "max_pool"}, {"kind": "flatten"}], (28, 28, 1)),
        ([{"kind": "lstm"}], (28, 28)),
        ([{"kind": "residual", "layers": [{"kind": "attention"}]}, {"kind": "flatten"}], (28, 28)),
        ([{"kind": "flatten"}], (784,)),
    ],
)
def test_images_come_as_the_first_layer_wants_them(first: list[Any], shape: Any) -> None:
    plan = build({"data": {"name": "synthetic_images", "samples": 100}, "layers": [*first, {}]})
    assert plan.network.input_shape == shape


def test_an_image_comes_out_of_a_convolution_with_as_many_channels() -> None:
    *_, last = completed({"name": "digits_autoencoder"}, {"kind": "conv2d"}, {"kind": "conv2d"})
    assert (last["filters"], last["activation"]) == (1, "linear")


# Refused -----------------------------------------------------------------------------------------

IMAGES = {"name": "synthetic_images", "samples": 100}
BAD: list[tuple[Any, list[Any], str, str, str]] = [
    (IMAGES, [{"kind": "conv3d"}, {}], "bad_description", "layers[0].kind", "one of dense"),
    (IMAGES, [{"kind": "conv2d", "units": 3}, {}], "unknown_field", "layers[0].units", "field"),
    (IMAGES, [{"kind": "conv2d", "kernel": 0}, {}], "bad_description", "layers[0].kernel", "1..64"),
    (
        IMAGES,
        [{"kind": "conv2d", "kernel": [3]}, {}],
        "bad_description",
        "layers[0].kernel",
        "2 of",
    ),
    (
        IMAGES,
        [{"kind": "conv2d", "kernel": 40}, {}],
        "bad_description",
        "layers[0].kernel",
        "small",
    ),
    (
        IMAGES,
        [{"kind": "conv2d", "padding": "full"}, {}],
        "bad_description",
        "layers[0].padding",
        "'same'",
    ),
    (
        IMAGES,
        [{"kind": "conv2d", "groups": 3}, {}],
        "bad_description",
        "layers[0].groups",
        "divisor",
    ),
    (IMAGES, [{"units": 3}, {"kind": "conv2d"}, {}], "bad_description", "layers[1]", "it needs"),
    (
        IMAGES,
        [{"kind": "max_pool", "stride": "2"}, {}],
        "bad_description",
        "layers[0].stride",
        "in 1",
    ),
    (
        IMAGES,
        [{"kind": "lstm", "return_sequences": 1}, {}],
        "bad_description",
        "layers[0].return_sequences",
        "true",
    ),
    (
        IMAGES,
        [{"kind": "rnn", "activation": "gelu"}, {}],
        "bad_description",
        "layers[0].activation",
        "one",
    ),
    (
        IMAGES,
        [{"kind": "embedding"}, {}],
        "bad_description",
        "layers[0]",
        "a layer that reads numbers",
    ),
    (
        IMAGES,
        [{"kind": "reshape", "shape": 3}, {}],
        "bad_description",
        "layers[0].shape",
        "a list of 1..4 numbers",
    ),
    (
        {"name": "spirals"},
        [{"kind": "residual", "layers": [{"units": 3}]}, {}],
        "bad_description",
        "layers[0].layers",
        "the shape of what is added",
    ),
    (
        {"name": "spirals"},
        [{"kind": "residual", "layers": [{}, {"kind": "dense", "unit": 2}]}, {}],
        "unknown_field",
        "layers[0].layers[1].unit",
        "'units'",
    ),
    (
        {"name": "spirals"},
        [{"kind": "concatenate", "branches": [[], [{"units": 0}]]}, {}],
        "bad_description",
        "layers[0].branches[1][0].units",
        "in 1..1024",
    ),
    (
        {"name": "spirals"},
        [{"kind": "concatenate", "branches": [{"units": 2}]}, {}],
        "bad_description",
        "layers[0].branches[0]",
        "a list of 0..32 layers",
    ),
    (
        {"name": "spirals"},
        [{"kind": "residual", "layers": [{"units": 2}] * 31}, {}],
        "bad_description",
        "layers[0].layers",
        "at most 32 layers",
    ),
    (
        {"name": "own_text", "text": TEXT},
        [{"kind": "embedding"}, {"kind": "lstm", "return_sequences": False}, {}],
        "bad_description",
        "layers[2]",
        "a class for",
    ),
    (
        {"name": "own_text", "text": TEXT, "context": 128},
        [{"kind": "embedding"}, *[{"kind": "lstm"}] * 3, {}],
        "bad_description",
        "layers",
        "at most 256 time steps",
    ),
]


@pytest.mark.parametrize(("data", "given", "code", "field", "said"), BAD)
def test_the_layer_that_does_not_fit_is_named(
    data: Any, given: list[Any], code: str, field: str, said: str
) -> None:
    with refused(code, field, said):
        build({"data": data, "layers": given})


# Finding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_built_layer_is_found_in_the_description(name: str) -> None:
    plan = build(KINDS[name])
    for built in plan.program.layers:
        path, _ = engine.located(plan.network.layers, built.name)
        layer = layers.find_layer(plan.description, path)
        assert path.startswith("layers[")
        if "transformer_block" not in built.name:
            assert layer["kind"] == built.kind


def test_where_inner_layers_are_described() -> None:
    plan = build(KINDS["combining"])
    path, layer = engine.located(plan.network.layers, "residual2/dense2")
    assert path == "layers[1].layers[1]"
    assert layer == layers.build(layers.find_layer(plan.description, path))
    path, _ = engine.located(plan.network.layers, "concatenate3/activation2")
    assert path == "layers[2].branches[2][0]"
    plan = build(KINDS["transformer"])
    path, layer = engine.located(plan.network.layers, "transformer_block3/attention2")
    assert (path, layer) == ("layers[2]", plan.network.layers[2])
