"""The catalogue: everything that can be configured, with a title, and true to the engine."""

from __future__ import annotations

from typing import Any

import engine
from server import description
from server.protocol import encode_message


def test_all_of_the_engine_is_there(listed: dict[str, Any]) -> None:
    encode_message(listed)
    for kind, known in (
        ("datasets", [info.name for info in engine.catalogue()]),
        ("features", engine.FEATURES),
        ("activations", engine.ACTIVATIONS),
        ("losses", engine.LOSSES),
        ("optimizers", engine.OPTIMIZERS),
        ("initializers", engine.INITIALIZERS),
    ):
        assert [entry["name"] for entry in listed[kind]] == list(known)


def test_everything_has_a_title_of_its_own(listed: dict[str, Any]) -> None:
    for kind in ("datasets", "activations", "losses", "optimizers", "initializers"):
        for entry in listed[kind]:
            assert entry["title"] != entry["name"], entry["name"]
    for optimizer in listed["optimizers"]:
        for hyperparameter in optimizer["hyperparameters"]:
            assert hyperparameter["title"] != hyperparameter["name"]


def test_what_controls_offer_is_accepted(listed: dict[str, Any]) -> None:
    for optimizer in listed["optimizers"]:
        for end in ("minimum", "maximum", "default"):
            given = {h["name"]: h[end] for h in optimizer["hyperparameters"]}
            description.build({"optimizer": {"kind": optimizer["name"], **given}})
    for setting in listed["layer"]:
        for end in ("minimum", "maximum"):
            description.build({"layers": [{setting["name"]: setting[end]}, {}]})
    for loss in listed["losses"]:
        for task, data in (("classification", "circles"), ("regression", "plane")):
            if task in loss["tasks"]:
                description.build({"data": {"name": data}, "loss": loss["name"]})


def test_thumbnails_are_real_excerpts(listed: dict[str, Any]) -> None:
    assert listed["thumbnails"].keys() == {entry["name"] for entry in listed["datasets"]}
    for thumbnail in listed["thumbnails"].values():
        assert bool(thumbnail["points"]) != bool(thumbnail["image"])
    assert len(listed["thumbnails"]["digits"]["image"]) == 8


def test_the_description_to_start_from(listed: dict[str, Any]) -> None:
    assert listed["description"] == description.normalise({})
    assert listed["limits"] == {"layers": 32, "units": 1024, "parameters": 2_000_000}
