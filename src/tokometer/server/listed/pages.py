"""The page of a list of records. Everything on it is a link or a form: the address is the state."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tokometer.dashboards import ScopeError
from tokometer.dashboards.calendar import RANGES
from tokometer.dashboards.scope import find_zone
from tokometer.measures import CUBES, Filter, QueryError, definition, dimension_named
from tokometer.measures.comparisons import Compares, Comparison, is_comparison
from tokometer.measures.facts import FACTS
from tokometer.records.units import NOTHING, exact, show
from tokometer.server.listed.api import MOST_IN_FILE, total, value
from tokometer.server.listed.asked import Asked, asked_by, counted, offered
from tokometer.server.listed.shown import LINKED, heads, rows
from tokometer.server.listed.timeline import timeline
from tokometer.server.pages import framed
from tokometer.server.runtime import Runtime
from tokometer.server.templates import render
from tokometer.server.views import default_query

router: Final = APIRouter(include_in_schema=False)
#: The kinds of record that can be listed, and what people call them.
KINDS: Final[dict[str, str]] = {
    "calls": "Calls",
    "tools": "Tool calls",
    "runs": "Agent runs",
    "steps": "Steps",
    "logs": "Log lines",
    "scores": "Scores",
    "jobs": "Job runs",
    "changes": "Changes",
    "commits": "Commits",
    "error_details": "Error details",
    "samples": "Readings",
    "bills": "Bill lines",
    "reported": "Reported usage",
    "models": "Models on offer",
    "knowledge_bases": "Knowledge bases",
    "documents": "Documents",
}
#: Values of each dimension that the filter offers, and the dimensions that it looks into where nothing is typed.
_OFFERED: Final = 8
_FIRST: Final = 6
_LONGEST_TYPED: Final = 200
_SIGNS: Final[dict[Compares, str]] = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_TURNED: Final[dict[Compares, Compares]] = {">=": "<", "<": ">=", ">": "<=", "<=": ">"}
_HEADERS: Final = {"Cache-Control": "private, no-store", "Vary": "Cookie"}


@router.get("/explore")
def explore(request: Request) -> Response:
    """The page; without parameters it opens as the view that somebody has chosen for that."""
    runtime: Runtime = request.app.state.runtime
    if not request.url.query and (query := default_query(runtime, "explore")):
        return RedirectResponse(f"/explore?{query}", 302, {"Cache-Control": "no-store"})
    try:
        asked = _asked(request)
        listed = _listed(runtime, asked)
        shown = {"list": listed, "timeline": timeline(runtime, asked, *listed["window"]), "problem": ""}
    except QueryError as error:
        asked = asked_by([("tz", _zone(request))])
        shown = {"list": None, "timeline": None, "problem": str(error)}
    status = 400 if shown["problem"] else 200
    return framed(request, "explore.html", "explore", alone=True, status=status, **_frame(asked), **shown)


@router.get("/explore/rows")
def page_rows(request: Request) -> Response:
    """The list alone: what a page that follows what arrives asks for."""
    try:
        asked = _asked(request)
        html = render("explore_list.html", asked=asked, list=_listed(request.app.state.runtime, asked))
    except QueryError as error:
        return Response(str(error), 400, media_type="text/plain")
    return Response(html, headers=_HEADERS, media_type="text/html")


@router.get("/explore/values")
def values(request: Request, q: str = "") -> Response:
    """What can be filtered by, with how many records there are of each."""
    runtime: Runtime = request.app.state.runtime
    try:
        asked = asked_by([one for one in request.query_params.multi_items() if one[0] != "q"], lenient=True)
        groups = list(_groups(runtime, asked, q[:_LONGEST_TYPED].casefold().strip()))
    except QueryError as error:
        return Response(str(error), 400, media_type="text/plain")
    return Response(render("explore_values.html", groups=groups), headers=_HEADERS, media_type="text/html")


def _asked(request: Request) -> Asked:
    params = request.query_params.multi_items()
    named = [] if any(name == "tz" for name, _ in params) else [("tz", _zone(request))]
    return asked_by([*params, *named], lenient=True)


def _zone(request: Request) -> str:
    """The viewer's zone, as the cookie has it."""
    try:
        return find_zone(request.cookies.get("tz", "UTC")).key
    except ScopeError:
        return "UTC"


def _listed(runtime: Runtime, asked: Asked) -> dict[str, Any]:
    known = {*FACTS[asked.cube], *CUBES[asked.cube].dimensions}
    found = runtime.ask(asked.listing(name for name in LINKED if name in known), 1.0)
    return {
        "heads": heads(asked, found),
        "rows": rows(asked, found),
        "next": asked.address(after=found.after) if found.after else "",
        "first": asked.address() if asked.after else "",
        "missing": found.meta.missing,
        "window": (found.meta.since, found.meta.until),
        "figure": _figure(runtime, asked),
    }


def _figure(runtime: Runtime, asked: Asked) -> dict[str, Any]:
    """What the list is about: a measure's value and how many records it comes from, or just how many there are."""
    number = total(runtime, asked)
    kind = KINDS[asked.cube].lower()
    of = asked.behind
    if of is None or asked.narrowed:
        measure = CUBES[asked.cube].measures[counted(asked.cube).partition(".")[2]]
        return {"title": KINDS[asked.cube], "text": f"{number:,}", "exact": "", "from": "", "how": definition(measure)}
    told = value(runtime, asked)
    return {
        "title": of.measure.title,
        "text": NOTHING if told is None else show(told, of.measure.unit),
        "exact": "" if told is None else exact(told, of.measure.unit),
        "from": f"adds up from {number:,} {kind}" if of.shown or of.where else f"of {number:,} {kind}",
        "how": definition(of.measure),
    }


