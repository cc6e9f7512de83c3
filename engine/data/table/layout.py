"""From a file to rows of cells below names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.report import Decision
from engine.data.table import columns, header, records, source
from engine.data.table.arguments import Wanted
from engine.data.table.missing import Missing
from engine.data.table.source import PATH, Source
from engine.errors import DescriptionError


@dataclass(frozen=True)
class Table:
    """The cells of a table.

    Attributes:
        names: the names of the columns; "" for a column without a name.
        lines: the number of the line of each row.
        rows: the cells of each row.
        decisions: how they were found.
        separator: the separator of cells.
    """

    names: tuple[str, ...]
    lines: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    decisions: tuple[Decision, ...]
    separator: str


def read_table(
    given: Source,
    wanted: Wanted,
    absent: Missing,
    *,
    encoding: str | None,
    separator: str | None,
    header: bool | None,
    names: Sequence[str] | None,
) -> Table:
    """The rows of a table and the names of its columns.

    Args:
        wanted: the names that the user has for columns.
        absent: which cells are missing.
        given, encoding, separator, header, names: as for `from_csv`.

    Raises:
        DescriptionError: a row or a name is unusable, or an argument.
    """
    text, decoded = source.read_text(given, encoding)
    found, separated = records.read_records(text, separator, columns.is_typed)
    if not found:
        raise _too_short(0)
    rows, width = records.rectangular(found)
    if len(rows) < 2:
        raise _too_short(len(rows))
    names_above = _has_names(rows, width, header, wanted, absent)
    body = rows[1:] if names_above.value else rows
    if len(body) < 2:
        raise _too_short(len(rows))
    if names is not None:
        columns_named = _given_names(names, width)
    elif names_above.value:
        columns_named = ("",) * (width - len(rows[0].cells)) + rows[0].cells
        _check_names(rows[0].line, columns_named, [row.cells for row in body])
    else:
        columns_named = tuple(f"x{index + 1}" for index in range(width))
    return Table(
        columns_named,
        tuple(row.line for row in body),
        tuple(row.cells for row in body),
        (*((decoded,) if decoded else ()), separated, names_above),
        str(separated.value),
    )


def _too_short(count: int) -> DescriptionError:
    said = f"{count} row{'s' * (count != 1)}"
    return DescriptionError(PATH, said, "a table with a row of names and at least 2 of cells")


def _has_names(
    rows: Sequence[records.Record],
    width: int,
    given: bool | None,
    wanted: Wanted,
    absent: Missing,
) -> Decision:
    """Whether the first row holds names."""
    first, lacking = rows[0], len(rows[0].cells) < width
    if given not in (None, True, False):
        raise DescriptionError("data.header", given, "True, False or None")
    if given is False and lacking:
        said, expected = f"{len(first.cells)} cells", f"{width} cells, as in the other rows"
        raise DescriptionError(f"{PATH} line {first.line}", said, expected)
    if given is not None:
        return Decision("header", given, "as given")
    if lacking:
        return Decision("header", True, "the first row has one cell less, as R writes names")
    below = [row.cells for row in rows[1:]]
    found, evidence = header.has_names(first.cells, below, list(wanted.names), absent)
    above = f", line {first.line}, below a title" if first.line > 1 else ""
    return Decision("header", found, evidence + above)


def _given_names(names: Sequence[str], width: int) -> tuple[str, ...]:
    if isinstance(names, str) or len(names) != width or len(set(names)) < width:
        raise DescriptionError("data.names", names, f"a list of {width} different names")
    return tuple(map(str, names))


def _check_names(line: int, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for index, name in enumerate(names):
        if (not name or name in names[:index]) and (name or not _is_spare(index, rows)):
            expected = "a name different from the others; correct it, or pass names=[...]"
            raise DescriptionError(f"{PATH} line {line}, column {index + 1}", name, expected)


def _is_spare(index: int, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column needs no name: it is empty, or the first one and names the rows."""
    cells = [row[index] for row in rows]
    return not any(cells) or (index == 0 and len(set(cells)) == len(cells))
