"""The facts that rules judge: the training, its observations and its losses."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Dataset
from engine.diagnostics.description_paths import located
from engine.diagnostics.finding import Change
from engine.diagnostics.monitor import Monitor
from engine.diagnostics.observation import Observation
from engine.history.moments import Branch
from engine.history.timeline import Timeline
from engine.layers.context import LayerInfo
from engine.network import Network
from engine.program.machine import Machine
from engine.program.program import Program

LEARNED = 0.5
"""The network has learned if its loss is below this share of the best constant answer's loss."""
IMPROVED = 0.05
"""The relative fall of a loss that still counts as an improvement."""
STUCK_LOOKS, STUCK_STEPS, STUCK_EPOCHS = 20, 300, 5
"""The numbers of looks, steps and epochs over which the loss should improve."""
IGNORANT_STEPS = 100
MAX_ROWS = 1000
"""The greatest number of training samples that are judged at the start."""


@dataclass(frozen=True)
class Evaluation:
    """Losses on whole splits, without penalties, at the start of a step."""

    step: int
    train: float
    test: float | None


@dataclass(eq=False)
class Start:
    """The network before its first step, on up to MAX_ROWS training samples.

    Attributes:
        loss: the loss without penalties.
        activations: the standard deviation of each layer's output.
        signals: the standard deviation of dL/dz of each layer's pre-activation z.
    """

    loss: float
    activations: list[float]
    signals: list[float]


@dataclass(eq=False)
class Case:
    """The facts that rules judge.

    Attributes:
        timeline, monitor: the training and its observations.
        data: the data set; None if only its arrays are known.
        start: the network before its first step.
        baseline: the training loss of the best answer that is the same for all samples.
        evaluations: the evaluations of the present branch, oldest first.
        memory: what rules remember of this branch, by rule id.
    """

    timeline: Timeline
    monitor: Monitor
    data: Dataset | None
    start: Start
    baseline: float
    evaluations: list[Evaluation] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    _stuck: tuple[int, bool] | None = None

    @property
    def machine(self) -> Machine:
        return self.timeline.machine

    @property
    def program(self) -> Program:
        return self.timeline.machine.program

    @property
    def network(self) -> Network:
        return self.program.network

    @property
    def branch(self) -> Branch:
        return self.timeline.branch

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        return self.program.layers

    @property
    def hidden(self) -> range:
        """The indices of the layers before the output layer."""
        return range(len(self.layers) - 1)

    @property
    def seen(self) -> deque[Observation]:
        """The last observations, the present one last."""
        return self.monitor.recent

    @property
    def step(self) -> int:
        return self.timeline.now.step

    def last(self, count: int) -> list[Observation] | None:
        """The last `count` observations; None if there are fewer."""
        if len(self.seen) < count:
            return None
        return [self.seen[i] for i in range(-count, 0)]

    def path(self, layer: LayerInfo) -> str | None:
        """The path of a layer in the description; None if it is part of another layer."""
        outer = [info.name for info in self.layers if "/" not in info.name]
        return f"layers[{outer.index(layer.name)}]" if layer.name in outer else None

    @property
    def learned(self) -> bool:
        """Whether the network does much better than a constant answer."""
        return bool(self.seen) and self.seen[-1].loss < LEARNED * self.baseline

    def ignorant(self, looks: int) -> bool:
        """Whether it had learned little at each of the last `looks`, over `IGNORANT_STEPS`."""
        seen = self.last(looks)
        return (
            seen is not None
            and seen[-1].step - seen[0].step >= IGNORANT_STEPS
            and min(look.loss for look in seen) >= LEARNED * self.baseline
        )

    @property
    def stuck(self) -> bool:
        """Whether the network has learned little, and has not improved for a while."""
        if self._stuck is None or self._stuck[0] != self.step:
            self._stuck = self.step, self._is_stuck()
        return self._stuck[1]

    def _is_stuck(self) -> bool:
        looks = self.last(STUCK_LOOKS)
        if looks is None or self.learned:
            return False
        span = looks[-1].step - looks[0].step
        if span < max(STUCK_STEPS, STUCK_EPOCHS * self.program.steps_per_epoch):
            return False
        losses = [look.loss for look in looks]
        half = len(losses) // 2
        return not sum(losses[half:]) < (1 - IMPROVED) * sum(losses[:half])

    def hyperparameter(self, name: str) -> float | None:
        """The present value of a hyperparameter; None if the program has none of that name.

        It is the shortest decimal that is stored as this value, such as 0.03 in float32.
        """
        buffer = self.program.hyperparameters.get(name)
        return None if buffer is None else float(str(self.machine.view(buffer)))

    def change(self, number: int, name: str, value: object) -> tuple[Change, ...]:
        """The change of a field of layer `number`; none if its description has no such field."""
        path, layer = located(self.network.layers, self.layers[number].name)
        return (Change(f"{path}.{name}", value),) if hasattr(layer, name) else ()


def look_at_start(timeline: Timeline, *, rows: int = MAX_ROWS) -> Start:
    """Judge the network as it was before its first step, on the training samples it has now."""
    with timeline.visit((0, 0)) as machine:
        x, y = (machine.view(name)[:rows] for name in ("data/x", "data/y"))
        evaluator = machine.evaluator(x, y, gradients=True)
        evaluator.run(1)
        buffers = evaluator.program.buffers
        loss = "loss/data" if "loss/data" in buffers else "loss/L"
        layers, view = evaluator.program.layers, evaluator.view
        signals = [buffers[layer.pre_activation].grad for layer in layers]
        with np.errstate(all="ignore"):
            return Start(
                loss=float(view(loss)),
                activations=[float(view(layer.output).std()) for layer in layers],
                signals=[float(view(g).std()) if g else float("nan") for g in signals],
            )


def baseline_loss(kind: str, targets: NDArray[Any]) -> float:
    """The loss of the best answer that is the same for all samples.

    For cross-entropies this is the entropy of the classes, for squared errors the variance of the
    targets, and for Huber's loss the loss of their median.

    Args:
        kind: the name of the loss.
        targets: (samples, outputs); or class numbers (samples, positions), −1 for none.
    """
    if targets.dtype.kind == "i":
        _, counts = np.unique(targets[targets >= 0], return_counts=True)
        return float(np.sum(_entropy(counts / counts.sum())))
    y = np.asarray(targets, dtype=np.float64)
    share = y.mean(axis=0)
    if kind == "binary_cross_entropy":
        return float(np.mean(_entropy(share) + _entropy(1 - share)))
    if kind == "softmax_cross_entropy":
        return float(np.sum(_entropy(share)))
    if kind == "huber":
        error = np.abs(y - np.median(y, axis=0))
        return float(np.where(error <= 1, error**2 / 2, error - 0.5).mean())
    return float(y.var(axis=0).mean())


def _entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """−p·log p of each share p; 0 for p = 0."""
    entropy: NDArray[np.float64] = -share * np.log(np.where(share > 0, share, 1.0))
    return entropy
