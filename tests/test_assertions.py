"""Checks that can fail: a call on the right of `or` in an assert usually is always true.

`assert shown or page.pause()` passes whatever is shown, if `pause` returns anything.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
FILES = sorted(TESTS.rglob("*.py"))


def spared(source: str) -> list[int]:
    """Lines of asserts that a call on the right of `or` may spare from failing."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert)
        and isinstance(node.test, ast.BoolOp)
        and isinstance(node.test.op, ast.Or)
        and any(isinstance(value, ast.Call) for value in node.test.values[1:])
    ]


def test_no_assert_has_a_call_on_the_right_of_or() -> None:
    """Write `if not first: assert second()` for what is meant so."""
    lines = {path.relative_to(TESTS): spared(path.read_text(encoding="utf-8")) for path in FILES}
    assert {str(path): found for path, found in lines.items() if found} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("assert a or b()", [1]),
        ("x = 1\nassert a or b or c.d(), text", [2]),
        ("assert a() or b", []),
        ("assert a or b == c()", []),
        ("assert a and b()", []),
    ],
)
def test_it_is_found(source: str, lines: list[int]) -> None:
    assert spared(source) == lines
