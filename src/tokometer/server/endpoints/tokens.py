"""`/api/tokens/…`: how many tokens, of what, at what price, and how well they were foreseen."""

from __future__ import annotations

from typing import Any, Final

from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts
from tokometer.server.endpoints.declared import Field, Rows, Texts, block
from tokometer.server.endpoints.gathering import Values, gather
from tokometer.server.endpoints.naming import model_in
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import (
    CHANGE,
    NUMBER,
    PER_SECOND,
    PERCENT,
    SCORE,
    TEXT,
    TIME,
    TOKENS,
    USD,
    USD_PER_MTOK,
    USD_PER_TOKEN,
    WHOLE,
)

_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_MODEL: Final = Field("model", "", TEXT, "gpt-4o", "The model; empty where it is not known.")
_INPUT: Final = Field("input_tokens", "calls.prompt_tokens", TOKENS, 456789012)
_OUTPUT: Final = Field("output_tokens", "calls.output_tokens", TOKENS, 234567890)
_TOTAL: Final = Field("total_tokens", "calls.total_tokens", TOKENS, 691356902)
_PER_SECOND: Final = Field("tokens_per_second", "calls.tokens_per_second", PER_SECOND, 4141)
_PER_MILLION: Final = Field("cost_per_million_tokens", "calls.cost_per_mtok", USD_PER_MTOK, 2.85)
_PER_TOKEN: Final = Field(
    "cost_per_token",
    "calls.cost_per_mtok",
    USD_PER_TOKEN,
    0.00000344,
    "Cost of a token, of the calls that have a price.",
)
_AVERAGES: Final = (
    Field("avg_input_per_request", "calls.avg_input_per_request", NUMBER, 5234),
    Field("avg_output_per_request", "calls.avg_output_per_request", NUMBER, 2700),
)
_BUCKETS: Final = (
    Field("uncached_input_tokens", "calls.input_tokens", TOKENS, 345678901),
    Field("cache_read_tokens", "calls.cache_read_tokens", TOKENS, 101110111),
    Field("cache_write_tokens", "calls.cache_write_tokens", TOKENS, 10000000),
    Field("reasoning_tokens", "calls.reasoning_tokens", TOKENS, 34567890),
    Field("unsplit_tokens", "calls.unsplit_tokens", TOKENS, 0),
    Field("cache_hit_percent", "calls.cache_hit_share", PERCENT, 22.1),
)
_ROW: Final = block(
    "",
    _MODEL,
    _INPUT,
    _OUTPUT,
    _TOTAL,
    *_AVERAGES,
    _PER_TOKEN,
    Field("completion_ratio", "calls.completion_ratio", NUMBER, 0.51),
    _PER_SECOND,
    Field("requests", "calls.requests", WHOLE, 87273),
    Field("cost", "calls.cost", USD, 2378.27),
    Field("cache_hit_percent", "calls.cache_hit_share", PERCENT, 22.1),
)
_MODELS: Final = Rows("", _ROW, by="model", meaning="Those with most tokens first.")
_PROVIDERS: Final = Rows(
    "by_provider",
    block(
        "",
        Field("provider", "", TEXT, "openai", "The provider's slug; empty where it is not known."),
        _INPUT,
        _OUTPUT,
        _TOTAL,
        _PER_SECOND,
        _PER_MILLION,
        Field("cost", "calls.cost", USD, 2378.27),
    ),
    by="provider",
    meaning="Those with most tokens first.",
)
_COURSE: Final = course_parts(_INPUT, _OUTPUT, _TOTAL, _PER_SECOND, _PER_MILLION)
USAGE: Final = block(
    "",
    Field("period", "", TEXT, "24h", "The window, as it was asked for."),
    Field("total_input_tokens", "calls.prompt_tokens", TOKENS, 234567890),
    Field("total_output_tokens", "calls.output_tokens", TOKENS, 123456789),
    Field("total_tokens", "calls.total_tokens", TOKENS, 358024679),
    _PER_SECOND,
    _PER_MILLION,
    Field("total_tokens_change_percent", "calls.total_tokens", CHANGE, 3.4, change=True),
    Field("requests", "calls.requests", WHOLE, 45678),
    Field("avg_tokens_per_request", "calls.avg_tokens_per_request", NUMBER, 7838),
    *_AVERAGES,
    *_BUCKETS,
    Field("generation_tokens_per_second", "calls.speed", PER_SECOND, 84.2),
    block("now", *(Field(one.name, one.source, one.shape, one.example, window="5m") for one in (_PER_SECOND,))),
    _PROVIDERS,
    _NOW,
    window_parts()[1],
    *_COURSE,
)
STATS: Final = block("", *_ROW.parts, *_BUCKETS[:-1], _PER_MILLION, _NOW, *window_parts(), *_COURSE)


