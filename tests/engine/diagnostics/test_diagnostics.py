"""Diagnostics: planted pathologies are found, healthy runs stay silent, remedies help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import pytest

from engine import (
    LSTM,
    SGD,
    Adam,
    BatchNorm,
    ClipNorm,
    ClipValue,
    Dataset,
    Dense,
    DescriptionError,
    Embedding,
    FieldEmbedding,
    Flatten,
    GlobalAveragePool,
    Initializer,
    Layer,
    Machine,
    Momentum,
    Network,
    Optimizer,
    Residual,
    RMSprop,
    TransposedConv2D,
    Unembedding,
    compile,  # noqa: A004
    from_arrays,
    load_dataset,
)
from engine.diagnostics import (
    RULES,
    Change,
    Diagnostics,
    Remedy,
    apply_remedy,
    baseline_loss,
    configured,
    patched,
)
from engine.diagnostics.activations import equal_columns
from engine.diagnostics.monitor import Monitor
from engine.diagnostics.observation import norm
from engine.history.timeline import Timeline
from tests.engine.networks import shaped_data
from tests.engine.training_run import Training

CIRCLES = load_dataset("circles", samples=300, seed=0)
DIGITS = load_dataset("digits")
RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(300, 2))
SINE = from_arrays(POINTS, np.sin(2 * POINTS[:, 0]), name="sine")
LINE = from_arrays(POINTS, 1.0 * POINTS[:, 0], name="line")
COINS = from_arrays(RNG.normal(size=(2000, 2)), RNG.integers(0, 2, 2000), name="coins")


def binary(*hidden: Dense, rule: Optimizer | None = None, inputs: int = 2, **last: Any) -> Network:
    layers = [*hidden, Dense(1, "sigmoid", **last)]
    return Network(inputs, layers, "binary_cross_entropy", rule or SGD(0.1))


def regression(*hidden: Dense, rule: Optimizer) -> Network:
    return Network(2, [*hidden, Dense(1)], "mean_squared_error", rule)


def digits(*hidden: Dense, rule: Optimizer) -> Network:
    return Network(64, [*hidden, Dense(10, "softmax")], "softmax_cross_entropy", rule)


def normal(value: float) -> Initializer:
    return Initializer("normal", value)


# Healthy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("rule", [SGD(0.1), Momentum(0.03), Adam(0.01), RMSprop(0.005)])
@pytest.mark.parametrize("name", ["circles", "moons"])
def test_healthy_playgrounds_are_silent(name: str, rule: Optimizer, seed: int) -> None:
    data = load_dataset(name, seed=seed)
    network = binary(Dense(4, "tanh"), Dense(2, "tanh"), rule=rule)
    training = Training(network, data, seed=seed)
    training.run(3000)
    assert training.rules == set()
    assert training.losses()[0] < 0.3


@pytest.mark.parametrize(
    ("network", "data", "options", "steps"),
    [
        (digits(Dense(32, "tanh"), rule=Adam(0.003)), DIGITS, {"batch_size": 32}, 1500),
        (digits(Dense(64, "relu"), Dense(32, "relu"), rule=SGD(0.1)), DIGITS, {}, 1500),
        (regression(Dense(8, "tanh"), rule=SGD(0.1)), SINE, {}, 3000),
        (regression(Dense(8, "tanh"), rule=Adam(0.01)), SINE, {"batch_size": None}, 3000),
        (regression(rule=SGD(0.03)), LINE, {}, 3000),
        (binary(Dense(8, "tanh"), rule=SGD(0.3)), CIRCLES, {"batch_size": None}, 3000),
        (binary(Dense(8, "sigmoid"), rule=Adam(0.03)), CIRCLES, {}, 3000),
        (binary(Dense(16, "tanh", dropout=0.1, l2=1e-4)), CIRCLES, {"dtype": "float32"}, 3000),
        (binary(*[Dense(8, "tanh")] * 6, rule=SGD(0.1)), CIRCLES, {}, 3000),
    ],
)
def test_healthy_networks_are_silent(
    network: Network, data: Dataset, options: dict[str, Any], steps: int
) -> None:
    training = Training(network, data, **options)
    training.run(steps)
    assert training.rules == set()
    assert training.losses()[0] < 0.5 * training.diagnostics.baseline


TIED = Network((3,), [Embedding(9, 4), Unembedding(9)], "softmax_cross_entropy", Adam(0.01))


@pytest.mark.parametrize(
    ("network", "data"),
    [
        (replace(binary(Dense(8, "tanh")), clipping=ClipNorm(5.0)), CIRCLES),
        (replace(binary(Dense(8, "tanh")), clipping=ClipValue(1.0)), CIRCLES),
        (
            Network(
                2,
                [Dense(8, "linear"), BatchNorm(), Dense(8, "tanh"), Dense(1, "sigmoid")],
                "binary_cross_entropy",
                SGD(0.1),
            ),
            CIRCLES,
        ),
        (TIED, shaped_data((3,), classes=9, places=3, ids=7)),
    ],
)
def test_bounds_statistics_and_tables_in_order_are_silent(network: Network, data: Dataset) -> None:
    training = Training(network, data)
    training.run(2000)
    assert not training.rules & {"always_clipped", "batch_norm_starved", "row_never_seen"}


def test_tokens_are_no_values_and_lookups_no_stack() -> None:
    layers = [Embedding(7, 16), LSTM(16), Dense(7, "softmax")]
    network = Network((5,), layers, "softmax_cross_entropy", Adam(0.01))
    training = Training(network, shaped_data((5,), classes=7, places=5, ids=7))
    assert training.machine.view("data/y").dtype.kind == "i"
    assert not training.rules & {"output_mismatch", "bad_initial_scale"}


# Planted -------------------------------------------------------------------------------------


def arrays(change: Callable[[np.ndarray], np.ndarray], **options: Any) -> Dataset:
    x = change(POINTS.copy())
    return from_arrays(x, (POINTS[:, 0] > 0).astype(int), standardise=False, **options)


RARE = from_arrays(POINTS, (POINTS[:, 0] > 2.0).astype(int))
FAR = arrays(lambda x: x + np.array([0, 50]), feature_names=["near", "far"])
WIDE = arrays(lambda x: x * [1, 1000])
BIG = from_arrays(POINTS, 5.0 * POINTS[:, 0], standardise=False)
FEW = from_arrays(POINTS[:60], RNG.integers(0, 2, 60))
WORDS = shaped_data((3,), classes=2, ids=7)
PAIRS = shaped_data((2,), classes=2, ids=6)
PICTURES = shaped_data((3, 3, 2), classes=2)


def lookup(first: Embedding | FieldEmbedding, data: Dataset) -> Network:
    layers: list[Layer] = [first, Dense(2, "softmax")]
    if isinstance(first, Embedding):
        layers.insert(1, Flatten())
    return Network(data.input_shape, layers, "softmax_cross_entropy")


def normalised(momentum: float = 0.1, bias: float = 0.0) -> Network:
    before = Dense(8, "linear", bias_initializer=Initializer("constant", bias))
    layers = [before, BatchNorm(momentum), Dense(1, "sigmoid")]
    return Network(2, layers, "binary_cross_entropy", SGD(0.1))


def enlarging(initializer: str | Initializer) -> Network:
    grow = TransposedConv2D(8, activation="relu", initializer=initializer)
    layers = [grow, grow, GlobalAveragePool(), Dense(1, "sigmoid", initializer="constant")]
    return Network((3, 3, 2), layers, "binary_cross_entropy", SGD(0.01))


START: dict[str, tuple[str, str, Network, Dataset]] = {
    "far": ("unscaled_inputs", "far has mean 50", binary(Dense(4, "tanh")), FAR),
    "wide": ("unscaled_inputs", "x2 has standard deviation", binary(Dense(4, "tanh")), WIDE),
    "rows at the end": (
        "row_never_seen",
        "2 of the 9 rows of embedding1/W are never looked up: rows 7, 8",
        lookup(Embedding(9, 4, l2=0.1), WORDS),
        WORDS,
    ),
    "row of a field": (
        "row_never_seen",
        "1 of the 13 rows of field_embedding1/W are never looked up: row 6",
        lookup(FieldEmbedding((7, 6), 3), PAIRS),
        PAIRS,
    ),
    "rare": ("class_imbalance", "training samples are 0, ", binary(Dense(4, "tanh")), RARE),
    "squared": (
        "output_mismatch",
        "mean_squared_error on a sigmoid output",
        Network(2, [Dense(4, "tanh"), Dense(1, "sigmoid")], "mean_squared_error"),
        CIRCLES,
    ),
    "range": (
        "output_mismatch",
        "tanh gives −1 to 1, and a target is",
        Network(2, [Dense(4, "tanh"), Dense(1, "tanh")], "mean_squared_error"),
        BIG,
    ),
    "range with one end": (
        "output_mismatch",
        "elu gives −1 to ∞, and a target is",
        Network(2, [Dense(4, "tanh"), Dense(1, "elu")], "mean_squared_error"),
        BIG,
    ),
    "twice": (
        "output_mismatch",
        "dense2 already squashes 1 outputs with sigmoid, and dense3",
        binary(Dense(4, "tanh"), Dense(1, "sigmoid")),
        CIRCLES,
    ),
    "first loss": (
        "surprising_first_loss",
        "that of a guess among 2 classes is 0.693",
        binary(Dense(8, "tanh"), initializer=normal(20)),
        CIRCLES,
    ),
    "shrinking": (
        "bad_initial_scale",
        "the activations shrink",
        binary(*[Dense(16, "tanh", initializer=normal(0.05))] * 5),
        CIRCLES,
    ),
    "growing from one transposed convolution to the next": (
        "bad_initial_scale",
        "the activations grow",
        enlarging(normal(3)),
        PICTURES,
    ),
    "growing": (
        "bad_initial_scale",
        "the gradients grow, on the way back,",
        digits(*[Dense(64, "relu", initializer=normal(1.0))] * 3, rule=SGD(0.01)),
        DIGITS,
    ),
}


@pytest.mark.parametrize("case", START)
def test_what_can_be_seen_before_training(case: str) -> None:
    rule, text, network, data = START[case]
    training = Training(network, data)
    found = [f for f in training.diagnostics.findings() if f.rule == rule]
    assert any(text in finding.text for finding in found)
    assert all(finding.step == 0 for finding in found)


EXPLODES = regression(Dense(2), rule=SGD(1e20))

TRAINING: dict[str, tuple[str, str, Network, Dataset, dict[str, Any]]] = {
    "twins": (
        "symmetric_units",
        "4 of the 4 units of dense1 are equal",
        binary(Dense(4, "tanh", initializer="constant"), initializer="constant"),
        CIRCLES,
        {},
    ),
    "twins of a transposed convolution": (
        "symmetric_units",
        "8 of the 8 units of transposed_conv2d1 are equal",
        enlarging("constant"),
        PICTURES,
        {},
    ),
    "zeros": (
        "symmetric_units",
        "4 of the 4 units of dense1 are equal",
        binary(Dense(4, "tanh", initializer="zeros"), initializer="zeros"),
        CIRCLES,
        {},
    ),
    "sigmoids": (
        "vanishing_gradient",
        "the gradient of dense1 has norm",
        binary(*[Dense(8, "sigmoid")] * 8),
        CIRCLES,
        {},
    ),
    "zero gradient": (
        "vanishing_gradient",
        "the gradient of dense1 has mean magnitude 0, below 1×10⁻⁷",
        binary(*[Dense(8, "relu", bias_initializer=Initializer("constant", -20.0))] * 2),
        CIRCLES,
        {},
    ),
    "far too fast": (
        "exploding_gradient",
        "before, it was around",
        regression(rule=SGD(1.1)),
        LINE,
        {"batch_size": None},
    ),
    "overflow": ("non_finite", " in step ", EXPLODES, LINE, {}),
    "dead": (
        "dead_relu",
        "8 of the 8 units of dense1 are dead",
        binary(Dense(8, "relu", bias_initializer=Initializer("constant", -20.0))),
        CIRCLES,
        {},
    ),
    "saturated": (
        "saturated",
        "of the outputs of dense1 are saturated",
        binary(*[Dense(16, "tanh", initializer=normal(20))] * 2, rule=SGD(0.01)),
        CIRCLES,
        {},
    ),
    "too slow": (
        "update_ratio",
        "the updates of dense1 are",
        binary(Dense(8, "tanh"), rule=SGD(1e-5)),
        CIRCLES,
        {},
    ),
    "too fast": (
        "update_ratio",
        "the updates of dense2 are",
        binary(Dense(8, "tanh"), rule=SGD(50.0)),
        CIRCLES,
        {},
    ),
    "no rate": (
        "never_moves",
        "dense1/W did not change in",
        binary(Dense(8, "tanh"), rule=SGD(0.0)),
        CIRCLES,
        {},
    ),
    "half an ulp": (
        "never_moves",
        "its updates are too small to change it",
        binary(Dense(8, "tanh"), rule=SGD(1e-9)),
        CIRCLES,
        {"dtype": "float32"},
    ),
    "epsilon": (
        "epsilon_dominates",
        "√v is below ε = 0.9 for 100% of the parameters",
        binary(Dense(8, "tanh"), rule=Adam(0.001, epsilon=0.9)),
        CIRCLES,
        {},
    ),
    "short leash": (
        "always_clipped",
        "of the last steps were clipped: the norm of the gradient is",
        replace(binary(Dense(8, "tanh")), clipping=ClipNorm(1e-3)),
        CIRCLES,
        {},
    ),
    "numbers on a short leash": (
        "always_clipped",
        "of the last steps were clipped: the largest number of the gradient is",
        replace(binary(Dense(8, "tanh")), clipping=ClipValue(1e-4)),
        CIRCLES,
        {},
    ),
    "pairs": (
        "batch_norm_starved",
        "batch_norm2 computes mean and variance over batches of 2",
        normalised(),
        CIRCLES,
        {"batch_size": 2},
    ),
    "never follows": (
        "batch_norm_starved",
        "of the 8 units of batch_norm2 are up to",
        normalised(momentum=0.0, bias=20.0),
        CIRCLES,
        {},
    ),
    "coins": (
        "noisy_gradient",
        "over a batch of 8",
        binary(Dense(4, "tanh"), rule=SGD(0.03)),
        COINS,
        {"batch_size": 8},
    ),
    "ridge": (
        "penalty_dominates",
        "the gradient of the penalties has norm",
        binary(Dense(8, "tanh", l2=1.0)),
        CIRCLES,
        {},
    ),
    "lasso": (
        "penalty_dominates",
        "the gradient of the penalties has norm",
        binary(Dense(8, "tanh", l1=0.3)),
        CIRCLES,
        {},
    ),
    "divergence": (
        "divergence",
        "and rising; it was",
        binary(Dense(8, "tanh"), rule=SGD(50.0)),
        CIRCLES,
        {},
    ),
    "oscillation": (
        "oscillation",
        "changes of the loss alternate",
        binary(Dense(8, "tanh"), rule=SGD(10.0)),
        CIRCLES,
        {"batch_size": None},
    ),
    "straight line": (
        "plateau",
        "the gradient is small",
        binary(rule=SGD(1.0)),
        CIRCLES,
        {"batch_size": None},
    ),
    "crawling": (
        "plateau",
        "the gradient is not small",
        binary(Dense(8, "tanh"), rule=SGD(1e-5)),
        CIRCLES,
        {},
    ),
    "by heart": (
        "overfitting",
        "the test loss is",
        binary(*[Dense(32, "relu")] * 2, rule=Adam(0.01)),
        FEW,
        {},
    ),
}


@pytest.mark.parametrize("case", TRAINING)
def test_what_shows_in_training(case: str) -> None:
    rule, text, network, data, options = TRAINING[case]
    training = Training(network, data, **options)
    training.run(4000)
    assert rule in training.rules
    found = [finding for finding in training.seen.values() if finding.rule == rule]
    assert any(text in finding.text for finding in found), [finding.text for finding in found]
    for finding in found:
        for evidence in finding.evidence:
            assert evidence.buffer in training.machine.program.buffers
            assert evidence.step == finding.step or rule == "non_finite"


def test_every_rule_is_planted_and_says_where_it_comes_from() -> None:
    planted = {case[0] for case in (*START.values(), *TRAINING.values())}
    alone = {"beyond_stability", "unused_samples"}  # each in a test of its own
    assert {rule.id for rule in RULES} == planted | alone
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert type(rule).__doc__ != type(rule).__mro__[1].__doc__
        assert rule.title
        assert rule.meaning.endswith(".")


def test_beyond_stability_is_found_when_asked() -> None:
    training = Training(regression(Dense(8, "tanh"), rule=SGD(0.02)), SINE, batch_size=None)
    training.run(300)
    assert training.diagnostics.examine("beyond_stability") == ()
    training.timeline.write("learning_rate", 2.0)
    (finding,) = training.diagnostics.examine("beyond_stability")
    assert "with a learning rate of 2 it may be at most 1" in finding.text
    apply_remedy(training.timeline, finding.remedies[0])
    assert training.diagnostics.examine("beyond_stability") == ()
    assert training.diagnostics.findings() == ()


# Remedies ------------------------------------------------------------------------------------

ENLARGING = "growing from one transposed convolution to the next"
CURES = ["squared", "twice", "first loss", "shrinking", "growing", ENLARGING]


@pytest.mark.parametrize("case", CURES)
def test_remedies_before_training(case: str) -> None:
    rule, _, network, data = START[case]
    remedies = [
        finding.remedies[0]
        for finding in Training(network, data).diagnostics.findings()
        if finding.rule == rule
    ]
    cured = patched(network, [change for remedy in remedies for change in remedy.changes])
    found = {finding.rule for finding in Training(cured, data).diagnostics.findings()}
    assert rule not in found


def test_the_units_of_a_transposed_convolution_are_found_along_their_own_axis() -> None:
    _, _, network, data, _ = TRAINING["twins of a transposed convolution"]
    training = Training(network, data)
    training.run(100)
    (*_, finding) = (f for f in training.seen.values() if f.subject == "transposed_conv2d1")
    assert [e.index for e in finding.evidence] == [(None, None, n, None) for n in range(8)]
    cured = patched(network, finding.remedies[0].changes)
    assert getattr(cured.layers[0], "initializer") == "he_normal"  # noqa: B009


@pytest.mark.parametrize(
    "case", ["twins", "zeros", "sigmoids", "saturated", "ridge", "oscillation", "epsilon"]
)
def test_remedies_that_take_another_network(case: str) -> None:
    rule, _, network, data, options = TRAINING[case]
    sick = Training(network, data, **options)
    sick.run(4000)
    assert rule in sick.rules
    changes = [c for (r, _), f in sick.seen.items() if r == rule for c in f.remedies[0].changes]
    cured = Training(patched(network, changes), data, **options)
    cured.run(4000)
    assert rule not in cured.rules
    assert cured.losses()[0] < max(0.01, sick.losses()[0])


def test_a_live_remedy_is_an_edit_and_in_the_past_a_branch() -> None:
    _, _, network, data, options = TRAINING["divergence"]
    training = Training(network, data, **options)
    training.run(1000)
    finding = next(f for f in training.seen.values() if f.rule == "divergence")
    remedy = finding.remedies[0]
    assert remedy.live(training.machine.program) == {"learning_rate": 5.0}
    training.timeline.go((finding.step, 0))
    branch = apply_remedy(training.timeline, remedy)
    assert (branch.number, branch.start) == (1, (finding.step, 0))
    assert training.machine.read("learning_rate") == 5.0
    assert training.diagnostics.findings() == ()  # the branch is judged by itself
    training.seen.clear()
    training.run(1000)
    assert "divergence" not in training.rules
    with pytest.raises(DescriptionError, match="possible without a new network"):
        apply_remedy(training.timeline, Remedy("x", (Change("loss", "huber"),)))


@pytest.mark.parametrize(
    ("case", "buffer"),
    [
        ("short leash", "clip_norm"),
        ("numbers on a short leash", "clip_value"),
        ("never follows", "batch_norm2/momentum"),
    ],
)
def test_a_live_remedy_ends_it(case: str, buffer: str) -> None:
    rule, _, network, data, options = TRAINING[case]
    training = Training(network, data, **options)
    training.run(500)
    finding = next(f for f in training.diagnostics.findings() if f.rule == rule)
    live = finding.remedies[0].live(training.machine.program)
    assert live is not None
    assert live.keys() == {training.machine.program.hyperparameters[buffer]}
    training.timeline.go((finding.step, 0))
    apply_remedy(training.timeline, finding.remedies[0])
    training.run(2000)
    assert rule not in {f.rule for f in training.diagnostics.findings()}


def test_hyperparameters_are_found_behind_layers_with_layers_inside() -> None:
    inner = Residual([Dense(2, "tanh")])
    network = Network(2, [inner, BatchNorm(0.0), Dense(1, "sigmoid")], "binary_cross_entropy")
    program = compile(network, CIRCLES)
    remedy = Remedy("x", (Change("layers[1].momentum", 0.5),))
    assert remedy.live(program) == {program.hyperparameters["batch_norm2/momentum"]: 0.5}


def test_clipping_can_be_patched() -> None:
    network = replace(binary(Dense(4, "tanh")), clipping=ClipNorm(1.0))
    assert patched(network, [Change("clipping.limit", 2.0)]).clipping == ClipNorm(2.0)
    assert patched(network, [Change("clipping", None)]).clipping is None
    with pytest.raises(DescriptionError):
        patched(binary(Dense(4, "tanh")), [Change("clipping.limit", 2.0)])


def test_patches() -> None:
    network = binary(Dense(4, "relu", l2=0.1))
    changed = patched(
        network,
        [
            Change("layers[0].activation", "tanh"),
            Change("optimizer.learning_rate", 0.5),
            Change("optimizer.kind", "adam"),
        ],
    )
    assert changed.layers[0] == Dense(4, "tanh", l2=0.1)
    assert changed.optimizer == Adam(0.5)
    squared = [Change("layers[1].activation", "linear"), Change("loss", "mean_squared_error")]
    with pytest.raises(DescriptionError, match="which binary_cross_entropy needs"):
        patched(network, squared[:1])
    assert patched(network, squared).loss == "mean_squared_error"
    for path, value in (("batch_size", 4), ("optimizer.kind", "x")):
        with pytest.raises(DescriptionError):
            patched(network, [Change(path, value)])


# Rules ---------------------------------------------------------------------------------------


def test_thresholds_are_the_users() -> None:
    rule = next(rule for rule in RULES if rule.id == "class_imbalance")
    assert rule.thresholds() == {"ratio": 10.0}
    mild = from_arrays(POINTS, (POINTS[:, 0] > 0.5).astype(int))
    for ratio, found in ((1.5, 1), (10, 0)):
        rules = [configured(rule, ratio=ratio)]
        assert len(Training(binary(), mild, rules).diagnostics.findings()) == found
    for wrong, message in (
        ({"rato": 2}, "class_imbalance.rato: 2 is not one of ratio"),
        ({"ratio": "2"}, "class_imbalance.ratio: '2' is not a number of at least 0"),
        ({"ratio": float("nan")}, "class_imbalance.ratio: nan is not a number"),
    ):
        with pytest.raises(DescriptionError) as caught:
            configured(rule, **wrong)
        assert str(caught.value).startswith(message)
    looks = next(rule for rule in RULES if rule.id == "saturated")
    with pytest.raises(DescriptionError, match=r"saturated.looks: 2.5 is not a whole number"):
        configured(looks, looks=2.5)


def test_what_is_over_is_told() -> None:
    network = binary(Dense(8, "tanh"), rule=SGD(0.0))
    training = Training(network, CIRCLES)
    training.run(300)
    assert "never_moves" in training.rules
    training.timeline.write("learning_rate", 0.1)
    training.timeline.run(300)
    over = [news.finding.rule for news in training.diagnostics.news() if not news.holds]
    assert "never_moves" in over
    assert "never_moves" not in {f.rule for f in training.diagnostics.findings()}
    with pytest.raises(DescriptionError, match="rule: 'x' is not one of unscaled_inputs"):
        training.diagnostics.examine("x")


@pytest.mark.parametrize(
    ("batch", "text", "sizes"),
    [
        (100, "50 of 250 training samples are never used: they do not", [50, 125]),
        (249, "1 of 250 training samples is never used: it does not", [125, 250]),
    ],
)
def test_samples_that_are_never_used_are_found_and_remedies_use_them(
    batch: int, text: str, sizes: list[int]
) -> None:
    data = load_dataset("circles")
    network = binary(Dense(4, "tanh"))
    training = Training(network, data, batch_size=batch, shuffle=False)
    (finding,) = [f for f in training.diagnostics.findings() if f.rule == "unused_samples"]
    assert finding.text == f"{text} fill a batch, and shuffling is off"
    changes = [remedy.changes[0] for remedy in finding.remedies]
    assert changes == [Change("shuffle", True), *(Change("batch_size", size) for size in sizes)]
    options: list[dict[str, Any]] = [
        {"batch_size": batch, "shuffle": True},
        *({"batch_size": size, "shuffle": False} for size in sizes),
    ]
    for option in options:
        found = Training(network, data, **option).diagnostics.findings()
        assert "unused_samples" not in {f.rule for f in found}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("time_steps", [0, 5])
def test_one_huge_column_does_not_hide_the_scales_of_the_others(
    dtype: str, time_steps: int
) -> None:
    count = np.arange(300.0 * max(1, time_steps))
    columns = np.c_[1.7e12 + 6e4 * count, 100 * (count % 2), 0.001 * (count % 7), 0 * count]
    shape = (300, time_steps, 4) if time_steps else (300, 4)
    data = from_arrays(columns.reshape(shape), np.arange(300) % 2, standardise=False)
    layers: list[Layer] = [LSTM(2, return_sequences=False)] if time_steps else [Dense(4, "tanh")]
    network = Network(shape[1:], [*layers, Dense(1, "sigmoid")], "binary_cross_entropy", SGD(0.1))
    findings = Training(network, data, dtype=dtype).diagnostics.findings()
    (spread,) = [f for f in findings if (f.rule, f.subject) == ("unscaled_inputs", "spread")]
    low = spread.evidence[1]
    assert low.buffer == "data/x"
    assert low.index == (*(None,) * (len(shape) - 1), 2)
    rows = data.train.inputs[..., 2]
    assert low.value == pytest.approx(rows.std(), rel=1e-5)


@pytest.mark.parametrize("step", [5, 811, 20_000])
@pytest.mark.parametrize("rule", [SGD(0.03), Adam(0.01)])
def test_divergence_is_found_soon_after_an_edit_whatever_the_step(
    rule: Optimizer, step: int
) -> None:
    training = Training(binary(Dense(4, "tanh"), Dense(2, "tanh"), rule=rule), CIRCLES)
    training.timeline.run(step)
    training.note()
    training.timeline.write("learning_rate", 1e9)
    training.timeline.run(40)
    training.note()
    assert training.seen["divergence", ""].step <= step + 20


@pytest.mark.parametrize("step", [1000, 100_000])
def test_divergence_is_found_soon_without_an_edit_whatever_the_step(step: int) -> None:
    training = Training(binary(Dense(4, "tanh"), rule=SGD(0.03)), CIRCLES)
    training.timeline.run(step)
    training.note()
    assert not any(rule == "divergence" for rule, _ in training.seen)
    training.machine.write("learning_rate", 1e9)  # the timeline does not know of it
    training.timeline.run(1000)
    training.note()
    assert training.seen["divergence", ""].step <= step + 1000


def test_a_loss_that_stays_where_one_step_has_thrown_it_diverges() -> None:
    training = Training(binary(Dense(4, "tanh"), rule=SGD(0.03)), CIRCLES)
    training.timeline.run(811)
    for index in range(4):
        training.timeline.write("dense1/W", 1e3, (None, index))
    training.timeline.write("dense2/b", 1e3)
    training.timeline.write("learning_rate", 0.0)
    training.timeline.run(40)
    training.note()
    assert "divergence" in {rule for rule, _ in training.seen}


def test_a_norm_that_overflows_is_found_and_stays_found() -> None:
    constant = [Initializer("constant", value) for value in (1e8, 1e9)]
    layers = [Dense(8, "linear", initializer=constant[0]), Dense(1, initializer=constant[1])]
    network = Network(2, layers, "mean_squared_error", SGD(0.03), clipping=ClipNorm(1.0))
    training = Training(network, load_dataset("plane"), dtype="float32")
    training.timeline.run(100)
    (finding,) = [f for f in training.diagnostics.findings() if f.rule == "non_finite"]
    assert finding.subject == "optimizer/norm"
    assert finding.text == "‖g‖ = √(Σ g²) made optimizer/norm ∞ in step 0"
    assert Change("dtype", "float64") in finding.remedies[1].changes
    training.timeline.run(1000)
    assert finding in training.diagnostics.findings()


def test_norms_of_numbers_whose_squares_overflow_are_right() -> None:
    assert norm(np.full(4, 3e30, np.float32)) == pytest.approx(6e30, rel=1e-6)
    assert norm(np.full(4, 3e200)) == pytest.approx(6e200)
    assert norm(np.full(4, 3e-30, np.float32)) == pytest.approx(6e-30, rel=1e-6)
    assert norm(np.full(4, 3e-200)) == pytest.approx(6e-200, rel=1e-12)
    assert norm(np.zeros(3)) == norm(np.zeros(0)) == 0.0
    assert norm(np.array([1.0, np.inf])) == np.inf
    assert np.isnan(norm(np.array([np.nan, np.inf])))


def test_a_value_that_is_not_finite_stays_found() -> None:
    training = Training(EXPLODES, LINE)
    training.timeline.run(1000)
    assert training.machine.stopped is not None
    (finding,) = [f for f in training.diagnostics.findings() if f.rule == "non_finite"]
    assert finding.evidence[0].buffer == training.machine.stopped.buffer
    training.timeline.run(1000)
    assert finding in training.diagnostics.findings()


def test_looking_does_not_change_the_numbers() -> None:
    network = binary(*[Dense(8, "relu")] * 2, rule=Adam(0.01))
    training = Training(network, CIRCLES)
    training.run(2000)
    plain = Machine(compile(network, CIRCLES))
    plain.run(2000)
    assert (training.machine.snapshot().block == plain.snapshot().block).all()


def test_the_best_constant_answer() -> None:
    half = np.array([[0.0], [1.0], [1.0], [0.0]])
    assert baseline_loss("binary_cross_entropy", half) == pytest.approx(log(2))
    assert baseline_loss("softmax_cross_entropy", np.eye(4)) == pytest.approx(log(4))
    assert baseline_loss("softmax_cross_entropy", np.eye(3)[[0, 0, 0]]) == 0
    assert baseline_loss("mean_squared_error", half) == 0.25
    places = np.array([[0, 1], [1, -1], [0, -1]])
    assert baseline_loss("softmax_cross_entropy", places) == pytest.approx(log(2))
    assert baseline_loss("huber", np.array([[0.0], [0.5], [4.0]])) == pytest.approx(3.125 / 3)


def test_columns_that_are_equal_but_for_rounding() -> None:
    w = np.array([[0.1, 0.3, 0.1 + 1e-17, -0.3], [0.2, 1e9, 0.2, 1e9]])
    assert equal_columns(w) == (0, 2)
    assert equal_columns(w, np.arange(8.0).reshape(2, 4)) == ()
    assert equal_columns(np.zeros((2, 3))) == (0, 1, 2)
    assert equal_columns(np.array([[1e200, 1e-200, 2e-200]])) == ()


def test_it_can_begin_late() -> None:
    """Diagnostics of a timeline that has been used already judge the start as it was."""
    network = binary(Dense(8, "tanh"), initializer=normal(20))
    early = Training(network, CIRCLES)
    timeline = Timeline(Machine(compile(network, CIRCLES)))
    timeline.run(500)
    late = Diagnostics(Monitor(timeline), CIRCLES)
    assert [f.text for f in late.findings()] == [f.text for f in early.diagnostics.findings()]
    assert timeline.now == (500, 0)
