"""The engine's packages know those below them only, and no modules know each other in a circle."""

from __future__ import annotations

from tests.imports import cycle, imports, wrong_arrows

ORDER = (
    ("errors", "checks"),
    ("tensors", "initializers", "data"),
    ("formula",),
    ("ops",),
    ("graph",),
    ("layers",),
    ("training",),
    ("network",),
    ("program",),
    ("history",),
    ("debug", "explain", "diagnostics"),
    ("engine",),
)


def test_packages_import_only_those_below() -> None:
    assert wrong_arrows(imports("engine"), ORDER) == []


def test_no_modules_import_each_other() -> None:
    assert cycle(imports("engine")) == []
