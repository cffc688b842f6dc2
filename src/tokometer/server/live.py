"""Server-sent events: what has changed, as pages hear it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from tokometer.server.broadcast import Broadcaster, Listener

#: Silence is broken this often (seconds), so that a page knows that the line is alive.
_BEAT: Final = 10.0

router: Final = APIRouter(tags=["live"])


@router.get("/api/live", summary="Server-sent events: which kinds of record have changed")
async def live(request: Request) -> StreamingResponse:
    """`hello` at once, `change` with `{"kinds": [...], "at": ...}` after commits, `beat` every ten seconds."""
    broadcaster: Broadcaster = request.app.state.runtime.broadcaster
    listener = broadcaster.join()
    if listener is None:
        return StreamingResponse(iter(()), 503, {"Retry-After": "5"}, "text/event-stream")
    return StreamingResponse(
        _events(broadcaster, listener), headers={"Cache-Control": "no-store"}, media_type="text/event-stream"
    )


async def _events(broadcaster: Broadcaster, listener: Listener) -> AsyncIterator[str]:
    try:
        yield "retry: 2000\n" + _event("hello")
        while (kinds := await listener.next(_BEAT)) is not None:
            yield _event("change", sorted(kinds)) if kinds else _event("beat")
    finally:
        broadcaster.leave(listener)


def _event(name: str, kinds: list[str] | None = None) -> str:
    said = {"at": time.time_ns() // 1_000_000} | ({"kinds": kinds} if kinds is not None else {})
    return f"event: {name}\ndata: {json.dumps(said)}\n\n"
