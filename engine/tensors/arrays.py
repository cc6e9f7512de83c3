"""Views of NumPy arrays in memory order, and blocks of long arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def in_memory_order(arrays: list[Array]) -> list[Array]:
    """The arrays with their axes in memory order, so that NumPy runs one straight loop.

    The arrays are returned as they are unless all that are not 0-d share one shape and one order.
    """
    first = arrays[0]
    if first.ndim < 2 or any(array.shape not in ((), first.shape) for array in arrays):
        return arrays
    axes = sorted(range(first.ndim), key=lambda axis: -first.strides[axis])
    moved = [array.transpose(axes) if array.ndim else array for array in arrays]
    return moved if all(a.flags.c_contiguous for a in moved) else arrays


def matrix(array: Array) -> Array:
    """A view (rows, units) with all axes but the last merged in memory order (never a copy).

    Raises:
        ValueError: the array has gaps or its units lie between its other axes.
    """
    if array.ndim == 2:
        return array
    *others, last = range(array.ndim)
    others.sort(key=lambda axis: -array.strides[axis])
    return reshaped(array.transpose(*others, last), -1, array.shape[-1])


def constant(value: float, like: Array) -> Array:
    """`value` as a 0-d array: about half as expensive an operand of a small ufunc as a float."""
    return np.array(value, dtype=like.dtype)


def reshaped(array: Array, *shape: int) -> Array:
    """A view of that shape (never a copy).

    Raises:
        ValueError: the array has gaps where the view has none.
    """
    view = array.reshape(shape)
    if array.size and not np.shares_memory(view, array):
        raise ValueError(f"an array of shape {array.shape} as it lies has no view as {shape}")
    return view


def flat(array: Array) -> Array:
    """A one-dimensional view in memory order (never a copy).

    Raises:
        ValueError: the array has gaps.
    """
    axes = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    ordered = array.transpose(axes)
    if not ordered.flags.c_contiguous:
        raise ValueError("an array with gaps has no flat view")
    return ordered.reshape(-1)


def flat_pair(left: Array, right: Array) -> tuple[Array, Array]:
    """Flat views of two arrays of one shape, element for element in the same order."""
    pair = in_memory_order([left, right])
    if not all(array.flags.c_contiguous for array in pair):
        raise ValueError("the two arrays lie in different memory orders")
    return pair[0].reshape(-1), pair[1].reshape(-1)


BLOCK_BYTES = 1 << 18
"""Bytes of an array that an update rule works on at a time: its operands then stay in cache."""


def blocks(*arrays: Array) -> list[tuple[Array, ...]]:
    """Flat arrays cut at the same positions, for kernels that make several passes over them."""
    first, size = arrays[0], BLOCK_BYTES // arrays[0].itemsize
    return [tuple(a[i : i + size] for a in arrays) for i in range(0, first.size, size)]


def pieces(*arrays: Array) -> list[tuple[Array, ...]]:
    """`blocks` of arrays of one shape; the whole arrays at once unless all are C-contiguous."""
    if all(array.flags.c_contiguous for array in arrays):
        return blocks(*(array.reshape(-1) for array in arrays))
    return [arrays]
