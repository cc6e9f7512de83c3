"""Clamps: elements of a buffer that are held at a value while the program runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from engine.errors import DescriptionError
from engine.graph import Graph, Tensor
from engine.memory import Index
from engine.program import Program

FIXED = ("constant", "counter", "index", "hyperparameter")
"""Roles of buffers that no clamp may hold: no instruction computes their values."""


@dataclass(frozen=True)
class Clamp:
    """Elements that keep `value`, whatever an instruction writes there.

    Between the input and the loss the held elements are constants (the intervention do(a = value)
    of Pearl, Causality, 2009, section 1.3.1), so no gradient flows through them: theirs are held
    at zero. Held updates freeze parameters; held parameters keep their value at every step.

    Attributes:
        buffer: the buffer.
        index: which elements; None along an axis for all of it, as in ``(None, 3)``, a unit for
            the whole batch.
        value: a finite number.
    """

    buffer: str
    index: Index
    value: float

    def whole_batch(self, program: Program, rows: int) -> bool:
        """Whether it means all samples of a batch, of any size."""
        shape = program.buffers[self.buffer].shape
        return len(shape) > 0 and shape[0] == rows and self.index[0] is None


def held_slots(program: Program, clamps: Sequence[Clamp]) -> Iterator[tuple[str, Index, float]]:
    """All elements to hold at which value: the clamped ones, and gradients that must not pass.

    Raises:
        DescriptionError: a clamp is of something that can not be held.
    """
    tensors = {tensor.name: tensor for tensor in program.graph.tensors}
    for clamp in clamps:
        tensor = tensors.get(clamp.buffer)
        if tensor is None:
            raise DescriptionError("buffer", clamp.buffer, "the name of a buffer of this program")
        if tensor.role in FIXED or not program.writers(tensor.name):
            raise DescriptionError(tensor.name, "a clamp", "possible: no instruction computes it")
        if not isfinite(clamp.value):
            raise DescriptionError(tensor.name, clamp.value, "a finite number")
        yield tensor.name, clamp.index, clamp.value
        if _computed(tensor):
            gradient = _gradient(program.graph, tensor)
            if gradient is not None:
                yield gradient.name, clamp.index, 0.0


def _computed(tensor: Tensor) -> bool:
    """Whether the forward pass computes it."""
    return tensor.node is not None and tensor.node.phase in ("forward", "loss")


def _gradient(graph: Graph, tensor: Tensor) -> Tensor | None:
    """The gradient to hold at zero where `tensor` is held; None where none flows."""
    gradient = graph.gradients.get(tensor)
    if gradient is None:
        if graph.gradients and _trained(graph, tensor):
            expected = "possible: its gradient goes past it. Clamp its pre-activation"
            raise DescriptionError(tensor.name, "a clamp", expected)
        return None
    others = [t.name for t, g in graph.gradients.items() if g is gradient and t is not tensor]
    if others or gradient.node is None:
        expected = f"possible: its gradient is also that of {', '.join(others) or 'the loss'}"
        raise DescriptionError(tensor.name, "a clamp", expected)
    return gradient


def _trained(graph: Graph, tensor: Tensor) -> bool:
    """Whether a parameter has an influence on `tensor`."""
    reached = {t for t in graph.tensors if t.role == "parameter"}
    for node in graph.nodes:
        if node.phase in ("forward", "loss") and reached.intersection(node.inputs):
            reached.add(node.output)
    return tensor in reached
