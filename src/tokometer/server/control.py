"""What commands ask of the server that holds their data folder: import now, and how are you.

Only who can read server.json knows the token: the user that started the server.
"""

from __future__ import annotations

import json
import queue
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from tokometer.collect.checkup import examine
from tokometer.collect.exporting import exported
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices
from tokometer.collect.repricing import carry_out
from tokometer.collect.resealing import ChangeFailed, change_key
from tokometer.ledger import LedgerError, Receipt
from tokometer.records import KINDS
from tokometer.server.body import BodyError, received
from tokometer.sources.registry import FILE_SOURCES

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime
from tokometer.server.targets import shown, standings


def require_token(request: Request) -> None:
    """Refuse whoever does not have the token of server.json."""
    given = request.headers.get("authorization", "")
    expected = f"Bearer {request.app.state.runtime.token}"
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(
            401, "this needs the token of the data folder's server.json", {"WWW-Authenticate": "Bearer"}
        )


_T = TypeVar("_T")
#: Records that are sent at once.
_LINES: Final = 500
#: What a command asks is small.
_MOST_BYTES: Final = 64 * 1024
#: Takes how much is done, and of how much.
Told = Callable[[int, int], None]

router: Final = APIRouter(prefix="/api/control", tags=["control"], dependencies=[Depends(require_token)])


class ImportRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What to import: one source or all, the named paths or wherever tools keep their files."""

    source: str = ""
    paths: list[str] = []


@router.post("/import", summary="Import files now, with progress (for the command line)")
async def import_now(request: Request) -> Response:
    """Import what is new, and stream NDJSON: `{"progress": …}` lines, then one `{"summary": …}` or `{"error": …}`."""
    asked = await _asked(request, ImportRequest)
    if asked.source and asked.source not in FILE_SOURCES:
        raise HTTPException(400, f"there is no source {asked.source[:40]!r}; there are {', '.join(FILE_SOURCES)}")
    runtime: Runtime = request.app.state.runtime
    return _streamed(lambda told: _importing(runtime, asked, told))


class RepriceRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whether to keep the new costs, or to undo the last time; and which calls (times in µs since the epoch)."""

    apply: bool = False
    undo: bool = False
    since: int = 0
    until: int = 2**62
    provider: str = ""
    model: str = ""


@router.post("/reprice", summary="Price all calls anew, with progress (for the command line)")
async def reprice_now(request: Request) -> Response:
    """Price calls anew with prices.toml as it is now; NDJSON like the import's. Written only with `apply`."""
    asked = await _asked(request, RepriceRequest)
    runtime: Runtime = request.app.state.runtime
    return _streamed(lambda told: _repricing(runtime, asked, told))


class ExportRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What to export: a kind of record, in a window in microseconds since the epoch."""

    kind: str = "calls"
    since: int = 0
    until: int = 1 << 62


@router.post("/export", summary="Records of a kind, all their fields (for the command line)")
async def export(request: Request) -> Response:
    """Stream NDJSON: a `{"record": …}` each, then `{"summary": …}` or `{"error": …}`."""
    asked = await _asked(request, ExportRequest)
    if asked.kind not in KINDS:
        raise HTTPException(400, f"there is no kind {asked.kind[:40]!r}; there are {', '.join(KINDS)}")
    return StreamingResponse(_exporting(request.app.state.runtime, asked), media_type="application/x-ndjson")


def _exporting(runtime: Runtime, asked: ExportRequest) -> Iterator[bytes]:
    count, waiting = 0, []
    try:
        for record in exported(runtime.ledger, asked.kind, asked.since, asked.until):
            waiting.append(msgspec.json.encode({"record": record}))
            count += 1
            if len(waiting) >= _LINES:
                yield b"\n".join([*waiting, b""])
                waiting.clear()
    except LedgerError as error:
        waiting.append(msgspec.json.encode({"error": str(error)}))
    else:
        waiting.append(msgspec.json.encode({"summary": {"records": count}}))
    yield b"\n".join([*waiting, b""])


@router.get("/doctor", summary="Sources found, price coverage, health of the ledger (for the command line)")
def doctor(request: Request, audit: Annotated[bool, Query()] = False) -> Response:
    """A check-up as `tokometer doctor --json` prints it; with `audit` every rollup is compared with its records."""
    runtime = request.app.state.runtime
    found = examine(runtime.ledger, runtime.book, home=runtime.home, env=runtime.env, audit=audit)
    if runtime.reach is not None:
        found["reading"] = runtime.reach.to_json()
    runtime.settings_file.current()
    error = runtime.settings_file.error
    found["prices"]["error"] = runtime.price_list.error or None
    found["settings"] = {"path": str(runtime.settings_file.path), "error": None if error is None else str(error)}
    found["targets"] = [shown(one) for one in standings(runtime)]
    found["grpc"] = {"address": runtime.grpc.address or None, "trouble": runtime.grpc.trouble or None}
    return Response(json.dumps(found, ensure_ascii=False), media_type="application/json")


@router.post("/secrets", summary="Change the key that secrets are sealed with (for the command line)")
def change_secrets_key(request: Request) -> dict[str, Any]:
    """Another key, and everything sealed with it; 503 says why that cannot be done now."""
    runtime: Runtime = request.app.state.runtime
    try:
        found = change_key(runtime.data, runtime.env, runtime.accounts, runtime.own_targets, runtime.hook_secrets)
    except ChangeFailed as error:
        raise HTTPException(503, str(error)) from None
    return asdict(found)


async def _asked(request: Request, form: type[_T]) -> _T:
    """The body as what it is to be; an empty one asks for the usual."""
    try:
        async with received(request, _MOST_BYTES) as body:
            return msgspec.json.decode(body or b"{}", type=form)
    except BodyError as error:
        raise HTTPException(error.status, str(error), error.headers) from None
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"the body cannot be read: {error}") from error


def _streamed(work: Callable[[Told], dict[str, Any]]) -> Response:
    return StreamingResponse(_working(work), media_type="application/x-ndjson")


def _importing(runtime: Runtime, asked: ImportRequest, told: Told) -> dict[str, Any]:
    sources = {asked.source: FILE_SOURCES[asked.source]} if asked.source else FILE_SOURCES
    try:
        found = import_all(
            runtime.ledger,
            Prices.of(runtime.data, runtime.home, runtime.env),
            sources,
            runtime.home,
            runtime.env,
            [Path(path) for path in asked.paths],
            lambda done: told(done.reach.bytes, done.reach.all_bytes),
        )
    except BaseException:
        # What was committed until then stands.
        runtime.broadcaster.publish(KINDS)
        raise
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
    return asdict(found)


def _repricing(runtime: Runtime, asked: RepriceRequest, told: Told) -> dict[str, Any]:
    # The user has most likely just changed prices.toml.
    book = Prices.of(runtime.data, runtime.home, runtime.env).open()
    try:
        found = carry_out(runtime.ledger, book, progress=told, **msgspec.structs.asdict(asked))
    except BaseException:
        runtime.broadcaster.publish({"calls"})
        raise
    if asked.apply or asked.undo:
        runtime.use_prices(book)
        changed = found["calls"] if asked.undo else found["changed"]
        runtime.committed(Receipt(changed=changed, touched=frozenset({"calls"})))
    return found


def _working(work: Callable[[Told], dict[str, Any]]) -> Iterator[bytes]:
    """Do something long in a thread of its own, and give a line for whatever it says."""
    said: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()

    def run() -> None:
        try:
            said.put(("summary", work(lambda done, all_: said.put(("progress", {"done": done, "all": all_})))))
        except Exception as error:  # noqa: BLE001 - the asker is told
            said.put(("error", str(error) or type(error).__name__))

    thread = Thread(target=run, name="tokometer-control", daemon=True)
    thread.start()
    while True:
        name, value = said.get()
        if name != "progress":
            thread.join()
            yield _line(name, value)
            return
        yield _line(name, value)


def _line(name: str, value: object) -> bytes:
    return json.dumps({name: value}, ensure_ascii=False).encode() + b"\n"
