"""Spans and requests that cannot be believed: what is refused, and that nothing around it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from generators.otlp_spans import as_json, protobuf, span
from tokometer.records.texts import mend
from tokometer.sources.otlp import Encoding, OtlpError, decode_traces, failure, reply

CHAT: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
NOW = time.time_ns()

BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "negative tokens": ({"gen_ai.usage.input_tokens": -1}, {}, "gen_ai.usage.input_tokens", "is negative"),
    "too many tokens": ({"gen_ai.usage.output_tokens": 2**53 + 1}, {}, "gen_ai.usage.output_tokens", "2^53"),
    "tokens as words": (
        {"llm.token_count.prompt": "many"},
        {},
        "llm.token_count.prompt",
        "is text, not a whole number",
    ),
    "half a token": ({"gen_ai.usage.input_tokens": 0.5}, {}, "gen_ai.usage.input_tokens", "has a fraction"),
    "NaN tokens": ({"gen_ai.usage.input_tokens": float("nan")}, {}, "gen_ai.usage.input_tokens", "is NaN"),
    "endless tokens": ({"gen_ai.usage.input_tokens": float("inf")}, {}, "gen_ai.usage.input_tokens", "infinite"),
    "tokens as truth": ({"gen_ai.usage.input_tokens": True}, {}, "gen_ai.usage.input_tokens", "true or false"),
    "negative cost": ({"gen_ai.usage.cost": -0.5}, {}, "gen_ai.usage.cost", "is negative"),
    "NaN wait": (
        {"gen_ai.response.time_to_first_chunk": float("nan")},
        {},
        "gen_ai.response.time_to_first_chunk",
        "is NaN",
    ),
    "a NUL": ({"user.id": "a\0b"}, {}, "user.id", "NUL"),
    "1970": ({}, {"start_ns": 1_000}, "startTimeUnixNano", "before 2015"),
    "2999": ({}, {"start_ns": 32_472_144_000 * 10**9 // 2}, "startTimeUnixNano", "in the future"),
    "an end before the start": ({}, {"endTimeUnixNano": 10**18}, "endTimeUnixNano", "before startTimeUnixNano"),
    "no trace id": ({}, {"traceId": ""}, "traceId", "16 bytes"),
    "zero span id": ({}, {"spanId": "0" * 16}, "spanId", "8 bytes"),
    "short span id": ({}, {"spanId": "abcd"}, "spanId", "8 bytes"),
    "broken usage details": (
        {"langfuse.observation.type": "generation", "langfuse.observation.usage_details": "[1"},
        {},
        "langfuse.observation.usage_details",
        "not a JSON object",
    ),
    "negative usage detail": (
        {"langfuse.observation.type": "generation", "langfuse.observation.usage_details": '{"input": -4}'},
        {},
        "langfuse.observation.usage_details.input",
        "is negative",
    ),
}


def encoded(encoding: Encoding, *spans: dict[str, Any]) -> bytes:
    """A request of these spans."""
    return protobuf(*spans) if encoding == "protobuf" else json.dumps(as_json(*spans)).encode()


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("case", BAD)
def test_a_bad_span_is_refused_by_name_and_its_neighbours_are_kept(case: str, encoding: Encoding) -> None:
    """A span with a value that cannot be believed is refused with its field, between two that are kept."""
    attributes, fields, field, reason = BAD[case]
    good = [span(attributes=CHAT), span(attributes=CHAT)]
    bad = span(attributes=CHAT | attributes, **fields)
    traces = decode_traces(encoded(encoding, good[0], bad, good[1]), encoding)
    assert [record.span_id for record in traces.records] == [one["spanId"] for one in good]
    (refusal,) = traces.refusals
    assert (refusal.field, refusal.position, refusal.place) == (field, 1, "POST /v1/traces")
    assert reason in refusal.reason


def test_bad_values_on_spans_that_mean_nothing_are_nobodys_business() -> None:
    """A span that is no model call is passed over, whatever its attributes hold."""
    traces = decode_traces(protobuf(span("GET", {"gen_ai.usage.input_tokens": -5, "user.id": "x" * 5000})), "protobuf")
    assert (traces.refusals, traces.skipped) == ([], 1)


def test_a_bad_value_that_is_not_used_refuses_nothing() -> None:
    """Where a better name gives the value, a broken older one does not matter."""
    attributes = CHAT | {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.prompt_tokens": -1}
    traces = decode_traces(protobuf(span(attributes=attributes)), "protobuf")
    assert len(traces.records) == 1


def test_an_attribute_that_is_not_utf8_refuses_its_span_only() -> None:
    """Bytes that are no text in one attribute spoil that span and not the request."""
    body = protobuf(span(attributes=CHAT | {"user.id": "MARKER"}), span(attributes=CHAT))
    traces = decode_traces(body.replace(b"MARKER", b"\xff\xfeRKER"), "protobuf")
    assert [refusal.field for refusal in traces.refusals] == ["user.id"]
    assert len(traces.records) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("startTimeUnixNano", []), ("startTimeUnixNano", "soon"), ("startTimeUnixNano", -1), ("name", 5), ("traceId", 7)],
)
def test_a_wrong_type_in_json_refuses_its_span_only(field: str, value: object) -> None:
    """A span of the wrong shape is refused with the field's name; its neighbours are kept."""
    body = as_json(span(attributes=CHAT), span(attributes=CHAT))
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0][field] = value
    traces = decode_traces(json.dumps(body).encode(), "json")
    assert [refusal.field for refusal in traces.refusals] == [field]
    assert len(traces.records) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b'{"resourceSpans":[]}'])
