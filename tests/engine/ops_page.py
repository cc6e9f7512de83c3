"""Writes docs/ops.md from the ops themselves: `python -m tests.engine.ops_page`.

Formulas, shapes and VJP rules are taken from op applications in graphs: those of the gradient tests
where an op has a rule, else from compiled programs. Nothing in the page is written by hand but the
letters that stand for the operands.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from engine import OPTIMIZERS, ClipNorm, ClipValue, Cosine, Machine, compile  # noqa: A004
from engine.graph.graph import Graph, Node
from engine.ops.base import DeferredProduct, Op, WithoutVJP
from engine.program.program import instruction
from engine.tensors.tensor import Tensor
from tests.engine.layers.test_layers import CASES as LAYERS
from tests.engine.networks import CIRCLES, circles_network
from tests.engine.ops.test_ops import CASES, all_ops

PAGE = Path(__file__).parents[2] / "docs" / "ops.md"
INTRODUCTION = """\
# Ops

Every instruction of a program is one of these ops. For each: what it computes, the shapes of an
example, and its VJP rule, which is written in ops as well: the instructions that turn the gradient
g of the result into those of the operands. `python -m tests.engine.ops_page` writes this page from
the ops themselves.
"""
LETTERS = {
    "Linear": "x W b",
    "MatMul": "A B",
    "BinaryCrossEntropy": "z a y",
    "SoftmaxCrossEntropy": "z log_p p y",
    "PositionCrossEntropy": "z log_p p y n",
    "L1Penalty": "W λ",
    "L2Penalty": "W λ",
    "GroupedProduct": "x W",
    "GroupedBack": "y W",
    "GroupedOuter": "x y",
    "Lookup": "W ids",
    "ScatterAdd": "y ids",
    "PairSpread": "y x",
    "Unpool": "y chosen",
    "Pick": "x chosen",
    "StepProduct": "h U",
    "StepSum": "h U s",
    "CellState": "f c′ i g",
    "Blend": "u h′ n",
    "Standardise": "x μ s",
    "ScaleShift": "x γ β",
    "HeadScores": "q k",
    "HeadMix": "P v",
    "AttentionWeights": "S",
}
"""What stands for the operands, where x, y are not the usual letters."""


def page() -> str:
    """The whole page."""
    sections: dict[str, list[type[Op]]] = {}
    for op in all_ops(Op):
        if (
            op.__module__.startswith("engine.")
            and not inspect.isabstract(op)
            and op is not WithoutVJP
        ):
            sections.setdefault(op.__module__, []).append(op)
    compiled = _compiled()
    parts = [INTRODUCTION]
    for module in sorted(sections):
        purpose = (sys.modules[module].__doc__ or "").partition("\n")[0]
        parts.append(f"## {module.rpartition('.')[2].capitalize()}\n\n{purpose}\n")
        ops = sorted(sections[module], key=lambda op: inspect.getsourcelines(op)[1])
        parts += [_entry(op, compiled) for op in ops]
    return "\n".join(parts)


def _entry(op: type[Op], compiled: dict[type[Op], Node]) -> str:
    """An op's part of the page."""
    text = inspect.cleandoc(op.__doc__ or "").replace("`", "")
    graph, node = _checked(op)
    rule: list[str] = []
    if node is None:
        node = compiled[op]
        formula = instruction(0, node).formula
    else:
        _rename(node, op)
        formula = f"out = {node.op.formula(*(tensor.symbol for tensor in node.inputs))}"
        rule = list(_rule(graph, node))
    shapes = ", ".join(str(tensor.shape) for tensor in node.inputs)
    lines = [
        f"### {op.__name__} (`{node.op.name}`)\n",
        f"{text}\n",
        f"- Formula: {formula}",
        f"- Shapes: {shapes} → {node.output.shape}",
        f"- VJP: {'; '.join(rule) or 'none'}\n",
    ]
    return "\n".join(lines)


def _checked(op: type[Op]) -> tuple[Graph, Node | None]:
    """The graph of an op's gradient test, and the op's application in it."""
    for name, (build, shapes) in CASES.items():
        graph = Graph()
        if name.split()[0] == op.__name__:
            inputs = [
                graph.given(f"x{i}", f"x{i}", shape, ("axis",) * len(shape), "input")
                for i, shape in enumerate(shapes)
            ]
            build(graph, inputs)
            return graph, next(node for node in graph.nodes if type(node.op) is op)
    return Graph(), None


def _rename(node: Node, op: type[Op]) -> None:
    """Give the operands the letters of the page."""
    letters = LETTERS.get(op.__name__, "x y u v").split()
    for tensor, letter in zip(node.inputs, letters, strict=False):
        tensor.symbol = letter
    node.output.symbol = "out"


def _rule(graph: Graph, node: Node) -> Iterator[str]:
    """The instructions of an op's VJP rule."""
    output = node.output
    upstream = graph.given("g", "g", output.shape, output.axes, "gradient", order=output.order)
    before, numbers = len(graph.nodes), count(1)
    gradients = node.op.vjp(graph, upstream, output, *node.inputs)
    names = {
        gradient: f"d{tensor.symbol}"
        for tensor, gradient in zip(node.inputs, gradients, strict=True)
        if isinstance(gradient, Tensor)
    }
    for made in graph.nodes[before:]:
        made.output.symbol = names.get(made.output) or f"t{next(numbers)}"
        right = made.op.formula(*(tensor.symbol for tensor in made.inputs))
        yield f"{made.output.symbol} = {right}"
    for tensor, gradient in zip(node.inputs, gradients, strict=True):
        if gradient is upstream:
            yield f"d{tensor.symbol} = g"
        if isinstance(gradient, DeferredProduct):
            yield f"d{tensor.symbol} += {gradient.left.symbol}ᵀ·{gradient.right.symbol}"


def _compiled() -> dict[type[Op], Node]:
    """An application of every op that programs of the tests' networks have."""
    networks = [replace(circles_network(rule(), l1=0.1)) for rule in OPTIMIZERS.values()]
    networks.append(replace(networks[0], schedule=Cosine(100), clipping=ClipNorm()))
    networks.append(replace(networks[0], clipping=ClipValue()))
    machines = [Machine(compile(network, CIRCLES, 8)) for network in networks]
    machines += [case.machine() for case in LAYERS.values()]
    found: dict[type[Op], Node] = {}
    for machine in machines:
        for node in machine.program.graph.nodes:
            found.setdefault(type(node.op), node)
    for op in sorted(all_ops(Op), key=lambda op: op.__name__):
        graph, checked = _checked(op)
        if checked is not None:
            list(_rule(graph, checked))
        for node in graph.nodes:
            found.setdefault(type(node.op), node)
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
