"""Views: what is shown beyond the program's own buffers equals the engine's own evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import Machine, encode_targets
from server.describe import description
from server.describe.description import Plan
from server.views import plane
from tests.server.driving import SMALL, Driver, configured, machine_of

DEEP: dict[str, Any] = {
    **SMALL,
    "layers": [{"units": 5, "activation": "relu"}, {"units": 3, "activation": "linear"}, {}],
}
IMAGES: dict[str, Any] = {"data": {"name": "synthetic_images", "samples": 100}}
LINE: dict[str, Any] = {"data": {"name": "sine", "samples": 60, "features": ["x1", "sin_x1"]}}
CLASSES: dict[str, Any] = {"data": {"name": "spirals", "classes": 3, "samples": 90}}


def twin(driver: Driver) -> tuple[Machine, Plan]:
    """A machine of the engine alone, in the state of the session's."""
    told = driver.last("configured")["description"]
    saved = driver.session.checkpoint()
    assert saved is not None
    machine = machine_of(told)
    machine.restore(saved.snapshot)
    return machine, description.build(told)


def trained(given: Any) -> Driver:
    driver = configured(given)
    driver.step("step", 15)
    return driver


def view_names(driver: Driver) -> list[str]:
    return [row["name"] for row in driver.last("configured")["buffers"] if row["role"] == "view"]


# Which there are ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "has", "has_not"),
    [
        (SMALL, {"view/surface", "view/response/dense1", "view/confusion"}, {"view/predictions"}),
        (LINE, {"view/surface", "view/response/input", "view/predictions"}, {"view/confusion"}),
        (IMAGES, {"view/confusion", "probe/dense1/a"}, {"view/surface", "view/response/dense1"}),
    ],
)
def test_the_views_depend_on_the_data(given: Any, has: set[str], has_not: set[str]) -> None:
    names = set(view_names(configured(given)))
    assert has <= names
    assert not has_not & names


@pytest.mark.parametrize("given", [SMALL, DEEP, LINE, IMAGES, CLASSES])
def test_every_view_has_the_shape_that_is_told(given: Any) -> None:
    driver = trained(given)
    rows = {row["name"]: row for row in driver.last("configured")["buffers"]}
    for name, values in driver.frame(*view_names(driver)).items():
        assert list(values.shape) == list(rows[name]["shape"]), name
        assert len(rows[name]["axes"]) == values.ndim


# Over the plane ----------------------------------------------------------------------------------


