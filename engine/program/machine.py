"""The machine that executes a program: a program counter and buffers.

Running a million steps and stepping through one op execute the same bound calls; stepping only
stops between them. Nothing is instrumented, so nothing is slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from math import prod
from time import perf_counter
from typing import Literal, get_args
from weakref import WeakSet

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DescriptionError
from engine.formula import number_text
from engine.ops.base import Call
from engine.ops.sampling import PURPOSE_PARAMETERS
from engine.program.clamps import Clamp, clamped_slots
from engine.program.compiler import compile_evaluator
from engine.program.finiteness import FiniteWatch
from engine.program.memory import Index, Memory, slot
from engine.program.program import Instruction, Program
from engine.program.rollback import Rollback
from engine.tensors.arrays import Array, constant
from engine.tensors.tensor import Tensor

Unit = Literal["instruction", "layer", "phase", "step", "epoch"]

Trap = Callable[[], bool]
"""Called whenever the program counter reaches the trap's instruction; True stops the run there."""
NO_TRAPS: Mapping[int, Trap] = {}

CALL_COST, FLOP_COST = 4e-7, 2e-11
"""The rough durations in seconds of a small NumPy call and of a floating-point operation."""
LOOK_SECONDS = 0.002
"""The time in seconds between two readings of the clock."""
CHUNK_SECONDS, CHUNK_STEPS = 0.02, 16
"""The duration of a chunk in seconds, and its least number of steps. Before a chunk persistent
memory is copied, and after it the numbers that should stay finite are checked."""


@dataclass(frozen=True)
class NonFinite:
    """The first instruction that wrote a NaN or an infinity, where in which buffer, and which.

    Attributes:
        text: the value: ``NaN``, ``∞`` or ``−∞``.
    """

    step: int
    instruction: int
    buffer: str
    index: tuple[int, ...]
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Snapshot:
    """All mutable state of a machine at one moment, including the middle of a step."""

    pc: int
    block: NDArray[np.uint8]


