"""The application: the page, its files, the API and the WebSocket."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import PlainTextResponse
from fastapi.templating import Jinja2Templates
from starlette.websockets import WebSocketDisconnect

from server.describe.catalogue import catalogue
from server.describe.scenes import scenes
from server.version import __version__
from server.web.assets import Assets
from server.web.security import Guard, Names
from server.wire.errors import MAX_VALUE, shortened
from server.workers.hub import CLOSE_LATER, CLOSE_REFUSED, MAX_SESSIONS, Hub, Viewer
from server.workers.pool import PING_INTERVAL, Pool

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
HELLO_SECONDS = 10.0
"""A connection that says nothing for so long is closed."""
OUTBOX_BYTES = 16 * 1024 * 1024
"""Most bytes of messages not yet sent to a viewer; beyond, it is disconnected and may come back."""
CLEAN_CLOSES = (1000, 1001)
"""Close codes of a page that is closed or left. RFC 6455, section 7.4.1.

1005, a close without a code, is not one of them: uvicorn reports it also for lost connections."""
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Settings:
    """Settings of a server.

    Attributes:
        host: address to which it is bound.
        workers: number of worker processes.
        allow_hosts: further host names that it answers to.
        max_sessions: most sessions at the same time.
        embedded: whether it serves one script; its page may be framed by a notebook, and tells the
            server when the user is done.
    """

    host: str = "127.0.0.1"
    workers: int = 1
    allow_hosts: tuple[str, ...] = ()
    max_sessions: int = MAX_SESSIONS
    embedded: bool = False


@dataclass
class Services:
    """Objects that live as long as the application runs.

    Attributes:
        started: time of the start, in monotonic seconds.
        lists: the bodies of the catalogue and of the scenes, which take a while to make.
    """

    pool: Pool
    hub: Hub
    started: float = field(default_factory=time.monotonic)
    lists: asyncio.Task[dict[str, bytes]] | None = None


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Its workers start and end with its lifespan."""
    chosen = settings or Settings()
    app = FastAPI(
        title="Backstep",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lambda app: _lifespan(app, chosen),
    )
    _add_pages(app, embedded=chosen.embedded)
    _add_api(app)
    _add_errors(app)
    app.add_api_websocket_route("/ws", _serve_viewer)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    names = Names(chosen.host, chosen.allow_hosts)
    app.add_middleware(Guard, names=names, framed=chosen.embedded)
    app.state.done = threading.Event()
    if chosen.embedded:
        _add_done(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    pool = Pool(
        settings.workers,
        lambda _, message: hub.received(message),
        lambda number: hub.replaced(number),  # noqa: PLW0108 - there is no hub yet
    )
    hub = Hub(pool, time.monotonic, max_sessions=settings.max_sessions)
    services = app.state.services = Services(pool, hub)
    pool.start()
    tasks = [asyncio.create_task(_tick(hub)), asyncio.create_task(_watch_over(pool))]
    services.lists = asyncio.create_task(asyncio.to_thread(_lists))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await pool.close()


async def _tick(hub: Hub) -> None:
    while True:
        await asyncio.sleep(TICK_SECONDS)
        hub.tick()


async def _watch_over(pool: Pool) -> None:
    while True:
        await asyncio.sleep(PING_INTERVAL)
        pool.check()


def expect_end(app: FastAPI) -> None:
    """Do not replace workers from now on, because the process is about to end."""
    if hasattr(app.state, "services"):
        _services(app).pool.expect_end()


def _services(app: Any) -> Services:
    services: Services = app.state.services
    return services


# Pages and API -----------------------------------------------------------------------------------


def _add_pages(app: FastAPI, *, embedded: bool) -> None:
    templates = Jinja2Templates(ROOT / "templates")
    app.mount("/static", Assets(directory=ROOT / "static"), name="static")

    @app.get("/")
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "index.html", {"embedded": embedded})


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(404)
    async def unknown(request: Request, error: Exception) -> Response:
        path = shortened(request.url.path, MAX_VALUE)
        return PlainTextResponse(f"There is nothing at {path}. The page is at /.\n", 404)

    @app.exception_handler(405)
    async def not_so(request: Request, error: Exception) -> Response:
        path = shortened(request.url.path, MAX_VALUE)
        return PlainTextResponse(f"{path} does not answer to {request.method}.\n", 405)


