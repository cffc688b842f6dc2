"""Requests in JSON with the keys of OTLP's protobuf say what those in protobuf say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from generators import otlp_logs, otlp_metrics, otlp_spans
from tokometer.sources.otlp import decode
from tokometer.sources.otlp.requests import portions
from tokometer.sources.otlp.signals import Signal
from tokometer.sources.otlp.snake import camelled, signal_in

USED = {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 15, "gen_ai.usage.output_tokens": 5}
HISTOGRAM = {"count": 3, "sum": 6.0, "bucket_counts": [1, 2, 0], "explicit_bounds": [1.0, 5.0]}
REQUESTS: dict[Signal, tuple[Any, bytes]] = {
    "traces": (
        ExportTraceServiceRequest,
        otlp_spans.protobuf(otlp_spans.span(attributes={**USED, "a": [1.5, {"b_c": True}]})),
    ),
    "logs": (ExportLogsServiceRequest, otlp_logs.protobuf(otlp_logs.api_request(), scope=otlp_logs.CLAUDE_SCOPE)),
    "metrics": (
        ExportMetricsServiceRequest,
        otlp_metrics.protobuf(
            {"name": "h", "kind": "histogram", "temporality": otlp_metrics.CUMULATIVE, "points": [HISTOGRAM]},
            {"name": "s", "kind": "sum", "temporality": 1, "monotonic": True, "points": [{"as_int": 7}]},
        ),
    ),
}


@pytest.mark.parametrize("signal", REQUESTS)
def test_a_request_with_the_names_of_protobuf(signal: Signal) -> None:
    """As the official classes write it when they are told to keep their names."""
    kind, body = REQUESTS[signal]
    snake = MessageToJson(kind.FromString(body), preserving_proto_field_name=True).encode()
    assert b'"resource_' in snake
    told = decode(signal, body, "protobuf", now=otlp_logs.NOW_NS // 1000)
    assert told.records
    assert decode(signal, snake, "json", now=otlp_logs.NOW_NS // 1000).records == told.records
    [portion] = portions(signal, snake, "json")
    assert decode(signal, portion, "json", now=otlp_logs.NOW_NS // 1000).records == told.records


def test_what_is_said_stays_as_it_is() -> None:
    """Keys change; what stands in texts, and values that look like keys, does not."""
    said = {"resource_spans": [{"scope_spans": [{"spans": [{"name": '"trace_id": 1', "trace_id": "span_id"}]}]}]}
    camel = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": '"trace_id": 1', "traceId": "span_id"}]}]}]}
    assert json.loads(camelled(json.dumps(said).encode())) == camel
    whole = json.dumps(camel).encode()
    assert camelled(whole) is whole


@pytest.mark.parametrize("signal", REQUESTS)
def test_a_request_says_its_signal(signal: Signal) -> None:
    """By its first key, in either spelling; nothing else does."""
    kind, body = REQUESTS[signal]
    for keep in (True, False):
        assert signal_in(MessageToJson(kind.FromString(body), preserving_proto_field_name=keep).encode()) == signal
    assert [signal_in(other) for other in (body, b"", b"{}", b'{"records": []}')] == [None] * 4
