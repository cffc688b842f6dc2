"""Accounts with providers over HTTP: adding, changing, testing, syncing and removing them. No answer has a key."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from tokometer.accounts import Invalid, ProviderAccount, Taken
from tokometer.accounts.accounts import shown as shown_change
from tokometer.accounts.sealing import NoKey, key_of
from tokometer.collect.syncing import SyncBusy, SyncError
from tokometer.host.secrets import Vault
from tokometer.server.account_forms import FIELDS, Form, sealed, understood
from tokometer.server.account_rows import listed, one_of, shown_kind, shown_run, shown_version
from tokometer.server.discreet import hold_secrets
from tokometer.server.people import answered, only, revision, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.sources.protocol import PollError
from tokometer.statements import KINDS

api: Final = APIRouter(prefix="/api/accounts", tags=["accounts"])
_WORKSPACE: Final = WORKSPACES[0]
#: Providers that are asked at once because somebody tests a key.
_TESTS: Final = threading.BoundedSemaphore(4)
_KINDS: Final = ("account", "top_up")
_MOST: Final = Query(ge=1, le=500)


async def _told(request: Request) -> dict[str, Any]:
    """A request's body. The key in it stands in nothing that is said of the request, whatever happens."""
    given = await told(request)
    hold_secrets(request.scope, given, "key")
    return given


Body = Annotated[dict[str, Any], Depends(_told)]


@api.get("", summary="Accounts with providers, and how each stands")
def listing(request: Request) -> Response:
    """State, last and next sync, error and since when, balance and how it is known, spend of this month (UTC).

    `state` is a word (`Connected`, `Syncing`, `Failing`, `Held back`, `Paused`, `Not synced yet`, …). Amounts are
    decimal text; of a key only what is shown of it is told.
    """
    return answered({"accounts": listed(_runtime(request))})


@api.get("/kinds", summary="Kinds of account that can be connected, and what each wants to know")
def kinds(request: Request) -> Response:  # noqa: ARG001 - asked like all others
    """By title. `reports` is what comes of one; `uploads` are endings of files that one takes."""
    return answered(
        {"kinds": [shown_kind(one) for one in sorted(KINDS.values(), key=lambda one: one.title.casefold())]}
    )


@api.get("/changes", summary="Who changed which account or top-up, and when")
def changes(request: Request, most: Annotated[int, _MOST] = 100) -> Response:
    """The latest first. Of a key it says that it was changed, never what it is."""
    runtime = _runtime(request)
    if not runtime.accounts.is_there:
        return answered({"changes": []})
    found = runtime.accounts.get().changes(_WORKSPACE, most, _KINDS)
    return answered({"changes": [shown_change(one) for one in found]})


@api.post("/test", summary="Ask a provider what a key may read, before anything is kept")
def test_first(request: Request, body: Body) -> Response:
    """The fields of an account; with `id` those that change of one. 422 names the field, 502 says what failed."""
    runtime = _runtime(request)
    id_ = body.pop("id", None)
    before = runtime.accounts.get().provided.get(_WORKSPACE, str(id_)) if id_ else None
    form = understood(only(body, FIELDS), before)
    return answered({"ok": True, "facts": tested(runtime, form, before)})


@api.post("", status_code=201, summary="Connect an account")
def add(request: Request, body: Body) -> Response:
    """`{"type": "openai", "title": "Main", "key": "…", "options": {}}`; the first sync begins at once.

    `address` where it is asked elsewhere than at its provider, `variable` (`TOKOMETER_KEY_…`) instead of `key`,
    `every` seconds between two syncs, `paused`. The key is kept encrypted and never told again.
    """
    runtime = _runtime(request)
    form = understood(only(body, FIELDS))
    with _titled():
        account = runtime.accounts.get().provided.add(
            ProviderAccount(workspace=_WORKSPACE, type=form.kind.name, **_sealed(runtime, form))
        )
    _soon(runtime, account)
    return answered(one_of(runtime, account.id), 201)


@api.get("/{account}", summary="An account, and how it stands")
def one(request: Request, account: str) -> Response:
    """As in the list."""
    return answered(one_of(_runtime(request), account))


