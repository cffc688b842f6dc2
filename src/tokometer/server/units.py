"""The page Units: machines that were bought, what the business counts, and what one of each costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tokometer.accounts import AccountsError
from tokometer.dashboards import RANGES
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import Drill
from tokometer.records.evened import even
from tokometer.records.units import COUNT, PERCENT, USD, USD_PER_MTOK, exact, show
from tokometer.server import hardware, series
from tokometer.server.pages import framed
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import parameters_of, scope_of

pages: Final = APIRouter(include_in_schema=False)
_RANGE: Final = "30d"
_RANGES: Final = ("7d", "30d", "90d")
#: Days of a series that the page shows, the latest.
_MOST_DAYS: Final = 31


@pages.get("/units")
def page(request: Request) -> Response:
    """Both lists, with what they come to in a window."""
    runtime: Runtime = request.app.state.runtime
    scope = scope_of(request, parameters_of(request), _RANGE)
    context = Context(
        scope, lambda question: runtime.ask(question, 60.0), runtime.colours, runtime.settings, runtime.book
    )
    trouble, machines, counted = "", [], []
    try:
        machines, counted = hardware.listed(runtime), series.listed(runtime)
    except AccountsError as error:
        trouble = str(error)
    known: list[tuple[str, str]] = [(name, RANGES[name]) for name in _RANGES]
    return framed(
        request,
        "units.html",
        "decisions",
        trouble=trouble,
        scope=scope,
        ranges=known if scope.range in _RANGES else [(scope.range, scope.window.title), *known],
        kept=[(name, value) for name, value in request.query_params.multi_items() if name != "range" and value],
        machines=_machines(context, machines),
        series=_series(context, counted),
        hosts=hardware.hosts(runtime),
    )


def _machines(context: Context, listed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not listed:
        return []
    judged = {row["machine"]: row for row in context.judge("hardware", context.scope.window).rows}
    return [{"thing": _form(one), **_machine(judged.get(one["title"], {}))} for one in listed]


def _form(one: Mapping[str, Any]) -> dict[str, Any]:
    """A machine as its form has it: a line for each comparison."""
    return {**one, "compared": [f"{model} = {api}" for model, api in one["compared"].items()]}


def _machine(row: Mapping[str, Any]) -> dict[str, Any]:
    money = {
        name: (show(row.get(name), unit), exact(row.get(name), unit))
        for name, unit in (
            ("price", USD),
            ("hardware", USD_PER_MTOK),
            ("at_full_use", USD_PER_MTOK),
            ("api_per_mtok", USD_PER_MTOK),
            ("savings", USD),
            ("a_day", USD),
        )
    }
    dates = {name: _day(row.get(name)) for name in ("break_even", "earliest", "latest")}
    between = f"{dates['earliest']} – {dates['latest'] or 'perhaps never'}" if dates["earliest"] else ""
    return {
        **money,
        "use": show(row.get("utilisation"), PERCENT),
        "headroom": show(row.get("headroom"), PERCENT),
        "standing": row.get("standing", "none"),
        "verdict": str(row.get("verdict") or "unknown").capitalize(),
        "break_even": dates["break_even"] if row.get("verdict") != "paid off" else "reached",
        "between": between,
    }


def _day(at: Any) -> str:  # noqa: ANN401 - a time, or None
    return f"{at:%-d %b %Y}" if at is not None else ""


def _series(context: Context, listed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not listed:
        return []
    window = context.scope.window
    summed = {row["name"]: row for row in context.judge("unit_costs", window).rows}
    course: dict[str, list[Mapping[str, Any]]] = {}
    for row in context.judge("unit_course", window).rows:
        course.setdefault(row["name"], []).append(row)
    drill = Drill.of(context, window, ["calls.cost"])
    return [
        {
            "thing": one,
            **_one(summed.get(one["name"], {})),
            "rows": _course(course.get(one["name"], [])[-_MOST_DAYS:]),
            "to": drill.address("calls.cost"),
        }
        for one in listed
    ]


def _one(row: Mapping[str, Any]) -> dict[str, Any]:
    change = row.get("change")
    return {
        "each": (show(row.get("unit_costs"), USD), exact(row.get("unit_costs"), USD)),
        "amount": show(row.get("amount"), COUNT),
        "cost": (show(row.get("cost"), USD), exact(row.get("cost"), USD)),
        "change": ""
        if change is None
        else f"{'+' if change > 0 else '−' if change < 0 else ''}{show(abs(change), PERCENT)}",
        "better": None if not change else change < 0,
        "last": row.get("last") or "",
    }


def _course(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The latest day first, with bars against the largest of each column."""
    costs, each = ([row[name] for row in rows] for name in ("cost", "unit_course"))
    top, most = (float(max((value for value in of if value), default=Decimal(0))) for of in (costs, each))
    made = [
        {
            "day": _weekday(row["day"]),
            "amount": show(row["amount"], COUNT),
            "cost": cost,
            "each": one,
            "exact": exact(row["unit_course"], USD),
            "cost_bar": float(row["cost"]) / top if top else 0.0,
            "each_bar": float(row["unit_course"] or 0) / most if most else 0.0,
        }
        for row, cost, one in zip(rows, even(costs, USD), even(each, USD), strict=True)
    ]
    return made[::-1]


def _weekday(day: str) -> str:
    of = date.fromisoformat(day)
    return f"{of:%a} {of.day} {of:%b}"
