"""Where a number comes from: the formula of the op that computed it, with the numbers it saw.

An explanation belongs to the last instruction that wrote an element before a moment (by default
now). Its operands have the values that the instruction saw. If those have been overwritten since,
as θ is by θ ← θ + Δ, the machine goes back to just before the instruction for a short while
(`engine.history.replay`). So the numbers are always exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from engine.errors import DescriptionError
from engine.formula import (
    Element,
    Formula,
    Index,
    Link,
    Number,
    Operand,
    index_text,
    largest,
    number_text,
    single,
    spread,
    text,
)
from engine.graph.graph import Node
from engine.history.moments import Moment
from engine.history.replay import Replay, ReplaySource
from engine.program.aliasing import Aliasing
from engine.program.clamps import clamped_slots
from engine.program.machine import Machine
from engine.program.memory import slot
from engine.tensors.addresses import address, locate
from engine.tensors.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Explanation:
    """How one element got its value.

    Attributes:
        link: the element; if it lies in a flat buffer, named after its parameter.
        symbol: how formulas write it, such as ``dW1[0, 2]``.
        value: its value at the moment in question.
        formula: how it was computed. If no instruction has written it yet, a `Number` whose meaning
            says where the value is from.
        moment: when it was written: by instruction `moment.pc` of step `moment.step`. The operands
            have the values of that moment, so to follow one of them, explain it at this moment.
            None if nothing has written it.
        stale: the formula does not give the value, because the element was edited since (or, in a
            machine without a timeline, one of the operands).
    """

    link: Link
    symbol: str
    value: float
    formula: Formula
    moment: Moment | None
    stale: bool

    def __str__(self) -> str:
        updates = any(not e.axes and e.link == self.link for e in self.formula.elements())
        sign = "←" if updates else "="
        return f"{self.symbol} {sign} {text(self.formula)} = {number_text(self.value)}"


@dataclass(frozen=True, eq=False)
class ChainStep:
    """One node of a path from a gradient to the loss.

    Attributes:
        explanation: how the gradient was computed.
        term: the largest of its terms.
        share: its magnitude as a fraction of the sum of all terms' magnitudes.
        upstream: the gradient among the factors of the term.
        local: d(value)/d(upstream) in this term: the product of its other factors.
    """

    explanation: Explanation
    term: Formula
    share: float
    upstream: Link
    local: float


def explain(
    machine: Machine,
    buffer: str,
    index: tuple[int, ...],
    *,
    at: tuple[int, int] | None = None,
    past: ReplaySource = None,
) -> Explanation:
    """How an element of a buffer got its value; see `Explainer` for many such questions.

    Args:
        at: the value before instruction at[1] of step at[0]; None for the present one.
        past: the source of earlier states, see `engine.history.replay.ReplaySource`.

    Raises:
        DescriptionError: no such buffer, element or moment.
        UnrecordedError: the operands have been overwritten and are not recorded.
    """
    return Explainer(machine, past).explain(buffer, index, at=at)


def chain(
    machine: Machine, buffer: str, index: tuple[int, ...], *, past: ReplaySource = None
) -> tuple[ChainStep, ...]:
    """The chain rule as a path, see `Explainer.chain`."""
    return Explainer(machine, past).chain(buffer, index)


class Explainer:
    """Explains the numbers of one machine.

    Args:
        machine: it is left unchanged.
        past: the source of earlier states, see `engine.history.replay.ReplaySource`.
    """

    def __init__(self, machine: Machine, past: ReplaySource = None) -> None:
        self.machine = machine
        self.replay = Replay(machine, past)
        self.nodes = machine.program.graph.nodes
        self.aliasing = Aliasing(machine)
        self._tensors = {tensor.name: tensor for tensor in machine.program.graph.tensors}
        self._carriers = _carriers(machine)

    # One element -----------------------------------------------------------------------------

    def explain(
        self, buffer: str, index: tuple[int, ...], *, at: tuple[int, int] | None = None
    ) -> Explanation:
        """How an element got the value it has now, or had before instruction at[1] of step at[0].

        Raises:
            DescriptionError: no such buffer, element or moment.
            UnrecordedError: the operands have been overwritten and are not recorded.
        """
        tensor, index = self._element(buffer, index)
        moment = self._moment(at)
        written = self.last_written(tensor, index, moment)
        if written is None:
            return self._unwritten(tensor, index, moment)
        with self.seeing(written) as machine:
            formula = self._clamped(machine, tensor, index) or self.formula(tensor, index, written)
        value = self._value(tensor, index, written, moment)
        return Explanation(
            link=Link(tensor.name, index),
            symbol=index_text(tensor.symbol, index),
            value=value,
            formula=formula,
            moment=written,
            stale=not _agree(formula, value, self.aliasing.array(tensor).dtype),
        )

    def formula(self, tensor: Tensor, index: Index, written: Moment) -> Formula:
        """The formula of elements, from the present values of the buffers (see `seeing`).

        If the tensor is the output of the instruction itself, the index may have running axes.
        """
        node = self.nodes[written.pc]
        if node.output is not tensor:
            output_index = self.aliasing.written_index(written.pc, tensor, single(index))
            assert output_index is not None
            index = output_index
        return node.op.explain(
            index, self.operand(node.output), *(self.operand(t) for t in node.inputs)
        )

    def operand(self, tensor: Tensor) -> Operand:
        """A buffer with its present values, for formulas."""
        parts = tuple(
            Operand(part, self.aliasing.array(part)) for part in self.aliasing.parts(tensor)
        )
        node = self.machine.program.graph.producers.get(tensor)
        source = (
            partial(self._source, node) if node is not None and node.op.selects_elements else None
        )
        return Operand(tensor, self.aliasing.array(tensor), parts, source)

    def _source(self, node: Node, index: tuple[int, ...]) -> Element | None:
        """The element of its input that an op selected for this index, if it did."""
        out, first = node.output, node.inputs[0]
        found = node.op.explain(
            index,
            Operand(out, self.aliasing.array(out)),
            Operand(first, self.aliasing.array(first)),
        )
        return found if isinstance(found, Element) else None

    def element(self, link: Link) -> Element:
        """An element with its present value."""
        return self.operand(self._tensor(link.buffer))[link.index]

    # When ------------------------------------------------------------------------------------

    def last_written(self, tensor: Tensor, index: tuple[int, ...], before: Moment) -> Moment | None:
        """The last instruction before a moment that wrote an element; None if there is none."""
        writers = self._written_by(tensor, index)
        done = [i for i in writers if i < before.pc]
        if done:
            return Moment(before.step, done[-1])
        if writers and before.step > 0:
            return Moment(before.step - 1, writers[-1])
        return None

    def _written_by(self, tensor: Tensor, index: tuple[int, ...]) -> list[int]:
        """The instructions that write an element."""
        return [
            i
            for i in self.aliasing.writers(tensor)
            if self.aliasing.written_index(i, tensor, index) is not None
        ]

    @contextmanager
    def seeing(self, written: Moment) -> Iterator[Machine]:
        """Inside the `with` block, the buffers have the values that this instruction read."""
        now = self.replay.now
        if self._intact(written, now):
            yield self.machine
            return
        frame = Moment(written.step, self.machine.program.phase_start("update"))
        if not (written < frame <= now and self._intact(written, frame)):
            frame = written
        with self.replay.at(frame) as machine:
            yield machine

    def _intact(self, written: Moment, until: Moment) -> bool:
        """Whether nothing that an instruction read was overwritten up to a later moment."""
        if self.replay.changed(written, until):
            return False
        overwriters = self.aliasing.overwriters(written.pc)
        if until.step == written.step:
            return not any(written.pc <= i < until.pc for i in overwriters)
        if until.step == written.step + 1:
            return not any(i >= written.pc or i < until.pc for i in overwriters)
        return False

    def _value(
        self, tensor: Tensor, index: tuple[int, ...], written: Moment, moment: Moment
    ) -> float:
        """The value of an element at a moment, or now if nothing has changed it since."""
        now = self.replay.now
        overwritten = self.last_written(tensor, index, now) != written
        when = moment if overwritten or self.replay.changed(moment, now) else now
        with self.replay.at(when) as machine:
            return float(machine.view(tensor.name)[index])

    # The chain rule --------------------------------------------------------------------------

    def chain(
        self, buffer: str, index: tuple[int, ...], *, at: tuple[int, int] | None = None
    ) -> tuple[ChainStep, ...]:
        """The path along the largest terms from a gradient to the seed dL/dL = 1 of the loss.

        Args:
            buffer: a gradient, or a buffer that has one, such as a weight.

        Raises:
            DescriptionError: as `explain`, or there is no gradient.
        """
        gradient = self.gradient(buffer)
        tensor, index = self._element(gradient.name, index)
        written = self.last_written(tensor, index, self._moment(at))
        if written is None:
            raise DescriptionError(buffer, "a gradient", "computed yet")
        with self.backward(written.step):
            return tuple(self._walk(Link(tensor.name, index)))

    @contextmanager
    def backward(self, step: int) -> Iterator[None]:
        """Inside the block, the machine is at the end of a step's backward pass, or before."""
        now = self.replay.now
        end = Moment(step, self.machine.program.phase_start("update"))
        with self.replay.at(end if end < now and self.replay.counts_steps else now):
            yield

    @contextmanager
    def around(self, written: Moment) -> Iterator[None]:
        """Inside the block, all numbers of an instruction's step are as they were when it ran.

        That includes numbers that it did not read itself, such as the weights behind a gradient.
        """
        if written.pc < self.machine.program.phase_start("update"):
            with self.backward(written.step):
                yield
        else:
            with self.replay.at(written):
                yield

    def gradient(self, buffer: str) -> Tensor:
        """The gradient of a buffer, or the buffer itself where it is one.

        Raises:
            DescriptionError: there is none.
        """
        tensor = self._tensor(buffer)
        if tensor in self._carriers:
            return tensor
        name = self.machine.program.buffers[buffer].grad
        if name is None:
            raise DescriptionError("buffer", buffer, "a gradient or a buffer that has one")
        return self._tensor(name)

    def upstream(self, formula: Formula) -> Element | None:
        """The gradient among the operands of a gradient's term; None next to the loss."""
        return next(filter(self.carries, formula.elements()), None)

    def carries(self, element: Element) -> bool:
        """Whether an element is a gradient of the loss, unlike a local derivative."""
        return element.operand.tensor in self._carriers

    def _walk(self, link: Link | None) -> Iterator[ChainStep]:
        while link is not None:
            explanation = self.explain(link.buffer, link.index)
            ranking = largest(spread(explanation.formula, self.carries), 1)
            (term,) = ranking.terms
            element = self.upstream(term)
            value = element.value if element is not None else 1.0
            yield ChainStep(
                explanation=explanation,
                term=term,
                share=abs(term.value) / ranking.total if ranking.total else 1.0,
                upstream=element.link if element is not None else SEED,
                local=term.value / value if value else _without(term, element),
            )
            link = element.link if element is not None else None

    # Names -----------------------------------------------------------------------------------

    def _tensor(self, buffer: str) -> Tensor:
        if buffer not in self._tensors:
            raise DescriptionError("buffer", buffer, "the name of a buffer of this program")
        return self._tensors[buffer]

    def _element(self, buffer: str, index: tuple[int, ...]) -> tuple[Tensor, tuple[int, ...]]:
        """An element of a buffer, named after the part that it lies in."""
        tensor, index = self._tensor(buffer), tuple(index)
        inside = len(index) == len(tensor.shape) and all(
            0 <= i < extent for i, extent in zip(index, tensor.shape, strict=True)
        )
        if not inside:
            raise DescriptionError(buffer, index, f"an index within {tensor.shape}")
        where = address(self.aliasing.array(tensor), index)
        for part in self.aliasing.parts(tensor):
            part_index = locate(self.aliasing.array(part), where)
            if part_index is not None:
                return part, part_index
        return tensor, index

    def _moment(self, at: tuple[int, int] | None) -> Moment:
        now = self.replay.now
        if at is None:
            return now
        moment = Moment(*at)
        if not ((0, 0) <= moment <= now and 0 <= moment.pc < len(self.nodes)):
            raise DescriptionError("moment", at, f"from (0, 0) to {tuple(now)}")
        return moment

    def _clamped(self, machine: Machine, tensor: Tensor, index: tuple[int, ...]) -> Number | None:
        """The formula of an element, if it is clamped."""
        where = address(self.aliasing.array(tensor), index)
        for name, part, value in clamped_slots(machine.program, machine.clamps):
            clamped = slot(name, self.aliasing.array(self._tensors[name]), part)
            if locate(clamped, where) is not None:
                return Number(value, meaning="clamped at this value")
        return None

    def _unwritten(self, tensor: Tensor, index: tuple[int, ...], moment: Moment) -> Explanation:
        with self.replay.at(moment) as machine:
            value = float(machine.view(tensor.name)[index])
        symbol = index_text(tensor.symbol, index)
        formula = Number(value, symbol, self._origin(tensor, index))
        return Explanation(Link(tensor.name, index), symbol, value, formula, None, stale=False)

    def _origin(self, tensor: Tensor, index: tuple[int, ...]) -> str:
        """The source of a value that no instruction has written."""
        program = self.machine.program
        for parameter in program.parameters:
            if parameter.tensor is tensor:
                return f"initial value, drawn by {parameter.initializer.kind}"
        if tensor.name in program.data:
            return f"sample {index[0]} of the training set"
        if tensor.role == "gradient" and tensor.value is not None:
            return "the derivative of the loss with respect to itself"
        if tensor.role == "gradient" and not self._written_by(tensor, index):
            return "no gradient reaches it"
        if tensor.role in ("hyperparameter", "constant", "counter", "input", "target"):
            return "given"
        return "initial value" if tensor.role == "optimizer_state" else "not computed yet"


