"""Explanations, chains, causes and exercises of networks of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine import (
    LSTM,
    RNN,
    SGD,
    Conv2D,
    Dense,
    DescriptionError,
    Embedding,
    Factorisation,
    Flatten,
    Initializer,
    Layer,
    Machine,
    MaxPool,
    Network,
    compile,  # noqa: A004
)
from engine.explain.explainer import SEED, Explainer
from engine.explain.hints import exercise, hint
from engine.explain.why import Cause, why
from engine.formula import Link, Selection, largest, text
from engine.history.timeline import Timeline
from engine.program.compiler import DType
from tests.engine.explain.test_explain import agrees, elements
from tests.engine.kinds import KINDS
from tests.engine.networks import all_state, shaped_data

MOMENTS = ((0, 0.6), (2, 0.0), (3, 0.3), (5, 0.95))


def moments(timeline: Timeline) -> Iterator[np.random.Generator]:
    """Be at several moments, in the middle of a step, too."""
    last = len(timeline.machine.program.instructions) - 1
    for step, share in MOMENTS:
        timeline.go((step, int(share * last)))
        yield np.random.default_rng(step)


def trained(kind: str, steps: int = 4) -> Timeline:
    timeline = Timeline(KINDS[kind]())
    timeline.run(steps)
    return timeline


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_formula_of_any_element_equals_its_value(kind: str, dtype: DType) -> None:
    machine = KINDS[kind](dtype=dtype)
    timeline = Timeline(machine)
    explainer = Explainer(machine, timeline)
    for rng in moments(timeline):
        before = all_state(machine)
        for buffer, index in elements(machine, rng):
            e = explainer.explain(buffer, index)
            assert e.value == float(machine.view(buffer)[index])
            assert agrees(e.formula, e.value, dtype), str(e)
            assert not e.stale
            assert str(e)
            assert text(e.formula, digits=3)
        assert all_state(machine) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_links_lead_to_the_values_that_the_instruction_saw(kind: str) -> None:
    timeline = trained(kind)
    explainer = Explainer(timeline.machine, timeline)
    for buffer, index in elements(timeline.machine, np.random.default_rng(3)):
        e = explainer.explain(buffer, index)
        terms = largest(e.formula, 2).terms
        operands = [x for term in terms for x in term.elements() if not x.axes][:3]
        for operand in operands:
            hidden = operand.buffer == "data/order"  # drawn anew by the instruction that reads it
            if e.moment is not None and not hidden:
                further = explainer.explain(operand.buffer, operand.link.index, at=e.moment)
                assert further.value == operand.value, (str(e), operand.link)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_leads_from_any_gradient_to_the_loss(kind: str) -> None:
    timeline = trained(kind)
    explainer = Explainer(timeline.machine, timeline)
    rng = np.random.default_rng(4)
    for parameter in timeline.machine.program.parameters:
        shape = parameter.tensor.shape
        steps = explainer.chain(parameter.tensor.name, tuple(map(int, rng.integers(shape))))
        assert steps[0].explanation.link.buffer == f"{parameter.tensor.name}.grad"
        assert steps[-1].upstream == SEED
        for step, following in pairwise(steps):
            assert following.explanation.link == step.upstream
            assert 0 <= step.share <= 1
            assert step.local * following.explanation.value == pytest.approx(step.term.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_has_a_cause_and_every_number_is_an_exercise(kind: str) -> None:
    timeline = trained(kind)
    machine, explainer = timeline.machine, Explainer(timeline.machine, timeline)
    before, asked = all_state(machine), 0
    for buffer, index in elements(machine, np.random.default_rng(5)):
        if explainer.explain(buffer, index).moment is None:
            continue
        task = exercise(explainer, buffer, index)
        assert hint(task, task.explanation.value).kind == "right"
        try:
            cause = why(explainer, buffer, index)
        except DescriptionError:
            continue
        asked += 1
        assert cause.path
        assert cause.sentence.endswith(".")
    assert asked > len(machine.program.parameters)
    assert all_state(machine) == before


# What explanations say ------------------------------------------------------------------------


def told(timeline: Timeline, buffer: str, *index: int) -> str:
    return text(Explainer(timeline.machine, timeline).explain(buffer, index).formula)


def terms(timeline: Timeline, buffer: str, *index: int) -> list[str]:
    formula = Explainer(timeline.machine, timeline).explain(buffer, index).formula
    return [text(term) for term in largest(formula, 999).terms]


def test_a_convolution_is_a_sum_over_its_window_and_channels() -> None:
    timeline = trained("images")
    assert told(timeline, "conv2d1/z", 0, 2, 3, 1) == "Σ_k P1[0, 2, 3, k]·W1[k, 1] + b1[1]"
    inside = {
        f"X[0, {1 + i}, {2 + j}, {c}]·W1[{i}, {j}, {c}, 1]"
        for i in range(3)
        for j in range(3)
        for c in range(2)
    }
    assert set(terms(timeline, "conv2d1/z", 0, 2, 3, 1)) == inside | {"b1[1]"}
    gradient = terms(timeline, "conv2d1/W.grad", 0, 1, 1, 2)
    assert "X[3, 2, 4, 1]·dZ1[3, 3, 4, 2]" in gradient
    assert len(gradient) == 4 * 6 * 6
    assert told(timeline, "conv2d1/patches", 0, 0, 0, 0) == "0"  # of the padding


def test_pooling_names_the_cell_that_it_chose() -> None:
    timeline = trained("images")
    machine = timeline.machine
    formula = Explainer(machine, timeline).explain("max_pool3/a", (1, 2, 0, 3)).formula
    assert isinstance(formula, Selection)
    cells = machine.read("batch_norm2/a")[1, 4:6, 0:2, 3]
    i, j = np.unravel_index(int(cells.argmax()), (2, 2))
    assert text(formula) == f"A2[1, {4 + i}, {j}, 3]"
    assert [e.value for e in formula.by] == list(cells.ravel())
    number = int(machine.read("max_pool3/a.chosen")[1, 2, 0, 3])
    assert number == 2 * i + j
    assert told(timeline, "batch_norm2/a.grad", 1, 4 + int(i), int(j), 3) == (
        f"dA3[1, 2, 0, 3] where argmax(A2)[1, 2, 0, 3] = {number}; else 0"
    )


def test_recurrence_attention_and_lookups_read_as_in_their_papers() -> None:
    lstm = trained("lstm")
    assert told(lstm, "lstm2/t3/c", 1, 2) == ("f2[3][1, 2]·C2[2][1, 2] + i2[3][1, 2]·g2[3][1, 2]")
    assert told(lstm, "lstm2/t2/gates", 0, 1, 2) == "σ(Z2[2][0, 6])"
    assert told(lstm, "lstm2/t2/gates", 0, 3, 2) == "tanh(Z2[2][0, 14])"
    word = int(lstm.machine.read("input/x")[2, 1])
    assert told(lstm, "embedding1/a", 2, 1, 0) == f"W1[{word}, 0]"
    places = np.argwhere(lstm.machine.read("input/x") == word)
    assert set(terms(lstm, "embedding1/W.grad", word, 0)) == {
        f"dA1[{b}, {t}, 0]" for b, t in places
    }
    transformer = trained("transformer")
    at = "transformer_block3/attention2"
    assert told(transformer, f"{at}/scores", 0, 1, 2, 1) == "Σ_u Q3.2[0, 2, u+2]·K3.2[0, 1, u+2]"
    assert told(transformer, f"{at}/mixed", 0, 2, 3) == "Σ_j P3.2[0, 1, 2, j]·V3.2[0, j, 3]"
    assert terms(transformer, f"{at}/weights", 0, 1, 2, 3) == ["0"]
    factorisation = trained("factorisation")
    assert told(factorisation, "factorisation1/dot", 1, 0) == "Σ_k V1[1, 0, k]·V1[1, 1, k]"


def test_schedules_clipping_noise_and_running_statistics_are_explained() -> None:
    images = trained("images")
    assert told(images, "optimizer/learning_rate") == (
        "η·((t + 1)/3 where t < 3; 0 + 1·((1 + cos(π·(t − 3)/20))/2) where t − 3 < 20; else 0)"
    )
    assert told(images, "batch_norm2/running_mean", 1) == "μ̄2[1] + ρ2·(μ2[1] − μ̄2[1])"
    lstm = trained("lstm")
    assert told(lstm, "optimizer/norm") == "√(Σ_k g[k]²)"
    assert "dU2[0, 3]·c/‖g‖ where ‖g‖ > c" in told(lstm, "lstm2/U.clipped", 0, 3)
    assert told(trained("autoencoder"), "noise1/noise", 0, 1, 1, 0) == "ξ·σ1"


# Why ------------------------------------------------------------------------------------------


def timeline_of(inputs: tuple[int, ...], layers: list[Layer], **data: Any) -> Timeline:
    classes = data.get("classes")
    last: list[Layer] = [Dense(classes, "softmax")] if classes else [Dense(1)]
    loss: Any = "softmax_cross_entropy" if classes else "mean_squared_error"
    end = [] if isinstance(layers[-1], Factorisation) else last
    network = Network(inputs, [*layers, *end], loss, SGD(0.05))
    return Timeline(Machine(compile(network, shaped_data(inputs, **data), batch_size=4)))


def ask(timeline: Timeline, buffer: str, *index: int) -> Cause:
    return why(timeline.machine, buffer, index, past=timeline)


def dead_channel() -> Timeline:
    layers: list[Layer] = [
        Conv2D(3, 3, "relu", padding="same"),
        MaxPool(2),
        Conv2D(2, 2, "tanh", padding=1),
        Flatten(),
    ]
    timeline = timeline_of((6, 6, 1), layers)
    timeline.write("conv2d1/b", -50.0, (1,))
    timeline.run(2)
    return timeline


def test_a_dead_channel_is_found_from_its_kernel_and_from_the_kernels_it_feeds() -> None:
    timeline = dead_channel()
    cause = ask(timeline, "conv2d1/W", 1, 2, 0, 1)
    assert cause.kind == "dead"
    assert cause.path[-1].buffer == "conv2d1/z.local"
    assert cause.path[-1].index[-1] == 1
    assert "unit 1 of conv2d1 is dead for all 4 samples" in cause.sentence
    assert cause.evidence["highest"] < 0
    fed = ask(timeline, "conv2d3/W", 0, 1, 1, 0)
    assert fed.kind == "dead"
    assert [link.buffer for link in fed.path] == [
        "conv2d3/W.grad",
        "conv2d3/patches",
        "max_pool2/a",
        "conv2d1/a",
    ]
    assert ask(timeline, "conv2d1/W", 1, 2, 0, 0).kind not in {"dead", "zero_factor"}


def test_a_cell_that_pooling_did_not_choose() -> None:
    timeline = dead_channel()
    chosen = timeline.machine.read("max_pool2/a.chosen")[0, 1, 1, 0]
    i, j = divmod((int(chosen) + 1) % 4, 2)
    cause = ask(timeline, "conv2d1/a", 0, 2 + i, 2 + j, 0)
    assert cause.kind == "not_chosen"
    assert "another cell of the window is larger" in cause.sentence


@pytest.mark.parametrize("gate", ["i", "f", "o"])
def test_a_saturated_gate_is_found_at_every_time_step(gate: str) -> None:
    timeline = timeline_of((5, 2), [LSTM(3), Flatten()])
    column = 3 * "ifo".index(gate) + 1
    timeline.write("lstm1/b", 900.0, (column,))
    timeline.run(1)
    for buffer, index in (("lstm1/W", (0, column)), ("lstm1/U", (2, column))):
        cause = ask(timeline, buffer, *index)
        assert cause.kind == "saturated"
        assert cause.path[-1].buffer.endswith(".local")
    assert ask(timeline, "lstm1/W", 0, column - 1).kind != "saturated"


def test_a_gradient_that_vanishes_through_time() -> None:
    small = Initializer("normal", 0.03)
    timeline = timeline_of((9, 2), [RNN(3, return_sequences=False, recurrent_initializer=small)])
    timeline.run(1)
    cause = ask(timeline, "rnn1/t1/h.grad", 0, 1)
    assert cause.kind == "vanishing"
    assert cause.path[-1].buffer == "rnn1/U"
    assert cause.evidence["U1"] < 0.1**8
    product = float(np.prod([v for name, v in cause.evidence.items() if name != "gradient"]))
    assert product == pytest.approx(abs(cause.evidence["gradient"]), rel=1e-9)


def looked_up(zero: int | None) -> Timeline:
    """Factorisation after a step, with the vector of one user at zero from the start."""
    timeline = timeline_of((2,), [Factorisation((6, 6), 3)], ids=6)
    if zero is not None:
        timeline.write("factorisation1/W", 0.0, (zero, None))
    timeline.run(1)
    return timeline


def test_a_zero_row_of_an_embedding_and_one_that_nobody_looked_up() -> None:
    rows = looked_up(None).machine.read("factorisation1/rows")
    users = {int(r): set(rows[rows[:, 1] == r, 0].tolist()) for r in rows[:, 1]}
    item, (user,) = next((r, found) for r, found in users.items() if len(found) == 1)
    timeline = looked_up(user)
    fed = ask(timeline, "factorisation1/W", item, 1)
    assert fed.kind == "zero_weights"
    assert fed.path[-1] == Link("factorisation1/W", (user, 1))
    unseen = min(set(range(12)) - set(rows.ravel().tolist()))
    cause = ask(timeline, "factorisation1/W", unseen, 1)
    assert cause.kind == "unseen"
    assert f"no position of the batch looks up row {unseen}" in cause.sentence


def test_a_zero_row_of_an_embedding_in_front_of_a_dense_layer() -> None:
    timeline = timeline_of((3,), [Embedding(5, 4), Flatten()], ids=5)
    timeline.write("embedding1/W", 0.0, (None, 2))
    timeline.run(1)
    cause = ask(timeline, "dense3/W", 4 + 2, 0)
    assert cause.kind == "zero_weights"
    assert cause.path[-1].buffer == "embedding1/W"
    assert cause.path[-1].index[1] == 2


def test_keys_after_the_query_and_places_without_a_class() -> None:
    timeline = trained("transformer")
    at = "transformer_block3/attention2"
    late = ask(timeline, f"{at}/scores", 0, 1, 1, 3)
    assert late.kind == "masked"
    assert "the key is after the query" in late.sentence
    lstm = trained("lstm")
    b, t = (int(i) for i in np.argwhere(lstm.machine.read("input/y") < 0)[0])
    cause = ask(lstm, "dense3/z", b, t, 1)
    assert cause.kind == "no_class"


def test_what_the_loss_does_not_depend_on() -> None:
    """The forget gate of the first time step has nothing to forget."""
    cause = ask(trained("lstm"), "lstm2/t1/xw", 0, 4 + 2)
    assert cause.kind == "unused"
