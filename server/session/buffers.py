"""Reads and writes numbers of the machine: buffers, views and hyperparameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import DescriptionError
from server.describe.fields import MAX_NUMBER
from server.session.camera import Camera
from server.session.questions import Answer, check_index
from server.session.runner import Runner
from server.wire.commands import Read, Set, Write
from server.wire.errors import Refusal, unknown
from server.wire.formulas import number

MAX_READ = 65_536
"""Most numbers in one answer to `read`."""
MAX_LIVE = {"dropout": 0.95, "momentum": 1.0}
"""Largest values of a layer's hyperparameters; for all others MAX_NUMBER is the limit."""
WRITABLE = (
    "parameter",
    "optimizer_state",
    "input",
    "target",
    "pre_activation",
    "activation",
    "local_derivative",
    "gradient",
    "update",
)
"""Roles of the buffers whose elements can be written."""


def read(camera: Camera, command: Read) -> Answer:
    """The exact values of a buffer or a view, or of the part that the first axes select."""
    row = camera.row(command.buffer, "buffer")
    index = command.index or ()
    check_index(index, row.shape, whole=False)
    values = camera.read(command.buffer)[index]
    if values.size > MAX_READ:
        expected = f"at most {MAX_READ} numbers; read it by rows"
        raise Refusal("bad_value", "buffer", f"{values.size} numbers", expected)
    if values.ndim == 0:
        value = {"value": values.item()} if values.dtype.kind != "f" else number(values.item())
        return {"buffer": command.buffer, **value}
    return {"buffer": command.buffer, "values": _json(values)}


def write(runner: Runner, camera: Camera, command: Write) -> Answer:
    """Change an element; returns its buffer, index and value as stored."""
    row = camera.row(command.buffer, "buffer")
    is_sample = row.name in runner.plan.program.data and row.dtype.startswith("float")
    if row.role not in WRITABLE and not is_sample:
        raise Refusal("bad_value", "buffer", command.buffer, f"writable: its role is {row.role}")
    check_index(command.index, row.shape)
    with np.errstate(over="ignore"):
        value = float(np.asarray(command.value, row.dtype))
    if not np.isfinite(value):
        raise Refusal("bad_value", "value", command.value, f"finite in {row.dtype}")
    runner.write(command.buffer, command.index, value)
    return {"buffer": command.buffer, "index": list(command.index), "value": value}


def set_hyperparameter(runner: Runner, command: Set) -> Answer:
    """Change a hyperparameter; returns its name and value as stored."""
    known = runner.plan.program.hyperparameters
    if command.name not in known:
        expected = unknown(command.name, known, "a hyperparameter of this program")
        raise Refusal("bad_value", "name", command.name, expected)
    _check_hyperparameter(command.name, command.value)
    runner.write(known[command.name], None, command.value)
    return {"name": command.name, "value": runner.hyperparameters()[command.name]}


def _check_hyperparameter(name: str, value: float) -> None:
    layer, _, setting = name.rpartition("/")
    if not layer:
        try:
            engine.check_hyperparameter("value", name, value)
        except DescriptionError as error:
            raise Refusal("bad_value", error.path, error.value, error.expected) from error
    highest = MAX_LIVE.get(setting, MAX_NUMBER) if layer else MAX_NUMBER
    if not 0.0 <= value <= highest:
        raise Refusal("bad_value", "value", value, f"in 0..{highest:g}")


def _json(values: NDArray[Any]) -> Any:
    """Numbers in nested lists, with None for those that are not finite."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    numbers = np.array(values, dtype=object)
    numbers[~np.isfinite(values)] = None
    return numbers.tolist()
