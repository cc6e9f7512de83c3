"""Running bare graphs, for tests of single ops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.graph.autodiff import differentiate
from engine.graph.graph import Graph
from engine.ops.elementwise import Multiply
from engine.ops.reduction import SumTo
from engine.program.memory import Memory, MemoryPlan
from engine.tensors.tensor import Tensor

Values = Sequence[NDArray[np.float64]]
Build = Callable[[Graph, Sequence[Tensor]], Tensor]


class Scalarised:
    """f(x₁, x₂, …) = Σ r ⊙ op(x₁, x₂, …) with random r, and its gradient by the ops' VJPs."""

    def __init__(self, build: Build, values: Values, seed: int = 0) -> None:
        self.graph = Graph()
        self.inputs = [
            self.graph.given(
                f"x{i}",
                f"x{i}",
                v.shape,
                ("batch", "unit")[2 - v.ndim :] if v.ndim <= 2 else ("axis",) * v.ndim,
                "input",
                order="F" if v.ndim in (2, 4) else "C",
            )
            for i, v in enumerate(values)
        ]
        out = build(self.graph, self.inputs)
        weights = np.random.default_rng(seed).uniform(0.5, 1.5, out.shape)
        self._weights = self.graph.add(
            Tensor("r", "r", out.shape, out.axes, "constant", order=out.order)
        )
        weighted = self.graph.apply(Multiply(), out, self._weights, like=out)
        self.loss = self.graph.apply(SumTo(()), weighted, name="loss", symbol="L", role="loss")
        differentiate(self.graph, self.loss, self.inputs)
        self._memory = Memory(MemoryPlan(self.graph, "float64", frozenset()), {})
        self._calls = [
            call
            for node in self.graph.nodes
            for call in node.op.bind(self._memory, node.output, *node.inputs)
        ]
        self._memory.array(self._weights)[...] = weights

    def __call__(self, values: Values) -> float:
        for tensor, value in zip(self.inputs, values, strict=True):
            self._memory.array(tensor)[...] = value
        for call in self._calls:
            call()
        return float(self._memory.array(self.loss))

    def gradients(self, values: Values) -> list[NDArray[np.float64]]:
        self(values)
        return [np.array(self._memory.array(self.graph.gradients[t])) for t in self.inputs]


def numerical_gradients(f: Callable[[Values], float], values: Values) -> list[NDArray[np.float64]]:
    """Central differences of fourth order: their own error is far below 1e-7."""
    gradients = []
    for array in values:
        gradient = np.empty_like(array)
        for index in np.ndindex(array.shape):
            kept = float(array[index])
            h = 1e-3 * max(1.0, abs(kept))
            shifted = []
            for k in (-2, -1, 1, 2):
                array[index] = kept + k * h
                shifted.append(f(values))
            array[index] = kept
            low2, low1, high1, high2 = shifted
            gradient[index] = (low2 - 8 * low1 + 8 * high1 - high2) / (12 * h)
        gradients.append(gradient)
    return gradients


def relative_error(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """‖left − right‖ / max(‖left‖, ‖right‖), and 0 where both vanish."""
    scale = max(float(np.linalg.norm(left)), float(np.linalg.norm(right)))
    return float(np.linalg.norm(left - right)) / scale if scale > 1e-12 else 0.0
