"""The signals of OTLP: what their requests are called and made of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Signal = Literal["traces", "logs", "metrics"]


class Shape(NamedTuple):
    """How a signal's requests are built: the names, as JSON has them. In protobuf all have the same numbers."""

    #: The message's name.
    request: str
    #: Where requests come in, for refusals.
    place: str
    #: The list of resources in a request, the lists of scopes in a resource, the list of what is told in a scope.
    resources: str
    scopes: tuple[str, ...]
    items: str
    #: What is told and refused one by one, in words, and what a reply calls how many were.
    what: str
    rejected: str
    #: Of what is told, the members that hold a list of their own, with their numbers in protobuf; and that list's name.
    held: Mapping[str, int] = MappingProxyType({})
    points: str = ""


SHAPES: Final[dict[Signal, Shape]] = {
    "traces": Shape(
        "ExportTraceServiceRequest",
        "POST /v1/traces",
        "resourceSpans",
        # The second is the name up to OTLP 0.19, still written by some.
        ("scopeSpans", "instrumentationLibrarySpans"),
        "spans",
        "span",
        "rejectedSpans",
    ),
    "logs": Shape(
        "ExportLogsServiceRequest",
        "POST /v1/logs",
        "resourceLogs",
        ("scopeLogs",),
        "logRecords",
        "log record",
        "rejectedLogRecords",
    ),
    "metrics": Shape(
        "ExportMetricsServiceRequest",
        "POST /v1/metrics",
        "resourceMetrics",
        ("scopeMetrics",),
        "metrics",
        "data point",
        "rejectedDataPoints",
        {"gauge": 5, "sum": 7, "histogram": 9, "exponentialHistogram": 10, "summary": 11},
        "dataPoints",
    ),
}
