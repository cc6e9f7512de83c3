"""docs/protocol.md says what the code does: the same names and numbers, examples that are true."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

import engine
from engine.tensors.tensor import Role
from server import app
from server import client as scripting
from server.__main__ import MAX_SOCKET_BYTES
from server.describe import description
from server.session import buffers, camera, reporter, session
from server.session.curves import CAPACITY
from server.session.runner import Reason
from server.wire import commands, frames, strict_json
from server.wire.commands import COMMANDS
from server.wire.errors import MAX_VALUE, Code
from server.wire.frames import FrameHeader, encode_frame, encode_payload
from server.workers import hub, session_host
from tests.server.conftest import Live
from tests.server.document import ROOT, TEXT, headings, named, rows, section, undescribed
from tests.server.driving import Driver, configured

SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "server").rglob("*.py"))


# Names -------------------------------------------------------------------------------------------


def test_every_command_is_described_and_no_other() -> None:
    assert headings("Commands") == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_field_of_a_command_is_described(command: str) -> None:
    assert undescribed(COMMANDS[command]) == []


def test_every_type_that_is_sent_is_described_and_no_other() -> None:
    sent = set(re.findall(r'"type": "(\w+)"', SOURCE))
    answers = set(re.findall(r'<a id="(\w+)"></a>`', section("Messages")))
    assert answers | set(headings("Events")) == sent
    assert answers == {"done", "welcome"}


def test_every_error_code_is_described_used_and_no_other() -> None:
    described = [row[0].strip("`") for row in rows(section("Errors"))]
    first = described.index(get_args(Code)[0])
    assert described[first:] == list(get_args(Code))
    raised = set(re.findall(r'(?:Refusal|refused)\(\s*"(\w+)"', SOURCE))
    assert raised == set(get_args(Code))


def all_events() -> Driver:
    driver = configured()
    driver.do("set", name="learning_rate", value=0.5)
    driver.do("write", buffer="dense1/W", index=[0, 0], value=1)
    driver.do("watch", expressions=["loss", "dense1/b"])
    logpoint = {"name": "log", "phase": "loss", "log_message": "loss {loss}"}
    driver.do("set_breakpoints", breakpoints=[logpoint])
    driver.step("step")
    driver.events += driver.session.abridged()
    return driver


def test_every_field_of_an_event_is_described_and_no_other() -> None:
    driver = all_events()
    for kind in headings("Events"):
        if kind == "error":
            continue
        said = named(section(f"`{kind}`", 3, section("Events")))
        event = {k: v for k, v in driver.last(kind).items() if k != "type"}
        assert event.keys() <= said, kind
        inner = [v for v in event.values() if isinstance(v, dict)]
        inner += [
            v[0] for v in event.values() if isinstance(v, list) and v and isinstance(v[0], dict)
        ]
        for content in inner:
            if content not in (event.get("description"), event.get("hyperparameters")):
                assert content.keys() <= said, kind
    columns = {name for row in rows(section("`state`", 3)) for name in named(row[0])}
    assert columns == driver.state.keys() - {"type"}
    columns = {name for row in rows(section("`configured`", 3)) for name in named(row[0])}
    assert columns == driver.last("configured").keys() - {"type"}
    assert set(get_args(Reason)) <= named(section("`state`", 3))


def test_every_field_of_a_description_is_described() -> None:
    said = named(section("Descriptions"))
    complete = description.normalise({})
    for name, value in complete.items():
        if name == "layers":
            assert {f"layers[i].{field}" for field in value[0]} <= said
        elif name == "data":
            assert {f"data.{field}" for field in value} <= said
        elif name != "optimizer":
            assert name in said


def test_roles_and_views_are_described() -> None:
    said = named(section("Buffers and views"))
    assert set(get_args(Role)) <= said
    shown = {name.replace("<layer>", "dense1") for name in said}
    shown |= {f"compare/dense1/{parameter}" for parameter in "Wb" if "compare/<parameter>" in said}
    for given in ({}, {"data": {"name": "sine"}}, {"data": {"name": "synthetic_images"}}):
        for row in configured(given).last("configured")["buffers"]:
            if row["role"] == "view" and row["layer"] in ("", "dense1", "input"):
                assert row["name"] in shown, row["name"]
    writable = section("`write`", 3)
    assert set(buffers.WRITABLE) <= named(writable)


# Numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("The connection", f"{app.HELLO_SECONDS:g} seconds is closed"),
        ("The connection", f"| {hub.CLOSE_REFUSED} | server |"),
        ("The connection", f"| {hub.CLOSE_LATER} | server |"),
        ("The connection", f"| {', '.join(map(str, app.CLEAN_CLOSES))} | viewer |"),
        ("The connection", f"more than {MAX_SOCKET_BYTES:,} bytes"),
        ("Commands", f"in 1..{commands.MAX_COUNT}"),
        ("Commands", f"up to {commands.MAX_SPEED:,.0f}"),
        ("Commands", f"at most {commands.MAX_BUFFERS} objects"),
        ("Commands", f"up to {commands.MAX_RATE:g} = {commands.MAX_RATE:g}"),
        ("Commands", f"At most {buffers.MAX_READ:,} numbers"),
        ("Commands", f"less than {1000 * session.STEP_AT_ONCE:g} ms"),
        ("Events", f"at most {1 / reporter.LOSS_INTERVAL:g} a second"),
        ("Errors", f"more than {strict_json.MAX_MESSAGE_BYTES:,} bytes"),
        ("Errors", f"more than {strict_json.MAX_DEPTH} levels"),
        ("Errors", f"more than {hub.MESSAGES_PER_SECOND:g} messages a second"),
        ("Errors", f"shortened to {MAX_VALUE} characters"),
        ("Descriptions", f"list of 1..{description.MAX_LAYERS} layers"),
        ("Descriptions", f"| 1..{engine.MAX_UNITS} |"),
        ("Credit", f"at most {hub.CREDIT} frames"),
        ("Leaving and coming back", f"runs on for {hub.RESUME_SECONDS:g} seconds"),
        ("Leaving and coming back", f"for {hub.FREE_SECONDS:g} seconds is freed"),
        ("Leaving and coming back", f"every {session_host.CHECKPOINT_WHILE_RUNNING:g} seconds"),
        ("Limits", f"{strict_json.MAX_MESSAGE_BYTES:,} bytes, {strict_json.MAX_DEPTH} levels"),
        ("Limits", f"{hub.MESSAGES_PER_SECOND:g} a second, {hub.MESSAGE_BURST:g} at once"),
        ("Limits", f"compressed | {strict_json.MAX_LOG_BYTES:,} bytes"),
        ("Limits", f"{commands.MAX_BUFFERS} buffers, {commands.MAX_RATE:g} frames a second"),
        ("Limits", f"a frame | {camera.MAX_FRAME_BYTES:,} bytes"),
        ("Limits", f"acknowledged | {hub.CREDIT} |"),
        ("Limits", f"`read` | {buffers.MAX_READ:,} numbers"),
        ("Limits", f"{description.MAX_LAYERS} layers, {engine.MAX_UNITS:,} units a layer"),
        ("Limits", f"{description.MAX_PARAMETERS:,} parameters"),
        ("Limits", f"at most {description.MAX_STEP_FLOPS:,}"),
        ("Limits", f"machine | {description.MAX_BYTES:,} bytes"),
        ("Limits", f"the last {hub.LOG_EVENTS:,}, or {hub.LOG_BYTES:,} bytes"),
        ("Limits", f"remembered | {CAPACITY:,}, evenly"),
        ("Limits", f"to a viewer | {app.OUTBOX_BYTES:,} bytes"),
        ("Limits", f"viewers of a session | {hub.MAX_VIEWERS} |"),
        ("Limits", f"sessions | {hub.MAX_SESSIONS} |"),
        ("Limits", f"`hello` | {app.HELLO_SECONDS:g} seconds"),
        ("Limits", f"connection | {hub.RESUME_SECONDS:g} seconds"),
        ("Limits", f"without viewers | {hub.FREE_SECONDS:g} seconds"),
        ("Scripting in Python", f"newest {scripting.KEPT_EVENTS:,} events"),
        ("Scripting in Python", f"{scripting.KEPT_FRAMES} that were not taken"),
    ],
)
def test_a_number_that_is_said_is_the_one_that_holds(title: str, said: str) -> None:
    assert said in " ".join(section(title).split())


def test_the_version_that_is_said() -> None:
    assert f"protocol version {commands.PROTOCOL}." in TEXT


# Frames ------------------------------------------------------------------------------------------

FORMATS = {"bytes": "4s", "u8": "B", "u16": "H", "u32": "I", "u64": "Q", "f32": "f", "f64": "d"}
FORMATS["4 × u32"] = "4I"


@pytest.mark.parametrize(
    ("title", "layout"), [("Header", frames._HEADER), ("Entry", frames._ENTRY)]
)
def test_the_layout_byte_by_byte(title: str, layout: struct.Struct) -> None:
    table = [row for row in rows(section(title, 3)) if row[0] != "offset"]
    end = 0
    for offset, size, kind, *_ in table:
        assert int(offset) == end
        assert int(size) == struct.calcsize("<" + FORMATS[kind])
        end += int(size)
    assert "<" + "".join(FORMATS[kind] for _, _, kind, *_ in table) == layout.format
    assert f"{title}: {layout.size} bytes" in TEXT


def test_dtypes_and_flags() -> None:
    said = section("Frames")
    for code, dtype in enumerate(frames.DTYPES):
        assert f"{code} `{dtype}`" in said
    assert (frames.FLAG_BATCH_ROW, frames.FLAG_RUNNING) == (1 << 0, 1 << 1)
    assert "bit 0: the probe views show a row of the batch; bit 1: running" in said


def test_the_example_is_a_frame() -> None:
    lines = re.findall(
        r"^ +\d+ {4}((?:[0-9A-F]{2}(?: {1,2}|$))+)", section("An example", 3), re.MULTILINE
    )
    data = bytes.fromhex("".join(lines))
    header = FrameHeader(1, 1, 2, 0, 0, 0.08, 1767225602.0, 0, 3)
    assert data == encode_frame(header, [(12, encode_payload(np.full((2, 3), 7.5), "u16"))])


# HTTP and scripting ------------------------------------------------------------------------------


def test_paths_and_the_catalogue(listed: dict[str, Any]) -> None:
    said = named(section("Over HTTP"))
    assert {f"GET {path}" for path in ("/", "/healthz", "/api/catalogue")} <= said
    assert listed.keys() <= said


@pytest.mark.slow
def test_the_script_runs(
    live: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"```python\n(.*?)```", section("Scripting in Python"), re.DOTALL)
    assert found is not None
    script = found[1].replace("ws://127.0.0.1:8000/ws", live.socket)
    connect: Callable[..., Any] = scripting.Client.__init__
    monkeypatch.setattr(
        scripting.Client, "__init__", lambda *a, **k: connect(*a, **k, timeout=60.0)
    )
    exec(compile(script, "docs/protocol.md", "exec"), {})
    cost, step, *_ = capsys.readouterr().out.splitlines()
    assert "'parameters': 105" in cost
    assert int(step.split()[0]) > 2000