def test_an_empty_request_is_fine(body: bytes) -> None:
    """A request without spans makes nothing and refuses nothing."""
    traces = decode_traces(body, "json" if body else "protobuf")
    assert (traces.records, traces.refusals, traces.spans) == ([], [], 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"not JSON", b'{"resourceSpans":', b"[]", b'{"resourceSpans": 5}', b"[" * 100_000, b'{"a": NaN}', b"\xff"],
)
def test_json_garbage_is_refused_as_a_whole(body: bytes) -> None:
    """A body that is no request in JSON is an error that says so."""
    with pytest.raises(OtlpError, match="JSON"):
        decode_traces(body, "json")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_protobuf_garbage_is_refused_or_empty(body: bytes) -> None:
    """Arbitrary bytes are an error or a request without believable spans, and nothing else."""
    try:
        traces = decode_traces(body, "protobuf")
    except OtlpError:
        return
    assert traces.records == []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_request_never_does_anything_else(data: st.DataObject) -> None:
    """A real request with bytes changed or cut off decodes, refuses spans, or is refused; it never crashes."""
    body = bytearray(protobuf(*(span(attributes=CHAT | {"gen_ai.usage.input_tokens": 300}) for _ in range(3))))
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    try:
        traces = decode_traces(bytes(body[:cut]), "protobuf")
    except OtlpError:
        return
    assert len(traces.refusals) + traces.skipped + len(traces.records) >= traces.spans


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**53),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300),
    st.floats(0, 1000, allow_nan=False),
)
def test_every_value_survives_however_it_is_encoded(tokens: int, user: str, wait: float) -> None:
    """Numbers and text of any size come out as they went in, alike in both encodings."""
    attributes = CHAT | {
        "gen_ai.usage.output_tokens": tokens,
        "user.id": user,
        "gen_ai.response.time_to_first_chunk": wait,
    }
    given_span = span(attributes=attributes)
    (call,) = decode_traces(protobuf(given_span), "protobuf").records
    assert (call.output_tokens, call.user) == (tokens, mend(user))  # type: ignore[attr-defined]
    assert call.ttft_us == round(wait * 1e6)  # type: ignore[attr-defined]
    assert decode_traces(json.dumps(as_json(given_span)).encode(), "json").records == [call]


def test_an_attribute_with_its_value_first_is_read_alike() -> None:
    """Protobuf lets fields come in any order; the quick way of reading gives up its place to the thorough one."""
    key, value = b"\x0a\x07user.id", b"\x12\x05\x0a\x03ada"
    request = ExportTraceServiceRequest.FromString(protobuf(span(attributes=CHAT)))
    body = request.SerializeToString()
    swapped = body + _nested(request, value + key)
    calls = decode_traces(swapped, "protobuf").records
    assert [getattr(call, "user", None) for call in calls] == ["", "ada"]


def _nested(request: ExportTraceServiceRequest, attribute: bytes) -> bytes:
    """A second ResourceSpans with the first request's span, one more attribute written by hand."""
    original = request.resource_spans[0].scope_spans[0].spans[0]
    original.span_id = b"\x01" * 8
    one = original.SerializeToString() + _field(9, attribute)
    return _field(1, _field(2, _field(2, one)))


def _field(number: int, content: bytes) -> bytes:
    size, length = b"", len(content)
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + content


def test_the_reply_counts_what_was_rejected() -> None:
    """The reply is empty where all went well, else says how many spans were rejected and why, in the same encoding."""
    bad = [span(attributes=CHAT | {"gen_ai.usage.input_tokens": -1}) for _ in range(7)]
    refusals = decode_traces(protobuf(*bad), "protobuf").refusals
    message = ExportTraceServiceResponse.FromString(reply("traces", refusals, "protobuf"))
    assert message.partial_success.rejected_spans == 7
    assert "gen_ai.usage.input_tokens: is negative" in message.partial_success.error_message
    assert "2 more" in message.partial_success.error_message
    assert json.loads(reply("traces", refusals, "json"))["partialSuccess"]["rejectedSpans"] == "7"
    assert reply("traces", [], "protobuf") == b""
    assert reply("traces", [], "json") == b"{}"


def test_a_failure_is_a_google_rpc_status() -> None:
    """A request that fails as a whole is answered with a message where OTLP's clients look for it."""
    assert failure("no", "protobuf") == b"\x12\x02no"
    assert json.loads(failure("no", "json")) == {"message": "no"}
