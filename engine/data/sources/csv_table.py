"""Data sets from a user's own table of comma-separated values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.data.assembly import assemble
from engine.data.dataset import Dataset, Task
from engine.data.options import SEED, TEST_FRACTION
from engine.data.table.arguments import cells_given, wanted
from engine.data.table.inputs import MissingRule
from engine.data.table.layout import read_table
from engine.data.table.missing import Missing
from engine.data.table.samples import samples_of
from engine.data.table.source import Source


def from_csv(
    source: Source,
    target: str | int | None = None,
    *,
    targets: Sequence[str | int] | None = None,
    ignore: Sequence[str] = (),
    header: bool | None = None,
    names: Sequence[str] | None = None,
    separator: str | None = None,
    decimal: str | Mapping[str, str] | None = None,
    thousands: str | None = None,
    encoding: str | None = None,
    missing: MissingRule | Mapping[str, MissingRule] | None = None,
    missing_values: Sequence[str] | None = None,
    categories: Sequence[str] = (),
    numbers: Sequence[str] = (),
    day_first: bool | None = None,
    task: Task | None = None,
    test_fraction: float = 0.5,
    seed: int = 0,
    standardise: bool = True,
    name: str = "table",
    title: str = "Own table",
) -> Dataset:
    """A data set from a table in a text file.

    The reader decides what is not given, column by column, by what the cells show. ``print`` of the
    data set's `Dataset.report` says what it decided and why, with the argument that overrules it.

    Args:
        source: a path, bytes, a file open for reading, or the table itself as a `str` of several
            lines.
        target: the column to predict, by its name or its position from 0 (-1 is the last); the last
            one with any values if None. All other columns are inputs.
        targets: several columns to predict, instead of `target`. This makes a regression.
        ignore: columns to leave out.
        header: whether the first row holds names. If None: whether its words stand above other
            kinds of cells, or do not occur below. Without names, columns are x1, x2, ...
        names: names for all columns, instead of those in the file.
        separator: the separator of cells. If None: comma, semicolon, tab, bar or spaces, whichever
            gives the rows equally many cells, most of them numbers.
        decimal: the decimal mark, "." or ",", of all columns or by column. If None: the one in
            which all cells of the column are numbers; where both are possible, as in other columns.
        thousands: the separator of groups of three digits. If None: as for `decimal`.
        encoding: if None, by the byte order mark, UTF-8 if the bytes fit it, else Windows-1252.
        missing: what to do about missing cells in inputs, for all columns or by column. "drop"
            leaves out the row. "mean" fills in the mean of the training part. "category" adds an
            input that says that the cell is missing. "error" refuses the table. If None: "drop" if
            at most a fifth of the rows are lost, else "mean" for numbers and dates and "category"
            for words. A row without a target is always left out, and a column without any values
            as well.
        missing_values: the cells that are missing. If None: empty cells, NA, NaN, null, ? and the
            like, and among numbers also words such as none and unknown.
        categories: columns whose cells are words, even if they look like numbers or names. Each
            different word becomes an input that is 0 or 1. Other columns of words are left out if
            they have more than 50 different ones, or more than 5 with hardly any repeated.
        numbers: columns whose cells are numbers, even if most are not.
        day_first: whether 01/02/2024 is in February. If None: as the dates of the column show.
            Dates become days since the earliest one.
        task: if None, a classification if the target has words, or whole numbers that are labels
            by `are_labels`; otherwise a regression.
        test_fraction, seed, standardise, name, title: as for `from_arrays`. Inputs that are 0 or 1
            for a word stay so.

    Raises:
        DescriptionError: a cell, line, column or argument is unusable. The path names it.
    """
    asked = wanted(
        target=target,
        targets=targets,
        ignore=ignore,
        categories=categories,
        numbers=numbers,
        missing=missing,
        decimal=decimal,
        thousands=thousands,
        day_first=day_first,
        task=task,
    )
    fraction, split_seed = TEST_FRACTION.check(test_fraction), int(SEED.check(seed))
    absent = Missing(None if missing_values is None else cells_given(missing_values))
    table = read_table(
        source, asked, absent, encoding=encoding, separator=separator, header=header, names=names
    )
    return assemble(
        samples_of(table, asked, absent, fraction, split_seed),
        name=name,
        title=title,
        kind="table",
        test_fraction=fraction,
        seed=split_seed,
        scaling="column" if standardise else "none",
        source="given as a table",
        licence="the one its owner states",
    )
