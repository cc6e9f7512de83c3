"""Rules for gradients: too small, too large, not finite, or lost in noise or penalties."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot, isfinite
from statistics import median

import numpy as np

from engine.diagnostics.case import Case
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.observation import norm
from engine.diagnostics.rule import Rule
from engine.formula import number_text
from engine.layers import Dense
from engine.layers.activation import ACTIVATIONS, RELU
from engine.ops.loss import L1Penalty, L2Penalty
from engine.tensors.arrays import Array

PENALTIES = ("/l1", "/l2")
"""The endings of the names of penalty rates."""


@dataclass(frozen=True)
class VanishingGradient(Rule):
    """The gradient of a layer is tiny, or that of the first layer is tiny beside the last one's.

    Amazon SageMaker Debugger, rule VanishingGradient: mean magnitude below 1e-7. Glorot & Bengio
    2010, section 4.2.1: the norms of back-propagated gradients should be alike across layers. It
    is judged only while the network has learned little and is not improving: at the end of good
    training, gradients vanish because there is nothing left to learn.

    Attributes:
        least: the least mean magnitude of a layer's gradient.
        ratio: the least ratio of the first layer's gradient norm to the last one's.
        looks: the number of consecutive observations.
    """

    least: float = 1e-7
    ratio: float = 1e-3
    looks: int = 20

    id = "vanishing_gradient"
    title = "Vanishing gradient"
    meaning = "Early layers hardly learn: each layer on the way back makes the gradient smaller."

    def check(self, case: Case) -> Iterator[Finding]:
        seen = case.last(self.looks)
        if seen is None or not case.stuck:
            return
        vanished = []
        for number, layer in enumerate(case.layers):
            values = [look.layers[number].mean_gradient for look in seen]
            if max(values) < self.least:
                vanished.append(number)
                least = number_text(self.least, 6)
                yield self._found(case, layer.name, values[-1], f"below {least}")
        trained = [n for n, layer in enumerate(case.layers) if layer.parameters]
        front, back = trained[0], trained[-1]
        ends = [(look.layers[front].gradient, look.layers[back].gradient) for look in seen]
        if front not in vanished and all(first < self.ratio * last for first, last in ends):
            first, last = ends[-1]
            text = f"{number_text(first / last, 2)} times that of {case.layers[back].name}"
            yield self._found(case, case.layers[front].name, first, text, of="norm")

    def _found(
        self, case: Case, layer: str, value: float, compared: str, of: str = "mean magnitude"
    ) -> Finding:
        number = [info.name for info in case.layers].index(layer)
        weights = case.layers[number].parameters[0]
        buffer = case.program.buffers[weights].grad or ""
        return self.found(
            case,
            f"the gradient of {layer} has {of} {number_text(value, 2)}, {compared}",
            subject=layer,
            evidence=(Evidence(buffer, None, value, f"{of} of the layer's gradient", case.step),),
            remedies=_livelier(case),
        )


def _livelier(case: Case) -> tuple[Remedy, ...]:
    """Activations that let gradients pass, with suitable initial weights; or fewer layers."""
    squashing = [
        number for number in case.hidden if ACTIVATIONS[case.layers[number].activation].bounded
    ]
    changes = [
        change
        for number in squashing
        for change in (
            *case.change(number, "activation", RELU.name),
            *case.change(number, "initializer", RELU.initializer),
        )
    ]
    fewer = Remedy("use fewer layers")
    return (Remedy("use ReLU in the hidden layers", tuple(changes)), fewer) if changes else (fewer,)


@dataclass(frozen=True)
class ExplodingGradient(Rule):
    """The gradient is far larger than it used to be.

    Pascanu, Mikolov, Bengio 2013, section 3.2: clip the norm when it goes over a threshold, for
    which they suggest half to ten times its average. It must also be larger than all norms in
    the beginning, and the loss must be high: when little is left to learn, single hard samples
    stand out.

    Attributes:
        factor: the norm as a multiple of its running median.
        looks: the least number of observations for a median.
    """

    factor: float = 100.0
    looks: int = 10

    id = "exploding_gradient"
    title = "Exploding gradient"
    meaning = "One step with such a gradient moves the parameters far away from what was learned."
    severity = "error"

    def check(self, case: Case) -> Iterator[Finding]:
        if not case.seen:
            return
        largest = case.memory.setdefault(self.id, deque(maxlen=self.looks))
        now = case.seen[-1].gradient
        early = len(largest) < self.looks
        if early:
            largest.append(now)
        before = [look.gradient for look in list(case.seen)[:-1]]
        if early or len(before) < self.looks:
            return
        usual = median(before)
        if now > self.factor * usual and now > max(largest) and not case.learned:
            rate = case.hyperparameter("learning_rate") or 0.0
            lower = Change("optimizer.learning_rate", rate / 10)
            yield self.found(
                case,
                f"the norm of the gradient is {number_text(now)}; "
                f"before, it was around {number_text(usual)}",
                evidence=(
                    Evidence("parameters.grad", None, now, "norm of the gradient", case.step),
                ),
                remedies=(Remedy("divide the learning rate by 10", (lower,)),),
            )


@dataclass(frozen=True)
class NonFiniteValue(Rule):
    """A value has become NaN or infinite.

    TensorFlow's Debugger V2 and PyTorch's anomaly detection name the first op that made one, as
    the machine does here, and what that op had read.
    """

    id = "non_finite"
    title = "A value is not finite"
    meaning = (
        "A NaN spreads to every parameter within one step, and a state of ∞ keeps parameters where "
        "they are. Then nothing is learned."
    )
    severity = "error"

    def check(self, case: Case) -> Iterator[Finding]:
        stopped = case.machine.stopped
        if stopped is None:
            if self.id in case.memory and self._remains(case, *case.memory[self.id].evidence[:1]):
                yield case.memory[self.id]
            return
        instruction = case.program.instructions[stopped.instruction]
        value = float(case.machine.read(stopped.buffer)[stopped.index])
        evidence = [
            Evidence(
                stopped.buffer, stopped.index, value, "first value that is not finite", stopped.step
            )
        ]
        for name in instruction.reads:
            operand = case.machine.view(name)
            if operand.dtype.kind == "f" and operand.size:
                top = float(np.abs(operand).max())
                evidence.append(Evidence(name, None, top, "largest magnitude read", stopped.step))
        rate = case.hyperparameter("learning_rate") or 0.0
        lower = Change("optimizer.learning_rate", rate / 10)
        remedies = [Remedy("go back, and divide the learning rate by 10", (lower,))]
        if case.program.dtype == "float32":
            remedies.append(Remedy("use float64", (Change("dtype", "float64"),)))
        index = f"[{', '.join(map(str, stopped.index))}]" if stopped.index else ""
        case.memory[self.id] = self.found(
            case,
            f"{instruction.formula} made {stopped.buffer}{index} {number_text(value, 6)} "
            f"in step {stopped.step}",
            subject=stopped.buffer,
            evidence=evidence,
            remedies=remedies,
        )
        yield case.memory[self.id]

    def _remains(self, case: Case, first: Evidence) -> bool:
        """Whether the loss or the value that was found first is still not finite."""
        if not case.seen or not isfinite(case.seen[-1].loss):
            return True
        return not isfinite(float(case.machine.view(first.buffer)[first.index]))


@dataclass(frozen=True)
class NoisyGradient(Rule):
    """The gradients of the samples of a batch do not agree.

    Cockpit (Schneider, Dangel, Hennig 2021) shows the mean signal-to-noise ratio of the gradient,
    (E g)²/Var g per parameter (Liu et al. 2020, equation 1); McCandlish et al. 2018, section 2.2,
    derive from it the batch size up to which larger ones pay. The estimate of (E g)² is without its
    bias in a batch of n, Var g/n. It is judged while the network is stuck: where the loss is
    small, noise is all that is left. Only dense layers count.

    Attributes:
        least: the least ratio, averaged over weights and batches.
        batches: the number of batches to average over.
        every: the number of looks from one batch to the next.
    """

    least: float = 0.1
    batches: int = 10
    every: int = 3

    id = "noisy_gradient"
    title = "The gradient is noise"
    meaning = "Steps go in random directions: each batch undoes what the last one taught."

    def due(self, case: Case) -> bool:
        key = f"{self.id}.looks"
        case.memory[key] = case.memory.get(key, -1) + 1
        return bool(case.memory[key] % max(1, self.every) == 0)

    def check(self, case: Case) -> Iterator[Finding]:
        ratios = case.memory.setdefault(self.id, deque(maxlen=self.batches))
        if case.learned or not case.seen or case.program.batch_size < 4:
            ratios.clear()
            return
        ratios.append(signal_to_noise(case))
        mean = float(np.mean(ratios))
        if len(ratios) < self.batches or not mean < self.least or not case.stuck:
            return
        batch = case.program.batch_size
        samples = len(case.machine.view("data/x"))
        remedies = [Remedy("check whether the targets depend on the inputs at all")]
        if 4 * batch <= samples:
            larger = Change("batch_size", 4 * batch)
            remedies.insert(0, Remedy("use larger batches", (larger,)))
        yield self.found(
            case,
            f"the signal-to-noise ratio of the gradient is {number_text(mean, 2)} "
            f"over a batch of {batch}",
            evidence=(Evidence("parameters.grad", None, mean, "signal-to-noise ratio", case.step),),
            remedies=remedies,
        )


def signal_to_noise(case: Case) -> float:
    """Mean over the weights of dense layers of (E g)²/Var g, for the last batch.

    With the mean of the batch as loss, sample b has the gradient n·x_b·δ_b; the mean of the squares
    of those is a product of squares, n·(x²)ᵀ(δ²).
    """
    machine, ratios = case.machine, []
    for layer in case.layers:
        signal = case.program.buffers[layer.pre_activation].grad
        if layer.kind != Dense.kind or signal is None:
            continue
        x: Array = machine.view(layer.input)
        delta = machine.view(signal)
        if x.ndim != 2 or delta.ndim != 2:
            continue
        count = len(x)
        mean = x.T @ delta
        square = count * (np.square(x).T @ np.square(delta))
        variance = np.maximum(square - np.square(mean), 0) * count / (count - 1)
        signals = np.square(mean) - variance / count
        noisy = variance > 0
        ratios.append(signals[noisy] / variance[noisy])
    flat = np.concatenate(ratios) if ratios else np.zeros(0)
    return float(flat.mean()) if flat.size else float("nan")


@dataclass(frozen=True)
class PenaltyDominates(Rule):
    """The penalties pull harder on the weights than the data.

    At a minimum both are equal (Goodfellow, Bengio, Courville 2016, section 7.1.1), so it is
    judged only while the network has learned little.

    Attributes:
        ratio: the greatest ratio of the norm of the penalties' gradient to that of the data's.
        looks: the number of consecutive observations.
    """

    ratio: float = 1.0
    looks: int = 5

    id = "penalty_dominates"
    title = "The penalty dominates"
    meaning = "Weights are pulled to zero before they can learn from the data."

    def due(self, case: Case) -> bool:
        return any(name.endswith(PENALTIES) for name in case.program.hyperparameters)

    def check(self, case: Case) -> Iterator[Finding]:
        norms = case.memory.setdefault(self.id, deque(maxlen=self.looks))
        pull = self._norms(case)
        if pull is None or case.learned or not case.seen:
            norms.clear()
            return
        norms.append(pull)
        if len(norms) < self.looks or not all(p > self.ratio * d for p, d in norms):
            return
        penalty, data = pull
        changes = [
            change
            for number, layer in enumerate(case.layers)
            for kind in PENALTIES
            if (rate := case.hyperparameter(layer.name + kind))
            for change in case.change(number, kind.removeprefix("/"), rate / 100)
        ]
        yield self.found(
            case,
            f"the gradient of the penalties has norm {number_text(penalty, 2)}, "
            f"that of the data {number_text(data, 2)}",
            evidence=(
                Evidence("parameters.grad", None, penalty, "norm for the penalties", case.step),
            ),
            remedies=(Remedy("lower the penalties to a hundredth", tuple(changes)),),
        )

    def _norms(self, case: Case) -> tuple[float, float] | None:
        """Norms of the gradients of penalties and data, over the penalised weights."""
        machine, buffers = case.machine, case.program.buffers
        penalties: dict[str, np.ndarray] = {}
        for node in case.program.graph.nodes:
            if isinstance(node.op, L1Penalty | L2Penalty):
                name, rate = node.inputs[0].name, machine.view(node.inputs[1].name)
                update = buffers[name].update
                before = machine.view(name) - (machine.view(update) if update else 0)
                pull = before if isinstance(node.op, L2Penalty) else np.sign(before)
                penalties[name] = penalties.get(name, 0) + rate * pull
        if not penalties:
            return None
        totals = {name: machine.view(buffers[name].grad or name) for name in penalties}
        data = hypot(*(norm(totals[name] - pull) for name, pull in penalties.items()))
        return hypot(*(norm(pull) for pull in penalties.values())), data
