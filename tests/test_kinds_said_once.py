"""Names of kinds of layers and of activations stand where these are declared, and nowhere else.

What is known of a kind or of an activation stands in `engine/layers`; everything else asks for it.
A name in an `if` or in a list elsewhere would be one more file to change when a kind is added.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import ACTIVATIONS, LAYERS

ROOT = Path(__file__).resolve().parents[1]
NAMES = {*LAYERS, *ACTIVATIONS}

WORDS = {
    "activation": "the role of buffers, and a field of layers",
    "dropout": "a field of dense layers and others, and the number that is live",
    "noise": "an option of data sets",
}
"""Names that are words for other things as well, and those."""

FOLDERS = {
    "engine/layers/": "where they are declared",
    "engine/ops/": "ops have names of their own, after what they compute",
    "engine/formula/": "functions in formulas",
    "server/describe/scenes.py": "descriptions of networks to start from",
    "static/js/scene/kinds.js": "which kinds have a picture of their own",
    "static/js/scene/kinds/": "the pictures",
}
"""Where any name may stand, and why."""

ALLOWED = {
    ("server/session/surveys.py", "positions"): "a field of an answer",
    ("static/js/state/description.js", "dense"): "the short form of links is of this kind",
    ("static/js/views/inspector/elements.js", "linear"): "the name of an op",
    ("static/js/views/inspector/formula.js", "sigmoid"): "a function in formulas",
    ("static/js/views/inspector/formula.js", "softplus"): "a function in formulas",
    ("static/js/views/listing/picture.js", "dense"): "a style class",
}
"""Single names in a file, and why."""


def said_in_python(text: str) -> Iterator[tuple[int, str]]:
    """Lines and names: string literals, docstrings and other lone texts left out."""
    tree = ast.parse(text)
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in lone and node.value in NAMES:
            yield node.lineno, str(node.value)


ANY = "|".join(sorted(NAMES))
IN_SCRIPT = re.compile(
    rf"""(["'`])(?P<text>{ANY})\1"""  # a text
    rf"|(?<![\w.])(?P<key>{ANY})\s*:(?!:)"  # the key of a table
    rf"|[(=:,!&|?]\s*/(?!/)[^/\n]*?\b(?P<pattern>{ANY})\b[^/\n]*/"  # part of a pattern
)
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w\"'`/\\])//[^\n]*", re.DOTALL)


def said_in_script(text: str) -> Iterator[tuple[int, str]]:
    """Lines and names: texts, keys of tables and parts of patterns, comments left out."""
    code = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    for number, line in enumerate(code.split("\n"), start=1):
        for found in IN_SCRIPT.finditer(line):
            yield number, found["text"] or found["key"] or found["pattern"]


def said(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    return said_in_python(text) if path.suffix == ".py" else said_in_script(text)


FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder, kind in (("engine", "py"), ("server", "py"), ("static/js", "js"))
    for path in (ROOT / folder).rglob(f"*.{kind}")
)


def test_names_stand_where_they_are_declared_and_in_pictures_only() -> None:
    assert len(FILES) > 300
    wrong = [
        f"{file}:{line} says {name!r}"
        for file in FILES
        if not file.startswith(tuple(FOLDERS))
        for line, name in said(ROOT / file)
        if name not in WORDS and (file, name) not in ALLOWED
    ]
    hint = "Ask engine.LAYERS or engine.ACTIVATIONS; on the page, the layer's row or the catalogue."
    assert not wrong, "\n".join([hint, *wrong])


def test_what_is_allowed_is_needed() -> None:
    found = {(file, name) for file in FILES for _, name in said(ROOT / file)}
    assert ALLOWED.keys() <= found
    assert WORDS.keys() <= {name for file, name in found if not file.startswith(tuple(FOLDERS))}
    for place in FOLDERS:
        assert any(file.startswith(place) for file, _ in found), place


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ('if (kind === "conv2d") f();', ["conv2d"]),
        ("const T = { tanh: 1, other: 2 };", ["tanh"]),
        ("if (/relu|x/.test(name)) f();", ["relu"]),
        ("/** @type {'conv2d'} */ // conv2d\nx.dense.y = a / dense / b;", []),
        ('const url = "https://a.b"; f("tanh");', ["tanh"]),
        ('const text = "a dense layer";', []),
    ],
)
def test_names_in_scripts_are_seen(script: str, names: list[str]) -> None:
    assert [name for _, name in said_in_script(script)] == names


def test_names_in_python_are_seen() -> None:
    code = '"""tanh"""\nx = {"relu": 1}\nif kind in ("conv1d", "other"):\n    """dense"""\n'
    assert [name for _, name in said_in_python(code)] == ["relu", "conv1d"]
