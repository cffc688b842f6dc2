"""`/api/forecast`, `/api/anomalies`, `/api/changes-between`: what will be, what was unusual, and why it changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.dashboards import addresses
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.drivers import OWNERS, between
from tokometer.judgement.expected import BY, MEASURES, NOT_ENOUGH, Course, courses, question
from tokometer.judgement.forecast import Forecast, least_days
from tokometer.judgement.month import Month
from tokometer.measures import Filter, Query, QueryError
from tokometer.server.endpoints.asking import Asked, Parameter, refused, window_parts
from tokometer.server.endpoints.declared import Field, Rows, block
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import DATE, FLAG, NUMBER, PERCENT, TEXT, TIME, USD, WHOLE

_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_LINK: Final = Field("calls", "", TEXT, "/explore?…", "The list of the calls behind it.")

# -- forecasts ---------------------------------------------------------------------------------------------------------

#: Horizons, in days; None is the end of the running month.
_HORIZONS: Final[Mapping[str, int | None]] = {"month": None, "7d": 7, "30d": 30, "90d": 90}
_FORECASTS: Final = Rows(
    "forecasts",
    block(
        "",
        Field("name", "", TEXT, "research", "The value of the dimension; null without one."),
        Field("so_far", "", NUMBER, 310.25, "Used since the month began; 0 of other horizons, which begin now."),
        Field("estimate", "", NUMBER, 402.5, "What is expected by the end; null with too little history."),
        Field("low", "", NUMBER, 371.2, "The lower end of the 80 % interval."),
        Field("high", "", NUMBER, 436.4, "Its upper end."),
        Field("error_percent", "", PERCENT, 6.5, "Mean error of the same forecast in back-tests; null with few."),
        Field("naive_error_percent", "", PERCENT, 8.4, "The same of the last week repeated."),
        Field("days_of_history", "", WHOLE, 119, "Whole days that it rests on."),
        Field("weekly_season", "", FLAG, example=True, meaning="Whether weekdays were told apart."),
        Field("note", "", TEXT, "not enough history", "Why there is no estimate."),
        _LINK,
        Rows(
            "path",
            block(
                "",
                Field("date", "", DATE, "2026-11-28", "The day; the first one is the rest of today."),
                Field("value", "", NUMBER, 13.4, "What is expected of it."),
            ),
            meaning="The days to come.",
        ),
    ),
    meaning="The largest estimate first.",
)
FORECAST: Final = block(
    "",
    _NOW,
    Field("measure", "", TEXT, "cost", "What is forecast: US dollars, requests or tokens."),
    Field("by", "", TEXT, "team", "By which dimension; empty for all calls together."),
    Field("horizon", "", TEXT, "30d", "To the end of the month, or so many days from now on."),
    Field("ends", "", DATE, "2026-12-27", "The first day after it."),
    Field("interval_percent", "", PERCENT, 80, "How often the true value is inside of the interval."),
    _FORECASTS,
)


def _matter(asked: Asked, by: str = "") -> Matter:
    context = asked.context
    since, until = asked.window.asked
    return Matter(
        by=by,
        where=context.where(),
        since=since,
        until=until,
        tz=context.scope.zone.key,
        now=asked.now,
        insists=True,
        book=context.book,
    )


def _forecast(asked: Asked) -> dict[str, Any]:
    measure, horizon = asked.own["measure"], asked.own["horizon"]
    by = _dimension(asked.own["by"], BY)
    matter = _matter(asked, by)
    month = Month(asked.now, asked.context.scope.zone)
    days = _HORIZONS[horizon]
    end = month.end if days is None else month.today + timedelta(days=days)
    found = courses(asked.context.ask(question(matter, measure, asked.limit or 20)), by, measure, month)
    rows = [
        _FORECASTS.row.write({}, _foretold(name if by else None, course, days, _calls(matter, by, name, measure)))
        for name, course in found.items()
    ]
    rows.sort(key=lambda row: -(row["estimate"] or 0))
    return FORECAST.write(
        {},
        {
            "timestamp": asked.now,
            "measure": measure,
            "by": by,
            "horizon": horizon,
            "ends": datetime(end.year, end.month, end.day, tzinfo=asked.now.tzinfo),
            "interval_percent": 0.8,
            "forecasts": asked.arranged(rows, _FORECASTS),
        },
    )


def _foretold(name: str | None, course: Course, days: int | None, calls: str) -> dict[str, Any]:
    found: Forecast | None = course.to_month_end() if days is None else course.ahead(days)
    so_far = course.month_so_far if days is None else 0.0
    told = {"name": name, "so_far": so_far, "days_of_history": len(course.history), "calls": calls}
    if found is None:
        needed = least_days(days or 0)
        blank = dict.fromkeys(("estimate", "low", "high", "error_percent", "naive_error_percent", "weekly_season"))
        return told | blank | {"note": f"{NOT_ENOUGH}: it needs {needed} whole days of use", "path": []}
    zone = course.month.zone
    path = [
        {"date": datetime(day.date.year, day.date.month, day.date.day, tzinfo=zone), "value": day.value}
        for day in found.path
    ]
    return told | {
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "error_percent": found.error,
        "naive_error_percent": found.naive_error,
        "weekly_season": found.seasonal,
        "note": None,
        "path": [_FORECASTS.row.parts[-1].row.write({}, day) for day in path],  # type: ignore[union-attr]
    }


def _calls(matter: Matter, by: str, name: str, measure: str) -> str:
    """The calls that a forecast was learned from."""
    only = (Filter(f"calls.{by}", "in", (name,)),) if by else ()
    return addresses.records(
        Query(measures=(f"calls.{measure}",), where=(*matter.where, *only), since="180d", tz=matter.tz)
    )


def _dimension(given: str, known: tuple[str, ...]) -> str:
    name = given.removeprefix("calls.")
    if name not in known:
        raise refused("by", f"{given[:60]!r} is not one of {', '.join(filter(None, known))}")
    return name


# -- anomalies ---------------------------------------------------------------------------------------------------------

_ANOMALIES: Final = Rows(
    "anomalies",
    block(
        "",
        Field("what", "", TEXT, "Cost of team research", "Of what it is."),
        Field("measure", "", TEXT, "cost", "`cost`, `total_tokens`, `error_rate` or `p95_latency`."),
        Field("dimension", "", TEXT, "team", "Of which dimension; null of all calls."),
        Field("name", "", TEXT, "research", "Of which value of it."),
        Field("start", "", TIME, "2026-11-24T09:00:00Z", "When it began."),
        Field("end", "", TIME, "2026-11-24T11:00:00Z", "The end of its last hour or day."),
        Field("value", "", NUMBER, 12.4, "What it was: US dollars, tokens, milliseconds, or a rate from 0 to 1."),
        Field("usual", "", NUMBER, 3.1, "What is usual at such a time."),
        Field("times", "", NUMBER, 4.0, "How many times as much; null where nothing is usual."),
        Field("spreads", "", NUMBER, 6.2, "How many robust spreads its peak is above the usual."),
        Field("standing", "", TEXT, "warning", "`warning` or `critical`."),
        Field("why", "", TEXT, "82 % of the rise: agent research on model gpt-5", "What explains most of it."),
        Field("explained_percent", "", PERCENT, 82, "That part's share of the rise."),
        Field("agent", "", TEXT, "research", "The agent of that part, where it is of one."),
        Field("model", "", TEXT, "gpt-5", "Its model."),
        Field("team", "", TEXT, "research", "Its team."),
        Field("provider", "", TEXT, "openai", "Its provider."),
        Field("requests", "", WHOLE, 40, "Calls of its hours or days."),
        _LINK,
    ),
    meaning="The latest first.",
)
ANOMALIES: Final = block("", _NOW, *window_parts(), _ANOMALIES)
_LOOKED_BY: Final = JUDGEMENTS["anomalies"].by


def _anomalies(asked: Asked) -> dict[str, Any]:
    matter = _matter(asked, _dimension(asked.own["by"], _LOOKED_BY))
    found = judge(JUDGEMENTS["anomalies"], matter, asked.context.settings, asked.context.ask)
    rows = [_ANOMALIES.row.write({}, _unusual(matter, row)) for row in found.rows]
    return ANOMALIES.write({}, asked.told() | {"anomalies": asked.arranged(rows, _ANOMALIES)})


def _unusual(matter: Matter, row: Mapping[str, Any]) -> dict[str, Any]:
    measure = "errors" if row["of"] == "error_rate" else row["of"]
    only = (Filter(f"calls.{row['dimension']}", "in", (row["name"] or "",)),) if row["dimension"] else ()
    calls = Query(
        measures=(f"calls.{measure}",),
        where=(*matter.where, *only),
        since=row["start"].isoformat(),
        until=row["end"].isoformat(),
        tz=matter.tz,
    )
    part = {name: row[f"by_{name}"] for name in ("agent", "model", "team", "provider")}
    return {
        **row,
        **part,
        "measure": row["of"],
        "value": row["current"],
        "times": row["anomalies"],
        "spreads": row["score"],
        "explained_percent": row["explained"],
        "calls": addresses.records(calls),
    }


# -- changes -----------------------------------------------------------------------------------------------------------

_CHANGES: Final = Rows(
    "changes",
    block(
        "",
        Field("name", "", TEXT, "research", "The owner; null for all calls together."),
        Field("cost", "", USD, 47.5, "Of the period."),
        Field("previous_cost", "", USD, 40.25, "Of the one that it is compared with."),
        Field("change", "", USD, 7.25, "The difference: the sum of the four that follow, exactly."),
        Field("volume", "", USD, 9.1, "Because more or fewer tokens were used."),
        Field("mix", "", USD, -2.4, "Because more or fewer of them were of dear models."),
        Field("cache", "", USD, 1.05, "Because more or less of the prompts came from the cache, or went into it."),
        Field("rate", "", USD, -0.5, "Because a token costs more or less otherwise."),
        Field("change_percent", "", PERCENT, 18.01, "The change as a share of the cost before."),
        Field("yearly", "", USD, 2646.25, "What a year costs more, going on like this."),
        Field("requests", "", WHOLE, 4321, "Calls of the period."),
        Field("previous_requests", "", WHOLE, 3980, "Calls of the other one."),
        _LINK,
        Field("previous_calls", "", TEXT, "/explore?…", "The calls of the other period."),
    ),
    meaning="The largest change first.",
)
CHANGES: Final = block(
    "",
    _NOW,
    *window_parts(),
    block(
        "before",
        Field("since", "", TIME, "2026-11-13T05:15:00Z", "Where the period begins that it is compared with."),
        Field("until", "", TIME, "2026-11-20T05:15:00Z", "Where that ends; not included."),
    ),
    Field("by", "", TEXT, "team", "By which owner."),
    _CHANGES,
)


def _changes(asked: Asked) -> dict[str, Any]:
    by = _dimension(asked.own["by"], ("", *OWNERS, "model", "provider"))
    matter = _matter(asked, by)
    now = (asked.window.since, asked.window.until)
    before = _before(asked)
    inquiry, sent = between(matter, now, before), None
    try:
        while True:
            questions = inquiry.send(sent)  # type: ignore[arg-type]
            sent = tuple(asked.context.ask(one) for one in questions)
    except StopIteration as done:
        found = done.value
    rows = [_CHANGES.row.write({}, _changed(matter, by, row, now, before)) for row in found]
    told = asked.told() | {"by": by, "before": {"since": before[0], "until": before[1]}}
    return CHANGES.write({}, told | {"changes": asked.arranged(rows, _CHANGES)})


def _before(asked: Asked) -> tuple[datetime, datetime]:
    """The period that is compared with: the one named, else as long a one, right before."""
    since, until = asked.own["before_from"], asked.own["before_to"]
    if bool(since) != bool(until):
        raise refused("before_to" if since else "before_from", "give both before_from and before_to")
    if not since:
        length = asked.window.until - asked.window.since
        return asked.window.since - length, asked.window.since
    try:
        probe = Query(measures=("calls.requests",), since=since, until=until, tz=asked.context.scope.zone.key)
        meta = asked.context.ask(probe).meta
    except QueryError as error:
        names = {"since": "before_from", "until": "before_to"}
        raise refused(names.get(error.field, error.field), error.reason) from None
    return meta.since, meta.until


def _changed(
    matter: Matter,
    by: str,
    row: Mapping[str, Any],
    now: tuple[datetime, datetime],
    before: tuple[datetime, datetime],
) -> dict[str, Any]:
    only = (Filter(f"calls.{by}", "in", (row[by],)),) if by else ()

    def calls(period: tuple[datetime, datetime]) -> str:
        since, until = (one.isoformat() for one in period)
        where = (*matter.where, *only)
        return addresses.records(Query(measures=("calls.cost",), where=where, since=since, until=until, tz=matter.tz))

    return {
        **row,
        "name": row[by] if by else None,
        "change": row["cost_drivers"],
        "previous_cost": row["previous"],
        "change_percent": row["change"],
        "calls": calls(now),
        "previous_calls": calls(before),
    }


def _by(known: tuple[str, ...]) -> Parameter:
    return Parameter("by", f"By which dimension: {', '.join(filter(None, known))}; without it, all calls together.")


ENDPOINTS: Final = (
    Endpoint(
        path="/api/forecast",
        summary="Forecasts of cost, requests and tokens, with their interval and back-tested error",
        about="To the end of the running month or 7, 30 or 90 days from now on, of all calls that the filters choose, "
        "or of the largest names of a dimension, with the days to come. `error_percent` is how far off the same "
        "forecast was as of past days, `naive_error_percent` how far off the last week repeated was. Too "
        "little history gives a wide interval, or no estimate and a note.",
        answer=FORECAST,
        make=_forecast,
        period="30d",
        every=300.0,
        takes=(
            Parameter("measure", "What is forecast.", MEASURES),
            _by(BY),
            Parameter("horizon", "Until when.", tuple(_HORIZONS)),
        ),
    ),
    Endpoint(
        path="/api/anomalies",
        summary="Hours and days far above what is usual, with what explains most of each",
        about="Of cost, tokens, error rate and p95 latency, in all calls and by provider, model, agent and team, now "
        "or in any past period: by the hour up to 10 days, else by the day (`judgement.anomalies`).",
        answer=ANOMALIES,
        make=_anomalies,
        period="7d",
        every=300.0,
        takes=(_by(_LOOKED_BY),),
    ),
    Endpoint(
        path="/api/changes-between",
        summary="Any two periods compared: volume, mix, cache and rate, exact to the cent, by owner",
        about="The period asked for against the one right before it, or any other (`before_from`, `before_to`); by "
        "team, user, agent, project, key, model or provider, with what a year makes of it (`judgement.cost_drivers`).",
        answer=CHANGES,
        make=_changes,
        period="30d",
        every=300.0,
        takes=(
            _by(("", *OWNERS, "model", "provider")),
            Parameter("before_from", "Where the other period begins: a date or an RFC 3339 time."),
            Parameter("before_to", "Where it ends; with `before_from`."),
        ),
    ),
)
router: Final = routed("outlook", ENDPOINTS)
