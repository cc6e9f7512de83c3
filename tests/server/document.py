"""docs/protocol.md, taken apart: its sections, tables and names."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from server.wire.commands import Command

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(title: str, level: int = 2, within: str = TEXT) -> str:
    """What stands below a heading."""
    mark = "#" * level
    found = re.search(
        rf"^{mark} {re.escape(title)}.*?$(.*?)(?=^#{{1,{level}}} |\Z)",
        within,
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None, title
    return found[1]


def headings(title: str) -> list[str]:
    """The names that have a section of their own below a heading."""
    return re.findall(r"^### `(\w+)`$", section(title), re.MULTILINE)


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without the heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-")]


def named(text: str) -> set[str]:
    """Everything in `code` style."""
    return set(re.findall(r"`([^`]+)`", text))


def undescribed(command: type[Command], text: str = TEXT) -> list[str]:
    """The fields of a command that its section does not name with their default.

    Every command has an `id`, which is described once for all of them.
    """
    said = section(f"`{command.type}`", 3, text)
    described = [field for field in fields(command) if _is_described(field, said)]
    return [f.name for f in fields(command) if f not in described and f.name != "id"]


def _is_described(field: Field[Any], said: str) -> bool:
    if not re.search(rf"`{field.name}[`:]", said):
        return False
    if field.default in (MISSING, None):
        return True
    shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    shown = shown.lower() if isinstance(field.default, bool) else shown
    return re.search(rf'= "?`?{re.escape(shown)}', said) is not None
