"""What an error's reply says: nothing of the secret that was in the request.

An error quotes what it refuses: the name of a field, a value of a filter, a path. Who asked knows it already; but
replies are logged by proxies and clients, and shown to others.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokometer.records.redaction import masked

#: Where HTTP's errors begin.
_ERRORS: Final = 400
#: No error is longer; what is longer is somebody's file.
_MOST: Final = 1 << 18


class Discreet:
    """Masks secrets in the replies that are errors; others pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; hold an error's reply until its body is whole."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []
        body = bytearray()

        async def masking(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _ERRORS:
                held.append(message)
                return
            if not held:
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
            await send(start)
            await send({**message, "body": content})

        await self.app(scope, receive, masking)


def without_secrets(body: bytes, media_type: str) -> bytes:
    """An error's body; what is neither text nor JSON stays as it is."""
    try:
        text = body.decode()
        if masked(text) == text:
            return body
        if "json" in media_type:
            return json.dumps(_masked(json.loads(text)), ensure_ascii=False, separators=(",", ":")).encode()
        return masked(text).encode() if media_type.startswith("text/") else body
    except ValueError:
        return body


def _masked(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, dict):
        return {masked(key): _masked(one) for key, one in value.items()}
    return value
