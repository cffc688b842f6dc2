"""Tests of tokometer.sources.otlp.logs: requests as a whole, and lines of anybody's log."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.otlp_logs import CLAUDE_SCOPE, NOW_NS, api_request, as_json, claude, log, protobuf
from tokometer.records import LogLine
from tokometer.sources.otlp import OtlpError, decode_logs, portions
from tokometer.sources.otlp.events import EVENT_DIALECTS
from tokometer.sources.otlp.logs.json_body import log_records as from_json
from tokometer.sources.otlp.logs.protobuf import log_records as from_protobuf

Encoding = Literal["protobuf", "json"]


def _told(encoding: Encoding, *records: dict[str, Any], **words: Any) -> bytes:
    return protobuf(*records, **words) if encoding == "protobuf" else json.dumps(as_json(*records, **words)).encode()


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_line_of_an_application(encoding: Encoding) -> None:
    """Its words, level, logger, service, error, route and trace; and what has no field and is no label is left out."""
    said = {
        "exception.type": "TimeoutError",
        "http.route": "/chat/{id}",
        "http.response.status_code": 504,
        "session.id": "s",
        "thread.name": "MainThread",
    }
    record = log("upstream timed out", said, severityNumber=17, traceId="ab" * 16, spanId="cd" * 8)
    resource = {"service.name": "gateway", "host.name": "atlas", "deployment.environment.name": "prod"}
    [line] = decode_logs(_told(encoding, record, resource=resource, scope="app.http"), encoding).records
    assert isinstance(line, LogLine)
    assert (line.message, line.level, line.logger, line.service) == (
        "upstream timed out",
        "error",
        "app.http",
        "gateway",
    )
    assert (line.error_type, line.route, line.http_status) == ("TimeoutError", "/chat/{id}", 504)
    assert (line.trace_id, line.parent_id, line.session_id) == ("ab" * 16, "cd" * 8, "s")
    assert (line.machine, line.environment, line.project) == ("atlas", "prod", "gateway")
    assert line.started_at == NOW_NS // 1000


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_body_that_is_an_object(encoding: Encoding) -> None:
    """Its message is what it says."""
    [line] = decode_logs(_told(encoding, log({"message": "hello", "n": 1})), encoding).records
    assert isinstance(line, LogLine)
    assert (line.message, line.level) == ("hello", "info")


def test_severity_by_name() -> None:
    """JSON may have the name of a severity's number."""
    body = as_json(log("x"))
    record = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    levels = []
    for said in ("SEVERITY_NUMBER_WARN2", "SEVERITY_NUMBER_FATAL", "ERROR", 14, 99, "nonsense"):
        record["severityNumber"] = said
        [line] = decode_logs(json.dumps(body).encode(), "json").records
        assert isinstance(line, LogLine)
        levels.append(line.level)
    assert levels == ["warning", "fatal", "error", "warning", "info", "info"]


