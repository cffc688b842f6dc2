"""The page What-if: the calls of a window at list prices, as they were and as they would have been, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response

from tokometer.dashboards import RANGES, Scope
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import BETWEEN, Condition, Drill
from tokometer.dashboards.names import Names
from tokometer.judgement.what_if import Compared, Scenario, Sum
from tokometer.measures import Query
from tokometer.records.evened import even
from tokometer.records.providers import PROVIDERS
from tokometer.records.units import PERCENT, USD, exact, show
from tokometer.server.endpoints.what_if import NOTES, TAKES, TIERS, compared, scenario_of
from tokometer.server.offered import offered
from tokometer.server.pages import framed
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import parameters_of, scope_of

pages: Final = APIRouter(include_in_schema=False)
_OWN: Final = tuple(one.name for one in TAKES)
_RANGE: Final = "30d"
#: Filters that can be set here; others of the address stay as they are.
_FILTERS: Final = ("agent", "model", "provider", "team", "project")
_RANGES: Final = ("7d", "30d", "month", "last-month", "90d")
_MOST_ROWS: Final = 20
_MOST_NAMES: Final = 200
#: What names are looked up in.
_LATELY: Final = "90d"
_REASONS: Final = {
    "no list price": "have no list price as they were",
    "no price there": "have no price there",
    "assumed price there": "could only be priced there by an assumption",
    "too many groups": "are among the smallest of too many kinds",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """A table's row."""

    label: str
    to: str
    requests: str
    listed: str
    then: str
    difference: str
    percent: str
    exact: str
    better: bool | None
    #: Bars, as shares of the largest.
    before: float
    after: float


@pages.get("/what-if")
def page(request: Request) -> Response:
    """The form, and what comes of it; nothing is priced before something is asked for."""
    runtime: Runtime = request.app.state.runtime
    given = parameters_of(request)
    own = {name: (given.pop(name, [""]) or [""])[-1] for name in _OWN}
    wrong = ""
    try:
        scenario = scenario_of(own)
    except HTTPException as error:
        scenario, wrong = Scenario(), str(error.detail)
    scope = scope_of(request, {name: values for name, values in given.items() if any(values)}, _RANGE)
    context = Context(
        scope, lambda question: runtime.ask(question, 300.0), runtime.colours, runtime.settings, runtime.book
    )
    found = compared(context, scope.window, scenario) if scenario.changes and not wrong else None
    return framed(
        request,
        "what_if.html",
        "decisions",
        own=own,
        wrong=wrong,
        scope=scope,
        ranges=_ranges(scope),
        filters=[(name, offered(runtime)[name], _chosen(scope, name), _pairs(runtime, name)) for name in _FILTERS],
        kept=list(_kept(given)),
        models=_names(runtime, "model"),
        providers=_providers(runtime),
        tiers=[(name, name.capitalize()) for name in TIERS],
        found=None if found is None else _shown(context, found),
        notes=NOTES,
    )


def _ranges(scope: Scope) -> list[tuple[str, str]]:
    known: list[tuple[str, str]] = [(name, RANGES[name]) for name in _RANGES if name in RANGES]
    return known if any(name == scope.range for name, _ in known) else [(scope.range, scope.window.title), *known]


def _chosen(scope: Scope, name: str) -> str:
    values = dict(scope.where).get(name, ())
    return values[0] if len(values) == 1 else ""


