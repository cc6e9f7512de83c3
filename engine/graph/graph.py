"""The graph: tensors and the ops applied to them, each in a phase and a scope.

A graph is built in the order in which its ops will run: layers append the forward pass, the loss
its value, `autodiff` the backward pass and the optimizer its update. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.ops.base import Op
from engine.tensors.tensor import Order, PartIndex, Role, Shape, Tensor, part_shape

Phase = Literal["forward", "loss", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "loss", "backward", "update")


@dataclass(eq=False)
class Node:
    """One op applied to tensors. `updates`: the output overwrites an existing tensor."""

    op: Op
    inputs: tuple[Tensor, ...]
    output: Tensor
    phase: Phase
    scope: str
    layer: str
    updates: bool = False


@dataclass
class Graph:
    """Tensors, and ops applied to them, in execution order.

    Attributes:
        nodes: the op applications.
        tensors: all tensors, including given ones.
        producers: the node that computes a tensor; none for a tensor that is given or written part
            by part.
        gradients: the gradient of a tensor, once `engine.graph.autodiff` has appended it.
        phase: the phase of nodes appended next.
        layer: the layer of nodes and tensors appended next, or ``""``.
    """

    nodes: list[Node] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    producers: dict[Tensor, Node] = field(default_factory=dict)
    gradients: dict[Tensor, Tensor] = field(default_factory=dict)
    phase: Phase = "forward"
    layer: str = ""
    _scopes: list[str] = field(default_factory=list)
    _fresh: int = 0

    @contextmanager
    def scope(self, name: str, *, layer: str | None = None) -> Iterator[None]:
        """A context that puts new nodes into `name`, a frame of the listing's call stack."""
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
        """A context that puts new nodes into that layer's scope, whatever the present scope."""
        scopes, self._scopes = self._scopes, [layer]
        outer_layer, self.layer = self.layer, layer
        try:
            yield
        finally:
            self._scopes, self.layer = scopes, outer_layer

    @contextmanager
    def in_phase(self, phase: Phase) -> Iterator[None]:
        """A context that puts new nodes into that phase."""
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
        """Add a tensor that no op computes."""
        self.tensors.append(tensor)
        return tensor

    def part(self, whole: Tensor, index: PartIndex, name: str, symbol: str) -> Tensor:
        """An alias of ``whole[index]``, which no op computes: it is there as soon as `whole` is."""
        shape = part_shape(whole.shape, index)
        axes = [
            axis
            for number, axis in enumerate(whole.axes)
            if number >= len(index) or isinstance(index[number], slice)
        ]
        order: Order = whole.order if len(shape) == len(whole.shape) else "C"
        tensor = Tensor(
            name, symbol, shape, tuple(axes), whole.role, whole.layer, whole.dtype, order
        )
        tensor.parent, tensor.index, tensor.alias = whole, index, True
        return self.add(tensor)

    def scalar(self, name: str, symbol: str, value: float, role: Role) -> Tensor:
        """A single number in its own buffer, so that it can be read and changed live."""
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
        into: tuple[Tensor, PartIndex] | None = None,
        scope: str | None = None,
    ) -> Tensor:
        """Append `op` on `inputs`; its result is a new tensor.

        Without a name the tensor is anonymous until autodiff names it. `like` gives the axes and
        memory order in place of `op.pattern`; `axes` and `order` override it. With `into` the
        result is written into that part of another tensor.
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
        self.producers[tensor] = self._append(op, inputs, tensor, scope, updates=False)
        self.tensors.append(tensor)
        return tensor

    def is_computed(self, tensor: Tensor) -> bool:
        """Whether an op computes this tensor as a whole."""
        return tensor in self.producers

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
