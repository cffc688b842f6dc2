"""The price book over HTTP, and its page: prices in use, what they cover, own prices and discounts, and re-costing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tokometer.accounts import Invalid, PriceOverride
from tokometer.prices.made import checked as checked_entry
from tokometer.prices.made import entry_of
from tokometer.prices.overrides import PriceFileError
from tokometer.records import to_us
from tokometer.records.providers import known_provider
from tokometer.server import given
from tokometer.server.pages import framed
from tokometer.server.people import answered, only, revision, text, told
from tokometer.server.price_rows import COUNTS, FIELDS, PRICES, changes_of, coverage, mended, of_file, own, priced
from tokometer.server.recostings import shown
from tokometer.server.runtime import WORKSPACES, Runtime

api: Final = APIRouter(prefix="/api/prices", tags=["prices"])
pages: Final = APIRouter(include_in_schema=False)
_WORKSPACE: Final = WORKSPACES[0]
_OWN: Final = ("provider", "model", *FIELDS, "since", "until", "note")
_NUMBERS: Final = (*PRICES, "discount")
#: What the file of prices calls a field of ours.
_NAMED: Final = {"valid_from": "since", "valid_until": "until"}
_SHOWN_MODELS: Final = 60
_SHOWN_CHANGES: Final = 12
_SHOWN_RECOSTINGS: Final = 10
_LONGEST: Final = 200

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="Every price in use: of each model that was seen, with its source, dates, tiers and history")
def listing(request: Request, history: bool = True) -> Response:
    """Prices are decimal text: US dollars per million tokens, and each of what is not tokens. Times are RFC 3339.

    `coverage` counts the calls of each model: `priced`, `assumed`, `no_price`, `usage_unknown`, with links to them.
    """
    runtime: Runtime = request.app.state.runtime
    rows = coverage(runtime)
    now = to_us(runtime.now())
    return answered(
        {
            "catalogue": runtime.book.catalogue,
            "version": runtime.book.version,
            "error": runtime.price_list.error or None,
            "prices": [priced(runtime.book, one["provider"], one["model"], now, whole=history) for one in rows],
            "coverage": rows,
            "overrides": _overrides(runtime),
        }
    )


@api.get("/overrides", summary="Own prices and discounts: those made on the page, and the file's (read-only)")
def overrides(request: Request) -> Response:
    """The page's go before the file's, and both before the catalogue; those of an account, key or team go first."""
    return answered({"overrides": _overrides(request.app.state.runtime)})


@api.post("/overrides", status_code=201, summary="Add an own price or a discount")
def add(request: Request, body: Body) -> Response:
    """`{"provider": "anthropic", "model": "claude-*", "discount": 15, "since": "2026-01-01"}`.

    Either prices (`input` and `output`, US dollars per million tokens; also `cache_read`, `cache_write_5m`,
    `cache_write_1h`, `reasoning`, `request`), or `discount` in per cent off the catalogue's price. `model` may be a
    pattern. `account`, `api_key`, `team`, `service_tier` and `above_tokens` limit it to some calls. New calls are
    priced by it from then on; the past by re-costing.
    """
    runtime: Runtime = request.app.state.runtime
    found = _checked(PriceOverride(), only(body, _OWN))
    kept = runtime.accounts.get().prices.add(PriceOverride(**found))
    _changed(runtime)
    return answered(own(kept), 201)


@api.patch("/overrides/{override}", summary="Change an own price that somebody made")
def change(request: Request, override: str, body: Body) -> Response:
    """Any of its fields, an empty one to take it away; with `revision`, only if it is still that one (else 409)."""
    runtime: Runtime = request.app.state.runtime
    _ours(override)
    seen = revision(body)
    prices = runtime.accounts.get().prices
    found = _checked(prices.get(_WORKSPACE, override), only(body, _OWN))
    kept = prices.change(_WORKSPACE, override, seen=seen, **found)
    _changed(runtime)
    return answered(own(kept))


@api.delete("/overrides/{override}", status_code=204, summary="Remove an own price that somebody made")
def remove(request: Request, override: str) -> Response:
    """For good; the record of changes keeps what it said. Costs stay what they are until they are re-costed."""
    runtime: Runtime = request.app.state.runtime
    _ours(override)
    runtime.accounts.get().prices.remove(_WORKSPACE, override)
    _changed(runtime)
    return Response(status_code=204)


@api.get("/recost", summary="Re-costings: what was looked at, applied and undone, the latest first")
def recostings(request: Request, most: int = 20) -> Response:
    """Amounts are US dollars as decimal text; `can_undo` says which can be undone."""
    kept = request.app.state.runtime.recostings
    return answered({"recostings": [shown(one, kept) for one in kept.all(max(1, min(most, 100)))]})


@api.post("/recost", status_code=202, summary="Look at what history would cost at today's prices; apply it if asked to")
def recost(request: Request, body: Body) -> Response:
    """`{"since": "2026-10-01", "until": "2026-11-01", "provider": "anthropic", "model": "", "apply": false}`.

    It runs in the background: ask for `GET /api/prices/recost/ID` until its `state` is `staged` (shown by model,
    nothing written) or, with `apply`, `applied`. A cost that a source reported stays what it is.
    """
    kept = request.app.state.runtime.recostings
    said = only(body, ("since", "until", "provider", "model", "apply"))
    since, until = (given.moment_or_none(name, said.get(name), UTC) for name in ("since", "until"))
    if since and until and since >= until:
        raise Invalid("until", "has to be after since")
    applies = given.switch("apply", said.get("apply", False))
    filters = {name: [value] for name in ("provider", "model") if (value := text(name, said.get(name) or ""))}
    return answered(shown(kept.begin(since, until, filters, apply=applies), kept), 202)


@api.get("/recost/{recosting}", summary="How far a re-costing is, and what it changes by model")
def recosting_of(request: Request, recosting: str) -> Response:
    """`progress` has calls `done` and `all` while something is under way, and is null else."""
    kept = request.app.state.runtime.recostings
    return answered(shown(kept.get(recosting), kept))


@api.post(
    "/recost/{recosting}/apply", status_code=202, summary="Make history cost what was shown, all of it or nothing"
)
def apply(request: Request, recosting: str) -> Response:
    """409 where prices have changed since it was looked at, or another one is under way."""
    kept = request.app.state.runtime.recostings
    return answered(shown(kept.apply(recosting), kept), 202)


@api.post("/recost/{recosting}/undo", status_code=202, summary="Make calls cost again what they did before")
def undo(request: Request, recosting: str) -> Response:
    """409 where something newer was re-costed on top. Calls that came since keep what they cost."""
    kept = request.app.state.runtime.recostings
    return answered(shown(kept.undo(recosting), kept), 202)


@api.post("/recost/{recosting}/cancel", status_code=202, summary="End a re-costing that is under way")
def cancel(request: Request, recosting: str) -> Response:
    """Nothing changes then; what was applied stays."""
    kept = request.app.state.runtime.recostings
    kept.cancel(recosting)
    return answered(shown(kept.get(recosting), kept), 202)


@pages.get("/prices")
def page(request: Request) -> Response:
    """What prices are in use, what they cover, what is one's own, and what history would cost."""
    runtime: Runtime = request.app.state.runtime
    rows = coverage(runtime)
    now = to_us(runtime.now())
    kept = runtime.recostings
    return framed(
        request,
        "prices.html",
        "prices",
        book=runtime.book,
        error=runtime.price_list.error,
        overrides=_overrides(runtime),
        path=str(runtime.data / "prices.toml"),
        rows=[
            one | {"price": priced(runtime.book, one["provider"], one["model"], now)} for one in rows[:_SHOWN_MODELS]
        ],
        more=max(0, len(rows) - _SHOWN_MODELS),
        unpriced=mended(rows),
        totals={name: sum(one[name] or 0 for one in rows) for name in COUNTS},
        recostings=[shown(one, kept) for one in kept.all(_SHOWN_RECOSTINGS)],
        changes=changes_of(runtime, _SHOWN_CHANGES),
        providers=sorted({one["provider"] for one in rows if one["provider"]}),
        models=sorted({one["model"] for one in rows if one["model"]}),
    )