class Machine:
    """Executes a program.

    Args:
        program: a result of `compile`.
        shared: arrays by buffer name that another machine owns (an evaluator's parameters).

    Attributes:
        program: the program.
        pc: index of the next instruction, 0 between steps.
        stopped: the first value that was not finite, if the last run stopped there; else None.
        trapped: whether a trap stopped the last run.
        clamps: the elements that are held at a value, see `clamp`.
        step_seconds: a rough estimate of a step's time, the same on every machine.
    """

    def __init__(self, program: Program, *, shared: Mapping[str, Array] | None = None) -> None:
        self.program = program
        self.pc = 0
        self.stopped: NonFinite | None = None
        self.trapped = False
        self.clamps: tuple[Clamp, ...] = ()
        self._memory = Memory(program.plan, {**program.data, **(shared or {})})
        self._tensors = {tensor.name: tensor for tensor in program.graph.tensors}
        self._kernels: list[list[Call]] = [
            node.op.bind(self._memory, node.output, *node.inputs) for node in program.graph.nodes
        ]
        self._calls = self._kernels
        self._step = _joined(self._calls)
        self._own_data: dict[str, Array] = {}
        self._evaluators: WeakSet[Machine] = WeakSet()
        self.step_seconds = CALL_COST * len(self._step) + FLOP_COST * program.cost.flops
        self._look = max(1, int(LOOK_SECONDS / self.step_seconds))
        self._chunk = max(CHUNK_STEPS, int(CHUNK_SECONDS / self.step_seconds))
        self._writes = [self._memory.array(node.output) for node in program.graph.nodes]
        self._counter = self._memory.array(self._tensors["step"])
        self._watch = FiniteWatch(self._memory, program.graph)
        self._checked: tuple[int, int] | None = None
        """The moment up to which instructions were checked one by one; None after anything else."""
        self._owns_parameters = "parameters" not in (shared or {})
        self._rollback = Rollback(
            self._memory.block, program.plan.persistent, repeatable=self._owns_parameters
        )
        self.reset(program.seed)

    # Running ---------------------------------------------------------------------------------

    @property
    def step_count(self) -> int:
        """The number of updates so far."""
        return int(self._counter)

    @property
    def epoch(self) -> float:
        """The number of passes over the training set so far, with a fraction.

        Dropped samples do not count: with 50 of 250 dropped, each epoch adds 0.8.
        """
        return self.program.epoch(self.step_count)

    def run(
        self,
        steps: int | None = None,
        *,
        seconds: float | None = None,
        checked: bool = True,
        traps: Mapping[int, Trap] = NO_TRAPS,
    ) -> int:
        """Execute whole steps at full speed; returns how many were finished.

        The rest of a step that has begun counts as one step. The run stops early when `seconds` are
        over, or just after the first instruction that made a value non-finite (see `stopped`); the
        next run then continues regardless. After an exception from outside (Ctrl-C) the machine is
        between two steps, in the state of some milliseconds earlier.

        Args:
            steps: how many; None for as many as fit in `seconds`.
            seconds: wall-clock budget, checked every few milliseconds.
            checked: whether to stop at a non-finite value; this changes no numbers.
            traps: by the index of the instruction before which they are called; 0 is between two
                steps. They must only read. One where the run begins is first called a step later.
        """
        if steps is None and seconds is None:
            raise ValueError("run needs steps, seconds or both")
        deadline = perf_counter() + seconds if seconds is not None else None
        self._checked = None
        checked = checked and self.stopped is None and self._watch.begin()
        self.stopped, self.trapped = None, False
        done = 0
        with _quiet():
            if self.pc and steps != 0:
                done += self._finish_step(traps, checked=checked)
            stretches = self._stretches(traps)
            while not self._halted and (steps is None or done < steps):
                if deadline is not None and perf_counter() >= deadline:
                    break
                size = self._chunk if steps is None else min(self._chunk, steps - done)
                done += self._run_chunk(size, deadline, stretches, checked=checked)
        return done

    def step_instruction(self, *, checked: bool = False) -> Instruction:
        """Execute one instruction, the one at `pc`, and return it.

        If `checked`, `stopped` is set if it writes the first value that is not finite.
        """
        instruction = self.program.instructions[self.pc]
        with _quiet():
            checked = checked and self.stopped is None and self._watch_from_here()
            self.stopped, self.trapped = None, False
            self._execute()
            if checked and not self._note_non_finite(instruction.index):
                self._checked = self.step_count, self.pc
        return instruction

    def run_to(self, index: int) -> None:
        """Run until `pc` is `index`, in this step or, if it has passed that, in the next one."""
        if not 0 <= index < len(self.program.instructions):
            raise DescriptionError(
                "instruction", index, f"in 0..{len(self.program.instructions) - 1}"
            )
        with _quiet():
            self._execute()
            while self.pc != index:
                self._execute()

    def advance(self, unit: Unit, *, seconds: float | None = None) -> bool:
        """Run to the next boundary of `unit`; returns whether it was reached in `seconds`.

        A layer ends where the next instruction belongs to another layer or phase. An epoch is
        the only unit that takes long enough for `seconds` to matter.
        """
        if unit not in get_args(Unit):
            raise DescriptionError("unit", unit, f"one of {', '.join(get_args(Unit))}")
        if unit == "epoch":
            return self._advance_epoch(seconds)
        if unit == "step":
            self.run(1)
            return True
        first = self.step_instruction()
        while unit != "instruction" and self.pc and self._within(unit, first):
            self.step_instruction()
        return True

    def _within(self, unit: Unit, first: Instruction) -> bool:
        here = self.program.instructions[self.pc]
        same_phase = here.phase == first.phase
        return same_phase if unit == "phase" else same_phase and here.layer == first.layer

    def _advance_epoch(self, seconds: float | None) -> bool:
        per_epoch = self.program.steps_per_epoch
        left = per_epoch - self.step_count % per_epoch
        return self.run(left, seconds=seconds) == left

    @property
    def _halted(self) -> bool:
        return self.trapped or self.stopped is not None

    def _stretches(self, traps: Mapping[int, Trap]) -> list[tuple[list[Call], int, Trap]]:
        """A step cut at its traps: for each, the calls before it, its instruction, and the trap."""
        count = len(self._calls)
        positions = sorted(traps, key=lambda pc: pc or count)
        ends = [pc or count for pc in positions]
        cut = [
            (_joined(self._calls[start:end]), pc, traps[pc])
            for start, end, pc in zip([0, *ends], ends, positions, strict=False)
        ]
        if cut and ends[-1] < count:
            cut.append((_joined(self._calls[ends[-1] :]), 0, _no_trap))
        return cut

    def _run_chunk(
        self,
        size: int,
        deadline: float | None,
        stretches: list[tuple[list[Call], int, Trap]],
        *,
        checked: bool,
    ) -> int:
        self._rollback.mark()
        done = 0
        try:
            while done < size and not self.trapped:
                steps = min(self._look, size - done)
                if stretches:
                    done += self._run_trapped(steps, stretches)
                else:
                    self._run_steps(steps)
                    done += steps
                if deadline is not None and perf_counter() >= deadline:
                    break
        except BaseException:
            self._rollback.back(self._run_steps)
            self.pc = 0
            raise
        if checked and not self._watch.finite():
            self._rollback.back(self._run_steps)
            return self._repeat_to_non_finite(done, self.pc)
        if self.pc == 0:
            self._rollback.passed(done)
        return done

    def _run_steps(self, steps: int) -> None:
        """The loop that trains."""
        calls = self._step
        for _ in repeat(None, steps):
            for call in calls:
                call()

    def _run_trapped(self, steps: int, stretches: list[tuple[list[Call], int, Trap]]) -> int:
        """The loop of `_run_steps`, which a trap may end; returns how many steps were finished."""
        for done in range(steps):
            for calls, pc, trap in stretches:
                for call in calls:
                    call()
                if trap():
                    self.pc, self.trapped = pc, True
                    return done + (pc == 0)
        return steps

    def _finish_step(self, traps: Mapping[int, Trap], *, checked: bool) -> int:
        while self.pc:
            self._execute()
            if checked and self._note_non_finite(self.pc - 1):
                break
            if self.pc in traps and traps[self.pc]():
                self.trapped = True
                break
        return 1 if self.pc == 0 else 0

    def _repeat_to_non_finite(self, steps: int, last: int) -> int:
        """Repeat a chunk up to and including the first instruction that writes a non-finite value.

        The chunk ended at instruction `last` of the step after `steps` whole ones.
        """
        self.pc = 0
        for executed in range(steps * len(self._calls) + last):
            self._execute()
            if self._note_non_finite(self.pc - 1):
                self.trapped = False
                return (executed + 1) // len(self._calls)
        return steps

    def _touched(self) -> None:
        """Note that something other than a run of whole steps has changed the state."""
        self._rollback.touched()
        self._checked = None

    def _execute(self) -> None:
        self._touched()
        for call in self._calls[self.pc]:
            call()
        self.pc = (self.pc + 1) % len(self._calls)

    # Finite or not ---------------------------------------------------------------------------

    def _watch_from_here(self) -> bool:
        """Begin to watch, unless the last instruction was checked and nothing has changed since."""
        going_on = self._checked == (self.step_count, self.pc)
        self._checked = None
        return going_on or self._watch.begin()

    def _note_non_finite(self, index: int) -> bool:
        """Set `stopped` if instruction `index` has just written a NaN or an infinity."""
        index %= len(self._writes)
        written = self._writes[index]
        if np.isfinite(written).all() or self._watch.ignores(index):
            return False
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(written))[0])
        name = self.program.graph.nodes[index].output.name
        step = self.step_count - (index == len(self._writes) - 1)
        self.stopped = NonFinite(step, index, name, where, number_text(float(written[where])))
        return True

    # State -----------------------------------------------------------------------------------

    def read(self, name: str) -> Array:
        """A copy of a buffer, in its logical shape."""
        return np.array(self.view(name), order="C")

    def view(self, name: str) -> Array:
        """The live buffer, read-only."""
        view = self._memory.array(self._tensor(name)).view()
        view.flags.writeable = False
        return view

    def write(self, name: str, values: ArrayLike, index: Index | None = None) -> None:
        """Overwrite a buffer with `values`, of its shape or a single number.

        Writes to a data set change a copy that belongs to this machine and is not part of
        snapshots; `reset_data` undoes them.

        Args:
            index: an entry for each axis, None for all of it; or None for the whole buffer.

        Raises:
            DescriptionError: no such buffer or element, or a wrong shape.
        """
        tensor, given = self._tensor(name), np.asarray(values)
        shape = slot(name, self._memory.array(tensor), index).shape
        if given.shape not in ((), shape):
            raise DescriptionError(name, given.shape, f"of shape {shape}")
        if tensor.name in self.program.data and tensor.name not in self._own_data:
            self._copy_data(tensor)
        slot(name, self._memory.array(tensor), index)[...] = given
        self._touched()

    def reset_data(self) -> None:
        """Restore the data set that the program was compiled with."""
        for name, array in self._own_data.items():
            np.copyto(array, self.program.data[name])
        self._touched()

    def _copy_data(self, tensor: Tensor) -> None:
        """Give this machine its own copy of an array of the data set."""
        copy = self._own_data[tensor.name] = self.program.data[tensor.name].copy(order="K")
        self._memory.replace(tensor, copy)
        for index, node in enumerate(self.program.graph.nodes):
            if tensor in node.inputs:
                self._kernels[index] = node.op.bind(self._memory, node.output, *node.inputs)
        self.clamp(self.clamps)

    def clamp(self, clamps: Sequence[Clamp], *, strict: bool = True) -> None:
        """Hold these elements at their values from now on, and no others.

        After every instruction that writes to a held element its value is written again. Clamps
        are not part of snapshots. Clamps of a whole batch also hold in evaluators.

        Args:
            strict: whether to refuse clamps that a gradient would bypass.

        Raises:
            DescriptionError: an element does not exist or cannot be held, see `Clamp`.
        """
        extra: dict[int, list[Call]] = {}
        for name, index, value in clamped_slots(self.program, clamps, strict=strict):
            held = slot(name, self._memory.array(self._tensor(name)), index)
            hold = partial(np.copyto, held, constant(value, held))
            for writer in self.program.writers(name):
                extra.setdefault(writer, []).append(hold)
        self.clamps = tuple(clamps)
        self._touched()
        self._calls = [calls + extra.get(i, []) for i, calls in enumerate(self._kernels)]
        self._step = _joined(self._calls)
        for evaluator in self._evaluators:
            self._clamp_evaluator(evaluator)

    def _clamp_evaluator(self, evaluator: Machine) -> None:
        rows, known = self.program.batch_size, evaluator.program.buffers
        evaluator.clamp(
            [
                clamp
                for clamp in self.clamps
                if clamp.buffer in known and clamp.whole_batch(self.program, rows)
            ],
            strict=False,
        )

    def snapshot(self) -> Snapshot:
        """All mutable state, as one copy."""
        return Snapshot(self.pc, self._memory.block.copy())

    def restore(self, snapshot: Snapshot) -> None:
        """Take on the state of a snapshot, of this machine or another one of the same program."""
        if snapshot.block.shape != self._memory.block.shape:
            raise ValueError("the snapshot is of another program")
        np.copyto(self._memory.block, snapshot.block)
        self._touched()
        self.pc, self.stopped = snapshot.pc, None

    def keyframe(self) -> NDArray[np.uint8]:
        """A copy of the persistent memory; between steps, all that the next ones depend on."""
        return self._memory.block[: self.program.plan.persistent].copy()

    def restore_keyframe(self, keyframe: NDArray[np.uint8]) -> None:
        """Go to the start of the step at which a keyframe was taken.

        What each step recomputes (activations, gradients) keeps its values until that step is done.
        """
        np.copyto(self._memory.block[: self.program.plan.persistent], keyframe)
        self._touched()
        self.pc, self.stopped = 0, None

    def reset(self, seed: int | None = None) -> None:
        """Draw parameters from the seed (None: the present one), and set step and all else to zero.

        Hyperparameters keep their values.
        """
        number = int(self._memory.array(self._tensors["seed"])) if seed is None else seed
        if not 0 <= number < 2**53:
            raise DescriptionError("seed", number, "a whole number from 0 to 2^53 - 1")
        kept_roles = ("hyperparameter", "constant")
        for tensor in self.program.plan.extents:
            if tensor.role not in kept_roles:
                self._memory.array(tensor)[...] = 0 if tensor.value is None else tensor.value
        self._memory.array(self._tensors["seed"])[...] = number
        if "data/order" in self._tensors:
            order = self._memory.array(self._tensors["data/order"])
            order[...] = np.arange(order.size)
        if self._owns_parameters:
            self._draw_parameters(number)
        self._touched()
        self.pc, self.stopped = 0, None

    def _draw_parameters(self, seed: int) -> None:
        for number, parameter in enumerate(self.program.parameters):
            philox = np.random.Philox(
                key=np.array([seed, PURPOSE_PARAMETERS], dtype=np.uint64),
                counter=np.array([0, 0, 0, number], dtype=np.uint64),
            )
            shape = parameter.tensor.shape
            values = parameter.initializer.draw(
                np.random.Generator(philox), shape, parameter.fan_in, parameter.fan_out
            )
            self._memory.array(parameter.tensor)[...] = values

    def _tensor(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise DescriptionError("buffer", name, "the name of a buffer of this program")
        return self._tensors[name]

    # Looking from outside --------------------------------------------------------------------

    def evaluator(
        self, inputs: ArrayLike, targets: ArrayLike | None = None, *, gradients: bool = False
    ) -> Machine:
        """A machine that shares these live parameters and evaluates other samples.

        One `run(1)` of it computes the forward pass on `inputs` (samples, *input shape); with
        `targets` (samples, *outputs) also ``loss/L``, without penalties; with `gradients` also
        dL/dz and dL/da of every layer, and dL/dx. Its buffers have the same names; write new
        samples to ``input/x`` and ``input/y``. Dropout and noise are off, and batch normalisation
        uses its running statistics.
        """
        x, shape = np.asarray(inputs), self.program.network.input_shape
        if x.ndim < 2 or not len(x) or prod(x.shape[1:]) != prod(shape):
            expected = ", ".join(str(extent) for extent in ("samples", *shape))
            raise DescriptionError("inputs", x.shape, f"of shape ({expected})")
        program, shared = compile_evaluator(
            self.program, len(x), targets=targets is not None, gradients=gradients
        )
        arrays = {name: self._memory.array(self._tensors[name]) for name in shared}
        machine = Machine(program, shared=arrays)
        machine.write("input/x", x.reshape(-1, *shape))
        if targets is not None:
            machine.write("input/y", targets)
        self._evaluators.add(machine)
        self._clamp_evaluator(machine)
        return machine


def _joined(calls: Sequence[Sequence[Call]]) -> list[Call]:
    return [call for of_instruction in calls for call in of_instruction]


def _no_trap() -> bool:
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences NumPy's warnings: infinities and NaNs are states to show."""
    with np.errstate(all="ignore"):
        yield
