"""Rules for the course of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.diagnostics.case import LEARNED, Case
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.rule import Rule
from engine.formula import number_text
from engine.layers import Dense

WORSE = 0.1
"""The relative rise above the best loss beyond which a loss diverges, which is no plateau."""

RECOVERING = 0.5
"""The share of the mean loss of some steps below which that of the next ones is a recovery."""


def _slower(case: Case, factor: float = 10) -> Remedy:
    rate = case.hyperparameter("learning_rate") or 0.0
    return Remedy(
        f"divide the learning rate by {number_text(factor, 6)}",
        (Change("optimizer.learning_rate", rate / factor),),
    )


def _loss_evidence(case: Case, value: float, text: str) -> Evidence:
    return Evidence("loss/L", (), value, text, case.step)


@dataclass(frozen=True)
class Divergence(Rule):
    """The loss is far above its best, worse than a constant answer, and does not recover.

    It may rise on, or stay about where a few steps have thrown it: units that are saturated there
    get no gradient that could bring them back.

    Attributes:
        factor: the loss as a multiple of its best mean over `steps`.
        steps: the number of consecutive steps over which it does not fall by half.
    """

    factor: float = 10.0
    steps: int = 20

    id = "divergence"
    title = "Divergence"
    meaning = "Training undoes what was learned."
    severity = "error"
    glances = True

    def check(self, case: Case) -> Iterator[Finding]:
        losses = list(case.monitor.losses)[-self.steps :]
        best = case.memory.get(self.id, case.start.loss)
        if len(losses) < self.steps:
            return
        now = sum(losses) / len(losses)
        case.memory[self.id] = min(best, now)
        half = len(losses) // 2
        early, late = sum(losses[:half]), sum(losses[-half:])
        falling = late < RECOVERING * early
        if falling or not (now > self.factor * best and now > case.baseline):
            return
        course = "rising" if late > early else "stays high"
        yield self.found(
            case,
            f"the loss is {number_text(now)} and {course}; it was {number_text(best)} at best",
            evidence=(_loss_evidence(case, now, f"mean of {len(losses)} steps"),),
            remedies=(_slower(case),),
        )


@dataclass(frozen=True)
class Oscillation(Rule):
    """The loss goes up and down with every step.

    It is judged only if each step uses the whole training set: with batches the loss differs from
    step to step because the samples do, and even in pure noise two thirds of the differences
    alternate in sign.

    Attributes:
        share: the least share of successive differences that alternate in sign.
        amplitude: the least mean magnitude of the differences over the mean loss.
        steps: the number of consecutive steps that are judged.
    """

    share: float = 0.8
    amplitude: float = 0.1
    steps: int = 20

    id = "oscillation"
    title = "Oscillation"
    meaning = "Each step overshoots the valley and lands on its other side."

    def check(self, case: Case) -> Iterator[Finding]:
        losses = case.seen[-1].losses[-self.steps :] if case.seen else ()
        if len(losses) < self.steps or case.program.steps_per_epoch > 1:
            return
        differences = np.diff(losses)
        alternating = float(np.mean(differences[1:] * differences[:-1] < 0))
        height = float(np.mean(np.abs(differences)) / np.mean(losses))
        if alternating <= self.share or height <= self.amplitude:
            return
        yield self.found(
            case,
            f"{alternating:.0%} of the last {len(losses)} changes of the loss alternate in "
            f"sign; their mean size is {height:.0%} of the loss",
            evidence=(_loss_evidence(case, height, "mean change over mean loss"),),
            remedies=(_slower(case, 3),),
        )


@dataclass(frozen=True)
class Plateau(Rule):
    """The training loss does not improve, although much is left to learn.

    Amazon SageMaker Debugger, rule LossNotDecreasing: less than 0.1 % over 10 evaluations. A
    network that has learned has converged rather than got stuck, so it is judged only while the
    loss is above half of the best constant answer's, and only over many epochs, since training
    often begins slowly.

    Attributes:
        better: the relative improvement expected of the best of the last `evaluations`.
        evaluations: the number of evaluations that are compared with those before.
        epochs: the least number of epochs that they span.
        flat: the share of the first gradient norm below which the gradient is small.
    """

    better: float = 1e-3
    evaluations: int = 10
    epochs: float = 20.0
    flat: float = 0.01

    id = "plateau"
    title = "Plateau"
    meaning = "Training continues, but the network does not improve."
    when = "evaluation"

    def check(self, case: Case) -> Iterator[Finding]:
        evaluations = case.evaluations
        if len(evaluations) <= self.evaluations or not case.seen:
            return
        late, early = evaluations[-self.evaluations :], evaluations[: -self.evaluations]
        epochs = (evaluations[-1].step - early[-1].step) / case.program.steps_per_epoch
        best = min(e.train for e in early)
        now = min(e.train for e in late)
        level = (1 - self.better) * best <= now <= (1 + WORSE) * best
        if not level or epochs < self.epochs or evaluations[-1].train < LEARNED * case.baseline:
            return
        first = case.memory.setdefault(self.id, case.seen[0].gradient)
        gradient = case.seen[-1].gradient
        small = gradient < self.flat * first
        where = (
            f"the gradient is small ({number_text(gradient, 2)}): the loss is flat here"
            if small
            else f"the gradient is not small ({number_text(gradient, 2)}): "
            "steps are short, or they oscillate"
        )
        rate = case.hyperparameter("learning_rate") or 0.0
        faster = Change("optimizer.learning_rate", rate * 10)
        kind = Change("optimizer.kind", "adam")
        remedies = [Remedy("multiply the learning rate by 10", (faster,)), _slower(case)]
        if case.network.optimizer.kind != "adam":
            remedies.append(Remedy("use Adam", (kind,)))
        yield self.found(
            case,
            f"the loss, {number_text(evaluations[-1].train)}, has not improved in {epochs:.0f} "
            f"epochs; {where}",
            evidence=(
                _loss_evidence(case, evaluations[-1].train, "on the training set"),
                Evidence("parameters.grad", None, gradient, "norm of the gradient", case.step),
            ),
            remedies=remedies if not small else remedies[:1] + remedies[2:],
        )


@dataclass(frozen=True)
class Overfitting(Rule):
    """The test loss rises while the training loss falls.

    Prechelt 1998, Early Stopping — But When?, section 2: the generalisation loss, the test loss
    over its minimum less one. Means of three evaluations are compared, and rises that are small
    beside the constant answer's loss are ignored.

    Attributes:
        rise: the least generalisation loss.
        least: the least rise as a share of the constant answer's loss.
        epochs: the least number of epochs since the minimum.
    """

    rise: float = 0.1
    least: float = 0.1
    epochs: float = 2.0

    id = "overfitting"
    title = "Overfitting"
    meaning = "The network memorises the training samples and gets worse on others."
    when = "evaluation"

    def check(self, case: Case) -> Iterator[Finding]:
        evaluations = [e for e in case.evaluations if e.test is not None]
        if len(evaluations) < 6:
            return
        tests = _smoothed([e.test or 0.0 for e in evaluations])
        trains = _smoothed([e.train for e in evaluations])
        best = int(np.argmin(tests))
        risen = tests[-1] - tests[best]
        if risen <= self.rise * tests[best] or risen <= self.least * case.baseline:
            return
        step = evaluations[best + 2].step
        recent = case.step - step < self.epochs * case.program.steps_per_epoch
        if recent or not trains[-1] < trains[best]:
            return
        changes = [
            change
            for number, layer in enumerate(case.layers)
            if layer.kind == Dense.kind and not case.hyperparameter(f"{layer.name}/l2")
            for change in case.change(number, "l2", 1e-3)
        ]
        penalty = Remedy("penalise large weights", tuple(changes))
        yield self.found(
            case,
            f"the test loss is {number_text(tests[-1])}; "
            f"it was {number_text(tests[best])} around step {step}",
            evidence=(
                _loss_evidence(case, tests[-1], "on the test set"),
                _loss_evidence(case, trains[-1], "on the training set"),
            ),
            remedies=(
                Remedy(f"stop at step {step}"),
                *((penalty,) if changes else ()),
                Remedy("use more samples or a smaller network"),
            ),
        )


def _smoothed(values: list[float]) -> list[float]:
    """Means of three in a row."""
    sums = [a + b for a, b in pairwise(values)]
    return [(s + c) / 3 for s, c in zip(sums, values[2:], strict=False)]