def _frame(asked: Asked) -> dict[str, Any]:
    """What stands around the list: the window, the chips, the choices."""
    since = asked.since if asked.since in RANGES and not asked.until else "custom"
    title = RANGES[since] if since != "custom" else f"{asked.since} – {asked.until or 'now'}".replace("T", " ")
    return {
        "asked": asked,
        "range_title": title,
        "ranges": [
            (name, words, asked.address(since=name, until=""), name == since)
            for name, words in RANGES.items()
            if name != "custom"
        ],
        "chips": [*(_chip(asked, one) for one in asked.where), *(_number_chip(asked, one) for one in asked.compared)],
        "own": [_words(one) for one in (asked.behind.where if asked.behind else ())],
        "kinds": [(cube, words, asked.other(cube), cube == asked.cube) for cube, words in KINDS.items()],
        "columns": [(name, words, name in asked.shown) for name, words in offered(asked.cube)],
        "kept": asked.params(),
        "files": [
            (form.upper(), f"{asked.address('/api/records')}&format={form}") for form in ("csv", "parquet", "json")
        ],
        "most": f"{MOST_IN_FILE:,}",
    }


def _words(one: Filter) -> str:
    title = dimension_named(one.dimension).title
    values = ", ".join(given.replace("_", " ") or "unknown" for given in one.values)
    op = {"=": "", "in": "", "!=": "not ", "not in": "not "}.get(one.op, f"{one.op} ")
    return f"{title}: {op}{values}"


def _chip(asked: Asked, one: Filter) -> dict[str, str]:
    """A filter, the address without it, and the one where it lets through all others."""
    rest = tuple(given for given in asked.where if given != one)
    turned = {"=": "!=", "!=": "=", "in": "not in", "not in": "in"}.get(one.op, "")
    other = Filter(one.dimension, turned, one.values) if turned else None  # type: ignore[arg-type]
    return {
        "text": _words(one),
        "off": asked.address(where=rest),
        "turned": asked.address(where=(*rest, other)) if other else "",
        "negative": "1" if one.op in ("!=", "not in") else "",
    }


def _number_chip(asked: Asked, one: Comparison) -> dict[str, str]:
    """A comparison, the address without it, and the one of all that it leaves out and that has a number."""
    rest = tuple(given for given in asked.compared if given != one)
    other = Comparison(one.fact, _TURNED[one.op], one.value)
    turned = asked.address(compared=(*rest, other))
    return {
        "text": compared_words(asked.cube, one),
        "off": asked.address(compared=rest),
        "turned": turned,
        "negative": "",
    }


def compared_words(cube: str, one: Comparison) -> str:
    """A comparison as people say it: `Latency ≥ 30 s`."""
    fact = FACTS[cube][one.fact]
    number = float(one.value)
    return f"{fact.title} {_SIGNS[one.op]} {show(number, fact.unit) if fact.unit else one.value}"


def _groups(runtime: Runtime, asked: Asked, wanted: str) -> Any:  # noqa: ANN401 - groups for the template
    dimensions = [one for one in CUBES[asked.cube].dimensions.values() if one.type == "text" and one.short != "session"]
    if is_comparison(wanted):
        try:
            one = Comparison.parse(wanted, asked.cube)
        except QueryError as error:
            yield {"title": error.reason, "found": []}
            return
        kept = tuple(dict.fromkeys((*asked.compared, one)))
        link = {"text": compared_words(asked.cube, one), "count": "", "only": asked.address(compared=kept), "not": ""}
        yield {"title": "Numbers", "found": [link]}
        return
    named = [one for one in dimensions if wanted and wanted in f"{one.title} {one.short}".casefold()]
    for dimension in named or dimensions[: _FIRST if not wanted else len(dimensions)]:
        others = tuple(one for one in asked.filters if one.dimension != dimension.name)
        typed = () if named or not wanted else (Filter(dimension.name, "contains", (wanted,)),)
        query = asked.counting(by=(dimension.name,), where=(*others, *typed), top=_OFFERED, other=False)
        found = [
            {
                "text": row[dimension.short] or "unknown",
                "count": f"{next(number for name, number in row.items() if name != dimension.short):,}",
                "only": asked.address(where=_with(asked, Filter(dimension.name, "in", (row[dimension.short] or "",)))),
                "not": asked.address(
                    where=_with(asked, Filter(dimension.name, "not in", (row[dimension.short] or "",)))
                ),
            }
            for row in runtime.ask(query, 5.0).rows
        ]
        if found:
            yield {"title": dimension.title, "found": found}


def _with(asked: Asked, more: Filter) -> tuple[Filter, ...]:
    """The filters with one more; values of the same dimension that are wanted, or not, are put together."""
    same = [one for one in asked.where if (one.dimension, one.op) == (more.dimension, more.op)]
    rest = tuple(one for one in asked.where if one not in same)
    values = dict.fromkeys(value for one in (*same, more) for value in one.values)
    return (*rest, Filter(more.dimension, more.op, tuple(values)))
