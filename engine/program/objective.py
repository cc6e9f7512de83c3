"""The loss as a function of the parameters, with the samples and all randomness held fixed.

It executes the program's own instructions in double precision, whatever the machine's, so that
differences of losses are accurate. It repeats only what depends on the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.graph.graph import Node
from engine.ops.base import Call
from engine.ops.sampling import DropoutMask, Gather, Noise
from engine.program.clamps import clamped_slots
from engine.program.machine import Machine
from engine.program.memory import Memory, MemoryPlan, slot
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Tensor

Samples = Literal["batch", "train"]
"""The samples of the loss: the batch of the step that the machine is in, with its dropout and
noise; or the training set, in as many whole batches as it has, without them. Batch normalisation
uses the statistics of the batch in both."""

Vector = NDArray[np.float64]


class Objective:
    """L(θ) and dL/dθ of a machine's program.

    Args:
        machine: a machine that trains. It is left unchanged, and later changes of it have no
            effect here.
        samples: the samples of the loss.

    Attributes:
        theta: all parameters in one flat live array: write to it, then call `loss`.

    Raises:
        DescriptionError: the machine's program has no update.
    """

    def __init__(self, machine: Machine, samples: Samples = "batch") -> None:
        program, graph = machine.program, machine.program.graph
        if "parameters.grad" not in program.buffers:
            raise DescriptionError("machine", program.network, "a machine that trains")
        self._memory = Memory(MemoryPlan(graph, "float64", frozenset(program.data)), {})
        self._tensors = {tensor.name: tensor for tensor in graph.tensors}
        self.theta: Vector = self._array("parameters")
        self._gradient: Vector = self._array("parameters.grad")
        self._loss = self._array("loss/L")
        fetched = [n for n in graph.nodes if isinstance(n.op, Gather)] if samples == "train" else []
        self._fetch = [(self._memory.array(n.output), _rows(machine, n)) for n in fetched]
        nodes = list(_dependent(graph.nodes, {n.output for n in fetched}))
        self._kinked = [n for n in nodes if n.op.has_kink and n.phase != "backward"]
        holds = self._holds(machine)
        self._forward = self._bind([n for n in nodes if n.phase != "backward"], holds)
        self._backward = self._bind([n for n in nodes if n.phase == "backward"], holds)
        self._copy(machine)
        if samples == "train":
            self._disable_randomness(graph.nodes)
        whole = len(self._fetch[0][1]) // program.batch_size if self._fetch else 1
        self._batches = [
            slice(i * program.batch_size, (i + 1) * program.batch_size) for i in range(whole)
        ]

    def parameter(self, name: str) -> Vector:
        """A parameter's part of `theta`, in its own shape; live.

        Raises:
            DescriptionError: there is no such parameter.
        """
        whole = self._tensors["parameters"]
        if name not in self._tensors or self._tensors[name].parent is not whole:
            raise DescriptionError("buffer", name, "the name of a parameter")
        return self._array(name)

    def loss(self) -> float:
        """L at `theta`."""
        return float(np.mean([float(self._loss) for _ in self._passes([])]))

    def gradient(self) -> Vector:
        """dL/dθ at `theta`, as backpropagation computes it."""
        total = np.zeros_like(self._gradient)
        for _ in self._passes(self._backward):
            total += self._gradient
        total /= len(self._batches)
        return total

    def gradient_of(self, name: str) -> Vector:
        """The part of the last batch's gradient that belongs to a parameter; live."""
        return self._memory.array(self._tensors[f"{name}.grad"])

    def branches(self) -> list[Array]:
        """For each op with a kink, the side on which each element of the last batch lies."""
        array = self._memory.array
        return [n.op.branch(*(array(t) for t in n.inputs)) for n in self._kinked]

    def _passes(self, further: list[Call]) -> Iterator[None]:
        """Execute the forward pass, then further calls, on each batch in turn."""
        with np.errstate(all="ignore"):
            for rows in self._batches:
                for target, source in self._fetch:
                    target[...] = source[rows]
                for call in self._forward:
                    call()
                for call in further:
                    call()
                yield

    def _copy(self, machine: Machine) -> None:
        """Copy the machine's numbers, as they are before the update of its step."""
        before = machine.snapshot()
        stopped = machine.stopped
        try:
            machine.pc = 0
            machine.run_to(machine.program.phase_start("update"))
            for tensor in self._memory.plan.extents:
                self._memory.array(tensor)[...] = machine.view(tensor.name)
        finally:
            machine.restore(before)
            machine.stopped = stopped

    def _array(self, name: str) -> Vector:
        return self._memory.array(self._tensors[name])

    def _disable_randomness(self, nodes: list[Node]) -> None:
        """Disable dropout and noise."""
        for node in nodes:
            if isinstance(node.op, DropoutMask | Noise):
                self._memory.array(node.output)[...] = float(isinstance(node.op, DropoutMask))

    def _holds(self, machine: Machine) -> dict[int, list[Call]]:
        """The calls that write clamped values again, by the id of the node after which they run."""
        holds: dict[int, list[Call]] = {}
        for name, index, value in clamped_slots(machine.program, machine.clamps):
            held = slot(name, self._array(name), index)
            for writer in machine.program.writers(name):
                call = partial(np.copyto, held, constant(value, held))
                holds.setdefault(id(machine.program.graph.nodes[writer]), []).append(call)
        return holds

    def _bind(self, nodes: list[Node], holds: dict[int, list[Call]]) -> list[Call]:
        calls: list[Call] = []
        for node in nodes:
            calls += node.op.bind(self._memory, node.output, *node.inputs)
            calls += holds.get(id(node), [])
        return calls


def _rows(machine: Machine, node: Node) -> Array:
    """The array from which a gather takes its rows."""
    kind = node.output.dtype or np.float64
    return np.array(machine.view(node.inputs[0].name), dtype=kind)


def _dependent(nodes: list[Node], roots: set[Tensor]) -> Iterator[Node]:
    """The forward, loss and backward ops whose result depends on a parameter or on `roots`.

    Tensors that share storage count as one.
    """
    reached = {tensor.storage for tensor in roots}
    for node in nodes:
        if node.phase == "update" or node.output in roots:
            continue
        if any(t.storage in reached or t.role == "parameter" for t in node.inputs):
            reached.add(node.output.storage)
            yield node
