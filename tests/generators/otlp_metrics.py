"""OTLP metric requests for tests: official protobuf classes, or exporters' JSON."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from generators.otlp_logs import NOW_NS
from generators.otlp_spans import put

DELTA, CUMULATIVE = 1, 2
START_NS = NOW_NS - 60 * 10**9


def request(*metrics: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "meter") -> Any:
    """A request of these metrics, as the official class."""
    made = ExportMetricsServiceRequest()
    resource_metrics = made.resource_metrics.add()
    put(resource_metrics.resource, resource or {})
    scope_metrics = resource_metrics.scope_metrics.add()
    scope_metrics.scope.name = scope
    for given in metrics:
        metric = scope_metrics.metrics.add(name=given["name"], unit=given.get("unit", ""))
        data = getattr(metric, given["kind"])
        data.SetInParent()
        if "temporality" in given:
            data.aggregation_temporality = given["temporality"]
        if given.get("monotonic"):
            data.is_monotonic = True
        for point in given["points"]:
            _add(data.data_points.add(), dict(point))
    return made


def _add(made: Any, point: dict[str, Any]) -> None:
    put(made, point.pop("attributes", {}))
    made.time_unix_nano = point.pop("at", NOW_NS)
    made.start_time_unix_nano = point.pop("start", START_NS)
    for side in ("positive", "negative"):
        if side in point:
            offset, counts = point.pop(side)
            getattr(made, side).offset = offset
            getattr(made, side).bucket_counts.extend(counts)
    for share, value in point.pop("quantiles", ()):
        made.quantile_values.add(quantile=share, value=value)
    for name, value in point.items():
        if isinstance(value, list):
            getattr(made, name).extend(value)
        else:
            setattr(made, name, value)


def protobuf(*metrics: dict[str, Any], **words: Any) -> bytes:
    """A request of these metrics in protobuf."""
    body: bytes = request(*metrics, **words).SerializeToString()
    return body


def as_json(*metrics: dict[str, Any], **words: Any) -> dict[str, Any]:
    """The same as a JSON object, with 64-bit numbers as text."""
    told: dict[str, Any] = MessageToDict(request(*metrics, **words))
    return told


def sum_of(
    name: str, *points: dict[str, Any], temporality: int = DELTA, monotonic: bool = True, unit: str = ""
) -> dict[str, Any]:
    """A sum."""
    return {
        "name": name,
        "unit": unit,
        "kind": "sum",
        "temporality": temporality,
        "monotonic": monotonic,
        "points": points,
    }


def gauge(name: str, *points: dict[str, Any], unit: str = "") -> dict[str, Any]:
    """A gauge."""
    return {"name": name, "unit": unit, "kind": "gauge", "points": points}


def histogram(name: str, *points: dict[str, Any], temporality: int = DELTA, unit: str = "s") -> dict[str, Any]:
    """A histogram with explicit bounds."""
    return {"name": name, "unit": unit, "kind": "histogram", "temporality": temporality, "points": points}
