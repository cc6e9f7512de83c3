"""Which names are ours, and which origins."""

from __future__ import annotations

import socket

import pytest

from server.web.security import FRAMED_HEADERS, HEADERS, Names, host_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:80", "localhost"),
        ("[::1]:8000", "::1"),
        ("192.168.1.5:8000", "192.168.1.5"),
        ("", None),
        ("host:port", None),
        ("host:99999", None),
        ("user@host", None),
        ("host/path", None),
        ("host?query", None),
        ("[::1", None),
    ],
)
def test_the_name_in_a_host_header(host: str, name: str | None) -> None:
    assert host_name(host) == name


def test_bound_to_this_machine_only_local_names_are_known() -> None:
    names = Names("127.0.0.1")
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        assert names.knows(host)
    for host in ("192.168.1.5:8000", socket.gethostname() + ".example", "rebound.example:8000"):
        assert not names.knows(host)


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", ""])
def test_bound_to_all_interfaces_any_address_and_the_own_name(bound: str) -> None:
    names = Names(bound)
    for host in ("192.168.1.5:8000", "[fe80::1]:8000", socket.gethostname(), "localhost"):
        assert names.knows(host)
    assert not names.knows("rebound.example:8000")


def test_bound_to_a_name_or_an_address() -> None:
    assert Names("10.0.0.2").knows("10.0.0.2:80")
    assert not Names("10.0.0.2").knows("10.0.0.3:80")
    assert Names("Demo.Local").knows("demo.local")


def test_further_names() -> None:
    names = Names("127.0.0.1", ["Backstep.Example", "[2001:db8::1]"])
    assert names.knows("backstep.example")
    assert names.knows("[2001:db8::1]:8000")
    assert names.same_origin("https://backstep.example", "127.0.0.1:8000")
    assert names.same_origin("https://backstep.example:8443", "127.0.0.1:8000")
    assert not names.same_origin("https://other.example", "127.0.0.1:8000")


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://localhost:8000", True),
        ("https://LOCALHOST:8000", True),
        ("http://localhost", False),
        ("http://localhost:8001", False),
        ("http://127.0.0.1:8000", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("ftp://localhost:8000", False),
        ("http://[", False),
        ("http://localhost:8000/path", False),
    ],
)
def test_the_origin_is_the_page_that_this_server_serves(origin: str, same: bool) -> None:
    assert Names("127.0.0.1").same_origin(origin, "localhost:8000") is same


@pytest.mark.parametrize("headers", [HEADERS, FRAMED_HEADERS])
def test_the_page_itself_may_listen_and_nothing_else_is_allowed(headers: dict[str, str]) -> None:
    allowed = dict(part.split("=") for part in headers["Permissions-Policy"].split(", "))
    assert allowed == {"camera": "()", "microphone": "(self)", "geolocation": "()"}
