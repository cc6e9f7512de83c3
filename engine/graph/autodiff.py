"""Reverse-mode differentiation of a graph.

`differentiate` walks the ops from the loss back to the parameters; each op's VJP rule appends the
ops that turn the gradient of its output into the gradients of its inputs. If a tensor is used more
than once, its gradients are summed.

Three things keep the backward pass of a network that is unrolled through time short, without a
special rule for any layer:

- The gradient of a named part of a tensor (a time step, a gate) is written directly into that part
  of the tensor's gradient.
- A tensor whose parts were computed one by one passes its gradient on to them part by part.
- The gradients leftᵀ·right of a weight used at every time step are summed by one product of all
  left and all right factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.graph.graph import Graph, Node
from engine.ops.base import DeferredProduct
from engine.ops.copying import Copy
from engine.ops.elementwise import Add
from engine.ops.linear import MatMul
from engine.tensors.tensor import PartIndex, Tensor, parts_meet


def differentiate(graph: Graph, loss: Tensor, wanted: Iterable[Tensor]) -> None:
    """Append the backward pass; `graph.gradients` then holds d(loss)/d(tensor).

    It holds it for every wanted tensor and for all tensors between these and the loss.

    Args:
        loss: a scalar of the graph.
        wanted: the tensors to differentiate with respect to, usually the parameters.

    Raises:
        ValueError: the loss does not depend on a wanted tensor.
    """
    _Reverse(graph, loss, list(wanted)).run()


class _Reverse:
    """The state of one backward walk.

    Attributes:
        pending: the sum so far of each tensor's gradient.
        wholes: for a tensor of which parts were used, the gradient that theirs are written into.
        mirrors: for a tensor that contains others, the buffer that contains their gradients.
        products: the products whose sum is the gradient of a tensor.
    """

    def __init__(self, graph: Graph, loss: Tensor, wanted: list[Tensor]) -> None:
        self.graph = graph
        self.loss = loss
        self.wanted = wanted
        self.forward = [node for node in graph.nodes if not node.updates]
        self.depends = _dependents(self.forward, wanted)
        self.pending: dict[Tensor, Tensor] = {}
        self.wholes: dict[Tensor, Tensor] = {}
        self.mirrors: dict[Tensor, Tensor] = {}
        self.products: dict[Tensor, list[DeferredProduct]] = {}
        self.first_use = self._first_uses()

    def run(self) -> None:
        graph, loss = self.graph, self.loss
        with graph.in_phase("backward"):
            self.pending[loss] = graph.given(
                f"{loss.name}.grad", f"d{loss.symbol}", (), (), "gradient", value=1.0
            )
            for node in reversed(self.forward):
                if node.output in self.depends:
                    scope = node.scope.rpartition("/")[0] or node.scope
                    with graph.scope(scope, layer=node.layer):
                        upstream = self._gradient(node.output)
                        if upstream is not None:
                            self._backward(node, upstream)
                self._end_of_use(node)
            for tensor in self.wanted:
                gradient = self._gradient(tensor)
                if gradient is None:
                    raise ValueError(f"the loss does not depend on {tensor.name}")
                _name(graph, tensor, gradient)
        _prune(graph, {graph.gradients[tensor] for tensor in self.wanted})

    def _first_uses(self) -> dict[Tensor, Node]:
        """For each tensor, the first use that the loss depends on; the walk reaches it last."""
        reached: set[Tensor] = {self.loss}
        uses: dict[Tensor, Node] = {}
        for node in reversed(self.forward):
            if node.output in reached or node.output.parent in reached:
                for tensor in node.inputs:
                    uses[tensor] = node
                    reached.add(tensor)
                    if tensor.alias and tensor.parent is not None:
                        reached.add(tensor.parent)
        return uses

    def _backward(self, node: Node, upstream: Tensor) -> None:
        """Append the VJP of one op application and add its results to the pending gradients."""
        _name(self.graph, node.output, upstream)
        gradients = node.op.vjp(self.graph, upstream, node.output, *node.inputs)
        for tensor, gradient in zip(node.inputs, gradients, strict=True):
            if gradient is None or not _depends(tensor, self.depends):
                continue
            if isinstance(gradient, DeferredProduct):
                self.products.setdefault(tensor, []).append(gradient)
            else:
                self._contribute(tensor, gradient)

    def _end_of_use(self, node: Node) -> None:
        """Sum the products of tensors whose first use is `node`."""
        for tensor in node.inputs:
            if tensor in self.products and self.first_use[tensor] is node:
                with self.graph.scope(tensor.layer, layer=tensor.layer):
                    self._sum_products(tensor, self.products.pop(tensor))

    def _contribute(self, tensor: Tensor, gradient: Tensor) -> None:
        if gradient.order != tensor.order and len(tensor.shape) > 2:
            gradient = self.graph.apply(Copy(), gradient, like=tensor)
        earlier = self.pending.get(tensor)
        if earlier is not None:
            if tensor.alias:
                earlier.parent = earlier.index = None
            gradient = _accumulate(self.graph, tensor, earlier, gradient)
        if tensor.alias:
            gradient = self._write_into_whole(tensor, gradient)
        self.pending[tensor] = gradient

    def _gradient(self, tensor: Tensor) -> Tensor | None:
        """A tensor's whole gradient: its own, that of its parts, and its part of its parent's."""
        gradient = self.pending.get(tensor)
        for other in (self.wholes.pop(tensor, None), self._from_whole(tensor)):
            if gradient is None:
                gradient = other
            elif other is not None:
                if other.name == f"{tensor.name}.grad":
                    other.name = f"{tensor.name}.grad.parts"
                gradient = _accumulate(self.graph, tensor, gradient, other)
        if gradient is not None:
            self.pending[tensor] = gradient
        return gradient

    def _from_whole(self, tensor: Tensor) -> Tensor | None:
        """The part for `tensor` of the gradient of the parent that it was written into."""
        base, index = tensor.parent, tensor.index
        if base is None or index is None or tensor.alias:
            return None
        whole = self._gradient(base)
        if whole is None:
            return None
        _name(self.graph, base, whole)
        step = index[1] if len(index) > 1 else None
        symbol = f"{whole.symbol}[{step + 1}]" if isinstance(step, int) else whole.symbol
        return self.graph.part(whole, index, f"{tensor.name}.upstream", symbol)

    def _write_into_whole(self, part: Tensor, gradient: Tensor) -> Tensor:
        """Let the gradient of a part be written into the gradient of the whole."""
        graph, whole, index = self.graph, part.parent, part.index
        assert whole is not None
        assert index is not None
        if whole not in self.wholes:
            self.wholes[whole] = self._blank(whole)
        self._refuse_overlap(part, whole, index)
        if not _can_write_part(graph, gradient, part, index):
            gradient = graph.apply(Copy(), gradient, like=part)
        gradient.parent, gradient.index = self.wholes[whole], index
        _name(graph, part, gradient)
        return gradient

    def _blank(self, tensor: Tensor) -> Tensor:
        """A tensor for a gradient that is written part by part.

        Gradients of parts of one tensor lie in one buffer as well, so that they can be used
        together. Elements that no part covers stay zero.
        """
        blank = Tensor(
            f"{tensor.name}.grad",
            f"d{tensor.symbol}",
            tensor.shape,
            tensor.axes,
            "gradient",
            tensor.layer,
            order=tensor.order,
        )
        base = tensor.parent
        if base is not None and tensor.index is not None:
            if base not in self.mirrors:
                self.mirrors[base] = self._blank(base)
                self.mirrors[base].name = f"{base.name}.grad.parts"
            blank.parent, blank.index = self.mirrors[base], tensor.index
        return self.graph.add(blank)

    def _refuse_overlap(self, part: Tensor, whole: Tensor, index: PartIndex) -> None:
        for other in self.pending:
            is_sibling = other.parent is whole and other.alias and other is not part
            if is_sibling and other.index and parts_meet(whole.shape, index, other.index):
                raise ValueError(f"{part.name} and {other.name} overlap in {whole.name}")

    def _sum_products(self, tensor: Tensor, products: list[DeferredProduct]) -> None:
        """Append the sum of products, as one product if the factors are consecutive in memory."""
        joined = _joined(self.graph, products)
        products = [joined] if joined is not None else products
        for product in products:
            op = MatMul(transpose_left=True, shape=tensor.shape)
            gradient = self.graph.apply(op, product.left, product.right, like=tensor)
            self._contribute(tensor, gradient)


def _dependents(nodes: list[Node], wanted: list[Tensor]) -> set[Tensor]:
    """All tensors whose value depends on a wanted one, and the wanted ones."""
    depends = set(wanted)
    for node in nodes:
        if any(_depends(tensor, depends) for tensor in node.inputs):
            depends.add(node.output)
            if node.output.parent is not None and node.output.index is not None:
                depends.add(node.output.parent)
    return depends


def _depends(tensor: Tensor, depends: set[Tensor]) -> bool:
    return tensor in depends or (tensor.alias and tensor.parent in depends)


def _accumulate(graph: Graph, tensor: Tensor, first: Tensor, second: Tensor) -> Tensor:
    for part in (first, second):
        if "#" in part.name:
            number = sum(t.name.startswith(f"{tensor.name}.grad.") for t in graph.tensors) + 1
            part.name = f"{tensor.name}.grad.{number}"
            part.symbol = f"d{tensor.symbol}⁽{'¹²³⁴⁵⁶⁷⁸⁹'[min(number, 9) - 1]}⁾"
    return graph.apply(Add(), first, second, like=tensor)


def _can_write_part(graph: Graph, gradient: Tensor, part: Tensor, index: PartIndex) -> bool:
    """Whether the op that computes `gradient` can write it into the gradient of the whole."""
    node = graph.producers.get(gradient)
    if node is None or gradient.parent is not None or gradient.order != part.order:
        return False
    whole = part.parent
    contiguous = whole is not None and whole.order == "T" and isinstance(index[-1], int)
    return contiguous or node.op.elementwise or node.op.strided


def _joined(graph: Graph, products: Sequence[DeferredProduct]) -> DeferredProduct | None:
    """The sum of products as one product, if the factors are consecutive time steps; else None."""
    lefts, rights = ([getattr(p, side) for p in products] for side in ("left", "right"))
    left, right = _times(lefts), _times(rights)
    if left is None or right is None or len({a - b for a, b in zip(left, right, strict=True)}) > 1:
        return None
    return DeferredProduct(_span(graph, lefts[0], left), _span(graph, rights[0], right))


def _times(parts: Sequence[Tensor]) -> list[int] | None:
    """The time step of each tensor, if they are consecutive ones of one tensor; else None."""
    whole, times = parts[0].parent, []
    for part in parts:
        index = part.index
        if part.parent is not whole or index is None or len(index) != 2:
            return None
        if index[0] != slice(None) or not isinstance(index[1], int):
            return None
        times.append(index[1])
    low, high = min(times), max(times) + 1
    if whole is None or whole.order != "T" or sorted(times) != list(range(low, high)):
        return None
    return times


def _span(graph: Graph, part: Tensor, times: list[int]) -> Tensor:
    """The part with all these time steps of the tensor that contains `part`."""
    whole, low, high = part.parent, min(times), max(times) + 1
    assert whole is not None
    name, symbol = (f"{text}[{low + 1}…{high}]" for text in (whole.name, whole.symbol))
    return graph.part(whole, (slice(None), slice(low, high)), name, symbol)


def _name(graph: Graph, tensor: Tensor, gradient: Tensor) -> None:
    """Register and name `gradient` as the gradient of `tensor`.

    One tensor may be the gradient of several (a sum passes its upstream gradient on unchanged); it
    is then named after the one that the backward pass reaches last.
    """
    graph.gradients[tensor] = gradient
    if graph.is_computed(gradient) or gradient.alias:
        gradient.name = f"{tensor.name}.grad"
        gradient.symbol = f"d{tensor.symbol}"
        gradient.axes = tensor.axes
        gradient.layer = tensor.layer


def _prune(graph: Graph, wanted: set[Tensor]) -> None:
    """Drop backward ops on which no wanted tensor depends, such as the gradient of the data."""
    needed: set[Tensor] = set()
    for tensor in wanted:
        needed.update(tensor.lineage())
    nodes: list[Node] = []
    dropped: set[Tensor] = set()
    for node in reversed(graph.nodes):
        if node.phase == "backward" and not needed.intersection(node.output.lineage()):
            dropped.add(node.output)
            del graph.producers[node.output]
            continue
        for tensor in node.inputs:
            needed.update(tensor.lineage())
        nodes.append(node)
    graph.nodes[:] = reversed(nodes)
    graph.tensors[:] = [
        t
        for t in graph.tensors
        if t not in dropped
        and (graph.is_computed(t) or t.role != "gradient" or t.value is not None or t in needed)
    ]
    alive = set(graph.tensors)
    for tensor, gradient in list(graph.gradients.items()):
        if gradient not in alive:
            del graph.gradients[tensor]
