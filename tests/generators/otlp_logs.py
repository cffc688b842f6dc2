"""OTLP log requests for tests, in the shape of what tools send: official protobuf classes, or exporters' JSON."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from generators.otlp_spans import any_of, listed, put

#: A whole second, an hour ago: the same for all tests of a run.
NOW_NS = (time.time_ns() // 10**9 - 3600) * 10**9

CLAUDE_SCOPE = "com.anthropic.claude_code.events"
_SESSION = "5f0c1b1e-7a11-4f0e-9d55-0a6f3f1f7c11"


def log(body: Any = "", attributes: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """One log record as OTLP's JSON has it, but with plain attributes and a plain body."""
    return {"timeUnixNano": NOW_NS, "body": body, "attributes": attributes or {}, **fields}


def claude(name: str, sequence: int = 1, /, at: int = NOW_NS, **attributes: Any) -> dict[str, Any]:
    """An event as Claude Code writes it; an attribute's dots are underscores twice here."""
    said = {
        "user.id": "8c1f0d",
        "session.id": _SESSION,
        "organization.id": "org-7",
        "user.email": "dev@example.com",
        "terminal.type": "vscode",
        "event.name": name,
        "event.timestamp": "2026-11-27T09:00:00.000Z",
        "event.sequence": sequence,
        "prompt.id": "9a77",
        **{key.replace("__", "."): value for key, value in attributes.items()},
    }
    return log(f"claude_code.{name}", said, timeUnixNano=at, observedTimeUnixNano=at)


def api_request(sequence: int = 1, /, at: int = NOW_NS, **attributes: Any) -> dict[str, Any]:
    """Claude Code's event of an answer, numbers as text as some versions write them."""
    said = {
        "model": "claude-opus-4-5-20251101",
        "input_tokens": "12",
        "output_tokens": "850",
        "cache_read_tokens": "41200",
        "cache_creation_tokens": "950",
        "cost_usd": "0.0478",
        "duration_ms": "6150",
        "request_id": f"req_011CUq{sequence:016d}",
        "speed": "normal",
        "query_source": "main",
        **attributes,
    }
    return claude("api_request", sequence, at=at, **said)


def codex(name: str, /, at: str = "2026-11-27T09:00:00.000Z", **attributes: Any) -> dict[str, Any]:
    """An event as Codex writes it: without a body, and without a time but its own."""
    said = {
        "event.name": f"codex.{name}",
        "event.timestamp": at,
        "conversation.id": "019a2c11-5c7e-7d10-b2a0-1f5f1a2b3c4d",
        "app.version": "0.140.0",
        "auth_mode": "ApiKey",
        "originator": "codex_cli_rs",
        "user.email": "dev@example.com",
        "terminal.type": "xterm",
        "model": "gpt-5.1-codex",
        "slug": "gpt-5.1-codex",
        **{key.replace("__", "."): value for key, value in attributes.items()},
    }
    return log(None, said, timeUnixNano=0, observedTimeUnixNano=NOW_NS, eventName="event otel/src/events.rs:9")


def gemini(name: str, /, **attributes: Any) -> dict[str, Any]:
    """An event as Gemini CLI writes it: the body is a sentence."""
    said = {
        "session.id": "gem-session",
        "installation.id": "inst",
        "event.name": f"gemini_cli.{name}" if "." not in name or name.startswith("chat.") else name,
        "event.timestamp": "2026-11-27T09:00:00.000Z",
        "prompt_id": "gem########3",
        **{key.replace("__", "."): value for key, value in attributes.items()},
    }
    return log("Something happened.", said)


def protobuf(*records: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "") -> bytes:
    """A request of these records in protobuf."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    put(resource_logs.resource, resource or {})
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name = scope
    for given in records:
        made = scope_logs.log_records.add(
            time_unix_nano=given.get("timeUnixNano", 0),
            observed_time_unix_nano=given.get("observedTimeUnixNano", 0),
            severity_number=given.get("severityNumber", 0),
            trace_id=bytes.fromhex(given.get("traceId", "")),
            span_id=bytes.fromhex(given.get("spanId", "")),
            event_name=given.get("eventName", ""),
        )
        if given["body"] is not None:
            any_of(made.body, given["body"])
        put(made, given["attributes"])
    return request.SerializeToString()


def as_json(*records: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "") -> dict[str, Any]:
    """A request of these records as a JSON object."""
    made = []
    for given in records:
        one = {**given, "attributes": listed(given["attributes"]), "body": value_of(given["body"])}
        for key in ("timeUnixNano", "observedTimeUnixNano"):
            if key in given:
                one[key] = str(given[key])
        made.append(one)
    scopes = [{"scope": {"name": scope}, "logRecords": made}]
    return {"resourceLogs": [{"resource": {"attributes": listed(resource or {})}, "scopeLogs": scopes}]}


def value_of(value: Any) -> Any:
    """An `AnyValue` in JSON; none where there is none."""
    if value is None:
        return None
    [one] = listed({"": value})
    return one["value"]
