"""The whole server over real sockets: pages, headers, and sessions driven by the client."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from server import __version__
from server.app import ROOT, Outbox
from server.client import Client
from server.web.security import HEADERS
from server.wire.commands import PROTOCOL
from server.wire.errors import Refusal
from server.wire.strict_json import MAX_MESSAGE_BYTES
from server.workers.hub import CLOSE_LATER, CLOSE_REFUSED
from tests.server.conftest import Live
from tests.server.driving import SMALL, machine_of, refused

MakeClient = Callable[..., Client]
FOREVER = {"data": {"samples": 60}, "seed": 1}


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.01)


# Pages and API -----------------------------------------------------------------------------------


def test_health(live: Live, client: MakeClient) -> None:
    client()
    answer = httpx.get(f"{live.page}/healthz")
    assert answer.status_code == 200
    said = answer.json()
    assert said.keys() == {"status", "version", "uptime", "sessions", "workers"}
    assert (said["status"], said["version"]) == ("ok", __version__)
    assert said["uptime"] > 0.0
    assert said["sessions"] >= 1
    assert said["workers"] == 1


@pytest.mark.slow
def test_the_page_and_every_file_it_names(live: Live) -> None:
    page = httpx.get(f"{live.page}/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    names = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert any(name.endswith("main.js") for name in names)
    for name in names:
        if (ROOT / name.lstrip("/")).exists():
            assert httpx.get(f"{live.page}{name}").status_code == 200
    module = httpx.get(f"{live.page}/static/js/wire/protocol.js")
    assert module.headers["content-type"].startswith("text/javascript")


def test_nothing_in_the_page_is_inline(live: Live) -> None:
    page = httpx.get(f"{live.page}/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\bstyle=|\bon\w+=|javascript:", page) == []


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/static/favicon.svg", "/static/js/nothing.js", "/nothing", "/ws"]
)
def test_security_headers_go_with_every_answer(live: Live, path: str) -> None:
    headers = httpx.get(f"{live.page}{path}").headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/static/js/main.js", "/static/css/tokens.css"])
def test_scripts_and_styles_have_those_that_mean_something_to_them(live: Live, path: str) -> None:
    """There are more than a hundred of them, and a page's headers are as long as a small one."""
    first = httpx.get(f"{live.page}{path}")
    again = httpx.get(f"{live.page}{path}", headers={"If-None-Match": first.headers["etag"]})
    for answer in (first, again):
        sent = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        assert sent == {
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }


def test_files_are_asked_about_before_every_use(live: Live) -> None:
    first = httpx.get(f"{live.page}/static/js/wire/protocol.js")
    assert first.headers["cache-control"] == "no-cache"
    again = httpx.get(
        f"{live.page}/static/js/wire/protocol.js", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_no_way_out_of_the_folder_of_files(live: Live) -> None:
    for path in ("/static/../server/app.py", "/static/%2e%2e/server/app.py", "/static//etc/passwd"):
        assert httpx.get(f"{live.page}{path}").status_code == 404


def test_a_wrong_address_is_answered_in_words(live: Live) -> None:
    missing = httpx.get(f"{live.page}/catalog?data=circles")
    assert (missing.status_code, missing.headers["content-type"]) == (
        404, "text/plain; charset=utf-8"
    )  # fmt: skip
    assert missing.text == "There is nothing at /catalog. The page is at /.\n"
    wrong = httpx.post(f"{live.page}/api/scenes")
    assert (wrong.status_code, wrong.text) == (405, "/api/scenes does not answer to POST.\n")
    for answer in (missing, wrong):
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_catalogue(live: Live, listed: dict[str, Any]) -> None:
    first = httpx.get(f"{live.page}/api/catalogue", timeout=60.0)
    assert first.json() == json.loads(json.dumps(listed))
    tag = first.headers["etag"]
    again = httpx.get(f"{live.page}/api/catalogue", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


# Who is answered ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a@localhost"])
def test_another_host_is_refused(live: Live, host: str) -> None:
    answer = httpx.get(f"{live.page}/healthz", headers={"Host": host})
    assert answer.status_code == 403
    assert "--allow-host" in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "backstep.test", "[::1]:8000"])
def test_these_are_our_names(live: Live, host: str) -> None:
    assert httpx.get(f"{live.page}/healthz", headers={"Host": host}).status_code == 200


def test_requests_from_pages_of_other_origins_are_refused(live: Live) -> None:
    for origin in ("http://evil.example", "null", "file://", "http://127.0.0.1:1", "http://["):
        answer = httpx.get(f"{live.page}/api/catalogue", headers={"Origin": origin})
        assert answer.status_code == 403
        assert "other origins" in answer.text
    assert httpx.get(f"{live.page}/healthz", headers={"Origin": live.page}).status_code == 200


def test_sockets_from_pages_of_other_origins_are_refused(live: Live) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(live.socket, additional_headers=headers),
        ):
            pass
    for origin in (live.page, "https://backstep.test"):
        with connect(live.socket, additional_headers={"Origin": origin}):
            pass


