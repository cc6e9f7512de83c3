"""Explanations: the formula with its numbers equals the buffer, for every op and any element."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise, product
from types import FrameType
from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Dense,
    DescriptionError,
    Machine,
    Momentum,
    Network,
    compile,  # noqa: A004
    load_dataset,
)
from engine.explain.explainer import SEED, Explainer, Explanation, chain, explain
from engine.formula import (
    Axis,
    Cases,
    Element,
    Formula,
    Link,
    Negative,
    Number,
    OpenIndexError,
    Operand,
    Quotient,
    Selection,
    Sum,
    Summation,
    largest,
    spread,
    summation,
    text,
)
from engine.history.replay import UnrecordedError
from engine.history.timeline import Timeline
from engine.ops.base import Op, WithoutVJP
from engine.ops.update import UpdateOp
from engine.tensors.tensor import Tensor
from tests.engine.graph.test_gradients import HIDDEN, OUTPUTS
from tests.engine.graphs import Scalarised
from tests.engine.networks import circles_machine, random_data
from tests.engine.ops.test_ops import CASES, _away_from_kinks, all_ops


def agrees(formula: Formula, value: float, dtype: str = "float64") -> bool:
    """Whether the formula, evaluated from its leaves, is the value but for rounding."""
    eps = 2e-14 if dtype == "float64" else 2e-5
    if not np.isfinite(value):
        return bool(np.array_equal(formula.value, value, equal_nan=True))
    return abs(formula.value - value) <= eps * float(formula.scale(()))


# Every op -------------------------------------------------------------------------------------


def computed(name: str) -> Iterator[tuple[Op, list[Operand]]]:
    """The op of a case and those of its VJP, each with what it wrote and read."""
    build, shapes = CASES[name]
    rng = np.random.default_rng(5)
    values = [_away_from_kinks(shape, rng) for shape in shapes]
    f = Scalarised(build, values)
    f(values)
    for node in f.graph.nodes:
        yield node.op, [Operand(t, f._memory.array(t)) for t in (node.output, *node.inputs)]


@pytest.mark.parametrize("name", CASES)
def test_formulas_of_ops_and_of_their_vjps_equal_what_they_compute(name: str) -> None:
    rng = np.random.default_rng(6)
    for op, operands in computed(name):
        places = list(np.ndindex(operands[0].shape))
        for number in {0, len(places) - 1, *rng.integers(len(places), size=8)}:
            formula = op.explain(places[number], *operands)
            value = float(operands[0].array[places[number]])
            assert agrees(formula, value), (op.name, text(formula))


@pytest.mark.parametrize("name", CASES)
def test_formulas_of_many_elements_at_once_equal_what_they_compute(name: str) -> None:
    rng = np.random.default_rng(6)
    for op, operands in computed(name):
        out = operands[0]
        for open_axes in product((True, False), repeat=len(out.shape)):
            start = [int(rng.integers(extent)) for extent in out.shape]
            running = {d: out.axis(d) for d, runs in enumerate(open_axes) if runs}
            index = tuple(running[d].along() if d in running else i for d, i in enumerate(start))
            try:
                formula = op.explain(index, *operands)
            except OpenIndexError:
                continue
            axes = tuple(running.values())
            expected = out.array[
                tuple(slice(None) if d in running else i for d, i in enumerate(start))
            ]
            bound = 2e-14 * formula.scale(axes) + 1e-300
            assert (np.abs(formula.over(axes) - expected) <= bound).all(), (op.name, index)
            one = formula.at({axis: start[d] for d, axis in running.items()})
            assert agrees(one, float(out.array[tuple(start)])), (op.name, text(one))


OPTIMIZER_CASES = sorted(OPTIMIZERS)


@st.composite
def trained(draw: st.DrawFn) -> tuple[Machine, Timeline]:
    """A random small network, some instructions into its training."""
    loss, activation, units, classes = draw(st.sampled_from(OUTPUTS))
    penalties = st.sampled_from([0.0, 0.02])
    hidden = st.builds(
        Dense,
        units=st.integers(1, 5),
        activation=st.sampled_from(HIDDEN),
        bias_initializer=st.sampled_from(["zeros", "constant"]),
        l1=penalties,
        l2=penalties,
        dropout=st.sampled_from([0.0, 0.4]),
    )
    layers = [*draw(st.lists(hidden, max_size=3)), Dense(units, activation, l2=draw(penalties))]
    inputs = draw(st.sampled_from([1, 3, 40]))
    rule: Any = OPTIMIZERS[draw(st.sampled_from(OPTIMIZER_CASES))]
    data = random_data(20, inputs, classes, seed=draw(st.integers(0, 5)))
    program = compile(
        Network(inputs, layers, loss, rule(learning_rate=0.02)),
        data,
        draw(st.sampled_from([1, 4, None])),
        shuffle=draw(st.booleans()),
        seed=draw(st.integers(0, 99)),
        dtype=draw(st.sampled_from(["float64", "float64", "float32"])),
    )
    machine = Machine(program)
    timeline = Timeline(machine)
    timeline.go((draw(st.integers(0, 9)), draw(st.integers(0, len(program.instructions) - 1))))
    return machine, timeline


def elements(machine: Machine, rng: np.random.Generator) -> list[tuple[str, tuple[int, ...]]]:
    """One random element of every buffer."""
    return [
        (name, tuple(int(rng.integers(extent)) for extent in buffer.shape))
        for name, buffer in machine.program.buffers.items()
    ]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(trained(), st.booleans())
def test_the_formula_of_any_element_at_any_moment_equals_its_value(
    case: tuple[Machine, Timeline], recorded: bool
) -> None:
    machine, timeline = case
    before = machine.snapshot()
    explainer = Explainer(machine, timeline if recorded else None)
    for buffer, index in elements(machine, np.random.default_rng(1)):
        e = explainer.explain(buffer, index)
        assert e.value == float(machine.view(buffer)[index])
        assert agrees(e.formula, e.value, machine.program.dtype), str(e)
        assert not e.stale
        if e.moment is not None:
            instruction = machine.program.instructions[e.moment.pc]
            node = machine.program.graph.nodes[e.moment.pc]
            read = set(instruction.reads)
            operands = {element.buffer for element in e.formula.elements()}
            parts = {t.name for t in machine.program.graph.tensors if t.parent is not None}
            assert operands <= read | parts | {node.output.name}
    after = machine.snapshot()
    assert (before.pc, before.block.tobytes()) == (after.pc, after.block.tobytes())


@settings(max_examples=15, deadline=None)
@given(trained())
def test_links_lead_to_the_values_that_the_instruction_saw(
    case: tuple[Machine, Timeline],
) -> None:
    """Whoever follows a link at the explanation's moment finds the number that was shown."""
    machine, timeline = case
    explainer = Explainer(machine, timeline)
    for buffer, index in elements(machine, np.random.default_rng(2)):
        e = explainer.explain(buffer, index)
        for operand in list(e.formula.elements())[:3]:
            if operand.axes or e.moment is None:
                continue
            further = explainer.explain(operand.buffer, operand.link.index, at=e.moment)
            hidden = operand.buffer == "data/order"  # drawn anew by the instruction that reads it
            assert hidden or further.value == operand.value


