"""The loss as a function of the parameters, with the samples and all randomness held fixed.

It executes the program's own instructions in double precision, whatever the machine's, so that
differences of losses are accurate. It repeats only what depends on the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DescriptionError
from engine.graph.graph import Node
from engine.ops.base import Call
from engine.ops.sampling import DropoutMask, Gather, Noise
from engine.program.clamps import clamped_slots
from engine.program.compiler import compile_untruncated
from engine.program.machine import Machine
from engine.program.memory import Memory, MemoryPlan, shaped, slot
from engine.program.program import Program
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Tensor

Samples = Literal["batch", "train"]
"""The samples of the loss: the batch of the step that the machine is in, with its dropout and
noise; or the training set, in as many whole batches as it has, without them. Batch normalisation
uses the statistics of the batch in both."""

Vector = NDArray[np.float64]


class _Cut:
    """The memory for an op at a truncation, in which the input before it keeps a value."""

    def __init__(self, memory: Memory, node: Node) -> None:
        assert node.op.cut is not None
        self.node = node
        self._memory, self._input = memory, node.inputs[node.op.cut]
        self._held = np.copy(memory.array(self._input), order="K")

    def hold(self) -> None:
        np.copyto(self._held, self._memory.array(self._input))

    def array(self, tensor: Tensor) -> Array:
        return self._held if tensor is self._input else self._memory.array(tensor)

    def with_ones(self, tensor: Tensor) -> Array:
        return self._memory.with_ones(tensor)

    def joined(self, weights: Tensor, bias: Tensor) -> Array | None:
        return self._memory.joined(weights, bias)


NO_CUTS: Mapping[int, _Cut] = {}


class Objective:
    """L(θ) and dL/dθ of a machine's program.

    Args:
        machine: a machine that trains. It is left unchanged, and later changes of it have no
            effect here.
        samples: the samples of the loss.
        truncated: whether `gradient` is cut off in time where the program's is; without it, it is
            always the derivative of the loss.

    Attributes:
        theta: all parameters in one flat live array: write to it, then call `loss`.
        recomputed: the gradient of the machine's step, as the machine itself computes it.

    Raises:
        DescriptionError: the machine's program has no update.
    """

    def __init__(
        self, machine: Machine, samples: Samples = "batch", *, truncated: bool = True
    ) -> None:
        program = machine.program
        if "parameters.grad" not in program.buffers:
            raise DescriptionError("machine", program.network, "a machine that trains")
        known = program.buffers
        if program.truncated and not truncated:
            program = compile_untruncated(program)
        graph = program.graph
        self._memory = Memory(MemoryPlan(graph, "float64", frozenset(program.data)), {})
        self._tensors = {tensor.name: tensor for tensor in graph.tensors}
        self.theta: Vector = self._array("parameters")
        self._gradient: Vector = self._array("parameters.grad")
        self._loss = self._array("loss/L")
        fetched = [n for n in graph.nodes if isinstance(n.op, Gather)] if samples == "train" else []
        self._fetch = [(self._memory.array(n.output), _rows(machine, n)) for n in fetched]
        added = {t for t in graph.tensors if t.name not in known}
        nodes = list(_dependent(graph.nodes, {n.output for n in fetched}, added))
        self._kinked = [n for n in nodes if n.op.has_kink and n.phase != "backward"]
        holds = self._holds(machine, program)
        self._cuts = [_Cut(self._memory, node) for node in nodes if node.op.cut is not None]
        self._forward = self._bind([n for n in nodes if n.phase != "backward"], holds)
        self._backward = self._bind([n for n in nodes if n.phase == "backward"], holds)
        cuts = {id(cut.node): cut for cut in self._cuts}
        self._cut_forward = self._bind([n for n in nodes if n.phase != "backward"], holds, cuts)
        self._copy(machine)
        self.recomputed: Vector = self._gradient.copy()
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

    def part(self, gradient: Vector, name: str) -> Vector:
        """A parameter's part of a flat gradient (parameters,), in its own shape."""
        tensor = self._tensors[f"{name}.grad"]
        stored = gradient[tensor.offset : tensor.offset + tensor.size]
        return shaped(stored, tensor.shape, tensor.order)

    @property
    def truncates(self) -> bool:
        """Whether `gradient` is cut off in time somewhere."""
        return bool(self._cuts)

    def loss(self, *, cut: bool = False) -> float:
        """L at `theta`.

        Args:
            cut: whether what lies before a truncation keeps its value at the last `hold_cuts`, so
                that the derivative of this is the truncated gradient.
        """
        return float(np.mean([float(self._loss) for _ in self._passes([], cut=cut)]))

    def hold_cuts(self) -> None:
        """Note the present values of what lies before a truncation, for `loss`."""
        self.loss()
        for part in self._cuts:
            part.hold()

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

    def _passes(self, further: list[Call], *, cut: bool = False) -> Iterator[None]:
        """Execute the forward pass, then further calls, on each batch in turn."""
        forward = self._cut_forward if cut else self._forward
        with np.errstate(all="ignore"):
            for rows in self._batches:
                for target, source in self._fetch:
                    target[...] = source[rows]
                for call in forward:
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
                if tensor.name in machine.program.buffers:
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

    def _holds(self, machine: Machine, program: Program) -> dict[int, list[Call]]:
        """The calls that write clamped values again, by the id of the node after which they run."""
        holds: dict[int, list[Call]] = {}
        for name, index, value in clamped_slots(machine.program, machine.clamps):
            held = slot(name, self._array(name), index)
            for writer in program.writers(name):
                call = partial(np.copyto, held, constant(value, held))
                holds.setdefault(id(program.graph.nodes[writer]), []).append(call)
        return holds

    def _bind(
        self,
        nodes: list[Node],
        holds: dict[int, list[Call]],
        cuts: Mapping[int, _Cut] = NO_CUTS,
    ) -> list[Call]:
        calls: list[Call] = []
        for node in nodes:
            memory = cuts.get(id(node), self._memory)
            calls += node.op.bind(memory, node.output, *node.inputs)
            calls += holds.get(id(node), [])
        return calls


def _rows(machine: Machine, node: Node) -> Array:
    """The array from which a gather takes its rows."""
    kind = node.output.dtype or np.float64
    return np.array(machine.view(node.inputs[0].name), dtype=kind)


def _dependent(nodes: list[Node], roots: set[Tensor], added: set[Tensor]) -> Iterator[Node]:
    """The forward, loss and backward ops whose result depends on a parameter or on `roots`.

    Tensors that share storage count as one. Ops whose results the machine lacks, `added`, are
    among them.
    """
    reached = {tensor.storage for tensor in roots}
    for node in nodes:
        if node.phase == "update" or node.output in roots:
            continue
        changing = any(t.storage in reached or t.role == "parameter" for t in node.inputs)
        if changing or node.output in added:
            reached.add(node.output.storage)
            yield node
