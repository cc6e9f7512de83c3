"""Clamps: elements of a buffer that are held at a value while the program runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite

from engine.errors import DescriptionError
from engine.graph.graph import Graph
from engine.program.memory import Index
from engine.program.program import Program
from engine.tensors.tensor import Tensor

FIXED = ("constant", "counter", "index", "hyperparameter")
"""Roles of buffers that no clamp may hold: no instruction computes their values."""


@dataclass(frozen=True)
class Clamp:
    """Elements that keep `value`, whatever an instruction writes there.

    Between the input and the loss the held elements are constants (the intervention do(a = value)
    of Pearl, Causality, 2009, section 1.3.1), so no gradient flows through them: their
    gradients are held at zero. Held updates freeze parameters; held parameters keep their value at
    every step.

    Attributes:
        buffer: the buffer.
        index: an entry for each axis; None selects all of it, so ``(None, 3)`` is unit 3 for the
            whole batch.
        value: a finite number.
    """

    buffer: str
    index: Index
    value: float

    def whole_batch(self, program: Program, rows: int) -> bool:
        """Whether it covers all samples of a batch of `rows`, so that it fits any batch size."""
        buffer = program.buffers[self.buffer]
        batch = buffer.axes[:1] == ("batch",) and buffer.shape[0] == rows
        return batch and self.index[0] is None


def clamped_slots(
    program: Program, clamps: Sequence[Clamp], *, strict: bool = True
) -> Iterator[tuple[str, Index, float]]:
    """Buffers, indices and values to hold: those clamped, and 0 for gradients that must not pass.

    Args:
        strict: whether to refuse clamps that a gradient would bypass.

    Raises:
        DescriptionError: a buffer or its elements cannot be clamped.
    """
    tensors = {tensor.name: tensor for tensor in program.graph.tensors} if clamps else {}
    for clamp in clamps:
        tensor = tensors.get(clamp.buffer)
        if tensor is None:
            raise DescriptionError("buffer", clamp.buffer, "the name of a buffer of this program")
        if tensor.role in FIXED or not program.writers(tensor.name):
            raise DescriptionError(tensor.name, "a clamp", "possible: no instruction computes it")
        if not isfinite(clamp.value):
            raise DescriptionError(tensor.name, clamp.value, "a finite number")
        producers = (program.graph.producers.get(t) for t in tensor.lineage())
        if strict and any(node is not None and node.op.couples_outputs for node in producers):
            expected = "possible: its elements depend on one another. Clamp a later buffer"
            raise DescriptionError(tensor.name, "a clamp", expected)
        yield tensor.name, clamp.index, clamp.value
        if _last_writer(program.graph, tensor) >= 0:
            for gradient, index in _gradients(program.graph, tensor, clamp.index, strict=strict):
                yield gradient.name, index, 0.0


def _last_writer(graph: Graph, tensor: Tensor) -> int:
    """The last forward or loss instruction that writes to `tensor`; -1 if none does."""
    return max(
        (
            i
            for i, node in enumerate(graph.nodes)
            if node.phase in ("forward", "loss") and node.output.overlaps(tensor)
        ),
        default=-1,
    )


def _gradients(
    graph: Graph, tensor: Tensor, index: Index, *, strict: bool
) -> Iterator[tuple[Tensor, Index]]:
    """The gradients to hold at zero where `tensor` is held: its own, and those of its parts.

    Raises:
        DescriptionError: one is also that of a later tensor, or bypasses `tensor`.
    """
    found = False
    for other, gradient in graph.gradients.items():
        if other.overlaps(tensor) and _last_writer(graph, other) >= 0:
            found = True
            for shared_index in _shared_indices(tensor, index, other):
                if strict:
                    _refuse_shared(graph, other, gradient)
                yield gradient, shared_index
    if strict and not found and graph.gradients and _trained(graph, tensor):
        expected = "possible: its gradient bypasses it. Clamp its pre-activation"
        raise DescriptionError(tensor.name, "a clamp", expected)


def _refuse_shared(graph: Graph, tensor: Tensor, gradient: Tensor) -> None:
    """Raise DescriptionError if the gradient of a tensor is also that of a later one."""
    if gradient.value is not None:
        expected = "possible: its gradient is also that of the loss"
        raise DescriptionError(tensor.name, "a clamp", expected)
    writer = _last_writer(graph, tensor)
    later = [
        t.name
        for t, g in graph.gradients.items()
        if g is gradient and _last_writer(graph, t) > writer
    ]
    if later:
        expected = f"possible: its gradient is also that of {', '.join(later)}"
        raise DescriptionError(tensor.name, "a clamp", expected)


Region = tuple[range, ...]
"""A part of an array: a range of indices on each axis."""


def _shared_indices(tensor: Tensor, index: Index, other: Tensor) -> Iterator[Index]:
    """The indices in `other` of the elements of `tensor` at `index`, as far as it has them."""
    mine, others = tensor.lineage(), other.lineage()
    common = next(t for t in mine if t in others)
    region: Region | None = tuple(
        range(extent) if i is None else range(i, i + 1)
        for i, extent in zip(index, tensor.shape, strict=True)
    )
    for part in mine[: mine.index(common)]:
        region = _region_in_parent(part, region) if region is not None else None
    for part in reversed(others[: others.index(common)]):
        region = _region_in_part(part, region) if region is not None else None
    if region is not None:
        yield from product(
            *(
                (None,) if len(r) == extent > 1 else r
                for r, extent in zip(region, other.shape, strict=True)
            )
        )


def _region_in_parent(part: Tensor, region: Region) -> Region | None:
    """A region of a part in the indices of its parent; None if the part is not indexed."""
    if part.index is None or part.parent is None:
        return None
    inner = iter(region)
    return tuple(
        range(cut.start + within.start, cut.start + within.stop)
        for cut, single in _cuts(part.parent, part.index)
        for within in ((range(1),) if single else (next(inner),))
    )


def _region_in_part(part: Tensor, region: Region) -> Region | None:
    """The share of a part in a region of its parent, in the part's indices; None if it has none."""
    if part.index is None or part.parent is None:
        return None
    found = []
    for (cut, single), within in zip(_cuts(part.parent, part.index), region, strict=True):
        low, high = max(cut.start, within.start), min(cut.stop, within.stop)
        if high <= low:
            return None
        if not single:
            found.append(range(low - cut.start, high - cut.start))
    return tuple(found)


def _cuts(whole: Tensor, index: tuple[int | slice, ...]) -> list[tuple[range, bool]]:
    """The range that a part takes of each axis, and whether a single index drops the axis."""
    cuts = []
    for axis, extent in enumerate(whole.shape):
        at = index[axis] if axis < len(index) else slice(None)
        taken = range(*at.indices(extent)) if isinstance(at, slice) else range(at, at + 1)
        cuts.append((taken, not isinstance(at, slice)))
    return cuts


def _trained(graph: Graph, tensor: Tensor) -> bool:
    """Whether `tensor` depends on a parameter."""
    reached = {t.storage for t in graph.tensors if t.role == "parameter"}
    for node in graph.nodes:
        inputs = {t.storage for t in node.inputs}
        if node.phase in ("forward", "loss") and reached.intersection(inputs):
            reached.add(node.output.storage)
    return tensor.storage in reached
