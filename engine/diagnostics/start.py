"""Rules that apply before training, to the data, the description and the first parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, log2, sqrt
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import varying_columns
from engine.diagnostics.case import Case
from engine.diagnostics.description_paths import located
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.rule import Rule
from engine.formula import number_text
from engine.initializers import initializer
from engine.layers import LAYERS
from engine.layers.activation import ACTIVATIONS, LINEAR, TANH
from engine.layers.dense import Weighted
from engine.network import MATCHING_ACTIVATION
from engine.ops.sampling import NextBatch

STANDARDISE = Remedy("standardise the inputs", (Change("data.standardise", True),))


@dataclass(frozen=True)
class UnscaledInputs(Rule):
    """A feature's mean is far from zero, or features have very different scales.

    LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.3: the mean of each input should
    be close to zero, and all should have about the same variance. Features and columns, which may
    have values at many time steps, are judged one by one, and the pixels of an image together, as
    they are standardised. What does not vary is not judged.

    Attributes:
        shift: the greatest distance of a mean from zero in standard deviations.
        spread: the greatest ratio between standard deviations of features.
    """

    shift: float = 3.0
    spread: float = 10.0

    id = "unscaled_inputs"
    title = "Unscaled inputs"
    meaning = (
        "Weights of large inputs get large gradients: no learning rate suits them all, and "
        "training zigzags."
    )
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        x = case.machine.view("data/x")
        if x.dtype.kind != "f":
            return
        pooled = x.ndim > 3 or (case.data is not None and case.data.kind == "image")
        columns = x.reshape(-1, 1 if pooled else x.shape[-1])
        lead = (None,) * (x.ndim - 1)
        mean = np.asarray(columns.mean(axis=0, dtype=np.float64))
        std = np.asarray(columns.std(axis=0, dtype=np.float64))
        used = np.flatnonzero(varying_columns(columns))
        remedies = (STANDARDISE,)
        if not used.size:
            return
        worst = used[np.argmax(np.abs(mean[used]) / std[used])]
        if abs(mean[worst]) > self.shift * std[worst]:
            where = None if pooled else (*lead, int(worst))
            text = (
                f"{_feature(case, worst, pooled=pooled)} has mean {number_text(mean[worst])} and "
                f"standard deviation {number_text(std[worst])}"
            )
            evidence = Evidence("data/x", where, float(mean[worst]), "mean", 0)
            yield self.found(case, text, subject="mean", evidence=(evidence,), remedies=remedies)
        low, high = used[np.argmin(std[used])], used[np.argmax(std[used])]
        if std[high] > self.spread * std[low]:
            names = [_feature(case, i, pooled=False) for i in (high, low)]
            text = (
                f"{names[0]} has standard deviation {number_text(std[high])}, "
                f"{names[1]} has {number_text(std[low])}"
            )
            evidence_of_both = tuple(
                Evidence("data/x", (*lead, int(i)), float(std[i]), "standard deviation", 0)
                for i in (high, low)
            )
            yield self.found(
                case, text, subject="spread", evidence=evidence_of_both, remedies=remedies
            )


def _feature(case: Case, number: np.intp, *, pooled: bool) -> str:
    if pooled:
        return "the input"
    if case.data is not None:
        return case.data.feature_names[number]
    return f"feature {int(number)}"


@dataclass(frozen=True)
class UnusedSamples(Rule):
    """Training samples do not fill a batch and, without shuffling, are the same in every epoch.

    All batches of a program have the same size, so an epoch drops what is left over. Bottou 2012,
    Stochastic Gradient Descent Tricks, section 3.2, advises to shuffle.
    """

    id = "unused_samples"
    title = "Samples never used"
    meaning = "The network learns nothing from them."
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        program = case.program
        batches = [n.op for n in program.graph.nodes if isinstance(n.op, NextBatch)]
        if not program.dropped or any(batch.shuffle for batch in batches):
            return
        dropped, samples = program.dropped, program.samples
        verbs = ("is", "it does") if dropped == 1 else ("are", "they do")
        first = samples - dropped
        yield self.found(
            case,
            f"{dropped} of {samples} training samples {verbs[0]} never used: {verbs[1]} not fill a "
            "batch, and shuffling is off",
            evidence=(Evidence("data/order", (first,), float(first), "first unused sample", 0),),
            remedies=(
                Remedy("shuffle the samples for every epoch", (Change("shuffle", True),)),
                *(
                    Remedy(f"use batches of {size}", (Change("batch_size", size),))
                    for size in program.whole_batch_sizes
                ),
            ),
        )


@dataclass(frozen=True)
class ClassImbalance(Rule):
    """Some class has many times the samples of another.

    He & Garcia 2009, Learning from Imbalanced Data, section 2, call 10:1 and more imbalanced.

    Attributes:
        ratio: the greatest ratio of the largest class to the smallest.
    """

    ratio: float = 10.0

    id = "class_imbalance"
    title = "Class imbalance"
    meaning = "The loss is already low if the network always answers the frequent classes."
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        y = case.machine.view("data/y")
        if not _is_classes(y):
            return
        counts = y.sum(axis=0)
        if y.shape[1] == 1:
            counts = np.array([len(y) - counts[0], counts[0]])
        most, least = int(counts.argmax()), int(counts.argmin())
        if counts[most] <= self.ratio * counts[least]:
            return
        names = [f"class {i}" for i in (most, least)]
        if case.data is not None and len(case.data.class_names) == len(counts):
            names = [case.data.class_names[i] for i in (most, least)]
        text = (
            f"{counts[most]:.0f} training samples are {names[0]}, {counts[least]:.0f} are "
            f"{names[1]}"
        )
        column = (None, most if y.shape[1] > 1 else 0)
        evidence = Evidence("data/y", column, float(counts[most]), f"samples of {names[0]}", 0)
        remedy = Remedy("balance the classes, or look at more than the accuracy")
        yield self.found(case, text, evidence=(evidence,), remedies=(remedy,))


def _is_classes(y: NDArray[np.floating]) -> bool:
    """Whether targets are 0 and 1 only: one-hot, or one of two classes."""
    return bool(y.ndim == 2 and np.isin(y, (0.0, 1.0)).all())


@dataclass(frozen=True)
class OutputMismatch(Rule):
    """The output and the loss do not fit each other or the targets.

    Nielsen, Neural Networks and Deep Learning, chapter 3: with a squared error the gradient of a
    saturating output vanishes where it is most wrong; cross-entropy cancels that factor. Squashing
    twice, and targets that the output cannot reach, are mistakes in themselves.
    """

    id = "output_mismatch"
    title = "Output and loss do not fit"
    meaning = "The loss cannot become small, or the gradient is small where the error is large."
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        last, y = len(case.layers) - 1, case.machine.view("data/y")
        activation = case.layers[last].activation
        low, high = ACTIVATIONS[activation].range
        if y.ndim == 2 and y.dtype.kind == "f" and (y.min() < low or y.max() > high):
            row, column = np.argwhere((y < low) | (y > high))[0]
            value = float(y[row, column])
            evidence = Evidence("data/y", (int(row), int(column)), value, "a target", 0)
            remedy = Remedy("make the output linear", case.change(last, "activation", LINEAR.name))
            yield self.found(
                case,
                f"{activation} gives {number_text(low, 6)} to {number_text(high, 6)}, "
                f"and a target is {number_text(value)}",
                subject="range",
                severity="error",
                evidence=(evidence,),
                remedies=(remedy,),
            )
        yield from self._squared(case, activation, y)
        yield from self._twice(case, activation)

    def _squared(self, case: Case, activation: str, y: NDArray[np.floating]) -> Iterator[Finding]:
        squared = case.network.loss in ("mean_squared_error", "huber")
        if not squared or not ACTIVATIONS[activation].bounded or not _is_classes(y):
            return
        last = len(case.layers) - 1
        loss = "binary_cross_entropy" if y.shape[1] == 1 else "softmax_cross_entropy"
        matching = MATCHING_ACTIVATION[loss]
        changes = (*case.change(last, "activation", matching), Change("loss", loss))
        yield self.found(
            case,
            f"{case.network.loss} on a {activation} output: where it is saturated and wrong, the "
            f"gradient is close to 0",
            subject="squared error",
            remedies=(Remedy(f"use {loss} with {matching}", changes),),
        )

    def _twice(self, case: Case, activation: str) -> Iterator[Finding]:
        if len(case.layers) < 2 or not ACTIVATIONS[activation].probability:
            return
        before, last = case.layers[-2], case.layers[-1]
        if ACTIVATIONS[before.activation].probability and before.units == last.units:
            change = case.change(len(case.layers) - 2, "activation", TANH.name)
            yield self.found(
                case,
                f"{before.name} already squashes {before.units} outputs with {before.activation}, "
                f"and {last.name} squashes them again with {activation}",
                subject="squashed twice",
                evidence=(Evidence(before.output, None, float(before.units), "units", 0),),
                remedies=(Remedy(f"give {before.name} another activation", change),),
            )


@dataclass(frozen=True)
class SurprisingFirstLoss(Rule):
    """The loss of a classifier before training is far above ln(classes), the loss of a guess.

    Karpathy 2019, A Recipe for Training Neural Networks: "verify loss @ init". The fewer inputs
    the output layer has, the more its first answers vary by chance, so the factor is multiplied by
    1 + 1/√inputs.

    Attributes:
        factor: the greatest first loss as a multiple of ln(classes).
    """

    factor: float = 1.5

    id = "surprising_first_loss"
    title = "Surprising first loss"
    meaning = "The first parameters make confident wrong answers, which training must first undo."
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        units = case.layers[-1].units
        classes = {"softmax_cross_entropy": units, "binary_cross_entropy": 2}
        count, last = classes.get(case.network.loss), case.layers[-1]
        chance = 1 + 1 / sqrt(last.inputs)
        if count is None or case.start.loss <= self.factor * chance * log(count):
            return
        text = (
            f"the first loss is {number_text(case.start.loss)}; that of a guess among {count} "
            f"classes is {number_text(log(count))}"
        )
        evidence = [Evidence("loss/L", (), case.start.loss, "first loss on the training set", 0)]
        evidence += [
            Evidence(name, None, float(np.std(case.machine.view(name))), "standard deviation", 0)
            for name in last.parameters[:1]
        ]
        yield self.found(case, text, evidence=evidence, remedies=(_initialise(case),))


@dataclass(frozen=True)
class BadInitialScale(Rule):
    """Activations or gradients grow or shrink from layer to layer.

    Glorot & Bengio 2010, section 4.2, and He et al. 2015, section 2.2: initial weights should
    leave the variance of activations and of gradients as it is; otherwise both change
    exponentially with depth. The rule judges the mean change per layer, over all hidden dense
    and convolutional layers of at least `width` units: single layers vary with their widths and by
    chance, for which narrow layers get a larger tolerance. Networks with other kinds of parameters
    are not judged, because those have scales of their own.

    Attributes:
        factor: the greatest change per layer.
        width: the least number of units of the narrowest hidden layer.
    """

    factor: float = 2.0
    width: int = 8

    id = "bad_initial_scale"
    title = "Bad initial scale"
    meaning = "With depth the signal explodes or dies out before training begins."
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        weighs = [LAYERS[layer.kind].weighs() for layer in case.layers]
        judged = [i for i in case.hidden if weighs[i]]
        units = [case.layers[i].units for i in judged]
        others = [la for la, w in zip(case.layers, weighs, strict=True) if la.parameters and not w]
        if len(units) < 2 or min(units) < self.width or others:
            return
        allowed = log2(self.factor) + 2 / sqrt(sum(units))
        for what, values in (
            ("activations", [case.start.activations[i] for i in judged]),
            ("gradients", [case.start.signals[i] for i in reversed(judged)]),
        ):
            first, last = values[0], values[-1]
            if not (first > 0 and last > 0):
                continue
            change = log2(last / first) / (len(values) - 1)
            if abs(change) <= allowed:
                continue
            verb = "grow" if change > 0 else "shrink"
            back = "" if what == "activations" else ", on the way back,"
            ends = [case.layers[i] for i in (judged[0], judged[-1])]
            names = [end.output if what == "activations" else end.pre_activation for end in ends]
            shown = (first, last) if what == "activations" else (last, first)
            evidence = tuple(
                Evidence(self._buffer(case, name, what), None, value, "standard deviation", 0)
                for name, value in zip(names, shown, strict=True)
            )
            yield self.found(
                case,
                f"the {what} {verb}{back} by a factor of {number_text(2 ** abs(change))} a layer, "
                f"from {number_text(first)} to {number_text(last)}",
                subject=what,
                evidence=evidence,
                remedies=(_initialise(case),),
            )

    def _buffer(self, case: Case, name: str, what: str) -> str:
        return name if what == "activations" else case.program.buffers[name].grad or name


def _initialise(case: Case) -> Remedy:
    """A remedy: initial weights that suit each layer's activation."""
    changes: list[Change] = []
    for number, built in enumerate(case.layers):
        layer = located(case.network.layers, built.name)[1]
        if layer.weighs():
            suited = ACTIVATIONS[built.activation].initializer
            if initializer(cast("Weighted", layer).initializer) != initializer(suited):
                changes += case.change(number, "initializer", suited)
    if changes:
        return Remedy("initialise each layer for its width and activation", tuple(changes))
    measured = case.machine.view("data/x").dtype.kind == "f"
    return STANDARDISE if measured else Remedy("start with smaller weights")
