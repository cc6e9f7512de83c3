"""Which of a machine's numbers should stay finite, and whether they are.

A NaN in a step reaches the parameters or the loss by its end. An infinity may not: a norm of ∞
makes an update of 0, and so does ∞ in Adam's v. Then nothing moves any more, and neither the
parameters nor the loss tell. So whatever outlives a step is checked as well, and the results of
which later ops make 0 if they are infinite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.graph.graph import Graph
from engine.program.memory import Memory
from engine.tensors.arrays import Array
from engine.tensors.tensor import Tensor


class FiniteWatch:
    """Checks the buffers that should stay finite. A check copies nothing.

    They are the parameters and the loss, which are vital: once they are not finite, nothing is. The
    others are the gradient, the state of the optimizer, running statistics, and moments.
    """

    def __init__(self, memory: Memory, graph: Graph) -> None:
        by_name = {tensor.name: tensor for tensor in graph.tensors}
        vital = [by_name[name] for name in ("parameters", "loss/L") if name in by_name]
        others = list(dict.fromkeys(_others(graph, by_name)))
        self._vital = [memory.array(tensor) for tensor in vital]
        self._others = [memory.array(tensor) for tensor in others]
        self._watched: Sequence[int] = range(len(others))
        """The numbers of the others that were finite when the run began."""
        self._number = [
            next((n for n, tensor in enumerate(others) if tensor in node.output.lineage()), None)
            for node in graph.nodes
        ]
        size = max((array.size for array in (*self._vital, *self._others)), default=0)
        self._mask = np.empty(size, dtype=bool)

    def vital(self) -> bool:
        """Whether the parameters and the last loss are finite."""
        return all(self._finite(array) for array in self._vital)

    def begin(self) -> bool:
        """Watch for what stops being finite from now on; False if something vital has already."""
        self._watched = [n for n, array in enumerate(self._others) if self._finite(array)]
        return self.vital()

    def finite(self) -> bool:
        """Whether all that was finite at `begin` still is."""
        return self.vital() and all(self._finite(self._others[n]) for n in self._watched)

    def ignores(self, instruction: int) -> bool:
        """Whether an instruction writes to what was not finite at `begin`."""
        number = self._number[instruction]
        return number is not None and number not in self._watched

    def _finite(self, array: Array) -> bool:
        mask: NDArray[np.bool_] = self._mask[: array.size].reshape(array.shape)
        np.isfinite(array, mask)
        return bool(mask.all())


def _others(graph: Graph, by_name: dict[str, Tensor]) -> Iterator[Tensor]:
    for tensor in graph.tensors:
        if tensor.parent is None and tensor.role in ("optimizer_state", "statistic"):
            yield tensor
    if "parameters.grad" in by_name:
        yield by_name["parameters.grad"]
    for node in graph.nodes:
        if node.op.hides_overflow:
            yield node.output
