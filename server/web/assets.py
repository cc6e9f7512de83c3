"""Serves the page's files with most comments and indentation removed; `app` compresses them."""

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
"""Matches comments that fill whole lines; others may be part of a string."""
CASTS = re.compile(r"/\*\* @type \{[^\n]*?\} \*/ ?")
"""Matches type casts in JSDoc; no string looks like one."""
STYLE_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
TYPES = {".js": "text/javascript", ".css": "text/css"}


class Assets(StaticFiles):
    """Static files; scripts and styles without whole-line comments, type casts and indentation.

    Comments are a quarter of these files, type casts a hundredth. Lines keep their numbers, so that
    line 70 in a browser's message is line 70 of the file.
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
    """The reduced file and its ETag; `changed`, its time, makes a changed file be read again."""
    text = path.read_text(encoding="utf-8")
    text = light_script(text) if path.suffix == ".js" else light_style(text)
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def light_script(script: str) -> str:
    """The script without whole-line comments, type casts and indentation."""
    return INDENTATION.sub("", CASTS.sub("", COMMENTS.sub(_blank, script)))


def light_style(style: str) -> str:
    """The style sheet without comments and indentation."""
    return INDENTATION.sub("", STYLE_COMMENTS.sub(_blank, style))


def _blank(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")
