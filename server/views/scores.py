"""Evaluates the network on a whole split: loss, accuracy and outputs.

An evaluation shares the live parameters with the training machine. A large split is evaluated in
chunks of a few milliseconds, so that nothing waits for it; training must stand still meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import Machine, Split
from server.describe.description import Plan

CALL_SECONDS = 5e-7
"""Rough seconds of one instruction on little data. This, FLOP_SECONDS and VALUE_SECONDS are a model
of costs that is the same on every computer, so that the loss is evaluated at the same steps."""
FLOP_SECONDS = 4e-11
"""Rough seconds of one floating-point operation."""
VALUE_SECONDS = {"float64": 4e-9, "float32": 1e-9}
"""Rough seconds of an activation function for one value, by dtype."""
CHUNK_SECONDS = 4e-3
"""Seconds that one chunk of an evaluation may take."""
MIN_CHUNK = 32
"""Fewest samples of a chunk."""
JUDGING_SECONDS = 0.05
"""Seconds that evaluating the training set may take; of a larger set only a part is evaluated."""
MIN_JUDGED = 250
"""Fewest samples of such a part."""

Point = list[float | None]
"""[step, train loss, test loss, train accuracy, test accuracy]; None for what is not finite or,
for the accuracies of a regression, does not exist."""


@dataclass(frozen=True)
class Score:
    """The mean loss of a split without penalties, and the share of right answers.

    A regression has no accuracy (None). Where every position of a sequence has a class, both are
    means over all positions with a known class.
    """

    loss: float
    accuracy: float | None


Evaluators = dict[int, Machine]
"""Evaluators by the number of samples that they take at once."""


class Judge:
    """Scores one split.

    Args:
        shared: evaluators for chunks, shared with other judges.
        most: number of samples to evaluate, evenly spread over the split; None for all.

    Attributes:
        targets: (samples, *outputs) targets as the loss compares them.
        outputs: (samples, *outputs) of the last complete evaluation; empty where every position has
            a class.
        score: score of the last complete evaluation.
    """

    def __init__(
        self,
        machine: Machine,
        plan: Plan,
        split: Split,
        shared: Evaluators | None = None,
        most: int | None = None,
    ) -> None:
        self._machine = machine
        chosen = _evenly_spread(len(split), most)
        inputs = split.inputs[chosen]
        self._inputs = inputs.reshape(-1, *plan.network.input_shape)
        self.targets = engine.encode_targets(plan.network, plan.data, split)[chosen]
        self._labels = None if split.labels is None else split.labels[chosen]
        self._rows = min(chunk_rows(plan), len(self._inputs))
        self._shared: Evaluators = {} if shared is None else shared
        self._whole: Machine | None = None
        self._output = machine.program.layers[-1].output
        per_position = self._labels is not None and self._labels.ndim > 1
        self.outputs: NDArray[np.float64] = np.zeros((0,) if per_position else self.targets.shape)
        self._answers = np.zeros(self.targets.shape if per_position else (0,), np.int64)
        self.score = Score(float("nan"), None)

    def evaluate(self) -> Iterator[None]:
        """Evaluate the split, yielding between two chunks; sets `score` at the end."""
        total = weight = 0.0
        for start in range(0, len(self._inputs), self._rows):
            if start:
                yield
            rows = slice(start, start + self._rows)
            evaluator = self._evaluator(rows)
            evaluator.run(1)
            self._keep(rows, evaluator.view(self._output))
            total += float(evaluator.view("loss/L")) * self._weight(rows)
            weight += self._weight(rows)
        self.score = Score(total / max(weight, 1.0), self._accuracy())

    def answers(self) -> NDArray[np.int64]:
        """The predicted classes of the last evaluation, in the shape of the labels."""
        if self._answers.ndim > 1:
            return self._answers
        if self.targets.shape[1] == 1:
            return (self.outputs[:, 0] > 0.5).astype(np.int64)
        answers: NDArray[np.int64] = np.argmax(self.outputs, axis=1).astype(np.int64)
        return answers

    def _keep(self, rows: slice, outputs: NDArray[Any]) -> None:
        if self._answers.ndim > 1:
            self._answers[rows] = np.argmax(outputs, axis=-1)
        else:
            self.outputs[rows] = outputs

    def _weight(self, rows: slice) -> int:
        """The number of losses that the loss of a chunk averages."""
        if self._answers.ndim > 1:
            return int((self.targets[rows] >= 0).sum())
        return len(self.targets[rows])

    def _evaluator(self, rows: slice) -> Machine:
        """An evaluator that holds these samples; one for the whole split is not shared."""
        inputs, targets = self._inputs[rows], self.targets[rows]
        if len(inputs) == len(self._inputs):
            if self._whole is None:
                self._whole = self._machine.evaluator(inputs, targets)
            return self._whole
        known = self._shared.get(len(inputs))
        if known is None:
            known = self._shared[len(inputs)] = self._machine.evaluator(inputs, targets)
        known.write("input/x", inputs)
        known.write("input/y", targets)
        return known

    def _accuracy(self) -> float | None:
        if self._labels is None:
            return None
        known = self._labels >= 0
        return float((self.answers() == self._labels)[known].mean()) if known.any() else None


def _evenly_spread(count: int, most: int | None) -> NDArray[np.int64]:
    """Up to `most` evenly spread indices of so many samples."""
    if most is None or most >= count:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)


class Scorer:
    """Scores both splits into loss points.

    Attributes:
        train, test: the judges of the splits; of a large training set only a part is evaluated.
        seconds: seconds of one evaluation, by the model of costs.
        version: version of the parameters at the last complete evaluation, as given by the caller.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        shared: Evaluators = {}
        self.train = Judge(machine, plan, plan.data.train, shared, judged_rows(plan))
        self.test = Judge(machine, plan, plan.data.test, shared)
        self.seconds = evaluation_seconds(plan)
        self.version = -1

    def evaluate(self, version: int) -> Iterator[None]:
        """Evaluate both splits, yielding between two chunks."""
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
    """Seconds of the forward pass of one sample, by the model of costs."""
    forward = _forward(plan)
    flops = sum(instruction.flops for instruction in forward)
    return (flops * FLOP_SECONDS + _value_seconds(plan)) / plan.program.batch_size


def chunk_rows(plan: Plan) -> int:
    """Number of samples that are evaluated in about CHUNK_SECONDS."""
    return max(MIN_CHUNK, int(CHUNK_SECONDS / row_seconds(plan)))


def judged_rows(plan: Plan) -> int:
    """Most samples of the training set that are evaluated."""
    return max(MIN_JUDGED, int(JUDGING_SECONDS / row_seconds(plan)))


def evaluation_seconds(plan: Plan) -> float:
    """Seconds of evaluating both splits once, by the model of costs."""
    rows = chunk_rows(plan)
    samples = [min(len(plan.data.train), judged_rows(plan)), len(plan.data.test)]
    chunks = sum(-(-count // rows) for count in samples)
    return chunks * len(_forward(plan)) * CALL_SECONDS + sum(samples) * row_seconds(plan)


def _forward(plan: Plan) -> list[engine.Instruction]:
    return [i for i in plan.program.instructions if i.phase in ("forward", "loss")]


def _value_seconds(plan: Plan) -> float:
    """Seconds of the activations in the forward pass of a batch."""
    buffers = plan.program.buffers
    written = (buffers[name] for i in _forward(plan) for name in i.writes)
    values = sum(prod(buffer.shape) for buffer in written if buffer.role == "activation")
    return values * VALUE_SECONDS[plan.program.dtype]
