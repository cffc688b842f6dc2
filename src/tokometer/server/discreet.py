"""What an error says, in its reply and in our log: nothing of the secret that was in the request.

An error quotes what it refuses: the name of a field, a value of a filter, a path. Who asked knows it already; but
replies are logged by proxies and clients, and shown to others. What nobody has caught is a mistake of ours: it is
logged here, where it is still known which secrets the request brought, and not by the server around us.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokometer.records.redaction import Held, masked, names_a_secret, without_held

#: Where HTTP's errors begin.
_ERRORS: Final = 400
#: No error is longer; what is longer is somebody's file.
_MOST: Final = 1 << 18
#: Where a request has what it holds of secrets.
_HELD: Final = "tokometer.held"
_MISTAKE: Final = "this cannot be answered because of a mistake in Tokometer: its log says more; please report it"
_LOG: Final = logging.getLogger(__name__)


class BrokenOff(Exception):
    """An answer that had begun cannot be ended; why was logged already."""


def hold_secrets(scope: Mapping[str, Any], body: Mapping[str, Any], *named: str) -> None:
    """Have what a body calls a password or the like, or what is `named`, left out of whatever is said of it."""
    held = scope.get(_HELD)
    if isinstance(held, Held):
        for name, value in body.items():
            if isinstance(value, str) and (name in named or names_a_secret(name)):
                held.keep_out(value)


class Discreet:
    """Masks secrets in the replies that are errors; others pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; hold an error's reply until its body is whole."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with Held() as secrets:
            await self._answer({**scope, _HELD: secrets}, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []
        body = bytearray()
        begun = False

        async def masking(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and message["status"] >= _ERRORS:
                held.append(message)
                return
            if not held:
                begun = True
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body") and len(body) <= _MOST:
                return
            start = held.pop()
            content = without_secrets(bytes(body), Headers(raw=start["headers"]).get("content-type", ""))
            # Of an answer to HEAD the length is that of a body that does not come.
            if content != body and "content-length" in Headers(raw=start["headers"]):
                MutableHeaders(scope=start)["content-length"] = str(len(content))
            begun = True
            await send(start)
            await send({**message, "body": content})

        try:
            await self.app(scope, receive, masking)
        except Exception:  # noqa: BLE001 - a mistake of ours, said once
            _LOG.exception("%s %s cannot be answered", scope["method"], scope["path"])
            if begun:
                raise BrokenOff from None
            held.clear()
            body.clear()
            await _refuse(masking)


async def _refuse(send: Send) -> None:
    body = json.dumps({"detail": _MISTAKE}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def without_secrets(body: bytes, media_type: str) -> bytes:
    """An error's body; what is neither text nor JSON stays as it is."""
    try:
        text = body.decode()
        if _discreet(text) == text:
            return body
        if "json" in media_type:
            return json.dumps(_masked(json.loads(text)), ensure_ascii=False, separators=(",", ":")).encode()
        return _discreet(text).encode() if media_type.startswith("text/") else body
    except ValueError:
        return body


def _masked(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return _discreet(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, dict):
        return {_discreet(key): _masked(one) for key, one in value.items()}
    return value


def _discreet(text: str) -> str:
    return masked(without_held(text))
