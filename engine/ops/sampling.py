"""Ops that draw and fetch what a step needs: a batch of samples, dropout masks, noise.

Randomness is counter-based: every draw is a Philox stream keyed by the seed and a purpose, at a
counter given by the epoch or the step. No generator state is carried from step to step, so any step
can be repeated from the step counter alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from engine.formula import Condition, Formula, Index, Number, Operand, Selection, single, where
from engine.ops.base import Call, GradientStop, Op
from engine.tensors.arrays import Array, constant, flat
from engine.tensors.tensor import Order, Shape, Tensor, memory_axes

PURPOSE_PARAMETERS, PURPOSE_BATCHES, PURPOSE_DROPOUT, PURPOSE_NOISE = 1, 2, 3, 4


class Stream:
    """A random generator that can be set to (seed, purpose, moment) in less than a microsecond.

    `number` distinguishes streams of one purpose (layers). Setting `bit_generator.state` is ten
    times cheaper than making a new Philox.
    """

    def __init__(self, purpose: int, number: int = 0) -> None:
        self._philox = np.random.Philox(key=np.array([0, purpose], dtype=np.uint64))
        self._state = self._philox.state
        self._number = number
        self.generator = np.random.Generator(self._philox)

    def at(self, seed: int, moment: int) -> np.random.Generator:
        """The generator, at the start of the stream of this moment (an epoch, a step)."""
        inner = self._state["state"]
        inner["key"][0] = seed
        inner["counter"][:] = (0, 0, moment, self._number)
        self._philox.state = self._state
        return self.generator


class NextBatch(Op):
    """Rows of the step's batch. Inputs: the epoch's order of all rows, the step counter, the seed.

    With `shuffle`, the first step of an epoch draws a new order. An epoch has
    floor(samples / batch) steps, since all batches have the same size: rows beyond the last whole
    batch are dropped. When shuffling, they differ from epoch to epoch; without it, they are never
    used.
    """

    name = "batch"
    dtype = "int64"

    def __init__(self, batch: int, samples: int, *, shuffle: bool) -> None:
        self.batch = batch
        self.samples = samples
        self.shuffle = shuffle

    @property
    def dropped(self) -> int:
        """The number of rows of each epoch that do not fill a batch."""
        return self.samples % self.batch

    def shape(self, *inputs: Tensor) -> Shape:
        return (self.batch,)

    def formula(self, *inputs: str) -> str:
        how = "next rows of the shuffled epoch" if self.shuffle else "next rows"
        which = "{} each epoch" if self.shuffle else "the last {}"
        dropped = f", dropping {which.format(self.dropped)}" if self.dropped else ""
        return f"{how}, {self.batch} of {self.samples}{dropped}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        order, step, seed = inputs
        steps = self.samples // self.batch
        slices = [order[i * self.batch : (i + 1) * self.batch] for i in range(steps)]
        shuffle = self._shuffler(order, seed) if self.shuffle else None
        copy = np.copyto

        def next_batch() -> None:
            epoch, position = divmod(step.item(), steps)
            if position == 0 and shuffle is not None:
                shuffle(epoch)
            copy(out, slices[position])

        return [next_batch]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        order, step, seed = inputs
        steps = self.samples // self.batch
        epoch, position = divmod(step.array.item(), steps)
        if self.shuffle and position == 0:
            drawn = np.empty_like(order.array)
            self._shuffler(drawn, seed.array)(epoch)
            order = replace(order, array=drawn)
        (row,) = single(index)
        found = order[position * self.batch + row]
        return Selection(found, (step[()],), f"batch {position + 1} of {steps} of the epoch")

    def _shuffler(self, order: Array, seed: Array) -> partial[None]:
        stream, rows = Stream(PURPOSE_BATCHES), np.arange(self.samples)

        def shuffle(order: Array, epoch: int) -> None:
            np.copyto(order, rows)
            stream.at(seed.item(), epoch).shuffle(order)

        return partial(shuffle, order)

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


class Gather(Op):
    """Samples of a data array: out[i] = data[rows[i]]. Inputs: the data, the row numbers."""

    name = "gather"
    any_order = True

    def __init__(self, dtype: str = "") -> None:
        self.dtype = dtype  # that of the data: numbers, or ids

    def shape(self, *inputs: Tensor) -> Shape:
        data, rows = inputs
        return (*rows.shape, *data.shape[1:])

    def formula(self, *inputs: str) -> str:
        return f"{inputs[0]}[{inputs[1]}]"

    def pattern(self, *inputs: Tensor) -> Tensor | None:
        return None

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        data, rows = inputs
        # Mode "clip" writes straight into out, "raise" would need a copy; all rows are in range.
        if out.flags.c_contiguous:
            return [partial(data.take, rows, 0, out, "clip")]
        axes = sorted(range(out.ndim), key=lambda axis: -out.strides[axis])
        samples = axes.index(0)
        if samples == out.ndim - 1 and data[0].size > WIDE:
            fetched = np.empty(out.shape, out.dtype)
            return [partial(data.take, rows, 0, fetched, "clip"), partial(np.copyto, out, fetched)]
        return [partial(data.transpose(axes).take, rows, samples, out.transpose(axes), "clip")]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        data, rows = inputs
        lead = len(rows.shape)
        row = rows[index[:lead]]
        found = data[(row.number(data.shape[0]), *index[lead:])]
        return Selection(found, (row,), "the row with this number")

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 0


WIDE = 32
"""The number of values beyond which a sample is fetched as a whole, as one long copy."""


def as_fetched(data: Array, order: Order) -> Array:
    """The data, in the memory order from which `Gather` best fetches samples into `order`."""
    axes = memory_axes(order, data.ndim)
    if axes[-1] == 0 and data[0].size > WIDE:
        axes = memory_axes("C", data.ndim)
    inverse = sorted(range(data.ndim), key=axes.__getitem__)
    return np.ascontiguousarray(data.transpose(axes)).transpose(inverse)


class _Draw(Op):
    """Random numbers that are drawn at every step; `number` distinguishes layers."""

    def __init__(self, number: int, shape: Shape) -> None:
        self.number = number
        self.target = shape

    def shape(self, *inputs: Tensor) -> Shape:
        return self.target


class DropoutMask(_Draw):
    """1/(1 − p) with probability 1 − p, else 0: inverted dropout (Srivastava et al. 2014, ch. 10).

    Inputs: the 0-d rate p, the step counter, the seed. `number` distinguishes layers.
    """

    name = "dropout_mask"
    gradient_stop = GradientStop("dropped", 0.0)

    def formula(self, *inputs: str) -> str:
        return f"1/(1 − {inputs[0]}) with probability 1 − {inputs[0]}, else 0"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        rate, step, seed = inputs
        stream = Stream(PURPOSE_DROPOUT, self.number)
        draws = flat(out)
        retained, scale = np.empty(draws.shape, dtype=bool), constant(1.0, out)

        def draw() -> None:
            stream.at(seed.item(), step.item()).random(dtype=draws.dtype, out=draws)
            scale[()] = 1.0 / (1.0 - rate.item())

        return [
            draw,
            partial(np.greater_equal, draws, rate, retained),
            partial(np.multiply, retained, scale, draws),
        ]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        rate, step, seed = inputs
        draws = np.empty_like(out.array)
        stream = Stream(PURPOSE_DROPOUT, self.number).at(seed.array.item(), step.array.item())
        stream.random(dtype=draws.dtype, out=flat(draws))
        one, p = Number(1.0), rate[()]
        draw = replace(out, array=draws)[single(index)]
        return where(
            Condition(Number(draw.value, "u", "a random draw from 0 to 1"), "<", p),
            Number(0.0),
            one / (one - p),
        )

    def flops(self, out: Tensor, *inputs: Tensor) -> int:
        return 3 * out.size


class Noise(_Draw):
    """Normal deviates, drawn at every step. Inputs: the 0-d deviation, step, seed.

    `number` distinguishes layers.
    """

    name = "noise"

    def formula(self, *inputs: str) -> str:
        return f"normal deviates times {inputs[0]}"

    def kernel(self, out: Array, *inputs: Array) -> list[Call]:
        deviation, step, seed = inputs
        stream, draws = Stream(PURPOSE_NOISE, self.number), flat(out)

        def draw() -> None:
            generator = stream.at(seed.item(), step.item())
            generator.standard_normal(dtype=draws.dtype, out=draws)

        return [draw, partial(np.multiply, draws, deviation, draws)]

    def explain(self, index: Index, out: Operand, *inputs: Operand) -> Formula:
        deviation, step, seed = inputs
        draws = np.empty_like(out.array)
        stream = Stream(PURPOSE_NOISE, self.number).at(seed.array.item(), step.array.item())
        stream.standard_normal(dtype=draws.dtype, out=flat(draws))
        draw = replace(out, array=draws)[single(index)]
        return Number(draw.value, "ξ", "a random normal deviate") * deviation[()]