_OFF: Final = Rows(
    "models",
    block(
        "",
        _MODEL,
        Field("estimated_tokens", "judgement.token_efficiency.estimated_tokens", TOKENS, 120000000),
        Field("actual_tokens", "judgement.token_efficiency.actual_tokens", TOKENS, 129600000),
        Field("efficiency_ratio", "judgement.token_efficiency", SCORE, 92),
        Field("off_percent", "judgement.token_efficiency.off", CHANGE, 8),
        Field("basis", "judgement.token_efficiency.basis", TEXT, "client"),
    ),
    by="model",
    meaning="The models that there is an estimate for, those first that are off by most tokens.",
)
EFFICIENCY: Final = block(
    "",
    Field("estimated_tokens", "judgement.token_efficiency.estimated_tokens", TOKENS, 340000000),
    Field("actual_tokens", "judgement.token_efficiency.actual_tokens", TOKENS, 358024679),
    Field("efficiency_ratio", "judgement.token_efficiency", SCORE, 94.7),
    Field("waste_percent", "judgement.token_efficiency.waste", PERCENT, 5.3),
    Texts(
        "opportunities",
        "What is off its estimate, those first that are off by most tokens.",
        ["Model A is running 8 % over estimate", "Model B is 3 % under estimate"],
    ),
    Field("basis", "judgement.token_efficiency.basis", TEXT, "client"),
    Field("off_percent", "judgement.token_efficiency.off", CHANGE, 5.3),
    _OFF,
    _NOW,
    *window_parts(),
)


def _efficiency(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, [*_OFF.row.fields(), _SAID], by="model")
    off = [name for name in found if found.of(name)[_OFF_KEY] is not None]
    off.sort(key=lambda name: -_tokens_off(found.of(name)))
    rows = [_OFF.row.write(found.of(name), {"model": name}) for name in off]
    said = [found.of(name)[_SAID.key] for name in off if found.of(name)[_SAID.key]]
    given = asked.told() | {"opportunities": said[: asked.limit or None], "models": asked.arranged(rows, _OFF)}
    return EFFICIENCY.write(gather(asked.context, EFFICIENCY).of(""), given)


_SAID: Final = Field("opportunities", "judgement.token_efficiency.opportunities", TEXT, "")
_OFF_KEY: Final = ("judgement.token_efficiency", "", False)


def _tokens_off(values: Values) -> int:
    estimated = values["judgement.token_efficiency.estimated_tokens", "", False]
    return abs(int(values["judgement.token_efficiency.actual_tokens", "", False] - estimated))


def _usage(asked: Asked) -> dict[str, Any]:
    rows = _by(asked, _PROVIDERS)
    given = asked.told() | {"by_provider": asked.arranged(rows, _PROVIDERS)} | course(asked, USAGE)
    return USAGE.write(gather(asked.context, USAGE).of(""), given)


def _by(asked: Asked, part: Rows) -> list[dict[str, Any]]:
    found = gather(asked.context, part.row, by=part.by)
    rows = [part.row.write(found.of(name), {part.by: name}) for name in found]
    return sorted(rows, key=lambda row: -row["total_tokens"])


def _by_model(asked: Asked) -> list[dict[str, Any]]:
    return asked.arranged(_by(asked, _MODELS), _MODELS)


def _stats(asked: Asked) -> dict[str, Any]:
    model = model_in(asked, "model")
    about = asked.only("model", model)
    given = about.told() | {"model": model} | course(about, STATS)
    return STATS.write(gather(about.context, STATS).of(""), given)


_WHAT: Final = "Input counts cached tokens as well; tokens per second are output tokens over the time of the window."
ENDPOINTS: Final = (
    Endpoint(
        path="/api/tokens/usage",
        summary="Tokens in all: how many, how fast, at what price",
        about=f"{_WHAT} `now` is about the last 5 minutes.",
        answer=USAGE,
        make=_usage,
        every=30.0,
        takes=(INTERVAL,),
    ),
    Endpoint(
        path="/api/tokens/by-model",
        summary="The models with most tokens",
        about=_WHAT,
        answer=_MODELS,
        make=_by_model,
        period="7d",
        limit=10,
    ),
    Endpoint(
        path="/api/tokens/stats/{model:path}",
        summary="The tokens of one model",
        about=_WHAT,
        answer=STATS,
        make=_stats,
        names={"model": "The model's id; slashes as they are or encoded."},
        takes=(INTERVAL,),
    ),
    Endpoint(
        path="/api/tokens/efficiency",
        summary="How close the tokens that were used came to those that were expected",
        about="See `judgement.token_efficiency`: the estimate is the client's, else what a request took in the 28 days "
        "before.",
        answer=EFFICIENCY,
        make=_efficiency,
        period="7d",
    ),
)
router: Final = routed("tokens", ENDPOINTS)
