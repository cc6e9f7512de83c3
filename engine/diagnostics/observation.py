"""Observations of a step: a few numbers for every layer, read from the buffers.

Between two steps the buffers still hold all that the last step has computed. The parameters are
those after its update.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np

from engine.layers.activation import ACTIVATIONS
from engine.layers.context import LayerInfo
from engine.program.machine import Machine
from engine.program.program import Buffer
from engine.tensors.arrays import Array


@dataclass(frozen=True)
class UnitMarks:
    """The thresholds at which a picture of the network marks a unit.

    Rules of the diagnostics judge layers over many looks. A mark concerns one unit and rests on the
    few outputs that the picture has of it.

    Attributes:
        saturated: the least share of these outputs that are saturated.
        silent: the least number of consecutive batches for which a unit that can die is 0.
    """

    saturated: float = 0.92
    silent: int = 12


@dataclass(frozen=True)
class LayerSample:
    """A layer at one step.

    Attributes:
        mean, std: the mean and standard deviation of its output, over batch and units.
        gradient: the norm of dL/dθ of its parameters θ.
        mean_gradient: the mean magnitude of the elements of dL/dθ.
        ratio: the norm of the last update of its weights over that of the weights (CS231n notes 3;
            norms, since the spread of a single weight is 0); NaN without weights.
        saturated: the share of saturated outputs; 0 if the activation cannot saturate.
    """

    mean: float
    std: float
    gradient: float
    mean_gradient: float
    ratio: float
    saturated: float


@dataclass(frozen=True)
class Observation:
    """An observation between two steps.

    Attributes:
        step: the number of finished steps.
        losses: the losses of the batches of the last consecutive steps, without penalties.
        loss: the mean of `losses`.
        gradient: the norm of the whole gradient.
        layers: one for each layer of the program.
    """

    step: int
    losses: tuple[float, ...]
    loss: float
    gradient: float
    layers: tuple[LayerSample, ...]


class Probe:
    """Takes samples of the layers of a machine.

    Attributes:
        seconds: the rough duration of a look with its judgement; the same on every machine.
        loss: reads the loss of the last batch, without penalties.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        buffers = machine.program.buffers
        self.loss: Callable[[], float] = machine.view(
            "loss/data" if "loss/data" in buffers else "loss/L"
        ).item
        self._gradient = machine.view("parameters.grad")
        self._layers = [_Layer(machine, layer) for layer in machine.program.layers]
        self.seconds = sum(layer.seconds for layer in self._layers) + LOOK_SECONDS

    def look(self, losses: tuple[float, ...]) -> Observation:
        """A sample of every layer, with the losses of the last steps."""
        with np.errstate(all="ignore"):
            return Observation(
                step=self._machine.step_count,
                losses=losses,
                loss=sum(losses) / len(losses),
                gradient=norm(self._gradient),
                layers=tuple(layer.sample() for layer in self._layers),
            )

    def silent(self) -> tuple[Array | None, ...]:
        """For each layer whose units can die, whether each unit (units,) was 0 for the batch."""
        return tuple(layer.silent() for layer in self._layers)


LOOK_SECONDS, LAYER_SECONDS, ELEMENT_SECONDS = 3.5e-4, 4e-5, 2e-9
"""The rough durations in seconds of a look with the rules that judge it, of each layer, and of each
of its outputs and parameters, in a processor whose caches are full of training."""


class _Layer:
    """The sampler of one layer, with views of its buffers."""

    def __init__(self, machine: Machine, layer: LayerInfo) -> None:
        buffers = machine.program.buffers
        output = machine.view(layer.output)
        self._output = output
        self._flat = output.ravel(order="K")
        self._copied = not np.shares_memory(self._flat, output)
        function = ACTIVATIONS[layer.activation]
        self._saturation = function.saturation
        self._silence = axes_but_unit(buffers[layer.output]) if function.can_die else None
        self._gradients = [machine.view(_named(buffers[p].grad)) for p in layer.parameters]
        weights = weights_of(layer, buffers)
        self._weights = [machine.view(name) for name in weights]
        self._updates = [machine.view(_named(buffers[name].update)) for name in weights]
        self._count = sum(gradient.size for gradient in self._gradients)
        self.seconds = LAYER_SECONDS + ELEMENT_SECONDS * (output.size + 3 * self._count)

    def sample(self) -> LayerSample:
        flat = self._output.ravel(order="K") if self._copied else self._flat
        mean = float(np.add.reduce(flat)) / flat.size
        deviation = flat - mean
        saturated = 0.0
        if self._saturation is not None:
            low, high = self._saturation
            count = np.count_nonzero(flat < low) + np.count_nonzero(flat > high)
            saturated = count / flat.size
        total = sum(float(np.add.reduce(np.absolute(g), axis=None)) for g in self._gradients)
        weight = _joint_norm(self._weights)
        return LayerSample(
            mean=mean,
            std=sqrt(max(0.0, float(deviation.dot(deviation)))) / sqrt(flat.size),
            gradient=_joint_norm(self._gradients),
            mean_gradient=total / self._count if self._count else float("nan"),
            ratio=_joint_norm(self._updates) / weight if weight else float("nan"),
            saturated=saturated,
        )

    def silent(self) -> Array | None:
        if self._silence is None:
            return None
        silent: Array = np.maximum.reduce(self._output, axis=self._silence) <= 0
        return silent


def norm(array: Array) -> float:
    """The Euclidean norm of all elements."""
    return _joint_norm([array])


SMALL_SQUARES = 1e-30
"""The sum of squares below which squares may underflow in float32."""


def _joint_norm(arrays: list[Array]) -> float:
    """The Euclidean norm of all elements of some arrays; finite if they are and float64 has it."""
    total = 0.0
    with np.errstate(over="ignore"):
        for array in arrays:
            flat = array.ravel(order="K")
            total += float(flat.dot(flat))
    return sqrt(total) if SMALL_SQUARES < total < inf else _scaled_norm(arrays)


def _scaled_norm(arrays: list[Array]) -> float:
    """The norm of numbers whose squares may overflow or underflow."""
    largest = float(np.max([0.0, *(np.abs(array).max(initial=0.0) for array in arrays)]))
    if not largest or not isfinite(largest):
        return largest
    squares = (np.square(array / np.float64(largest)).sum() for array in arrays)
    return largest * sqrt(float(sum(squares)))


def _named(name: str | None) -> str:
    if name is None:
        raise ValueError("a parameter without gradient or update")
    return name


def weights_of(layer: LayerInfo, buffers: Mapping[str, Buffer]) -> list[str]:
    """The parameters of a layer that multiply; biases only where there is nothing else."""
    matrices = [name for name in layer.parameters if len(buffers[name].shape) > 1]
    return matrices or list(layer.parameters)


def unit_axis(buffer: Buffer) -> int:
    """The axis that counts units, channels or filters; the last one, if there is none."""
    named = [i for i, axis in enumerate(buffer.axes) if axis in ("unit", "channel", "filter")]
    return named[-1] if named else len(buffer.shape) - 1


def axes_but_unit(buffer: Buffer) -> tuple[int, ...]:
    """All axes but that of the units."""
    return tuple(i for i in range(len(buffer.shape)) if i != unit_axis(buffer))
