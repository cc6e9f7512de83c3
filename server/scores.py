"""How good the network is now, on a whole split: loss, accuracy and outputs, piece by piece.

An evaluation shares the live parameters with the machine that trains. A large split is judged in
chunks of a few milliseconds, so that nobody waits for it; training must stand still meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

import engine
from engine import Machine, Split
from server.description import Plan

CALL_SECONDS = 5e-7
"""Of one instruction on little data, roughly. With the two below: a model of costs that gives the
same answer on every machine, so that the steps at which the loss is evaluated do not vary."""
FLOP_SECONDS = 4e-11
VALUE_SECONDS = 4e-9
"""Of an activation function, for each value."""
CHUNK_SECONDS = 4e-3
LEAST_CHUNK = 32

Point = list[float | None]
"""[step, train loss, test loss, train accuracy, test accuracy]; None for what is not finite or,
for the accuracies of a regression, does not exist."""


@dataclass(frozen=True)
class Score:
    """Of a split: the mean loss without penalties, and the share of right answers.

    A regression has no accuracy (None).
    """

    loss: float
    accuracy: float | None


class Judge:
    """Scores one split.

    Attributes:
        outputs: (samples, outputs) of the network, as of the last whole evaluation.
        score: of the last whole evaluation.
    """

    def __init__(self, machine: Machine, plan: Plan, split: Split) -> None:
        self._machine = machine
        self._inputs = split.inputs
        self._targets = engine.encode_targets(plan.network, plan.data, split)
        self._labels = split.labels
        self._rows = min(chunk_rows(plan), len(split))
        self._evaluators: dict[int, Machine] = {}
        self._output = machine.program.layers[-1].output
        self.outputs: NDArray[np.float64] = np.zeros(self._targets.shape)
        self.score = Score(float("nan"), None)

    def evaluate(self) -> Iterator[None]:
        """Judge the whole split; between two chunks, yield. `score` is set at the end."""
        total = 0.0
        for start in range(0, len(self._inputs), self._rows):
            if start:
                yield
            rows = slice(start, start + self._rows)
            evaluator = self._evaluator(rows)
            evaluator.run(1)
            self.outputs[rows] = evaluator.view(self._output)
            total += float(evaluator.view("loss/L")) * len(self.outputs[rows])
        loss = total / len(self._inputs)
        self.score = Score(loss, self._accuracy())

    def answers(self) -> NDArray[np.int64]:
        """(samples,) the class that each output of the last evaluation stands for."""
        if self._targets.shape[1] == 1:
            return (self.outputs[:, 0] > 0.5).astype(np.int64)
        answers: NDArray[np.int64] = np.argmax(self.outputs, axis=1).astype(np.int64)
        return answers

    def _evaluator(self, rows: slice) -> Machine:
        """An evaluator with these samples in it. One that fits the whole split keeps them."""
        inputs, targets = self._inputs[rows], self._targets[rows]
        count = len(inputs)
        known = self._evaluators.get(count)
        if known is None:
            known = self._evaluators[count] = self._machine.evaluator(inputs, targets)
        elif count < len(self._inputs):
            known.write("input/x", inputs)
            known.write("input/y", targets)
        return known

    def _accuracy(self) -> float | None:
        if self._labels is None:
            return None
        return float((self.answers() == self._labels).mean())


class Scorer:
    """Scores both splits into loss points.

    Attributes:
        train, test: the judges.
        seconds: what one evaluation costs by the model of costs.
        version: of the parameters at the last whole evaluation, as the caller counts them.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        self.train = Judge(machine, plan, plan.data.train)
        self.test = Judge(machine, plan, plan.data.test)
        self.seconds = evaluation_seconds(plan)
        self.version = -1

    def evaluate(self, version: int) -> Iterator[None]:
        """Judge both splits; between two chunks, yield."""
        yield from self.train.evaluate()
        yield from self.test.evaluate()
        self.version = version

    def point(self) -> Point:
        """The scores of the last evaluation, at the machine's present step."""
        train, test = self.train.score, self.test.score
        values = [train.loss, test.loss, train.accuracy, test.accuracy]
        return [self._machine.step_count, *(finite(value) for value in values)]


def finite(value: float | None) -> float | None:
    """`value`, or None in place of NaN and infinities, which JSON does not have."""
    return value if value is not None and np.isfinite(value) else None


def row_seconds(plan: Plan) -> float:
    """Of one sample's forward pass, by the model of costs."""
    widths = [plan.network.inputs, *(layer.units for layer in plan.network.layers)]
    products = sum(2 * a * b for a, b in pairwise(widths))
    return products * FLOP_SECONDS + sum(widths[1:]) * VALUE_SECONDS


def chunk_rows(plan: Plan) -> int:
    """Samples that are judged in about CHUNK_SECONDS."""
    return max(LEAST_CHUNK, int(CHUNK_SECONDS / row_seconds(plan)))


def step_seconds(plan: Plan) -> float:
    """Of one training step, by the model of costs."""
    program = plan.program
    values = 3 * program.batch_size * sum(layer.units for layer in plan.network.layers)
    return (
        len(program.instructions) * CALL_SECONDS
        + program.cost.flops * FLOP_SECONDS
        + values * VALUE_SECONDS
    )


def evaluation_seconds(plan: Plan) -> float:
    """Of judging both splits once, by the model of costs."""
    rows = chunk_rows(plan)
    calls = 3 * len(plan.network.layers) + 2
    samples = [len(plan.data.train), len(plan.data.test)]
    chunks = sum(-(-count // rows) for count in samples)
    return chunks * calls * CALL_SECONDS + sum(samples) * row_seconds(plan)


class History:
    """The loss points of a run in bounded memory, for viewers that come late."""

    CAPACITY = 1024

    def __init__(self, points: list[Point] | None = None) -> None:
        self.points: list[Point] = list(points or [])

    def add(self, point: Point) -> None:
        """Append a point; it replaces those at and after its step."""
        while self.points and _step(self.points[-1]) >= _step(point):
            self.points.pop()
        if len(self.points) >= self.CAPACITY:
            self._thin()
        self.points.append(point)

    def _thin(self) -> None:
        """Keep about half as many at most, equally far apart over the whole run."""
        first, *rest = self.points
        gap = 2 * (_step(rest[-1]) - _step(first)) / self.CAPACITY
        self.points = [first]
        for point in rest:
            if _step(point) - _step(self.points[-1]) >= gap:
                self.points.append(point)


def _step(point: Point) -> float:
    step = point[0]
    assert step is not None  # only the scores can be
    return step
