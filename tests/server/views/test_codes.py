"""Codes of an autoencoder: what its encoder says, and what its decoder makes of a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.describe import description
from server.views.codes import code_layer
from tests.server.driving import configured, machine_of, refused
from tests.server.kinds import KINDS

TABLE: dict[str, Any] = {
    "data": {"name": "iris"},
    "targets": "inputs",
    "layers": [{"units": 6}, {"units": 2, "activation": "linear"}, {"units": 6}, {}],
}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (KINDS["autoencoder"], "dense4"),
        (TABLE, "dense2"),
        ({**TABLE, "targets": "data"}, None),
        ({**TABLE, "layers": [{"units": 3}, {}]}, None),
        (KINDS["driving"], None),
        ({"data": {"name": "diabetes"}}, None),
    ],
)
def test_which_layer_is_the_code(given: Any, name: str | None) -> None:
    found = code_layer(description.build(given))
    assert (found and found.name) == name


def test_codes_and_images_are_those_of_the_network() -> None:
    driver = configured(KINDS["autoencoder"])
    driver.step("step", 3)
    shown = driver.frame("view/code", "view/decoded", "view/decoded/range")
    told = driver.last("configured")["description"]
    plan = description.build(told)
    machine = machine_of(told)
    saved = driver.session.checkpoint()
    assert saved is not None
    machine.restore(saved.snapshot)
    evaluator = machine.evaluator(plan.data.test.inputs)
    evaluator.run(1)
    codes, outputs = evaluator.read("dense4/a"), evaluator.read(evaluator.program.layers[-1].output)
    np.testing.assert_array_equal(shown["view/code"], codes)
    # Put the grid's own corner through: the code of the lowest first and highest second number.
    (low, _), (_, high) = shown["view/decoded/range"]
    answer = driver.do("decode", code=[low, high])
    corner = shown["view/decoded"][0, 0]
    np.testing.assert_allclose(answer["values"], corner.ravel(), atol=1e-4)
    # And a code of a test sample: what comes out is the network's own answer to the sample.
    answer = driver.do("decode", code=codes[5].tolist())
    scaling = plan.data.standardisation
    assert scaling is not None
    expected = outputs[5].ravel() * scaling.scale + scaling.mean
    np.testing.assert_allclose(answer["values"], expected, atol=1e-4)


def test_the_grid_is_around_the_codes_and_its_ends_are_round() -> None:
    driver = configured(TABLE)
    shown = driver.frame("view/code", "view/decoded/range")
    low, high = np.percentile(shown["view/code"], [1, 99], axis=0)
    ends = shown["view/decoded/range"]
    assert (ends[:, 0] <= low).all()
    assert (ends[:, 1] >= high).all()
    assert (ends[:, 1] - ends[:, 0] < 2 * (high - low)).all()


def test_a_table_is_decoded_in_its_own_units() -> None:
    driver = configured(TABLE)
    values = driver.do("decode", code=[0, 0])["values"]
    assert len(values) == 4
    assert 3 < values[0] < 9  # centimetres of a sepal


def test_decoding_does_not_disturb_what_is_shown() -> None:
    driver = configured(TABLE)
    before = driver.frame("view/code")["view/code"]
    driver.do("decode", code=[1.5, -2])
    np.testing.assert_array_equal(driver.frame("view/code")["view/code"], before)


def test_only_an_autoencoder_decodes() -> None:
    driver = configured({"data": {"name": "iris"}})
    with refused("bad_value", "type", "autoencoder"):
        driver.do("decode", code=[0, 0])
