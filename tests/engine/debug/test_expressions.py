"""Expressions: what they mean, how they are read, and where they are wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Adam, Machine
from engine.debug.expressions import (
    MAX_EXPRESSION,
    Expression,
    parse_condition,
    parse_expression,
    parse_scalar,
)
from engine.debug.functions import FUNCTIONS
from engine.debug.lexer import ExpressionError
from engine.debug.messages import parse_message, write_value
from tests.engine.networks import circles_machine


def trained() -> Machine:
    machine = circles_machine(Adam(0.01))
    machine.run(7)
    return machine


MACHINE = trained()
READ = MACHINE.read
W, A, G = READ("dense1/W"), READ("dense1/a"), READ("dense1/W.grad")
LOSS = float(READ("loss/L"))


def value(text: str) -> Any:
    return parse_expression(text, MACHINE.program).value(MACHINE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss", LOSS),
        ("loss/L", LOSS),
        ("loss/2", LOSS / 2),
        ("loss / 2", LOSS / 2),
        ("step", 7.0),
        ("epoch", 7 * MACHINE.program.batch_size / MACHINE.program.samples),
        ("learning_rate", 0.01),
        ("dense1/W", W),
        ("dense1/W/2", W / 2),
        ("dense1/W / dense1/W.grad", W / G),
        ("dense1/W/dense1/W.grad", W / G),
        ("dense1/W[0,1]", W[0, 1]),
        ("dense1/W[-1][2]", W[-1, 2]),
        ("dense1/W[:, 1:3]", W[:, 1:3]),
        ("dense1/W[1]", W[1]),
        ("(dense1/W * 2)[1, 2]", W[1, 2] * 2),
        ("dense1/W[:, 1:][0, :2]", W[:, 1:][0, :2]),
        ("data/x[3, 0]", READ("data/x")[3, 0]),
        ("input/batch[0]", float(READ("input/batch")[0])),
        ("mean(abs(dense1/a)) * 2", np.abs(A).mean() * 2),
        ("mean(dense1/a, 0)", A.mean(axis=0)),
        ("std(dense1/a, 1)", A.std(axis=1)),
        ("norm(dense1/W.grad)", np.linalg.norm(G)),
        ("norm(dense1/W.grad, 0)", np.linalg.norm(G, axis=0)),
        ("sum(dense1/W)", W.sum()),
        ("argmax(dense1/W)", float(W.argmax())),
        ("min(dense1/W, 1)", W.min(axis=1)),
        ("count(dense1/a > 0)", float((A > 0).sum())),
        ("norm(loss)", LOSS),
        ("max(loss)", LOSS),
        ("any(isnan(dense2/z))", False),
        ("all(isfinite(dense2/z)) and loss < 100", True),
        ("not loss < 0.1 or step == 3", True),
        ("not not loss < 0.1", False),
        ("not (dense1/W > 0)", W <= 0),
        ("dense1/W > 0 or dense1/W < -0.1", (W > 0) | (W < -0.1)),
        ("step % 100 == 0", False),
        ("step % 7 == 0", True),
        ("1 + 2*3 - 4/2", 5.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("--2", 2.0),
        ("(1 + 2) * 3", 9.0),
        ("1e-3 + .5 + 2. + 1E2", 102.501),
        ("1/0", math.inf),
        ("0 - inf", -math.inf),
        ("log(0)", -math.inf),
        ("sign(-3) * pi", -math.pi),
        ("loss ≥ 0 and loss ≠ 1 and 2·3 == 6 and 3 − 4 ≤ 0 and 2^3 == 8", True),
        ("(loss < 0.1) == (loss > 0.1)", False),
    ],
)
def test_what_it_means(text: str, expected: Any) -> None:
    found = value(text)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    single = np.ndim(expected) == 0
    assert type(found) is (type(expected) if isinstance(expected, bool) else float) or not single


@pytest.mark.parametrize(
    ("text", "at", "problem"),
    [
        ("", (0, 1), "a value was expected where the expression ends"),
        ("loss <", (6, 1), "a value was expected where the expression ends"),
        ("loss < )", (7, 1), "a value was expected where there is ')'"),
        ("loss loss", (5, 4), "an operator or the end was expected here"),
        ("loss ? 2", (5, 1), "'?' means nothing here"),
        ("(loss", (5, 1), "')' was expected here, to close the bracket"),
        ("norm(loss", (9, 1), "')' was expected here, to close norm("),
        ("dense1/W[0", (10, 1), "']' was expected here, to close the index"),
        ("1 < loss < 2", (9, 1), "comparisons do not chain: join two with 'and'"),
        ("dense1/W.grd > 1", (0, 12), "not a buffer or scalar; did you mean dense1/W.grad?"),
        ("2 * dense9/W", (4, 8), "did you mean dense3/W?"),
        ("W.update > 1", (0, 8), "did you mean dense3/W.update?"),
        ("zzz", (0, 3), "zzz is not a buffer or scalar"),
        ("nrm(dense1/W)", (0, 3), "nrm is not a function; did you mean norm?"),
        ("norm > 2", (0, 4), "norm is a function: write norm(…)"),
        ("dense1/W[5, 0]", (9, 1), "5 is not an index of an array of numbers of shape (2, 4)"),
        ("dense1/W[0, -5]", (13, 1), "-5 is not an index"),
        ("dense1/W[0, 0, 0]", (8, 1), "has 2 axes"),
        ("loss[0]", (4, 1), "too many indices: a number has 0 axes"),
        ("dense1/W[0.5]", (9, 3), "a whole number was expected here"),
        ("dense1/W[0:9]", (11, 1), "9 is not a bound in 0..2"),
        ("mean(dense1/W, 2)", (15, 1), "2 is not an axis of an array of numbers of shape (2, 4)"),
        ("abs(dense1/W, 0)", (14, 1), "abs has one argument"),
        ("dense1/W + dense2/z[0:3]", (0, 24), "shapes (2, 4) and (3, 2) do not fit"),
        ("any(dense1/W)", (4, 8), "any takes yes/no values; this is an array of numbers"),
        ("norm(dense1/W > 1)", (5, 12), "norm takes numbers; this is an array of yes/no values"),
        ("loss and step > 1", (0, 4), "'and' joins yes/no values; this is a number: compare it"),
        ("not loss", (4, 4), "'not' joins yes/no values"),
        ("(loss < 1) + 1", (1, 8), "'+' takes numbers; this is a yes/no"),
        ("-(loss < 1)", (2, 8), "'-' takes numbers"),
        ("(loss < 1) < 2", (11, 1), "a yes/no and a number cannot be compared with <"),
        ("(" * 60 + "1" + ")" * 60, (40, 1), "nested more than 40 deep"),
        ("2**" * 60 + "2", (120, 1), "nested more than 40 deep"),
        ("1+" * 300 + "1", (400, 201), "an expression has at most 400 characters"),
    ],
)
def test_where_it_is_wrong(text: str, at: tuple[int, int], problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, MACHINE.program)
    error = caught.value
    assert problem in error.problem
    assert (error.position, error.length) == at
    assert error.pointed().splitlines()[1].startswith(" " * at[0] + "^" * at[1])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dense1/W > 0", "this has shape (2, 4): use any(…) or all(…)"),
        ("dense1/W", "this has shape (2, 4): use a comparison of norm(…), max(…)"),
        ("loss", "this is a number: compare it, as in … > 0"),
    ],
)
def test_a_condition_is_one_yes_or_no(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_condition(text, MACHINE.program)
    assert problem in caught.value.problem
    assert parse_condition("loss < 1", MACHINE.program).truth
    with pytest.raises(ExpressionError, match="one value is needed"):
        parse_scalar("dense1/W", MACHINE.program)


def test_it_says_what_it_reads() -> None:
    found = parse_expression("norm(dense1/W) > 2 * loss and epoch > 1", MACHINE.program)
    assert found.reads == {"dense1/W", "loss/L", "step"}


def test_a_bound_expression_follows_the_machine() -> None:
    machine = circles_machine()
    read = parse_expression("sum(data/x[0]) + dense1/b[1] + loss", machine.program).bind(machine)
    seen = [read()]
    for change in (
        lambda: machine.run(1),
        lambda: machine.write("dense1/b", 5.0),
        lambda: machine.write("data/x", 9.0, (0, None)),
    ):
        change()
        seen.append(read())
    assert len(set(seen)) == 4


def test_messages() -> None:
    found = parse_message("loss {loss} at {step} {{}} {dense1/W[0]}", PROGRAM)
    said = found.bind(MACHINE)()
    assert said.startswith(f"loss {LOSS:.6g} at 7 {{}} [")
    assert len(said.split(", ")) == len(W[0])
    for text, at in (("a {loss", 2), ("a } b", 2), ("{loss} {los}", 8), ("{loss +}", 7)):
        with pytest.raises(ExpressionError) as caught:
            parse_message(text, PROGRAM)
        assert (caught.value.text, caught.value.position) == (text, at)
    assert write_value(value("loss < 0")) == "no"
    assert write_value(value("dense1/a")).count("...") > 0


def test_numbers_are_written_as_they_are_set() -> None:
    assert write_value(value("1 / -8e4")) == "−1.25×10⁻⁵"
    assert write_value(value("loss * -inf")) == "−∞"
    row = np.array([-0.5, 1e30, math.nan, -0.0])
    assert write_value(row) == "[−0.5, 1×10³⁰, NaN, 0]"


PROGRAM = MACHINE.program


@given(st.text(alphabet="dense12/W.grad()[]0123 <>=+-*/%:,loss anynormtandif−≤", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_a_located_error(text: str) -> None:
    wrong: ExpressionError | None = None
    try:
        found = parse_expression(text, PROGRAM)
        assert np.shape(found.value(MACHINE)) == found.shape
    except ExpressionError as error:
        wrong = error
    assert wrong is None or 0 <= wrong.position <= len(text)


# Against Python ------------------------------------------------------------------------------

LEAVES: dict[str, Any] = {
    "loss": np.float64(LOSS),
    "3": np.float64(3),
    "0.25": np.float64(0.25),
    "dense1/W": W,
    "dense1/W.grad": G,
    "dense1/b": READ("dense1/b"),
    "dense1/W[1]": W[1],
    "dense1/W[0, 2]": W[0, 2],
}
UNARY: dict[str, Any] = {
    "-({})": np.negative,
    "abs({})": np.abs,
    "exp({})": np.exp,
    "sqrt(abs({}))": lambda x: np.sqrt(np.abs(x)),
    "sum({})": np.sum,
    "mean({})": np.mean,
    "max({})": np.max,
    "norm({})": lambda x: np.sqrt(np.sum(np.square(x))),
    "std({})": np.std,
    "count(({}) > 0)": lambda x: np.float64(np.sum(np.greater(x, 0))),
}
BINARY: dict[str, Any] = {
    "{} + {}": np.add,
    "{} - ({})": np.subtract,
    "({})*({})": np.multiply,
    "({})/({})": np.true_divide,
    "({}) % ({})": np.remainder,
}


def _wrap(inner: Any) -> Any:
    one = st.tuples(st.sampled_from(list(UNARY)), inner)
    two = st.tuples(st.sampled_from(list(BINARY)), inner, inner)
    return one | two


def _text_and_value(tree: Any) -> tuple[str, Any]:
    if isinstance(tree, str):
        return tree, LEAVES[tree]
    texts, values = zip(*(_text_and_value(part) for part in tree[1:]), strict=True)
    return tree[0].format(*texts), (UNARY | BINARY)[tree[0]](*values)


def test_what_is_counted_is_a_number_as_any_other() -> None:
    with np.errstate(all="ignore"):
        assert math.isnan(value("count(dense1/W > 0) % (loss - loss)"))
        assert math.isnan(value("count(dense1/W > 0) % (count(loss > 0) - count(loss > 0))"))


@given(st.recursive(st.sampled_from(list(LEAVES)), _wrap, max_leaves=8))
@settings(max_examples=300, deadline=None)
def test_it_computes_what_numpy_does(tree: Any) -> None:
    with np.errstate(all="ignore"):
        text, expected = _text_and_value(tree)
    found = parse_expression(text, PROGRAM) if len(text) <= MAX_EXPRESSION else None
    if found is not None:
        assert found.shape == np.shape(expected)
        np.testing.assert_allclose(found.value(MACHINE), expected, rtol=1e-9, atol=1e-12)


def test_every_function_takes_numbers_arrays_and_axes() -> None:
    for name, function in FUNCTIONS.items():
        for inner in ("loss", "dense1/W", "dense1/W[0]"):
            argument = f"{inner} > 0" if function.wants_truth else inner
            found: Expression = parse_expression(f"{name}({argument})", PROGRAM)
            assert np.shape(found.value(MACHINE)) == found.shape
            assert found.truth == function.truth
