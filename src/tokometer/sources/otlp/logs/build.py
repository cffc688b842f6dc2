"""Log records → records: events of calls, tools and scores, and lines of a log."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from tokometer.records import LogLine, ModelCall, Record, RecordError, Score, ToolCall
from tokometer.records.beside import Level
from tokometer.records.lengths import MAX_TEXT
from tokometer.records.model_ids import infer_provider
from tokometer.records.providers import provider_of
from tokometer.records.time import check_time
from tokometer.records.values import moment
from tokometer.sources.otlp.build import SOURCE, call_of, place_of, tool_of
from tokometer.sources.otlp.events import Event, EventDialect
from tokometer.sources.otlp.events.declared import failed
from tokometer.sources.otlp.labels import LABELS
from tokometer.sources.otlp.logs.record import LogRecord
from tokometer.sources.otlp.outcome import outcome_of
from tokometer.sources.otlp.roles import Part
from tokometer.sources.otlp.span import ERROR, UNSET, Span
from tokometer.sources.otlp.unread import UNREAD

#: `SeverityNumber`: four of each, from 1 on.
_LEVELS: Final[tuple[Level, ...]] = ("trace", "debug", "info", "warning", "error", "fatal")
#: Lines below are not kept, unless they do not say.
_LEAST: Final = 9
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
#: What is no part of what a record says: it depends on our settings.
_OURS: Final = frozenset({LABELS, UNREAD, "event_at"})


def records_of(told: LogRecord) -> list[Record]:
    """The records that a log record makes: none or one.

    Raises:
        RecordError: It is an event that tells of usage, and something in it cannot be believed. The field is the
            attribute's own name, or the record's field in OTLP's JSON spelling.
    """
    event = told.named.event
    if event is None:
        return [_line(told, _BARE)] if is_line(told) else []
    if event.what == "nothing" or (event.when is not None and told.wrong is None and not event.when(told.found)):
        return []
    if told.wrong is not None and event.what != "line":
        raise RecordError(told.wrong.name, told.wrong.error)
    if event.what == "line":
        return [_line(told, event)]
    if event.what == "score":
        return [_score(told)]
    return [_tool(told) if event.what == "tool" else _call(told, event)]


_BARE: Final = Event("line")


def is_line(told: LogRecord) -> bool:
    """Whether a record that is no event of ours is a line worth keeping: of applications' logs, all but `debug`."""
    return not told.named.name and (told.severity >= _LEAST or told.severity <= 0)


def _ns(told: LogRecord) -> int:
    """When it was, in nanoseconds since the epoch: as its record says, or its event, or when it was seen."""
    if told.time_ns or "event_at" not in told.found:
        return told.time_ns or told.observed_ns
    try:
        return moment(told.found["event_at"]) * 1000
    except ValueError:
        return told.observed_ns


