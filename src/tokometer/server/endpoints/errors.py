"""`/api/errors/…`: the failures themselves, and how many there are of which kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tokometer.measures import Feed, Filter
from tokometer.records.status import ERRORS
from tokometer.server.endpoints.asking import Asked, Parameter, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts
from tokometer.server.endpoints.declared import Field, Map, Rows, block
from tokometer.server.endpoints.gathering import gather
from tokometer.server.endpoints.naming import provider_in
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import PERCENT, TEXT, TIME, WHOLE

#: A rate that differs by less than this share of what it was is stable.
STABLE: Final = 0.1
_SAMPLE: Final = 5
_FEED_ORDER: Final = Parameter("sort", "`newest` or `oldest` first.", ("newest", "oldest"))

_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_IDENTITY: Final = (
    Field("timestamp", "", TIME, "2026-11-27T10:25:43.120000Z", "When the call began."),
    Field("error_type", "", TEXT, "timeout", f"What kind of failure it was: `{'`, `'.join(ERRORS)}`."),
    Field("error_message", "", TEXT, "Request exceeded 30s timeout", "What the error says."),
    Field("provider", "", TEXT, "together", "The provider's slug."),
    Field("model", "", TEXT, "llama-2-70b", "The model."),
    Field("error_code", "", WHOLE, 504, "The HTTP status of the answer."),
    Field("request_id", "", TEXT, "req_abc123", "The request, as the provider names it."),
    Field("provider_error_code", "", TEXT, "context_length_exceeded", "The provider's own code."),
    Field("user", "", TEXT, "mia", "Who asked."),
    Field("api_key", "", TEXT, "…ab12", "The API key, masked."),
    Field("team", "", TEXT, "search", "The team."),
    Field("agent", "", TEXT, "support-bot", "The agent or client program."),
    Field("session", "", TEXT, "s-81f2", "The session."),
    Field("trace_id", "", TEXT, "4bf92f3577b34da6a3ce929d0e0e4736", "The trace that it is part of."),
    Field("attempt", "", WHOLE, 1, "Which attempt at the same thing it was."),
)
_RECENT: Final = Rows("", block("", *_IDENTITY), meaning="The newest first.")
_DETAILED: Final = Rows(
    "",
    block(
        "",
        *_IDENTITY,
        Field("error_class", "", TEXT, "ReadTimeout", "The class of the error."),
        Field(
            "stack_trace",
            "",
            TEXT,
            "client.py:88 in send",
            "Where in the program it happened, where such details are kept.",
        ),
        Field(
            "request_payload", "", TEXT, '{"model": "gpt-5"}', "What was sent; only where keeping it is switched on."
        ),
        Field(
            "response_details", "", TEXT, "upstream timed out", "What came back; only where keeping it is switched on."
        ),
    ),
    meaning="The newest first.",
)
#: Columns of the feed under the names of the answer.
_COLUMNS: Final = {
    "timestamp": "at",
    "error_type": "status",
    "error_message": "error_message",
    "provider": "provider",
    "model": "model",
    "error_code": "http_status",
    "request_id": "request_id",
    "provider_error_code": "error_code",
    "user": "user",
    "api_key": "api_key",
    "team": "team",
    "agent": "agent",
    "session": "session",
    "trace_id": "trace_id",
    "attempt": "attempt",
}
_DETAILS: Final = {"error_class": "error_class", "stack_trace": "stack_trace"}

_COUNT: Final = Field("errors", "calls.errors", WHOLE, 345)
_BY_TYPE: Final = Map(
    "errors_by_type",
    _COUNT,
    "error_type",
    {"timeout": 456, "rate_limit": 234, "auth_error": 88, "invalid_request": 45, "server_error": 411},
    "Errors of the period by type, all of which are there.",
)
_BY_PROVIDER: Final = Map(
    "errors_by_provider",
    _COUNT,
    "provider",
    {"together": 345, "openrouter": 123},
    "Errors of the period by provider, of those that had calls, the most first.",
)
_BY_MODEL: Final = Map(
    "errors_by_model",
    _COUNT,
    "model",
    {"llama-2-70b": 301, "gpt-4o": 88},
    "Errors of the period by model, of those that had errors, the most first.",
)
_RATES: Final = Map(
    "error_rate_by_provider",
    Field("error_rate_percent", "calls.error_rate", PERCENT, 2.1),
    "provider",
    {"together": 2.1, "openrouter": 0.3},
    "Error rate of the period by provider, in per cent.",
)
_RATES_BY_MODEL: Final = Map(
    "error_rate_by_model",
    Field("error_rate_percent", "calls.error_rate", PERCENT, 2.1),
    "model",
    {"llama-2-70b": 2.1, "gpt-4o": 0.3},
    "Error rate of the period by model, in per cent, of those that had errors.",
)
_RATE: Final = Field("error_rate_percent", "calls.error_rate", PERCENT, 0.92)
_TREND: Final = (
    Field(
        "trending",
        "",
        TEXT,
        "decreasing",
        "The error rate against that of the period before: `increasing` or `decreasing` by more than a tenth of it, "
        "else `stable`; null where there were no calls to compare with.",
    ),
    Field("previous_error_rate_percent", "", PERCENT, 1.3, "The error rate of the period before."),
)
_COURSE: Final = course_parts(
    Field("errors", "calls.errors", WHOLE, 4),
    Field("requests", "calls.requests", WHOLE, 512),
    Field("error_rate_percent", "calls.error_rate", PERCENT, 0.78),
)
STATS: Final = block(
    "",
    Field("total_errors_24h", "calls.errors", WHOLE, 1234, window="24h"),
    _RATE,
    _BY_TYPE,
    _BY_PROVIDER,
    *_TREND,
    Field("total_errors", "calls.errors", WHOLE, 1234),
    Field("total_requests", "calls.requests", WHOLE, 134130),
    _RATES,
    _BY_MODEL,
    _RATES_BY_MODEL,
    _NOW,
    *window_parts(),
    *_COURSE,
)
_SAMPLED: Final = Rows("recent_errors_sample", block("", *_IDENTITY), meaning="The newest errors of the period.")
OF_PROVIDER: Final = block(
    "",
    Field("provider", "", TEXT, "together", "The provider's slug."),
    Field("error_count_24h", "calls.errors", WHOLE, 345, window="24h"),
    _RATE,
    _BY_TYPE,
    _SAMPLED,
    *_TREND,
    Field("error_count", "calls.errors", WHOLE, 345),
    Field("total_requests", "calls.requests", WHOLE, 16428),
    _BY_MODEL,
    _NOW,
    *window_parts(),
    *_COURSE,
)
_TYPES: Final = Rows(
    "types",
    block(
        "",
        Field("error_type", "", TEXT, "timeout", "The kind of failure."),
        Field("count", "calls.errors", WHOLE, 456),
        Field("percent_of_errors", "", PERCENT, 36.95, "Its share of all errors."),
        Field("percent_of_requests", "", PERCENT, 0.34, "Its share of all calls."),
    ),
    by="error_type",
    meaning="The most frequent first.",
)
TYPES: Final = block(
    "",
    Field("total_errors", "calls.errors", WHOLE, 1234),
    Field("total_requests", "calls.requests", WHOLE, 134130),
    _RATE,
    _BY_TYPE,
    _TYPES,
    *_TREND,
    _NOW,
    *window_parts(),
)


def trending(rate: float | None, before: float | None) -> str | None:
    """Whether an error rate rises or falls, against that of the period before."""
    if rate is None or before is None:
        return None
    if abs(rate - before) <= STABLE * before:
        return "stable"
    return "increasing" if rate > before else "decreasing"


def _failed(asked: Asked, columns: Sequence[str], limit: int) -> Sequence[Mapping[str, Any]]:
    since, until = asked.window.asked
    feed = Feed(
        columns=tuple(columns),
        where=(*asked.context.where(), Filter("calls.status", "in", ERRORS)),
        since=since,
        until=until,
        tz=asked.context.scope.zone.key,
        limit=limit,
        newest=asked.own.get("sort", "newest") != "oldest",
    )
    return asked.context.ask(feed).rows


def _told(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """A record under the names of the answer; text that is empty is not known."""
    return {name: None if row[column] == "" else row[column] for name, column in columns.items()}


def _recent(asked: Asked) -> list[dict[str, Any]]:
    rows = _failed(asked, tuple(_COLUMNS.values()), asked.limit)
    return [_RECENT.row.write({}, _told(row, _COLUMNS)) for row in rows]


def _tail(asked: Asked) -> list[dict[str, Any]]:
    columns = _COLUMNS | _DETAILS
    rows = _failed(asked, tuple(columns.values()), asked.limit)
    bodies = _bodies(asked, rows)
    none = {"request_payload": None, "response_details": None}
    return [_DETAILED.row.write({}, _told(row, columns) | none | bodies.get(row["request_id"], {})) for row in rows]


def _bodies(asked: Asked, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By request, what was sent and came back, of the errors for which that is kept."""
    requests = [row["request_id"] for row in rows if row["request_id"]]
    if not requests:
        return {}
    since, until = asked.window.asked
    feed = Feed(
        cube="error_details", columns=("request_id", "request", "response"), since=since, until=until, limit=1_000
    )
    wanted = set(requests)
    return {
        row["request_id"]: {"request_payload": row["request"] or None, "response_details": row["response"] or None}
        for row in asked.context.ask(feed).rows
        if row["request_id"] in wanted
    }


