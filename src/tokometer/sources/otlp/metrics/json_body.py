"""OTLP metrics in JSON: bytes → data points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import field

from tokometer.records import RecordError, mistake
from tokometer.records.labels import text_of
from tokometer.records.values import floating, number
from tokometer.sources.otlp.apart import taken_apart
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.json_values import Camel, Pair, Resource, nanoseconds, plain, spoiled, why
from tokometer.sources.otlp.metrics.point import (
    NO_VALUE,
    MetricPoint,
    Teller,
    believed,
    make_series,
    mode_of,
    point_at,
    teller_of,
)
from tokometer.sources.otlp.signals import SHAPES
from tokometer.sources.series import Series, explicit, exponential

_TEMPORALITIES: Final = {"AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}
_FAR: Final = 2**63
_SHAPE: Final = SHAPES["metrics"]
_Number = int | float | str

#: A data point; None where there was nothing to read; an error where it cannot be read.
Told = MetricPoint | None | RecordError


class _Buckets(Camel):
    offset: _Number = 0
    bucket_counts: list[_Number] = field(default_factory=list)


class _Quantile(Camel):
    quantile: _Number = 0
    value: _Number = 0


class _Point(Camel):
    """A data point of whatever kind."""

    attributes: list[Pair] | None = None
    start_time_unix_nano: int | str | None = None
    time_unix_nano: int | str | None = None
    flags: int = 0
    as_double: _Number | None = None
    as_int: _Number | None = None
    count: _Number | None = None
    sum: _Number | None = None
    min: _Number | None = None
    max: _Number | None = None
    bucket_counts: list[_Number] | None = None
    explicit_bounds: list[_Number] | None = None
    scale: _Number = 0
    zero_count: _Number = 0
    zero_threshold: _Number = 0
    positive: _Buckets | None = None
    negative: _Buckets | None = None
    quantile_values: list[_Quantile] | None = None


class _Data(Camel):
    # Raw, so that one point with a value of the wrong type is refused by itself.
    data_points: list[msgspec.Raw] | None = None
    aggregation_temporality: int | str | None = None
    is_monotonic: bool = False


class _Metric(Camel):
    name: str = ""
    unit: str | None = None
    gauge: _Data | None = None
    sum: _Data | None = None
    histogram: _Data | None = None
    exponential_histogram: _Data | None = None
    summary: _Data | None = None


class _Scope(Camel):
    name: str | None = None


class _ScopeMetrics(Camel):
    scope: _Scope | None = None
    metrics: list[msgspec.Raw] | None = None


class _ResourceMetrics(Camel):
    resource: Resource | None = None
    scope_metrics: list[_ScopeMetrics] | None = None


class _Request(Camel):
    resource_metrics: list[msgspec.Raw] = field(default_factory=list)


_REQUEST: Final = msgspec.json.Decoder(_Request)
_RESOURCE_METRICS: Final = msgspec.json.Decoder(_ResourceMetrics)
_RESOURCE: Final = msgspec.json.Decoder(Resource | None)
_SCOPE: Final = msgspec.json.Decoder(_Scope | None)
_METRIC: Final = msgspec.json.Decoder(_Metric)
_POINT: Final = msgspec.json.Decoder(_Point)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)


def points(body: bytes) -> Iterator[Told]:
    """The data points of an `ExportMetricsServiceRequest` in JSON, in order.

    Raises:
        OtlpError: The body is not such an object.
    """
    try:
        request = _REQUEST.decode(body)
    except _UNREADABLE as error:
        try:
            apart = list(_taken_apart(body))
        except ValueError:
            raise OtlpError(f"the body is not an OTLP ExportMetricsServiceRequest in JSON: {why(error)}") from None
        yield from apart
        return
    for raw in request.resource_metrics:
        try:
            resource_metrics = _RESOURCE_METRICS.decode(raw)
            teller = _teller(resource_metrics.resource)
        except _UNREADABLE as error:
            yield spoiled(error, "resourceMetrics")
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
            yield RecordError("resource", mistake(error).reason)
            continue
        for scope_metrics in resource_metrics.scope_metrics or ():
            scope = (scope_metrics.scope or _Scope()).name or ""
            for metric in scope_metrics.metrics or ():
                yield from _of_metric(metric, teller, scope)


def _taken_apart(body: bytes) -> Iterator[Told]:
    """The data points of a body that cannot be decoded as a whole.

    Raises:
        ValueError: It has not the form of a request.
    """
    for part in taken_apart(body, _SHAPE):
        if isinstance(part, RecordError):
            yield part
            continue
        try:
            teller = _teller(_RESOURCE.decode(part.resource))
            scope = (_SCOPE.decode(part.scope) or _Scope()).name or ""
        except _UNREADABLE as error:
            yield spoiled(error, "resource")
            continue
        for metric in part.told:
            yield from _of_metric(metric, teller, scope)


def _teller(resource: Resource | None) -> Teller:
    return teller_of(dict(_pairs((resource or Resource()).attributes)))


def _pairs(attributes: Iterable[Pair] | None) -> Iterator[tuple[str, str]]:
    for pair in attributes or ():
        yield pair.key, text_of(plain(pair.value))


def _of_metric(raw: bytes | msgspec.Raw, teller: Teller, scope: str) -> Iterator[Told]:
    try:
        metric = _METRIC.decode(raw)
    except _UNREADABLE as error:
        yield spoiled(error, "metrics")
        return
    which = next((name for name in _READERS if getattr(metric, name) is not None), None)
    if which is None:
        yield RecordError("data", "is of a kind that there is not")
        return
    data: _Data = getattr(metric, which)
    for point in data.data_points or ():
        try:
            yield _one(_READERS[which], metric, data, _POINT.decode(point), teller, scope)
        except _UNREADABLE as error:
            yield spoiled(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this point, and the others count
            yield mistake(error)


def _one(
    read: Callable[[_Data, _Point, Series], MetricPoint],
    metric: _Metric,
    data: _Data,
    point: _Point,
    teller: Teller,
    scope: str,
) -> MetricPoint | None:
    if point.flags & NO_VALUE:
        return None
    series = make_series(metric.name, metric.unit or "", dict(_pairs(point.attributes)), teller, scope)
    return read(data, point, series)


def _mode(data: _Data, *, monotonic: bool) -> Any:  # noqa: ANN401 - a mode
    temporality = data.aggregation_temporality
    if isinstance(temporality, str):
        temporality = _TEMPORALITIES.get(temporality, 0)
    return mode_of(temporality or 0, monotonic=monotonic)


def _times(point: _Point) -> tuple[int, int]:
    return (
        nanoseconds("timeUnixNano", point.time_unix_nano),
        nanoseconds("startTimeUnixNano", point.start_time_unix_nano),
    )


def _gauge(_: _Data, point: _Point, series: Series) -> MetricPoint:
    return MetricPoint(series, point_at(_times(point)[0], 0, _value(point)))


def _sum(data: _Data, point: _Point, series: Series) -> MetricPoint:
    mode = _mode(data, monotonic=data.is_monotonic)
    return MetricPoint(series, point_at(*_times(point), _value(point), mode))


def _value(point: _Point) -> float:
    for name, value in (("asDouble", point.as_double), ("asInt", point.as_int)):
        if value is not None:
            return _float(name, value)
    raise RecordError("asDouble", "is missing, and so is asInt")


def _histogram(data: _Data, point: _Point, series: Series) -> MetricPoint:
    mode = _mode(data, monotonic=True)
    bounds = [_float("explicitBounds", bound) for bound in point.explicit_bounds or ()]
    counts = [_whole("bucketCounts", count) for count in point.bucket_counts or ()]
    found = believed(explicit, bounds, counts, _if_told("sum", point.sum), _whole("count", point.count or 0))
    found = found._replace(smallest=_if_told("min", point.min), largest=_if_told("max", point.max))
    return MetricPoint(series, point_at(*_times(point), 0.0, mode), found)


def _exponential(data: _Data, point: _Point, series: Series) -> MetricPoint:
    mode = _mode(data, monotonic=True)
    sides = [
        (_whole("offset", side.offset), [_whole("bucketCounts", count) for count in side.bucket_counts])
        for side in (point.positive or _Buckets(), point.negative or _Buckets())
    ]
    scale, zeros = _whole("scale", point.scale), _whole("zeroCount", point.zero_count)
    threshold = _float("zeroThreshold", point.zero_threshold)
    found = believed(exponential, scale, zeros, *sides, _if_told("sum", point.sum), threshold)
    found = found._replace(smallest=_if_told("min", point.min), largest=_if_told("max", point.max))
    return MetricPoint(series, point_at(*_times(point), 0.0, mode), found)


def _summary(_: _Data, point: _Point, series: Series) -> MetricPoint:
    quantiles = tuple(
        (_float("quantile", one.quantile), _float("value", one.value)) for one in point.quantile_values or ()
    )
    summary = _whole("count", point.count or 0), _float("sum", point.sum or 0), quantiles
    return MetricPoint(series, point_at(*_times(point)), summary=summary)


def _float(name: str, value: _Number) -> float:
    """A number: JSON has no NaN and no infinity, and protobuf's mapping writes them as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise RecordError(name, "is text, not a number") from None
    try:
        return floating(value)
    except ValueError as error:
        raise RecordError(name, str(error)) from None


def _whole(name: str, value: _Number) -> int:
    try:
        found = number(value)
        if found == found.to_integral_value() and abs(found) <= _FAR:
            return int(found)
    except ValueError as error:
        raise RecordError(name, str(error)) from None
    raise RecordError(name, "is not a whole number of 64 bits")


def _if_told(name: str, value: _Number | None) -> float | None:
    return None if value is None else _float(name, value)


_READERS: Final[dict[str, Callable[[_Data, _Point, Series], MetricPoint]]] = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