@api.patch("/{account}", summary="Change an account, or put another key in place of its own")
def change(request: Request, account: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise). Without `key` that stays.

    At another address the key has to be typed again.
    """
    runtime = _runtime(request)
    kept = runtime.accounts.get().provided
    seen = revision(body)
    before = kept.get(_WORKSPACE, account)
    form = understood(only(body, FIELDS), before)
    with _titled():
        after = kept.change(_WORKSPACE, account, seen=seen, **_sealed(runtime, form, before))
    if any(getattr(after, name) != getattr(before, name) for name in ("address", "options", "sealed", "variable")):
        _soon(runtime, after)
    else:
        runtime.broadcaster.publish({"accounts"})
    return answered(one_of(runtime, account))


@api.delete("/{account}", status_code=204, summary="Remove an account with its key")
def remove(request: Request, account: str) -> Response:
    """Its sync ends and its key is gone. What it has stated stays, as do the ledger's figures; its top-ups go."""
    runtime = _runtime(request)
    kept = runtime.accounts.get()
    kept.provided.remove(_WORKSPACE, account)
    for top_up in kept.top_ups.all(_WORKSPACE):
        if top_up.account == account:
            kept.top_ups.remove(_WORKSPACE, top_up.id)
    runtime.syncing.forget(account)
    runtime.broadcaster.publish({"accounts"})
    return Response(status_code=204)


@api.post("/{account}/test", summary="Ask a provider whether an account's key still may read")
def test(request: Request, account: str) -> Response:
    """One cheap question; what the provider says of the account, or 422 or 502 with what failed."""
    runtime = _runtime(request)
    before = runtime.accounts.get().provided.get(_WORKSPACE, account)
    return answered({"ok": True, "facts": tested(runtime, understood({}, before), before)})


@api.post("/{account}/sync", status_code=202, summary="Sync an account now")
def sync(request: Request, account: str) -> Response:
    """Begins beside, and tells the number of the run; one that runs already goes on. 409 says why it cannot."""
    runtime = _runtime(request)
    runtime.accounts.get().provided.get(_WORKSPACE, account)
    with _syncing():
        return answered({"run": runtime.syncing.sync_now(account)}, 202)


@api.post("/{account}/cancel", summary="End the sync of an account")
def cancel(request: Request, account: str) -> Response:
    """What was kept until then stays; the next sync goes on there."""
    runtime = _runtime(request)
    if not runtime.syncing.cancel(account):
        raise HTTPException(409, "it is not being synced here just now")
    return answered({"cancelled": True})


@api.get("/{account}/runs", summary="Syncs of an account: what came of each, and how far the one is that runs")
def runs(request: Request, account: str, most: Annotated[int, _MOST] = 50) -> Response:
    """The latest first. `done` of `portions` (days, files) is the progress of one that runs."""
    runtime = _runtime(request)
    kept = runtime.accounts.get()
    kept.provided.get(_WORKSPACE, account)
    return answered({"runs": [shown_run(run) for run in kept.syncs.runs(_WORKSPACE, account, most)]})


@api.get("/{account}/versions", summary="What lines of an account's statements said before they were corrected")
def versions(request: Request, account: str, line: str = "", most: Annotated[int, _MOST] = 100) -> Response:
    """The latest first; `line` is a line's own id."""
    runtime = _runtime(request)
    kept = runtime.accounts.get()
    kept.provided.get(_WORKSPACE, account)
    found = kept.syncs.versions(_WORKSPACE, account, line, most)
    return answered({"versions": [shown_version(version) for version in found]})


def tested(runtime: Runtime, form: Form, before: ProviderAccount | None) -> Mapping[str, Any]:
    """What a provider says when it is asked with what a form says."""
    blank = ProviderAccount(type=form.kind.name, title="")
    values = {name: value for name, value in form.values.items() if name in ("address", "options", "variable")}
    from dataclasses import replace

    account = replace(before or blank, **values)
    try:
        key = form.key or key_of(account, Vault(runtime.data, runtime.env), runtime.env)
    except NoKey as error:
        raise Invalid("variable" if account.variable else "key", str(error)) from None
    if not _TESTS.acquire(blocking=False):
        raise HTTPException(503, "too much is being tested just now; try again", {"Retry-After": "5"})
    try:
        return runtime.syncing.test(account.type, account.address, account.options, key)
    except PollError as error:
        if error.secret:
            raise Invalid("key", f"is refused: {error}") from None
        raise HTTPException(502, {"reason": f"the provider {error}"}) from None
    finally:
        _TESTS.release()


@contextmanager
def _syncing() -> Iterator[None]:
    try:
        yield
    except (SyncBusy, SyncError) as error:
        raise HTTPException(409, str(error)) from None


@contextmanager
def _titled() -> Iterator[None]:
    try:
        yield
    except Taken:
        reason = "is the name of another account already; give this one another"
        raise HTTPException(409, {"field": "title", "reason": reason}) from None


def _sealed(runtime: Runtime, form: Form, before: ProviderAccount | None = None) -> dict[str, Any]:
    try:
        return sealed(form, Vault(runtime.data, runtime.env), before)
    except (OSError, ValueError):
        raise HTTPException(503, "the key that encrypts secrets can be neither read nor made") from None


def _soon(runtime: Runtime, account: ProviderAccount) -> None:
    """Have an account synced that is new, or has another key."""
    runtime.broadcaster.publish({"accounts"})
    if not account.paused:
        runtime.syncing.hurry(account.id)


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
