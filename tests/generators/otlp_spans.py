"""OTLP trace requests for tests: written with the official protobuf classes, or as the JSON that exporters write."""

from __future__ import annotations

import base64
import itertools
import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_numbers = itertools.count(1)


def span(name: str = "chat gpt-4o", attributes: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """One span as OTLP's JSON has it, but with plain attributes: a second long, an hour ago, ids of its own."""
    number = next(_numbers)
    start = fields.pop("start_ns", (time.time_ns() // 10**9 - 3600) * 10**9)
    made = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": name,
        "startTimeUnixNano": start,
        "endTimeUnixNano": start + 10**9,
        "attributes": attributes or {},
    }
    made.update(fields)
    return made


def protobuf(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> bytes:
    """A request of these spans in protobuf."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    put(resource_spans.resource, resource or {})
    scope_spans = resource_spans.scope_spans.add()
    for given in spans:
        made = scope_spans.spans.add(
            trace_id=bytes.fromhex(given["traceId"]),
            span_id=bytes.fromhex(given["spanId"]),
            parent_span_id=bytes.fromhex(given.get("parentSpanId", "")),
            name=given["name"],
            start_time_unix_nano=given["startTimeUnixNano"],
            end_time_unix_nano=given["endTimeUnixNano"],
        )
        put(made, given["attributes"])
        if "status" in given:
            made.status.code = given["status"].get("code", 0)
            made.status.message = given["status"].get("message", "")
        for event in given.get("events", ()):
            added = made.events.add(name=event["name"], time_unix_nano=event["timeUnixNano"])
            put(added, event.get("attributes", {}))
    return request.SerializeToString()


def as_json(*spans: dict[str, Any], resource: dict[str, Any] | None = None, base64_ids: bool = False) -> dict[str, Any]:
    """A request of these spans as a JSON object: 64-bit numbers as text, ids in hex or base64."""
    made = []
    for given in spans:
        one = dict(given)
        for key in ("startTimeUnixNano", "endTimeUnixNano"):
            one[key] = str(given[key])
        for key in ("traceId", "spanId", "parentSpanId"):
            if base64_ids and given.get(key):
                one[key] = base64.b64encode(bytes.fromhex(given[key])).decode()
        one["attributes"] = listed(given["attributes"])
        one["events"] = [
            {**event, "timeUnixNano": str(event["timeUnixNano"]), "attributes": listed(event.get("attributes", {}))}
            for event in given.get("events", ())
        ]
        made.append(one)
    return {
        "resourceSpans": [
            {"resource": {"attributes": listed(resource or {})}, "scopeSpans": [{"scope": {}, "spans": made}]}
        ]
    }


def listed(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP's JSON has them."""
    return [{"key": key, "value": _any(value)} for key, value in attributes.items()]


def _any(value: Any) -> dict[str, Any]:  # noqa: PLR0911 - one for each type
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if value == value and abs(value) != float("inf") else str(value)}  # noqa: PLR0124
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": listed(value)}}
    if isinstance(value, bytes):
        return {"bytesValue": base64.b64encode(value).decode()}
    return {} if value is None else {"stringValue": value}


def put(target: Any, attributes: dict[str, Any]) -> None:
    """Give a protobuf message these attributes."""
    for key, value in attributes.items():
        any_of(target.attributes.add(key=key).value, value)


def any_of(any_value: Any, value: Any) -> None:
    """Give an `AnyValue` in protobuf a value."""
    if isinstance(value, bool):
        any_value.bool_value = value
    elif isinstance(value, int):
        any_value.int_value = value
    elif isinstance(value, float):
        any_value.double_value = value
    elif isinstance(value, list):
        for item in value:
            any_of(any_value.array_value.values.add(), item)
    elif isinstance(value, dict):
        any_value.kvlist_value.SetInParent()
        for key, item in value.items():
            any_of(any_value.kvlist_value.values.add(key=key).value, item)
    elif isinstance(value, bytes):
        any_value.bytes_value = value
    elif value is not None:
        any_value.string_value = value
