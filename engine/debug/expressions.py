"""Expressions over the buffers of a program, for conditions, watches and messages.

    norm(dense1/W.grad) > 10        any(isnan(dense2/z))         step % 100 == 0 and loss < 0.1
    mean(abs(dense1/a), 0)          dense1/W[0, 1] * 2           count(dense1/a[:, 3] == 0)

The grammar, loosest first (operators as in Python; see `engine.debug.lexer` for names that contain
``/``):

    either     = both ("or" both)*
    both       = negation ("and" negation)*
    negation   = "not" negation | comparison
    comparison = sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)?
    sum        = product (("+" | "-") product)*
    product    = sign (("*" | "/" | "%") sign)*
    sign       = "-" sign | power
    power      = item ("**" sign)?
    item       = atom ("[" index ("," index)* "]")*
    atom       = number | name | function "(" either ("," axis)? ")" | "(" either ")"
    index      = integer | integer? ":" integer?

Nothing is ever evaluated as Python. The parser checks an expression against the program: names,
shapes, indices, and whether each part is a number or a yes/no. It is then bound to a machine
as nested closures over live views. Numbers are computed as in IEEE 754: 1/0 is an infinity.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, nan, pi
from typing import Any, NoReturn

import numpy as np

from engine.debug import closures
from engine.debug.closures import Bind
from engine.debug.functions import ELEMENTWISE, FUNCTIONS, REDUCTIONS
from engine.debug.lexer import ExpressionError, Token, tokens
from engine.program.machine import Machine
from engine.program.program import Program
from engine.tensors.arrays import Array
from engine.tensors.tensor import Shape

MAX_EXPRESSION = 400
"""The greatest number of characters in an expression."""
MAX_DEPTH = 40
"""The greatest depth of nested brackets, function calls and exponents."""

Value = float | bool | Array

LOSS = "loss/L"
SCALARS = ("loss", "epoch", "inf", "nan", "pi")
"""The names that are not those of buffers. `loss` is short for ``loss/L``."""

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": np.true_divide,
    "%": partial(np.remainder, dtype=np.float64),  # of counts, too: NaN by 0, as of other numbers
    "**": np.float_power,
}


@dataclass(frozen=True)
class Part:
    """A part of an expression, checked.

    Attributes:
        shape: the shape of its value.
        truth: whether its value is yes or no, else a number.
        reads: the buffers it depends on.
        bind: makes the closure that computes it on a machine.
        start, stop: its range in the text.
    """

    shape: Shape
    truth: bool
    reads: frozenset[str]
    bind: Bind
    start: int
    stop: int

    def __str__(self) -> str:
        kind = "yes/no" if self.truth else "number"
        if not self.shape:
            return f"a {kind}"
        values = "yes/no values" if self.truth else "numbers"
        return f"an array of {values} of shape {self.shape}"


@dataclass(frozen=True)
class Expression:
    """An expression that fits a program.

    Attributes:
        text: the text as written.
        shape: the shape of its value, () for a single one.
        truth: whether its value is yes or no (bool), else a number (float).
        reads: the names of the buffers it depends on.
    """

    text: str
    shape: Shape
    truth: bool
    reads: frozenset[str]
    _bind: Bind

    def bind(self, machine: Machine) -> Callable[[], Value]:
        """A closure that computes the present value on a machine of the program.

        It does not silence NumPy's warnings; `Machine.run`, for example, does.
        """
        read = self._bind(machine)
        if not self.shape:
            kind = bool if self.truth else float
            return lambda: kind(read())
        return read

    def value(self, machine: Machine) -> Value:
        """The present value; arrays are copies."""
        with np.errstate(all="ignore"):
            value = self.bind(machine)()
        return np.array(value) if self.shape else value


def parse_expression(text: str, program: Program) -> Expression:
    """The expression that `text` means on `program`.

    Raises:
        ExpressionError: where it is wrong and what was expected.
    """
    part = _Parser(text, program).parse()
    return Expression(text, part.shape, part.truth, part.reads, part.bind)


def parse_condition(text: str, program: Program) -> Expression:
    """As `parse_expression`, for an expression that is yes or no.

    Raises:
        ExpressionError: also if it is a number or an array.
    """
    found = parse_expression(text, program)
    if found.shape:
        kind = "any(…) or all(…)" if found.truth else "a comparison of norm(…), max(…)"
        problem = f"a condition is one yes or no; this has shape {found.shape}: use {kind}"
        raise ExpressionError(text, 0, len(text), problem)
    if not found.truth:
        problem = "a condition is yes or no; this is a number: compare it, as in … > 0"
        raise ExpressionError(text, 0, len(text), problem)
    return found


def parse_scalar(text: str, program: Program) -> Expression:
    """As `parse_expression`, for an expression with a single value.

    Raises:
        ExpressionError: also if it is an array.
    """
    found = parse_expression(text, program)
    if found.shape:
        problem = f"one value is needed; this has shape {found.shape}: index it, or use norm(…)"
        raise ExpressionError(text, 0, len(text), problem)
    return found


class _Parser:
    """Parses and checks an expression in one pass over its tokens."""

    def __init__(self, text: str, program: Program) -> None:
        if len(text) > MAX_EXPRESSION:
            problem = f"an expression has at most {MAX_EXPRESSION} characters"
            raise ExpressionError(text, MAX_EXPRESSION, len(text) - MAX_EXPRESSION, problem)
        self._text = text
        self._program = program
        self._tokens = tokens(text, {*program.buffers, *SCALARS}, FUNCTIONS)
        self._next = 0
        self._depth = 0

    def parse(self) -> Part:
        part = self._either()
        if self._peek.kind != "end":
            self._fail(self._peek, "an operator or the end was expected here")
        return part

    # Tokens ----------------------------------------------------------------------------------

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._peek
        self._next += token.kind != "end"
        return token

    def _accept(self, *texts: str) -> Token | None:
        token = self._peek
        if token.kind in ("mark", "word") and token.text in texts:
            return self._take()
        return None

    def _expect(self, text: str, after: str) -> Token:
        token = self._accept(text)
        if token is None:
            self._fail(self._peek, f"{text!r} was expected here, {after}")
        return token

    def _fail(self, where: Token | Part, problem: str) -> NoReturn:
        raise ExpressionError(self._text, where.start, where.stop - where.start, problem)

    # Grammar ---------------------------------------------------------------------------------

    def _either(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(self._peek, f"nested more than {MAX_DEPTH} deep")
        left = self._both()
        while self._accept("or"):
            left = self._logical(left, self._both(), "or")
        self._depth -= 1
        return left

    def _both(self) -> Part:
        left = self._negation()
        while self._accept("and"):
            left = self._logical(left, self._negation(), "and")
        return left

    def _negation(self) -> Part:
        words = list(iter(lambda: self._accept("not"), None))
        part = self._comparison()
        if not words:
            return part
        self._need_truth(part, "not")
        call = np.logical_not if len(words) % 2 else closures.same
        return _applied(call, part, shape=part.shape, truth=True, start=words[0].start)

    def _comparison(self) -> Part:
        left = self._sum()
        mark = self._accept(*COMPARISONS)
        if mark is None:
            return left
        right = self._sum()
        if again := self._accept(*COMPARISONS):
            self._fail(again, "comparisons do not chain: join two with 'and'")
        if left.truth != right.truth or (left.truth and mark.text not in ("==", "!=")):
            self._fail(mark, f"{left} and {right} cannot be compared with {mark.text}")
        return self._binary(COMPARISONS[mark.text], left, right, truth=True)

    def _sum(self) -> Part:
        left = self._product()
        while mark := self._accept("+", "-"):
            left = self._arithmetic(mark, left, self._product())
        return left

    def _product(self) -> Part:
        left = self._sign()
        while mark := self._accept("*", "/", "%"):
            left = self._arithmetic(mark, left, self._sign())
        return left

    def _sign(self) -> Part:
        marks = list(iter(lambda: self._accept("-"), None))
        part = self._power()
        if not marks:
            return part
        self._need_number(part, "-")
        call = operator.neg if len(marks) % 2 else closures.same
        return _applied(call, part, shape=part.shape, truth=False, start=marks[0].start)

    def _power(self) -> Part:
        base = self._item()
        mark = self._accept("**")
        return base if mark is None else self._arithmetic(mark, base, self._exponent())

    def _exponent(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(self._peek, f"nested more than {MAX_DEPTH} deep")
        part = self._sign()
        self._depth -= 1
        return part

    def _item(self) -> Part:
        part = self._atom()
        while bracket := self._accept("["):
            part = self._indexed(part, bracket)
        return part

    def _atom(self) -> Part:
        token = self._take()
        if token.kind == "number":
            return _constant(float(token.text), token)
        if token.kind == "name":
            return self._named(token)
        if token.kind == "call":
            return self._called(token)
        if token.kind != "mark" or token.text != "(":
            found = "the expression ends" if token.kind == "end" else f"there is {token.text!r}"
            self._fail(token, f"a value was expected where {found}")
        part = self._either()
        self._expect(")", "to close the bracket")
        return part

    # Meaning ---------------------------------------------------------------------------------

    def _named(self, token: Token) -> Part:
        if token.text in ("inf", "nan", "pi"):
            return _constant({"inf": inf, "nan": nan, "pi": pi}[token.text], token)
        if token.text == "epoch":
            reads = frozenset({"step"})
            return Part((), False, reads, closures.epoch, token.start, token.stop)
        name = LOSS if token.text == "loss" else token.text
        if name not in self._program.buffers:
            self._fail(token, "this program has no loss")
        shape = self._program.buffers[name].shape
        bind = partial(closures.reader, name=name, index=())
        return Part(shape, False, frozenset({name}), bind, token.start, token.stop)

    def _called(self, token: Token) -> Part:
        self._expect("(", f"after {token.text}")
        part = self._either()
        axis = self._axis(token, part) if self._accept(",") else None
        close = self._expect(")", f"to close {token.text}(")
        function = FUNCTIONS[token.text]
        if function.wants_truth is not None and part.truth != function.wants_truth:
            wanted = "yes/no values" if function.wants_truth else "numbers"
            example = f"{token.text}(… > 0)" if function.wants_truth else "without a comparison"
            self._fail(part, f"{token.text} takes {wanted}; this is {part}: {example}")
        shape = part.shape
        if token.text in REDUCTIONS:
            shape = () if axis is None else (*shape[:axis], *shape[axis + 1 :])
        call = function.make(part.shape, axis)
        return _applied(
            call, part, shape=shape, truth=function.truth, start=token.start, stop=close.stop
        )

    def _axis(self, token: Token, part: Part) -> int:
        if token.text in ELEMENTWISE:
            self._fail(self._peek, f"{token.text} has one argument")
        return self._integer(len(part.shape), f"an axis of {part}")

    def _indexed(self, part: Part, bracket: Token) -> Part:
        index: list[int | slice] = []
        while True:
            if len(index) == len(part.shape):
                self._fail(bracket, f"too many indices: {part} has {len(part.shape)} axes")
            index.append(self._range(part.shape[len(index)], part))
            if not self._accept(","):
                break
        close = self._expect("]", "to close the index")
        entries = tuple(index)
        shape = np.empty(part.shape, dtype=bool)[entries].shape if part.shape else ()
        call = operator.itemgetter(entries)
        item = _applied(call, part, shape=shape, truth=part.truth, start=part.start)
        if isinstance(part.bind, partial) and part.bind.func is closures.reader:
            earlier = part.bind.keywords["index"]
            bind = partial(
                closures.reader, name=part.bind.keywords["name"], index=(*earlier, entries)
            )
            return Part(shape, False, part.reads, bind, part.start, close.stop)
        return Part(shape, part.truth, part.reads, item.bind, part.start, close.stop)

    def _range(self, extent: int, part: Part) -> int | slice:
        if self._accept(":"):
            return slice(None, self._bound(extent))
        first = self._integer(extent, f"an index of {part}")
        return slice(first, self._bound(extent)) if self._accept(":") else first

    def _bound(self, extent: int) -> int | None:
        ends = self._peek.kind == "mark" and self._peek.text in (",", "]")
        return None if ends else self._integer(extent + 1, f"a bound in 0..{extent}")

    def _integer(self, extent: int, what: str) -> int:
        minus = self._accept("-")
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            self._fail(token, "a whole number was expected here")
        value = -int(token.text) if minus else int(token.text)
        if not -extent <= value < extent:
            self._fail(token, f"{value} is not {what}")
        return value % extent

    def _logical(self, left: Part, right: Part, word: str) -> Part:
        self._need_truth(left, word)
        self._need_truth(right, word)
        if left.shape or right.shape:
            call = np.logical_or if word == "or" else np.logical_and
            return self._binary(call, left, right, truth=True)
        bind = partial(
            closures.lazy_or if word == "or" else closures.lazy_and,
            left=left.bind,
            right=right.bind,
        )
        return Part((), True, left.reads | right.reads, bind, left.start, right.stop)

    def _arithmetic(self, mark: Token, left: Part, right: Part) -> Part:
        self._need_number(left, mark.text)
        self._need_number(right, mark.text)
        return self._binary(ARITHMETIC[mark.text], left, right, truth=False)

    def _binary(
        self, call: Callable[[Any, Any], Any], left: Part, right: Part, *, truth: bool
    ) -> Part:
        try:
            shape = np.broadcast_shapes(left.shape, right.shape)
        except ValueError:
            where = Token("mark", "", left.start, right.stop)
            self._fail(where, f"shapes {left.shape} and {right.shape} do not fit")
        bind = partial(closures.pair, call=call, left=left.bind, right=right.bind)
        return Part(shape, truth, left.reads | right.reads, bind, left.start, right.stop)

    def _need_truth(self, part: Part, word: str) -> None:
        if not part.truth:
            self._fail(part, f"'{word}' joins yes/no values; this is {part}: compare it")

    def _need_number(self, part: Part, mark: str) -> None:
        if part.truth:
            self._fail(part, f"'{mark}' takes numbers; this is {part}")


def _constant(value: float, token: Token) -> Part:
    return Part(
        (), False, frozenset(), partial(closures.constant, value=value), token.start, token.stop
    )


def _applied(
    call: Callable[[Any], Any],
    part: Part,
    *,
    shape: Shape,
    truth: bool,
    start: int,
    stop: int | None = None,
) -> Part:
    bind = partial(closures.applied, call=call, inner=part.bind)
    return Part(shape, truth, part.reads, bind, start, part.stop if stop is None else stop)
