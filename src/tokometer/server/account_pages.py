"""The page Accounts: which providers are connected, how each stands, and what can be added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tokometer.accounts import AccountsError
from tokometer.accounts.accounts import shown as shown_change
from tokometer.records.plural import counted
from tokometer.records.units import USD, exact, show
from tokometer.server.account_forms import VARIABLES
from tokometer.server.account_rows import listed, shown_kind
from tokometer.server.pages import framed
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.sources import ago, clock
from tokometer.statements import KINDS

pages: Final = APIRouter(include_in_schema=False)
_WORKSPACE: Final = WORKSPACES[0]
_KINDS: Final = ("account", "top_up")
#: What the page shows of who changed what.
_CHANGES: Final = 10
_DID: Final = {"added": "added", "changed": "changed", "removed": "removed"}
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))
_EVERY: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@pages.get("/accounts")
def page(request: Request) -> Response:
    """All accounts, the kinds that can be added, and who changed what."""
    runtime: Runtime = request.app.state.runtime
    when, _ = clock(request)
    trouble, rows, changes = "", [], []
    try:
        rows = [_row(one, runtime.now(), when) for one in listed(runtime)]
        changes = _changed(runtime, when)
    except AccountsError as error:
        trouble = str(error)
    return framed(
        request,
        "accounts.html",
        "accounts",
        trouble=trouble,
        accounts=rows,
        summary=_summary(rows),
        changes=changes,
        kinds=[shown_kind(one) for one in sorted(KINDS.values(), key=lambda one: one.title.casefold())],
        variables=VARIABLES,
    )


def _row(one: Mapping[str, Any], now: datetime, when: Any) -> dict[str, Any]:  # noqa: ANN401 - writes times
    balance, month, run = one["balance"], one["month"], one["run"]
    return {
        "thing": one,
        "id": one["id"],
        "title": one["title"],
        "kind": one["kind"],
        "key": one["key"]["shown"] or (f"${one['key']['variable']}" if one["key"]["variable"] else ""),
        "standing": one["standing"],
        "word": one["state"],
        "running": one["state"] == "Syncing",
        "balance": _amount(balance["amount"], balance["unit"]),
        "balance_words": _balance_words(balance, when),
        "month": _amount(month["amount"], "USD"),
        "month_words": {"billed": "billed", "metered": "metered of its provider: no bill yet"}.get(
            month["by"] or "", "nothing known"
        ),
        "synced": when(_time(one["synced"])),
        "never": one["synced"] is None,
        "due": _until(_time(one["due"]), now),
        "error": one["error"],
        "remedy": one["remedy"],
        "since": when(_time(one["failing_since"])),
        "failures": one["failures"],
        "every": _every(one["every"]),
        "done": run["done"] if run else 0,
        "portions": run["portions"] if run else 0,
        "came": _came(run) if run else "",
    }


def _balance_words(balance: Mapping[str, Any], when: Any) -> str:  # noqa: ANN401 - writes times
    at = _time(balance["at"])
    return f"{balance['how']}, {when(at)['text']}" if balance["by"] == "told" and at else str(balance["how"])


def _amount(amount: str | None, unit: str | None) -> tuple[str, str]:
    if amount is None:
        return "–", ""
    value = Decimal(amount)
    if unit in (None, "USD"):
        return show(value, USD), exact(value, USD)
    return f"{value:,.2f} {unit}".replace(".00 ", " "), f"{value:f} {unit}"


def _came(run: Mapping[str, Any]) -> str:
    if run["state"] == "running":
        return f"{run['done']:,} of {run['portions']:,} portions" if run["portions"] else "Asking"
    parts = [f"{run[name]:,} {word}" for name, word in (("new", "new"), ("changed", "corrected")) if run[name]]
    return ", ".join(parts) + " lines" if parts else "nothing new"


def _summary(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """How many stand how, for whoever looks once."""
    many = {"good": 0, "critical": 0, "none": 0, "warning": 0}
    for one in rows:
        many[one["standing"]] += 1
    words = (("critical", "failing"), ("good", "connected"), ("none", "waiting or paused"))
    return [(standing, f"{many[standing]} {word}") for standing, word in words if many[standing]]


def _changed(runtime: Runtime, when: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - writes times
    if not runtime.accounts.is_there:
        return []
    kept = runtime.accounts.get()
    titles = {one.id: one.title for one in kept.provided.all(_WORKSPACE)}
    found = []
    for change in kept.changes(_WORKSPACE, _CHANGES, _KINDS):
        told = shown_change(change)
        what = ", ".join("key" if name in ("sealed", "shown") else name for name in told["what"] if name != "shown")
        title = titles.get(told["id"]) or told["what"].get("title") or ("a top-up" if told["kind"] == "top_up" else "?")
        did = _DID.get(told["did"], told["did"])
        found.append(
            {
                "who": told["who"] or "somebody",
                "what": f"{did} {title}" + (f": {what}" if told["did"] == "changed" and what else ""),
                "at": when(change.at),
            }
        )
    return found


def _until(at: datetime | None, now: datetime) -> str:
    """When the next sync is due, in words."""
    if at is None:
        return ""
    seconds = (at - now).total_seconds()
    for size, word in _UNITS:
        if seconds >= size:
            return f"next in {round(seconds / size)} {word}"
    return "next in a minute" if seconds > 0 else "due now"


def _every(seconds: int) -> str:
    for size, word in _EVERY:
        if seconds >= size and seconds % size == 0:
            many = seconds // size
            return f"every {word}" if many == 1 else f"every {counted(many, word)}"
    return f"every {ago(seconds).removesuffix(' ago')}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
