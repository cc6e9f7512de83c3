"""Breakpoints and watch expressions as a viewer has set them.

They survive a reset of the history, and are restored with a session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Branch, Debugger, DescriptionError, ExpressionError, Hit, Location, write_value
from server.wire.commands import BreakpointSpec
from server.wire.errors import Refusal


@dataclass(frozen=True)
class _Installed:
    """A specification, and the number of its breakpoint in the debugger."""

    spec: BreakpointSpec
    number: int


class Breakpoints:
    """Breakpoints, logpoints, watchpoints and the watch list of one debugger.

    Attributes:
        hits: breakpoints at which the last run stopped.
    """

    def __init__(
        self, specs: tuple[BreakpointSpec, ...] = (), watched: tuple[str, ...] = ()
    ) -> None:
        self.hits: tuple[Hit, ...] = ()
        self._wanted, self._watched = specs, watched
        self._installed: list[_Installed] = []
        self._watches: tuple[int, ...] = ()
        self._traced: dict[int, tuple[Branch, int]] = {}
        self._logged = 0

    @property
    def specs(self) -> tuple[BreakpointSpec, ...]:
        return tuple(entry.spec for entry in self._installed)

    @property
    def watched(self) -> tuple[str, ...]:
        """The expressions of the watch list."""
        return self._watched

    def install(self, debugger: Debugger) -> None:
        """Install everything in the debugger of another history of the same program."""
        specs, watched = self.specs or self._wanted, self._watched
        self._debugger, self._installed, self._watched, self._logged = debugger, [], (), 0
        self._watches, self._traced, self.hits = (), {}, ()
        self.replace(specs)
        self.watch(watched)

    # Points ----------------------------------------------------------------------------------

    def replace(self, specs: tuple[BreakpointSpec, ...]) -> None:
        """Replace all breakpoints; unchanged ones keep their hit counts.

        Raises:
            Refusal: one of them is invalid; nothing has changed.
        """
        kept = {entry.spec: entry for entry in self._installed}
        installed: list[_Installed] = []
        try:
            for i, spec in enumerate(specs):
                path = f"breakpoints[{i}]"
                installed.append(kept.get(spec) or _Installed(spec, self._install(spec, path)))
        except Refusal:
            for new in installed:
                if new.spec not in kept:
                    self._debugger.remove(new.number)
            raise
        for old in self._installed:
            if old not in installed:
                self._debugger.remove(old.number)
        self._installed = installed

    def _install(self, spec: BreakpointSpec, path: str) -> int:
        debugger = self._debugger
        try:
            if spec.expression is not None:
                breakpoint: Any = debugger.set_watchpoint(
                    spec.expression,
                    spec.trigger,
                    level=spec.level,
                    hit_condition=spec.hit_condition,
                )
            else:
                parts = (spec.instruction, spec.scope, spec.phase)
                location = None if parts == (None, None, None) else Location(*parts)
                breakpoint = debugger.set_breakpoint(
                    location,
                    condition=spec.condition,
                    log_message=spec.log_message,
                    hit_condition=spec.hit_condition,
                )
        except ExpressionError as error:
            raise _wrong(path, error) from error
        except DescriptionError as error:
            raise Refusal(
                "bad_value", f"{path}.{error.path}", error.value, error.expected
            ) from error
        if not spec.enabled:
            debugger.enable(breakpoint.number, enabled=False)
        return int(breakpoint.number)

    def table(self) -> list[dict[str, Any]]:
        """All breakpoints with their hit counts, for an event."""
        stopped = {hit.breakpoint for hit in self.hits}
        return [
            {
                **vars(entry.spec),
                "hits": len(self._debugger.breakpoints[entry.number].counted),
                "stopped": entry.number in stopped,
                "instructions": list(self._debugger.breakpoints[entry.number].instructions),
            }
            for entry in self._installed
        ]

    def happened(self) -> list[dict[str, str]]:
        """Names and texts of the breakpoints at which the last run stopped."""
        names = {entry.number: entry.spec.name for entry in self._installed}
        return [{"name": names.get(hit.breakpoint, ""), "text": hit.text} for hit in self.hits]

    # The log ---------------------------------------------------------------------------------

    def new_lines(self) -> list[dict[str, Any]]:
        """Log lines written since the last call."""
        lines = self.lines(self._logged)
        self._logged = lines[-1]["serial"] + 1 if lines else self._logged
        return lines

    def lines(self, first: int = 0) -> list[dict[str, Any]]:
        """The log lines that are kept, from serial number `first` on."""
        names = {entry.number: entry.spec.name for entry in self._installed}
        return [
            {
                "serial": line.serial,
                "name": names.get(line.breakpoint, ""),
                "branch": line.branch,
                "moment": list(line.moment),
                "text": line.text,
            }
            for line in self._debugger.log
            if line.serial >= first
        ]

    # The watch list --------------------------------------------------------------------------

    def watch(self, expressions: tuple[str, ...]) -> None:
        """Replace the watch list; expressions that stay keep their values over time.

        Raises:
            Refusal: one of them is invalid; nothing has changed.
        """
        watches = self._debugger.watches
        known = {expression.text: number for number, expression in watches.expressions.items()}
        numbers: list[int] = []
        try:
            for i, text in enumerate(expressions):
                number = known.pop(text, None)
                numbers.append(self._add(text, i) if number is None else number)
        except Refusal:
            for number in set(numbers) - set(self._watches):
                watches.remove(number)
            raise
        for number in set(self._watches) - set(numbers):
            watches.remove(number)
        self._watched, self._watches, self._traced = expressions, tuple(numbers), {}

    def _add(self, text: str, i: int) -> int:
        try:
            return self._debugger.watch(text)
        except ExpressionError as error:
            raise _wrong(f"expressions[{i}]", error) from error

    def values(self, *, whole: bool = False) -> list[dict[str, Any]]:
        """The watch list: present values, and values over time since the last call.

        Args:
            whole: give all values over time, for a newcomer; the next call is not affected.
        """
        watches = self._debugger.watches
        found = watches.values()
        texts = zip(self._watches, self._watched, strict=True)
        return [
            {"text": text, **_shown(found[number]), **self._trace(number, whole)}
            for number, text in texts
        ]

    def _trace(self, number: int, whole: bool) -> dict[str, Any]:
        """Values at steps of the present branch: all, or those since the last call."""
        branch = self._debugger.timeline.branch
        steps, values = self._debugger.watches.series(number)
        before, last = self._traced.get(number, (None, -1))
        goes_on = before is branch and not whole
        first = int(np.searchsorted(steps, last, "right")) if goes_on else 0
        if not whole:
            self._traced[number] = branch, int(steps[-1]) if len(steps) else -1
        shown = [value if np.isfinite(value) else None for value in values[first:].tolist()]
        return {"whole": not goes_on, "steps": steps[first:].tolist(), "values": shown}


def _wrong(path: str, error: ExpressionError) -> Refusal:
    expected = "an expression of this program"
    return Refusal("bad_expression", path, error.text, expected, message=f"{path}: {error}")


def _shown(value: Any) -> dict[str, Any]:
    """A value for JSON and as text; a non-finite number is null beside its text."""
    array = np.asarray(value)
    text = write_value(value)
    if array.dtype == np.bool_ and array.ndim == 0:
        return {"kind": "boolean", "value": bool(array), "shown": text}
    if array.ndim == 0:
        number = float(array)
        shown = number if np.isfinite(number) else None
        return {"kind": "number", "value": shown, "shown": text}
    return {"kind": "array", "shape": list(array.shape), "value": None, "shown": text}
