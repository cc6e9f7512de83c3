"""The page's files, made light for the way to the browser; `app` compresses them."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

from fastapi import Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.types import Scope

COMMENTS = re.compile(r"^[ \t]*(?://.*|/\*\*(?:(?!\*/)[^\0])*\*/[ \t]*)$", re.MULTILINE)
"""Comments that fill whole lines. Others may be part of something else, such as a text."""
CASTS = re.compile(r"/\*\* @type \{[^\n]*?\} \*/ ?")
"""Types of expressions. No text looks like one."""
STYLE_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
TYPES = {".js": "text/javascript", ".css": "text/css"}


class Assets(StaticFiles):
    """Static files; scripts and styles come without comments that fill whole lines, and flush left.

    Comments are a quarter of them, the types of expressions a hundredth. The lines stay, so that
    what a browser says of line 70 is true of line 70 of the file.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        path = Path(full_path)
        if path.suffix not in TYPES:
            return super().file_response(full_path, stat_result, scope, status_code)
        body, tag = _light(path, stat_result.st_mtime_ns)
        if Headers(scope=scope).get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, status_code, {"ETag": tag}, TYPES[path.suffix])


@lru_cache(maxsize=1024)
def _light(path: Path, changed: int) -> tuple[str, str]:
    """The file made light, and its ETag; read again when the file has changed."""
    text = path.read_text(encoding="utf-8")
    text = light_script(text) if path.suffix == ".js" else light_style(text)
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def light_script(script: str) -> str:
    """The script without comments that fill whole lines, types of expressions and indentation."""
    return INDENTATION.sub("", CASTS.sub("", COMMENTS.sub(_blank, script)))


def light_style(style: str) -> str:
    """The style sheet without comments, and without indentation."""
    return INDENTATION.sub("", STYLE_COMMENTS.sub(_blank, style))


def _blank(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")
