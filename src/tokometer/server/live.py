"""Server-sent events: what has changed, as pages hear it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from tokometer.server.broadcast import Listener
from tokometer.server.runtime import Runtime

#: Silence is broken this often (seconds), so that a page knows that the line is alive.
_BEAT: Final = 10.0

router: Final = APIRouter(tags=["live"])


@router.get("/api/live", summary="Server-sent events: which kinds of record have changed")
async def live(request: Request) -> StreamingResponse:
    """`hello` at once, `change` with `{"kinds": [...], "at": ...}` after commits, `beat` every ten seconds.

    `version` goes up with each change; a panel's reply has a header `Version` that says as of which it is.
    `warnings` are sentences about the ledger that whoever looks at a page should know.
    While much is imported at once, each carries `reading`: how many files of how many are in, and back to when.
    """
    runtime: Runtime = request.app.state.runtime
    broadcaster = runtime.broadcaster
    listener = broadcaster.join()
    if listener is None:
        return StreamingResponse(iter(()), 503, {"Retry-After": "5"}, "text/event-stream")
    return StreamingResponse(
        _events(runtime, listener), headers={"Cache-Control": "no-store"}, media_type="text/event-stream"
    )


async def _events(runtime: Runtime, listener: Listener) -> AsyncIterator[str]:
    try:
        yield "retry: 2000\n" + _event("hello", runtime)
        while (kinds := await listener.next(_BEAT)) is not None:
            yield _event("change", runtime, sorted(kinds)) if kinds else _event("beat", runtime)
    finally:
        runtime.broadcaster.leave(listener)


def _event(name: str, runtime: Runtime, kinds: list[str] | None = None) -> str:
    said: dict[str, Any] = {"at": time.time_ns() // 1_000_000, "version": runtime.broadcaster.version}
    reach = runtime.reach
    if kinds is not None:
        said["kinds"] = kinds
    warnings = runtime.warnings()
    if warnings:
        said["warnings"] = warnings
    if reach is not None:
        said["reading"] = reach.to_json()
    return f"event: {name}\ndata: {json.dumps(said)}\n\n"
