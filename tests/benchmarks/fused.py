"""The training step of a multilayer perceptron written by hand in NumPy, as fast as we know how.

This is what the engine is measured against: no graph, no instructions, no names, nothing to look
at; only the arithmetic. It keeps to the same conventions (a mean over the batch, biases, the same
loss value at every step) and gives the same weights. What makes it fast:

- Parameters, gradients and optimizer state are one flat array each, so an update is a handful of
  calls whatever the number of layers.
- A bias is the weight of an input that is always 1: activations are kept with a row of ones, so
  that one product gives W·x + b, and one gives dW and db.
- Activations are (units, batch), so that every element-wise call runs over one contiguous block.
- Every call writes to a buffer that exists; activations overwrite pre-activations, and gradients
  of activations become gradients of pre-activations in place.
- Scalars are 0-d arrays, which cost a ufunc less than Python's floats.
- An optimizer's passes over many parameters go block by block, so that they stay in cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Rows = NDArray[np.int64]
Hidden = Literal["tanh", "relu"]

BLOCK_BYTES = 1 << 17
"""Bytes of an array that an optimizer works on at a time; five such fit a level-2 cache."""


class Adam:
    """Kingma & Ba 2015, algorithm 1, with the bias corrections folded into two scalars."""

    def __init__(self, theta: Array, gradient: Array, rate: float) -> None:
        self._rate, self._beta1, self._beta2, self._epsilon = rate, 0.9, 0.999, 1e-8
        self._time = 0
        kind = theta.dtype
        self._keep1, self._take1 = np.array(0.9, kind), np.array(1 - 0.9, kind)
        self._keep2, self._take2 = np.array(0.999, kind), np.array(1 - 0.999, kind)
        self._corrected_rate, self._corrected_epsilon = np.array(0.0, kind), np.array(0.0, kind)
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        size = BLOCK_BYTES // kind.itemsize
        scratch = np.empty(min(size, theta.size), kind)
        starts = range(0, theta.size, size)
        parts = [tuple(a[i : i + size] for a in (theta, gradient, m, v)) for i in starts]
        self._blocks = [(*part, scratch[: part[0].size]) for part in parts]

    def __call__(self) -> None:
        self._time += 1
        scale = (1 - self._beta2**self._time) ** 0.5
        self._corrected_rate[()] = self._rate * scale / (1 - self._beta1**self._time)
        self._corrected_epsilon[()] = self._epsilon * scale
        add, multiply = np.add, np.multiply
        for theta, g, m, v, scratch in self._blocks:
            multiply(m, self._keep1, m)
            multiply(g, self._take1, scratch)
            add(m, scratch, m)
            multiply(v, self._keep2, v)
            multiply(g, g, g)
            multiply(g, self._take2, g)
            add(v, g, v)
            np.sqrt(v, scratch)
            add(scratch, self._corrected_epsilon, scratch)
            np.divide(m, scratch, scratch)
            multiply(scratch, self._corrected_rate, scratch)
            np.subtract(theta, scratch, theta)


class Descent:
    """Plain stochastic gradient descent."""

    def __init__(self, theta: Array, gradient: Array, rate: float) -> None:
        self._theta, self._gradient = theta, gradient
        self._rate = np.array(rate, theta.dtype)

    def __call__(self) -> None:
        np.multiply(self._gradient, self._rate, self._gradient)
        np.subtract(self._theta, self._gradient, self._theta)


class FusedNetwork:
    """A perceptron with binary or softmax cross-entropy, trained in place.

    Args:
        sizes: units from the inputs to the outputs; one output means a sigmoid and binary
            cross-entropy, more mean softmax.
        hidden: activation of the hidden layers.
        inputs: (samples, features).
        targets: (samples, outputs).
        parameters: W1 (inputs, units) row by row, b1, W2, ...; copied.
        batch: samples in a step.
        optimizer: ``sgd`` or ``adam``.
        rate: its learning rate.
        seed: of the order of the samples.

    Attributes:
        theta: all parameters, flat, in the order given.
        loss: of the last step's batch, before its update.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        hidden: Hidden,
        inputs: Array,
        targets: Array,
        parameters: Array,
        *,
        batch: int,
        optimizer: Literal["sgd", "adam"],
        rate: float,
        seed: int = 0,
    ) -> None:
        kind = parameters.dtype
        self.theta, self._gradient = parameters.copy(), np.zeros_like(parameters)
        self.loss = 0.0
        self._hidden, self._batch = hidden, batch
        self._data = np.hstack([inputs, np.ones((len(inputs), 1))]).astype(kind)
        self._truth = np.ascontiguousarray(targets.T, dtype=kind)
        self._allocate(sizes, kind)
        rule = Adam if optimizer == "adam" else Descent
        self._update = rule(self.theta, self._gradient, rate)
        self._batches = self._endless_batches(np.random.Philox(key=seed))

    def _allocate(self, sizes: Sequence[int], kind: np.dtype[np.floating]) -> None:
        batch, outputs = self._batch, sizes[-1]
        self._x = np.empty((batch, sizes[0] + 1), kind)
        self._y = np.empty((outputs, batch), kind)
        below, offset = self._x.T, 0
        self._layers = []
        for fan_in, units in pairwise(sizes):
            where = slice(offset, offset + (fan_in + 1) * units)
            joined = self.theta[where].reshape(fan_in + 1, units)
            gradient = self._gradient[where].reshape(fan_in + 1, units)
            stored = np.ones((units + 1, batch), kind)
            a, da = stored[:-1], np.empty((units, batch), kind)
            self._layers.append((below, joined.T, a, gradient, joined[:-1], da))
            below, offset = stored, where.stop
        widest = max(sizes[1:])
        scratch = np.empty(widest * batch, kind)
        self._scratch = [scratch[: u * batch].reshape(u, batch) for u in sizes[1:]]
        self._masks = [np.empty((u, batch), bool) for u in sizes[1:]]
        self._row, self._ones = np.empty(batch, kind), np.ones(outputs, kind)
        self._batch_ones, self._half = np.ones(batch, kind), np.array(0.5, kind)
        self._zero, self._one = np.array(0.0, kind), np.array(1.0, kind)
        self._share = np.array(1.0 / batch, kind)

    def _endless_batches(self, source: np.random.Philox) -> Iterator[Rows]:
        """Row numbers, epoch after epoch; the order of all rows is shuffled in place."""
        shuffler, order = np.random.Generator(source), np.arange(len(self._data))
        steps = len(order) // self._batch
        batches = [order[i * self._batch : (i + 1) * self._batch] for i in range(steps)]
        while True:
            shuffler.shuffle(order)
            yield from batches

    def run(self, steps: int) -> None:
        """Train for that many steps."""
        for rows in islice(self._batches, steps):
            self.train(rows)

    def train(self, rows: Rows) -> None:
        """One step on the samples with these row numbers."""
        self._data.take(rows, 0, self._x, "clip")
        self._truth.take(rows, 1, self._y, "clip")
        squash = self._squash_tanh if self._hidden == "tanh" else self._squash_relu
        last = self._layers[-1]
        for below, weights, a, _, _, _ in self._layers:
            weights.dot(below, a)
            if a is not last[2]:
                squash(a)
        (self._sigmoid_head if len(self._ones) == 1 else self._softmax_head)(last[2], last[5])
        self._backward()
        self._update()

    def _squash_tanh(self, a: Array) -> None:
        np.tanh(a, a)

    def _squash_relu(self, a: Array) -> None:
        np.maximum(a, self._zero, out=a)

    def _sigmoid_head(self, z: Array, dz: Array) -> None:
        """Loss from the logits, and dz = (sigmoid(z) - y) / batch."""
        np.logaddexp(self._zero, z[0], self._row)
        self.loss = float(self._row.dot(self._batch_ones) - self._y[0].dot(z[0])) / self._batch
        np.multiply(z, self._half, dz)
        np.tanh(dz, dz)
        np.multiply(dz, self._half, dz)
        np.add(dz, self._half, dz)
        np.subtract(dz, self._y, dz)
        np.multiply(dz, self._share, dz)

    def _softmax_head(self, z: Array, dz: Array) -> None:
        """Loss from the logits, and dz = (softmax(z) - y) / batch."""
        row = self._row
        np.maximum.reduce(z, axis=0, out=row)
        np.subtract(z, row, z)
        np.exp(z, dz)
        self._ones.dot(dz, row)
        np.divide(dz, row, dz)
        np.log(row, row)
        correct = self._y.reshape(-1).dot(z.reshape(-1))
        self.loss = float(row.dot(self._batch_ones) - correct) / self._batch
        np.subtract(dz, self._y, dz)
        np.multiply(dz, self._share, dz)

    def _backward(self) -> None:
        """From dz of the output to the gradient of every parameter."""
        layers = self._layers
        for index in range(len(layers) - 1, 0, -1):
            below, _, _, gradient, weights, dz = layers[index]
            below.dot(dz.T, gradient)
            a, da = layers[index - 1][2], layers[index - 1][5]
            weights.dot(dz, da)
            slope = self._scratch[index - 1]
            if self._hidden == "tanh":
                np.multiply(a, a, slope)
                np.subtract(self._one, slope, slope)
            else:
                # By way of floats: to multiply by booleans costs more than to convert them.
                np.greater(a, self._zero, self._masks[index - 1])
                np.copyto(slope, self._masks[index - 1])
            np.multiply(da, slope, da)
        below, _, _, gradient, _, dz = layers[0]
        below.dot(dz.T, gradient)