def _add_api(app: FastAPI) -> None:
    @app.get("/healthz")
    async def health(request: Request) -> dict[str, Any]:
        services = _services(request.app)
        return {
            "status": "ok",
            "version": __version__,
            "uptime": round(time.monotonic() - services.started, 3),
            "sessions": len(services.hub.sessions),
            "workers": services.pool.alive(),
        }

    @app.get("/api/catalogue")
    async def configurable(request: Request) -> Response:
        return await _list(request, "catalogue")

    @app.get("/api/scenes")
    async def gallery(request: Request) -> Response:
        return await _list(request, "scenes")


def _add_done(app: FastAPI) -> None:
    @app.post("/api/done")
    async def done(request: Request) -> Response:
        request.app.state.done.set()
        return Response(status_code=204)


async def _list(request: Request, name: str) -> Response:
    """A list that does not change while the server runs; status 304 if the browser has it."""
    task = _services(request.app).lists
    assert task is not None  # there is one while the application runs
    body = (await asyncio.shield(task))[name]
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


def _lists() -> dict[str, bytes]:
    """The lists as JSON, by name. Making the catalogue takes a while: it makes every data set."""
    listed = catalogue()
    gallery = scenes({entry["name"] for entry in listed["datasets"]})
    return {
        name: json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
        for name, content in (("catalogue", listed), ("scenes", gallery))
    }


# The WebSocket -----------------------------------------------------------------------------------


class Outbox:
    """A queue of messages to a viewer; implements `hub.Socket`.

    Attributes:
        closed: whether it accepts no further messages.
    """

    def __init__(self) -> None:
        self._messages: asyncio.Queue[str | bytes | tuple[int, str]] = asyncio.Queue()
        self._bytes = 0
        self.closed = False

    def send(self, message: str | bytes) -> None:
        if self.closed:
            return
        self._bytes += len(message)
        if self._bytes > OUTBOX_BYTES:
            self.close(CLOSE_LATER, "too far behind")
        else:
            self._messages.put_nowait(message)

    def close(self, code: int, reason: str) -> None:
        if not self.closed:
            self.closed = True
            self._messages.put_nowait((code, reason))

    async def drain(self, websocket: WebSocket) -> None:
        """Send messages until the close, and close the socket."""
        while True:
            message = await self._messages.get()
            if isinstance(message, tuple):
                await websocket.close(*message)
                return
            self._bytes -= len(message)
            if isinstance(message, str):
                await websocket.send_text(message)
            else:
                await websocket.send_bytes(message)


async def _serve_viewer(websocket: WebSocket) -> None:
    """Serve the connection of one viewer, from accept to close."""
    hub = _services(websocket.app).hub
    await websocket.accept()
    outbox = Outbox()
    viewer = hub.join(outbox)
    writer = asyncio.create_task(_write(outbox, websocket))
    code = 1006
    try:
        code = await _read(hub, viewer, outbox, websocket)
    finally:
        hub.leave(viewer, clean=code in CLEAN_CLOSES)
        if not outbox.closed:
            writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer


async def _write(outbox: Outbox, websocket: WebSocket) -> None:
    # A lost connection also raises an error in `_read`, where it is handled.
    with suppress(WebSocketDisconnect, RuntimeError, OSError):
        await outbox.drain(websocket)


async def _read(hub: Hub, viewer: Viewer, outbox: Outbox, websocket: WebSocket) -> int:
    """Pass messages to the hub until the connection ends; returns the close code."""
    while True:
        timeout = HELLO_SECONDS if viewer.session is None else None
        try:
            message = await asyncio.wait_for(websocket.receive(), timeout)
        except TimeoutError:
            outbox.close(CLOSE_REFUSED, "no hello")
            return 1006
        if message["type"] == "websocket.disconnect":
            return int(message.get("code") or 1006)
        text = message.get("text")
        hub.receive(viewer, text if text is not None else message.get("bytes") or b"")