@pytest.mark.parametrize("kind", OPTIMIZER_CASES)
def test_every_optimizers_rule_is_explained_with_its_numbers(kind: str) -> None:
    rule: Any = OPTIMIZERS[kind]
    machine = circles_machine(rule(learning_rate=0.05), l1=0.01)
    timeline = Timeline(machine)
    timeline.run(12)
    explainer = Explainer(machine, timeline)
    states = [n for n, b in machine.program.buffers.items() if b.role == "optimizer_state"]
    for buffer in [*states, "parameters", "parameters.update"]:
        for index in np.ndindex(machine.program.buffers[buffer].shape):
            e = explainer.explain(buffer, index)
            assert agrees(e.formula, e.value), str(e)
            assert not e.stale
            # A flat buffer is explained by the name of the parameter that lies there.
            assert not e.link.buffer.startswith("parameters")


def test_every_op_explains_itself() -> None:
    """Those of `CASES` are tried above one by one, the others as parts of whole machines."""
    silent = {op for op in all_ops(Op) if op.explain is Op.explain}
    assert silent == {WithoutVJP, UpdateOp}


# What an explanation says ---------------------------------------------------------------------


def test_adams_update_names_both_moments_and_both_corrections() -> None:
    machine = circles_machine(Adam(0.01, 0.8, 0.95))
    timeline = Timeline(machine)
    timeline.run(5)
    explainer = Explainer(machine, timeline)
    update = explainer.explain("dense2/W.update", (3, 1))
    assert text(update.formula) == "−η·(mW2[3, 1]/c₁)/(√(vW2[3, 1]/c₂) + ε)"
    first = explainer.explain("dense2/W.m", (3, 1))
    assert str(first).startswith("mW2[3, 1] ← β₁·mW2[3, 1] + (1 − β₁)·dW2[3, 1] = ")
    correction = explainer.explain("optimizer/correction2", ())
    assert text(correction.formula) == "1 − β₂^(t + 1)"
    assert text(correction.formula, digits=3) == "1 − 0.95^(4 + 1)"


