"""Hands a script's own network and data to a worker, as a description and a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

import engine
from engine import Dataset, Machine, Moment, Network
from engine.data import register_dataset
from server.describe.description import Description
from server.describe.layers import described
from server.wire.commands import BreakpointSpec

DATASET_NAME = "own"
"""Name of the data set in the description."""
STATE_ROLES = ("parameter", "optimizer_state", "hyperparameter")
"""Roles of the buffers that carry the state of training."""


@dataclass(frozen=True)
class DebugTarget:
    """What a script wants to debug.

    Attributes:
        description: description of the network on the data set DATASET_NAME.
        data: that data set.
        moment: where the machine stands.
        state: values of the buffers in STATE_ROLES, by name.
        breakpoints: breakpoints to begin with.
    """

    description: Description
    data: Dataset
    moment: Moment
    state: Mapping[str, NDArray[Any]]
    breakpoints: tuple[BreakpointSpec, ...]


def debug_target(machine: Machine, breakpoints: tuple[BreakpointSpec, ...] = ()) -> DebugTarget:
    """A machine and its state, ready to send to a worker.

    Raises:
        ValueError: the machine is an evaluator, which has no data set.
    """
    program = machine.program
    if program.dataset is None:
        raise ValueError("this machine only evaluates samples; debug the one that is trained")
    return DebugTarget(
        describe(program),
        replace(program.dataset, name=DATASET_NAME),
        Moment(machine.step_count, machine.pc),
        {name: machine.read(name) for name in state_buffers(program)},
        breakpoints,
    )


def state_buffers(program: engine.Program) -> list[str]:
    """Names of the buffers that hold the state of training; no two of them overlap in memory."""
    tensors = {tensor.name: tensor for tensor in program.graph.tensors}
    return [
        name
        for name, buffer in program.buffers.items()
        if buffer.role in STATE_ROLES and tensors[name].parent is None
    ]


def register(data: Dataset) -> None:
    """Make the data set available in this process."""
    register_dataset(data)


def describe(program: engine.Program) -> Description:
    """The description that means this program, on the data set DATASET_NAME."""
    network = program.network
    samples = next(n.op for n in program.graph.nodes if n.op.name == "batch")
    return {
        "data": {"name": DATASET_NAME},
        "layers": [described(layer) for layer in network.layers],
        "loss": network.loss,
        "targets": network.targets,
        "optimizer": {"kind": network.optimizer.kind, **network.optimizer.hyperparameters()},
        "schedule": described(network.schedule),
        "clipping": described(network.clipping),
        "batch_size": program.batch_size,
        "shuffle": bool(getattr(samples, "shuffle", True)),
        "dtype": program.dtype,
        "seed": program.seed,
    }


def network_machine(network: Network, data: Dataset, **options: Any) -> Machine:
    """A fresh machine for a network on data; options as for `engine.compile`."""
    return Machine(engine.compile(network, data, **options))
