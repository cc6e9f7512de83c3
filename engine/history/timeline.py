"""Time travel: every moment since the start, in both directions, exact to the bit.

Training is deterministic, so a timeline records only the edits that a user makes by hand, and
sparse keyframes. To go to a moment, it restores the nearest keyframe before it and executes the
same instructions up to there, with the same edits at the same moments. Editing the past starts a
branch, so no history is ever lost.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from itertools import pairwise
from time import perf_counter
from typing import NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import DescriptionError
from engine.history.keyframes import BUDGET, Keyframes
from engine.history.moments import START, Branch, Edit, EditKind, Moment, clamps_after
from engine.program.machine import NO_TRAPS, Machine, Snapshot, Trap, Unit
from engine.program.memory import SECTIONS
from engine.program.program import Listing

FORMER_WORDS = {
    "return_sequences=": "sequences=",
    "number of positions with": "number of places with",
}
"""Words of descriptions and formulas that have changed since logs were first exported. Fingerprints
use the former words, so that old logs can still be imported."""


class Observer(Protocol):
    """Reads the machine now and then while it executes steps for the first time."""

    def due(self, step: int) -> int:
        """The step after `step` at whose start `look` is due next."""

    def look(self) -> None:
        """Called at that step, and where a run stopped."""

    def trap(self) -> Trap | None:
        """A function to call at the start of every step until then; it must return False."""


@dataclass(frozen=True)
class Difference:
    """The first instruction whose output differs between two branches.

    Attributes:
        moment: the moment just before it.
        buffer: the buffer that it writes.
    """

    moment: Moment
    buffer: str


class _Outcome(NamedTuple):
    """A possible difference, and a digest of what was written there."""

    difference: Difference
    digest: bytes


class Timeline:
    """The history of a machine, and methods to move through it.

    While a timeline is in use, nothing else may drive its machine.

    Args:
        machine: a machine at the start of its training, with nothing clamped.
        budget: the bytes that keyframes may take, see `Keyframes`.

    Attributes:
        keyframes: the states from which replays start.
        branches: all branches, by number.
        branch: the branch that the machine is on.
        observers: see `Observer`.
        after_edit: called whenever edits have been made, by hand or in a replay.
    """

    def __init__(self, machine: Machine, budget: int = BUDGET) -> None:
        if (machine.step_count, machine.pc) != START or machine.clamps:
            raise ValueError("a timeline begins at the start of training, with nothing clamped")
        self.machine = machine
        self.keyframes = Keyframes(budget, machine.step_seconds)
        self.branch = Branch(0, None, START, START)
        self.branches = [self.branch]
        self.observers: list[Observer] = []
        self.after_edit: list[Callable[[], object]] = []
        self._start = machine.snapshot()
        self._boundaries = _boundaries(machine)

    @property
    def now(self) -> Moment:
        """The present moment."""
        return Moment(self.machine.step_count, self.machine.pc)

    @property
    def at_end(self) -> bool:
        """Whether the branch has not been followed beyond the present."""
        return self.now >= self.branch.end

    # Forwards --------------------------------------------------------------------------------

    def run(self, steps: int | None = None, *, seconds: float | None = None) -> int:
        """Follow the branch, and train on from its end; as `Machine.run`, but recorded."""
        if steps is None and seconds is None:
            raise ValueError("run needs steps, seconds or both")
        first = self.now.step
        self.run_to(None if steps is None else Moment(first + steps, 0), seconds=seconds)
        return self.now.step - first

    def advance(self, unit: Unit) -> None:
        """Run to the next boundary of `unit`; as `Machine.advance`, but recorded."""
        self.run_to(self.after(unit))

    def run_to(
        self,
        goal: Moment | None,
        *,
        seconds: float | None = None,
        traps: Mapping[int, Trap] = NO_TRAPS,
    ) -> bool:
        """Follow the branch, and train on from its end, up to a moment that lies ahead.

        Ends early when `seconds` are over, when a trap stops it (see `machine.trapped`), or when a
        new step makes a value non-finite (see `machine.stopped`). Traps are as in `Machine.run`.

        Args:
            goal: the moment to stop at; None to run until something else stops it.

        Returns:
            Whether the goal was reached.
        """
        deadline = None if seconds is None else perf_counter() + seconds
        self.machine.trapped = False
        while goal is None or self.now < goal:
            left = None if deadline is None else deadline - perf_counter()
            if left is not None and left <= 0:
                break
            self._leap(goal, left, traps)
            if self.machine.trapped or self.machine.stopped is not None:
                break
        return goal is not None and self.now >= goal

    # Backwards and anywhere ------------------------------------------------------------------

    def back(self, unit: Unit) -> None:
        """Go back to the last boundary of `unit` before the present; at the start, stay."""
        self.go(self.before(unit))

    def go(
        self, moment: tuple[int, int], branch: int | None = None, *, seconds: float | None = None
    ) -> bool:
        """Go to a moment of a branch (the present one if None), reached before or still ahead.

        Args:
            seconds: roughly the time it may take; the same call again continues from there.

        Returns:
            Whether it was reached.

        Raises:
            DescriptionError: there is no such branch or instruction.
        """
        target = self._checked(Moment(*moment))
        line = self.branch if branch is None else self._branch(branch)
        owner, source = self.keyframes.before(line, target)
        straight = line is self.branch and Moment(source, 0) <= self.now <= target
        if not straight:
            self.branch = line
            self._restore(owner, source)
        return self.now == target or self.run_to(target, seconds=seconds)

    def check(self, moment: tuple[int, int], branch: int | None = None) -> None:
        """Raise DescriptionError if there is no such branch or instruction."""
        self._checked(Moment(*moment))
        if branch is not None:
            self._branch(branch)

    def land(self, branch: int, snapshot: Snapshot) -> None:
        """Go to a branch, in the state of a snapshot that a machine of this program took there."""
        self.branch = self._branch(branch)
        self.machine.restore(snapshot)
        here = self.now
        self._restore_clamps_and_data(self.branch.edits_before(here) + self.branch.edits_at(here))
        self.branch.end = max(self.branch.end, here)
        self._notify()

    @contextmanager
    def visit(self, moment: tuple[int, int], branch: int | None = None) -> Iterator[Machine]:
        """Inside the `with` block, the machine is at a reached moment of a branch.

        Raises:
            DescriptionError: there is no such branch or instruction, or it has not been reached.
        """
        target = self._checked(Moment(*moment))
        line = self.branch if branch is None else self._branch(branch)
        if target > line.end:
            expected = f"up to {line.end.step}, where branch {line.number} ends"
            raise DescriptionError("step", target.step, expected)
        snapshot, here, home = self.machine.snapshot(), self.now, self.branch
        stopped, trapped = self.machine.stopped, self.machine.trapped
        try:
            self.go(target, line.number)
            yield self.machine
        finally:
            self.branch = home
            self.machine.restore(snapshot)
            self.machine.stopped, self.machine.trapped = stopped, trapped
            self._restore_clamps_and_data(home.edits_before(here) + home.edits_at(here))
            self._notify()

    # Changing things -------------------------------------------------------------------------

    def write(
        self, buffer: str, values: ArrayLike, index: Sequence[int | None] | None = None
    ) -> Branch:
        """Overwrite a buffer or elements of it now; returns the branch of the edit.

        At the end of a branch the edit is added to it; before its end a new branch starts.

        Args:
            buffer: a parameter, a hyperparameter, a buffer that steps compute, or the data set.
            index: as in `Machine.write`.

        Raises:
            DescriptionError: as `Machine.write`, or the buffer is not editable; then nothing has
                changed.
        """
        self.check_editable(buffer)
        return self._add("write", buffer, np.array(values, dtype=np.float64), index)

    def clamp(self, buffer: str, value: float, index: Sequence[int | None]) -> Branch:
        """Clamp elements at `value` from now on (see `Clamp`); returns the branch of the edit.

        Raises:
            DescriptionError: it is not possible; then nothing has changed.
        """
        return self._add("clamp", buffer, np.array(value, dtype=np.float64), index)

    def release(self, buffer: str, index: Sequence[int | None]) -> Branch:
        """Release clamped elements; returns the branch of the edit.

        Raises:
            DescriptionError: these elements are not clamped.
        """
        held = {(clamp.buffer, clamp.index) for clamp in self.machine.clamps}
        if (buffer, tuple(index)) not in held:
            raise DescriptionError(buffer, tuple(index), "clamped")
        return self._add("release", buffer, np.zeros(0), index)

    def _add(
        self,
        kind: EditKind,
        buffer: str,
        values: NDArray[np.float64],
        index: Sequence[int | None] | None,
    ) -> Branch:
        edit = Edit(self.now, kind, buffer, None if index is None else tuple(index), values)
        known = self.branch.edits_before(self.now) + self.branch.edits_at(self.now)
        if kind != "write":
            self.machine.clamp(clamps_after([*known, edit]))
        try:
            self._apply(edit)
        except DescriptionError:
            self.machine.clamp(clamps_after(known))
            raise
        if not self.at_end:
            self._fork()
        self.branch.add(edit)
        self._notify()
        return self.branch

    def check_editable(self, buffer: str) -> None:
        """Raise DescriptionError for a buffer that edits may not change.

        These are counters, and buffers that replays would not restore because no step computes
        them and no keyframe holds them.
        """
        program = self.machine.program
        info = program.buffers.get(buffer)
        if info is None or buffer in program.data:
            return
        persistent = info.role in SECTIONS[0]
        if info.role in ("counter", "index") or not (persistent or program.writers(buffer)):
            raise DescriptionError(buffer, "an edit", f"possible: its role is {info.role}")

    def _fork(self) -> None:
        owner, source = self.keyframes.before(self.branch, self.now)
        if source:
            self.keyframes.pin(owner, source)
        self.branch = self.branch.fork(len(self.branches), self.now)
        self.branches.append(self.branch)

    def adopt(self, branches: Sequence[Branch]) -> None:
        """Take over the branches of another history, the trunk first, and go to its start."""
        self.branches, self.branch = list(branches), branches[0]
        self.keyframes.clear()
        self._restore(self.branch, 0)

    # Comparing branches ----------------------------------------------------------------------

    def parting(self, left: int, right: int) -> Moment:
        """The last moment that two branches have in common: their next edits differ."""
        limits = {line.number: limit for line, limit in self._branch(left).lineage()}
        for line, limit in self._branch(right).lineage():
            if line.number in limits:
                return min(limit, limits[line.number])
        raise AssertionError("all branches come from the trunk")

    def first_difference(self, left: int, right: int) -> Difference | None:
        """The first instruction whose outcome differs, as far as both branches are known.

        The search ends one epoch after they part, when every sample that it does not drop has been
        seen; None if nothing differs by then.
        """
        start = self.parting(left, right)
        limit = Moment(start.step + self.machine.program.steps_per_epoch + 1, 0)
        end = min(limit, self._branch(left).end, self._branch(right).end)
        pairs = zip(*(self._outcomes(number, start, end) for number in (left, right)), strict=True)
        return next((mine.difference for mine, theirs in pairs if mine != theirs), None)

    def _outcomes(self, branch: int, start: Moment, end: Moment) -> list[_Outcome]:
        """What every instruction of a branch from `start` to `end` writes."""
        outcomes = []
        with self.visit(start, branch) as machine:
            while self.now < end:
                here = self.now
                buffer = machine.step_instruction().writes[0]
                digest = blake2b(machine.read(buffer).tobytes(), digest_size=8).digest()
                outcomes.append(_Outcome(Difference(here, buffer), digest))
                self._apply_edits()
        return outcomes

    def fingerprint(self) -> str:
        """A digest of program, data and start, which with the edits determine every number."""
        program = self.machine.program
        description = f"{program.network!r} {program.batch_size} {program.dtype}"
        listing = Listing(
            replace(i, formula=_with_former_words(i.formula)) for i in program.instructions
        )
        digest = sha256(str(listing).encode())
        digest.update(_with_former_words(description).encode())
        digest.update(self._start.block.tobytes())
        for name in sorted(program.data):
            digest.update(np.ascontiguousarray(program.data[name]).tobytes())
        return digest.hexdigest()

    # Implementation --------------------------------------------------------------------------

    def _branch(self, number: int) -> Branch:
        if not 0 <= number < len(self.branches):
            raise DescriptionError("branch", number, f"in 0..{len(self.branches) - 1}")
        return self.branches[number]

    def _checked(self, moment: Moment) -> Moment:
        last = len(self.machine.program.instructions) - 1
        if moment.step < 0:
            raise DescriptionError("step", moment.step, "0 or more")
        if not 0 <= moment.pc <= last:
            raise DescriptionError("pc", moment.pc, f"in 0..{last}")
        return moment

    def keyframe_before(self, moment: Moment) -> int:
        """The step of the keyframe from which a replay to `moment` of this branch starts."""
        return self.keyframes.before(self.branch, moment)[1]

    def _restore(self, owner: Branch, source: int) -> None:
        """Put the machine at the start of step `source`, with the edits this branch has there."""
        self.machine.restore(self._start)
        if source > 0:
            self.machine.restore_keyframe(self.keyframes.copy(owner, source))
        before = self.branch.edits_before(Moment(source, 0))
        self._restore_clamps_and_data(before)
        for edit in before:
            self._repeat_edit(edit)
        self._apply_edits()

    def _repeat_edit(self, edit: Edit) -> None:
        """Repeat an edit that was made before a keyframe, if the keyframe does not hold it.

        Steps overwrite most such edits, but not those of elements that no instruction writes, such
        as the padding of patches, or gradients that nothing reaches.
        """
        persistent = self.machine.program.buffers[edit.buffer].role in SECTIONS[0]
        if not persistent and edit.buffer not in self.machine.program.data:
            self._apply(edit)

    def _restore_clamps_and_data(self, edits: Sequence[Edit]) -> None:
        """Restore what snapshots do not hold: clamps, and changes of the data."""
        clamps = clamps_after(edits)
        if clamps != self.machine.clamps:
            self.machine.clamp(clamps)
        self.machine.reset_data()
        for edit in edits:
            if edit.buffer in self.machine.program.data:
                self._apply(edit)

    def _leap(self, goal: Moment | None, seconds: float | None, traps: Mapping[int, Trap]) -> None:
        """Execute up to `goal`, the next keyframe, edit or observation, whichever comes first.

        Steps that were executed before are repeated without a check for non-finite values.
        """
        here, known = self.now, not self.at_end
        stop = self._next_stop(here, goal, known=known)
        traps = traps if known else self._with_observers(traps)
        if stop.step > here.step:
            steps = stop.step - here.step
            self.machine.run(steps, seconds=seconds, checked=not known, traps=traps)
        halted = self.machine.trapped or self.machine.stopped is not None
        if self.now.step == stop.step and not (halted and stop.step > here.step):
            self._run_within_step(stop.pc, traps, checked=not known)
        self._arrive(new=not known)

    def _run_within_step(self, pc: int, traps: Mapping[int, Trap], *, checked: bool) -> None:
        machine = self.machine
        while machine.pc < pc:
            machine.step_instruction(checked=checked)
            trap = traps.get(machine.pc)
            machine.trapped = trap is not None and trap()
            if machine.trapped or machine.stopped is not None:
                break

    def _next_stop(self, here: Moment, goal: Moment | None, *, known: bool) -> Moment:
        stops = [Moment(self.keyframes.next_step(here.step), 0)]
        if goal is not None:
            stops.append(goal)
        if known:
            stops.append(self.branch.end)
            edited = self.branch.next_edit(here)
            stops += [edited] if edited is not None else []
        else:
            stops += [Moment(observer.due(here.step), 0) for observer in self.observers]
        return min(stops)

    def _with_observers(self, traps: Mapping[int, Trap]) -> Mapping[int, Trap]:
        """The traps, with those of the observers added."""
        added = [trap for observer in self.observers if (trap := observer.trap()) is not None]
        if not added:
            return traps
        last = traps.get(0)

        def combined() -> bool:
            for trap in added:
                trap()
            return last is not None and last()

        return {**traps, 0: combined}

    def _arrive(self, *, new: bool) -> None:
        here = self.now
        self.branch.end = max(self.branch.end, here)
        if here.pc == 0:
            self.keyframes.add(self.branch, here.step, self.machine.keyframe)
        if new:
            stopped = self.machine.stopped is not None
            for observer in self.observers:
                if stopped or (here.pc == 0 and observer.due(here.step - 1) == here.step):
                    observer.look()
        else:
            self._apply_edits()

    def _apply_edits(self) -> None:
        """Make the edits that this branch has at the present moment."""
        edits = self.branch.edits_at(self.now)
        if any(edit.kind != "write" for edit in edits):
            self.machine.clamp(clamps_after([*self.branch.edits_before(self.now), *edits]))
        for edit in edits:
            self._apply(edit)
        if edits:
            self._notify()

    def _apply(self, edit: Edit) -> None:
        if edit.kind != "release":
            self.machine.write(edit.buffer, edit.values, edit.index)

    def _notify(self) -> None:
        for listener in self.after_edit:
            listener()

    # Boundaries ------------------------------------------------------------------------------

    def after(self, unit: Unit, count: int = 1) -> Moment:
        """The next boundary of `unit` after the present; for a larger `count`, a later one."""
        step, pc = self.now
        if _checked_unit(unit) == "epoch":
            per_epoch = self.machine.program.steps_per_epoch
            return Moment((step // per_epoch + count) * per_epoch, 0)
        starts = self._boundaries[unit]
        steps, position = divmod(bisect_right(starts, pc) - 1 + count, len(starts))
        return Moment(step + steps, starts[position])

    def before(self, unit: Unit, count: int = 1) -> Moment:
        """The last boundary of `unit` before the present, or an earlier one; at least the start."""
        step, pc = self.now
        if _checked_unit(unit) == "epoch":
            per_epoch = self.machine.program.steps_per_epoch
            last = (step - (pc == 0)) // per_epoch
            return Moment(max(0, last + 1 - count) * per_epoch, 0)
        starts = self._boundaries[unit]
        steps, position = divmod(bisect_left(starts, pc) - count, len(starts))
        return max(START, Moment(step + steps, starts[position]))


DROPPED = re.compile(r", dropping (the last \d+|\d+ each epoch)")
"""What the formula of a batch says of dropped rows; former formulas did not."""


def _with_former_words(text: str) -> str:
    """The text as it read when logs were first exported."""
    text = DROPPED.sub("", text)
    for word, former in FORMER_WORDS.items():
        text = text.replace(word, former)
    return text


def _checked_unit(unit: Unit) -> Unit:
    if unit not in get_args(Unit):
        raise DescriptionError("unit", unit, f"one of {', '.join(get_args(Unit))}")
    return unit


def _boundaries(machine: Machine) -> dict[str, list[int]]:
    """The starts of each unit in a step; a layer starts where layer or phase changes."""
    listing = machine.program.instructions
    changes = list(enumerate(pairwise(listing), start=1))
    return {
        "instruction": list(range(len(listing))),
        "layer": [0] + [i for i, (a, b) in changes if (a.layer, a.phase) != (b.layer, b.phase)],
        "phase": [0] + [i for i, (a, b) in changes if a.phase != b.phase],
        "step": [0],
    }