def test_a_weights_gradient_is_a_sum_over_the_batch_of_input_times_upstream() -> None:
    machine = circles_machine(SGD(0.1))
    machine.run(3)
    e = explain(machine, "dense1/W.grad", (1, 2))
    assert text(e.formula) == "Σ_b X[b, 1]·dZ1[b, 2]"
    assert isinstance(e.formula, Summation)
    per_sample = machine.read("input/x")[:, 1] * machine.read("dense1/z.grad")[:, 2]
    np.testing.assert_array_equal(e.formula.values, per_sample)
    ranking = largest(e.formula, 3)
    order = np.argsort(-np.abs(per_sample))
    assert [term.value for term in ranking.terms] == list(per_sample[order[:3]])
    assert ranking.folded == 5
    assert ranking.rest == pytest.approx(per_sample[order[3:]].sum())
    assert ranking.total == pytest.approx(np.abs(per_sample).sum())
    assert [x.link for x in ranking.terms[0].elements()] == [
        Link("input/x", (int(order[0]), 1)),
        Link("dense1/z.grad", (int(order[0]), 2)),
    ]


def test_an_update_is_explained_with_the_weight_it_overwrote() -> None:
    machine = circles_machine(SGD(0.1))
    timeline = Timeline(machine)
    timeline.run(9)
    old = machine.read("dense1/W")[0, 3]
    timeline.run(1)
    e = explain(machine, "dense1/W", (0, 3), past=timeline)
    assert str(e).startswith("W1[0, 3] ← W1[0, 3] + ΔW1[0, 3] = ")
    before, delta = e.formula.elements()
    assert (before.value, delta.value) == (old, machine.read("dense1/W.update")[0, 3])
    earlier = explain(machine, "dense1/W", (0, 3), at=e.moment, past=timeline)
    assert earlier.value == old
    assert earlier.moment == (8, e.moment[1] if e.moment else 0)


def test_the_past_may_be_a_timeline_a_snapshot_or_a_repetition() -> None:
    machine = circles_machine(AdamW(0.01), dropout=0.3)
    timeline = Timeline(machine)
    timeline.run(4)
    snapshot = machine.snapshot()
    timeline.run(5)
    timeline.go((9, 20))
    asked: list[tuple[str, tuple[int, ...]]] = [
        ("dense1/W", (1, 1)),
        ("dense2/a", (2, 1)),
        ("dense1/mask", (0, 0)),
        ("parameters.v", (7,)),
        ("input/batch", (1,)),
    ]
    for buffer, index in asked:
        told = {
            (text(e.formula), text(e.formula, digits=17), e.value, e.moment)
            for past in (timeline, snapshot, None)
            for e in [explain(machine, buffer, index, past=past)]
        }
        assert len(told) == 1


def test_what_has_no_recorded_past_is_refused_where_it_is_needed() -> None:
    machine = circles_machine()
    machine.run(3)
    machine.write("dense2/W", 0.5, (0, 0))
    machine.run(2)
    assert not explain(machine, "dense2/a", (0, 0)).stale
    with pytest.raises(UnrecordedError, match="Timeline"):
        explain(machine, "dense2/W", (0, 0))


