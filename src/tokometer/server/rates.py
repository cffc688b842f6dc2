"""Rates of exchange over HTTP: what other currencies are in US dollars by day, typed or imported from a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tokometer.accounts import ExchangeRate, Invalid
from tokometer.measures import Query, QueryError
from tokometer.server import given
from tokometer.server.people import answered, only, revision, text, text_of, told
from tokometer.server.runtime import WORKSPACES, Runtime

api: Final = APIRouter(prefix="/api/exchange-rates", tags=["exchange rates"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("currency", "day", "rate", "origin")
_USD: Final = "USD"
_EURO: Final = "EUR"
_NANO: Final = Decimal("0.000000001")
#: The smallest rate that money keeps, and the largest that anybody needs: an ounce of gold is some thousands.
_LEAST: Final = _NANO
_MOST: Final = 1_000_000
_MOST_LINES: Final = 20_000
#: Lines that are refused by name; of more the number is told.
_MOST_TOLD: Final = 50
#: What the columns of a table may be called.
_DAYS: Final = ("day", "date", "time period")
_CURRENCIES: Final = ("currency", "code")
_VALUES: Final = ("rate", "usd", "value")
#: What central banks write where there was no rate.
_NONE: Final = ("", "n/a", "na", "-")

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="What other currencies are in US dollars, by day")
def listing(request: Request) -> Response:
    """`rate` is US dollars for one unit, from its day on until the next. `missing` has currencies of bills without."""
    runtime: Runtime = request.app.state.runtime
    return answered({"rates": listed(runtime), "missing": missing(runtime)})


@api.post("", status_code=201, summary="Add a rate, or import a table of them")
async def add(request: Request) -> Response:
    """`{"currency": "EUR", "day": "2026-11-01", "rate": "1.0845"}`: US dollars for one unit, from that day on.

    As `text/csv` a table: with the columns `day`, `currency` and `rate`; or as the European Central Bank writes them,
    a column for each currency with how much of it one euro was (`USD` among them). A day's rate once more replaces it.
    """
    runtime: Runtime = request.app.state.runtime
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in ("text/csv", "text/plain"):
        lines = list(_of_csv(await text_of(request)))
        return await run_in_threadpool(_import, runtime, lines)
    body = only(await told(request), _FIELDS)
    return await run_in_threadpool(_add, runtime, body)


def _add(runtime: Runtime, body: Mapping[str, Any]) -> Response:
    for name in ("currency", "day", "rate"):
        if not body.get(name):
            raise Invalid(name, "is missing")
    made = runtime.accounts.get().rates.add(ExchangeRate(**{"origin": "typed", **_checked(body)}))
    runtime.broadcaster.publish({"rates"})
    return answered(shown(made), 201)


@api.patch("/{rate}", summary="Change a rate")
def change(request: Request, rate: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    seen = revision(body)
    found = _checked(only(body, _FIELDS))
    changed = runtime.accounts.get().rates.change(_WORKSPACE, rate, seen=seen, **found)
    runtime.broadcaster.publish({"rates"})
    return answered(shown(changed))


@api.delete("/{rate}", status_code=204, summary="Remove a rate")
def remove(request: Request, rate: str) -> Response:
    """The rate before it holds for its days, too, from then on."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().rates.remove(_WORKSPACE, rate)
    runtime.broadcaster.publish({"rates"})
    return Response(status_code=204)


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All of them as JSON, by currency, the latest day first."""
    if not runtime.accounts.is_there:
        return []
    kept = runtime.accounts.get().rates.all(_WORKSPACE)
    return [shown(one) for one in sorted(kept, key=lambda rate: (rate.currency, -rate.day.toordinal()))]


def missing(runtime: Runtime) -> list[dict[str, Any]]:
    """Currencies of bills in which lines could not be converted, and how many."""
    query = Query(measures=("bills.unconverted",), by=("bills.currency",), since="all")
    try:
        rows = runtime.ask(query, 60.0).rows
    except QueryError:
        return []
    return [{"currency": row["currency"], "lines": row["unconverted"]} for row in rows if row["unconverted"]]


def shown(one: ExchangeRate) -> dict[str, Any]:
    """A rate as JSON."""
    return {
        "id": one.id,
        "currency": one.currency,
        "day": one.day.isoformat(),
        "rate": given.plain(one.rate),
        "origin": one.origin,
        "revision": one.revision,
    }


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _READ[name](name, value) for name, value in body.items()}
    if found.get("currency") == _USD:
        raise Invalid("currency", "is the ledger's own: one US dollar is one US dollar")
    return found


_READ: Final[dict[str, Any]] = {
    "currency": given.currency,
    "day": given.day,
    "rate": partial(given.amount, most=_MOST, least=_LEAST),
    "origin": text,
}


def _import(runtime: Runtime, lines: Sequence[tuple[int, Mapping[str, Any]]]) -> Response:
    """Keep what a table says; a line that cannot be believed is refused by its number, the others are kept."""
    kept = runtime.accounts.get().rates
    known = {(one.currency, one.day): one for one in kept.all(_WORKSPACE)}
    refused: list[dict[str, Any]] = []
    beyond = added = changed = same = 0
    for number, line in lines:
        try:
            found = _checked(line)
        except Invalid as error:
            beyond += len(refused) >= _MOST_TOLD
            if len(refused) < _MOST_TOLD:
                refused.append({"line": number, "field": error.field, "reason": error.reason})
            continue
        before = known.get((found["currency"], found["day"]))
        if before is None:
            known[found["currency"], found["day"]] = kept.add(ExchangeRate(**{"origin": "imported", **found}))
            added += 1
        elif before.rate != found["rate"]:
            known[before.currency, before.day] = kept.change(_WORKSPACE, before.id, rate=found["rate"])
            changed += 1
        else:
            same += 1
    if added or changed:
        runtime.broadcaster.publish({"rates"})
    told_of = {
        "added": added,
        "changed": changed,
        "unchanged": same,
        "refused": refused,
        "refused_lines": len(refused) + beyond,
    }
    return answered(told_of, 422 if refused and not (added or changed or same) else 200)


def _of_csv(body: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rates of a table with a head, each with the number of its line."""
    first = body.removeprefix("\ufeff").partition("\n")[0]
    reader = csv.reader(io.StringIO(body.removeprefix("\ufeff"), newline=""), delimiter=max(",;\t", key=first.count))
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise Invalid("rates", f"is no CSV: {error}") from None
    if not rows or len(rows) > _MOST_LINES:
        raise Invalid("rates", f"has to be a table with a head and at most {_MOST_LINES:,} lines")
    head = [cell.casefold() for cell in rows[0]]
    day, currency, value = (_place(head, names) for names in (_DAYS, _CURRENCIES, _VALUES))
    if day is None:
        raise Invalid("rates", "needs a column day or date in its head")
    wide = currency is None and _USD.casefold() in head
    if not wide and (currency is None or value is None):
        raise Invalid(
            "rates", "needs the columns day, currency and rate; or a column for each currency, USD among them"
        )
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        cells = [*row, *[""] * (len(head) - len(row))]
        if wide:
            yield from _euros(number, cells[day], dict(zip(rows[0], cells, strict=False)))
        else:
            assert currency is not None
            assert value is not None
            yield number, {"day": cells[day], "currency": cells[currency], "rate": cells[value]}


