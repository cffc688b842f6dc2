"""`/api/models/…`: which models there are, and how each is used, performs and costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from tokometer.dashboards.answers import JUDGED
from tokometer.measures import Spread
from tokometer.server.endpoints.asking import Asked, Parameter, refused, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts
from tokometer.server.endpoints.declared import Field, Rows, Texts, block
from tokometer.server.endpoints.gathering import Gathered, Values, gather
from tokometer.server.endpoints.naming import model_in, model_named, seen
from tokometer.server.endpoints.offers import definition, last_used, models_of
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    BYTES,
    CHANGE,
    DATE,
    FLAG,
    MS,
    NUMBER,
    PER_SECOND,
    PERCENT,
    SCORE,
    STATUS,
    TEXT,
    TIME,
    TOKENS,
    USD,
    USD_PER_MTOK,
    USD_PER_TOKEN,
    WHOLE,
)

_ID: Final = {"model_id": "The model's id, as it stands in `/api/models/list`; slashes as they are or encoded."}
_MOST_COMPARED: Final = 50

_PROPERTIES: Final = (
    Field("provider", "", TEXT, "openrouter", "Who serves it; of several, the one with most calls."),
    Field("model_family", "", TEXT, "gpt", "The family that it belongs to."),
    Field("context_window", "", TOKENS, 128000, "The most tokens that fit into it."),
    Field("max_tokens", "", TOKENS, 16384, "The most tokens that it generates at once, where its provider says so."),
)
_REQUESTS: Final = Field("requests", "calls.requests", WHOLE, 45678)
_LISTED: Final = Rows(
    "",
    block(
        "",
        Field("id", "", TEXT, "gpt-4o", "Its id, as sources name it."),
        Field("name", "", TEXT, "GPT-4o", "What people call it."),
        *_PROPERTIES,
        Field("cost_per_1m_input", "", USD_PER_MTOK, 5.0, "Today's price of input tokens at this provider."),
        Field("cost_per_1m_output", "", USD_PER_MTOK, 15.0, "Today's price of output tokens."),
        Field("cost_per_1m_cache_read", "", USD_PER_MTOK, 2.5, "Today's price of cached input tokens."),
        Field("price_source", "", TEXT, "genai-prices", "Where these prices stand; `local` for what runs on your own."),
        Texts("providers", "Everybody who serves it, the one with most calls first.", ["openrouter", "openai"]),
        Field("provider_name", "", TEXT, "OpenRouter", "What people call the provider."),
        Field("deprecated", "", FLAG, example=False, meaning="Whether it is going to be withdrawn."),
        Field("release_date", "", DATE, "2024-05-13", "When it came out, where its provider says so."),
        Field("description", "", TEXT, "A model of the family gpt from OpenRouter.", "It in one sentence."),
        Field("supports_tools", "", FLAG, example=True, meaning="Whether it can call tools, where that is known."),
        Field("supports_vision", "", FLAG, example=True, meaning="Whether it reads images, where that is known."),
        Field(
            "status",
            "",
            TEXT,
            "available",
            "Of the offer: `available`, `downloading`, `beta`, `deprecated` and the like.",
        ),
        Field(
            "installed", "", FLAG, example=False, meaning="Whether it is on a machine of yours; null where not told."
        ),
        Field("size_bytes", "", BYTES, 4920734272, "What it takes on disk."),
        Field("parameters", "", WHOLE, 8030000000, "How many parameters it has."),
        Field("quantisation", "", TEXT, "Q4_K_M", "How its weights are stored."),
        Field("licence", "", TEXT, "apache-2.0", "Its licence."),
        Field("download_percent", "", PERCENT, 42, "How much of its download is done."),
        Field("last_used", "", TIME, "2026-11-27T10:00:00Z", "The hour or day of its last call in the last 30 days."),
        _REQUESTS,
        Field("conversations", "calls.sessions", WHOLE, 234),
        Field("total_tokens", "calls.total_tokens", TOKENS, 358024679),
        Field("cost", "calls.cost", USD, 1234.56),
        Field("success_rate_percent", "calls.success_rate", PERCENT, 98.97),
        Field("p95_latency_ms", "calls.p95_latency", MS, 450),
    ),
    by="model",
    named="id",
    meaning="The most used first.",
)

USAGE: Final = block(
    "usage",
    Field("total_requests", "calls.requests", WHOLE, 45678),
    Field("success_count", "calls.succeeded", WHOLE, 45234),
    Field("error_count", "calls.errors", WHOLE, 444),
    Field("success_rate_percent", "calls.success_rate", PERCENT, 98.97),
    Field("error_rate_percent", "calls.error_rate", PERCENT, 1.03),
    Field("requests_per_second", "calls.requests_per_second", PER_SECOND, 0.528),
    Field("conversations", "calls.sessions", WHOLE, 234),
)
PERFORMANCE: Final = block(
    "performance",
    Field("p50_latency_ms", "calls.p50_latency", MS, 120),
    Field("p95_latency_ms", "calls.p95_latency", MS, 450),
    Field("p99_latency_ms", "calls.p99_latency", MS, 890),
    Field("p999_latency_ms", "calls.p999_latency", MS, 1730),
    Field("avg_latency_ms", "calls.mean_latency", MS, 245),
    Field("p50_time_to_first_token_ms", "calls.p50_ttft", MS, 80),
    Field("p95_time_to_first_token_ms", "calls.p95_ttft", MS, 210),
    Field("generation_tokens_per_second", "calls.speed", PER_SECOND, 84.2),
    Field("timeout_rate_percent", "calls.timeout_rate", PERCENT, 0.12),
)
TOKENS_USED: Final = block(
    "tokens",
    Field("input_tokens", "calls.prompt_tokens", TOKENS, 234567890),
    Field("output_tokens", "calls.output_tokens", TOKENS, 123456789),
    Field("total_tokens", "calls.total_tokens", TOKENS, 358024679),
    Field("avg_input_per_request", "calls.avg_input_per_request", NUMBER, 5143),
    Field("avg_output_per_request", "calls.avg_output_per_request", NUMBER, 2705),
    Field("completion_ratio", "calls.completion_ratio", NUMBER, 0.526),
    Field("tokens_per_second", "calls.tokens_per_second", PER_SECOND, 4141),
    Field("cached_input_tokens", "calls.cache_read_tokens", TOKENS, 34567890),
)
FINANCIAL: Final = block(
    "financial",
    Field("total_cost", "calls.cost", USD, 1234.56),
    Field("cost_per_request", "calls.cost_per_request", USD, 0.027),
    Field(
        "cost_per_token",
        "calls.cost_per_mtok",
        USD_PER_TOKEN,
        0.00000344,
        "Cost of a token, of the calls that have a price.",
    ),
    Field("cost_trend_percent", "calls.cost", CHANGE, -3.1, change=True),
    Field("unpriced_requests", "calls.unpriced", WHOLE, 0),
)
_BUDGET: Final = block(
    "budget",
    Field("monthly_budget", "judgement.budget.monthly_budget", USD, 2000),
    Field("spent_this_month", "judgement.budget.spent", USD, 1234.56),
    Field("percent_used", "judgement.budget", PERCENT, 61.73, "Share of the month's budget that is used."),
    Field("alert_level", "judgement.budget.alert_level", TEXT, "ok"),
    meaning="Of the calendar month; null where no budget is configured for the model.",
)
_HEALTH: Final = block(
    "health",
    Field("health_score", "judgement.health_score", SCORE, 95),
    Field(
        "status", "judgement.health_score.status", STATUS, "healthy", "`healthy`, `warning`, `critical` or `no_data`."
    ),
)
_MODEL_FIELD: Final = Field("model_id", "", TEXT, "gpt-4o", "The model's id.")
_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_ROW: Final = block("", _MODEL_FIELD, _NOW, *window_parts(), USAGE, PERFORMANCE, TOKENS_USED, FINANCIAL)
_COMPARED: Final = Rows("", _ROW, by="model", named="model_id", meaning="In the order in which they were named.")
_DISTRIBUTION: Final = Rows(
    "response_times",
    block(
        "",
        Field("above_ms", "", MS, 101.2, "Slower than this."),
        Field("up_to_ms", "", MS, 103.2, "At most this."),
        Field("requests", "", WHOLE, 812, "Calls that took so long."),
    ),
    meaning="How response times are distributed: the log buckets that have calls, the shortest first.",
)
METRICS: Final = block(
    "",
    *_ROW.parts,
    _BUDGET,
    _HEALTH,
    block("properties", *_PROPERTIES),
    _DISTRIBUTION,
    *course_parts(
        Field("requests", "calls.requests", WHOLE, 1902),
        Field("errors", "calls.errors", WHOLE, 18),
        Field("p95_latency_ms", "calls.p95_latency", MS, 450),
        Field("total_tokens", "calls.total_tokens", TOKENS, 14917694),
        Field("cost", "calls.cost", USD, 51.44),
    ),
)
_MODEL_IDS: Final = Parameter("model_ids", f"The models to compare, with commas between; at most {_MOST_COMPARED}.")


def _list(asked: Asked) -> list[dict[str, Any]]:
    pairs = gather(asked.context, [_REQUESTS], by=("provider", "model"))
    found = gather(asked.context, _LISTED.row, by="model")
    latest = last_used(asked)
    models = models_of(asked, pairs)
    rows = []
    for name, model in models.items():
        told = definition(asked, model)
        told["last_used"] = max(filter(None, (told["last_used"], latest.get(name))), default=None)
        rows.append(_LISTED.row.write(found.of(name), told))
    rows.sort(key=lambda row: -row["requests"])
    return asked.arranged(rows, _LISTED)


def _metrics(asked: Asked) -> dict[str, Any]:
    model = model_in(asked)
    about = asked.only("model", model)
    fields = list(METRICS.fields())
    values = Values(gather(about.context, [one for one in fields if not one.source.startswith(JUDGED)]).of(""))
    # A budget is one of a model, and not of whatever filters choose.
    judged = [one for one in fields if one.source.startswith(JUDGED)]
    values |= gather(asked.context, judged, by="model").of(model)
    values.setdefault(("judgement.health_score.status", "", False), "no_data")
    served = about.context.query(about.window, "requests", by=("provider",), rank="requests").rows
    known = models_of(asked, [(row["provider"], model) for row in served])
    given = {
        "model_id": model,
        **about.told(),
        "properties": definition(asked, known[model]) if model in known else _unknown(),
        "response_times": _spread(about),
        **course(about, METRICS),
    }
    return METRICS.write(values, given)


def _unknown() -> dict[str, Any]:
    return {part.name: None for part in _PROPERTIES}


def _spread(asked: Asked) -> list[dict[str, Any]]:
    since, until = asked.window.asked
    spread = Spread(where=asked.context.where(), since=since, until=until, tz=asked.context.scope.zone.key)
    return [
        _DISTRIBUTION.row.write({}, {"above_ms": row["low_ms"], "up_to_ms": row["high_ms"], "requests": row["count"]})
        for row in asked.context.ask(spread).rows
    ]


def _compare(asked: Asked) -> list[dict[str, Any]]:
    given = asked.own["model_ids"]
    if not given:
        raise refused("model_ids", "names the models to compare, with commas between: model_ids=gpt-5,llama-70b")
    names = _named(asked, given)
    if len(names) > _MOST_COMPARED:
        raise refused("model_ids", f"names {len(names)} models; at most {_MOST_COMPARED} can be compared")
    scope = asked.context.scope
    narrowed = replace(asked.context, scope=replace(scope, where=(*scope.where, ("model", tuple(names)))))
    found: Gathered = gather(narrowed, _ROW, by="model")
    rows = [_ROW.write(found.of(name), {"model_id": name, **asked.told()}) for name in names]
    return asked.arranged(rows, _COMPARED)


def _named(asked: Asked, given: str) -> list[str]:
    """The models of a list with commas; a name may have commas itself."""
    parts, names = given.split(","), []
    while parts:
        for count in range(len(parts), 0, -1):
            name = ",".join(parts[:count]).strip()
            if count == 1 or _is_model(asked, name):
                names.append(model_named(asked, name))
                parts = parts[count:]
                break
    return list(dict.fromkeys(names))


def _is_model(asked: Asked, name: str) -> bool:
    return name in seen(asked.runtime, "model", name)


ENDPOINTS: Final = (
    Endpoint(
        path="/api/models/list",
        summary="Every model that was called or is on offer, with its properties and prices",
        about="One row a model, whoever serves it; prices are those of the provider with most calls, today. What "
        "nobody has told is null. Requests, conversations, tokens, cost, success and latency are about the period.",
        answer=_LISTED,
        make=_list,
        period="30d",
        every=300.0,
    ),
    Endpoint(
        path="/api/models/metrics/compare",
        summary="Several models side by side",
        about="Each as `/api/models/{model_id}/metrics` has it.",
        answer=_COMPARED,
        make=_compare,
        period="7d",
        takes=(_MODEL_IDS,),
    ),
    Endpoint(
        path="/api/models/{model_id:path}/metrics",
        summary="How one model is used, performs and costs",
        about="Of all providers that serve it, unless `provider=` chooses one. Input counts cached tokens as well.",
        answer=METRICS,
        make=_metrics,
        names=_ID,
        takes=(INTERVAL,),
    ),
)
router: Final = routed("models", ENDPOINTS)