def _at(told: LogRecord) -> int:
    ns = _ns(told)
    if not ns:
        raise RecordError("timeUnixNano", "is missing, and so is the time at which it was observed")
    return check_time(ns // 1000, "timeUnixNano")


def _native_id(told: LogRecord) -> str:
    """What names a record for good, sent again or sent in another encoding.

    Its session's count of events where there is one (Claude Code; it begins anew with each process), else a hash of
    what it says.
    """
    found = told.found
    if found.get("sequence") and found.get("session"):
        which = f"{found['session']}/{found.get('prompt', '')}/{found['sequence']}"
    else:
        says = sorted((slot, value) for slot, value in found.items() if slot not in _OURS)
        content = repr((told.trace_id, told.span_id, told.severity, told.scope, told.body, says))
        which = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return f"{told.named.name or 'line'}:{which}@{_ns(told):x}"


def _trace_id(told: LogRecord) -> str:
    return "" if told.trace_id == _NO_TRACE else told.trace_id


def _span_id(told: LogRecord) -> str:
    return "" if told.span_id == _NO_SPAN else told.span_id


def _as_span(told: LogRecord, *, error: bool) -> tuple[Span, int]:
    """An event as the span that it tells of, and when that began in microseconds.

    It stands below the span that it was written in, which may tell of the same call.
    """
    at, found = _at(told), told.found
    duration: int = found.get("duration") or 0
    start = check_time(at - duration, "duration_ms")
    dialect = told.named.dialect
    if dialect.agent and "agent" in found:
        # The agent is the program; whom it names is one that works for it.
        found["subagent"] = found.pop("agent")
    span = Span(
        _trace_id(told),
        "",
        _span_id(told),
        told.named.name,
        start * 1000,
        # Without a duration nobody knows when it began: it is told at its end.
        at * 1000 if duration else 0,
        ERROR if error else UNSET,
        "",
        [],
        found,
    )
    return span, start


def _call(told: LogRecord, event: Event) -> ModelCall:
    found = told.found
    error = event.what == "failure" or ("output" not in found and failed(found))
    span, start = _as_span(told, error=error)
    call = call_of(span, Part("call", _operation(found)), _native_id(told), start)
    call.revision, call.way = 1, "event"
    call.program = told.named.dialect.program
    _settle_whose(told.named.dialect, call, found)
    call.provider = call.provider or told.named.dialect.provider
    if error and call.cost_reported is None and "input" not in found:
        # Nothing was used, so nothing was billed.
        call.cost_reported = 0
    return call


def _operation(found: dict[str, Any]) -> str:
    operation: str = found.get("operation", "")
    return operation or "chat"


def _tool(told: LogRecord) -> ToolCall:
    span, start = _as_span(told, error=False)
    tool = tool_of(span, _native_id(told), start)
    tool.revision, tool.way = 1, "event"
    if not span.end_ns:
        tool.status = "ok" if outcome_of(span).status == "ok" else "error"
    metadata = told.found.get("tool_metadata")
    if metadata:
        tool.lines_added = _whole(metadata.get("model_added_lines"))
        tool.lines_removed = _whole(metadata.get("model_removed_lines"))
    _settle_whose(told.named.dialect, tool, told.found)
    return tool


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _settle_whose(dialect: EventDialect, record: ModelCall | ToolCall, found: dict[str, Any]) -> None:
    """Name the program that sent it as the agent, and not as a project: its service's name says no more."""
    if dialect.agent:
        record.agent = dialect.agent
        record.subagent = found.get("subagent", "")
        record.project = found.get("project", "")


def _score(told: LogRecord) -> Score:
    found = told.found
    value: float | None = found.get("score_value")
    label: str = found.get("score_label", "")
    if value is None and not label:
        raise RecordError("gen_ai.evaluation.score.value", "is missing, and so is a label")
    return Score(
        native_id=_native_id(told),
        name=found.get("score_name", "") or "score",
        value=value,
        text=label,
        type="category" if value is None else "number",
        comment=found.get("score_comment", ""),
        target="call" if found.get("response_id") or told.span_id else "trace",
        call_id=found.get("response_id", ""),
        author_type="model",
        agent=found.get("agent", ""),
        **_common(told),
    )


def _line(told: LogRecord, event: Event) -> LogLine:
    found = told.found
    return LogLine(
        native_id=_native_id(told),
        message=_message(told, event),
        level=_level(told, event),
        logger=found.get("logger") or told.scope,
        service=found.get("service", ""),
        error_type=found.get("error_type", ""),
        route=found.get("route", ""),
        http_status=found.get("http_status"),
        duration_us=found.get("duration"),
        request_id=found.get("response_id", ""),
        agent=told.named.dialect.agent or found.get("agent", ""),
        **_common(told),
    )


def _level(told: LogRecord, event: Event) -> Level:
    """As bad as the record says, but no less than the event is: tools send all their events as information."""
    said = _LEVELS[min(max(told.severity - 1, 0) // 4, len(_LEVELS) - 1)] if told.severity > 0 else "info"
    return max(said, event.level, key=_LEVELS.index)


def _message(told: LogRecord, event: Event) -> str:
    if event.words:
        shown = [str(told.found[slot]) for slot in event.shows if told.found.get(slot) not in (None, "")]
        return f"{event.words}: {', '.join(shown)}" if shown else event.words
    found = told.found
    return told.body or found.get("error_message") or found.get("event") or "a line without words"


def _common(told: LogRecord) -> dict[str, Any]:
    """What lines and scores have in common."""
    found = told.found
    model = found.get("model") or found.get("request_model") or ""
    service: str = found.get("service", "")
    project = found.get("project", "")
    if not project and not told.named.dialect.agent and not service.startswith("unknown_service"):
        project = service
    return {
        "source": SOURCE,
        "started_at": _at(told),
        "pinned": True,
        "trace_id": _trace_id(told),
        "parent_id": _span_id(told),
        "provider": provider_of(found.get("provider", "")) or told.named.dialect.provider or infer_provider(model),
        "model": model[:MAX_TEXT],
        "session_id": found.get("session", ""),
        "project": project,
        "user": found.get("user", ""),
        "team": found.get("team", ""),
        "environment": found.get("environment", ""),
        **place_of(found),
    }
