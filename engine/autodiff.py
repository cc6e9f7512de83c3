"""Reverse mode over the graph.

Walk the ops from the loss back to the parameters; each op's VJP rule appends the ops that turn the
gradient of its output into the gradients of its inputs. Where a tensor was used more than once, its
gradients add up.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph import Graph, Node, Tensor
from engine.ops.elementwise import Add


def differentiate(graph: Graph, loss: Tensor, wanted: Iterable[Tensor]) -> None:
    """Append the backward pass; `graph.gradients` then has d(loss)/d(tensor).

    It has it for every wanted tensor and for all that lie between them and the loss.

    Args:
        loss: a scalar of the graph.
        wanted: the tensors to differentiate with respect to, usually the parameters.

    Raises:
        ValueError: the loss does not depend on a wanted tensor.
    """
    wanted = list(wanted)
    forward = [node for node in graph.nodes if not node.updates]
    depends = _dependents(forward, wanted)
    with graph.in_phase("backward"):
        seed = graph.given(f"{loss.name}.grad", f"d{loss.symbol}", (), (), "gradient", value=1.0)
        pending: dict[Tensor, Tensor] = {loss: seed}
        for node in reversed(forward):
            if node.output in pending and node.output in depends:
                _backward(graph, node, pending, depends)
    for tensor in wanted:
        if tensor not in pending:
            raise ValueError(f"the loss does not depend on {tensor.name}")
        _name(graph, tensor, pending[tensor])
    _prune(graph, {graph.gradients[tensor] for tensor in wanted})


def _dependents(nodes: list[Node], wanted: list[Tensor]) -> set[Tensor]:
    """All tensors whose value depends on a wanted one, themselves included."""
    depends = set(wanted)
    for node in nodes:
        if any(tensor in depends for tensor in node.inputs):
            depends.add(node.output)
    return depends


def _backward(
    graph: Graph, node: Node, pending: dict[Tensor, Tensor], depends: set[Tensor]
) -> None:
    """Append the VJP of one op application and add its results to the pending gradients."""
    upstream = pending[node.output]
    _name(graph, node.output, upstream)
    scope = node.scope.rpartition("/")[0] or node.scope
    with graph.scope(scope, layer=node.layer):
        gradients = node.op.vjp(graph, upstream, node.output, *node.inputs)
        for tensor, gradient in zip(node.inputs, gradients, strict=True):
            if gradient is None or tensor not in depends:
                continue
            earlier = pending.get(tensor)
            pending[tensor] = (
                gradient if earlier is None else _accumulate(graph, tensor, earlier, gradient)
            )


def _accumulate(graph: Graph, tensor: Tensor, first: Tensor, second: Tensor) -> Tensor:
    for part in (first, second):
        if "#" in part.name:
            number = sum(t.name.startswith(f"{tensor.name}.grad.") for t in graph.tensors) + 1
            part.name = f"{tensor.name}.grad.{number}"
            part.symbol = f"d{tensor.symbol}⁽{'¹²³⁴⁵⁶⁷⁸⁹'[min(number, 9) - 1]}⁾"
    return graph.apply(Add(), first, second, like=tensor)


def _name(graph: Graph, tensor: Tensor, gradient: Tensor) -> None:
    """Call `gradient` that of `tensor`.

    One tensor may be the gradient of several (a sum hands its upstream gradient on as it is); it
    is then called after the one that the backward pass reaches last.
    """
    graph.gradients[tensor] = gradient
    if gradient.node is not None:
        gradient.name = f"{tensor.name}.grad"
        gradient.symbol = f"d{tensor.symbol}"
        gradient.axes = tensor.axes
        gradient.layer = tensor.layer


def _prune(graph: Graph, kept: set[Tensor]) -> None:
    """Drop backward ops on which no kept tensor depends (the gradient of the data, say)."""
    needed = set(kept)
    nodes: list[Node] = []
    for node in reversed(graph.nodes):
        if node.phase == "backward" and node.output not in needed:
            graph.tensors.remove(node.output)
            continue
        needed.update(node.inputs)
        nodes.append(node)
    graph.nodes[:] = reversed(nodes)
    alive = set(graph.tensors)
    for tensor, gradient in list(graph.gradients.items()):
        if gradient not in alive:
            del graph.gradients[tensor]
