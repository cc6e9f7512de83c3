"""Questions about single numbers: how a number was computed, and why a gradient has its size.

They are about the machine as it is, or about the evaluation of the probe sample while the page
shows that. To follow an answer further, ask about its operands at the answer's moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import engine
from engine import Cause, ChainStep, Explainer, Explanation, why
from engine.formula import index_text, text
from server.session.camera import Camera
from server.session.runner import Runner
from server.views.scores import finite
from server.wire.commands import Chain, CheckAnswer, Explain, Why
from server.wire.errors import Refusal, unknown
from server.wire.formulas import link, number, terms, tree

Answer = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """An element, and the explainer for it.

    Attributes:
        probe: whether it belongs to the evaluation of the probe sample, not to the machine.
    """

    explainer: Explainer
    buffer: str
    index: tuple[int, ...]
    probe: bool


class Questions:
    """Answers questions about the machine of a runner."""

    def __init__(self, runner: Runner, camera: Camera) -> None:
        self._runner, self._camera = runner, camera
        self._version = -1
        self._explainers: dict[bool, Explainer] = {}

    # Where a number comes from ---------------------------------------------------------------

    def explain(self, command: Explain) -> Answer:
        """The formula of the op that computed an element, with the values of its operands."""
        target = self._target(command.buffer, command.index, probe=command.probe)
        at = None if target.probe != command.probe else command.moment
        found = target.explainer.explain(target.buffer, target.index, at=at)
        updates_itself = any(not e.axes and e.link == found.link for e in found.formula.elements())
        return {
            **_head(found, target),
            "role": self._role(target.explainer, found),
            "stale": found.stale,
            "own": updates_itself,
            "gradient": self._has_gradient(target.explainer, found),
            "formula": tree(found.formula),
            "line": text(found.formula),
            "terms": terms(found.formula, command.terms),
        }

    def chain(self, command: Chain) -> Answer:
        """The path along the largest terms from a gradient to the loss."""
        target = self._target(command.buffer, command.index, probe=command.probe)
        at = None if target.probe != command.probe else command.moment
        steps = target.explainer.chain(target.buffer, target.index, at=at)
        return {"links": [_step(step, target) for step in steps], "end": link(steps[-1].upstream)}

    def why(self, command: Why) -> Answer:
        """The reason why a gradient is zero, small, large or not finite."""
        target = self._target(command.buffer, command.index, probe=command.probe)
        cause = why(target.explainer, target.buffer, target.index)
        return {
            "kind": cause.kind,
            "sentence": cause.sentence,
            "probe": target.probe,
            "path": self._path(target.explainer, cause),
            "evidence": [{"name": n, **number(v)} for n, v in cause.evidence.items()],
        }

    def check_answer(self, command: CheckAnswer) -> Answer:
        """Whether a number computed by hand is right, and if not, which mistake explains it."""
        target = self._target(command.buffer, command.index, probe=command.probe)
        task = engine.exercise(target.explainer, target.buffer, target.index)
        found = engine.hint(task, command.answer, command.digits)
        return {"right": found.kind == "right", "kind": found.kind, "hint": found.sentence}

    def _path(self, explainer: Explainer, cause: Cause) -> list[Answer]:
        """The elements of a cause's path, with the values that the backward pass saw."""
        if cause.kind == "non_finite":
            return [self._seen(explainer, target) for target in cause.path]
        first = cause.path[0]
        moment = explainer.explain(first.buffer, first.index).moment
        with explainer.backward(moment.step if moment is not None else 0):
            return [self._seen(explainer, target) for target in cause.path]

    def _seen(self, explainer: Explainer, target: engine.Link) -> Answer:
        element = explainer.element(target)
        symbol = index_text(element.symbol, element.index)
        return {**link(target), "symbol": symbol, **number(element.value)}

    def _role(self, explainer: Explainer, found: Explanation) -> str:
        return explainer.machine.program.buffers[found.link.buffer].role

    def _has_gradient(self, explainer: Explainer, found: Explanation) -> bool:
        """Whether the element is a gradient, or has one, that has been computed."""
        if self._role(explainer, found) == "loss":
            return False
        try:
            gradient = explainer.gradient(found.link.buffer).name
        except engine.DescriptionError:
            return False
        return explainer.explain(gradient, found.link.index).moment is not None

    # Which element ---------------------------------------------------------------------------

    def _target(self, buffer: str, index: tuple[int, ...], *, probe: bool) -> Target:
        """The element, of the machine or of the evaluation of the probe sample.

        Raises:
            Refusal: there is no such element.
        """
        explainer = self._explainer(probe=False)
        if self._camera.is_view(buffer):
            explainer, buffer, index, probe = self._viewed(buffer, index)
        elif probe and buffer not in self._parameters:
            explainer = self._explainer(probe=True)
        else:
            probe = False
        buffers = explainer.machine.program.buffers
        if buffer not in buffers:
            raise Refusal("bad_value", "buffer", buffer, unknown(buffer, buffers, "a buffer"))
        check_index(index, buffers[buffer].shape)
        return Target(explainer, buffer, index, probe)

    def _viewed(
        self, view: str, index: tuple[int, ...]
    ) -> tuple[Explainer, str, tuple[int, ...], bool]:
        """The explainer, buffer and index behind an element of a probe view."""
        if not view.startswith("probe/"):
            expected = "a buffer of the program, or a view under probe/"
            raise Refusal("bad_value", "buffer", view, expected)
        check_index(index, self._camera.row(view, "buffer").shape)
        self._camera.read(view)  # refreshes the view
        machine, buffer, origin = self._camera.probe.origin(view, index)
        if buffer not in machine.program.buffers:
            expected = "a value that training computes: move to the start of the step"
            raise Refusal("bad_value", "buffer", view, expected)
        probe = machine is not self._runner.machine
        return self._explainer(probe=probe), buffer, origin, probe

    def _explainer(self, *, probe: bool) -> Explainer:
        """An explainer of the machine as it is now, or of the evaluation of the probe sample."""
        if self._version != self._runner.version:
            self._version, self._explainers = self._runner.version, {}
        if probe not in self._explainers:
            self._explainers[probe] = self._make_explainer(probe=probe)
        return self._explainers[probe]

    def _make_explainer(self, *, probe: bool) -> Explainer:
        if not probe:
            return Explainer(self._runner.machine, self._runner.timeline)
        evaluator = self._camera.probe.evaluator
        evaluator.run(1)
        return Explainer(evaluator)

    @cached_property
    def _parameters(self) -> frozenset[str]:
        return frozenset(p.tensor.name for p in self._runner.plan.program.parameters)


# Answers in JSON -----------------------------------------------------------------------------


def _head(found: Explanation, target: Target) -> Answer:
    moment = None if found.moment is None else list(found.moment)
    where = {**link(found.link), "probe": target.probe, "symbol": found.symbol}
    return {**where, **number(found.value), "moment": moment}


def _step(step: ChainStep, target: Target) -> Answer:
    formula = step.explanation.formula
    ranked = terms(formula, 1)
    return {
        **_head(step.explanation, target),
        "term": tree(step.term),
        "terms": 1 if ranked is None else ranked["count"],
        "share": finite(step.share),
        "local": number(step.local),
        "upstream": link(step.upstream),
    }


def check_index(index: tuple[int, ...], shape: tuple[int, ...], *, whole: bool = True) -> None:
    """Refuse an index outside a buffer, or (`whole`) one that does not select a single element."""
    if len(index) > len(shape) or (whole and len(index) != len(shape)):
        expected = f"an index into a buffer of shape {list(shape)}"
        raise Refusal("bad_value", "index", list(index), expected)
    for axis, (at, extent) in enumerate(zip(index, shape, strict=False)):
        if at >= extent:
            raise Refusal("bad_value", f"index[{axis}]", at, f"in 0..{extent - 1}")
