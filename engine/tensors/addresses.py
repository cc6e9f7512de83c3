"""Addresses of array elements in memory, and the elements at given addresses.

Buffers may lie in one another: all weights in one flat θ, the states of all time steps in one
array. Two elements are the same number if they have the same address, whatever the shapes and
memory orders of their arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.tensors.arrays import Array

Numbers = NDArray[np.int64]


def address(array: Array, index: tuple[int, ...]) -> int:
    """The address of an element, in bytes."""
    offset = sum(i * stride for i, stride in zip(index, array.strides, strict=True))
    return int(array.ctypes.data) + offset


def locate(array: Array, target: int) -> tuple[int, ...] | None:
    """The index of the element at an address; None if no element of `array` starts there."""
    rest = target - int(array.ctypes.data)
    if rest < 0 or not array.size:
        return None
    index = [0] * array.ndim
    for axis in sorted(range(array.ndim), key=lambda axis: -array.strides[axis]):
        if array.shape[axis] > 1:
            index[axis], rest = divmod(rest, array.strides[axis])
            if index[axis] >= array.shape[axis]:
                return None
    return tuple(index) if rest == 0 else None


def addresses(array: Array, index: tuple[Any, ...]) -> Numbers:
    """The addresses of many elements; the arrays in `index` are broadcast against each other."""
    total = np.asarray(int(array.ctypes.data), dtype=np.int64)
    for numbers, stride in zip(index, array.strides, strict=True):
        total = total + np.asarray(numbers, dtype=np.int64) * stride
    return total


def locate_all(array: Array, target: Numbers) -> tuple[tuple[Numbers, ...], NDArray[np.bool_]]:
    """The indices of the elements at these addresses, and a mask of the addresses that have one."""
    rest = target - int(array.ctypes.data)
    inside = rest >= 0
    index = [np.zeros(target.shape, dtype=np.int64)] * array.ndim
    for axis in sorted(range(array.ndim), key=lambda axis: -array.strides[axis]):
        if array.shape[axis] > 1:
            index[axis], rest = np.divmod(rest, array.strides[axis])
            inside &= index[axis] < array.shape[axis]
    return tuple(index), inside & (rest == 0) & bool(array.size)
