"""The server's packages know those below them only, and of the engine its public names only."""

from __future__ import annotations

import ast
from importlib import import_module

from tests.imports import cycle, imported_names, imports, sources, wrong_arrows

ORDER = (
    ("version",),
    ("wire", "web"),
    ("describe", "client"),
    ("views",),
    ("session",),
    ("workers",),
    ("app",),
    ("__main__",),
    ("debugging",),
    ("server",),
)

PUBLIC = ("engine", "engine.data", "engine.formula")
"""The packages of the engine whose `__all__` the server may use."""


def test_packages_import_only_those_below() -> None:
    assert wrong_arrows(imports("server"), ORDER) == []


def test_no_modules_import_each_other() -> None:
    assert cycle(imports("server")) == []


def test_the_server_uses_public_names_of_the_engine_only() -> None:
    public = {module: {"", *import_module(module).__all__} for module in PUBLIC}
    private = [
        f"{user} uses {module}.{name}"
        for user, tree in sources("server").items()
        for module, name in (*imported_names(tree), *_attributes(tree))
        if module.partition(".")[0] == "engine" and name not in public.get(module, ())
    ]
    assert private == []


def _attributes(tree: ast.Module) -> list[tuple[str, str]]:
    """The uses of a name of the engine as ``engine.name``."""
    return [
        ("engine", node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "engine"
    ]
