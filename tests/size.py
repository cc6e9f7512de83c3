"""The size of the project, by package: `python -m tests.size`.

Lines of code and, apart from them, lines of comments and docstrings; blank lines do not count.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from server.web.assets import light_script, light_style

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"engine": 2, "server": 2, "static": 3, "templates": 1, "tests": 2}
"""Name of a folder -> how many levels of folders make a package of their own."""
BLANK = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def python_code(text: str) -> int:
    """How many lines have code, which docstrings are not."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in BLANK
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstrings)


def written(text: str) -> int:
    """How many lines are not blank."""
    return sum(bool(line.strip()) for line in text.splitlines())


CODE: dict[str, tuple[str, Callable[[str], int]]] = {
    ".py": ("Python", python_code),
    ".js": ("JavaScript", lambda text: written(light_script(text))),
    ".css": ("CSS", lambda text: written(light_style(text))),
    ".html": ("HTML", written),
}
"""The ending of a file's name -> its language, and how many of its lines have code."""


def package(path: Path) -> str:
    """The package of a file, such as engine/ops."""
    folders = path.relative_to(ROOT).parts[:-1]
    return "/".join(folders[: PACKAGES[folders[0]]])


def main() -> None:
    packages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    languages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in (path for top in PACKAGES for path in (ROOT / top).rglob("*")):
        if path.suffix not in CODE:
            continue
        language, code = CODE[path.suffix]
        text = path.read_text(encoding="utf-8")
        lines = code(text)
        size = Counter(files=1, code=lines, comments=written(text) - lines)
        packages[package(path)] += size
        languages[language] += size
    print(f"{'':20}{'files':>7}{'code':>9}{'comments':>10}")
    for name, size in [*sorted(packages.items()), *languages.items()]:
        print(f"{name:20}{size['files']:7}{size['code']:9,}{size['comments']:10,}")


if __name__ == "__main__":
    main()
