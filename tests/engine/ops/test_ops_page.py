"""Pages that are written from the code are current."""

from __future__ import annotations

from tests.engine.ops_page import PAGE, page


def test_the_page_of_ops_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.engine.ops_page"