# Sessions ----------------------------------------------------------------------------------------


def test_a_session_from_configure_to_exact_numbers(client: MakeClient) -> None:
    viewer = client()
    told = viewer.configure(SMALL)
    assert [event["type"] for event in viewer.events()] == [
        "configured",
        "state",
        "timeline",
        "loss",
    ]
    machine = machine_of()
    viewer.subscribe({"dense1/W": "f64", "dense2/z": "f64", "view/surface": "u8"})
    frame = viewer.frame()
    assert (frame.header.step, frame.header.pc) == (0, 0)
    state = viewer.step("instruction", 7)
    machine.run_to(7)
    assert (state["step"], state["pc"]) == (0, 7)
    while frame.header.pc != 7:
        frame = viewer.frame()
    shown = viewer.values(frame)
    np.testing.assert_array_equal(shown["dense2/z"], machine.read("dense2/z"))
    assert shown["view/surface"].shape == (1, 48, 48)
    viewer.step("epoch", 3)
    machine.run(9)
    assert viewer.read("dense1/W") == machine.read("dense1/W").tolist()
    assert viewer.read("dense1/W.grad", [1, 2]) == machine.read("dense1/W.grad")[1, 2]
    viewer.write("dense1/W", [0, 0], 0.5)
    assert viewer.read("dense1/W", [0, 0]) == 0.5
    assert told["cost"]["parameters"] == 25


def test_running_pausing_and_settings(client: MakeClient) -> None:
    viewer = client()
    viewer.configure(SMALL)
    viewer.speed("step", 500.0)
    viewer.probe(3, "test")
    viewer.run()
    point = viewer.wait_for("loss", lambda event: event["points"][-1][0] > 30)["points"][-1]
    viewer.set("learning_rate", 0.5)
    state = viewer.pause()
    assert state["step"] >= point[0]
    assert (state["running"], state["probe"]) == (False, {"sample": 3, "split": "test"})
    assert viewer.run_to(4)["pc"] == 4
    viewer.reset()
    viewer.reseed(5)
    machine = machine_of({**SMALL, "seed": 5})
    assert viewer.read("parameters") == machine.read("parameters").tolist()
    assert viewer.read("learning_rate") == 0.5


def test_a_bad_description_names_the_field(client: MakeClient) -> None:
    viewer = client()
    with refused("bad_description", "layers[0].units", "0 is not in 1..1024"):
        viewer.configure({"layers": [{"units": 0}, {}]})
    with refused("not_configured"):
        viewer.run()


BAD_MESSAGES: list[tuple[str | bytes, str]] = [
    ("", "not_json"),
    ("{", "not_json"),
    ("[]", "not_object"),
    (b"\x00\x01\x02", "binary"),
    (b"", "binary"),
    ("[" * 5000, "too_deep"),
    ('"' + "x" * MAX_MESSAGE_BYTES + '"', "too_large"),
    ('{"id":1,"type":"run","type":"run"}', "bad_value"),
    ('{"id":1,"type":"set","name":"learning_rate","value":NaN}', "not_finite"),
    ('{"id":1,"type":"set","name":"learning_rate","value":"1"}', "bad_value"),
    ('{"id":1,"type":"explode"}', "unknown_type"),
    ('{"id":1,"type":"run","now":true}', "unknown_field"),
    ('{"id":1,"type":"step","unit":"year"}', "bad_value"),
    ('{"type":"run"}', "missing_field"),
    ('{"id":1,"type":"hello","protocol":1}', "bad_value"),
    ('{"id":1,"type":"configure","description":{"seed":' + "9" * 5000 + "}}", "not_finite"),
]


def test_bad_messages_end_neither_their_session_nor_another(client: MakeClient) -> None:
    viewer, other = client(), client()
    for each in (viewer, other):
        each.configure(FOREVER)
        each.run()
        each.wait_for("loss", lambda event: event["points"][-1][0] > 0)
    for message, code in BAD_MESSAGES:
        viewer.send(message)
        error = next_error(viewer)
        assert error["code"] == code, message[:60]
        assert {"field", "value", "expected", "message"} < error.keys()
    for each in (viewer, other):
        step = each.pause()["step"]
        assert step > 0
        assert each.step()["step"] == step + 1


def next_error(viewer: Client) -> dict[str, Any]:
    """The answer to a message of no known id, or of id 1, which was answered long ago."""
    while True:
        viewer._receive(time.monotonic() + 30.0)
        if 1 in viewer._answers:
            return viewer._answers.pop(1)
        for event in viewer.events():
            if event["type"] == "error":
                return event


def test_a_message_far_too_large_ends_its_connection_alone(live: Live, client: MakeClient) -> None:
    other = client()
    with connect(live.socket) as socket:
        socket.send(f'{{"id":1,"type":"hello","protocol":{PROTOCOL}}}')
        socket.recv(timeout=30.0)
        socket.send("x" * 200_000)
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=30.0)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009
    other.configure(SMALL)


