"""Questions that take long: gradient checks, the sharpness of the loss, loss landscapes.

They are answered in pieces, between which other sessions of the process have their turns. The first
piece copies from the machine what the others need, so that this session can train on meanwhile. The
answer is about the moment at which the question was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import engine
from engine import GradientCheck, Moment, Pieces, Timeline
from engine.formula import index_text
from server.session.questions import Answer, check_index
from server.session.runner import Runner
from server.views.scores import row_seconds
from server.wire.commands import CheckGradient, Landscape, Sharpness
from server.wire.errors import Refusal, unknown
from server.wire.formulas import number

Result = TypeVar("Result")

CALL_SECONDS = 2e-6
"""Rough seconds that one instruction takes on a small batch."""
LANDSCAPE_SECONDS = 2.0
"""Most seconds that a loss landscape may take; for a large network it has fewer points."""
LINE_POINTS, PLANE_POINTS, MIN_POINTS = 41, 25, 9
MIN_STEPS = {"update": 1, "path": 2, "random": 0}
"""Fewest finished steps for each kind of landscape; a path in a plane needs three points."""
SPAN = 1.25
"""Factor by which a plane extends beyond the path on it, or beyond its directions."""
PATH_POINTS = 24
"""Most points on the path of the parameters."""
PATH_NUMBERS = 4_000_000
"""Most numbers on a path, over all parameters and points; all are in memory at the same time."""


class Surveys:
    """Answers long questions about the machine of a runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    # Whether gradients are right -------------------------------------------------------------

    def check_gradient(self, command: CheckGradient) -> Pieces[Answer]:
        """Compare backpropagation with central differences, for an element, a layer or a sample.

        It checks the gradient that the machine holds: between two steps, that of the last step.
        """
        coordinates = self._coordinates(command)
        machine, moment = self._runner.machine, self._gradient_moment()
        held = None if moment == self._runner.timeline.now else machine.read("parameters.grad")
        pieces = engine.gradient_check_in_pieces(machine, coordinates, held=held)
        checks = yield from self._start_at(moment, pieces)
        return {
            "moment": list(moment),
            "results": [_check(check, machine) for check in checks],
        }

    def _coordinates(self, command: CheckGradient) -> list[engine.Coordinate]:
        program = self._runner.plan.program
        if command.buffer is None:
            layers = [layer.name for layer in program.layers]
            if command.layer is not None and command.layer not in layers:
                expected = unknown(command.layer, layers, "a layer")
                raise Refusal("bad_value", "layer", command.layer, expected)
            return engine.sample_coordinates(program, layer=command.layer)
        known = [parameter.tensor.name for parameter in program.parameters]
        if command.buffer not in known:
            expected = unknown(command.buffer, known, "a parameter")
            raise Refusal("bad_value", "buffer", command.buffer, expected)
        index = command.index or ()
        check_index(index, program.buffers[command.buffer].shape)
        return [(command.buffer, index)]

    def _gradient_moment(self) -> Moment:
        """The moment at which the machine's gradients were complete; inside a step, at most now."""
        now = self._runner.timeline.now
        end = self._runner.plan.program.phase_start("update")
        if now.pc == 0 and now.step > 0:
            return Moment(now.step - 1, end)
        return min(now, Moment(now.step, end))

    def _start_at(self, moment: Moment, pieces: Pieces[Result]) -> Pieces[Result]:
        """The same pieces; the first one runs with the machine at this moment."""
        with self._visit(moment):
            next(pieces)
        yield
        return (yield from pieces)

    @contextmanager
    def _visit(
        self, moment: Moment, history: Timeline | None = None, branch: int | None = None
    ) -> Iterator[None]:
        """Bring the machine to a moment for the duration of a `with` block.

        Args:
            history: the timeline at the time of the question; None for the present one.

        Raises:
            Refusal: training was restarted since.
        """
        timeline = self._runner.timeline
        if history is not None and history is not timeline:
            raise Refusal("bad_value", "kind", "path", "possible any more: training was restarted")
        if moment == timeline.now and branch in {None, timeline.branch.number}:
            yield
        else:
            with timeline.visit(moment, branch):
                yield

    # The loss around the present parameters --------------------------------------------------

    def sharpness(self, command: Sharpness) -> Pieces[Answer]:
        """The largest curvature of the loss, and the learning rate above which it diverges."""
        machine = self._runner.machine
        moment, samples = self._runner.timeline.now, self._samples(2 * 3 * 40)
        found = yield from engine.sharpness_in_pieces(machine, samples)
        limit = 2.0 / found.value if found.value > 0 else float("inf")
        return {
            "moment": list(moment),
            "samples": samples,
            "sharpness": number(found.value),
            "error": number(found.error),
            "limit": number(limit),
            "learning_rate": float(str(machine.view("learning_rate"))),
        }

    def landscape(self, command: Landscape) -> Pieces[Answer]:
        """The loss along the last update, or on a plane through the present parameters."""
        kinds: dict[str, Callable[[Moment], Pieces[Answer]]] = {
            "update": self._line,
            "path": self._path_plane,
            "random": self._random_plane,
        }
        moment = Moment(self._runner.timeline.now.step, 0)
        if moment.step < MIN_STEPS[command.kind]:
            expected = f"possible before step {MIN_STEPS[command.kind]}: train a little first"
            raise Refusal("bad_value", "kind", command.kind, expected)
        answer = yield from kinds[command.kind](moment)
        return {"kind": command.kind, "moment": list(moment), **answer}

    def _line(self, moment: Moment) -> Pieces[Answer]:
        samples = self._samples(LINE_POINTS)
        pieces = engine.loss_along_in_pieces(
            self._runner.machine, samples=samples, points=LINE_POINTS
        )
        found = yield from self._start_at(moment, pieces)
        return {
            "samples": samples,
            "positions": found.positions.tolist(),
            "losses": _losses(found.losses),
        }

    def _random_plane(self, moment: Moment) -> Pieces[Answer]:
        with self._visit(moment):
            machine = self._runner.machine
            first, second = (engine.random_direction(machine, seed) for seed in (0, 1))
        return (yield from self._start_at(moment, self._plane(first, second, [], [])))

    def _path_plane(self, moment: Moment) -> Pieces[Answer]:
        """The plane in which the path of the parameters since the start extends most."""
        timeline = self._runner.timeline
        branch, path = timeline.branch.number, []
        steps = self._path_steps(moment.step)
        for step in steps:
            with self._visit(Moment(step, 0), timeline, branch):
                path.append(timeline.machine.read("parameters").astype(np.float64))
            yield
        first, second = engine.path_directions(path)
        with self._visit(moment, timeline, branch):
            pieces = self._plane(first, second, path, steps)
            next(pieces)
        return (yield from pieces)

    def _path_steps(self, last: int) -> list[int]:
        """Evenly spaced steps of the path, with keyframes where possible, to visit them cheaply."""
        size = self._runner.plan.program.buffers["parameters"].shape[0]
        count = min(last + 1, max(3, min(PATH_POINTS, PATH_NUMBERS // size)))
        timeline = self._runner.timeline
        kept = [
            step
            for branch, end in timeline.branch.lineage()
            for step in timeline.keyframes.steps(branch)
            if step <= min(end.step, last)
        ]
        known = np.array(kept, dtype=int)
        gap = last / (count - 1)
        steps = {0, last}
        for wanted in np.linspace(0, last, count):
            near = known[np.abs(known - wanted) < gap / 2]
            steps.add(int(near[0]) if len(near) else round(wanted))
        return sorted(steps)

    def _plane(
        self,
        first: NDArray[np.float64],
        second: NDArray[np.float64],
        path: Sequence[NDArray[np.float64]],
        steps: Sequence[int],
    ) -> Pieces[Answer]:
        samples = self._samples(MIN_POINTS**2)
        cost = self._loss_seconds(samples)
        points = int(min(PLANE_POINTS, max(MIN_POINTS, sqrt(LANDSCAPE_SECONDS / cost)))) | 1
        pieces = engine.loss_plane_in_pieces(
            self._runner.machine,
            first,
            second,
            samples,
            spans=((-SPAN, SPAN), (-SPAN, SPAN)),
            points=points,
        )
        found = yield from pieces
        positions = found.project(path).tolist() if len(path) else []
        return {
            "samples": samples,
            "xs": found.xs.tolist(),
            "ys": found.ys.tolist(),
            "losses": [_losses(row) for row in found.losses],
            "path": [[step, x, y] for step, (x, y) in zip(steps, positions, strict=True)],
        }

    def _samples(self, evaluations: int) -> engine.Samples:
        """The whole training set, unless so many evaluations of it take too long; else a batch."""
        affordable = evaluations * self._loss_seconds("train") <= LANDSCAPE_SECONDS
        return "train" if affordable else "batch"

    def _loss_seconds(self, samples: engine.Samples) -> float:
        """Seconds of one evaluation of the loss, by the model of costs."""
        plan = self._runner.plan
        batches = len(plan.data.train) // plan.program.batch_size if samples == "train" else 1
        calls = plan.program.phase_start("backward")
        rows = plan.program.batch_size * row_seconds(plan)
        return batches * (calls * CALL_SECONDS + 2 * rows)


def _check(check: GradientCheck, machine: engine.Machine) -> Answer:
    symbol = machine.program.buffers[check.buffer].symbol
    return {
        "buffer": check.buffer,
        "index": list(check.index),
        "symbol": index_text(symbol, check.index),
        "backprop": number(check.backprop),
        "numeric": number(check.numeric),
        "error": number(check.error),
        "step": check.step,
        "kink": check.kink,
        "verdict": check.verdict,
        "truncated": None if check.truncated is None else number(check.truncated),
        "edited": check.edited,
    }


def _losses(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
