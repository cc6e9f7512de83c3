"""Units that do not respond: dead, saturated, or twins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diagnostics.case import Case
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.observation import axes_but_unit, unit_axis
from engine.diagnostics.rule import Rule
from engine.layers import LAYERS
from engine.layers.activation import ACTIVATIONS, LEAKY_RELU, RELU

ROWS = 512
"""The number of training samples judged at a time."""
NOTABLE = 0.3
"""The share of dead units in a layer from which a finding is a warning."""


@dataclass(frozen=True)
class DeadReLU(Rule):
    """A ReLU gives 0 for every training sample.

    CS231n, notes 1, Commonly used activation functions: such a unit has no gradient for any
    sample, so it never recovers. Units that were silent for many batches are suspects. If there are
    enough of them, they are judged on the whole training set. A unit that is found alive becomes a
    suspect again only after four times as many silent batches. A few dead units in a wide layer are
    usual.

    Attributes:
        share: the least share of dead units in a layer.
        looks: the consecutive observations at which a suspect was silent for the whole batch.
    """

    share: float = 0.1
    looks: int = 10

    id = "dead_relu"
    title = "Dead ReLU"
    meaning = "A dead unit has no gradient: it contributes nothing and no longer learns."

    def check(self, case: Case) -> Iterator[Finding]:
        for number, quiet in enumerate(case.monitor.quiet):
            if quiet is None:
                continue
            verdicts: _Verdicts = case.memory.setdefault(
                f"{self.id}.{number}", _Verdicts(set(), np.full(quiet.shape, self.looks))
            )
            enough = max(1.0, self.share * quiet.size)
            suspects = set(np.flatnonzero(quiet >= verdicts.patience).tolist())
            verdicts.dead &= suspects
            if len(suspects) >= enough and suspects != verdicts.dead:
                silent = silent_on_all(case, number)
                alive = [unit for unit in suspects if not silent[unit]]
                verdicts.dead = suspects.difference(alive)
                verdicts.patience[alive] *= 4
                case.monitor.reset_quiet(number, alive)
            if len(verdicts.dead) >= enough:
                yield self._found(case, number, sorted(verdicts.dead))

    def _found(self, case: Case, number: int, dead: list[int]) -> Finding:
        layer = case.layers[number]
        share = len(dead) / layer.units
        evidence = tuple(
            Evidence(
                layer.output,
                _all_of(case, layer.output, unit),
                0.0,
                "for every training sample",
                case.step,
            )
            for unit in dead[:8]
        )
        leaky = case.change(number, "activation", LEAKY_RELU.name)
        rate = case.hyperparameter("learning_rate") or 0.0
        lower = Change("optimizer.learning_rate", rate / 10)
        verb = "is" if len(dead) == 1 else "are"
        return self.found(
            case,
            f"{len(dead)} of the {layer.units} units of {layer.name} {verb} dead",
            subject=layer.name,
            severity="note" if share < NOTABLE else "warning",
            evidence=evidence,
            remedies=(
                Remedy("use leaky ReLU in this layer", leaky),
                Remedy("start again with a tenth of the learning rate", (lower,)),
            ),
        )


@dataclass
class _Verdicts:
    """The dead units of a layer, and for each unit (units,) the looks until it is a suspect."""

    dead: set[int]
    patience: NDArray[np.int64]


def silent_on_all(case: Case, number: int) -> NDArray[np.bool_]:
    """Whether each unit (units,) of layer `number` gives 0 for every training sample."""
    x, name = case.machine.view("data/x"), case.layers[number].output
    silent: NDArray[np.bool_] = np.ones(case.layers[number].units, dtype=bool)
    for start in range(0, len(x), ROWS):
        evaluator = case.machine.evaluator(x[start : start + ROWS])
        evaluator.run(1)
        axes = axes_but_unit(evaluator.program.buffers[name])
        silent &= evaluator.view(name).max(axis=axes) <= 0
    return silent


@dataclass(frozen=True)
class Saturated(Rule):
    """Most outputs of a hidden layer lie at the ends of tanh or sigmoid.

    Glorot & Bengio 2010, section 3: saturated units stop the gradient. It is judged while the
    network has learned little: in a trained network, units that decide clearly are normal.

    Attributes:
        share: the least share of saturated outputs; each activation defines which are saturated.
        looks: the number of consecutive observations.
    """

    share: float = 0.5
    looks: int = 20

    id = "saturated"
    title = "Saturated units"
    meaning = (
        "The slope of a saturated output is close to zero, and so is the gradient that passes."
    )

    def check(self, case: Case) -> Iterator[Finding]:
        seen = case.last(self.looks)
        if seen is None or not case.ignorant(self.looks):
            return
        for number in case.hidden:
            layer = case.layers[number]
            if ACTIVATIONS[layer.activation].saturation is None:
                continue
            shares = [look.layers[number].saturated for look in seen]
            if min(shares) <= self.share:
                continue
            evidence = Evidence(
                layer.output, None, shares[-1], "share of saturated outputs", case.step
            )
            yield self.found(
                case,
                f"{shares[-1]:.0%} of the outputs of {layer.name} are saturated",
                subject=layer.name,
                evidence=(evidence,),
                remedies=(
                    Remedy(
                        "start with smaller weights",
                        case.change(number, "initializer", "glorot_uniform"),
                    ),
                    Remedy("use ReLU in this layer", case.change(number, "activation", RELU.name)),
                ),
            )


@dataclass(frozen=True)
class SymmetricUnits(Rule):
    """Units of a layer have equal incoming weights and equal gradients.

    Goodfellow, Bengio, Courville 2016, section 8.4: initial parameters must break the symmetry
    between units, or the units stay equal for ever.

    Attributes:
        every: the number of looks from one check to the next.
    """

    every: int = 16

    id = "symmetric_units"
    title = "Symmetric units"
    meaning = "Equal units get equal updates and stay equal: together they are one unit."

    def due(self, case: Case) -> bool:
        looks = case.memory[self.id] = case.memory.get(self.id, -1) + 1
        return len(case.seen) > 0 and looks % max(1, self.every) == 0

    def check(self, case: Case) -> Iterator[Finding]:
        for number, layer in enumerate(case.layers):
            if not LAYERS[layer.kind].weighs() or layer.units < 2:
                continue
            weights = layer.parameters[0]
            gradient = case.program.buffers[weights].grad
            if gradient is None:
                continue
            columns = _columns(case, weights)
            twins = equal_columns(columns, _columns(case, gradient))
            if len(twins) < 2:
                continue
            evidence = tuple(
                Evidence(
                    weights,
                    _all_of(case, weights, unit),
                    float(np.linalg.norm(columns[:, unit])),
                    "norm of the weights",
                    case.step,
                )
                for unit in twins[:8]
            )
            suited = ACTIVATIONS[layer.activation].initializer
            random = case.change(number, "initializer", suited)
            yield self.found(
                case,
                f"{len(twins)} of the {layer.units} units of {layer.name} are equal",
                subject=layer.name,
                severity="error",
                evidence=evidence,
                remedies=(Remedy("start with random weights", random),),
            )


def equal_columns(*arrays: NDArray[np.floating]) -> tuple[int, ...]:
    """The columns that are equal to another one in every array, to nine digits.

    Different columns hardly ever have the same product with a random vector, so the products are
    compared first.
    """
    direction = np.random.default_rng(0).normal(size=len(arrays[0]))
    products, sizes = direction @ arrays[0], np.abs(direction) @ np.abs(arrays[0])
    order = np.argsort(products)
    if not (np.diff(products[order]) <= 1e-8 * sizes[order][1:]).any():
        return ()
    mantissa, exponent = np.frexp(np.concatenate(arrays, axis=0).T)
    rows = np.ldexp(np.round(mantissa, 9), exponent) + 0.0  # no −0
    _, which, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return tuple(int(i) for i in np.flatnonzero(counts[which.ravel()] > 1))


def _columns(case: Case, weights: str) -> NDArray[np.floating]:
    """Weights as (inputs, units), whatever axes the inputs have."""
    axis = unit_axis(case.program.buffers[weights])
    view = np.moveaxis(case.machine.view(weights), axis, -1)
    return view.reshape(-1, view.shape[-1])


def _all_of(case: Case, buffer: str, unit: int) -> tuple[int | None, ...]:
    """The index of all elements of a unit."""
    info = case.program.buffers[buffer]
    return tuple(unit if i == unit_axis(info) else None for i in range(len(info.shape)))
