"""Descriptions: what is refused, and how it is said; how parameters start."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from engine import (
    INITIALIZERS,
    SGD,
    Adam,
    Dense,
    DescriptionError,
    Initializer,
    Machine,
    Network,
    compile,  # noqa: A004
    load_dataset,
)
from tests.engine.networks import CIRCLES, random_data


def network(**changes: Any) -> Network:
    """A sound 2-3-1 classifier, but for `changes`."""
    fields: dict[str, Any] = {
        "inputs": 2,
        "layers": [Dense(3, "tanh"), Dense(1, "sigmoid")],
        "loss": "binary_cross_entropy",
        "optimizer": SGD(0.1),
    }
    return Network(**(fields | changes))


def hidden(layer: object) -> dict[str, Any]:
    return {"layers": [layer, Dense(1, "sigmoid")]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": 0}, "inputs: 0 is not in 1..65536"),
        ({"layers": []}, "layers: 0 is not a list of 1..64 layers"),
        (hidden("dense"), "layers[0]: 'dense' is not a layer such as Dense(4)"),
        (hidden(Dense(0)), "layers[0].units: 0 is not in 1..1024"),
        (hidden(Dense(True)), "layers[0].units: True is not in 1..1024"),
        (
            hidden(Dense(3, cast("Any", "tan"))),
            "layers[0].activation: 'tan' is not one of linear, sigmoid",
        ),
        (hidden(Dense(3, "softmax")), "layers[0].activation: 'softmax' is not an activation of a"),
        (hidden(Dense(3, initializer="he")), "layers[0].initializer: 'he' is not one of zeros"),
        (
            hidden(Dense(3, bias_initializer=Initializer("constant", float("nan")))),
            "layers[0].bias_initializer.value: nan is not a finite number",
        ),
        (hidden(Dense(3, l1=-1)), "layers[0].l1: -1 is not a number of at least 0"),
        (hidden(Dense(3, l2=float("inf"))), "layers[0].l2: inf is not a number of at least 0"),
        (hidden(Dense(3, dropout=1.0)), "layers[0].dropout: 1.0 is not in 0..0.95"),
        (
            {"layers": [Dense(1, "sigmoid", dropout=0.5)]},
            "layers[0].dropout: 0.5 is not 0 (the output layer)",
        ),
        ({"loss": "hinge"}, "loss: 'hinge' is not one of mean_squared_error"),
        (
            {"layers": [Dense(1, "tanh")]},
            "layers[0].activation: 'tanh' is not 'sigmoid', which binary_cross_entropy needs",
        ),
        ({"optimizer": "sgd"}, "optimizer: 'sgd' is not an optimizer such as SGD(0.03)"),
        (
            {"optimizer": SGD(-1)},
            "optimizer.learning_rate: -1 is not a number of at least 0",
        ),
        (
            {"optimizer": Adam(beta1=1.0)},
            "optimizer.beta1: 1.0 is not a number of at least 0 and below 1",
        ),
    ],
)
def test_unusable_fields_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        network(**changes)
    assert str(caught.value).startswith(message)
    assert caught.value.path == message.split(":", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"inputs": 3}, {}, "inputs: 3 is not 2, the number of input features of 'circles'"),
        ({}, {"batch_size": 0}, "batch_size: 0 is not in 1..50 (the training samples) or None"),
        ({}, {"batch_size": 51}, "batch_size: 51 is not in 1..50"),
        ({}, {"seed": -1}, "seed: -1 is not a whole number from 0"),
        ({}, {"dtype": "float16"}, "dtype: 'float16' is not 'float64' or 'float32'"),
        (
            {"layers": [Dense(3, "softmax")], "loss": "softmax_cross_entropy"},
            {},
            "layers[0].units: 3 is not 2, as 'circles' has 2 classes",
        ),
        ({"layers": [Dense(5, "sigmoid")]}, {}, "layers[0].units: 5 is not 1 or 2"),
    ],
)
def test_what_does_not_fit_the_data_is_named(
    changes: dict[str, Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DescriptionError) as caught:
        compile(network(**changes), CIRCLES, **arguments)
    assert str(caught.value).startswith(message)


def test_regression_needs_its_losses_and_outputs() -> None:
    data = load_dataset("sine", samples=60)
    for layers, loss, path in (
        ([Dense(1, "sigmoid")], "binary_cross_entropy", "loss"),
        ([Dense(2)], "mean_squared_error", "layers[0].units"),
    ):
        with pytest.raises(DescriptionError) as caught:
            compile(network(inputs=1, layers=layers, loss=loss), data)
        assert caught.value.path == path


FAN_IN, FAN_OUT = 60, 40
DEVIATIONS = {
    "zeros": 0.0,
    "constant": 0.0,
    "uniform": 0.5 / 3**0.5,
    "normal": 0.1,
    "glorot_uniform": (2 / (FAN_IN + FAN_OUT)) ** 0.5,
    "glorot_normal": (2 / (FAN_IN + FAN_OUT)) ** 0.5,
    "he_uniform": (2 / FAN_IN) ** 0.5,
    "he_normal": (2 / FAN_IN) ** 0.5,
    "lecun_uniform": (1 / FAN_IN) ** 0.5,
    "lecun_normal": (1 / FAN_IN) ** 0.5,
}


@pytest.mark.parametrize("kind", INITIALIZERS)
def test_initializers_have_the_scale_of_their_paper(kind: str) -> None:
    layers = [Dense(FAN_OUT, "tanh", initializer=kind, bias_initializer=kind), Dense(2, "softmax")]
    data = random_data(30, FAN_IN, 2)
    program = compile(Network(FAN_IN, layers, "softmax_cross_entropy"), data)
    w = Machine(program).read("dense1/W")
    assert np.std(w) == pytest.approx(DEVIATIONS[kind], rel=0.08)
    assert np.mean(w) == pytest.approx(0.1 if kind == "constant" else 0, abs=0.03)
    assert Machine(program).read("dense1/b").shape == (FAN_OUT,)


def test_an_initializers_value_is_used() -> None:
    layers = [
        Dense(3, initializer=Initializer("constant", 0.7), bias_initializer="zeros"),
        Dense(1, "sigmoid"),
    ]
    machine = Machine(compile(network(layers=layers), CIRCLES))
    assert (machine.read("dense1/W") == 0.7).all()
    assert (machine.read("dense1/b") == 0).all()


def test_costs_are_known_before_anything_is_allocated() -> None:
    program = compile(network(), CIRCLES)
    assert program.cost.parameters == 2 * 3 + 3 + 3 * 1 + 1
    assert program.cost.flops == sum(i.flops for i in program.listing())
    assert program.cost.bytes > 8 * program.cost.parameters