def _common(asked: Asked, maps: Iterable[Map]) -> dict[str, Any]:
    """What the answers about numbers have in common: their maps, the trend, and their window."""
    given: dict[str, Any] = asked.told()
    for one in maps:
        given[one.name] = _mapped(asked, one)
    row = asked.context.query(asked.window, "error_rate", compare=True).rows[0]
    before = row.get("error_rate.previous")
    return given | {"trending": trending(row["error_rate"], before), "previous_error_rate_percent": before}


def _mapped(asked: Asked, of: Map) -> dict[str, Any]:
    # Numbers of errors and their rates come with one question.
    fields = [_BY_TYPE.value, _RATES.value]
    found = gather(asked.context, fields, by=of.by)
    if of.by == "error_type":
        return {name: of.value.write(found.of(name)[of.value.key]) for name in ERRORS}
    errors = {name: found.of(name)[_COUNT.key] for name in found}
    names = sorted(errors, key=lambda name: (-errors[name], name))
    kept = [name for name in names if errors[name] or of.by != "model"]
    return {name: of.value.write(found.of(name)[of.value.key]) for name in kept}


def _stats(asked: Asked) -> dict[str, Any]:
    given = _common(asked, (_BY_TYPE, _BY_PROVIDER, _RATES, _BY_MODEL, _RATES_BY_MODEL))
    return STATS.write(gather(asked.context, STATS).of(""), given | course(asked, STATS))


