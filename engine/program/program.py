"""A program: the instructions of one training step over a table of named buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.data import Dataset
from engine.graph.graph import PHASES, Graph, Node, Phase
from engine.layers.context import LayerInfo, Parameter
from engine.network import Network
from engine.program.memory import MemoryPlan
from engine.tensors.arrays import Array
from engine.tensors.tensor import Role, Shape, Tensor


@dataclass(frozen=True)
class Instruction:
    """One op of the program.

    Attributes:
        index: its position in the program.
        phase: forward, loss, backward or update.
        scope: the scope it belongs to, e.g. ``dense1/linear``.
        layer: the layer it belongs to, or ``""``.
        op: the name of the op.
        formula: what it computes, e.g. ``Z1 = X·W1 + b1``.
        reads, writes: the names of buffers.
        flops: the floating-point operations of one execution.
    """

    index: int
    phase: Phase
    scope: str
    layer: str
    op: str
    formula: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    flops: int


@dataclass(frozen=True)
class Buffer:
    """A named array of the machine.

    `grad` and `update` name the buffers of its gradient and its last update, or are None.
    """

    name: str
    symbol: str
    shape: Shape
    axes: tuple[str, ...]
    role: Role
    layer: str
    grad: str | None
    update: str | None
    dtype: str


@dataclass(frozen=True)
class Cost:
    """The cost of a program: trained numbers, floating-point operations per step, and bytes."""

    parameters: int
    flops: int
    bytes: int


class Listing(tuple[Instruction, ...]):
    """All instructions in order; `str` makes a table of them."""

    __slots__ = ()

    def __str__(self) -> str:
        lines = [f"{'':>4}  {'phase':<9}{'scope':<26}{'formula':<44}{'FLOPs':>10}"]
        lines += [
            f"{i.index:>4}  {i.phase:<9}{i.scope:<26}{i.formula:<44}{i.flops:>10,}" for i in self
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Program:
    """The compiled form of a network on a data set, ready for a `Machine`.

    Attributes:
        network: the description it was compiled from.
        graph: tensors and op applications; `graph.nodes[i]` is instruction i.
        instructions: the listing.
        buffers: the buffers by name.
        layers: the layers, with the names of their buffers.
        hyperparameters: buffer names by the names that descriptions use.
        parameters: the trained tensors and their initializers.
        plan: the position of each tensor in memory.
        data: the data set's arrays by buffer name, not part of the machine's state.
        batch_size, seed, dtype: as compiled.
        steps_per_epoch: the number of whole batches; an epoch drops the samples beyond them.
        cost: parameters, FLOPs per step, bytes.
        dataset: the data set it was compiled for; None for an evaluator's program.
    """

    network: Network
    graph: Graph
    instructions: tuple[Instruction, ...]
    buffers: Mapping[str, Buffer]
    layers: tuple[LayerInfo, ...]
    hyperparameters: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    plan: MemoryPlan
    data: Mapping[str, Array]
    batch_size: int
    steps_per_epoch: int
    seed: int
    dtype: str
    cost: Cost
    dataset: Dataset | None = None

    @property
    def samples(self) -> int:
        """The number of training samples; in an evaluator's program, the rows it evaluates."""
        return len(self.data["data/x"]) if "data/x" in self.data else self.batch_size

    @property
    def dropped(self) -> int:
        """The number of samples that each epoch drops, because they do not fill a batch."""
        return self.samples - self.steps_per_epoch * self.batch_size

    @property
    def whole_batch_sizes(self) -> tuple[int, ...]:
        """The next smaller and the next larger batch size with which no sample is dropped."""
        sizes = [size for size in range(1, self.samples + 1) if self.samples % size == 0]
        smaller = max(size for size in sizes if size <= self.batch_size)
        larger = min(size for size in sizes if size >= self.batch_size)
        return (smaller, larger) if smaller < larger else (smaller,)

    def epoch(self, step: int) -> float:
        """The number of passes over the training set after so many steps: samples over samples."""
        return step * self.batch_size / self.samples

    @property
    def truncated(self) -> bool:
        """Whether backpropagation is cut off somewhere, so that gradients are not the loss's."""
        return any(node.op.cut is not None for node in self.graph.nodes)

    def listing(self) -> Listing:
        """Every instruction: index, phase, scope, op, formula, reads, writes, FLOPs."""
        return Listing(self.instructions)

    def phase_start(self, phase: Phase) -> int:
        """Index of the first instruction of `phase` or of the next phase that has any."""
        rank = PHASES.index(phase)
        for instruction in self.instructions:
            if PHASES.index(instruction.phase) >= rank:
                return instruction.index
        return len(self.instructions)

    def writers(self, name: str) -> tuple[int, ...]:
        """The instructions that write to this buffer, or to one that shares memory with it.

        An instruction that only makes a view, such as a reshape, writes to its own output and to
        no other buffer that shares the memory.
        """
        tensor = next(tensor for tensor in self.graph.tensors if tensor.name == name)
        enclosing = tensor.lineage()
        return tuple(
            index
            for index, node in enumerate(self.graph.nodes)
            if node.output.overlaps(tensor)
            and (node.op.storage(*node.inputs) is None or node.output in enclosing)
        )


def instruction(index: int, node: Node) -> Instruction:
    """The instruction of an op application, with the present names of its tensors."""
    inputs = node.inputs
    right = node.op.formula(*(tensor.symbol for tensor in inputs))
    arrow = "←" if node.updates and node.output.symbol in right else "="
    if node.updates and arrow == "=":
        inputs = inputs[1:]
    return Instruction(
        index=index,
        phase=node.phase,
        scope=node.scope,
        layer=node.layer,
        op=node.op.name,
        formula=f"{node.output.symbol} {arrow} {right}",
        reads=tuple(dict.fromkeys(tensor.name for tensor in inputs)),
        writes=(node.output.name,),
        flops=node.op.flops(node.output, *node.inputs),
    )


def buffer_table(graph: Graph, dtype: str) -> dict[str, Buffer]:
    """The graph's tensors as buffers, by name."""
    names = {tensor.name for tensor in graph.tensors}
    return {
        tensor.name: Buffer(
            name=tensor.name,
            symbol=tensor.symbol,
            shape=tensor.shape,
            axes=tensor.axes,
            role=tensor.role,
            layer=tensor.layer,
            grad=_gradient_name(graph, tensor),
            update=f"{tensor.name}.update" if f"{tensor.name}.update" in names else None,
            dtype=tensor.dtype or dtype,
        )
        for tensor in graph.tensors
    }


def _gradient_name(graph: Graph, tensor: Tensor) -> str | None:
    gradient = graph.gradients.get(tensor)
    return gradient.name if gradient is not None else None
