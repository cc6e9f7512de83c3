"""What modules of a package import, read from their source: types and late imports too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Imports = Mapping[str, frozenset[str]]


def module_name(path: Path) -> str:
    """The dotted name of a Python file in the project."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources(package: str) -> Mapping[str, ast.Module]:
    """The parsed modules of a package by name."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return {module_name(path): ast.parse(path.read_text()) for path in paths}


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """All imports as (module, name in it); "" as the name where a module itself is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from ((str(node.module), alias.name) for alias in node.names)


def imports(package: str) -> Imports:
    """The modules of the package that each of its modules imports."""
    modules = sources(package)
    return {
        module: frozenset(
            target
            for source, name in imported_names(tree)
            if (target := f"{source}.{name}" if f"{source}.{name}" in modules else source)
            in modules
        )
        for module, tree in modules.items()
    }


def cycle(found: Imports) -> Sequence[str]:
    """Modules that import each other in a circle; empty if there are none."""
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def wrong_arrows(found: Imports, order: Sequence[Sequence[str]]) -> list[str]:
    """The imports that go against an order of a package's parts.

    Args:
        order: the folders and single modules right in the package, the lowest first. A part may
            import those before it; parts that stand together do not know each other.
    """
    rank = {part: number for number, parts in enumerate(order) for part in parts}
    return [
        f"{module} imports {other}"
        for module, others in found.items()
        for other in sorted(others)
        if (above := _part(module)) != (below := _part(other)) and rank[above] <= rank[below]
    ]


def _part(module: str) -> str:
    """The folder or module right in the package; of the package's own file its name."""
    return (*module.split("."), module)[1]
