"""The findings of rules, with the numbers that show them and the remedies to try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from engine.diagnostics.description_paths import located, with_field
from engine.errors import DescriptionError
from engine.history.moments import Branch
from engine.history.timeline import Timeline
from engine.network import Network
from engine.program.program import Program
from engine.training.optimizers import OPTIMIZERS, Optimizer

Severity = Literal["note", "warning", "error"]


@dataclass(frozen=True)
class Evidence:
    """A number that shows a finding.

    Attributes:
        buffer: the buffer that shows it; ``""`` if it is computed from several.
        index: the index of the elements; None for the whole buffer.
        value: the number.
        text: what the number is, for readers.
        step: the step that it belongs to.
    """

    buffer: str
    index: tuple[int | None, ...] | None
    value: float
    text: str
    step: int


@dataclass(frozen=True)
class Change:
    """A field of the description and its new value, e.g. ``layers[0].initializer``."""

    path: str
    value: object


@dataclass(frozen=True)
class Remedy:
    """Something to try.

    Attributes:
        text: what to do, for readers.
        changes: changes of the description; empty if they cannot express it.
    """

    text: str
    changes: tuple[Change, ...] = ()

    def live(self, program: Program) -> dict[str, float] | None:
        """The hyperparameters to set, by buffer; None if it needs a new configuration."""
        values: dict[str, float] = {}
        for change in self.changes:
            buffer = _hyperparameter(program, change.path)
            if buffer is None or not isinstance(change.value, int | float):
                return None
            values[buffer] = float(change.value)
        return values or None


@dataclass(frozen=True)
class Finding:
    """An occurrence of a pathology.

    Attributes:
        rule: the id of the rule.
        title: the title of the rule.
        severity: a "note" may be intended, a "warning" slows training down, and after an "error"
            training leads nowhere.
        subject: the layer, feature or buffer concerned; ``""`` for the whole network.
        step: the step at which it was found.
        text: what was found, with its numbers.
        evidence: the numbers and where to see them.
        remedies: what could be done, the most promising first.
    """

    rule: str
    title: str
    severity: Severity
    subject: str
    step: int
    text: str
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = field(default=())


def apply_remedy(timeline: Timeline, remedy: Remedy) -> Branch:
    """Set the hyperparameters of a remedy now; in the past, this starts a branch.

    Raises:
        DescriptionError: the remedy needs a new configuration; see `patched`.
    """
    values = remedy.live(timeline.machine.program)
    if values is None:
        raise DescriptionError("remedy", remedy.text, "possible without a new network")
    for buffer, value in values.items():
        timeline.write(buffer, value)
    return timeline.branch


def patched(network: Network, changes: Iterable[Change]) -> Network:
    """The network with fields changed.

    Raises:
        DescriptionError: a path is no field of a network (``batch_size``, ``data…``), or a value is
            unusable.
    """
    layers, loss, optimizer = list(network.layers), network.loss, network.optimizer
    clipping = network.clipping
    for change in changes:
        value: Any = change.value
        part, _, name = change.path.partition(".")
        if part.startswith("layers["):
            layers = with_field(layers, change.path, value)
        elif part == "optimizer":
            optimizer = _optimizer(optimizer, name, value)
        elif part == "loss":
            loss = value
        elif change.path == "clipping":
            clipping = value
        elif change.path == "clipping.limit" and clipping is not None:
            clipping = replace(clipping, limit=value)  # type: ignore[type-var]
        else:
            raise DescriptionError("path", change.path, "a field of this network")
    return replace(network, layers=layers, loss=loss, optimizer=optimizer, clipping=clipping)


def _optimizer(optimizer: Optimizer, name: str, value: Any) -> Optimizer:
    if name != "kind":
        return replace(optimizer, **{name: value})  # type: ignore[type-var]
    if value not in OPTIMIZERS:
        raise DescriptionError("optimizer.kind", value, f"one of {', '.join(OPTIMIZERS)}")
    optimizer_class: Any = OPTIMIZERS[value]
    known = {f.name for f in fields(optimizer_class)}
    common = {n: v for n, v in optimizer.hyperparameters().items() if n in known}
    rate = {n: v for n, v in common.items() if n == "learning_rate"}
    changed: Optimizer = optimizer_class(**rate)
    return changed


def _hyperparameter(program: Program, path: str) -> str | None:
    """The buffer of a hyperparameter by its path in the description."""
    layer_path, _, name = path.rpartition(".")
    for layer in program.layers:
        if located(program.network.layers, layer.name)[0] == layer_path:
            buffer = program.hyperparameters.get(f"{layer.name}/{name}")
            if buffer is not None:
                return buffer
    if path == "clipping.limit" and program.network.clipping is not None:
        return program.hyperparameters.get(f"clip_{program.network.clipping.kind}")
    part, _, name = path.partition(".")
    return program.hyperparameters.get(name) if part == "optimizer" else None
