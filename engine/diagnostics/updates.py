"""Rules for updates: too small, too large, or none at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from engine.diagnostics.case import Case
from engine.diagnostics.curvature import sharpness
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.rule import Rule
from engine.formula import number_text


@dataclass(frozen=True)
class UpdateRatio(Rule):
    """Updates are too small or too large for the weights they change.

    CS231n, notes 3, Ratio of weights:updates: it should be around 1e-3. It is judged while the
    network is stuck: good training begins above that and ends below.

    Attributes:
        low, high: the bounds of the ratio of the norm of the update to that of the weights.
        looks: the number of observations whose median is judged.
    """

    low: float = 1e-4
    high: float = 1e-2
    looks: int = 20

    id = "update_ratio"
    title = "Update-to-weight ratio"
    meaning = "If it is too low, training takes very long; if too high, each step undoes the last."

    def check(self, case: Case) -> Iterator[Finding]:
        seen = case.last(self.looks)
        if seen is None or not case.stuck:
            return
        for number, layer in enumerate(case.layers):
            if not layer.parameters:
                continue
            ratio = median(look.layers[number].ratio for look in seen)
            if self.low <= ratio <= self.high or not ratio > 0:
                continue
            rate = case.hyperparameter("learning_rate") or 0.0
            small, size = ratio < self.low, number_text(ratio, 2)
            change = Change("optimizer.learning_rate", rate * 10 if small else rate / 10)
            remedy = f"{'multiply' if small else 'divide'} the learning rate by 10"
            update = case.program.buffers[layer.parameters[0]].update or ""
            yield self.found(
                case,
                f"the updates of {layer.name} are {size} times as large as its weights",
                subject=layer.name,
                evidence=(Evidence(update, None, ratio, "update over weights", case.step),),
                remedies=(Remedy(remedy, (change,)),),
            )


@dataclass(frozen=True)
class NeverMoves(Rule):
    """Parameters are bit for bit what they were 100 steps ago.

    Their gradient is exactly zero, or their updates are below half a unit in the last place, so
    that adding them changes nothing (Goldberg 1991, What Every Computer Scientist Should Know
    About Floating-Point Arithmetic, section 1.2). Clamped parameters and those that an L1
    penalty keeps at zero are meant to stay. The rule ignores networks whose loss is close to zero.

    Attributes:
        share: the least share of a parameter's elements that do not move. Single elements may have
            good reasons: the unit before or after them is dead, or an input is always zero.
        floor: the share of the constant answer's loss below which a loss is close to zero.
    """

    share: float = 1.0
    floor: float = 0.01

    id = "never_moves"
    title = "Parameter never moves"
    meaning = "Training does not change these numbers."

    def due(self, case: Case) -> bool:
        still = case.monitor.still
        if still is None or case.memory.get(self.id) == still.until:
            return False
        case.memory[self.id] = still.until
        return True

    def check(self, case: Case) -> Iterator[Finding]:
        still = case.monitor.still
        if still is None or not case.seen or case.machine.clamps:
            return
        if case.seen[-1].loss < self.floor * case.baseline:
            return
        for parameter in case.program.parameters:
            tensor = parameter.tensor
            part = still.mask[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
            if np.count_nonzero(part) < max(1, self.share * tensor.size):
                continue
            values = case.machine.view(tensor.name)
            stays = part & ~(self._stopped_at_zero(case, tensor.name) & (values == 0))
            count = int(stays.sum())
            if count and count >= self.share * tensor.size:
                yield self._found(case, tensor.name, stays, still.until - still.since)

    def _stopped_at_zero(self, case: Case, name: str) -> bool:
        return any(
            node.op.name == "l1_penalty" and node.inputs[0].name == name
            for node in case.program.graph.nodes
        )

    def _found(self, case: Case, name: str, stays: np.ndarray, steps: int) -> Finding:
        buffer = case.program.buffers[name]
        gradient = case.machine.view(buffer.grad or name)
        zero = not gradient[stays].any()
        why = "its gradient is zero" if zero else "its updates are too small to change it"
        first = tuple(int(i) for i in np.argwhere(stays)[0])
        rate = case.hyperparameter("learning_rate") or 0.0
        remedies = [Remedy("find out why its gradient is zero")]
        if not zero:
            raised = rate * 100 if rate else 0.03
            change = Change("optimizer.learning_rate", raised)
            remedies = [Remedy(f"raise the learning rate to {number_text(raised, 6)}", (change,))]
        whole = int(stays.sum()) == stays.size
        amount = name if whole else f"{int(stays.sum())} of the {stays.size} elements of {name}"
        return self.found(
            case,
            f"{amount} did not change in {steps} steps: {why}",
            subject=name,
            evidence=(
                Evidence(
                    name, first, float(case.machine.view(name)[first]), "unchanged", case.step
                ),
                Evidence(buffer.grad or "", first, float(gradient[first]), "gradient", case.step),
            ),
            remedies=remedies,
        )


@dataclass(frozen=True)
class EpsilonDominates(Rule):
    """The root of the second moment is below ε for most parameters.

    Kingma & Ba 2015, algorithm 1: the update is m̂/(√v̂ + ε), and ε is only to prevent a division
    by zero; where it is larger than √v̂, Adam is plain gradient descent with a rate of η/ε. The same
    holds for RMSprop and Adagrad. It is judged while the network has learned little.

    Attributes:
        share: the least share, of those parameters that have a gradient at all.
    """

    share: float = 0.5

    id = "epsilon_dominates"
    title = "Adam's ε dominates"
    meaning = "The optimizer no longer adapts to its gradients."

    def check(self, case: Case) -> Iterator[Finding]:
        epsilon = case.hyperparameter("epsilon")
        names = [n for n in ("parameters.v", "parameters.square") if n in case.program.buffers]
        if epsilon is None or not names or not case.stuck:
            return
        square = case.machine.view(names[0])
        used = square > 0
        correction = 1.0
        if "optimizer/correction2" in case.program.buffers:
            correction = float(case.machine.view("optimizer/correction2"))
        below = np.sqrt(square / correction) < epsilon
        share = float(below[used].mean()) if used.any() else 0.0
        if share <= self.share:
            return
        middle = float(np.median(np.sqrt(square[used] / correction)))
        change = Change("optimizer.epsilon", max(1e-16, middle / 100))
        yield self.found(
            case,
            f"√v is below ε = {number_text(epsilon, 6)} for {share:.0%} of the parameters; "
            f"its median is {number_text(middle, 2)}",
            evidence=(Evidence(names[0], None, middle, "median of √v", case.step),),
            remedies=(Remedy("lower ε", (change,)),),
        )


@dataclass(frozen=True)
class AlwaysClipped(Rule):
    """The gradient is clipped at nearly every step.

    Pascanu, Mikolov, Bengio 2013, section 3.2, clip what stands out: half to ten times the average
    norm. Where more than 90 % of steps are clipped (the default here) the limit and the learning
    rate together set the length of every step, whatever the loss says. The looks are a sample
    of all steps. A step is clipped as soon as one number of its gradient is changed.

    Attributes:
        share: the least share of clipped steps.
        looks: the number of last looks that are judged.
        span: the least number of steps that these looks cover.
    """

    share: float = 0.9
    looks: int = 20
    span: int = 100

    id = "always_clipped"
    title = "Clipping always on"
    meaning = "The limit decides how long each step is, whether the loss is steep or flat."
    severity = "note"

    def due(self, case: Case) -> bool:
        return case.network.clipping is not None

    def check(self, case: Case) -> Iterator[Finding]:
        if not case.seen:
            return
        seen = case.memory.setdefault(self.id, deque(maxlen=self.looks))
        gradient, bounded = (
            case.machine.view(f"parameters.{name}") for name in ("grad", "clipped")
        )
        clipped = not np.array_equal(gradient, bounded)
        by_value = "clip_value" in case.program.hyperparameters
        size = float(np.abs(gradient).max()) if by_value else case.seen[-1].gradient
        seen.append((case.step, clipped, size))
        share = sum(clipped for _, clipped, _ in seen) / len(seen)
        if len(seen) < self.looks or case.step - seen[0][0] < self.span or share <= self.share:
            return
        yield self._found(case, share, median(size for *_, size in seen), by_value=by_value)

    def _found(self, case: Case, share: float, usual: float, *, by_value: bool) -> Finding:
        limit = case.hyperparameter("clip_value" if by_value else "clip_norm") or 0.0
        what = "largest number of the gradient" if by_value else "norm of the gradient"
        raised = float(f"{2 * usual:.2g}")
        return self.found(
            case,
            f"{share:.0%} of the last steps were clipped: the {what} is "
            f"{number_text(usual)} (median), the limit is {number_text(limit)}",
            evidence=(Evidence("parameters.grad", None, usual, what, case.step),),
            remedies=(
                Remedy(
                    f"raise the limit to {number_text(raised, 6)}",
                    (Change("clipping.limit", raised),),
                ),
                Remedy("remove clipping", (Change("clipping", None),)),
            ),
        )


@dataclass(frozen=True)
class BeyondStability(Rule):
    """The learning rate is larger than the curvature of the loss allows.

    Cohen et al. 2021, Gradient Descent on Neural Networks Typically Occurs at the Edge of
    Stability, section 2: gradient descent is stable along a direction only if its curvature is
    below 2/η; with momentum μ, below (2 + 2μ)/η (their equation 1), and (2 + 2μ)/(η(1 + 2μ)) with
    Nesterov's. Full-batch training often hovers just above, so there is some tolerance. The
    rule ignores optimizers that rescale the gradient. Computing the sharpness takes some dozen
    passes over the training set, so it is done only on demand.

    Attributes:
        tolerance: the greatest sharpness as a multiple of the limit.
    """

    tolerance: float = 1.2

    id = "beyond_stability"
    title = "Learning rate beyond stability"
    meaning = "Along the sharpest direction every step overshoots further than the last."
    when = "demand"

    def check(self, case: Case) -> Iterator[Finding]:
        kind, rate = case.network.optimizer.kind, case.hyperparameter("learning_rate")
        if not rate or kind not in ("sgd", "momentum", "nesterov"):
            return
        momentum = case.hyperparameter("momentum") or 0.0
        limit = (2 + 2 * momentum) / rate
        if kind == "nesterov":
            limit /= 1 + 2 * momentum
        value = sharpness(case.machine).value
        if not value > self.tolerance * limit:
            return
        safe = rate * limit / value / 2
        lower = Change("optimizer.learning_rate", safe)
        yield self.found(
            case,
            f"the sharpness is {number_text(value)}; with a learning rate of "
            f"{number_text(rate, 6)} it may be at most {number_text(limit)}",
            evidence=(Evidence("parameters", None, value, "sharpness", case.step),),
            remedies=(Remedy(f"lower the learning rate to {number_text(safe, 2)}", (lower,)),),
        )
