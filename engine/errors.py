"""The one error of a bad description: what stands where, and what was expected instead."""

from __future__ import annotations


class DescriptionError(ValueError):
    """A field of a description (network, optimizer, data set, program) has an unusable value.

    Attributes:
        path: the field as the user writes it, e.g. ``layers[2].units``.
        value: what was found there.
        expected: what would have been accepted, worded to follow "is not".
    """

    def __init__(self, path: str, value: object, expected: str) -> None:
        super().__init__(f"{path}: {value!r} is not {expected}")
        self.path = path
        self.value = value
        self.expected = expected
