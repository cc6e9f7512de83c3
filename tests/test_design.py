"""docs/design.md names every module, in the row of its folder, and no module that is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w/]+)/` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
ROOTS = {"engine": ".py", "server": ".py", "static/js": ".js"}


def modules(root: str, suffix: str) -> dict[str, set[str]]:
    """Folder -> its modules, for every folder below `root` that has any."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / root).rglob(f"*{suffix}")):
        if file.name != "__init__.py":
            found.setdefault(file.parent.relative_to(ROOT).as_posix(), set()).add(file.stem)
    return found


@pytest.mark.parametrize("root", ROOTS)
def test_every_module_stands_in_the_row_of_its_folder(root: str) -> None:
    named = {
        folder: set(re.findall(r"`(\w+)`", names))
        for folder, names in ROW.findall(TEXT)
        if folder == root or folder.startswith(f"{root}/")
    }
    assert named == modules(root, ROOTS[root])


def test_paths_in_the_text_exist() -> None:
    paths = set(re.findall(r"`((?:engine|server|static|tests|docs)/[\w/]+\.\w+)`", TEXT))
    assert len(paths) > 20
    assert {path for path in paths if not (ROOT / path).exists()} == set()
