"""Langfuse's observations: generations are calls of a model, the others tools, agents and steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from tokometer.records import (
    AgentRun,
    ModelCall,
    Record,
    RecordError,
    Status,
    Step,
    ToolCall,
    infer_provider,
    status_of,
)
from tokometer.records.counted_parts import thousandths
from tokometer.records.providers import known_provider
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.answer_ids import answer_named
from tokometer.sources.langfuse.part import Part
from tokometer.sources.langfuse.through_litellm import gateway_of
from tokometer.sources.langfuse.traces import top_of
from tokometer.sources.litellm.payload import SOURCE as LITELLM
from tokometer.sources.otlp.costs import cost_of
from tokometer.sources.told import Told
from tokometer.sources.usage import CACHED, NOTHING_USED, Used, put, used

KNOWN: Final = frozenset(
    {
        *("id", "traceId", "type", "name", "startTime", "endTime", "completionStartTime", "model", "modelParameters"),
        *(
            "usage",
            "usageDetails",
            "costDetails",
            "level",
            "statusMessage",
            "parentObservationId",
            "version",
            "metadata",
        ),
        *("promptName", "promptVersion", "environment", "release"),
        # content, and what is told of the trace as a whole
        *("input", "output", "trace", "traceName", "userId", "sessionId", "tags", "public", "externalId", "promptId"),
        *("projectId", "createdAt", "updatedAt", "internalModel", "internalModelId"),
    }
)
_CALLS: Final = {"generation": "chat", "embedding": "embeddings"}
#: What else than tokens Langfuse counts in `usage`: unit → our quantity, and how many of its units that is.
_UNITS: Final = {
    "CHARACTERS": ("characters", 1),
    "SECONDS": ("seconds", 1),
    "MILLISECONDS": ("seconds", 1000),
    "IMAGES": ("images", 1),
}
_COSTS: Final = "langfuse.observation.cost_details"
_GOOGLE: Final = ("google", "vertex")


class Times(NamedTuple):
    """When an observation ran, as far as one part knows, in microseconds."""

    start: int
    duration: int | None
    ttft: int | None
    #: Whether the part knows the start; else the others count from the first thing that it knows.
    begun: bool
    ended: int | None


def observation(part: Part, what: str) -> Iterable[Record]:
    """The records of an observation; `what` is its type, or `observation` where its body says it."""
    part.unknown(KNOWN)
    body = part.body
    word = (body.text("type") if what == "observation" else what).lower()
    if word in _CALLS:
        return [_call(part, _CALLS[word])]
    record = _tool(part) if word == "tool" else _run(part) if word == "agent" else _step(part, word or "span")
    used = (body.raw("usage"), body.raw("usageDetails"))
    if word == "tool" or not any(used) or not body.text("traceId"):
        return [record]
    # It says what was used below it, and counts as far as none of that is known.
    sum_ = _call(part, "chat")
    sum_.shadow = True
    return [record, sum_]


def _call(part: Part, operation: str) -> ModelCall:
    body, times = part.body, _times(part)
    model = body.text("model")
    provider = _provider(body, model)
    gateway = gateway_of(body, part.name(), times.start)
    cached = gateway is not None and gateway.cached
    lost = gateway is not None and not cached and not gateway.response_id
    call = ModelCall(
        **_shared(part, times),
        # Attempts of one request that failed have its id in common, and are as many calls: no spans of one call.
        group="" if lost else body.text("traceId"),
        way="gateway" if lost else "",
        request_id="" if gateway is None else gateway.request_id,
        response_id=answer_named(body.raw("output")) if gateway is None else gateway.response_id,
        provider=LITELLM if cached else provider,
        model=model,
        operation=operation,
        status=_failure(body) or "ok",
        error_message=body.message("statusMessage") if _failure(body) else "",
        latency_us=times.duration,
        ttft_us=times.ttft,
        latency_estimated=not times.begun,
        service_tier=_tier(body),
        labels=part.labels(
            name=body.text("name"),
            version=body.text("version"),
            release=body.text("release"),
            prompt=body.text("promptName"),
            prompt_version=body.text("promptVersion") if body.text("promptName") else "",
        ),
    )
    costs = body.raw("costDetails")
    if isinstance(costs, dict) and costs:
        call.cost_reported = cost_of({_COSTS: costs})
    said = _used(body, google=provider in _GOOGLE or model.startswith("gemini"))
    if cached:
        # Nobody was asked: what the first answer used is told again, and was not used again.
        call.cost_reported, said = 0, CACHED
    put(call, said, part.noticed, part.position)
    return call


def _tool(part: Part) -> ToolCall:
    times = _times(part)
    return ToolCall(
        **_shared(part, times),
        name=part.body.text("name"),
        status=_ended(part.body, times),
        error_message=part.body.message("statusMessage") if _failure(part.body) else "",
        duration_us=times.duration,
        labels=part.labels(version=part.body.text("version")),
    )


def _run(part: Part) -> AgentRun:
    times = _times(part)
    return AgentRun(
        **_shared(part, times),
        agent=part.body.text("name"),
        status=_ended(part.body, times),
        error_message=part.body.message("statusMessage") if _failure(part.body) else "",
        ended_at=times.ended,
        labels=part.labels(version=part.body.text("version")),
    )


def _step(part: Part, word: str) -> Step:
    times = _times(part)
    return Step(
        **_shared(part, times),
        name=part.body.text("name"),
        type=word,
        status="ok" if word == "event" and not _failure(part.body) else _ended(part.body, times),
        error_message=part.body.message("statusMessage") if _failure(part.body) else "",
        duration_us=times.duration,
        labels=part.labels(version=part.body.text("version")),
    )


def _shared(part: Part, times: Times) -> dict[str, Any]:
    body, name, trace_id = part.body, part.name(), part.body.text("traceId")
    parent = body.text("parentObservationId")
    if not parent and times.begun and trace_id:
        # Only what makes an observation says where it stands; an update leaves that out.
        parent = top_of(trace_id)
    return {**part.fields(name, times.start), "trace_id": trace_id, "span_id": name, "parent_id": parent}


def _times(part: Part) -> Times:
    body = part.body
    start, end = body.moment_utc("startTime"), body.moment_utc("endTime")
    first = body.moment_utc("completionStartTime")
    base = start if start is not None else min(time for time in (end, first, part.at) if time is not None)
    if end is not None and end < base:
        raise RecordError("body.endTime", "is before body.startTime")
    for time in (end, first):
        if time is not None and time - base > MAX_DURATION_US:
            raise RecordError("body.endTime", "is more than a year after body.startTime")
    ttft = first - base if first is not None and first >= base else None
    return Times(base, None if end is None else end - base, ttft, start is not None, end)


def _failure(body: Told) -> Status | None:
    if body.text("level") != "ERROR":
        return None
    return status_of(None, body.message("statusMessage"))


def _ended(body: Told, times: Times) -> Any:  # noqa: ANN401 - a word that tools, agents and steps have
    failed = _failure(body)
    if failed:
        return "cancelled" if failed == "cancelled" else "error"
    return "unknown" if times.ended is None else "ok"


def _provider(body: Told, model: str) -> str:
    metadata = body.raw("metadata")
    stated = metadata.get("ls_provider") if isinstance(metadata, dict) else None
    return (known_provider(stated) if isinstance(stated, str) else "") or infer_provider(model)


def _tier(body: Told) -> str:
    parameters = body.raw("modelParameters")
    tier = parameters.get("service_tier") if isinstance(parameters, dict) else None
    return tier if isinstance(tier, str) else ""


def _used(body: Told, *, google: bool) -> Used:
    details, usage = body.raw("usageDetails"), body.raw("usage")
    said = NOTHING_USED
    if isinstance(usage, dict) and usage:
        unit = usage.get("unit")
        if isinstance(unit, str) and unit in _UNITS:
            said = Used(quantities=_quantities(Told(usage, "body.usage."), *_UNITS[unit]))
        else:
            said = used(usage, "body.usage", google=google)
    if isinstance(details, dict) and details:
        more = used(details, "body.usageDetails", disjoint=True, google=google)
        # Both say the same; a cost stands in the older one.
        said = more._replace(cost=more.cost if more.cost is not None else said.cost)
    return said


def _quantities(usage: Told, name: str, units: int) -> dict[str, int] | None:
    amounts = [usage.number(key) for key in ("total", "input", "output")]
    amount = amounts[0] if amounts[0] is not None else sum(amount for amount in amounts[1:] if amount is not None)
    return {name: thousandths(amount) // units} if amount else None
