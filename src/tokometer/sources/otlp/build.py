"""Spans → records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from tokometer.records import AgentRun, ModelCall, Record, RecordError, Status, Step, ToolCall
from tokometer.records.lengths import MAX_TEXT
from tokometer.records.model_ids import infer_provider
from tokometer.records.providers import provider_of
from tokometer.records.time import check_time
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.otlp.costs import cost_of
from tokometer.sources.otlp.facts import finish_facts
from tokometer.sources.otlp.outcome import outcome_of, ttft_of
from tokometer.sources.otlp.roles import Part, part_of, unknown_word, word_of
from tokometer.sources.otlp.span import Span
from tokometer.sources.otlp.unread import note
from tokometer.sources.otlp.usage import NO_USAGE, quantities_of, usage_of

SOURCE: Final = "otlp"
_OPENCLAW: Final = "openclaw."
_CODEX: Final = "codex"
#: What the Vercel AI SDK calls Vercel's own gateway; the provider that it is (`sources.vercel_ai_gateway`).
_GATEWAY, _VERCEL = "gateway", "vercel"
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16
_ID: Final = {"traceId": 32, "spanId": 16}
_WEB_PORTS: Final = ("443", "80", "0", "")
_HOST: Final = re.compile(r"(?:[a-zA-Z][-+.a-zA-Z0-9]*://)?(?:[^/@]*@)?([^/?#]+)")
#: Span names that carry no agent's name.
_AGENT_SPAN: Final = re.compile(r"(?:invoke_agent|invoke_workflow|agent|workflow)[ .:]\s*|\.(?:agent|workflow)$")


def records_of(span: Span) -> list[Record]:
    """The records that a span makes: none, one, or two.

    An agent that states what it used makes a run and a shadow call, a chain that does a step and a shadow call.

    Raises:
        RecordError: It is a model call, an agent or a tool, and something in it cannot be believed. The field is the
            attribute's own name, or the span's field in OTLP's JSON spelling.
    """
    part = part_of(span)
    if not part.role:
        return []
    if span.wrong is not None:
        raise RecordError(span.wrong.name, span.wrong.error)
    start = _check(span)
    native_id = f"{span.trace_id}:{span.span_id}@{start:x}"
    if part.role == "call":
        return [call_of(span, part, native_id, start)]
    if part.role == "tool":
        return [tool_of(span, native_id, start)]
    if part.role == "statement":
        return [_statement(span, part, native_id, start)]
    if part.role == "sum":
        return _sum(span, part, native_id, start)
    return _agent(span, part, native_id, start)


def _check(span: Span) -> int:
    """The span's start in microseconds, once its ids and times are believable."""
    if len(span.trace_id) != _ID["traceId"] or span.trace_id == _NO_TRACE:
        raise RecordError("traceId", "is not 16 bytes, or all zero")
    if len(span.span_id) != _ID["spanId"] or span.span_id == _NO_SPAN:
        raise RecordError("spanId", "is not 8 bytes, or all zero")
    start = check_time(span.start_ns // 1000, "startTimeUnixNano")
    if span.end_ns:
        if span.end_ns < span.start_ns:
            raise RecordError("endTimeUnixNano", "is before startTimeUnixNano")
        if span.end_ns - span.start_ns > MAX_DURATION_US * 1000:
            raise RecordError("endTimeUnixNano", "is more than a year after startTimeUnixNano")
    return start


def call_of(span: Span, part: Part, native_id: str, start: int, *, shadow: bool = False) -> ModelCall:
    """The call that a span tells of, which began at `start` (microseconds since the epoch).

    Raises:
        RecordError: Something in it cannot be believed.
    """
    found = span.found
    get = found.get
    model = get("model") or get("request_model") or ""
    if "routed_model" in found and model in (get("model_group"), get("request_model", "")):
        model = _routed(found)
    usage = usage_of(found, exclusive=span.name.startswith("claude_code."))
    # Fields are set as they are found: most calls have a third of them, and this runs for every span.
    call = ModelCall(
        source=SOURCE,
        native_id=native_id,
        started_at=start,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        pinned=True,
        # Gathered by a span, so perhaps by others of its trace, too (records.tellings).
        group=span.trace_id,
        shadow=shadow,
        provider=_provider(span, model),
        model=model,
        operation=part.operation,
    )
    if span.end_ns:
        # A span sent while it runs has no end; the whole one is right.
        call.revision = 1
        call.latency_us = (span.end_ns - span.start_ns) // 1000
    for slot, value in found.items():
        name = _CALL_FIELDS.get(slot)
        if name is not None:
            setattr(call, name, value)
    (
        call.input_tokens,
        call.cache_read_tokens,
        call.cache_write_5m_tokens,
        call.cache_write_1h_tokens,
        call.cache_write_unknown_tokens,
        call.output_tokens,
        call.reasoning_tokens,
        call.unsplit_tokens,
        call.parts,
    ) = usage
    call.quantities = quantities_of(found)
    call.status, call.error_message, call.http_status = outcome_of(span)
    call.ttft_us = ttft_of(span)
    call.cost_reported = cost_of(found)
    if span.name.startswith(_OPENCLAW):
        # It names neither session nor answer; see records.naming.
        call.program = "openclaw"
    call.project = _project(span)
    if "codex" in found:
        _settle_codex(call, found)
    call.endpoint = _endpoint(span)
    finish_facts(call, found)
    if not call.request_id:
        call.request_id = get("answer", "") or get("litellm_call", "")
    if "attempt" in found:
        call.attempt = max(1, found["attempt"])
    if "agent_id" in found:
        call.agent = call.agent or found["agent_id"]
        call.subagent = found["agent_id"] if get("parent_agent_id") else ""
    return call


def _settle_codex(call: ModelCall, found: Mapping[str, Any]) -> None:
    """Codex's span of an answer's last piece, which is all that tells of its use: it names no session (`naming`)."""
    call.program = call.agent = _CODEX
    call.provider = call.provider or "openai"
    call.project = found.get("project", "")
    # It lasts as long as the last piece took to come.
    call.latency_us = None


def _routed(found: Mapping[str, Any]) -> str:
    """The model that a gateway asked, which it writes behind its provider: `openai/gpt-5.2`."""
    model: str = found["routed_model"]
    first, _, rest = model.partition("/")
    return rest if rest and found.get("provider", first) in ("", first) else model


def _statement(span: Span, part: Part, native_id: str, start: int) -> ModelCall:
    """What a run used in all, told by a span of its own: it stands where the run does, above the run's calls."""
    call = call_of(span, part, native_id, start, shadow=True)
    if span.parent_id:
        call.span_id, call.parent_id = span.parent_id, ""
    return call


def _sum(span: Span, part: Part, native_id: str, start: int) -> list[Record]:
    """What was used below a span that is no agent: its step, and a statement where it says anything at all."""
    if not usage_of(span.found).total and not quantities_of(span.found):
        return []
    call = call_of(span, part, native_id, start, shadow=True)
    strange = unknown_word(span.found)
    if strange:
        note(span.found, "event", strange)
    step = step_of(span, word_of(span), span.name)
    return [call] if step is None else [step, call]


#: Slot → the field of a call that it is, as it is.
_CALL_FIELDS: Final = {
    "account": "account",
    "agent": "agent",
    "api_key": "api_key",
    "environment": "environment",
    "generation": "response_id",
    "estimated": "estimated_tokens",
    "knowledge_base": "knowledge_base",
    "labels": "labels",
    "machine": "machine",
    "region": "region",
    "response_id": "request_id",
    "revenue": "revenue",
    "session": "session_id",
    "stop": "stop_reason",
    "team": "team",
    "tier": "service_tier",
    "user": "user",
}


def _agent(span: Span, part: Part, native_id: str, start: int) -> list[Record]:
    found = span.found
    usage = usage_of(found, exclusive=span.name.startswith("claude_code."))
    outcome = outcome_of(span)
    cost = cost_of(found)
    run = AgentRun(
        source=SOURCE,
        native_id=native_id,
        started_at=start,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        revision=1 if span.end_ns else 0,
        pinned=True,
        agent=_agent_name(span, part),
        status=_run_status(span, outcome.status),
        error_message=outcome.error_message,
        ended_at=span.end_ns // 1000 or None,
        role=part.role,
        session_id=found.get("session", ""),
        project=_project(span),
        user=found.get("user", ""),
        team=found.get("team", ""),
        environment=found.get("environment", ""),
        **place_of(found),
        model=found.get("model") or found.get("request_model", ""),
        stated_tokens=usage.total,
        stated_cost=cost,
    )
    if usage == NO_USAGE and cost is None:
        return [run]
    return [run, call_of(span, part, native_id, start, shadow=True)]


def tool_of(span: Span, native_id: str, start: int) -> ToolCall:
    """The use of a tool that a span tells of, which began at `start` (microseconds since the epoch)."""
    found = span.found
    outcome = outcome_of(span)
    return ToolCall(
        source=SOURCE,
        native_id=native_id,
        started_at=start,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        revision=1 if span.end_ns else 0,
        pinned=True,
        name=found.get("tool") or found.get("entity") or span.name.removeprefix("execute_tool ")[:MAX_TEXT] or "tool",
        server=found.get("tool_server", ""),
        status=_ended(outcome.status) if span.end_ns else "unknown",
        error_message=outcome.error_message,
        duration_us=(span.end_ns - span.start_ns) // 1000 if span.end_ns else None,
        call_id=found.get("tool_call_id", ""),
        use_id=found.get("tool_call_id", ""),
        session_id=found.get("session", ""),
        project=_project(span),
        agent=found.get("agent") or found.get("agent_id", ""),
        user=found.get("user", ""),
        team=found.get("team", ""),
        environment=found.get("environment", ""),
        **place_of(found),
    )


def step_of(span: Span, word: str, name: str) -> Step | None:
    """A span that plays no part and stands between those that do, as a step of this type; None where it is broken."""
    try:
        start = _check(span)
    except RecordError:
        return None  # it would mean nothing to a meter if it could be read
    found = span.found
    outcome = outcome_of(span)
    return Step(
        source=SOURCE,
        native_id=f"{span.trace_id}:{span.span_id}@{start:x}",
        started_at=start,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        revision=1 if span.end_ns else 0,
        pinned=True,
        name=name[:MAX_TEXT],
        type=word[:MAX_TEXT],
        status=_ended(outcome.status) if span.end_ns else "unknown",
        error_message=outcome.error_message,
        duration_us=(span.end_ns - span.start_ns) // 1000 if span.end_ns else None,
        session_id=found.get("session", ""),
        project=_project(span),
        agent=found.get("agent") or found.get("agent_id", ""),
        user=found.get("user", ""),
        team=found.get("team", ""),
        environment=found.get("environment", ""),
    )


def place_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """Where and under whom it ran, and its labels."""
    return {
        "machine": found.get("machine", ""),
        "account": found.get("account", ""),
        "region": found.get("region", ""),
        "labels": found.get("labels"),
    }


def _run_status(span: Span, status: Status) -> Literal["ok", "cancelled", "error", "running"]:
    if not span.end_ns:
        return "running"
    return _ended(status)


def _ended(status: Status) -> Literal["ok", "cancelled", "error"]:
    return status if status == "ok" or status == "cancelled" else "error"  # noqa: PLR1714 - so that types narrow


def _agent_name(span: Span, part: Part) -> str:
    found = span.found
    if span.name.startswith("claude_code."):
        return "claude-code"
    first = ("workflow", "agent") if part.role == "workflow" else ("agent", "workflow")
    for slot in (*first, "entity", "agent_id"):
        if found.get(slot):
            return str(found[slot])
    return _AGENT_SPAN.sub("", span.name)[:MAX_TEXT] or part.role


def _provider(span: Span, model: str) -> str:
    stated: str = span.found.get("provider", "")
    if stated == _GATEWAY and "ai_operation" in span.found:
        return _VERCEL
    named = provider_of(stated)
    if named:
        return named
    if span.name.startswith("claude_code."):
        return "anthropic"
    return infer_provider(model)


def _project(span: Span) -> str:
    project: str = span.found.get("project", "")
    if project:
        return project
    service: str = span.found.get("service", "")
    return "" if service.startswith("unknown_service") else service


def _endpoint(span: Span) -> str:
    """Host, with its port where that is not the web's: never a path or a query, which can hold secrets."""
    host: str = span.found.get("host", "")
    if host:
        host = _HOST.match(host).group(1) if "/" in host or "@" in host else host  # type: ignore[union-attr]
        port = span.found.get("port", "")
        return host if port in _WEB_PORTS else f"{host}:{port}"
    if span.found.get("url"):
        match = _HOST.match(span.found["url"])
        return match.group(1) if match else ""
    return ""
