"""Questions that take long: gradient checks, the sharpness of the loss, maps of it.

They are answered in pieces, so that the other sessions of the process have their turns meanwhile.
The first piece takes from the machine what the others need, so that this one may go on, too; the
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
"""Rough seconds of one instruction when the loss of a small batch is evaluated."""
LANDSCAPE_SECONDS = 2.0
"""What a map of the loss may take; of a large network it has fewer points."""
LINE_POINTS, PLANE_POINTS, MIN_POINTS = 41, 25, 9
MIN_STEPS = {"update": 1, "path": 2, "random": 0}
"""Steps without which there is no such map: a path in a plane has three points."""
SPAN = 1.25
"""A plane reaches this much further than the path on it, or than its directions."""
PATH_POINTS = 24
"""The most points on the path of the parameters."""
PATH_NUMBERS = 4_000_000
"""The most numbers on a path, of all parameters at all points. They are kept while its plane is
chosen."""


class Surveys:
    """Long answers about the machine of a runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    # Whether gradients are right -------------------------------------------------------------

    def check_gradient(self, command: CheckGradient) -> Pieces[Answer]:
        """Backpropagation against central differences: an element, a layer, or a sample of all.

        The gradient checked is the one that the machine holds: between two steps, the last step's.
        """
        coordinates = self._coordinates(command)
        machine, moment = self._runner.machine, self._gradients_made()
        pieces = engine.gradient_check_in_pieces(machine, coordinates)
        checks = yield from self._begun_at(moment, pieces)
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

    def _gradients_made(self) -> Moment:
        """Where the gradients that the machine holds were complete, or now, inside a step."""
        now = self._runner.timeline.now
        end = self._runner.plan.program.phase_start("update")
        if now.pc == 0 and now.step > 0:
            return Moment(now.step - 1, end)
        return min(now, Moment(now.step, end))

    def _begun_at(self, moment: Moment, pieces: Pieces[Result]) -> Pieces[Result]:
        """The pieces, of which the first takes what it needs from the machine at this moment."""
        with self._visit(moment):
            next(pieces)
        yield
        return (yield from pieces)

    @contextmanager
    def _visit(
        self, moment: Moment, history: Timeline | None = None, branch: int | None = None
    ) -> Iterator[None]:
        """Be at a moment for a while, of a history that a question began with.

        Raises:
            Refusal: training was started anew since.
        """
        timeline = self._runner.timeline
        if history is not None and history is not timeline:
            raise Refusal("bad_value", "kind", "path", "answered: training was started anew")
        if moment == timeline.now and branch in {None, timeline.branch.number}:
            yield
        else:
            with timeline.visit(moment, branch):
                yield

    # The loss around here --------------------------------------------------------------------

    def sharpness(self, command: Sharpness) -> Pieces[Answer]:
        """The largest curvature of the loss, and the learning rate beyond which it is unstable."""
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
        found = yield from self._begun_at(moment, pieces)
        return {
            "samples": samples,
            "positions": found.positions.tolist(),
            "losses": _losses(found.losses),
        }

    def _random_plane(self, moment: Moment) -> Pieces[Answer]:
        with self._visit(moment):
            machine = self._runner.machine
            first, second = (engine.random_direction(machine, seed) for seed in (0, 1))
        return (yield from self._begun_at(moment, self._plane(first, second, [], [])))

    def _path_plane(self, moment: Moment) -> Pieces[Answer]:
        """The plane in which the way from the start to here extends most."""
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
        """Steps to show of the way here, evenly; those with keyframes are cheap to visit."""
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
        places = found.project(path).tolist() if len(path) else []
        return {
            "samples": samples,
            "xs": found.xs.tolist(),
            "ys": found.ys.tolist(),
            "losses": [_losses(row) for row in found.losses],
            "path": [[step, x, y] for step, (x, y) in zip(steps, places, strict=True)],
        }

    def _samples(self, evaluations: int) -> engine.Samples:
        """The whole training set, if so many evaluations of it take a bearable time."""
        bearable = evaluations * self._loss_seconds("train") <= LANDSCAPE_SECONDS
        return "train" if bearable else "batch"

    def _loss_seconds(self, samples: engine.Samples) -> float:
        """Of one evaluation of the loss, by a model of costs."""
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
    }


def _losses(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
