"""`/api/providers/…`: how each provider does, what it costs, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from tokometer.judgement.declared import PREFIX
from tokometer.records.providers import PROVIDERS
from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts
from tokometer.server.endpoints.declared import Block, Field, Rows, Texts, block, over
from tokometer.server.endpoints.gathering import Values, gather
from tokometer.server.endpoints.naming import provider_in, provider_name, seen
from tokometer.server.endpoints.reliability import incident_rows, providers_in
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    CHANGE,
    FLAG,
    IS_OPEN,
    MS,
    NUMBER,
    PER_MINUTE,
    PER_SECOND,
    PERCENT,
    SCORE,
    SECONDS,
    STATUS,
    TEXT,
    TIME,
    TOKENS,
    USD,
    USD_PER_MTOK,
    WHOLE,
)

_SLUG: Final = {"slug": "The provider: its slug, or any spelling of it that we know."}
_LIVE: Final = (
    "`realtime` is about the last 5 minutes: rates per minute, error rate and latencies. A provider that had no calls "
    "in a window has counts of 0 there, and null for whatever cannot be told without calls."
)

SLUG_FIELD: Final = Field("slug", "", TEXT, "openrouter", "The provider, as addresses and filters have it.")
NAME_FIELD: Final = Field("name", "", TEXT, "OpenRouter", "What people call it.")
NOW_FIELD: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
SCORE_FIELD: Final = Field("health_score", "judgement.health_score", SCORE, 95)
STATUS_FIELD: Final = Field(
    "status", "judgement.health_score.status", STATUS, "healthy", "`healthy`, `warning`, `critical` or `no_data`."
)
REALTIME: Final = over(
    "5m",
    Field("requests_per_minute", "calls.requests_per_minute", PER_MINUTE, 1245),
    Field("errors_per_minute", "calls.errors_per_minute", PER_MINUTE, 8),
    Field("error_rate_percent", "calls.error_rate", PERCENT, 0.64),
    Field("avg_latency_ms", "calls.mean_latency", MS, 245),
    Field("p50_latency_ms", "calls.p50_latency", MS, 120),
    Field("p95_latency_ms", "calls.p95_latency", MS, 450),
    Field("p99_latency_ms", "calls.p99_latency", MS, 890),
    Field("p999_latency_ms", "calls.p999_latency", MS, 1730),
)
_UPTIME: Final = tuple(
    Field(f"uptime_{window}_percent", "calls.availability", PERCENT, example, window=window)
    for window, example in (("24h", 99.95), ("7d", 99.87), ("30d", 99.9))
)
_BREAKER_OPEN: Final = Field(
    "circuit_breaker_open", "judgement.breaker", IS_OPEN, example=False, meaning="Whether its circuit breaker is open."
)
AVAILABILITY: Final = (
    *_UPTIME,
    _BREAKER_OPEN,
    Field("circuit_breaker", "judgement.breaker", TEXT, "CLOSED", "`CLOSED`, `OPEN` or `HALF_OPEN`."),
)
FINANCIAL: Final = (
    *(
        Field(f"cost_{window}", "calls.cost", USD, example, window=window)
        for window, example in (("24h", 3456.78), ("7d", 24123.45), ("30d", 89234.56))
    ),
    Field("cost_per_request", "calls.cost_per_request", USD, 0.00012),
    Field("cost_trend_percent", "calls.cost", CHANGE, 4.2, change=True),
)
TOKEN_TOTALS: Final = (
    *(
        Field(f"total_{window}", "calls.total_tokens", TOKENS, example, window=window)
        for window, example in (("24h", 1234567), ("7d", 8641969), ("30d", 37037010))
    ),
    Field("tokens_per_second", "calls.tokens_per_second", PER_SECOND, 14285),
    Field("cost_per_million", "calls.cost_per_mtok", USD_PER_MTOK, 2.80),
)
_PROVIDER_PARTS: Final = (
    SLUG_FIELD,
    NAME_FIELD,
    SCORE_FIELD,
    STATUS_FIELD,
    block("realtime", *REALTIME, meaning="The last 5 minutes."),
    block("availability", *AVAILABILITY, meaning="Uptime is the share of the minutes with calls that were good."),
    block("financial", *FINANCIAL),
    block("tokens", *TOKEN_TOTALS),
)
PROVIDER: Final = Block("provider", _PROVIDER_PARTS)
_PROVIDERS: Final = Rows("providers", PROVIDER, by="provider", named="slug", meaning="The most used first.")
METRICS: Final = block("", NOW_FIELD, *window_parts(), _PROVIDERS)

_REQUESTS: Final = Field("requests", "calls.requests", WHOLE, 45678)
_LISTED: Final = Rows(
    "providers",
    block(
        "",
        SLUG_FIELD,
        NAME_FIELD,
        Field("status", "", TEXT, "active", "Of the service as such: `active`, `beta` or `deprecated`."),
        Field("type", "", TEXT, "gateway", "`cloud`, `gateway` or `local` (runs on your own machines)."),
        Field("color", "", TEXT, "#9c489c", "Its colour, the same in every chart."),
        Texts("supported_models", "Models of it that were called or are on offer.", ["gpt-4o", "claude-sonnet-4-5"]),
        Field("website", "", TEXT, "https://openrouter.ai", "Its website."),
        Field("docs_url", "", TEXT, "https://openrouter.ai/docs", "Its documentation."),
        Field("contact", "", TEXT, "https://openrouter.ai/support", "Where its support is reached."),
        Field("in_use", "", FLAG, example=True, meaning="Whether there are calls of it at all."),
        _REQUESTS,
        block(
            "connection",
            Field("state", "judgement.connection", TEXT, "usage arrives"),
            Field("account", "judgement.connection.account", TEXT, "bills received"),
            Field("error", "judgement.connection.error", TEXT, ""),
            Field("last_sync_seconds_ago", "judgement.connection.synced", SECONDS, 240),
            Field("sources", "judgement.connection.sources", TEXT, "litellm"),
            Field("last_used_seconds_ago", "judgement.connection.age", SECONDS, 1800),
            Field("billed", "judgement.connection.billed", USD, 431.2),
            Field("balance", "judgement.connection.balance", USD, 12.34),
            meaning="Whether usage of it arrives, and what its account tells (`judgement.connection`).",
        ),
    ),
    by="provider",
    named="slug",
    meaning="Those in use first, the most used first.",
)
LIST: Final = block("", NOW_FIELD, *window_parts(), _LISTED)

_HEAD: Final = (SLUG_FIELD, NAME_FIELD, NOW_FIELD)
HEALTH: Final = block(
    "",
    *_HEAD,
    SCORE_FIELD,
    STATUS_FIELD,
    block(
        "parts",
        Field("success", "judgement.health_score.success", NUMBER, 0.93),
        Field("latency", "judgement.health_score.latency", NUMBER, 1.0),
        Field("availability", "judgement.health_score.availability", NUMBER, 1.0),
        meaning="What the score is made of, each from 0 to 1; null where it was not measured.",
    ),
    Field("requests", "judgement.health_score.requests", WHOLE, 12345),
    Field("error_rate_percent", "judgement.health_score.error_rate", PERCENT, 0.64),
    Field("p95_latency_ms", "judgement.health_score.p95_latency", MS, 450),
    Field("without", "judgement.health_score.without", TEXT, ""),
)
_COURSE: Final = course_parts(
    Field("requests", "calls.requests", WHOLE, 1245),
    Field("errors", "calls.errors", WHOLE, 8),
    Field("error_rate_percent", "calls.error_rate", PERCENT, 0.64),
    Field("p95_latency_ms", "calls.p95_latency", MS, 450),
)
LIVE: Final = block("", *_HEAD, *REALTIME, *window_parts(), *_COURSE)
_INCIDENTS: Final = Rows(
    "incidents",
    block(
        "",
        Field("start", "", TIME, "2026-11-26T21:04:00Z", "The beginning of its first bad minute."),
        Field("end", "", TIME, "2026-11-26T21:19:00Z", "The end of its last one; null while it goes on."),
        Field("duration_seconds", "", SECONDS, 900, "How long it took, or has taken so far."),
        Field("severity", "", TEXT, "major", "`critical`, `major` or `minor`."),
        Field("failed_percent", "", PERCENT, 84.5, "Share of the calls of its bad minutes that failed."),
        Field("requests", "", WHOLE, 412, "Calls in its bad minutes."),
        Field("errors", "", WHOLE, 348, "Failed calls in its bad minutes."),
    ),
    meaning="Incidents in the window (`judgement.incidents`), the newest first.",
)
UPTIME: Final = block(
    "",
    *_HEAD,
    *AVAILABILITY,
    *window_parts(),
    Field("uptime_percent", "calls.availability", PERCENT, 99.95),
    Field("target_percent", "judgement.uptime.target", PERCENT, 99.9),
    Field("downtime_seconds", "judgement.uptime.downtime", SECONDS, 900),
    Field("incident_count", "judgement.uptime.incidents", WHOLE, 1),
    Field("quiet_days", "judgement.uptime.quiet_days", NUMBER, 0.55),
    _INCIDENTS,
    *course_parts(Field("uptime_percent", "calls.availability", PERCENT, 100)),
)
COSTS: Final = block(
    "",
    *_HEAD,
    *FINANCIAL,
    *window_parts(),
    Field("cost", "calls.cost", USD, 3456.78),
    Field("revenue", "judgement.profit.revenue", USD, 4100.5),
    Field("profit", "judgement.profit", USD, 643.72),
    Field("margin_percent", "judgement.profit.margin", PERCENT, 15.7),
    Field("unpriced_requests", "calls.unpriced", WHOLE, 0),
    *course_parts(Field("cost", "calls.cost", USD, 144.03)),
)
TOKENS_OF: Final = block(
    "",
    *_HEAD,
    *TOKEN_TOTALS,
    *window_parts(),
    Field("input_tokens", "calls.prompt_tokens", TOKENS, 812345),
    Field("output_tokens", "calls.output_tokens", TOKENS, 422222),
    Field("total_tokens", "calls.total_tokens", TOKENS, 1234567),
    Field("avg_tokens_per_request", "calls.avg_tokens_per_request", NUMBER, 2705.2),
    *course_parts(
        Field("input_tokens", "calls.prompt_tokens", TOKENS, 33847),
        Field("output_tokens", "calls.output_tokens", TOKENS, 17592),
        Field("cost_per_million", "calls.cost_per_mtok", USD_PER_MTOK, 2.8),
    ),
)
BREAKER: Final = block(
    "",
    Field("provider", "", TEXT, "together", "The provider's slug."),
    Field("breaker_state", "judgement.breaker", TEXT, "CLOSED", "`CLOSED`, `OPEN` or `HALF_OPEN`; null without calls."),
    Field("failure_count", "judgement.breaker.failure_count", WHOLE, 2),
    Field("failure_threshold", "", WHOLE, 10, "Failures that open it, as settled."),
    Field("last_failure", "judgement.breaker.last_failure", TIME, "2026-11-27T09:45:00Z"),
    Field("time_in_state_seconds", "judgement.breaker.time_in_state", SECONDS, 3600),
    Field("success_rate_since_last_failure", "judgement.breaker.success_rate", PERCENT, 99.2),
    Field("state_since", "judgement.breaker.since", TIME, "2026-11-27T09:30:00Z"),
    Field("trips_24h", "judgement.breaker.trips", WHOLE, 1),
    Field("origin", "judgement.breaker.origin", TEXT, "simulated"),
    NOW_FIELD,
)
ONE: Final = block(
    "",
    *_HEAD,
    *_PROVIDER_PARTS[2:],
    *window_parts(),
    *course_parts(
        Field("requests", "calls.requests", WHOLE, 1245),
        Field("error_rate_percent", "calls.error_rate", PERCENT, 0.64),
        Field("p95_latency_ms", "calls.p95_latency", MS, 450),
        Field("cost", "calls.cost", USD, 144.03),
        Field("total_tokens", "calls.total_tokens", TOKENS, 51440),
        Field("uptime_percent", "calls.availability", PERCENT, 100),
    ),
)


def _metrics(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, PROVIDER, by="provider")
    rows = [
        PROVIDER.write(_standing(found.of(name)), {"slug": name, "name": provider_name(name)})
        for name in providers_in(asked, found)
    ]
    return METRICS.write({}, asked.told() | {"providers": asked.arranged(rows, _PROVIDERS)})


def _standing(values: Values) -> Values:
    """A provider that no health score knows of has no data, and says so."""
    values.setdefault(STATUS_FIELD.key, "no_data")
    return values


def _list(asked: Asked) -> dict[str, Any]:
    requests = gather(asked.context, [_REQUESTS], by=("provider", "model"))
    total = gather(asked.context, _LISTED.row, by="provider")
    models: dict[str, list[str]] = {}
    offers = asked.context.query(asked.context.window("all"), "models.models", by=("provider", "model"))
    pairs = [*requests, *((row["provider"], row["model"]) for row in offers.rows)]
    for provider, model in dict.fromkeys(pairs):
        if model:
            models.setdefault(provider, []).append(model)
    calls = seen(asked.runtime, "provider")
    rows = [
        _LISTED.row.write(total.of(slug), _definition(asked, slug, models.get(slug, []), calls))
        for slug in dict.fromkeys([*calls, *PROVIDERS])
        if slug
    ]
    return LIST.write({}, asked.told() | {"providers": asked.arranged(rows, _LISTED)})


def _definition(asked: Asked, slug: str, models: Iterable[str], calls: Mapping[str, int]) -> dict[str, Any]:
    known = PROVIDERS.get(slug)
    colours = asked.runtime.colours
    return {
        "slug": slug,
        "name": provider_name(slug),
        "status": known.status if known else None,
        "type": known.type if known else None,
        "color": known.colour if known else colours.of([slug])[slug],
        "supported_models": list(models),
        "website": known.website if known else None,
        "docs_url": known.docs if known else None,
        "contact": known.contact if known else None,
        "in_use": calls.get(slug, 0) > 0,
    }


def _one(answer: Block) -> Any:  # noqa: ANN401 - makes an answer
    """What makes the answer about one provider: its fields, and the course of those that are lists over time."""

    def make(asked: Asked) -> dict[str, Any]:
        slug = provider_in(asked)
        about = asked.only("provider", slug)
        judged = [one for one in answer.fields() if one.source.startswith(PREFIX)]
        measured = [one for one in answer.fields() if one not in judged]
        values = Values(gather(about.context, measured).of(""))
        values |= gather(about.context, judged, by="provider").of(slug)
        given = {"slug": slug, "name": provider_name(slug), "provider": slug, **about.told()}
        given["failure_threshold"] = asked.runtime.settings.breaker.failures
        names = {part.name for part in answer.parts}
        if "timeline" in names:
            given |= course(about, answer)
        if "incidents" in names:
            given["incidents"] = asked.arranged(incident_rows(about, _INCIDENTS.row), _INCIDENTS)
        return answer.write(_standing(values), given)

    return make


def _about(path: str, summary: str, about: str, answer: Block, **words: Any) -> Endpoint:  # noqa: ANN401
    return Endpoint(
        path=f"/api/providers/{{slug}}/{path}",
        summary=summary,
        about=about,
        answer=answer,
        make=_one(answer),
        names=_SLUG,
        **words,
    )


_BREAKER: Final = _about(
    "circuit-breaker",
    "The state of a provider's circuit breaker",
    "The state that a gateway reports, or the one that a breaker would be in on the outcomes of the last 24 hours, "
    "whatever the period; `origin` says which. Thresholds stand under `[breaker]` in the settings.",
    BREAKER,
    every=5.0,
)
ENDPOINTS: Final = (
    Endpoint(
        path="/api/providers/metrics",
        summary="Health, rates, uptime, cost and tokens of every provider",
        about=f"All providers that were ever called or are on offer. {_LIVE} `cost_per_request`, `cost_trend_percent`, "
        "`tokens_per_second` and `cost_per_million` are about the period.",
        answer=METRICS,
        make=_metrics,
        every=15.0,
    ),
    Endpoint(
        path="/api/providers/list",
        summary="Every provider that is known: definitions, models, colour, links",
        about="Those that were called or are on offer, and all that Tokometer knows by name. `requests` is about the "
        "period.",
        answer=LIST,
        make=_list,
        period="30d",
        every=300.0,
    ),
    _about(
        "health",
        "A provider's health score and what it is made of",
        "Of the last minutes that the settings say (`[health]`), whatever the period; see `judgement.health_score`.",
        HEALTH,
        every=15.0,
    ),
    _about(
        "realtime",
        "A provider right now",
        f"{_LIVE} `timeline` is about the period.",
        LIVE,
        period="1h",
        every=5.0,
        takes=(INTERVAL,),
    ),
    _about(
        "availability",
        "A provider's uptime, incidents and breaker",
        "Uptime is the share of the minutes with calls in which at least half of them succeeded.",
        UPTIME,
        every=15.0,
        takes=(INTERVAL,),
    ),
    _about("financial", "What a provider costs", "Amounts are in US dollars.", COSTS, takes=(INTERVAL,)),
    _about("tokens", "A provider's tokens", "Input counts cached tokens as well.", TOKENS_OF, takes=(INTERVAL,)),
    _BREAKER,
    replace(_BREAKER, path="/api/providers/{slug}/breaker-status"),
    _about(
        "metrics",
        "Everything about one provider",
        f"{_LIVE} `timeline` is about the period.",
        ONE,
        every=15.0,
        takes=(INTERVAL,),
    ),
)
router: Final = routed("providers", ENDPOINTS)
