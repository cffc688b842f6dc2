"""What commands ask of the server that holds their data folder: import now, and how are you.

Only who can read server.json knows the token: the user that started the server.
"""

from __future__ import annotations

import json
import queue
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from tokometer.collect.checkup import examine
from tokometer.collect.importer import Progress, Summary, import_all
from tokometer.ledger import Receipt
from tokometer.records import KINDS
from tokometer.sources.registry import FILE_SOURCES

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime


def require_token(request: Request) -> None:
    """Refuse whoever does not have the token of server.json."""
    given = request.headers.get("authorization", "")
    expected = f"Bearer {request.app.state.runtime.token}"
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(
            401, "this needs the token of the data folder's server.json", {"WWW-Authenticate": "Bearer"}
        )


router: Final = APIRouter(prefix="/api/control", tags=["control"], dependencies=[Depends(require_token)])


class ImportRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What to import: one source or all, the named paths or wherever tools keep their files."""

    source: str = ""
    paths: list[str] = []


@router.post("/import", summary="Import files now, with progress (for the command line)")
async def import_now(request: Request) -> Response:
    """Import what is new, and stream NDJSON: `{"progress": …}` lines, then one `{"summary": …}` or `{"error": …}`."""
    try:
        asked = msgspec.json.decode(await request.body() or b"{}", type=ImportRequest)
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"the body cannot be read: {error}") from error
    if asked.source and asked.source not in FILE_SOURCES:
        raise HTTPException(400, f"there is no source {asked.source[:40]!r}; there are {', '.join(FILE_SOURCES)}")
    return StreamingResponse(_importing(request.app.state.runtime, asked), media_type="application/x-ndjson")


@router.get("/doctor", summary="Sources found, price coverage, health of the ledger (for the command line)")
def doctor(request: Request, audit: Annotated[bool, Query()] = False) -> Response:
    """A check-up as `tokometer doctor --json` prints it; with `audit` every rollup is compared with its records."""
    runtime = request.app.state.runtime
    found = examine(runtime.ledger, runtime.book, home=runtime.home, env=runtime.env, audit=audit)
    return Response(json.dumps(found, ensure_ascii=False), media_type="application/json")


def _importing(runtime: Runtime, asked: ImportRequest) -> Iterator[bytes]:
    """Import in a thread of its own, and give a line for whatever it says."""
    said: queue.SimpleQueue[Progress | Summary | Exception] = queue.SimpleQueue()
    sources = {asked.source: FILE_SOURCES[asked.source]} if asked.source else FILE_SOURCES
    paths = [Path(path) for path in asked.paths]

    def work() -> None:
        try:
            found = import_all(runtime.ledger, runtime.book, sources, runtime.home, runtime.env, paths, said.put)
            # It commits beside the writer, so the pages hear of it from here.
            runtime.committed(
                Receipt(
                    accepted=found.accepted,
                    duplicate=found.duplicate,
                    changed=found.changed,
                    refused=found.refused,
                    touched=frozenset(KINDS) if found.accepted or found.changed else frozenset(),
                )
            )
            said.put(found)
        except Exception as error:  # noqa: BLE001 - the asker is told
            said.put(error)

    thread = Thread(target=work, name="tokometer-import", daemon=True)
    thread.start()
    while True:
        line = said.get()
        if isinstance(line, Progress):
            yield _line("progress", asdict(line))
            continue
        thread.join()
        if isinstance(line, Summary):
            yield _line("summary", asdict(line))
        else:
            yield _line("error", str(line) or type(line).__name__)
        return


def _line(name: str, value: object) -> bytes:
    return json.dumps({name: value}, ensure_ascii=False).encode() + b"\n"
