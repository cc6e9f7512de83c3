"""The log of edits as plain data: with the description it reproduces a session to the bit.

    {"fingerprint": "3f…", "branch": 1, "now": [240, 3],
     "branches": [{"parent": null, "start": [0, 0], "end": [300, 0], "edits": []},
                  {"parent": 0, "start": [200, 0], "end": [260, 0], "edits": [
                      {"at": [200, 0], "kind": "write", "buffer": "learning_rate",
                       "index": null, "values": 0.3}]}]}

Numbers are exact as Python and JSON write them; those that are not finite are "nan", "inf" and
"-inf". The fingerprint covers program, data and start, so a log is never
replayed on anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.checks import is_whole
from engine.errors import DescriptionError
from engine.history.keyframes import BUDGET
from engine.history.moments import EDIT_KINDS, START, Branch, Edit, Moment
from engine.history.timeline import Timeline
from engine.program.clamps import Clamp, clamped_slots
from engine.program.machine import Machine
from engine.program.memory import Index, slot

Log = dict[str, Any]

MAX_BRANCHES, MAX_EDITS = 1_000, 100_000
MAX_STEP = 2**53 - 1
MAX_AXES = 8

FORMER_CLAMP = "hold"
"""The former name of the kind "clamp", which old logs contain."""


def export_log(timeline: Timeline) -> Log:
    """All branches and edits of a timeline and where it is now, in lists, strings and numbers."""
    return {
        "fingerprint": timeline.fingerprint(),
        "branch": timeline.branch.number,
        "now": list(timeline.now),
        "branches": [
            {
                "parent": None if branch.parent is None else branch.parent.number,
                "start": list(branch.start),
                "end": list(branch.end),
                "edits": [_exported(edit) for edit in branch.edits],
            }
            for branch in timeline.branches
        ],
    }


def import_log(
    machine: Machine, log: Mapping[str, Any], budget: int = BUDGET
) -> tuple[Timeline, int, Moment]:
    """The timeline of an exported log at its start, and the branch and moment at which it was left.

    `Timeline.go` goes there, in slices of time if need be, and makes keyframes on the way.

    Args:
        machine: a machine of the log's program, at the start of its training.
        log: the exported log. It is checked, so it may come from anywhere.

    Raises:
        DescriptionError: a field is unusable, or the log is of another program or data set.
    """
    timeline = Timeline(machine, budget)
    fields = _mapping("log", log, ("fingerprint", "branch", "now", "branches"))
    if fields["fingerprint"] != timeline.fingerprint():
        expected = (
            "that of this network, data and start: the edits were made with others, or with "
            "another version of Backstep"
        )
        raise DescriptionError("log.fingerprint", fields["fingerprint"], expected)
    rows = _list("log.branches", fields["branches"], MAX_BRANCHES)
    if not rows:
        raise DescriptionError("log.branches", rows, "a list with the trunk first")
    branches: list[Branch] = []
    for number, row in enumerate(rows):
        branches.append(_branch(timeline, branches, number, row))
    branch = _integer("log.branch", fields["branch"], len(rows) - 1)
    now = _moment(machine, "log.now", fields["now"])
    if now > branches[branch].end:
        raise DescriptionError("log.now", list(now), "within its branch")
    timeline.adopt(branches)
    return timeline, branch, now


# Writing -------------------------------------------------------------------------------------


def _exported(edit: Edit) -> Log:
    return {
        "at": list(edit.moment),
        "kind": edit.kind,
        "buffer": edit.buffer,
        "index": None if edit.index is None else list(edit.index),
        "values": _plain(edit.values.tolist()),
    }


def _plain(values: Any) -> Any:
    if isinstance(values, list):
        return [_plain(value) for value in values]
    return values if isfinite(values) else str(values)


# Reading -------------------------------------------------------------------------------------


def _branch(timeline: Timeline, earlier: list[Branch], number: int, row: Any) -> Branch:
    path, machine = f"log.branches[{number}]", timeline.machine
    fields = _mapping(path, row, ("parent", "start", "end", "edits"))
    start = _moment(machine, f"{path}.start", fields["start"])
    end = _moment(machine, f"{path}.end", fields["end"])
    if end < start:
        raise DescriptionError(f"{path}.end", list(end), "at or after its start")
    branch = _new_branch(earlier, path, fields["parent"], start)
    branch.end = end
    last = start
    for position, given in enumerate(_list(f"{path}.edits", fields["edits"], MAX_EDITS)):
        edit = _edit(timeline, f"{path}.edits[{position}]", given)
        if not last <= edit.moment <= end:
            expected = "in order and within its branch"
            raise DescriptionError(f"{path}.edits[{position}].at", list(edit.moment), expected)
        last = edit.moment
        branch.add(edit)
    return branch


def _new_branch(earlier: list[Branch], path: str, parent: Any, start: Moment) -> Branch:
    """A new branch with the edits that it inherits."""
    if not earlier:
        if parent is not None or start != START:
            raise DescriptionError(f"{path}.parent", parent, "null, for a trunk that starts at 0")
        return Branch(0, None, START, START)
    origin = earlier[_integer(f"{path}.parent", parent, len(earlier) - 1)]
    if not origin.start <= start <= origin.end:
        raise DescriptionError(f"{path}.start", list(start), "within its parent")
    return origin.fork(len(earlier), start)


def _edit(timeline: Timeline, path: str, given: Any) -> Edit:
    machine = timeline.machine
    fields = _mapping(path, given, ("at", "kind", "buffer", "index", "values"))
    kind, buffer = fields["kind"], fields["buffer"]
    kind = "clamp" if kind == FORMER_CLAMP else kind
    if kind not in EDIT_KINDS:
        raise DescriptionError(f"{path}.kind", kind, f"one of {', '.join(EDIT_KINDS)}")
    if buffer not in machine.program.buffers:
        raise DescriptionError(f"{path}.buffer", buffer, "the name of a buffer of this program")
    index = _index(f"{path}.index", fields["index"])
    shape = slot(buffer, machine.view(buffer), index).shape
    values = _values(f"{path}.values", fields["values"])
    if kind == "clamp" and values.ndim == 0 and index is not None:
        list(clamped_slots(machine.program, [Clamp(buffer, index, float(values))]))
    elif kind == "clamp":
        raise DescriptionError(f"{path}.values", values.shape, "a single number, with an index")
    elif kind == "write":
        timeline.check_editable(buffer)
        if values.shape not in ((), shape):
            raise DescriptionError(f"{path}.values", values.shape, f"of shape {shape}")
    return Edit(_moment(machine, f"{path}.at", fields["at"]), kind, buffer, index, values)


def _values(path: str, given: Any) -> NDArray[np.float64]:
    flat = list(_leaves(path, given, MAX_AXES))
    try:
        shape = np.shape(given)
    except ValueError as error:
        raise DescriptionError(path, "rows of different lengths", "an array") from error
    if int(np.prod(shape)) != len(flat):
        raise DescriptionError(path, "rows of different lengths", "an array")
    return np.array(flat, dtype=np.float64).reshape(shape)


def _leaves(path: str, given: Any, depth: int) -> Iterator[float]:
    if isinstance(given, list) and depth:
        for value in given:
            yield from _leaves(path, value, depth - 1)
    elif _is_number(given):
        yield float(given)
    else:
        raise DescriptionError(path, given, "a number")


def _is_number(given: Any) -> bool:
    whole = is_whole(given, -MAX_STEP, MAX_STEP)
    return whole or isinstance(given, float) or given in ("nan", "inf", "-inf")


def _index(path: str, given: Any) -> Index | None:
    if given is None:
        return None
    return tuple(
        None if i is None else _integer(f"{path}[{axis}]", i, MAX_STEP)
        for axis, i in enumerate(_list(path, given, MAX_AXES))
    )


def _moment(machine: Machine, path: str, given: Any) -> Moment:
    pair = _list(path, given, 2)
    if len(pair) != 2:
        raise DescriptionError(path, given, "[step, instruction]")
    last = len(machine.program.instructions) - 1
    return Moment(_integer(f"{path}[0]", pair[0], MAX_STEP), _integer(f"{path}[1]", pair[1], last))


def _mapping(path: str, given: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise DescriptionError(path, given, f"an object with {', '.join(names)}")
    return cast("Mapping[str, Any]", given)


def _list(path: str, given: Any, most: int) -> list[Any]:
    if not isinstance(given, list) or len(given) > most:
        raise DescriptionError(path, given, f"a list of at most {most}")
    return given


def _integer(path: str, given: Any, high: int) -> int:
    if not is_whole(given, 0, high):
        raise DescriptionError(path, given, f"in 0..{high}")
    return given
