"""A network and data of one's own, as something that can be sent to a worker and described."""

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
"""What the data set is called in the description."""
STATE_ROLES = ("parameter", "optimizer_state", "hyperparameter")
"""Of the buffers that a state is carried over in."""


@dataclass(frozen=True)
class DebugTarget:
    """What somebody's script wants to debug.

    Attributes:
        description: of the network, on the data set DATASET_NAME.
        data: that data set.
        moment: where the machine stands.
        state: what training has made of it: buffers by name.
        breakpoints: breakpoints to begin with.
    """

    description: Description
    data: Dataset
    moment: Moment
    state: Mapping[str, NDArray[Any]]
    breakpoints: tuple[BreakpointSpec, ...]


def debug_target(machine: Machine, breakpoints: tuple[BreakpointSpec, ...] = ()) -> DebugTarget:
    """A machine as it stands, as something to send.

    Raises:
        ValueError: its program is an evaluator's, which has no data set.
    """
    program = machine.program
    if program.dataset is None:
        raise ValueError("this machine only judges samples; debug the one that is trained")
    return DebugTarget(
        describe(program),
        replace(program.dataset, name=DATASET_NAME),
        Moment(machine.step_count, machine.pc),
        {name: machine.read(name) for name in state_buffers(program)},
        breakpoints,
    )


def state_buffers(program: engine.Program) -> list[str]:
    """The buffers that say what training has come to; no two of them lie in the same place."""
    tensors = {tensor.name: tensor for tensor in program.graph.tensors}
    return [
        name
        for name, buffer in program.buffers.items()
        if buffer.role in STATE_ROLES and tensors[name].parent is None
    ]


def register(data: Dataset) -> None:
    """Have the data set known in this process."""
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
    """A fresh machine of a network on data; options as of `engine.compile`."""
    return Machine(engine.compile(network, data, **options))