def test_a_record_without_a_time() -> None:
    """It is refused by itself; one that was observed has that time."""
    seen = log("b", timeUnixNano=0, observedTimeUnixNano=NOW_NS)
    found = decode_logs(protobuf(log("a", timeUnixNano=0), seen), "protobuf")
    [refusal] = found.refusals
    assert (refusal.field, refusal.position, refusal.place) == ("timeUnixNano", 0, "POST /v1/logs")
    assert [record.started_at for record in found.records] == [NOW_NS // 1000]


def test_a_wrong_number_costs_its_event() -> None:
    """The field is refused by its own name; the events around it are kept."""
    events = [api_request(1), api_request(2, input_tokens="-5"), api_request(3, duration_ms="-1"), api_request(4)]
    found = decode_logs(protobuf(*events, scope=CLAUDE_SCOPE), "protobuf")
    assert [(refusal.position, refusal.field, refusal.reason) for refusal in found.refusals] == [
        (1, "input_tokens", "is negative (log record 1)"),
        (2, "duration_ms", "is negative (log record 2)"),
    ]
    assert len(found.records) == 2


def test_a_line_with_a_wrong_number_is_a_line_all_the_same() -> None:
    """Nothing is counted of it, so it is kept."""
    [line] = decode_logs(protobuf(log("x", {"gen_ai.usage.input_tokens": -1})), "protobuf").records
    assert isinstance(line, LogLine)


def test_a_time_to_come_is_kept_aside() -> None:
    """An event of the day after tomorrow waits for our clock."""
    found = decode_logs(protobuf(api_request(), scope=CLAUDE_SCOPE), "protobuf", NOW_NS // 1000 - 2 * 86_400_000_000)
    assert (found.records, len(found.aside), len(found.refusals)) == ([], 1, 1)


@pytest.mark.parametrize(("body", "encoding"), [(b"\xff\xff", "protobuf"), (b"{", "json"), (b"[]", "json")])
def test_a_body_that_is_no_request(body: bytes, encoding: Encoding) -> None:
    """It is refused as a whole, by the name of what it should be."""
    with pytest.raises(OtlpError, match="ExportLogsServiceRequest"):
        decode_logs(body, encoding)


def test_one_broken_record_in_protobuf() -> None:
    """Of a request that the library does not take, the records that are whole are kept."""
    body = protobuf(*(api_request(number) for number in range(1, 4)), scope=CLAUDE_SCOPE)
    at = body.index(b"req_011CUq0000000000000002")
    broken = body[: at - 2] + b"\xff" + body[at - 1 :]
    found = decode_logs(broken, "protobuf")
    assert found.count == 3
    assert len(found.records) == 2


def test_one_broken_record_in_json() -> None:
    """The same of JSON: a value of the wrong type, or no JSON at all, spoils only its own record."""
    text = json.dumps(as_json(*(api_request(number) for number in range(1, 4)), scope=CLAUDE_SCOPE))
    for spoiled in ('"req_011CUq0000000000000002" oops', "\\ud800"):
        found = decode_logs(text.replace('"req_011CUq0000000000000002"', spoiled).encode(), "json")
        assert (found.count, len(found.records), len(found.refusals)) == (3, 2, 1)
    number = json.dumps(as_json(log("a"), log("b"))).replace('"body": {"stringValue": "a"}', '"body": 1, "traceId": 5')
    found = decode_logs(number.encode(), "json")
    assert [refusal.field for refusal in found.refusals] == ["traceId"]
    assert len(found.records) == 1


_EVENTS = st.lists(
    st.builds(
        lambda kind, number: (
            api_request(number, at=NOW_NS + number)
            if kind == "call"
            else claude("tool_result", number, tool_name="Bash", success="true", duration_ms=number)
            if kind == "tool"
            else log(f"line {number}", {"session.id": "s"}, timeUnixNano=NOW_NS + number)
        ),
        st.sampled_from(["call", "tool", "line"]),
        st.integers(1, 30),
    ),
    max_size=30,
)


@settings(max_examples=50)
@given(_EVENTS, st.randoms())
def test_the_same_records_however_they_are_sent(events: list[dict[str, Any]], random: Random) -> None:
    """Repeated, reordered, split or in the other encoding, records have the same ids and say the same."""
    at_once = decode_logs(protobuf(*events, scope=CLAUDE_SCOPE), "protobuf")
    expected = {record.native_id: record for record in at_once.records}
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    cut = random.randint(0, len(shuffled))
    for part in (shuffled[:cut], shuffled[cut:]):
        for encoding in ("protobuf", "json"):
            for record in decode_logs(_told(encoding, *part, scope=CLAUDE_SCOPE), encoding).records:
                assert expected[record.native_id] == record


@settings(max_examples=30)
@given(_EVENTS, st.sampled_from([1, 100, 1000]))
def test_portions_hold_the_same_records(events: list[dict[str, Any]], most: int) -> None:
    """A large request in portions holds what it holds at once, each record with its scope."""
    from tokometer.sources.otlp.portions import json_portions, protobuf_portions
    from tokometer.sources.otlp.signals import SHAPES

    shape, words = SHAPES["logs"], {"scope": CLAUDE_SCOPE, "resource": {"service.name": "x"}}
    body = protobuf(*events, **words)
    assert [one for part in protobuf_portions(body, most, shape) for one in from_protobuf(part)] == list(
        from_protobuf(body)
    )
    text = json.dumps(as_json(*events, **words)).encode()
    assert [one for part in json_portions(text, most, shape) for one in from_json(part)] == list(from_json(text))
    assert b"".join(portions("logs", body, "protobuf")) is not None


def test_dialects_do_not_speak_of_the_same_events() -> None:
    """No event and no scope is declared by two dialects, and every event is of one of the known kinds."""
    prefixes = [dialect.prefix for dialect in EVENT_DIALECTS]
    scopes = [scope for dialect in EVENT_DIALECTS for scope in dialect.scopes]
    assert len(set(prefixes)) == len(prefixes)
    assert len(set(scopes)) == len(scopes)
    assert not any(one != other and one.startswith(other) for one in prefixes for other in prefixes)
    shown = {slot for dialect in EVENT_DIALECTS for event in dialect.events.values() for slot in event.shows}
    known = {attribute.slot for dialect in EVENT_DIALECTS for attribute in dialect.table.values()}
    assert shown <= known
