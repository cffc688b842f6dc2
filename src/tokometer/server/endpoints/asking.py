"""What all endpoints take: a window, filters, a time zone, and how much of a list in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import HTTPException, Request

from tokometer.dashboards.calendar import Calendar, Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.scope import NOT, Scope, ScopeError, grain_of, parse_scope
from tokometer.measures import Query, QueryError
from tokometer.measures.errors import suggest, told
from tokometer.measures.windows import NAMED, resolve
from tokometer.records.time import MICROSECONDS, to_us
from tokometer.server.endpoints.declared import Block, Field, Rows, parts_of
from tokometer.server.endpoints.shapes import TEXT, TIME
from tokometer.server.offered import offered
from tokometer.server.runtime import Runtime

MOST_ROWS: Final = 1_000
_RELATIVE: Final = re.compile(r"\d{1,5}(mo|[mhdwy])")
_PERIODS: Final = f"15m, 24h, 7d, 30d, 12w, 12mo, 1y or one of {', '.join(NAMED)}"
_MOST_TYPED: Final = 60


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the URL; with choices, one of them, the first where it is left out."""

    name: str
    meaning: str
    choices: tuple[str, ...] = ()
    default: str = ""

    def schema(self) -> dict[str, Any]:
        """As OpenAPI has it."""
        told: dict[str, Any] = {"type": "string"}
        if self.choices:
            told |= {"enum": list(self.choices)}
        if self.first:
            told |= {"default": self.first}
        return {"name": self.name, "in": "query", "required": False, "description": self.meaning, "schema": told}

    @property
    def first(self) -> str:
        """Its value where it is left out."""
        return self.default or next(iter(self.choices), "")


