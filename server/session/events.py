"""The events of a session, described in docs/protocol.md, built from a runner and its camera."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import engine
from server.session import training_points
from server.session.camera import Camera, ViewRow
from server.session.runner import Runner
from server.session.tables import data_table, layer_row, live_description
from server.views.scores import Point, finite

Event = dict[str, Any]

MAX_EDITS = 200
"""Most edits of a branch that a timeline event lists; they are the last ones."""


def configured(runner: Runner, camera: Camera) -> Event:
    """Everything about a network that does not change while it trains."""
    program = runner.plan.program
    live = runner.hyperparameters()
    return {
        "type": "configured",
        "generation": camera.generation,
        "description": live_description(runner.plan, int(runner.machine.view("seed")), live),
        "instructions": [_instruction(i, camera) for i in program.instructions],
        "buffers": [_buffer(row, camera) for row in camera.table.values()],
        "layers": [layer_row(layer, runner.plan) for layer in program.layers],
        "unit_marks": vars(engine.UnitMarks()),
        "cost": vars(program.cost),
        "steps_per_epoch": program.steps_per_epoch,
        "batch_size": program.batch_size,
        "dropped": program.dropped,
        "whole_batch_sizes": list(program.whole_batch_sizes),
        "hyperparameters": live,
        "data": data_table(runner.plan),
    }


def state(runner: Runner, camera: Camera) -> Event:
    """Where the machine stands, and why."""
    machine, probe, found = runner.machine, camera.probe.point, runner.non_finite
    non_finite = found and {
        "instruction": found.instruction,
        "buffer": found.buffer,
        "index": list(found.index),
        "text": found.text,
    }
    limit = runner.speed_limit
    return {
        "type": "state",
        "running": runner.running,
        "reason": runner.reason,
        "lowest": runner.early_stopping.best,
        "step": machine.step_count,
        "epoch": machine.epoch,
        "pc": machine.pc,
        "branch": runner.timeline.branch.number,
        "end": list(runner.timeline.branch.end),
        "stack": [_frame(frame) for frame in runner.debugger.stack()],
        "hits": runner.breakpoints.happened() if runner.reason == "breakpoint" else [],
        "clamps": [_clamp(clamp) for clamp in machine.clamps],
        "speed": {"unit": limit.unit, "per_second": limit.per_second},
        "hyperparameters": runner.hyperparameters(),
        "seed": int(machine.view("seed")),
        "non_finite": non_finite,
        "probe": {"sample": probe.sample, "split": probe.split},
    }


def timeline(runner: Runner, camera: Camera) -> Event:
    """The history as a tree of branches."""
    return {
        "type": "timeline",
        "generation": camera.generation,
        "hyperparameters": runner.settings,
        "branches": [_branch(branch) for branch in runner.timeline.branches],
        "hits": [
            {"branch": branch, "moment": list(moment), "breakpoints": breakpoints}
            for (branch, moment), breakpoints in runner.hits.items()
        ],
    }


def loss(camera: Camera, branch: int, points: Iterable[Point]) -> Event:
    """New points of the loss curve of a branch."""
    return {
        "type": "loss",
        "generation": camera.generation,
        "branch": branch,
        "points": list(points),
    }


def breakpoints(runner: Runner) -> Event:
    """All breakpoints with their hits so far."""
    return {"type": "breakpoints", "breakpoints": runner.breakpoints.table()}


def watched(runner: Runner, *, whole: bool = False) -> Event:
    """The watch list with its values over time: all of them, or those since the last event.

    Args:
        whole: give all values; without it, those since the last event that was not whole.
    """
    values = runner.breakpoints.values(whole=whole)
    if not values:
        return {"type": "watched", "values": []}
    where = {"branch": runner.timeline.branch.number, "moment": list(runner.timeline.now)}
    return {"type": "watched", **where, "values": values}


def log(lines: list[dict[str, Any]]) -> Event:
    """Lines that logpoints have written."""
    return {"type": "log", "lines": lines}


def diagnostics(runner: Runner, camera: Camera) -> Event:
    """What the rules of the diagnostics find on the present branch."""
    findings = runner.health.findings()
    return {"type": "diagnostics", "generation": camera.generation, **findings}


def moved(runner: Runner) -> Event:
    """The training points that do not lie where the data set has them."""
    return {"type": "moved", "points": training_points.moved(runner.plan, runner.machine)}


# Their parts -------------------------------------------------------------------------------------


def _branch(branch: engine.Branch) -> dict[str, Any]:
    return {
        "number": branch.number,
        "parent": None if branch.parent is None else branch.parent.number,
        "start": list(branch.start),
        "end": list(branch.end),
        "edits": [_edit(edit) for edit in branch.edits[-MAX_EDITS:]],
    }


def _edit(edit: engine.Edit) -> dict[str, Any]:
    single = edit.values.ndim == 0
    return {
        "moment": list(edit.moment),
        "kind": edit.kind,
        "buffer": edit.buffer,
        "index": None if edit.index is None else list(edit.index),
        "value": finite(float(edit.values)) if single else None,
    }


def _frame(frame: engine.Frame) -> dict[str, Any]:
    return {"name": frame.name, "path": frame.path, "start": frame.start, "stop": frame.stop}


def _clamp(clamp: engine.Clamp) -> dict[str, Any]:
    return {"buffer": clamp.buffer, "index": list(clamp.index), "value": clamp.value}


def _instruction(instruction: engine.Instruction, camera: Camera) -> dict[str, Any]:
    return {
        **vars(instruction),
        "reads": [camera.identity(name) for name in instruction.reads],
        "writes": [camera.identity(name) for name in instruction.writes],
    }


def _buffer(row: engine.Buffer | ViewRow, camera: Camera) -> dict[str, Any]:
    return {"id": camera.identity(row.name), **vars(row)}