def grid_points(plan: Plan, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The centres of cells, by the words of docs/protocol.md."""
    (low, high), *rest = plan.data.domain
    width = (high - low) / shape[-1]
    x1 = np.array([low + width * (column + 0.5) for column in range(shape[-1])])
    if not rest:
        return x1[:, np.newaxis]
    low, high = rest[0]
    height = (high - low) / shape[0]
    x2 = high - height * (np.arange(shape[0]) + 0.5)
    return np.array([(x, y) for y in x2 for x in x1])


@pytest.mark.parametrize("given", [SMALL, DEEP, LINE, CLASSES])
def test_responses_and_the_surface(given: Any) -> None:
    driver = trained(given)
    machine, plan = twin(driver)
    for name, values in driver.frame(*view_names(driver)).items():
        if not name.startswith(("view/response", "view/surface")):
            continue
        inputs = plan.data.transform(grid_points(plan, values.shape[1:]))
        evaluator = machine.evaluator(inputs)
        evaluator.run(1)
        layer = name.rpartition("/")[2]
        outputs = {info.name: info.output for info in machine.program.layers}
        outputs |= {"input": "input/x", "surface": machine.program.layers[-1].output}
        expected = evaluator.read(outputs[layer]).T.reshape(values.shape)
        np.testing.assert_array_equal(values, expected, err_msg=name)


def test_the_first_row_is_the_top_and_the_first_column_the_left() -> None:
    driver = configured({**SMALL, "layers": [{"activation": "sigmoid"}]})
    for index, weight in (([0, 0], 1.0), ([1, 0], 0.0)):
        driver.do("write", buffer="dense1/W", index=index, value=weight)
    surface = driver.frame("view/surface")["view/surface"][0]
    assert (np.diff(surface, axis=1) > 0).all()
    driver.do("write", buffer="dense1/W", index=[1, 0], value=10.0)
    surface = driver.frame("view/surface")["view/surface"][0]
    assert (surface[0] > surface[-1]).all()


def test_a_costly_network_is_shown_on_a_coarser_grid() -> None:
    wide = {"units": 1024}
    plan = description.build({**SMALL, "layers": [wide, wide, {}]})
    cells = plane.Grid(plan, plane.SURFACE_CELLS).shape
    assert cells == (plane.MIN_CELLS, plane.MIN_CELLS)
    assert plane.Grid(description.build(SMALL), 48).shape == (48, 48)


# One sample --------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [SMALL, DEEP, LINE, IMAGES, CLASSES])
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_probe_between_steps_is_an_evaluation_of_its_sample(given: Any, split: str) -> None:
    driver = trained(given)
    driver.do("probe", sample=5, split=split)
    machine, plan = twin(driver)
    samples = getattr(plan.data, split)
    targets = encode_targets(plan.network, plan.data, samples)
    evaluator = machine.evaluator(samples.inputs[5:6], targets[5:6], gradients=True)
    evaluator.run(1)
    names = [name for name in view_names(driver) if name.startswith("probe/")]
    for name, values in driver.frame(*names).items():
        expected = evaluator.read(source_of(name, machine))
        if expected.ndim:
            expected = expected[0]
        np.testing.assert_array_equal(values, expected, err_msg=name)


def source_of(view: str, machine: Machine) -> str:
    """The buffer that a probe view is a row of."""
    name = view.removeprefix("probe/")
    if name == "loss":
        return "loss/L"
    layer, _, rest = name.partition("/")
    info = next((info for info in machine.program.layers if info.name == layer), None)
    if info is None:
        return name
    letter, _, gradient = rest.partition(".")
    buffer = info.pre_activation if letter == "z" else info.output
    return f"{buffer}.grad" if gradient else buffer


def test_the_probe_within_a_step_is_a_row_of_its_batch() -> None:
    driver = trained(DEEP)
    driver.do("run_to", instruction=len(driver.last("configured")["instructions"]) - 2)
    machine, _ = twin(driver)
    batch = machine.read("input/batch")
    names = [name for name in view_names(driver) if name.startswith("probe/")]
    outside = int(np.setdiff1d(np.arange(30), batch)[0])
    for sample, split, row in (
        (int(batch[6]), "train", 6),
        (outside, "train", 0),
        (int(batch[6]), "test", 0),
    ):
        driver.do("probe", sample=sample, split=split)
        for name, values in driver.frame(*names).items():
            if name == "probe/input/x.grad":  # no step computes it
                assert np.isnan(values).all()
                continue
            expected = machine.read(source_of(name, machine))
            if expected.ndim:
                expected = expected[row]
            np.testing.assert_array_equal(values, expected, err_msg=name)


# Answers on the test set, and gradients ----------------------------------------------------------


@pytest.mark.parametrize("given", [SMALL, CLASSES, IMAGES])
def test_confusion(given: Any) -> None:
    driver = trained(given)
    machine, plan = twin(driver)
    evaluator = machine.evaluator(plan.data.test.inputs)
    evaluator.run(1)
    output = evaluator.read(machine.program.layers[-1].output)
    answers = output.argmax(axis=1) if output.shape[1] > 1 else (output[:, 0] > 0.5).astype(int)
    assert plan.data.test.labels is not None
    classes = len(plan.data.class_names)
    expected = np.zeros((classes, classes))
    for truth, answer in zip(plan.data.test.labels, answers, strict=True):
        expected[truth, answer] += 1
    np.testing.assert_array_equal(driver.read("view/confusion"), expected)
    assert expected.sum() == len(plan.data.test)


def test_predictions_are_in_the_units_of_the_target() -> None:
    driver = trained({"data": {"name": "diabetes"}})
    machine, plan = twin(driver)
    data = plan.data
    evaluator = machine.evaluator(data.test.inputs)
    evaluator.run(1)
    output = evaluator.read(machine.program.layers[-1].output)
    assert data.target_scale > 10.0
    shown = driver.frame("view/predictions", "view/targets")
    for name, values in (("view/predictions", output), ("view/targets", data.test.targets)):
        np.testing.assert_array_equal(shown[name], values * data.target_scale + data.target_mean)


def test_mean_gradients() -> None:
    driver = trained(DEEP)
    machine, _ = twin(driver)
    for layer, source in (("dense1", "dense1/a.grad"), ("dense3", "dense3/z.grad")):
        mean = np.abs(machine.view(source)).mean(axis=0)
        np.testing.assert_array_equal(driver.read(f"view/mean_gradient/{layer}"), mean)
    assert any(name == "view/mean_gradient/dense2" for name in view_names(driver))
