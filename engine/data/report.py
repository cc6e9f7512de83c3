"""What the reader of a table decided, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "target", "left out"]
CellKind = Literal["number", "category", "boolean", "date", "empty"]

MAX_LINES = 10
"""Most lines left out that a report names."""


@dataclass(frozen=True)
class Decision:
    """One decision of the reader.

    Attributes:
        argument: the argument of `from_csv` that overrules it.
        value: the value of that argument that means the same decision.
        evidence: what speaks for it.
    """

    argument: str
    value: object
    evidence: str

    def __str__(self) -> str:
        return f"{self.argument}={self.value!r}: {self.evidence}"


@dataclass(frozen=True)
class ColumnReport:
    """How the cells of one column were read.

    Attributes:
        name: the name of the column.
        role: what became of it.
        kind: how its cells were read.
        missing: the number of its cells without a value.
        evidence: in words, how its cells were read and what speaks for it.
    """

    name: str
    role: Role
    kind: CellKind
    missing: int
    evidence: str

    def __str__(self) -> str:
        return f"column {self.name!r} ({self.role}): {self.evidence}"


@dataclass(frozen=True)
class Report:
    """How a table was read. ``print(data.report)`` writes a line for each decision.

    Attributes:
        rows: the number of rows in the file, without the names.
        used: the number of samples made of them.
        dropped: the lines of the file, counted from 1, whose rows were left out.
        decisions: encoding, separator, header, missing cells and task.
        columns: every column of the file in order.
    """

    rows: int
    used: int
    dropped: tuple[int, ...]
    decisions: tuple[Decision, ...]
    columns: tuple[ColumnReport, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The number of samples, and a line for each decision and for each column."""
        return (self._count, *map(str, (*self.decisions, *self.columns)))

    @property
    def _count(self) -> str:
        if not self.dropped:
            return f"all {self.rows} rows are samples"
        shown = ", ".join(map(str, self.dropped[:MAX_LINES]))
        more = ", …" if len(self.dropped) > MAX_LINES else ""
        noun = "line" if len(self.dropped) == 1 else "lines"
        return f"{self.used} of {self.rows} rows are samples, not {noun} {shown}{more}"

    def __str__(self) -> str:
        return "\n".join(self.lines)
