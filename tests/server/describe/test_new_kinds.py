"""A new activation and a new kind of layer, declared here: all the rest follows from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest

import engine
from engine import ActivationFunction, FieldInfo
from engine.diagnostics.gradcheck import gradient_check
from engine.layers.activation import activate
from engine.layers.base import ShapeKeeper, check_number
from engine.layers.context import Context
from engine.layers.dense import check_activation
from engine.layers.fields import ActivationName
from engine.ops.activation import Tanh
from engine.ops.elementwise import Scale
from engine.tensors.tensor import Shape, Tensor
from server.describe import catalogue, description
from server.describe.layers import fields_of
from tests.server.driving import configured, refused

BOUNDED = ActivationFunction(
    name="bounded",
    title="Bounded",
    formula="a = tanh z",
    op=Tanh,
    range=(-1.0, 1.0),
    saturation=(-0.5, 0.5),
)


@dataclass(frozen=True)
class Amplified(ShapeKeeper):
    """a = f(factor·x)."""

    factor: Annotated[float, FieldInfo("Factor", "How much larger.", range=(0.0, 4.0))] = 2.0
    activation: ActivationName = "linear"

    kind: ClassVar[str] = "amplified"
    title = "Amplified"
    heading = "Amp"
    formula = "a = f(c·x)"
    family = "Shape"
    pointwise = True
    hidden_defaults: ClassVar[Mapping[str, object]] = {"activation": BOUNDED.name}

    def check(self, path: str, shape: Shape, *, output: bool) -> None:
        check_number(f"{path}.factor", self.factor, 0.0, 10.0)
        check_activation(path, self.activation, output=output)

    def build(self, context: Context, x: Tensor, number: int) -> Tensor:
        with context.layer(self.kind, number) as builder:
            scale = Scale(self.factor)
            z = builder.apply(scale, x, name="z", symbol="Z", role="pre_activation")
            a = activate(builder, self.activation, z)
            return builder.note(self.kind, x, a, activation=self.activation, pre_activation=z)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For as long as a test runs."""
    monkeypatch.setitem(engine.ACTIVATIONS, BOUNDED.name, BOUNDED)
    monkeypatch.setitem(engine.LAYERS, Amplified.kind, Amplified)
    yield
    fields_of.cache_clear()


VOWELS: dict[str, Any] = {"name": "vowels", "speakers": 10}


def given(**fields: Any) -> dict[str, Any]:
    layers = [{"kind": "lstm", "units": 4}, {"kind": "amplified", **fields}, {"kind": "flatten"}]
    return {"data": VOWELS, "layers": [*layers, {}]}


def test_the_catalogue_offers_both() -> None:
    listed = catalogue.catalogue()
    activation = listed["activations"][-1]
    assert (activation["name"], activation["title"]) == ("bounded", "Bounded")
    kind = listed["layers"][-1]
    assert kind["family"] in listed["families"]
    factor, choice = kind["fields"]
    assert factor == {
        "name": "factor",
        "title": "Factor",
        "about": "How much larger.",
        "control": "number",
        "default": 2.0,
        "optional": False,
        "choices": [],
        "minimum": 0.0,
        "maximum": 4.0,
        "logarithmic": False,
    }
    assert (choice["default"], choice["choices"][-1]) == ("bounded", "bounded")
    dense, rnn = (
        next(kind for kind in listed["layers"] if kind["name"] == name) for name in ("dense", "rnn")
    )
    for other in (dense, rnn):
        words = next(f["choices"] for f in other["fields"] if f["name"] == "activation")
        assert words[-1] == "bounded"


def test_a_description_of_them_is_completed_and_checked() -> None:
    complete = description.normalise(given())["layers"]
    assert complete[1] == {"kind": "amplified", "factor": 2.0, "activation": "bounded"}
    assert complete[0]["return_sequences"]  # flatten, further on, reads all time steps
    with refused("bad_description", "layers[1].factor", "in 0..10"):
        description.build(given(factor=11.0))
    with refused("bad_description", "layers[1].activation", "an activation of a hidden layer"):
        description.build(given(activation="softmax"))
    with refused("unknown_field", "layers[1].units", "a field here"):
        description.build(given(units=3))


def test_a_session_trains_them_and_tells_what_the_picture_needs() -> None:
    driver = configured(given())
    driver.step(count=3)
    row = driver.last("configured")["layers"][1]
    assert (row["kind"], row["heading"], row["path"]) == ("amplified", "Amp 2", "layers[1]")
    assert row["window"] == {
        "kind": "slide",
        "size": (1,),
        "stride": (1,),
        "dilation": (1,),
        "before": (0,),
    }
    assert not row["probability"]
    assert (row["range"], row["saturation"], row["can_die"]) == ([-1.0, 1.0], (-0.5, 0.5), False)
    assert (row["combines"], row["mixes"], row["reads_ids"]) == ("", False, False)
    assert driver.state["step"] == 3


def test_the_engine_differentiates_and_judges_them() -> None:
    machine = engine.Machine(description.build(given()).program)
    monitor = engine.Monitor(engine.Timeline(machine))
    monitor.timeline.run(1)
    assert {check.verdict for check in gradient_check(machine)} <= {"right", "kink"}
    share = float(np.mean(np.abs(machine.read(machine.program.layers[1].output)) > 0.5))
    assert 0 < share < 1
    assert monitor.recent[-1].layers[1].saturated == pytest.approx(share)