def _overrides(runtime: Runtime) -> list[dict[str, Any]]:
    return [*map(own, runtime.recostings.own.all()), *of_file(runtime.book)]


def _changed(runtime: Runtime) -> None:
    """Have the prices hold at once, here and in every process."""
    runtime.price_list.look()
    runtime.broadcaster.publish({"prices"})


def _checked(before: PriceOverride, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a price, understood, over what there is."""
    declared = dict(before.declared)
    for name in FIELDS:
        if name in said:
            value = _field(name, said[name])
            declared.pop(name, None)
            if value != "":
                declared[name] = value
    provider = text("provider", said.get("provider", before.provider))
    found: dict[str, Any] = {
        "provider": known_provider(provider) or provider,
        "model": text("model", said.get("model", before.model)) or "*",
        "declared": declared,
        "since": given.moment_or_none("since", said["since"], UTC) if "since" in said else before.since,
        "until": given.moment_or_none("until", said["until"], UTC) if "until" in said else before.until,
        "note": text("note", said.get("note", before.note)),
    }
    try:
        checked_entry(1, entry_of(**found))
    except PriceFileError as error:
        key = error.key.rpartition(".")[2]
        key = _NAMED.get(key, key if key in _OWN else "input")
        raise Invalid(key, error.reason) from None
    return found


def _field(name: str, said: object) -> str:
    """A field of a price as text: of numbers the exact decimal."""
    if said is None or said == "":
        return ""
    if name == "above_tokens":
        number = given.decimal(name, said)
        if number != int(number):
            raise Invalid(name, "has to be a whole number")
        return str(int(number))
    if name in _NUMBERS:
        return f"{given.decimal(name, said):f}"
    found = text(name, said)
    if len(found) > _LONGEST:
        raise Invalid(name, f"is longer than {_LONGEST} characters")
    return found


def _ours(override: str) -> None:
    if override.startswith("file:"):
        raise HTTPException(409, "it stands in prices.toml: change it there")