def _of_provider(asked: Asked) -> dict[str, Any]:
    slug = provider_in(asked, "provider")
    about = asked.only("provider", slug)
    given = _common(about, (_BY_TYPE, _BY_MODEL)) | course(about, OF_PROVIDER)
    rows = _failed(about, tuple(_COLUMNS.values()), asked.limit)
    given["recent_errors_sample"] = [_SAMPLED.row.write({}, _told(row, _COLUMNS)) for row in rows]
    return OF_PROVIDER.write(gather(about.context, OF_PROVIDER).of(""), given | {"provider": slug})


def _by_type(asked: Asked) -> dict[str, Any]:
    given = _common(asked, (_BY_TYPE,))
    values = gather(asked.context, TYPES).of("")
    errors, calls = values[_COUNT.key], values["calls.requests", "", False]
    found = gather(asked.context, _TYPES.row, by="error_type")
    rows = []
    for name in ERRORS:
        count = found.of(name)[_COUNT.key]
        shares = {
            "percent_of_errors": count / errors if errors else None,
            "percent_of_requests": count / calls if calls else None,
        }
        rows.append(_TYPES.row.write(found.of(name), {"error_type": name, **shares}))
    rows.sort(key=lambda row: -row["count"])
    return TYPES.write(values, given | {"types": asked.arranged(rows, _TYPES)})


_RATE_WORDS: Final = "Cancelled calls are no errors. Types, rates and counts are about the period."
ENDPOINTS: Final = (
    Endpoint(
        path="/api/errors",
        summary="The newest errors, with all that is known of them",
        about="The tail of the error log, with the details that are kept: stack trace, request and response.",
        answer=_DETAILED,
        make=_tail,
        every=5.0,
        limit=100,
        takes=(_FEED_ORDER,),
    ),
    Endpoint(
        path="/api/errors/recent",
        summary="The newest errors",
        about="One row a failed call. What a source does not tell is null.",
        answer=_RECENT,
        make=_recent,
        every=5.0,
        limit=100,
        takes=(_FEED_ORDER,),
    ),
    Endpoint(
        path="/api/errors/stats",
        summary="How many errors there are, of which kind, where, and whether they rise",
        about=_RATE_WORDS,
        answer=STATS,
        make=_stats,
        every=15.0,
        takes=(INTERVAL,),
    ),
    Endpoint(
        path="/api/errors/stats/by-type",
        summary="Errors by type",
        about=_RATE_WORDS,
        answer=TYPES,
        make=_by_type,
        every=15.0,
    ),
    Endpoint(
        path="/api/errors/stats/{provider}",
        summary="The errors of one provider",
        about=f"{_RATE_WORDS} `limit` is about the sample.",
        answer=OF_PROVIDER,
        make=_of_provider,
        every=15.0,
        limit=_SAMPLE,
        names={"provider": "The provider's slug, or any spelling of it that we know."},
        takes=(INTERVAL,),
    ),
)
router: Final = routed("errors", ENDPOINTS)
