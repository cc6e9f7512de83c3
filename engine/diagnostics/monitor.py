"""Observes every layer now and then during training, and keeps series in bounded memory.

Looks are so sparse that they cost a small share of training. Their steps follow from a model of
costs, not from a clock, so the same training is observed at the same steps on every machine. They
are denser in the beginning, where more happens. Between two looks there are glances at the losses
alone, at a distance that does not grow with the step, and soon after every edit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from engine.diagnostics.observation import Observation, Probe, norm, weights_of
from engine.history.moments import Branch
from engine.history.thinned_series import CAPACITY, ThinnedSeries
from engine.history.timeline import Timeline
from engine.program.machine import Machine, Trap
from engine.tensors.arrays import Array

SHARE = 0.02
"""The share of training time that observing may take."""
WINDOW = 64
"""The number of consecutive steps before each look whose losses are recorded."""
GLANCE_WINDOW = 20
"""The number of consecutive steps before each glance whose losses are recorded."""
GLANCE_SECONDS, GLANCE_SHARE = 1e-4, 0.01
"""The rough duration of a glance, and the share of training time that glances may take."""
RECENT = 64
"""The number of observations that are kept whole."""
EARLY = 8
"""Early on a branch, the next look comes after 1/EARLY of its steps so far."""
BINS = 24
"""The number of bins in a histogram of weights."""
HISTOGRAM_EVERY = 4
"""The number of looks from one histogram to the next, the most expensive part of a look."""
STILL_STEPS = 100
"""The number of steps after which parameters are checked for movement."""


@dataclass(frozen=True, eq=False)
class LayerSeries:
    """A layer over time, as arrays of one length.

    Attributes:
        steps: the steps at which it was observed.
        mean, std: the mean and standard deviation of its output.
        gradient: the norm of its gradient.
        ratio: the norm of the update over that of the weights.
    """

    steps: NDArray[np.int64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    gradient: NDArray[np.float64]
    ratio: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histograms:
    """The distribution of a layer's weights over time.

    Attributes:
        steps: (rows,).
        low, high: (rows,) the least and the greatest weight.
        counts: (rows, BINS) numbers of weights in equal bins from low to high.
    """

    steps: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    counts: NDArray[np.float64]


@dataclass(frozen=True)
class Still:
    """Parameters that are bit for bit what they were some steps ago.

    Attributes:
        since, until: the two steps that are compared.
        mask: (parameters,) whether each parameter is unchanged.
    """

    since: int
    until: int
    mask: Array


class Monitor:
    """Observes a timeline, to which it adds itself (see `engine.history.timeline.Observer`).

    Attributes:
        timeline: the timeline that it observes.
        recent: the last observations of the branch the timeline is on, oldest first.
        quiet: for each layer whose units can die, (units,) the number of consecutive looks at which
            a unit was 0 for the whole batch; None for other layers.
        still: parameters that have not moved lately; None until that is known.
        losses: the losses of the last consecutive steps before the last look or glance.
        listeners: functions to call after each look.
        glancers: functions to call after each glance.
    """

    def __init__(
        self, timeline: Timeline, *, share: float = SHARE, capacity: int = CAPACITY
    ) -> None:
        self.timeline = timeline
        machine = timeline.machine
        self._probe = Probe(machine)
        self._interval = max(1, ceil(self._probe.seconds / (share * machine.step_seconds)))
        self._spacing = max(
            GLANCE_WINDOW, ceil(GLANCE_SECONDS / (GLANCE_SHARE * machine.step_seconds))
        )
        self._capacity = capacity
        layers = machine.program.layers
        self._samples = ThinnedSeries(4 * len(layers), capacity)
        self._histograms = [ThinnedSeries(BINS + 2, capacity) for _ in layers]
        self._weights = [
            [machine.view(name) for name in weights_of(layer, machine.program.buffers)]
            for layer in layers
        ]
        self._theta = machine.view("parameters")
        self.listeners: list[Callable[[], object]] = []
        self.glancers: list[Callable[[], object]] = []
        self._restart()
        timeline.observers.append(self)
        timeline.after_edit.append(self._edited)

    def _restart(self) -> None:
        """Start afresh on a branch, to whose past earlier observations do not belong."""
        self._branch = self.timeline.branch
        self._looks = 0
        self.losses: deque[float] = deque(maxlen=WINDOW)
        self._start = self.timeline.now.step
        self._next = self._start + 1
        self._glance = self._start + GLANCE_WINDOW
        self._anchor = self.timeline.now.step, self._theta.copy()
        self.recent: deque[Observation] = deque(maxlen=RECENT)
        self.quiet: list[Array | None] = [None] * len(self._weights)
        self.still: Still | None = None

    # As an observer --------------------------------------------------------------------------

    def due(self, step: int) -> int:
        """The step of the next look or glance, or of the first loss to record before it."""
        if self._branch is not self.timeline.branch:
            self._restart()
        begins = max(1, self._next - WINDOW), max(1, self._glance - GLANCE_WINDOW)
        ahead = [s for s in (*begins, self._next, self._glance) if s > step]
        return max(step + 1, min(ahead, default=0))

    def trap(self) -> Trap | None:
        """A trap that records losses during the last steps before a look; None before those."""
        if not self._recording(self.timeline.now.step):
            return None
        record, loss = self.losses.append, self._probe.loss

        def trap() -> bool:
            record(loss())
            return False

        return trap

    def look(self) -> None:
        """Observe or glance, if that is due, or observe because the machine has stopped."""
        now, machine = self.timeline.now, self.timeline.machine
        if now.step < self._next and machine.stopped is None:
            if now.step >= self._glance:
                self._glance = now.step + self._spacing
                for glancer in self.glancers:
                    glancer()
            elif not self._recording(now.step - 1):
                self.losses.clear()  # what comes now are the steps just before a look or a glance
            return
        if now.pc == 0 and now.step:
            self._observe(now.step)
        for listener in self.listeners:
            listener()

    def _recording(self, step: int) -> bool:
        """Whether the loss of the step that begins at `step` is recorded."""
        return step >= min(self._next - WINDOW, self._glance - GLANCE_WINDOW)

    def _edited(self) -> None:
        """Glance soon at what an edit does to the losses."""
        now = self.timeline.now
        if self._branch is self.timeline.branch and self._branch.edits_at(now):
            self._glance = min(self._glance, now.step + (now.pc > 0) + GLANCE_WINDOW)

    def _observe(self, step: int) -> None:
        if not self.losses:
            self.losses.append(self._probe.loss())
        seen = self._probe.look(tuple(self.losses))
        self.recent.append(seen)
        self._count_quiet()
        self._find_still(step)
        self._samples.add(self.timeline.branch, step, _row(seen))
        self._looks += 1
        if self._looks % HISTOGRAM_EVERY == 1:
            for track, weights in zip(self._histograms, self._weights, strict=True):
                track.add(self.timeline.branch, step, _histogram(weights))
        early = (step - self._start) // EARLY
        spread = 2 * step // self._capacity
        self._next = step + max(1, min(early, self._interval), spread)
        self._glance = step + self._spacing

    def _count_quiet(self) -> None:
        for number, silent in enumerate(self._probe.silent()):
            before = self.quiet[number]
            if silent is not None:
                self.quiet[number] = silent * (1 + (0 if before is None else before))

    def reset_quiet(self, layer: int, units: Sequence[int]) -> None:
        """Reset the counts of quiet units that have turned out to be alive."""
        quiet = self.quiet[layer]
        if quiet is not None:
            quiet[list(units)] = 0

    def _find_still(self, step: int) -> None:
        since, values = self._anchor
        if step - since >= STILL_STEPS:
            self.still = Still(since, step, np.equal(self._theta, values))
            self._anchor = step, self._theta.copy()

    # What was seen ---------------------------------------------------------------------------

    def series(self, layer: int, branch: Branch | None = None) -> LayerSeries:
        """Layer number `layer` over time, along a branch (the present one if None)."""
        steps, rows = self._samples.along(branch or self.timeline.branch)
        mean, std, gradient, ratio = rows[:, 4 * layer : 4 * layer + 4].T
        return LayerSeries(steps, mean, std, gradient, ratio)

    def histograms(self, layer: int, branch: Branch | None = None) -> Histograms:
        """The weights of layer number `layer` over time, along a branch."""
        steps, rows = self._histograms[layer].along(branch or self.timeline.branch)
        return Histograms(steps, rows[:, 0], rows[:, 1], rows[:, 2:])


def _row(seen: Observation) -> NDArray[np.float64]:
    values = [(s.mean, s.std, s.gradient, s.ratio) for s in seen.layers]
    return np.array(values, dtype=np.float64).ravel()


def _histogram(weights: list[Array]) -> NDArray[np.float64]:
    """The least and the greatest finite weight, and the counts in equal bins between them."""
    flat = np.concatenate([np.zeros(0), *(w.ravel(order="K") for w in weights)])
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return np.zeros(BINS + 2)
    low, high = float(flat.min()), float(flat.max())
    scale = BINS / (high - low) if high > low else 0.0
    bins = np.minimum((flat - low) * scale, BINS - 1).astype(np.intp)
    return np.array([low, high, *np.bincount(bins, minlength=BINS)], dtype=np.float64)


# Gradient flow -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flow:
    """The amount of gradient that reaches a layer at the present step.

    Attributes:
        layer: its name.
        parameters: the norm of dL/dθ of its parameters θ.
        mean, largest: the mean and the largest magnitude in dL/dθ.
        signal: the norm of dL/dz of its pre-activation z; None if the program does not keep it.
    """

    layer: str
    parameters: float
    mean: float
    largest: float
    signal: float | None


def gradient_flow(machine: Machine) -> tuple[Flow, ...]:
    """The gradients of all layers from the first to the last, as the buffers hold them now.

    In the middle of a step, gradients that the backward pass has not reached yet are those of the
    step before.
    """
    buffers = machine.program.buffers
    flows = []
    for layer in machine.program.layers:
        names = [grad for name in layer.parameters if (grad := buffers[name].grad) is not None]
        parts = [machine.view(name).ravel() for name in names]
        whole = np.abs(np.concatenate(parts)) if parts else np.zeros(1)
        signal = buffers[layer.pre_activation].grad
        flows.append(
            Flow(
                layer.name,
                norm(whole),
                float(whole.mean()),
                float(whole.max()),
                None if signal is None else norm(machine.view(signal)),
            )
        )
    return tuple(flows)