def test_numbers_changed_by_hand_are_told_from_those_computed() -> None:
    machine = circles_machine()
    timeline = Timeline(machine)
    timeline.run(3)
    timeline.go((3, 5))
    timeline.write("dense1/W", 2.0, (0, 1))
    z = Explainer(machine, timeline).explain("dense1/z", (0, 1))
    assert not z.stale  # it is explained with the weight that made it
    assert Explainer(machine, timeline).explain("dense1/W", (0, 1)).stale
    assert Explainer(machine).explain("dense1/z", (0, 1)).stale


def test_clamped_elements_say_so() -> None:
    machine = circles_machine()
    timeline = Timeline(machine)
    timeline.clamp("dense1/a", 0.25, (None, 2))
    timeline.run(2)
    e = explain(machine, "dense1/a", (3, 2), past=timeline)
    assert isinstance(e.formula, Number)
    assert (e.value, e.formula.meaning) == (0.25, "clamped at this value")
    assert explain(machine, "dense1/a.grad", (3, 2), past=timeline).value == 0.0
    assert text(explain(machine, "dense1/a", (3, 1), past=timeline).formula) == "tanh(Z1[3, 1])"


def test_what_nothing_has_computed_says_where_it_is_from() -> None:
    machine = circles_machine(Momentum(0.1))
    explainer = Explainer(machine)
    for buffer, index, meaning in (
        ("dense1/W", (0, 1), "initial value, drawn by glorot_uniform"),
        ("data/x", (17, 0), "sample 17 of the training set"),
        ("learning_rate", (), "given"),
        ("parameters.velocity", (0,), "initial value"),
        ("dense1/z", (0, 0), "not computed yet"),
        ("loss/L.grad", (), "the derivative of the loss with respect to itself"),
    ):
        e = explainer.explain(buffer, index)
        assert isinstance(e.formula, Number)
        assert (e.formula.meaning, e.moment) == (meaning, None)


def test_samples_and_dropout_say_what_chose_them() -> None:
    machine = circles_machine(dropout=0.4)
    timeline = Timeline(machine)
    timeline.run(20)
    explainer = Explainer(machine, timeline)
    x = explainer.explain("input/x", (5, 1)).formula
    assert isinstance(x, Selection)
    row = int(machine.read("input/batch")[5])
    assert [e.link for e in x.elements()] == [Link("data/x", (row, 1)), Link("input/batch", (5,))]
    chosen = explainer.explain("input/batch", (5,)).formula
    assert isinstance(chosen, Selection)
    assert chosen.reason == "batch 2 of 6 of the epoch"
    for index in np.ndindex(8, 4):
        mask = explainer.explain("dense1/mask", index).formula
        assert isinstance(mask, Cases)
        draw = mask.cases[0].conditions[0].left
        assert (draw.value < 0.4) == (mask.value == 0.0)


def test_the_loss_can_be_explained_sample_by_sample() -> None:
    machine = circles_machine()
    machine.run(1)
    formula = explain(machine, "loss/L", ()).formula
    assert isinstance(formula, Quotient)
    a, y = machine.read("dense3/a"), machine.read("input/y")
    each = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    sums = formula.numerator
    assert isinstance(sums, Summation)
    np.testing.assert_allclose(sums.values, each, rtol=1e-12)


def test_evaluators_explain_the_probe() -> None:
    machine = circles_machine(l2=0.1)
    machine.run(5)
    judge = machine.evaluator([[0.3, -0.7]], [[1.0]], gradients=True)
    judge.run(1)
    e = explain(judge, "dense2/a", (0, 1))
    assert not e.stale
    steps = chain(judge, "dense1/z", (0, 2))
    assert steps[-1].upstream == SEED
    machine.run(1)
    assert explain(judge, "dense2/z", (0, 1)).stale  # the weights have moved on


