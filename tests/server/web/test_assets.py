"""The page's files on their way to the browser."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from server.app import ROOT
from server.web.assets import Assets, light_script, light_style

SCRIPT = """\
// @ts-check
/**
 * What it does.
 * @param {number} x
 */
export function f(x) {
  const y = /** @type {{a: any}} */ (x); // stays
  /** @type {any} */ (y).z = "/** stays */";
  /* stays */
  return y; /** stays */
}
"""
LIGHT = """\





export function f(x) {
const y = (x); // stays
(y).z = "/** stays */";
/* stays */
return y; /** stays */
}
"""
STYLE = """\
/* What it
   is for. */
.a {
  color: red; /* goes */
}
"""
LIGHT_STYLE = """\


.a {
color: red; \n}
"""


def test_comments_that_fill_lines_and_types_go_and_lines_stay() -> None:
    assert light_script(SCRIPT) == LIGHT
    assert light_style(STYLE) == LIGHT_STYLE


@pytest.mark.parametrize("path", sorted((ROOT / "static/js").rglob("*.js")), ids=lambda p: p.name)
def test_nothing_but_comments_goes_from_the_pages_scripts(path: Path) -> None:
    before = path.read_text(encoding="utf-8").split("\n")
    after = light_script("\n".join(before)).split("\n")
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        comment = old.strip().startswith(("//", "/**", "*"))
        assert new == re.sub(r"/\*\* @type .*?\*/ ?", "", old.lstrip()) or (new == "" and comment)


@pytest.mark.parametrize("path", sorted((ROOT / "static/js").rglob("*.js")), ids=lambda p: p.name)
def test_no_text_of_a_script_looks_like_a_comment_that_goes(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").split("\n"):
        for found in re.finditer(r"/\*\* @type", line):
            before = line[: found.start()]
            assert before.count('"') % 2 == 0, line
            assert before.count("`") % 2 == 0 or "${" in before, line


@pytest.mark.parametrize("path", sorted((ROOT / "static/js").rglob("*.js")), ids=lambda p: p.name)
def test_no_text_of_a_script_spans_lines(path: Path) -> None:
    """Its indentation would be lost; what stands in ${} may be indented."""
    inside = 0
    for line in path.read_text(encoding="utf-8").split("\n"):
        code = line.strip()
        if code.startswith(("//", "*", "/*")):
            continue
        if inside:
            assert code.startswith((".", "}")), line
        inside = (inside + code.count("`")) % 2


def test_a_script_is_not_sent_again_until_it_has_changed(tmp_path: Path) -> None:
    script = tmp_path / "page.js"
    script.write_text(SCRIPT)

    async def visit() -> None:
        transport = httpx.ASGITransport(app=Assets(directory=tmp_path))
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            first = await client.get("/page.js")
            assert (first.status_code, first.text) == (200, LIGHT)
            assert first.headers["content-type"].startswith("text/javascript")
            seen = {"if-none-match": first.headers["etag"]}
            assert (await client.get("/page.js", headers=seen)).status_code == 304
            script.write_text("f(1);\n")
            again = await client.get("/page.js", headers=seen)
            assert (again.status_code, again.text) == (200, "f(1);\n")

    asyncio.run(visit())
