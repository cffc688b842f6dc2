"""What people bring to accounts themselves: files with bills, and what they put in."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from tokometer.accounts import Invalid, NotThere, TopUp
from tokometer.accounts.tables_connected import TOP_UPS
from tokometer.collect.syncing import SyncBusy, SyncError
from tokometer.server import given
from tokometer.server.account_forms import TOP_UP_FIELDS, top_up_of
from tokometer.server.account_rows import shown_top_up
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.statements import KINDS

api: Final = APIRouter(prefix="/api/accounts", tags=["accounts"])
_WORKSPACE: Final = WORKSPACES[0]
#: A file's bytes, packed or not; how many come at once; and how long nothing may come (seconds).
MOST: Final = 256 << 20
_AT_ONCE: Final = 2
_SILENCE: Final = 20.0
_LONGEST_NAME: Final = 200
_COMING: Final = threading.BoundedSemaphore(_AT_ONCE)

Body = Annotated[dict[str, Any], Depends(told)]


@api.post("/{account}/upload", status_code=202, summary="Take in a file of an account's statements")
async def upload(request: Request, account: str, name: str, written: str = "") -> Response:
    """The file is the body, `name` says which it is; at most 256 MiB. Tells the run, which goes on beside.

    Of two files that state the same month the newer one holds, whatever they are called: the one that was `written`
    later (a time; else when it came for the first time). What that one does not state is withdrawn; an older one, or
    the same once more, changes nothing.
    """
    runtime: Runtime = request.app.state.runtime
    name = text("name", name).replace("\\", "/").rpartition("/")[2]
    if not name or len(name) > _LONGEST_NAME:
        raise Invalid("name", f"has to be a file's name, of at most {_LONGEST_NAME} characters")
    at = given.moment_or_none("written", written, UTC)
    await run_in_threadpool(_check, runtime, account, name)
    async with _received(request, runtime.cache) as path:
        try:
            number = await run_in_threadpool(runtime.syncing.upload, account, name, path, at)
        except (SyncBusy, SyncError) as error:
            raise HTTPException(409, str(error)) from None
    return answered({"run": number}, 202)


@api.get("/{account}/top-ups", summary="What was put into an account, as somebody wrote it down")
def top_ups(request: Request, account: str) -> Response:
    """The latest first. One that was `counted` is what was left then, from which the balance is worked out."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.accounts.get()
    kept.provided.get(_WORKSPACE, account)
    found = kept.top_ups.all(
        _WORKSPACE, TOP_UPS.c.account == account, order=(TOP_UPS.c.at.desc(), TOP_UPS.c.created.desc())
    )
    return answered({"top_ups": [shown_top_up(one) for one in found]})


@api.post("/{account}/top-ups", status_code=201, summary="Write down what was put into an account")
def add(request: Request, account: str, body: Body) -> Response:
    """`{"at": "2026-11-01", "amount": "50.00", "note": "card"}`; with `counted`, what was left at that time.

    `unit` is `USD` unless said otherwise. What was taken out or has expired is negative.
    """
    runtime: Runtime = request.app.state.runtime
    kept = runtime.accounts.get()
    kept.provided.get(_WORKSPACE, account)
    said = top_up_of(only(body, TOP_UP_FIELDS), runtime.now())
    if "amount" not in said:
        raise Invalid("amount", "is missing")
    said.setdefault("at", runtime.now())
    made = kept.top_ups.add(TopUp(workspace=_WORKSPACE, account=account, **said))
    runtime.broadcaster.publish({"accounts"})
    return answered(shown_top_up(made), 201)


@api.patch("/{account}/top-ups/{top_up}", summary="Change what was written down as put in")
def change(request: Request, account: str, top_up: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    seen = revision(body)
    said = top_up_of(only(body, TOP_UP_FIELDS), runtime.now())
    _of(runtime, account, top_up)
    changed = runtime.accounts.get().top_ups.change(_WORKSPACE, top_up, seen=seen, **said)
    runtime.broadcaster.publish({"accounts"})
    return answered(shown_top_up(changed))


@api.delete("/{account}/top-ups/{top_up}", status_code=204, summary="Remove what was written down as put in")
def remove(request: Request, account: str, top_up: str) -> Response:
    """For good; the record of changes says that it was there."""
    runtime: Runtime = request.app.state.runtime
    _of(runtime, account, top_up)
    runtime.accounts.get().top_ups.remove(_WORKSPACE, top_up)
    runtime.broadcaster.publish({"accounts"})
    return Response(status_code=204)


def _of(runtime: Runtime, account: str, top_up: str) -> None:
    if runtime.accounts.get().top_ups.get(_WORKSPACE, top_up).account != account:
        raise NotThere("there is no such top_up")


def _check(runtime: Runtime, account: str, name: str) -> None:
    """Before anything is sent for nothing."""
    kind = KINDS.get(runtime.accounts.get().provided.get(_WORKSPACE, account).type)
    if kind is None or kind.uploads is None:
        raise HTTPException(409, "this kind of account takes no files")
    if not name.lower().endswith(tuple(kind.accepts) or ("",)):
        raise Invalid("name", f"has to end in {', '.join(kind.accepts)}")


@asynccontextmanager
async def _received(request: Request, folder: Path) -> AsyncIterator[Path]:
    """A request's body as a file for its user alone, which goes afterwards."""
    if not _COMING.acquire(blocking=False):
        raise HTTPException(503, "other files are being taken in just now; try again", {"Retry-After": "10"})
    handle, name = tempfile.mkstemp(prefix=".upload-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            size, pieces = 0, aiter(request.stream())
            while True:
                try:
                    piece = await asyncio.wait_for(anext(pieces), _SILENCE)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise HTTPException(408, "the file comes too slowly", {"Connection": "close"}) from None
                size += len(piece)
                if size > MOST:
                    raise HTTPException(413, f"a file has at most {MOST >> 20} MiB")
                await run_in_threadpool(file.write, piece)
        if not size:
            raise HTTPException(400, "the file is empty")
        yield Path(name)
    finally:
        _COMING.release()
        await run_in_threadpool(Path(name).unlink, missing_ok=True)