SEED = Link("loss/L.grad", ())
"""dL/dL = 1, where every path of the chain rule ends."""


def _carriers(machine: Machine) -> frozenset[Tensor]:
    """The tensors that are gradients of the loss, in contrast to local derivatives.

    They are the gradients of tensors, the parts that add up to one, the intermediate results
    between two of them, and the tensors that lie in one of these.
    """
    graph = machine.program.graph
    backward = [node for node in graph.nodes if node.phase == "backward"]
    found = {gradient.storage for gradient in graph.gradients.values()}
    for node in reversed(backward):
        if node.output.storage in found and node.op.name == "add":
            found.update(tensor.storage for tensor in node.inputs)
    for node in backward:
        if any(tensor.storage in found for tensor in node.inputs):
            found.add(node.output.storage)
    return frozenset(tensor for tensor in graph.tensors if tensor.storage in found)


def _without(term: Formula, element: Element | None) -> float:
    """The product of the other factors of a term."""
    local = 1.0
    for factor in term.children() if not isinstance(term, Element) else ():
        if not any(e is element for e in factor.elements()):
            local *= factor.value
    return local


def _agree(formula: Formula, value: float, dtype: np.dtype[Any]) -> bool:
    """Whether a formula gives a value, up to rounding.

    Kernels may overflow, or reach ∞ − ∞, a little earlier or later than the formula does.
    """
    kind = np.finfo(dtype if dtype.kind == "f" else np.float64)
    expected = formula.value
    with np.errstate(all="ignore"):
        scale = float(formula.scale(()))
    if isfinite(expected) and isfinite(value):
        return abs(expected - value) <= 1e4 * float(kind.eps) * scale
    return not scale < 1e-8 * float(kind.max)
