"""How good the network is now, on a whole split: loss, accuracy and outputs, piece by piece.

An evaluation shares the live parameters with the machine that trains. A large split is judged in
chunks of a few milliseconds, so that nobody waits for it; training must stand still meanwhile.
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
"""Rough seconds of one instruction on little data. With the two below: a model of costs that gives
the same answer on every machine, so that the steps at which the loss is evaluated do not vary."""
FLOP_SECONDS = 4e-11
VALUE_SECONDS = {"float64": 4e-9, "float32": 1e-9}
"""Seconds of an activation function for each value, by dtype."""
CHUNK_SECONDS = 4e-3
MIN_CHUNK = 32
JUDGING_SECONDS = 0.05
"""What judging the training set may take; of one that would take longer, a part is judged."""
MIN_JUDGED = 250

Point = list[float | None]
"""[step, train loss, test loss, train accuracy, test accuracy]; None for what is not finite or,
for the accuracies of a regression, does not exist."""


@dataclass(frozen=True)
class Score:
    """The mean loss of a split without penalties, and the share of right answers.

    A regression has no accuracy (None). Where every place of a sequence has a class of its own,
    both are of all places that have one.
    """

    loss: float
    accuracy: float | None


Evaluators = dict[int, Machine]
"""By how many samples they judge at once."""


class Judge:
    """Scores one split.

    Args:
        shared: evaluators of parts of a split, which other judges use, too.
        most: samples to judge, evenly spread over the split; None for all.

    Attributes:
        targets: (samples, *outputs), as the loss compares them.
        outputs: (samples, *outputs) of the network, as of the last whole evaluation; none are kept
            where every place has a class of its own.
        score: of the last whole evaluation.
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
        chosen = _spread(len(split), most)
        inputs = split.inputs[chosen]
        self._inputs = inputs.reshape(-1, *plan.network.input_shape)
        self.targets = engine.encode_targets(plan.network, plan.data, split)[chosen]
        self._labels = None if split.labels is None else split.labels[chosen]
        self._rows = min(chunk_rows(plan), len(self._inputs))
        self._shared: Evaluators = {} if shared is None else shared
        self._whole: Machine | None = None
        self._output = machine.program.layers[-1].output
        per_place = self._labels is not None and self._labels.ndim > 1
        self.outputs: NDArray[np.float64] = np.zeros((0,) if per_place else self.targets.shape)
        self._answers = np.zeros(self.targets.shape if per_place else (0,), np.int64)
        self.score = Score(float("nan"), None)

    def evaluate(self) -> Iterator[None]:
        """Judge the whole split; between two chunks, yield. `score` is set at the end."""
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
        """The class that each output of the last evaluation stands for, in the labels' shape."""
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
        """How many losses a chunk's loss is the mean of."""
        if self._answers.ndim > 1:
            return int((self.targets[rows] >= 0).sum())
        return len(self.targets[rows])

    def _evaluator(self, rows: slice) -> Machine:
        """An evaluator with these samples in it. One that fits the whole split keeps them."""
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


def _spread(count: int, most: int | None) -> NDArray[np.int64]:
    """Numbers of up to `most` of so many samples, evenly spread."""
    if most is None or most >= count:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)


class Scorer:
    """Scores both splits into loss points.

    Attributes:
        train, test: the judges. Of a training set that would take long, a part is judged.
        seconds: what one evaluation costs by the model of costs.
        version: of the parameters at the last whole evaluation, as the caller counts them.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine = machine
        shared: Evaluators = {}
        self.train = Judge(machine, plan, plan.data.train, shared, judged_rows(plan))
        self.test = Judge(machine, plan, plan.data.test, shared)
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
    """Seconds of the forward pass of one sample, by the model of costs."""
    forward = _forward(plan)
    flops = sum(instruction.flops for instruction in forward)
    return (flops * FLOP_SECONDS + _value_seconds(plan)) / plan.program.batch_size


def chunk_rows(plan: Plan) -> int:
    """Samples that are judged in about CHUNK_SECONDS."""
    return max(MIN_CHUNK, int(CHUNK_SECONDS / row_seconds(plan)))


def judged_rows(plan: Plan) -> int:
    """Samples of the training set that are judged at most."""
    return max(MIN_JUDGED, int(JUDGING_SECONDS / row_seconds(plan)))


def evaluation_seconds(plan: Plan) -> float:
    """Seconds of judging both splits once, by the model of costs."""
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
