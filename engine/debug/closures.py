"""The closures that compute the parts of an expression, on live views of a machine's buffers.

Each function takes a machine first and returns a closure that reads the present values as cheaply
as possible. It is called when the expression is bound to the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.debug.functions import Reader
from engine.program.machine import Machine
from engine.tensors.arrays import Array

Bind = Callable[[Machine], Reader]


def constant(machine: Machine, value: float) -> Reader:
    """A number that is always the same."""
    return lambda: value


def applied(machine: Machine, call: Callable[[Any], Any], inner: Bind) -> Reader:
    """A function of one value."""
    read = inner(machine)
    return lambda: call(read())


def pair(machine: Machine, call: Callable[[Any, Any], Any], left: Bind, right: Bind) -> Reader:
    """A function of two values."""
    first, second = left(machine), right(machine)
    return lambda: call(first(), second())


def lazy_or(machine: Machine, left: Bind, right: Bind) -> Reader:
    """`or`, which reads the right side only if the left one is false."""
    first, second = left(machine), right(machine)
    return lambda: first() or second()


def lazy_and(machine: Machine, left: Bind, right: Bind) -> Reader:
    """`and`, which reads the right side only if the left one is true."""
    first, second = left(machine), right(machine)
    return lambda: first() and second()


def same(value: Any) -> Any:
    """The value itself, as after two minus signs or two negations."""
    return value


def epoch(machine: Machine) -> Reader:
    """The number of passes over the training set so far, with a fraction."""
    counter, program = machine.view("step"), machine.program
    batch, samples = program.batch_size, program.samples
    return lambda: counter.item() * batch / samples


def reader(machine: Machine, name: str, index: tuple[tuple[int | slice, ...], ...]) -> Reader:
    """A buffer, or a part of it, as floating-point numbers.

    The array of a data set is looked up at every reading: an edit replaces it by a copy.

    Args:
        index: indices that are applied one after the other.
    """
    if name in machine.program.data:
        return lambda: _at(machine.view(name), index)
    view = _at(machine.view(name), index)
    whole = view.dtype.kind != "f"
    if view.ndim == 0:
        item = view.item
        return (lambda: float(item())) if whole else item
    return (lambda: view.astype(np.float64)) if whole else lambda: view


def _at(view: Array, index: tuple[tuple[int | slice, ...], ...]) -> Array:
    for entries in index:
        view = view[(*entries, ...)]
    return view