def _euros(number: int, day: str, said: Mapping[str, str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """A day on which one euro was so much of each currency: a euro in US dollars, and the others by it."""
    dollars = _number(said.get(_USD, ""))
    if dollars is None:
        if said.get(_USD, "").casefold() not in _NONE:
            yield number, {"day": day, "currency": _EURO, "rate": said[_USD]}
        return
    yield number, {"day": day, "currency": _EURO, "rate": given.plain(dollars)}
    for name, cell in said.items():
        code = name.strip().upper()
        if code in (_USD, _EURO) or len(code) != len(_USD) or cell.casefold() in _NONE:
            continue
        of = _number(cell)
        rate = given.plain((dollars / of).quantize(_NANO)) if of else cell
        yield number, {"day": day, "currency": code, "rate": rate}


def _number(cell: str) -> Decimal | None:
    try:
        found = Decimal(cell)
    except ArithmeticError:
        return None
    return found if found.is_finite() and found > 0 else None


def _place(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((at for at, name in enumerate(head) if name in names), None)


def latest(runtime: Runtime) -> list[dict[str, Any]]:
    """By currency the latest rate, and how many days are known."""
    found: dict[str, dict[str, Any]] = {}
    for one in listed(runtime):
        known = found.setdefault(one["currency"], {**one, "days": 0, "first": one["day"]})
        known["days"] += 1
        known["first"] = min(known["first"], one["day"])
    return list(found.values())
