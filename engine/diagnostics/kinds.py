"""What single kinds of layers suffer from: statistics of too little, and rows without samples."""

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
    """Batch normalisation goes by too few samples, or evaluates by other numbers than it trains by.

    Ioffe & Szegedy 2015, section 3.1: training takes mean and variance of the batch, evaluation
    running ones, which are to stand for the same. Wu & He 2018, Group Normalization, section 1:
    the error grows fast with batches of a few samples, also where each has many places. Means are
    compared in running standard deviations, as the evaluator divides by those, once the running
    ones have had time to follow.

    Attributes:
        batch: least samples a step.
        deviations: that a batch's mean may be from the running one.
        looks: observations in a row at which a unit is further away.
        patience: steps before means are compared; at a momentum of 0.1 the start is forgotten.
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
                yield self._few(case, layer)
                continue
            away = self._away(case, layer)
            if away is not None and away.any():
                yield self._astray(case, layer, away)

    def _few(self, case: Case, layer: LayerInfo) -> Finding:
        batch = case.program.batch_size
        larger = Change("batch_size", min(USUAL_BATCH, len(case.machine.view("data/x"))))
        return self.found(
            case,
            f"{layer.name} takes mean and variance of batches of {batch}",
            subject=layer.name,
            evidence=(Evidence(f"{layer.name}/mean", None, batch, "samples a step", case.step),),
            remedies=(
                Remedy("take larger batches", (larger,)),
                Remedy("normalise the units of each sample instead: layer_norm"),
            ),
        )

    def _away(self, case: Case, layer: LayerInfo) -> NDArray[np.bool_] | None:
        """(units,) which are far from the running mean at all of the last looks, if it is time."""
        if case.step < self.patience:
            return None
        far = case.memory.setdefault(f"{self.id}.{layer.name}", deque(maxlen=self.looks))
        far.append(self._distance(case, layer) > self.deviations)
        return np.logical_and.reduce(list(far)) if len(far) == self.looks else None

    def _distance(self, case: Case, layer: LayerInfo) -> Array:
        """(units,) of the batch's mean from the running one, in running standard deviations."""
        batch, mean, variance = (
            case.machine.view(f"{layer.name}/{name}")
            for name in ("mean", "running_mean", "running_variance")
        )
        smallest = np.finfo(variance.dtype).tiny
        distance: Array = np.abs(batch - mean) / np.sqrt(np.maximum(variance, smallest))
        return distance

    def _astray(self, case: Case, layer: LayerInfo, away: NDArray[np.bool_]) -> Finding:
        distance = np.where(away, self._distance(case, layer), 0)
        worst, name = int(distance.argmax()), f"{layer.name}/momentum"
        remedies = [Remedy("take larger batches"), Remedy("lower the learning rate")]
        place = case.place(layer)
        if place is not None and (case.hyperparameter(name) or 0.0) < USUAL_MOMENTUM:
            quicker = Change(f"{place}.momentum", USUAL_MOMENTUM)
            text = f"let the running statistics follow at {number_text(USUAL_MOMENTUM, 6)}"
            remedies.insert(0, Remedy(text, (quicker,)))
        return self.found(
            case,
            f"the means of {int(away.sum())} of the {layer.units} units of {layer.name} are up to "
            f"{number_text(distance[worst])} standard deviations from the running ones",
            subject=layer.name,
            evidence=tuple(
                Evidence(buffer, (worst,), float(case.machine.view(buffer)[worst]), text, case.step)
                for buffer, text in (
                    (f"{layer.name}/mean", "of the batch"),
                    (f"{layer.name}/running_mean", "running"),
                )
            ),
            remedies=remedies,
        )


@dataclass(frozen=True)
class RowNeverSeen(Rule):
    """Rows of an embedding that no training sample asks for.

    The gradient of a lookup is a sum over the samples that ask for a row, so that of the others is
    exactly zero in every step of an epoch; of users and items that is known as a cold start (Koren,
    Bell, Volinsky 2009). All training samples are looked through before the first step, which
    tells it of every epoch. Nothing is said of a table that other ops read as well, such as
    tied weights: those train every row.

    Attributes:
        rows: so many are found.
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
            for table in _looked_up_alone(case, layer):
                unseen = np.flatnonzero(~_asked_for(case, layer, table))
                if unseen.size >= max(1, self.rows):
                    yield self._found(case, layer, table, unseen)

    def _found(self, case: Case, layer: LayerInfo, table: str, unseen: NDArray[np.intp]) -> Finding:
        values = case.machine.view(table)
        many = "row" if unseen.size == 1 else "rows"
        first = ", ".join(str(row) for row in unseen[:8]) + (", …" if unseen.size > 8 else "")
        remedies = [Remedy("leave them out, or add training samples that use them")]
        used, place = len(values) - unseen.size, case.place(layer)
        if layer.kind == Embedding.kind and place is not None and unseen[0] == used > 0:
            smaller = Change(f"{place}.vocabulary", int(used))
            remedies.insert(0, Remedy(f"make the vocabulary {used}", (smaller,)))
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


def _looked_up_alone(case: Case, layer: LayerInfo) -> list[str]:
    """The matrices of a layer of which only rows are read, penalties aside."""
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


def _asked_for(case: Case, layer: LayerInfo, table: str) -> NDArray[np.bool_]:
    """(rows,) which any training sample asks for."""
    ids = case.machine.view("data/x").astype(np.intp)
    for node in case.program.graph.nodes:
        if isinstance(node.op, Offset) and node.output.name == f"{layer.name}/rows":
            ids = ids + node.op.starts
    count = case.program.buffers[table].shape[0]
    return np.bincount(np.clip(ids, 0, count - 1).ravel(), minlength=count) > 0
