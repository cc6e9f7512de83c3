"""`python -m server`: what it prints, and what it does when it can not start."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from server import __main__ as command
from server.client import Client

ROOT = Path(__file__).resolve().parents[2]
SERVER = [sys.executable, "-m", "server"]


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the first line that it prints."""
    with subprocess.Popen(
        [*SERVER, *options],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.slow
def test_it_prints_its_address_serves_and_ends_with_ctrl_c() -> None:
    with started("--port", "0", "--workers", "1") as (process, line):
        said = re.fullmatch(
            r"Backstep runs at (http://127\.0\.0\.1:\d+/)  \(Ctrl-C stops it\)\n", line
        )
        assert said is not None, line
        address = said[1]
        assert httpx.get(f"{address}healthz").json()["status"] == "ok"
        with Client(address.replace("http", "ws") + "ws", timeout=60.0) as client:
            client.configure({})
            assert client.step()["step"] == 1
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30.0)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups to end")
def test_it_ends_in_silence_when_its_whole_group_is_told_to() -> None:
    """As a supervisor or a closed terminal does it: the workers are told, too, and may be first."""
    with started("--port", "0", "--workers", "2") as (process, line):
        address = line.split()[3]
        with Client(address.replace("http", "ws") + "ws", timeout=60.0) as client:
            client.configure({})
            client.run()
            os.killpg(process.pid, signal.SIGTERM)
            _, errors = process.communicate(timeout=30.0)
    assert (process.returncode, errors) == (-signal.SIGTERM, "")


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [*SERVER, "--port", str(port)], cwd=ROOT, text=True, capture_output=True, check=False
        )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        f"Port {port} on 127.0.0.1 is in use; stop what uses it, or choose another with --port.\n"
    )


def test_an_address_that_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--host", "192.0.2.1", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert said == (
        "192.0.2.1 is not an address of this machine. Choose one with --host, such as 127.0.0.1.\n"
    )


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("--host", "--port", "--workers", "--allow-host", "--log-level", "--open"):
        assert option in text
    assert "127.0.0.1" in text
    assert "8000" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "many"], "--port: many is not a whole number in 0..65535."),
        (["--port", "65536"], "--port: 65536 is not a whole number in 0..65535."),
        (["--port=-1"], "--port: -1 is not a whole number in 0..65535."),
        (["--workers", "0"], "--workers: 0 is not a whole number in 1..256."),
        (["--workers", "2.5"], "--workers: 2.5 is not a whole number in 1..256."),
        (
            ["--log-level", "loud"],
            "--log-level: loud is not one of critical, error, warning, info, debug.",
        ),
        (["--port"], "--port needs a value, such as --port 8000."),
        (["--port", "--open"], "--port needs a value, such as --port 8000."),
        (["--allow-host"], "--allow-host needs a value, such as --allow-host backstep.example."),
        (["--open=yes"], "--open takes no value. Leave out what stands behind it."),
        (
            ["--worker", "2"],
            "--worker is not an option. The nearest is --workers; --help lists all.",
        ),
        (["--prot=80"], "--prot is not an option. The nearest is --port; --help lists all."),
        (["-q"], "-q is not an option. There are --help, --host, --port, --workers, "),
        (["8080"], "8080 stands without an option. For the port, write --port 8080."),
        (["serve"], "serve stands without an option. --help lists the options."),
    ],
)
def test_bad_options(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(options)
    assert caught.value.code == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith(said)


@pytest.mark.parametrize(
    ("host", "error", "said"),
    [
        ("nowhere.invalid", socket.gaierror(-2, "?"), "nowhere.invalid is not an address of this"),
        (
            "127.0.0.1",
            PermissionError(errno.EACCES, "?"),
            "Port 80 on 127.0.0.1 needs rights of an",
        ),
        ("::1", OSError(errno.EAFNOSUPPORT, "no IPv6"), "Cannot listen on ::1 port 80: no IPv6. "),
    ],
)
def test_why_it_cannot_listen(host: str, error: OSError, said: str) -> None:
    assert command._explained(error, host, 80).startswith(said)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("localhost", "http://localhost:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("", "http://127.0.0.1:8000/"),
        ("::", "http://[::1]:8000/"),
        ("::1", "http://[::1]:8000/"),
    ],
)
def test_where_the_page_is(host: str, url: str) -> None:
    assert command.page_url(host, 8000) == url


def test_open_opens_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("threading.Thread.start", lambda thread: thread.run())
    command._announce("http://127.0.0.1:1/", open_page=False)
    command._announce("http://127.0.0.1:2/", open_page=True)
    assert opened == ["http://127.0.0.1:2/"]
    assert capsys.readouterr().out.count("\n") == 2


def test_a_worker_for_each_core_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, count in ((None, 1), (1, 1), (2, 1), (4, 3), (64, 8)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert command.default_workers() == count