def test_another_protocol_is_told_so_and_closed(live: Live) -> None:
    with connect(live.socket) as socket:
        socket.send('{"id":1,"type":"hello","protocol":99}')
        error = json.loads(socket.recv(timeout=30.0))
        assert (error["code"], error["expected"]) == ("wrong_protocol", str(PROTOCOL))
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=30.0)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == CLOSE_REFUSED


def test_a_connection_that_says_nothing_is_closed(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.app.HELLO_SECONDS", 0.05)
    with connect(live.socket) as socket, pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=30.0)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (CLOSE_REFUSED, "no hello")


# Leaving and coming back -------------------------------------------------------------------------


def test_a_lost_connection_is_resumed_where_it_was(client: MakeClient) -> None:
    viewer = client()
    viewer.configure(FOREVER)
    viewer.run()
    viewer.wait_for("loss")
    watching = client(viewer.session)
    seen = viewer.last_seen
    viewer.drop()
    with pytest.raises(ConnectionClosed):
        viewer.wait_for("never")
    seen = viewer.last_seen
    # Somebody else sees that training goes on meanwhile.
    watching.wait_for("loss", lambda event: event["event"] > seen + 2)
    viewer.events()
    viewer.reconnect()
    assert viewer.welcome["resumed"] is True
    last = viewer.welcome["last_event"]
    assert last >= seen + 3
    viewer.wait_for("loss", lambda event: event["event"] > last)
    state = viewer.pause()
    assert state["step"] > 0


def test_missed_events_are_repeated_exactly_once(client: MakeClient) -> None:
    viewer = client()
    viewer.configure(SMALL)
    other = client(viewer.session)
    viewer.events()
    seen = viewer.last_seen
    viewer.drop()
    for _ in range(5):
        other.step()
    viewer.reconnect()
    last = viewer.welcome["last_event"]
    assert last - seen == 10  # a state and a loss for every step
    missed: list[int] = []
    while not missed or missed[-1] < last:
        viewer._receive(time.monotonic() + 30.0)
        missed += [event["event"] for event in viewer.events()]
    assert missed == list(range(seen + 1, last + 1))
    assert viewer.state == other.state
    assert viewer.step()["step"] == 6


def test_a_lost_connection_does_not_pause_and_a_closed_one_does(
    live: Live, client: MakeClient
) -> None:
    viewer = client()
    viewer.configure(FOREVER)
    viewer.run()
    record = live.services.hub.sessions[viewer.session]
    viewer.drop()
    until(lambda: not record.viewers)
    assert record.stopped is False
    before = record.log.last
    until(lambda: record.log.last > before + 1)
    viewer.reconnect()
    viewer.close()
    until(lambda: not record.viewers and record.stopped)
    again = client(viewer.session)
    # It was running when it was left, and so it does again.
    again.wait_for("state", lambda event: event["running"])
    again.wait_for("loss")


def test_a_newcomer_is_brought_up_to_date(client: MakeClient) -> None:
    viewer = client()
    viewer.configure(SMALL)
    viewer.step("step", 4)
    newcomer = client(viewer.session)
    loss = newcomer.wait_for("loss")
    assert [point[0] for point in loss["points"]] == [0, 1, 2, 3, 4]
    assert newcomer.state is not None
    assert newcomer.state["step"] == 4
    assert newcomer.configured is not None
    assert newcomer.configured["steps_per_epoch"] == 3
    newcomer.step()
    assert viewer.wait_for("state", lambda event: event["step"] == 5)


def test_a_client_that_is_refused_leaves_no_connection(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.client.PROTOCOL", 99)
    before = len(live.server.server_state.connections)
    with pytest.raises(Refusal, match=f"protocol: 99 is not {PROTOCOL}"):
        Client(live.socket)
    until(lambda: len(live.server.server_state.connections) <= before)


def test_a_script_that_takes_no_frames_keeps_the_newest_few(client: MakeClient) -> None:
    viewer = client()
    viewer.configure(FOREVER)
    viewer.subscribe({"dense1/W": "f32"})
    viewer.run()
    viewer.wait_for("loss", lambda event: event["points"][-1][0] > 2000)
    viewer.pause()
    assert len(viewer._frames) <= 16
    viewer.configure(SMALL)
    assert not viewer._frames  # their ids were of the network before


# The outbox --------------------------------------------------------------------------------------


def test_a_viewer_too_far_behind_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.OUTBOX_BYTES", 100)
    outbox = Outbox()
    outbox.send("x" * 60)
    outbox.send(b"x" * 41)
    outbox.send("never sent")
    assert outbox.closed
    sent = [outbox._messages.get_nowait() for _ in range(2)]
    assert sent == ["x" * 60, (CLOSE_LATER, "too far behind")]
    assert outbox._messages.empty()
