"""Cells that mean that a value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WORDS = (
    "NA N/A n/a na N.A. n.a. NaN nan NAN -NaN -nan NULL null Null <NA> #N/A #NA #NV NaT ? ??"
    " 1.#IND -1.#IND 1.#QNAN -1.#QNAN #VALUE! #DIV/0! #REF! #NUM! #NAME? #NULL!"
)
"""What pandas, Weka and spreadsheets write. Na is a word: sodium."""
_MORE = "none nil missing unknown n.v. k.a. nd n.d. n/d . .. … ... *"
"""In lower case. Among words, these are words: a class may be called "none" or "unknown"."""
_ANYWHERE = frozenset(("", "#N/A N/A", *_WORDS.split()))
_AMONG_NUMBERS = frozenset(word.lower() for word in (*_ANYWHERE, *_MORE.split(), "not available"))
_DASHES = frozenset(("-", "--", "---", "–", "—", "−"))


@dataclass(frozen=True)
class Missing:
    """Which cells are missing.

    Attributes:
        given: the cells that the user says are missing, and no others; None to decide.
    """

    given: frozenset[str] | None = None

    def among_numbers(self, cell: str) -> bool:
        """Whether a cell of a column of numbers, dates or booleans is missing."""
        if self.given is not None:
            return cell in self.given
        return cell.lower() in _AMONG_NUMBERS or cell in _DASHES

    def anywhere(self, cell: str) -> bool:
        """Whether a cell is missing among words, too."""
        return cell in (_ANYWHERE if self.given is None else self.given)

    def among_words(self, cells: Sequence[str]) -> frozenset[str]:
        """The distinct cells of a column of words that are missing.

        As in pandas, None is missing and none is a word. A dash is missing, unless it may be a sign
        or a letter like all the other cells.
        """
        distinct = frozenset(cells)
        if self.given is not None:
            return distinct & self.given
        found = {cell for cell in distinct if cell in _ANYWHERE or cell == "None"}
        if any(len(cell) > 1 for cell in distinct - found - _DASHES):
            found |= distinct & _DASHES
        return frozenset(found)
