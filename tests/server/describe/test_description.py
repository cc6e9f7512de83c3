"""Descriptions: completed, checked field by field, and built into what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from server.describe import description
from server.describe.description import build, normalise
from server.wire.errors import Refusal
from tests.server.driving import refused


def test_nothing_at_all_is_a_description() -> None:
    assert normalise({}) == {
        "data": {
            "name": "circles",
            "samples": 500,
            "noise": 0.1,
            "classes": 2,
            "test_fraction": 0.5,
            "seed": 0,
            "features": ["x1", "x2"],
        },
        "layers": [
            layer(4, "tanh"),
            layer(2, "tanh"),
            layer(1, "sigmoid"),
        ],
        "loss": "binary_cross_entropy",
        "targets": "data",
        "optimizer": {"kind": "sgd", "learning_rate": 0.03},
        "schedule": None,
        "clipping": None,
        "stopping": None,
        "batch_size": 10,
        "shuffle": True,
        "dtype": "float64",
        "seed": 0,
    }


def layer(units: int, activation: str) -> dict[str, Any]:
    return {
        "kind": "dense",
        "units": units,
        "activation": activation,
        "initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "l1": 0.0,
        "l2": 0.0,
        "dropout": 0.0,
    }


@pytest.mark.parametrize(
    ("given", "loss", "units", "activation"),
    [
        ({"data": {"name": "circles"}}, "binary_cross_entropy", 1, "sigmoid"),
        ({"data": {"name": "circles", "classes": 4}}, "softmax_cross_entropy", 4, "softmax"),
        ({"layers": [{"units": 2}]}, "softmax_cross_entropy", 2, "softmax"),
        ({"loss": "mean_squared_error"}, "mean_squared_error", 1, "linear"),
        ({"loss": "softmax_cross_entropy"}, "softmax_cross_entropy", 2, "softmax"),
        ({"data": {"name": "sine"}}, "mean_squared_error", 1, "linear"),
        ({"data": {"name": "plane"}, "loss": "huber"}, "huber", 1, "linear"),
        ({"data": {"name": "synthetic_images"}}, "softmax_cross_entropy", 10, "softmax"),
    ],
)
def test_the_output_layer_fits_data_and_loss(
    given: Any, loss: str, units: int, activation: str
) -> None:
    complete = normalise(given)
    last = complete["layers"][-1]
    assert (complete["loss"], last["units"], last["activation"]) == (loss, units, activation)
    build(complete)


# The one that needs an optional package is tested with the engine, where that is installed.
@pytest.mark.parametrize(
    "name", [info.name for info in engine.catalogue() if info.name != "digits_28"]
)
def test_every_data_set_can_be_trained_on_as_it_comes(name: str) -> None:
    plan = build({"data": {"name": name}})
    assert plan.description == normalise(plan.description)
    assert plan.program.batch_size == 10


@pytest.mark.parametrize("kind", engine.OPTIMIZERS)
def test_every_optimizer_as_it_comes(kind: str) -> None:
    plan = build({"optimizer": {"kind": kind}})
    assert plan.network.optimizer == engine.OPTIMIZERS[kind]()


def test_everything_given_reaches_the_engine() -> None:
    plan = build(
        {
            "data": {"name": "moons", "samples": 40, "noise": 0.3, "features": ["x2", "x1_x2"]},
            "layers": [
                {
                    "kind": "dense",
                    "units": 3,
                    "activation": "relu",
                    "initializer": {"kind": "normal", "value": 0.5},
                    "bias_initializer": {"kind": "constant", "value": 0.1},
                    "l1": 0.01,
                    "l2": 0.02,
                    "dropout": 0.25,
                },
                {},
            ],
            "optimizer": {"kind": "adamw", "learning_rate": 0.5, "beta1": 0.8, "weight_decay": 0.1},
            "schedule": {"kind": "warmup", "steps": 5, "then": {"kind": "step", "every": 7}},
            "clipping": {"kind": "value", "limit": 2},
            "stopping": {"patience": 30},
            "batch_size": "full",
            "shuffle": False,
            "dtype": "float32",
            "seed": 9,
        }
    )
    first = plan.network.layers[0]
    assert isinstance(first, engine.Dense)
    assert (first.units, first.activation, first.l1, first.l2) == (3, "relu", 0.01, 0.02)
    assert first.initializer == engine.Initializer("normal", 0.5)
    assert first.bias_initializer == engine.Initializer("constant", 0.1)
    assert first.dropout == 0.25
    optimizer = engine.AdamW(learning_rate=0.5, beta1=0.8, weight_decay=0.1)
    assert plan.network.optimizer == optimizer
    assert plan.network.schedule == engine.Warmup(5, engine.StepDecay(7))
    assert plan.network.clipping == engine.ClipValue(2.0)
    assert plan.patience == 30
    assert plan.data.feature_names == ("x2", "x1·x2")
    assert (plan.program.batch_size, plan.program.steps_per_epoch) == (20, 1)
    assert (plan.program.dtype, plan.program.seed) == ("float32", 9)


HUGE = 10**400
BAD: list[tuple[Any, str, str, str]] = [
    ([], "bad_description", "description", "[] is not an object"),
    ({"seed": -1}, "bad_description", "seed", "-1 is not in 0..9007199254740991"),
    ({"seed": 1.0}, "bad_description", "seed", "1.0 is not in 0.."),
    ({"seed": HUGE}, "bad_description", "seed", "a whole number of 1329 bits is not in"),
    ({"shuffle": 1}, "bad_description", "shuffle", "1 is not true or false"),
    ({"dtype": "float16"}, "bad_description", "dtype", "'float16' is not one of float64, float32"),
    ({"loss": "mse"}, "bad_description", "loss", "'mse' is not one of mean_squared_error"),
    ({"batch_size": 0}, "bad_description", "batch_size", "between 1 and 250, the number"),
    ({"batch_size": 251}, "bad_description", "batch_size", "between 1 and 250"),
    ({"batch_size": True}, "bad_description", "batch_size", "between 1 and 250"),
    ({"batch_sise": 1}, "unknown_field", "batch_sise", "the nearest is 'batch_size'"),
    ({"data": None}, "bad_description", "data", "null is not an object"),
    ({"data": {"name": "mnist"}}, "bad_description", "data.name", "'mnist' is not one of circles"),
    ({"data": {"samples": 1}}, "bad_description", "data.samples", "1 is not in "),
    ({"data": {"samples": 50.5}}, "bad_description", "data.samples", "50.5 is not a whole number"),
    ({"data": {"noise": 10**300}}, "bad_description", "data.noise", "is not in 0..0.5"),
    ({"data": {"size": 5}}, "unknown_field", "data.size", "a field here"),
    (
        {"data": {"name": "iris", "noise": 0.1}},
        "bad_description",
        "data.noise",
        "0.1 is not an option of iris, which has test_fraction, seed",
    ),
    ({"data": {"features": []}}, "bad_description", "data.features", "[] is not a list of"),
    ({"data": {"features": ["x9"]}}, "bad_description", "data.features[0]", "'x9' is not one of"),
    ({"layers": []}, "bad_description", "layers", "[] is not a list of 1..32 layers"),
    ({"layers": [{}] * 33}, "bad_description", "layers", "is not a list of 1..32 layers"),
    ({"layers": [3]}, "bad_description", "layers[0]", "3 is not an object"),
    ({"layers": [{"kind": "conv"}]}, "bad_description", "layers[0].kind", "'conv' is not one of"),
    ({"layers": [{"unit": 3}]}, "unknown_field", "layers[0].unit", "the nearest is 'units'"),
    ({"layers": [{}, {"units": 1025}, {}]}, "bad_description", "layers[1].units", "in 1..1024"),
    ({"layers": [{"units": True}]}, "bad_description", "layers[0].units", "true is not in"),
    ({"layers": [{"units": 3}]}, "bad_description", "layers[0].units", "has 2 classes"),
    (
        {"layers": [{"activation": "sine"}, {}]},
        "bad_description",
        "layers[0].activation",
        "'sine' is not one of linear, sigmoid",
    ),
    (
        {"layers": [{"activation": "softmax"}, {}]},
        "bad_description",
        "layers[0].activation",
        "(output only)",
    ),
    (
        {"layers": [{"activation": "tanh"}]},
        "bad_description",
        "layers[0].activation",
        "which binary_cross_entropy needs",
    ),
    ({"layers": [{"l1": -1}, {}]}, "bad_description", "layers[0].l1", "-1.0 is not a number of at"),
    ({"layers": [{"l2": 1e31}, {}]}, "bad_description", "layers[0].l2", "a number within ±1e+30"),
    ({"layers": [{"l2": HUGE}, {}]}, "bad_description", "layers[0].l2", "a number within ±1e+30"),
    ({"layers": [{"dropout": 1}, {}]}, "bad_description", "layers[0].dropout", "in 0..0.95"),
    ({"layers": [{"dropout": 0.5}]}, "bad_description", "layers[0].dropout", "the output layer"),
    (
        {"layers": [{"initializer": "ones"}, {}]},
        "bad_description",
        "layers[0].initializer",
        "'ones' is not one of zeros",
    ),
    (
        {"layers": [{"initializer": {"value": 1}}, {}]},
        "bad_description",
        "layers[0].initializer.kind",
        "null is not one of zeros",
    ),
    (
        {"layers": [{"initializer": {"kind": "normal", "value": "x"}}, {}]},
        "bad_description",
        "layers[0].initializer.value",
        "'x' is not a number",
    ),
    (
        {"layers": [{"bias_initializer": {"kind": "normal", "scale": 1}}, {}]},
        "unknown_field",
        "layers[0].bias_initializer.scale",
        "a field here",
    ),
    (
        {"optimizer": {"kind": "lion"}},
        "bad_description",
        "optimizer.kind",
        "'lion' is not one of sgd",
    ),
    (
        {"optimizer": {"momentum": 0.9}},
        "bad_description",
        "optimizer.momentum",
        "0.9 is not a hyperparameter of sgd, which has learning_rate",
    ),
    (
        {"optimizer": {"learning_rate": -1}},
        "bad_description",
        "optimizer.learning_rate",
        "at least",
    ),
    ({"optimizer": {"rate": 1}}, "unknown_field", "optimizer.rate", "a field here"),
    ({"targets": "outputs"}, "bad_description", "targets", "one of data, inputs"),
    ({"schedule": {"kind": "linear"}}, "bad_description", "schedule.kind", "one of step"),
    ({"schedule": {"steps": 5}}, "unknown_field", "schedule.steps", "a field here"),
    ({"schedule": {"kind": "cosine", "steps": 0}}, "bad_description", "schedule.steps", "in 1.."),
    ({"schedule": {"kind": "cosine", "floor": "x"}}, "bad_description", "schedule.floor", "number"),
    (
        {"schedule": {"kind": "warmup", "then": {"kind": "step", "decay": 2}}},
        "bad_description",
        "schedule.then.decay",
        "in 0..1",
    ),
    ({"clipping": {"kind": "sum"}}, "bad_description", "clipping.kind", "one of norm, value"),
    ({"clipping": {"limit": -1}}, "bad_description", "clipping.limit", "in 0.."),
    ({"clipping": 1}, "bad_description", "clipping", "an object"),
    (
        {"data": {"name": "driving", "track": "moon"}},
        "bad_description",
        "data.track",
        "one of bends",
    ),
    ({"data": {"name": "own_text", "text": "hi"}}, "bad_description", "data.text", "2 characters"),
    (
        {"data": {"name": "drawn_curve", "points": [[0, 0], [9, 0]]}},
        "bad_description",
        "data.points[1][0]",
        "in -3..3",
    ),
    ({"data": {"name": "manual"}, "targets": "inputs"}, "bad_description", "data.name", "rows of"),
    (
        {"data": {"name": "sine"}, "loss": "binary_cross_entropy"},
        "bad_description",
        "loss",
        "'binary_cross_entropy' is not a loss for regression",
    ),
]


@pytest.mark.parametrize(("given", "code", "field", "said"), BAD)
def test_the_first_unusable_field_is_named(given: Any, code: str, field: str, said: str) -> None:
    with refused(code, field, said):
        build(given)


def test_costs_are_capped_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.program.machine.Memory", lambda *_, **__: pytest.fail("allocated"))
    wide = {"units": 1024}
    with refused("bad_description", "layers", "parameters", "at most 2,000,000 parameters"):
        build({"layers": [wide, wide, wide, {}]})
    many = {"samples": 5000, "test_fraction": 0.1}
    with refused("bad_description", "batch_size", "would take too long"):
        build({"data": many, "layers": [wide, wide, {}], "batch_size": 4000})
    narrow = [{"units": 1024}, {"units": 1}] * 5
    with refused("bad_description", "batch_size", "does not fit in memory"):
        build({"data": many, "layers": [*narrow, {}], "batch_size": 4500})


@pytest.mark.slow
def test_a_batch_of_the_size_that_is_said_to_fit_does() -> None:
    given: dict[str, Any] = {
        "data": {"name": "synthetic_images", "samples": 4000, "test_fraction": 0.1},
        "layers": [{"kind": "conv2d", "filters": 16, "kernel": 5}, {"kind": "flatten"}, {}],
    }
    with pytest.raises(Refusal) as caught:
        build({**given, "batch_size": 3600})
    limit = int(caught.value.expected.split(":")[0].removeprefix("at most ").replace(",", ""))
    assert build({**given, "batch_size": limit}).program.batch_size == limit


def test_an_autoencoder_of_any_data_is_judged_by_what_it_was_given() -> None:
    plan = build({"data": {"name": "iris"}, "targets": "inputs"})
    assert plan.description["layers"][-1]["units"] == 4
    assert plan.description["loss"] == "mean_squared_error"
    assert plan.data.task == "regression"
    np.testing.assert_array_equal(plan.data.test.targets, plan.data.test.inputs)


NAMES = st.sampled_from(
    [
        *("data", "layers", "loss", "optimizer", "batch_size", "shuffle", "dtype", "seed", "other"),
        *("targets", "schedule", "clipping", "stopping"),
    ]
)
INNER = st.sampled_from(
    [
        *("name", "samples", "noise", "features", "units", "activation", "l2", "kind"),
        *("initializer", "filters", "kernel", "padding", "sizes", "layers", "branches", "steps"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["circles", "relu", "softmax", "adam", "full", "x1", "zeros", ""])
    | st.sampled_from(["conv2d", "lstm", "residual", "concatenate", "norm", "cosine", "own_text"])
)
VALUES = st.recursive(
    SCALARS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(INNER, v, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_any_json_is_built_or_refused(given: dict[str, Any]) -> None:
    """...and nothing else: no other exception comes out of a description."""
    try:
        plan = build(given)
    except Refusal as refusal:
        said = refusal.field
    else:
        assert build(plan.description).description == plan.description
        return
    assert said


@pytest.mark.parametrize(("name", "targets"), [("iris", "inputs"), ("digits_autoencoder", "data")])
@pytest.mark.parametrize("standardise", [False, True])
def test_edits_of_an_autoencoder_compute_its_baselines_once(
    monkeypatch: pytest.MonkeyPatch, name: str, targets: str, *, standardise: bool
) -> None:
    decompositions = []
    eigh = np.linalg.eigh

    def counted(matrix: Any) -> Any:
        decompositions.append(matrix.shape)
        return eigh(matrix)

    monkeypatch.setattr(np.linalg, "eigh", counted)
    seed = 1000 + standardise  # no other test loads these data, so no cache has them yet
    data = {"name": name, "seed": seed, "standardise": standardise}
    for units in range(1, 6):
        for rate in (0.01, 0.02):
            plan = build(
                {
                    "data": data,
                    "layers": [{"units": units}, {}],
                    "targets": targets,
                    "optimizer": {"kind": "adam", "learning_rate": rate},
                }
            )
            assert plan.data.baselines[-1].title == "a linear code of two numbers"
    assert len(decompositions) == 1


def test_the_limits_are_those_of_the_engine_or_below() -> None:
    assert engine.MAX_UNITS == 1024
    assert description.MAX_LAYERS <= 64
