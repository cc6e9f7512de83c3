"""The graph: symbolic tensors and the ops applied to them, each in a phase and a scope.

A graph is built in the order in which its ops will run: layers append the forward pass, the loss
its value, `autodiff` the backward pass and the optimizer its update. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.ops.base import Op

Shape = tuple[int, ...]
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
        order: memory order. ``"F"`` keeps the batch innermost, so that per-unit rows are
            contiguous and every element-wise kernel runs one straight loop.
        ones: storage has one further unit that is always 1 (a bias is its weight); only in
            order "F".
        node: the op application that computes it, or None for what is given.
        parent: the flat tensor of which this one is a part (parameters and what goes with them
            lie in one flat tensor each), and
        offset: where in it, in elements.
        value: for a constant, what it holds.
    """

    name: str
    symbol: str
    shape: Shape
    axes: tuple[str, ...]
    role: Role
    layer: str = ""
    dtype: str = ""
    order: Literal["C", "F"] = "C"
    ones: bool = False
    node: Node | None = None
    value: float | None = None
    parent: Tensor | None = None
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def overlaps(self, other: Tensor) -> bool:
        """Whether the two share elements: they are one, or parts of one that meet."""
        if self.parent is None and other.parent is None:
            return self is other
        return (
            (self.parent or self) is (other.parent or other)
            and self.offset < other.offset + other.size
            and other.offset < self.offset + self.size
        )


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
        order: Literal["C", "F"] = "C",
        value: float | None = None,
    ) -> Tensor:
        """A tensor no op computes: data, a parameter, a hyperparameter, a constant, a counter."""
        return self.add(
            Tensor(name, symbol, shape, axes, role, self.layer, dtype, order, value=value)
        )

    def add(self, tensor: Tensor) -> Tensor:
        """Take in a tensor that no op computes."""
        self.tensors.append(tensor)
        return tensor

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
        scope: str | None = None,
    ) -> Tensor:
        """Append `op` on `inputs`; its result is a new tensor.

        Without a name the tensor is anonymous until somebody (autodiff) names it. `like` gives
        the axes, order and layer where the first input would give the wrong ones.
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
            order=pattern.order if pattern and same else op.order(*inputs),
        )
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
