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


class Assets(StaticFiles):
    """Static files; scripts come without the comments that fill whole lines.

    Those are a quarter of them. The lines stay, so that what a browser says of line 70 is true of
    line 70 of the file.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        path = Path(full_path)
        if path.suffix != ".js":
            return super().file_response(full_path, stat_result, scope, status_code)
        body, tag = _script(path, stat_result.st_mtime_ns)
        if Headers(scope=scope).get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, status_code, {"ETag": tag}, "text/javascript")


@lru_cache(maxsize=1024)
def _script(path: Path, changed: int) -> tuple[str, str]:
    """The script without comments, and its ETag; read again when the file has changed."""
    text = without_comments(path.read_text(encoding="utf-8"))
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def without_comments(script: str) -> str:
    """The script with the comments that fill whole lines taken out of them."""
    return COMMENTS.sub(lambda comment: "\n" * comment[0].count("\n"), script)
