"""A live server in a thread of the tests, and clients of it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from server.__main__ import listen, make_server
from server.app import Services, Settings
from server.client import Client
from server.describe.catalogue import catalogue


@dataclass(frozen=True)
class Live:
    """A server that answers.

    Attributes:
        address: host and port.
    """

    address: str
    server: uvicorn.Server

    @property
    def page(self) -> str:
        return f"http://{self.address}"

    @property
    def socket(self) -> str:
        return f"ws://{self.address}/ws"

    @property
    def services(self) -> Services:
        services: Services = self.server.config.app.state.services  # type: ignore[union-attr]
        return services


@contextmanager
def serving(settings: Settings) -> Iterator[Live]:
    """The application, served from a thread until the end."""
    started = threading.Event()
    server = make_server(settings, "warning", started.set)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        try:
            assert started.wait(30.0)
            yield Live(f"127.0.0.1:{listening.getsockname()[1]}", server)
        finally:
            server.should_exit = True
            thread.join(30.0)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _own_data_sets_are_forgotten() -> Iterator[None]:
    """A data set that a test registers is not in the catalogue of the tests after it."""
    registered: dict[str, Any] = vars(sys.modules["engine.data.catalogue"])["_REGISTERED"]
    before = dict(registered)
    yield
    registered.clear()
    registered.update(before)


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """One server for all tests that need one, with its catalogue made before a test goes on."""
    with serving(Settings(allow_hosts=("backstep.test",))) as running:
        httpx.get(f"{running.page}/api/catalogue", timeout=60.0).raise_for_status()
        yield running


@pytest.fixture(scope="session")
def listed() -> dict[str, Any]:
    """The catalogue; making every data set takes a while."""
    return catalogue()


@pytest.fixture
def client(live: Live) -> Iterator[Callable[..., Client]]:
    """Makes clients of the live server, which are closed in the end."""
    with ExitStack() as stack:

        def make(session: str | None = None, last_seen: int = 0) -> Client:
            return stack.enter_context(Client(live.socket, session, last_seen, timeout=60.0))

        yield make
