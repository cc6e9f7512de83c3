"""The functions of expressions: element by element, or over all elements or one axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine.tensors.tensor import Shape

Reader = Callable[[], Any]
Make = Callable[[Shape, int | None], Callable[[Any], Any]]
"""Maps (shape of the argument, axis or None for all) to the function of arrays."""


@dataclass(frozen=True)
class Function:
    """A function of expressions.

    Attributes:
        meaning: what it computes, for readers.
        make: see `Make`.
        wants_truth: whether it takes yes/no values (True), numbers (False) or both (None).
        truth: whether its value is yes or no.
    """

    meaning: str
    make: Make
    wants_truth: bool | None = False
    truth: bool = False


def _each(call: Callable[[Any], Any]) -> Make:
    return lambda shape, axis: call


def _over(reduce: Callable[..., Any]) -> Make:
    return lambda shape, axis: partial(reduce, axis=axis)


def _mean(shape: Shape, axis: int | None) -> Callable[[Any], Any]:
    count = int(np.prod(shape)) if axis is None else shape[axis]
    return lambda x: np.add.reduce(x, axis=axis) / count


def _std(shape: Shape, axis: int | None) -> Callable[[Any], Any]:
    return lambda x: np.std(x, axis=axis)


def _norm(shape: Shape, axis: int | None) -> Callable[[Any], Any]:
    if not shape:
        return np.absolute
    if axis is None:
        return _euclidean
    return lambda x: np.sqrt(np.add.reduce(np.multiply(x, x), axis=axis))


def _euclidean(x: Any) -> Any:
    flat = x.ravel(order="K")
    return np.sqrt(flat.dot(flat))


ELEMENTWISE: dict[str, Function] = {
    "abs": Function("magnitude", _each(np.absolute)),
    "sqrt": Function("square root", _each(np.sqrt)),
    "log": Function("natural logarithm", _each(np.log)),
    "exp": Function("e to the power of the argument", _each(np.exp)),
    "sign": Function("−1, 0 or 1", _each(np.sign)),
    "isnan": Function("is not a number", _each(np.isnan), truth=True),
    "isinf": Function("is infinite", _each(np.isinf), truth=True),
    "isfinite": Function("is neither NaN nor infinite", _each(np.isfinite), truth=True),
}
"""Functions of each element, by name."""

REDUCTIONS: dict[str, Function] = {
    "sum": Function("sum", _over(np.add.reduce)),
    "mean": Function("mean", _mean),
    "std": Function("standard deviation", _std),
    "norm": Function("Euclidean norm, the root of the sum of squares", _norm),
    "min": Function("smallest value", _over(np.minimum.reduce)),
    "max": Function("largest value", _over(np.maximum.reduce)),
    "argmin": Function("index of the smallest value (over all axes: row by row)", _over(np.argmin)),
    "argmax": Function("index of the largest value (over all axes: row by row)", _over(np.argmax)),
    "any": Function("at least one is yes", _over(np.logical_or.reduce), True, truth=True),
    "all": Function("each is yes", _over(np.logical_and.reduce), True, truth=True),
    "count": Function("number of values that are yes", _over(np.count_nonzero), True),
}
"""Functions of all elements. A whole number after the argument selects one axis instead."""

FUNCTIONS: dict[str, Function] = {**ELEMENTWISE, **REDUCTIONS}