#: On every endpoint.
SHARED: Final = (
    Parameter("period", f"The window: {_PERIODS}."),
    Parameter(
        "from",
        "The window's beginning instead: a date, or an RFC 3339 time (rounded down to the quarter hour).",
    ),
    Parameter("to", "The window's end, with `from`; a date is included. Without it, until now."),
    Parameter("tz", "The time zone of days and hours: `Europe/Berlin`.", default="UTC"),
    Parameter("limit", f"How many rows of a list at most, 1 to {MOST_ROWS:,}; without it, as many as that."),
    Parameter("sort", "What a list is sorted by: a field of its rows, with `-` in front the largest first."),
)
FILTERS: Final = (
    "Any dimension of calls is a filter, a label as well: `provider=openai`, `model=gpt-5&model=gpt-5-mini`, "
    "`team=search`, `label.tenant=acme`. Several values of one are alternatives; with `-` in front, they are "
    "left out: `-provider=openai`."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, understood."""

    runtime: Runtime
    context: Context
    #: As it was asked for: `24h`, or from and to with a slash between.
    period: str
    #: The parts of the path.
    path: Mapping[str, str]
    #: The endpoint's own parameters.
    own: Mapping[str, str]
    limit: int
    sort: str
    #: The window was chosen by the asker.
    chosen: bool

    @property
    def window(self) -> Window:
        """The window, in the asker's zone."""
        return self.context.scope.window

    @property
    def now(self) -> datetime:
        """The moment of asking, in the asker's zone."""
        return self.context.scope.now

    def only(self, dimension: str, value: str) -> Asked:
        """The same about one value of a dimension alone."""
        scope = self.context.scope
        narrowed = replace(scope, where=(*scope.where, (dimension, (value,))))
        return replace(self, context=replace(self.context, scope=narrowed))

    def over(self, period: str) -> Asked:
        """The same over another window."""
        scope = self.context.scope
        window = _period_window(self.runtime, period, scope.calendar)
        moved = replace(scope, window=window, grain=grain_of(window))
        return replace(self, period=period, context=replace(self.context, scope=moved))

    def told(self) -> dict[str, Any]:
        """What many answers begin with: when they were made, and their window."""
        return {
            "timestamp": self.now,
            "period": self.period,
            "window": {
                "since": self.window.since,
                "until": self.window.until,
                "timezone": self.context.scope.zone.key,
            },
        }

    def arranged(self, rows: Sequence[dict[str, Any]], of: Rows) -> list[dict[str, Any]]:
        """The rows of a list as they were asked for: in order, and not more than that."""
        found = list(rows)
        if self.sort:
            path, down = self.sort.removeprefix("-"), self.sort.startswith("-")
            known = _sortable(of)
            if path not in known:
                raise refused(
                    "sort", f"{told(path, _MOST_TYPED)!r} is no field of the rows", suggest(path, known), known
                )
            valued = [(value, row) for row in found if (value := _at(row, path)) is not None]
            valued.sort(key=lambda pair: _order(pair[0]), reverse=down)
            found = [row for _, row in valued] + [row for row in found if _at(row, path) is None]
        return found[: self.limit or MOST_ROWS]


def read(
    request: Request,
    runtime: Runtime,
    *,
    period: str,
    takes: Sequence[Parameter] = (),
    limit: int = 0,
    every: float = 60.0,
) -> Asked:
    """What a request asks for.

    Raises:
        HTTPException: 422 for a parameter that cannot be understood; its detail begins with the parameter's name.
    """
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        given.setdefault(name, []).append(value)
    own = {one.name: _own(one, given.pop(one.name, [])) for one in takes}
    shared = {one.name: _single(one.name, given.pop(one.name, [])) for one in SHARED}
    known = offered(runtime, given)
    for name in given:
        if name.removeprefix(NOT) not in known:
            names = [*(one.name for one in (*SHARED, *takes)), *known]
            raise refused(told(name, _MOST_TYPED), "there is no such parameter", suggest(name, names), names)
    scope, asked_for = _scope(runtime, shared, given, period)
    return Asked(
        runtime=runtime,
        context=Context(
            scope, lambda question: runtime.ask(question, every), runtime.colours, runtime.settings, runtime.book
        ),
        period=asked_for,
        path={name: str(value) for name, value in request.path_params.items()},
        own=own,
        limit=_limit(shared["limit"]) or limit,
        sort=shared["sort"],
        chosen=bool(shared["period"] or shared["from"]),
    )


def refused(parameter: str, why: str, meant: str = "", known: Sequence[str] = ()) -> HTTPException:
    """A parameter that cannot be understood."""
    offers = meant or (f"; there are {', '.join(known)}" if known else "")
    return HTTPException(422, f"{parameter}: {why}{offers}")


def missing(what: str, name: str, known: Sequence[str]) -> HTTPException:
    """A name in the path, or among the filters, that nobody knows."""
    return HTTPException(404, f"there is no {what} {told(name, 200)!r}{suggest(name, known)}")


def understood(error: QueryError) -> HTTPException:
    """An error of a question in the words of the parameters."""
    words = {"since": "from", "until": "to", "grain": "interval"}
    return HTTPException(422, f"{words.get(error.field, error.field)}: {error.reason}")


def _scope(
    runtime: Runtime, shared: Mapping[str, str], filters: Mapping[str, list[str]], default: str
) -> tuple[Scope, str]:
    since, until, period = shared["from"], shared["to"], shared["period"]
    if since and period:
        raise refused("period", "give either period or from and to")
    if until and not since:
        raise refused("to", "needs from")
    parameters = {"tz": [shared["tz"]], **filters}
    if since:
        parameters |= {"range": ["custom"], "since": [since], "until": [until]}
    try:
        scope = parse_scope(parameters, {name.removeprefix(NOT) for name in filters}, runtime.now())
    except ScopeError as error:
        field, _, reason = str(error).partition(": ")
        raise refused({"since": "from", "until": "to"}.get(field, field), reason.replace("since", "from")) from None
    if since:
        return scope, f"{since}/{until}" if until else f"{since}/"
    window = _period_window(runtime, period or default, scope.calendar)
    return replace(scope, range="custom", window=window, grain=grain_of(window)), period or default


def _period_window(runtime: Runtime, period: str, calendar: Calendar) -> Window:
    if period not in NAMED and not _RELATIVE.fullmatch(period):
        raise refused(
            "period", f"{told(period, _MOST_TYPED)!r} is no window{suggest(period, NAMED)}; it takes {_PERIODS}"
        )

    def first() -> int:
        return to_us(runtime.ask(Query(measures=("calls.requests",), since="all")).meta.since)

    try:
        found = resolve(period, "", calendar.zone, to_us(calendar.now), first)
    except QueryError as error:
        raise refused("period", error.reason) from None
    since, until = (
        datetime.fromtimestamp(us / MICROSECONDS, UTC).astimezone(calendar.zone) for us in (found.since, found.until)
    )
    return Window(since, until, (period, ""), period)


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise refused(name, "is there more than once")
    return values[0] if values else ""


def _own(parameter: Parameter, values: Sequence[str]) -> str:
    value = _single(parameter.name, values) or parameter.first
    if parameter.choices and value not in parameter.choices:
        why = f"{told(value, _MOST_TYPED)!r} is not one of {', '.join(parameter.choices)}"
        raise refused(parameter.name, why, suggest(value, parameter.choices))
    return value


def _limit(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_ROWS:
        raise refused("limit", f"{told(text, _MOST_TYPED)!r} is no whole number from 1 to {MOST_ROWS:,}")
    return int(text)


def _sortable(of: Rows) -> list[str]:
    """Paths of the single values of a row."""
    return [path for path, part in parts_of(of.row) if isinstance(part, Field) and "[]" not in path]


def _at(row: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
    value: Any = row
    for name in path.split("."):
        value = value[name]
    return value


def _order(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value.casefold() if isinstance(value, str) else value


def described_parameters(takes: Sequence[Parameter], path: Mapping[str, str], period: str) -> list[dict[str, Any]]:
    """All parameters of an endpoint, as OpenAPI has them."""
    told = [
        {"name": name, "in": "path", "required": True, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in path.items()
    ]
    told += [one.schema() for one in takes]
    own = {one.name for one in takes}
    for one in (one for one in SHARED if one.name not in own):
        shown = replace(one, default=period) if one.name == "period" else one
        told.append(shown.schema())
    told.append(
        {
            "name": "filters",
            "in": "query",
            "required": False,
            "description": FILTERS,
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        }
    )
    return told


def window_parts() -> tuple[Field | Block, ...]:
    """The declared counterpart of :meth:`Asked.told`, without the timestamp."""
    return (
        Field("period", "", TEXT, "24h", "The window, as it was asked for."),
        Block(
            "window",
            (
                Field("since", "", TIME, "2026-11-26T05:15:00Z", "Where the window begins."),
                Field("until", "", TIME, "2026-11-27T05:15:00Z", "Where it ends; not included."),
                Field("timezone", "", TEXT, "UTC", "The zone of days and hours."),
            ),
        ),
    )
