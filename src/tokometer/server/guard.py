"""What every request passes first: is it for us, does it come from us, and what may its page do."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokometer.records.redaction import redacted

_POLICY: Final = "; ".join(  # noqa: FLY002 - one directive a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)


def policy(ancestors: tuple[str, ...] = ()) -> str:
    """The content security policy of a page that these origins may frame; of most pages that is nobody."""
    framed_by = " ".join(ancestors) or "'none'"
    return f"{_POLICY}; frame-ancestors {framed_by}"


_HEADERS: Final = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Refuses requests that a foreign web page makes in the user's browser, and sets the headers of every reply.

    A server without login is open to whatever can reach it, and through DNS rebinding or a form that posts here, any
    web page could. So the Host must be one of ours, and a request that changes something must not come from elsewhere.

    Args:
        app: What is guarded.
        hosts: Names under which we may be addressed, without port.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = LOOPBACK) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and seal the reply."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        problem = self._problem(scope["method"], Headers(scope=scope))
        if problem:
            await JSONResponse({"detail": problem}, 403)(scope, receive, sealed)
            return
        await self.app(scope, receive, sealed)

    def _problem(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        if _name(host) not in self.hosts:
            return f"Host {redacted(host, 80)!r} is not this server's; use {self.hosts[0]}"
        if method in _SAFE:
            return ""
        origin = headers.get("origin")
        if origin is not None and _address(origin) != host:
            return f"a page of {redacted(origin, 80)!r} may not change anything here"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return "another site's page may not change anything here"
        return ""


def _address(origin: str) -> str:
    """The host and port of an Origin header."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
