"""Decides which requests are answered, and adds security headers to every answer.

A page of another site could make a browser talk to a server on this machine: over HTTP by a name
that resolves to 127.0.0.1 (DNS rebinding), over WebSockets directly, because they have no
same-origin policy. So the Host has to be a name of this server, and an Origin, if there is one, has
to be that of its own page.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data: blob:; "
    "connect-src 'self'; "
    "frame-ancestors 'self'; "
    "base-uri 'none'; "
    "form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",
}
_FRAME = "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* vscode-webview:"
FRAMED_HEADERS = {
    name: value.replace("frame-ancestors 'self'", _FRAME)
    for name, value in HEADERS.items()
    if name not in ("X-Frame-Options", "Cross-Origin-Resource-Policy")
}
"""Headers for a page that may be framed by a notebook on this machine."""
PART_HEADERS = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
"""Headers that matter for scripts and style sheets; the others concern documents."""
PARTS = ("text/javascript", "text/css")
"""Content types of the parts of a page."""
CACHING = "no-cache"
"""Cache-Control: keep files, but revalidate them before use; with ETags one small answer each."""
LOCAL = ("localhost", "127.0.0.1", "::1")


class Names:
    """The host names that this server answers to.

    Args:
        bound: the address it listens on. On all interfaces, every IP address is accepted as a
            Host, since rebinding needs a name, and so is the host name of the machine.
        extra: further names, e.g. that of a proxy in front.
    """

    def __init__(self, bound: str, extra: Iterable[str] = ()) -> None:
        self._extra = {name.lower().strip("[]") for name in extra}
        self._names = {*LOCAL, bound.lower().strip("[]"), *self._extra}
        self._any_address = bound in ("", "0.0.0.0", "::")
        if self._any_address:
            self._names.add(socket.gethostname().lower())

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = host_name(host)
        if name is None:
            return False
        return name in self._names or (self._any_address and _is_address(name))

    def same_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin header names a page of this server, which was addressed as `host`."""
        scheme, _, authority = origin.partition("://")
        if scheme not in ("http", "https"):
            return False
        return authority.lower() == host.lower() or host_name(authority) in self._extra


def host_name(host: str) -> str | None:
    """The name in "name:port", without the brackets of an IPv6 address; None if malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Middleware that refuses foreign requests and adds the headers."""

    def __init__(self, app: ASGIApp, names: Names, *, framed: bool = False) -> None:
        self._app, self._names = app, names
        self._headers = FRAMED_HEADERS if framed else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reason = self._refusal(Headers(scope=scope))
        if reason is not None:
            await _refuse(scope, send, reason)
            return
        await self._app(scope, receive, _with_headers(send, self._headers))

    def _refusal(self, headers: Headers) -> str | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._names.knows(hosts[0]):
            return "This server does not answer to that host name; see --allow-host."
        origin = headers.get("origin")
        if origin is not None and not self._names.same_origin(origin, hosts[0]):
            return "Requests from pages of other origins are refused."
        return None


def _with_headers(send: Send, added: Mapping[str, str]) -> Send:
    """A `send` that adds these headers; to parts of a page and to 304 answers only those needed.

    With a 304, a browser keeps the headers that it has stored (RFC 9111, section 3.2).
    """

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            part = message["status"] == 304 or headers.get("content-type", "").startswith(PARTS)
            for name, value in added.items():
                if not part or name in PART_HEADERS:
                    headers[name] = value
            headers.setdefault("Cache-Control", CACHING)
        await send(message)

    return send_with_headers


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    body = reason.encode()
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    pairs = [(k.lower().encode(), v.encode()) for k, v in {**headers, **HEADERS}.items()]
    await send({"type": f"{kind}.start", "status": 403, "headers": pairs})
    await send({"type": f"{kind}.body", "body": body})
