"""The graph: symbolic tensors and the ops applied to them, each in a phase and a scope.

A graph is built in the order in which its ops will run: layers append the forward pass, the loss
its value, `autodiff` the backward pass and the optimizer its update. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.ops.base import Op

Shape = tuple[int, ...]
Index = tuple[int | slice, ...]
Order = Literal["C", "F", "T", "U"]
Phase = Literal["forward", "loss", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "loss", "backward", "update")

Role = Literal[
    "input",
    "target",
    "index",
    "parameter",
    "pre_activation",
    "activation",
    "local_derivative",
    "gradient",
    "update",
    "optimizer_state",
    "statistic",
    "hyperparameter",
    "loss",
    "counter",
    "constant",
]


@dataclass(eq=False)
class Tensor:
    """A named array that does not exist yet.

    Attributes:
        name: unique path, e.g. ``dense1/W`` or ``dense1/W.grad``.
        symbol: how formulas write it, e.g. ``W1`` or ``dW1``.
        shape: logical shape; the batch, where there is one, is the first axis.
        axes: what each axis counts, e.g. ``("batch", "unit")``.
        role: what the values mean to a reader.
        layer: the layer it belongs to, or ``""``.
        dtype: NumPy dtype name, or ``""`` for the program's own floating type.
        order: memory order, see `memory_axes`.
        ones: storage has one further unit that is always 1 (a bias is its weight); only where
            the units are outermost, in orders "F" and "U".
        node: the op application that computes it, or None for what is given.
        parent: the tensor in whose storage this one lies, and
        offset: where it begins there, in elements in memory order, or
        index: which of the parent's elements it is, as a NumPy index.
        alias: a name for some of the parent's values, whose gradient is that part of the
            parent's gradient; else a tensor of its own that only lies there.
        value: what it holds from the start: of a constant, or of a statistic before step 0.
    """

    name: str
    symbol: str
    shape: Shape
    axes: tuple[str, ...]
    role: Role
    layer: str = ""
    dtype: str = ""
    order: Order = "C"
    ones: bool = False
    node: Node | None = None
    value: float | NDArray[np.float64] | None = None
    parent: Tensor | None = None
    offset: int = 0
    index: Index | None = None
    alias: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def overlaps(self, other: Tensor) -> bool:
        """Whether the two share elements, as far as their places in what both lie in tell."""
        mine, others = self.lineage(), other.lineage()
        if mine[-1] is not others[-1]:
            return False
        while len(mine) > 1 and len(others) > 1 and mine[-2] is others[-2]:
            mine, others = mine[:-1], others[:-1]
        if len(mine) == 1 or len(others) == 1:
            return True
        left, right, whole = mine[-2], others[-2], mine[-1]
        if left.index is None and right.index is None:
            return (
                left.offset < right.offset + right.size and right.offset < left.offset + left.size
            )
        if left.index is None or right.index is None:
            return True
        return parts_meet(whole.shape, left.index, right.index)

    def lineage(self) -> tuple[Tensor, ...]:
        """The tensor, that in whose storage it lies, and so on to one that lies by itself."""
        return (self, *self.parent.lineage()) if self.parent is not None else (self,)

    @property
    def storage(self) -> Tensor:
        """The tensor by itself in which this one lies, or is."""
        return self.lineage()[-1]


def memory_axes(order: Order, dimensions: int) -> tuple[int, ...]:
    """The axes of a tensor from the outermost to the innermost in memory.

    - ``"C"``: as they are written, the units of a sample side by side.
    - ``"F"``: units outermost, batch innermost, so that per-unit rows are contiguous, and so are
      the pixels of a row over the whole batch: dense layers of narrow inputs, convolutions.
    - ``"T"``: time outermost, so that every time step is one contiguous matrix: recurrence.
      What divides a step further, its gates, comes next.
    - ``"U"``: units outermost, the rest as it is written, so that a sample's time steps are a
      row of each unit: attention.

    "C" and "T" are the same for one axis, "F" and "U" for up to two.
    """
    axes = tuple(range(dimensions))
    if order == "C" or dimensions < 2:
        return axes
    if order == "T":
        return (*axes[1:-1], 0, axes[-1]) if dimensions > 2 else (1, 0)
    if order == "F":
        return (axes[-1], *axes[1:-1], 0)
    return (axes[-1], *axes[:-1])


def part_shape(shape: Shape, index: Index) -> Shape:
    """The shape of ``array[index]`` for an array of `shape`."""
    extents = []
    for axis, extent in enumerate(shape):
        at = index[axis] if axis < len(index) else slice(None)
        if isinstance(at, slice):
            extents.append(len(range(*at.indices(extent))))
    return tuple(extents)


def parts_meet(shape: Shape, first: Index, second: Index) -> bool:
    """Whether two parts of an array of `shape` have an element in common."""
    for axis, extent in enumerate(shape):
        ranges = []
        for index in (first, second):
            at = index[axis] if axis < len(index) else slice(None)
            place = range(*at.indices(extent)) if isinstance(at, slice) else range(at, at + 1)
            ranges.append(place)
        if not range(max(r.start for r in ranges), min(r.stop for r in ranges)):
            return False
    return True


@dataclass(frozen=True)
class Product:
    """A gradient leftᵀ·right that is not computed yet.

    The products of a weight that is used at every time step are summed by one instruction: as
    one product of the factors of all time steps, see `engine.graph.autodiff`.
    """

    left: Tensor
    right: Tensor


@dataclass(eq=False)
class Node:
    """One op applied to tensors. `updates` means the output is an existing tensor, overwritten."""

    op: Op
    inputs: tuple[Tensor, ...]
    output: Tensor
    phase: Phase
    scope: str
    layer: str
    updates: bool = False


@dataclass
class Graph:
    """Tensors and nodes in execution order, and which tensor is the gradient of which."""

    nodes: list[Node] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    gradients: dict[Tensor, Tensor] = field(default_factory=dict)
    phase: Phase = "forward"
    layer: str = ""
    _scopes: list[str] = field(default_factory=list)
    _fresh: int = 0

    @contextmanager
    def scope(self, name: str, *, layer: str | None = None) -> Iterator[None]:
        """Everything appended inside stands in `name`, a frame of the listing's call stack."""
        outer_layer = self.layer
        self._scopes.append(name)
        if layer is not None:
            self.layer = layer
        try:
            yield
        finally:
            self._scopes.pop()
            self.layer = outer_layer

    @contextmanager
    def at(self, layer: str) -> Iterator[None]:
        """Everything appended inside stands in that layer's scope, wherever one is."""
        scopes, self._scopes = self._scopes, [layer]
        outer_layer, self.layer = self.layer, layer
        try:
            yield
        finally:
            self._scopes, self.layer = scopes, outer_layer

    @contextmanager
    def in_phase(self, phase: Phase) -> Iterator[None]:
        outer, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = outer

    def given(
        self,
        name: str,
        symbol: str,
        shape: Shape,
        axes: tuple[str, ...],
        role: Role,
        *,
        dtype: str = "",
        order: Order = "C",
        value: float | NDArray[np.float64] | None = None,
    ) -> Tensor:
        """A tensor no op computes: data, a parameter, a hyperparameter, a constant, a counter."""
        return self.add(
            Tensor(name, symbol, shape, axes, role, self.layer, dtype, order, value=value)
        )

    def add(self, tensor: Tensor) -> Tensor:
        """Take in a tensor that no op computes."""
        self.tensors.append(tensor)
        return tensor

    def part(self, whole: Tensor, index: Index, name: str, symbol: str) -> Tensor:
        """A name for ``whole[index]``. No op computes it: it is there as soon as `whole` is."""
        shape = part_shape(whole.shape, index)
        kept = [
            axis
            for number, axis in enumerate(whole.axes)
            if number >= len(index) or isinstance(index[number], slice)
        ]
        order: Order = whole.order if len(shape) == len(whole.shape) else "C"
        tensor = Tensor(
            name, symbol, shape, tuple(kept), whole.role, whole.layer, whole.dtype, order
        )
        tensor.parent, tensor.index, tensor.alias = whole, index, True
        return self.add(tensor)

    def scalar(self, name: str, symbol: str, value: float, role: Role) -> Tensor:
        """A single number in a buffer of its own, so that it can be read and changed live."""
        return self.given(name, symbol, (), (), role, value=value)

    def apply(
        self,
        op: Op,
        *inputs: Tensor,
        name: str | None = None,
        symbol: str | None = None,
        role: Role = "gradient",
        axes: tuple[str, ...] | None = None,
        like: Tensor | None = None,
        order: Order | None = None,
        into: tuple[Tensor, Index] | None = None,
        scope: str | None = None,
    ) -> Tensor:
        """Append `op` on `inputs`; its result is a new tensor.

        Without a name the tensor is anonymous until somebody (autodiff) names it. `like` gives
        the axes, order and layer where the first input would give the wrong ones; `order`
        overrules it. With `into` the result is written into that part of another tensor.
        """
        self._fresh += 1
        shape = op.shape(*inputs)
        pattern = like if like is not None else op.pattern(*inputs)
        same = pattern is not None and pattern.shape == shape
        tensor = Tensor(
            name if name is not None else f"{self._path()}/#{self._fresh}",
            symbol if symbol is not None else f"T{self._fresh}",
            shape,
            axes if axes is not None else (pattern.axes if pattern and same else ()),
            role,
            self.layer,
            dtype=op.dtype,
            order=order or (pattern.order if pattern and same else op.order(*inputs)),
        )
        if into is not None:
            tensor.parent, tensor.index = into
        else:
            tensor.parent = op.storage(*inputs)
        tensor.node = self._append(op, inputs, tensor, scope, updates=False)
        self.tensors.append(tensor)
        return tensor

    def update(self, op: Op, target: Tensor, *inputs: Tensor) -> Tensor:
        """Append `op` on (target, *inputs), whose result overwrites `target`."""
        self._append(op, (target, *inputs), target, None, updates=True)
        return target

    def _append(
        self,
        op: Op,
        inputs: Sequence[Tensor],
        output: Tensor,
        scope: str | None,
        *,
        updates: bool,
    ) -> Node:
        op.prepare(*inputs)
        path = self._path()
        where = f"{path}/{scope or op.name}" if path else (scope or op.name)
        node = Node(op, tuple(inputs), output, self.phase, where, self.layer, updates)
        self.nodes.append(node)
        return node

    def _path(self) -> str:
        return "/".join(self._scopes)