@pytest.mark.parametrize(
    ("buffer", "index", "message"),
    [
        ("dense9/W", (0, 0), "buffer: 'dense9/W' is not the name of a buffer"),
        ("dense1/W", (0,), r"dense1/W: \(0,\) is not an index within \(2, 4\)"),
        ("dense1/W", (0, 4), r"dense1/W: \(0, 4\) is not an index within \(2, 4\)"),
    ],
)
def test_bad_questions_are_refused(buffer: str, index: tuple[int, ...], message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        explain(circles_machine(), buffer, index)


def test_the_future_is_not_explained() -> None:
    machine = circles_machine()
    machine.run(2)
    for at in ((2, 1), (3, 0), (-1, 0), (1, 999)):
        with pytest.raises(DescriptionError, match="moment"):
            explain(machine, "dense1/W", (0, 0), at=at)


# The chain rule -------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(trained())
def test_a_chain_leads_from_a_gradient_to_the_loss(case: tuple[Machine, Timeline]) -> None:
    machine, timeline = case
    timeline.go((machine.step_count + 1, 0))
    explainer = Explainer(machine, timeline)
    before = machine.snapshot().block.tobytes()
    for parameter in machine.program.parameters:
        steps = explainer.chain(parameter.tensor.name, (0,) * len(parameter.tensor.shape))
        assert steps[0].explanation.link.buffer == f"{parameter.tensor.name}.grad"
        assert steps[-1].upstream == SEED
        for step, following in pairwise(steps):
            assert following.explanation.link == step.upstream
            assert 0 <= step.share <= 1
            assert step.local * following.explanation.value == pytest.approx(
                step.term.value, rel=1e-5, abs=1e-12
            )
    assert machine.snapshot().block.tobytes() == before


def test_the_chain_of_a_first_layers_weight_passes_every_layer() -> None:
    machine = circles_machine()
    timeline = Timeline(machine)
    timeline.run(50)
    steps = chain(machine, "dense1/W", (0, 1), past=timeline)
    assert [step.explanation.link.buffer for step in steps] == [
        "dense1/W.grad",
        "dense1/z.grad",
        "dense1/a.grad",
        "dense2/z.grad",
        "dense2/a.grad",
        "dense3/z.grad",
    ]
    with pytest.raises(DescriptionError, match="not a gradient or a buffer that has one"):
        chain(machine, "input/x", (0, 0))
    with pytest.raises(DescriptionError, match="not computed yet"):
        chain(circles_machine(), "dense1/W", (0, 0))


# Formulas by themselves -----------------------------------------------------------------------


def operand(array: Any, name: str = "x", axes: tuple[str, ...] = ()) -> Operand:
    values = np.asarray(array, dtype=np.float64)
    return Operand(Tensor(name, name, values.shape, axes, "input"), values)


def test_sums_within_sums_may_depend_on_outer_axes() -> None:
    """Σᵢ xᵢ·(Σⱼ xⱼ·w[j, i]): what attention and normalisation are made of."""
    rng = np.random.default_rng(0)
    x, w = operand(rng.normal(size=4)), operand(rng.normal(size=(4, 4)), "w")
    i, j = x.axis(0, "i"), x.axis(0, "j")
    formula = summation(x[i] * summation(x[j] * w[j, i], j), i)
    assert formula.value == pytest.approx(float(x.array @ w.array @ x.array))
    assert text(formula) == "Σ_i x[i]·(Σ_j x[j]·w[j, i])"
    assert isinstance(formula, Summation)
    assert text(formula.term_at(2)) == "x[2]·(Σ_j x[j]·w[j, 2])"
    assert formula.term_at(2).value == pytest.approx(formula.values[2])


def test_running_indices_may_be_shifted_and_strided() -> None:
    """Σₖ x[3 + 2k]·w[k]: one output of a strided convolution."""
    x, w = operand(np.arange(12.0)), operand([1.0, -2.0, 0.5], "w")
    k = w.axis(0, "k")
    formula = summation(x[k.along(3, 2)] * w[k], k)
    assert formula.value == 1.0 * 3 - 2.0 * 5 + 0.5 * 7
    assert text(formula) == "Σ_k x[2k+3]·w[k]"
    (first,) = largest(formula, 1).terms
    assert [e.link.index for e in first.elements()] == [(5,), (1,)]
    j = w.axis(0, "j")
    two = k.along(3, 2) + j.along() * -11
    assert (str(two), str(j.along(5, -1)), str(k.along() // 2)) == ("2k−11j+3", "5−j", "⌊k/2⌋")
    assert two.at({k: 1}) == j.along(5, -11)
    assert two.at({k: 1, j: 0}) == 5
    diagonal = operand(np.arange(9.0).reshape(3, 3))
    assert summation(diagonal[k, k], k).value == 0.0 + 4.0 + 8.0


def test_terms_of_nested_sums_are_ranked_together_and_nan_comes_first() -> None:
    x = operand([0.5, -3.0, float("nan")])
    k = x.axis(0, "k")
    ranking = largest(Sum((Number(1.0), Negative(summation(x[k], k)))), 3)
    assert [text(term, digits=2) for term in ranking.terms] == ["−NaN", "−(−3)", "1"]
    assert (ranking.folded, ranking.rest) == (1, -0.5)


def test_products_of_sums_are_spread_over_what_is_followed() -> None:
    """s·(g − Σ g·x/n): in each term one g with its own factors, and the same value."""
    g, x, s = operand([0.5, -3.0, 2.0], "g"), operand([1.0, 4.0, -2.0], "x"), operand([0.3], "s")
    k = x.axis(0)
    formula = s[0] * (g[1] - summation(g[k] * x[k], k) / Number(3, "n"))
    whole = spread(formula, lambda element: element.symbol == "g")
    assert text(whole) == "s[0]·g[1] − (Σ_i s[0]·(g[i]·x[i]/n))"
    assert whole.value == pytest.approx(formula.value, rel=1e-15)
    assert [text(term) for term in largest(whole, 2).terms] == [
        "−s[0]·(g[1]·x[1]/n)",
        "s[0]·g[1]",
    ]
    assert spread(formula, lambda element: element.symbol == "y") is formula


def test_a_term_that_does_not_run_counts_as_often_as_the_axis_is_long() -> None:
    axis = Axis("k", "unit", 5)
    formula = summation(Number(2.0), axis)
    assert isinstance(formula, Summation)
    assert formula.value == 10.0
    assert formula.values.shape == (5,)


def test_an_element_with_axes_is_no_single_link() -> None:
    x = operand([1.0, 2.0])
    element = x[x.axis(0)]
    assert isinstance(element, Element)
    with pytest.raises(ValueError, match="more than one element"):
        _ = element.link


# Fast enough ----------------------------------------------------------------------------------


class Work:
    """Counts what is done while it is open, which is the same on every machine.

    Attributes:
        steps: training steps that were run again.
        instructions: single instructions that were executed again.
        calls: of functions, by Python.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = self.instructions = self.calls = 0
        run, execute = Machine.run, Machine._execute

        def counted_run(machine: Machine, steps: int, **options: Any) -> int:
            self.steps += steps
            return run(machine, steps, **options)

        def counted_execute(machine: Machine) -> None:
            self.instructions += 1
            execute(machine)

        monkeypatch.setattr(Machine, "run", counted_run)
        monkeypatch.setattr(Machine, "_execute", counted_execute)

    def __enter__(self) -> Self:
        self.steps = self.instructions = self.calls = 0
        self._before = sys.getprofile()
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _count(self, frame: FrameType, event: str, argument: object) -> None:
        self.calls += event in ("call", "c_call")


def test_explanations_of_a_digits_network_take_little_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the second question about a step on; 1,200 calls took 0.3 ms when this was written."""
    pytest.importorskip("sklearn")
    layers = [Dense(32, "relu"), Dense(16, "relu"), Dense(10, "softmax")]
    network = Network(64, layers, "softmax_cross_entropy", Adam(0.001))
    machine = Machine(compile(network, load_dataset("digits"), batch_size=32))
    timeline = Timeline(machine)
    timeline.run(60)
    explainer = Explainer(machine, timeline)
    asked: list[tuple[str, tuple[int, ...]]] = [
        ("dense1/W.grad", (20, 3)),
        ("dense1/z.grad", (3, 1)),
        ("dense1/a.grad", (3, 1)),
        ("dense1/W", (20, 3)),
        ("dense2/W.update", (3, 1)),
        ("loss/L", ()),
    ]
    work = Work(monkeypatch)
    for buffer, index in asked:
        assert isinstance(explainer.explain(buffer, index), Explanation)
    for buffer, index in asked:
        with work:
            explainer.explain(buffer, index)
        assert work.steps == 0
        assert work.instructions <= 2 * len(machine.program.instructions), buffer
        assert 0 < work.calls < 2000, buffer
