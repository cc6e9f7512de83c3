"""Why a gradient is exactly zero: its first factor that is zero for all samples of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from engine.explain.explainer import Explainer
from engine.explain.factors import Origin, Term, at_largest, origins, terms
from engine.explain.why.cause import Cause, CauseKind
from engine.formula import (
    FUNCTIONS,
    Along,
    Axis,
    AxisPositions,
    Cases,
    Element,
    Formula,
    Function,
    Link,
    Number,
    Power,
    Quotient,
    Selection,
    index_text,
    number_text,
    translated,
)
from engine.graph.graph import Node
from engine.ops.base import GradientStop
from engine.program.clamps import clamped_slots
from engine.program.memory import slot


class Finding(NamedTuple):
    """A cause, the reason in words, and the numbers that show it."""

    kind: CauseKind
    reason: str
    evidence: Mapping[str, float]


class ZeroInquiry:
    """Follows a zero from factor to factor, to the first that is not zero because of another."""

    def __init__(self, explainer: Explainer) -> None:
        self.explainer = explainer
        machine = explainer.machine
        tensors = {tensor.name: tensor for tensor in machine.program.graph.tensors}
        self._clamped = [
            slot(name, explainer.aliasing.array(tensors[name]), where)
            for name, where, _ in clamped_slots(machine.program, machine.clamps)
        ]
        self._path: list[Link] = []

    def cause(self, element: Element) -> Cause:
        """Why this one element is zero."""
        found = self._of_element(element, {})
        symbol = index_text(element.symbol, element.index)
        sentence = f"{symbol} is 0 because {found.reason}."
        return Cause(found.kind, sentence, tuple(self._path), found.evidence)

    def _of_element(self, element: Element, positions: AxisPositions) -> Finding:
        one = element.at(positions)
        assert isinstance(one, Element)
        self._path.append(one.link)
        if self._is_clamped(element):
            reason = (
                f"{index_text(element.symbol, element.index)} is clamped, so no gradient passes"
            )
            return Finding("clamped", reason, {})
        if element.role == "input":
            return _given(element)
        sources = origins(self.explainer, element)
        if len(sources) > 1:
            return self._of_many(element, sources, positions)
        return self._of_origin(sources[0], positions) if sources else _given(element)

    def _of_many(
        self, element: Element, sources: list[Origin], positions: AxisPositions
    ) -> Finding:
        """Why elements with several origins (such as time steps) are zero, if for one reason."""
        path, answers = self._path, []
        for origin in sources:
            self._path = [*path[:-1]]
            finding = self._of_element(origin.element, {**positions, **origin.at})
            answers.append((finding, self._path))
        kinds = dict.fromkeys(finding.kind for finding, _ in answers)
        finding, self._path = answers[0]
        if len(kinds) == 1:
            return finding
        reason = f"{_name(element)} is 0 at every step, for different reasons: {', '.join(kinds)}"
        return Finding("zero_factor", reason, {})

    def _of_origin(self, origin: Origin, positions: AxisPositions) -> Finding:
        gradient_stop = origin.node.op.gradient_stop
        if gradient_stop is not None and bool(gradient_stop.stops(origin.element.values).all()):
            return self._blocked(origin, gradient_stop)
        formula = origin.formula(self.explainer)
        if formula is None:
            return _given(origin.element)
        return self._of_formula(formula, origin.element.axes, positions, origin.node)

    def _of_formula(
        self, formula: Formula, axes: tuple[Axis, ...], positions: AxisPositions, node: Node
    ) -> Finding:
        """Why a formula of an op is 0 along axes."""
        formula = _taken(formula, axes)
        if isinstance(formula, Element):
            return self._of_element(formula, positions)
        if isinstance(formula, Number):
            kind: CauseKind = node.op.zero_reason or "zero_factor"
            return Finding(kind, formula.meaning or "its formula gives 0", {})
        inner = _inner(formula)
        if inner is not None:
            return self._of_formula(inner, axes, positions, node)
        if any(element.role == "target" for element in formula.elements()):
            return Finding("no_error", "the prediction equals the target exactly", {})
        parts = terms(self.explainer, formula, axes)
        if not all(_vanishes(part.formula, part.axes) for part in parts):
            return Finding("cancelling", "its terms cancel each other exactly", {})
        term = next((part for part in parts if part.upstream is not None), parts[0])
        return self._of_term(term, at_largest(term, positions), node)

    def _of_term(self, term: Term, positions: AxisPositions, node: Node) -> Finding:
        factors = [*term.local, *([term.upstream] if term.upstream is not None else [])]
        for factor in factors:
            deeper = isinstance(factor, Element) or factor is not term.formula
            if deeper and _vanishes(factor, term.axes):
                return self._of_formula(factor, term.axes, positions, node)
        if len(factors) < 2:
            return Finding("zero_factor", "a factor of its formula is 0", {})
        shares = {_name(factor): _zero_share(factor, term.axes) for factor in factors}
        listed = ", ".join(f"{name} in {number_text(100 * s)} %" for name, s in shares.items())
        return Finding("zero_factor", f"one of its factors is 0 in every term ({listed})", shares)

    def _is_clamped(self, element: Element) -> bool:
        index, array = element.index, element.operand.array
        return any(translated(index, array, part) is not None for part in self._clamped)

    def _blocked(self, origin: Origin, gradient_stop: GradientStop) -> Finding:
        """The elements are zero because their op lets no gradient pass."""
        element, tensor = origin.element, origin.element.operand.tensor
        argument = origin.node.inputs[0]
        alike = argument.shape == origin.node.output.shape
        seen = self.explainer.operand(argument)[origin.index] if alike else None
        unit = element.index[-1]
        which = "every unit" if isinstance(unit, Along) else f"unit {unit}"
        reason = f"{which} of {tensor.layer or 'the network'} is {gradient_stop.kind}"
        evidence = {"samples": float(_samples(element))}
        if seen is not None:
            low, high = float(seen.values.min()), float(seen.values.max())
            reason += (
                f" for all {_samples(element)} samples of the batch: "
                f"{index_text(seen.symbol, seen.index)} lies between "
                f"{number_text(low)} and {number_text(high)}"
            )
            evidence |= {"lowest": low, "highest": high}
        return Finding(gradient_stop.kind, reason, evidence)


def _taken(formula: Formula, axes: tuple[Axis, ...]) -> Formula:
    """The branch of cases that applies, if it is the same one all along the axes."""
    while isinstance(formula, Cases):
        branches = np.unique(formula.taken_over(axes))
        if len(branches) > 1:
            break
        formula = formula.children()[int(branches[0])]
    return formula


def _inner(formula: Formula) -> Formula | None:
    """The part of a formula that must be zero where the formula is, if it is a single one."""
    match formula:
        case Function() if FUNCTIONS[formula.name](np.zeros(1))[0] == 0.0:
            return formula.argument
        case Power():
            return formula.base
        case Selection():
            return formula.found
        case Quotient():
            return formula.numerator
        case Cases():
            return formula.otherwise
    return None


def _given(element: Element) -> Finding:
    """Why a value is zero that no op of the step has computed."""
    name = _name(element)
    if element.role == "parameter":
        letters = ", ".join(axis.letter for axis in element.axes)
        reason = f"the weights {name} are 0 for all {letters}" if letters else f"{name} is 0"
        return Finding("zero_weights", reason, {"weights": float(element.values.size)})
    if element.role == "input":
        reason = f"the input {name} is 0 for all {_samples(element)} samples of the batch"
        return Finding("zero_input", reason, {"samples": float(_samples(element))})
    if element.role == "gradient":
        return Finding("unused", f"the loss does not depend on {name[1:]}", {})
    return Finding("zero_factor", f"{name} is 0", {})


def _values(formula: Formula, axes: tuple[Axis, ...]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.broadcast_to(formula.over(axes), tuple(axis.extent for axis in axes))


def _vanishes(formula: Formula, axes: tuple[Axis, ...]) -> bool:
    return not _values(formula, axes).any()


def _zero_share(formula: Formula, axes: tuple[Axis, ...]) -> float:
    return float((_values(formula, axes) == 0.0).mean())


def _samples(element: Element) -> int:
    return next((axis.extent for axis in element.axes if axis.name == "batch"), 1)


def _name(formula: Formula) -> str:
    if isinstance(formula, Element):
        return index_text(formula.symbol, formula.index)
    return " ".join(dict.fromkeys(e.symbol for e in formula.elements()))
