"""Which element of an array lies where in memory.

Buffers may lie in one another: all weights in one flat θ, the states of all time steps in one
array. Which elements are one and the same number is told by their address, whatever the shapes and
memory orders of the arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.tensors.arrays import Array

Numbers = NDArray[np.int64]


def address(array: Array, index: tuple[int, ...]) -> int:
    """Where an element starts, in bytes."""
    offset = sum(i * stride for i, stride in zip(index, array.strides, strict=True))
    return int(array.ctypes.data) + offset


def locate(array: Array, where: int) -> tuple[int, ...] | None:
    """The index of the element that starts at this address; None if no element of `array` does."""
    left = where - int(array.ctypes.data)
    if left < 0 or not array.size:
        return None
    index = [0] * array.ndim
    for axis in sorted(range(array.ndim), key=lambda axis: -array.strides[axis]):
        if array.shape[axis] > 1:
            index[axis], left = divmod(left, array.strides[axis])
            if index[axis] >= array.shape[axis]:
                return None
    return tuple(index) if left == 0 else None


def addresses(array: Array, index: tuple[Any, ...]) -> Numbers:
    """Where many elements start; of arrays of numbers that are broadcast against each other."""
    total = np.asarray(int(array.ctypes.data), dtype=np.int64)
    for numbers, stride in zip(index, array.strides, strict=True):
        total = total + np.asarray(numbers, dtype=np.int64) * stride
    return total


def locate_all(array: Array, where: Numbers) -> tuple[tuple[Numbers, ...], NDArray[np.bool_]]:
    """The indices of the elements that start at these addresses, and for which there is one."""
    left = where - int(array.ctypes.data)
    inside = left >= 0
    index = [np.zeros(where.shape, dtype=np.int64)] * array.ndim
    for axis in sorted(range(array.ndim), key=lambda axis: -array.strides[axis]):
        if array.shape[axis] > 1:
            index[axis], left = np.divmod(left, array.strides[axis])
            inside &= index[axis] < array.shape[axis]
    return tuple(index), inside & (left == 0) & bool(array.size)