def _kept(given: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What the address asks for that no field here shows: it stays."""
    for name, values in given.items():
        if name == "range" or (name in _FILTERS and len(values) == 1):
            continue
        yield from ((name, value) for value in values if value)


def _names(runtime: Runtime, name: str) -> list[str]:
    by = f"calls.{name}"
    query = Query(
        measures=("calls.requests",), by=(by,), since=_LATELY, top=_MOST_NAMES, other=False, order=("-calls.requests",)
    )
    rows = runtime.ask(query, 300.0).rows
    return [row[name] for row in rows if row[name] and row["requests"]]


def _pairs(runtime: Runtime, name: str) -> list[tuple[str, str]]:
    found = _names(runtime, name)
    names = Names(name, runtime.colours, found)
    return [(one, names.label(one)) for one in found]


def _providers(runtime: Runtime) -> list[tuple[str, str]]:
    """Those that are used first."""
    used = _names(runtime, "provider")
    slugs = dict.fromkeys([*used, *sorted(PROVIDERS)])
    return [(slug, PROVIDERS[slug].name if slug in PROVIDERS else slug) for slug in slugs]


def _shown(context: Context, found: Compared) -> dict[str, Any]:
    whole, month = found.whole, found.a_month
    scope = context.scope
    drill = Drill.of(context, scope.window, ["calls.cost"])
    return {
        "title": _title(found.scenario),
        "window": scope.window.title,
        "listed": show(whole.listed, USD),
        "then": show(whole.then, USD),
        "difference": _signed(whole.difference),
        "better": None if not whole.difference else whole.difference < 0,
        "percent": _share(whole),
        "month": "" if month is None else _signed(month),
        "exact": {name: exact(getattr(whole, name), USD) for name in ("listed", "then", "difference", "cost")},
        "recorded": show(whole.cost, USD),
        "compared": f"{whole.compared:,}",
        "requests": f"{whole.requests:,}",
        "to": drill.address("calls.cost"),
        "left_out": [(f"{many:,}", _REASONS[why]) for why, many in sorted(found.left_out.items())],
        "left_out_cost": show(found.left_out_cost, USD) if found.left_out_cost else "",
        "tables": [
            ("Model", _table(context, found, drill, "model")),
            ("Agent", _table(context, found, drill, "agent")),
        ],
        "days": _table(context, found, drill, "day"),
    }


def _title(scenario: Scenario) -> str:
    said = [
        scenario.model,
        f"served by {PROVIDERS[scenario.provider].name if scenario.provider in PROVIDERS else scenario.provider}"
        if scenario.provider
        else "",
        f"on the {scenario.tier} tier" if scenario.tier else "",
        "" if scenario.cached is None else f"{show(scenario.cached, PERCENT)} of the prompt from the cache",
        "at today's prices" if scenario.prices == "now" else "",
    ]
    return ", ".join(filter(None, said))


def _table(context: Context, found: Compared, drill: Drill, by: str) -> list[_Told]:
    sums = [(name, one) for name, one in found.by(by).items() if one.compared]
    rows = sums if by == "day" else sums[:_MOST_ROWS]
    names = Names(by, context.colours, [str(name or "") for name, _ in rows]) if by != "day" else None
    listed, then = (even([getattr(one, side) for _, one in rows], USD) for side in ("listed", "then"))
    differences = even([abs(one.difference) for _, one in rows], USD)
    shares = even([abs(one.difference / one.listed) if one.listed else None for _, one in rows], PERCENT)
    top = float(max((max(one.listed, one.then) for _, one in rows), default=Decimal(0)))
    made = []
    for at, (name, one) in enumerate(rows):
        label = _day(name) if names is None else names.label(name or "") or f"(no {by})"
        made.append(
            _Told(
                label=label,
                to=_address(drill, by, name, context),
                requests=f"{one.compared:,}",
                listed=listed[at],
                then=then[at],
                difference=_sign(one.difference) + differences[at],
                percent=_sign(one.difference) + shares[at] if one.listed else "",
                exact=f"{exact(one.listed, USD)} → {exact(one.then, USD)}",
                better=None if not one.difference else one.difference < 0,
                before=float(one.listed) / top if top else 0.0,
                after=float(one.then) / top if top else 0.0,
            )
        )
    return made


def _address(drill: Drill, by: str, name: object, context: Context) -> str:
    if by != "day":
        return drill.address("calls.cost", (Condition(by, (str(name or ""),)),))
    day = date.fromisoformat(str(name))
    zone, window = context.scope.zone, context.scope.window
    since = max(datetime(day.year, day.month, day.day, tzinfo=zone), window.since)
    after = day + timedelta(days=1)
    until = min(datetime(after.year, after.month, after.day, tzinfo=zone), window.until)
    return drill.address("calls.cost", (), f"{since.isoformat()}{BETWEEN}{until.isoformat()}")


def _day(name: object) -> str:
    day = date.fromisoformat(str(name))
    return f"{day:%a} {day.day} {day:%b}"


def _signed(value: Decimal) -> str:
    return _sign(value) + show(abs(value), USD)


def _sign(value: Decimal) -> str:
    return "+" if value > 0 else "−" if value < 0 else ""


def _share(one: Sum) -> str:
    return _sign(one.difference) + show(abs(float(one.difference / one.listed)), PERCENT) if one.listed else ""
