"""Rules for single kinds of layers: starved batch normalisation, and unused embedding rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diagnostics.case import Case
from engine.diagnostics.finding import Change, Evidence, Finding, Remedy
from engine.diagnostics.rule import Rule
from engine.formula import number_text
from engine.layers import LAYERS, BatchNorm, Embedding
from engine.layers.context import LayerInfo
from engine.ops.lookup import Offset
from engine.tensors.arrays import Array

USUAL_MOMENTUM = 0.1
USUAL_BATCH = 16


@dataclass(frozen=True)
class BatchNormStarved(Rule):
    """Batch normalisation has too few samples, or its batch and running statistics differ.

    Ioffe & Szegedy 2015, section 3.1: training uses the mean and variance of the batch, and
    evaluation uses running ones that should agree with them. Wu & He 2018, Group Normalization,
    section 1: the error grows fast with batches of a few samples, even if each sample has many
    positions. Means are compared in running standard deviations, by which the evaluator divides,
    once the running statistics have had time to follow.

    Attributes:
        batch: the least number of samples per step.
        deviations: the greatest distance of a batch's mean from the running one.
        looks: the consecutive observations at which a unit is further away.
        patience: the steps before means are compared; with a momentum of 0.1 the running statistics
            have forgotten the start by then.
    """

    batch: int = 4
    deviations: float = 3.0
    looks: int = 5
    patience: int = 100

    id = "batch_norm_starved"
    title = "Batch normalisation starved"
    meaning = (
        "Noisy batch statistics scale the units, and evaluation uses other statistics than "
        "training."
    )

    def due(self, case: Case) -> bool:
        return any(layer.kind == BatchNorm.kind for layer in case.layers)

    def check(self, case: Case) -> Iterator[Finding]:
        for layer in case.layers:
            if layer.kind != BatchNorm.kind:
                continue
            if case.program.batch_size < self.batch:
                yield self._small_batch(case, layer)
                continue
            far = self._far_units(case, layer)
            if far is not None and far.any():
                yield self._distant_means(case, layer, far)

    def _small_batch(self, case: Case, layer: LayerInfo) -> Finding:
        batch = case.program.batch_size
        larger = Change("batch_size", min(USUAL_BATCH, len(case.machine.view("data/x"))))
        return self.found(
            case,
            f"{layer.name} computes mean and variance over batches of {batch}",
            subject=layer.name,
            evidence=(Evidence(f"{layer.name}/mean", None, batch, "samples per step", case.step),),
            remedies=(
                Remedy("use larger batches", (larger,)),
                Remedy("use layer_norm instead, which normalises the units of each sample"),
            ),
        )

    def _far_units(self, case: Case, layer: LayerInfo) -> NDArray[np.bool_] | None:
        """Whether each unit (units,) was far from its running mean at all of the last looks.

        None as long as it is too early to judge.
        """
        if case.step < self.patience:
            return None
        far = case.memory.setdefault(f"{self.id}.{layer.name}", deque(maxlen=self.looks))
        far.append(self._distance(case, layer) > self.deviations)
        return np.logical_and.reduce(list(far)) if len(far) == self.looks else None

    def _distance(self, case: Case, layer: LayerInfo) -> Array:
        """The distances (units,) of batch means from running means, in standard deviations."""
        batch, mean, variance = (
            case.machine.view(f"{layer.name}/{name}")
            for name in ("mean", "running_mean", "running_variance")
        )
        smallest = np.finfo(variance.dtype).tiny
        distance: Array = np.abs(batch - mean) / np.sqrt(np.maximum(variance, smallest))
        return distance

    def _distant_means(self, case: Case, layer: LayerInfo, far: NDArray[np.bool_]) -> Finding:
        distance = np.where(far, self._distance(case, layer), 0)
        worst, name = int(distance.argmax()), f"{layer.name}/momentum"
        remedies = [Remedy("use larger batches"), Remedy("lower the learning rate")]
        path = case.path(layer)
        if path is not None and (case.hyperparameter(name) or 0.0) < USUAL_MOMENTUM:
            quicker = Change(f"{path}.momentum", USUAL_MOMENTUM)
            text = (
                f"raise the momentum of the running statistics to {number_text(USUAL_MOMENTUM, 6)}"
            )
            remedies.insert(0, Remedy(text, (quicker,)))
        return self.found(
            case,
            f"the means of {int(far.sum())} of the {layer.units} units of {layer.name} are up to "
            f"{number_text(distance[worst])} standard deviations from the running ones",
            subject=layer.name,
            evidence=tuple(
                Evidence(buffer, (worst,), float(case.machine.view(buffer)[worst]), text, case.step)
                for buffer, text in (
                    (f"{layer.name}/mean", "mean of the batch"),
                    (f"{layer.name}/running_mean", "running mean"),
                )
            ),
            remedies=remedies,
        )


@dataclass(frozen=True)
class RowNeverSeen(Rule):
    """No training sample looks up some rows of an embedding.

    The gradient of a row is a sum over the samples that look it up, so the gradient of other rows
    is exactly zero in every step; for users and items this is the cold-start problem (Koren, Bell,
    Volinsky 2009). The rule examines all training samples before the first step, and so covers
    every epoch. It ignores tables that other ops read as well, such as tied weights, because those
    train every row.

    Attributes:
        rows: the least number of such rows.
    """

    rows: int = 1

    id = "row_never_seen"
    title = "Embedding row never seen"
    meaning = (
        "These vectors keep their initial values. A later sample that looks one up gets a random "
        "vector."
    )
    when = "start"

    def check(self, case: Case) -> Iterator[Finding]:
        for layer in case.layers:
            for table in _lookup_tables(case, layer):
                unseen = np.flatnonzero(~_used_rows(case, layer, table))
                if unseen.size >= max(1, self.rows):
                    yield self._found(case, layer, table, unseen)

    def _found(self, case: Case, layer: LayerInfo, table: str, unseen: NDArray[np.intp]) -> Finding:
        values = case.machine.view(table)
        many = "row" if unseen.size == 1 else "rows"
        first = ", ".join(str(row) for row in unseen[:8]) + (", …" if unseen.size > 8 else "")
        remedies = [Remedy("remove these rows, or add training samples that use them")]
        used, path = len(values) - unseen.size, case.path(layer)
        if layer.kind == Embedding.kind and path is not None and unseen[0] == used > 0:
            smaller = Change(f"{path}.vocabulary", int(used))
            remedies.insert(0, Remedy(f"reduce the vocabulary to {used}", (smaller,)))
        return self.found(
            case,
            f"{unseen.size} of the {len(values)} rows of {table} are never looked up: "
            f"{many} {first}",
            subject=layer.name,
            evidence=tuple(
                Evidence(table, (int(row), None), 0.0, "samples that look it up", case.step)
                for row in unseen[:8]
            ),
            remedies=remedies,
        )


def _lookup_tables(case: Case, layer: LayerInfo) -> list[str]:
    """The matrices of a layer of which ops, except for penalties, read only rows."""
    if not LAYERS[layer.kind].reads_ids:
        return []
    others = {
        tensor.name
        for node in case.program.graph.nodes
        if node.op.name == "matmul"
        for tensor in node.inputs
    }
    return [
        name
        for name in layer.parameters
        if len(case.program.buffers[name].shape) == 2 and name not in others
    ]


def _used_rows(case: Case, layer: LayerInfo, table: str) -> NDArray[np.bool_]:
    """Whether any training sample looks up each row (rows,)."""
    ids = case.machine.view("data/x").astype(np.intp)
    for node in case.program.graph.nodes:
        if isinstance(node.op, Offset) and node.output.name == f"{layer.name}/rows":
            ids = ids + node.op.starts
    count = case.program.buffers[table].shape[0]
    return np.bincount(np.clip(ids, 0, count - 1).ravel(), minlength=count) > 0
