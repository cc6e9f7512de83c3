"""CONTRIBUTING.md and SECURITY.md name files and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("CONTRIBUTING.md", "SECURITY.md")
PATH = re.compile(r"(?<![\w/.…-])(?:engine|server|static|tests|docs)/[\w./-]*\w")
"""A path of this project in a text."""
NAME = re.compile(r"\btest_\w+(?!\.py|\w)")
"""The name of a test in a text."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str) -> None:
    paths = set(PATH.findall(text_of(page)))
    assert paths
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_tests_exist() -> None:
    names = set(NAME.findall(text_of("CONTRIBUTING.md")))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert names
    assert {name for name in names if f"def {name}(" not in source} == set()
