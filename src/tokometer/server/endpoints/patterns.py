"""`/api/analytics/…`, second part: conversations, trends, knowledge bases and scheduled jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tokometer.measures import Feed, Filter
from tokometer.server.endpoints.asking import Asked, window_parts
from tokometer.server.endpoints.courses import INTERVAL, course, course_parts, interval_of
from tokometer.server.endpoints.declared import Field, Rows, block
from tokometer.server.endpoints.gathering import gather
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import BYTES, MS, NUMBER, PERCENT, SECONDS, TEXT, TIME, TOKENS, USD, WHOLE

#: Calls that drew on a knowledge base: few, of which what is asked is found fast.
_KNOWING: Final = (Filter("calls.knowledge_base", "!=", ("",)),)
_NOW: Final = Field("timestamp", "", TIME, "2026-11-27T10:30:00Z", "When the answer was made.")
_CONVERSATIONS: Final = Field("conversations", "calls.sessions", WHOLE, 234)
_REQUESTS: Final = Field("requests", "calls.requests", WHOLE, 1204)
_COST: Final = Field("cost", "calls.cost", USD, 42.3)
_TOKENS: Final = Field("tokens", "calls.total_tokens", TOKENS, 4500000)

# -- conversations -----------------------------------------------------------------------------------------------------

_TALKED: Final = (
    _CONVERSATIONS,
    Field("messages", "calls.messages", WHOLE, 2408),
    _REQUESTS,
    _TOKENS,
    _COST,
    Field("cost_per_conversation", "calls.cost_per_session", USD, 0.18),
)
_AVERAGES: Final = (
    Field("messages_per_conversation", "", NUMBER, 10.3, "Messages / conversations."),
    Field("tokens_per_conversation", "", NUMBER, 19230.8, "Tokens / conversations."),
)


def _talk(dimension: str, example: str) -> Rows:
    named = Field(dimension, "", TEXT, example, "Its name; empty where it is not known.")
    return Rows(
        f"by_{dimension}",
        block("", named, *_TALKED, *_AVERAGES),
        by=dimension,
        meaning="Those with most conversations first. One that used several is counted with each.",
    )


_TALKS: Final = (_talk("model", "gpt-4o"), _talk("provider", "openai"))
CONVERSATIONS: Final = block(
    "",
    *_TALKED,
    *_AVERAGES,
    *_TALKS,
    _NOW,
    *window_parts(),
    *course_parts(_CONVERSATIONS, Field("messages", "calls.messages", WHOLE, 212), _TOKENS),
)


def _conversations(asked: Asked) -> dict[str, Any]:
    values = gather(asked.context, CONVERSATIONS).of("")
    given = asked.told() | _averages(values) | course(asked, CONVERSATIONS)
    for part in _TALKS:
        found = gather(asked.context, part.row, by=part.by)
        rows = [part.row.write(found.of(name), {part.by: name, **_averages(found.of(name))}) for name in found]
        rows.sort(key=lambda row: (-row["conversations"], -row["requests"]))
        given[part.name] = asked.arranged(rows, part)
    return CONVERSATIONS.write(values, given)


def _averages(values: Mapping[Any, Any]) -> dict[str, Any]:
    number = values[_CONVERSATIONS.key]
    messages, tokens = values["calls.messages", "", False], values[_TOKENS.key]
    return {
        "messages_per_conversation": messages / number if number else None,
        "tokens_per_conversation": tokens / number if number else None,
    }


# -- trends ------------------------------------------------------------------------------------------------------------

_USED: Final = (_REQUESTS, _TOKENS, _COST)
_STEP: Final = block("", Field("timestamp", "", TIME, "2026-11-27T00:00:00Z", "The beginning of the step."), *_USED)
_LINES: Final = Rows(
    "models",
    block(
        "",
        Field("model", "", TEXT, "gpt-4o", "The model; empty where it is not known."),
        *_USED,
        Rows("timeline", _STEP, by="time", named="timestamp"),
    ),
    by="model",
    meaning="Those with most requests first.",
)
TRENDS: Final = block(
    "",
    *course_parts(*_USED, _CONVERSATIONS),
    _LINES,
    _NOW,
    *window_parts(),
)


def _trends(asked: Asked) -> dict[str, Any]:
    grain, _ = interval_of(asked)
    totals = gather(asked.context, _LINES.row, by="model")
    names = sorted(totals, key=lambda name: (-totals.of(name)[_REQUESTS.key], name))[: asked.limit]
    points: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    found = gather(asked.context, _STEP, by="model", grain=grain, where=_among(names))
    for moment, name in found:
        points[name].append(_STEP.write(found.of((moment, name)), {"timestamp": moment}))
    rows = [_LINES.row.write(totals.of(name), {"model": name, "timeline": points[name]}) for name in names]
    given = asked.told() | course(asked, TRENDS) | {"models": asked.arranged(rows, _LINES)}
    return TRENDS.write({}, given)


def _among(names: list[str]) -> tuple[Filter, ...]:
    return (Filter("calls.model", "in", tuple(names)),) if names else ()


# -- knowledge bases ---------------------------------------------------------------------------------------------------

_BASES: Final = Rows(
    "knowledge_bases",
    block(
        "",
        Field("knowledge_base", "", TEXT, "handbook", "Its name."),
        _CONVERSATIONS,
        _REQUESTS,
        Field("avg_latency_ms", "calls.mean_latency", MS, 1200),
        Field("success_rate_percent", "calls.success_rate", PERCENT, 99.1),
        _COST,
        Field("documents", "knowledge_bases.documents", WHOLE, 340),
        Field("chunks", "knowledge_bases.chunks", WHOLE, 5120),
        Field("size_bytes", "knowledge_bases.size", BYTES, 6348800),
        Field("most_used_model", "", TEXT, "gpt-4o", "The model with most calls on it."),
    ),
    by="knowledge_base",
    meaning="Those with most calls first; those that nobody has asked, last.",
)
_PAIRS: Final = Rows(
    "correlation",
    block(
        "",
        Field("knowledge_base", "", TEXT, "handbook", "The knowledge base."),
        Field("model", "", TEXT, "gpt-4o", "The model."),
        _CONVERSATIONS,
        _REQUESTS,
        Field("percent_of_knowledge_base", "", PERCENT, 61.2, "Its share of the calls on the knowledge base."),
        Field("success_rate_percent", "calls.success_rate", PERCENT, 99.1),
        Field("avg_latency_ms", "calls.mean_latency", MS, 1200),
        Field("cost_per_request", "calls.cost_per_request", USD, 0.0042),
        _COST,
        _TOKENS,
    ),
    meaning="Which models are used with which knowledge bases, the most used pairs first.",
)
KNOWLEDGE: Final = block("", _PAIRS, _BASES, _NOW, *window_parts())


def _knowledge(asked: Asked) -> dict[str, Any]:
    pairs = gather(asked.context, _PAIRS.row, by=("knowledge_base", "model"), where=_KNOWING)
    bases = gather(asked.context, _ASKED, by="knowledge_base", where=_KNOWING)
    told = gather(asked.context, [replace(one, window="all") for one in _HELD], by="knowledge_base")
    calls = {base: bases.of(base)[_REQUESTS.key] for base in bases}
    best: dict[str, str] = {}
    rows = []
    for base, model in sorted(pairs, key=lambda pair: -pairs.of(pair)[_REQUESTS.key]):
        if base:
            own = pairs.of((base, model))
            share = own[_REQUESTS.key] / calls[base] if calls.get(base) else None
            best.setdefault(base, model)
            given = {"knowledge_base": base, "model": model, "percent_of_knowledge_base": share}
            rows.append(_PAIRS.row.write(own, given))
    listed = []
    for base in dict.fromkeys([*sorted(bases, key=lambda name: -calls[name]), *told]):
        if base:
            held = {one.key: told.of(base)[replace(one, window="all").key] for one in _HELD}
            values = bases.of(base)
            values.update(held)
            listed.append(_BASES.row.write(values, {"knowledge_base": base, "most_used_model": best.get(base)}))
    given = {"correlation": asked.arranged(rows, _PAIRS), "knowledge_bases": listed}
    return KNOWLEDGE.write({}, asked.told() | given)


_ASKED: Final = tuple(one for one in _BASES.row.fields() if one.source.startswith("calls."))
_HELD: Final = tuple(one for one in _BASES.row.fields() if one.source.startswith("knowledge_bases."))

# -- scheduled jobs ----------------------------------------------------------------------------------------------------

_RUNS: Final = (
    Field("runs", "jobs.runs", WHOLE, 169),
    Field("successful", "jobs.ok", WHOLE, 156),
    Field("failed", "jobs.failed", WHOLE, 10),
    Field("skipped", "jobs.skipped", WHOLE, 3),
    Field("success_rate_percent", "jobs.success_rate", PERCENT, 94),
)
_JOBS: Final = Rows(
    "jobs",
    block(
        "",
        Field("job", "", TEXT, "Workspace Backup", "The job's name."),
        *_RUNS,
        Field("avg_duration_ms", "jobs.mean_duration", MS, 4210),
        Field("p95_duration_ms", "jobs.p95_duration", MS, 9800),
    ),
    by="job",
    meaning="Those with most failures first.",
)
_FAILURES: Final = Rows(
    "recent_failures",
    block(
        "",
        Field("timestamp", "", TIME, "2026-11-27T03:00:00Z", "When the run began."),
        Field("job", "", TEXT, "Workspace Backup", "The job's name."),
        Field("error_type", "", TEXT, "timeout", "What kind of error it ended with."),
        Field("error_message", "", TEXT, "Network timeout", "What the error says."),
        Field("duration_seconds", "", SECONDS, 30.2, "How long the run took."),
    ),
    meaning="The newest failed runs.",
)
CRON: Final = block(
    "",
    *_RUNS,
    Field("job_count", "judgement.cron.jobs", WHOLE, 12),
    Field("unique_failing_jobs", "judgement.cron.failing_jobs", WHOLE, 2),
    Field("missed", "judgement.cron.missed", WHOLE, 1),
    Field("most_missed_job", "judgement.cron.missed_job", TEXT, "Docs re-index"),
    Field("worst_job", "judgement.cron.worst_job", TEXT, "Workspace Backup"),
    Field("worst_job_failures", "judgement.cron.worst_failures", WHOLE, 6),
    Field("worst_job_cause", "judgement.cron.worst_cause", TEXT, "Network timeout"),
    _JOBS,
    _FAILURES,
    _NOW,
    *window_parts(),
    *course_parts(*_RUNS),
)
_LATEST: Final = 10


def _cron(asked: Asked) -> dict[str, Any]:
    found = gather(asked.context, _JOBS.row, by="job")
    rows = [_JOBS.row.write(found.of(name), {"job": name}) for name in found]
    rows.sort(key=lambda row: (-row["failed"], -row["runs"]))
    given = asked.told() | course(asked, CRON)
    given |= {"jobs": asked.arranged(rows, _JOBS), "recent_failures": _failures(asked)}
    return CRON.write(gather(asked.context, CRON).of(""), given)


def _failures(asked: Asked) -> list[dict[str, Any]]:
    context = asked.context
    if context.unheard("jobs"):
        return []
    since, until = asked.window.asked
    feed = Feed(
        cube="jobs",
        columns=("at", "job", "error_type", "error_message", "duration_ms"),
        where=(*context.where("jobs"), Filter("jobs.status", "=", ("error",))),
        since=since,
        until=until,
        tz=context.scope.zone.key,
        limit=_LATEST,
    )
    rows = context.ask(feed).rows
    return [
        _FAILURES.row.write(
            {},
            {
                "timestamp": row["at"],
                "job": row["job"],
                "error_type": row["error_type"] or None,
                "error_message": row["error_message"] or None,
                "duration_seconds": None if row["duration_ms"] is None else row["duration_ms"] / 1000,
            },
        )
        for row in rows
    ]


ENDPOINTS: Final = (
    Endpoint(
        path="/api/analytics/conversations",
        summary="Conversations: how many, how long, with which models",
        about="A conversation is a session that overlaps the period.",
        answer=CONVERSATIONS,
        make=_conversations,
        period="30d",
        takes=(INTERVAL,),
    ),
    Endpoint(
        path="/api/analytics/usage-trends",
        summary="Use over time, in all and of each model",
        about="`period=30d&interval=1d` for days, `12w` and `1w` for weeks, `12mo` and `1mo` for months. `limit` is "
        "about the models.",
        answer=TRENDS,
        make=_trends,
        period="30d",
        limit=10,
        takes=(INTERVAL,),
    ),
    Endpoint(
        path="/api/analytics/knowledge-correlation",
        summary="Which models are used with which knowledge bases, and how well that goes",
        about="Documents, chunks and size are those that a knowledge base has now.",
        answer=KNOWLEDGE,
        make=_knowledge,
        period="7d",
        every=300.0,
    ),
    Endpoint(
        path="/api/analytics/cron",
        summary="How reliable scheduled jobs are",
        about="Skipped runs do not count for success. Filters that jobs know nothing of leave nothing to tell.",
        answer=CRON,
        make=_cron,
        period="7d",
        takes=(INTERVAL,),
    ),
)
router: Final = routed("analytics", ENDPOINTS)
