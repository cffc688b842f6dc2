"""OTLP metrics in protobuf: bytes → data points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tokometer.records import RecordError, mistake
from tokometer.records.labels import text_of
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.keyvalues import plain
from tokometer.sources.otlp.messages import (
    DecodeError,
    ExportMetricsServiceRequest,
    KeyValue,
    Message,
    MetricMessage,
    RequestInParts,
    Resource,
    ResourceInParts,
    Scope,
    ScopeInParts,
)
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
from tokometer.sources.series import Series, explicit, exponential

_BROKEN: Final = "the body is not an OTLP ExportMetricsServiceRequest in protobuf"
#: Attributes and series are told again and again; so many are remembered.
_REMEMBERED: Final = 16_384
_LONGEST: Final = 256

#: A data point; None where there was nothing to read; an error where it cannot be read.
Told = MetricPoint | None | RecordError


class _Pairs(dict[bytes, tuple[str, str]]):
    """Encoded attributes as labels."""

    def __missing__(self, encoded: bytes) -> tuple[str, str]:
        try:
            message = KeyValue.FromString(encoded)
            pair = message.key.decode("utf-8", "replace"), text_of(plain(message.value))
        except DecodeError:
            raise RecordError("attributes", "is broken, or nested too deeply") from None
        except UnicodeDecodeError:
            raise RecordError("attributes", "is not valid UTF-8") from None
        if len(encoded) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[encoded] = pair
        return pair


_PAIRS: Final = _Pairs()
#: Series by what they are told as: metric, unit, scope, who tells, attributes.
_SERIES: Final[dict[tuple[object, ...], Series]] = {}


def points(body: bytes) -> Iterator[Told]:
    """The data points of an `ExportMetricsServiceRequest`, in order.

    Raises:
        OtlpError: The body is not such a message.
    """
    try:
        request = ExportMetricsServiceRequest.FromString(body)
    except DecodeError:
        yield from _in_parts(body)
        return
    for resource_metrics in request.resource_metrics:
        teller = _teller(resource_metrics.resource)
        for scope_metrics in resource_metrics.scope_metrics:
            scope = scope_metrics.scope.name.decode("utf-8", "replace")
            for metric in scope_metrics.metrics:
                yield from _of_metric(metric, teller, scope)


def _in_parts(body: bytes) -> list[Told]:
    """The data points of a request that cannot be decoded as a whole; what is broken in one metric spoils only that.

    Raises:
        OtlpError: No metric of it is whole.
    """
    found: list[Told] = []
    try:
        for at, raw in enumerate(RequestInParts.FromString(body).resource_spans):
            found += _of_resource(raw, f"resourceMetrics[{at}]")
    except DecodeError:
        found.clear()
    if not any(isinstance(point, MetricPoint) for point in found):
        raise OtlpError(_BROKEN)
    return found


def _of_resource(raw: bytes, where: str) -> Iterator[Told]:
    try:
        parts = ResourceInParts.FromString(raw)
        teller = _teller(Resource.FromString(parts.resource))
    except DecodeError:
        yield RecordError(where, "is broken")
        return
    for at, scope_metrics in enumerate(parts.scope_spans):
        try:
            listed = ScopeInParts.FromString(scope_metrics)
            scope = Scope.FromString(listed.scope).name.decode("utf-8", "replace")
        except DecodeError:
            yield RecordError(f"{where}.scopeMetrics[{at}]", "is broken")
            continue
        for metric in listed.spans:
            try:
                message = MetricMessage.FromString(metric)
            except DecodeError:
                yield RecordError("metrics", "is broken")
                continue
            yield from _of_metric(message, teller, scope)


def _teller(resource: Message) -> Teller | RecordError:
    try:
        return teller_of(dict(map(_PAIRS.__getitem__, resource.attributes)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        wrong = mistake(error)
        return RecordError(f"resource.{wrong.field}".rstrip("."), wrong.reason)


def _of_metric(metric: Message, teller: Teller | RecordError, scope: str) -> Iterator[Told]:
    which = metric.WhichOneof("value")
    if which is None:
        yield RecordError("data", "is of a kind that there is not")
        return
    data = getattr(metric, which)
    read = _READERS[which]
    head = metric.name, metric.unit, scope
    for point in data.data_points:
        try:
            if isinstance(teller, RecordError):
                raise teller  # noqa: TRY301 - handled with what reading raises
            yield None if point.flags & NO_VALUE else read(data, point, _series(head, point.attributes, teller))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this point, and the others count
            yield mistake(error)


def _series(head: tuple[bytes, bytes, str], attributes: Iterable[bytes], teller: Teller) -> Series:
    key = head, teller.identity, *attributes
    try:
        return _SERIES[key]
    except KeyError:
        if len(_SERIES) >= _REMEMBERED:
            _SERIES.clear()
        labels = dict(map(_PAIRS.__getitem__, attributes))
        name, unit = (text.decode("utf-8", "replace") for text in head[:2])
        series = _SERIES[key] = make_series(name, unit, labels, teller, head[2])
        return series


def _gauge(_: Message, point: Message, series: Series) -> MetricPoint:
    return MetricPoint(series, point_at(point.time_unix_nano, 0, _number(point)))


def _sum(data: Message, point: Message, series: Series) -> MetricPoint:
    mode = mode_of(data.aggregation_temporality, monotonic=data.is_monotonic)
    return MetricPoint(series, point_at(point.time_unix_nano, point.start_time_unix_nano, _number(point), mode))


def _number(point: Message) -> float:
    which = point.WhichOneof("value")
    if which is None:
        raise RecordError("asDouble", "is missing, and so is asInt")
    return float(getattr(point, which))


def _histogram(data: Message, point: Message, series: Series) -> MetricPoint:
    mode = mode_of(data.aggregation_temporality, monotonic=True)
    found = believed(explicit, point.explicit_bounds, point.bucket_counts, _if_told(point, "sum"), point.count)
    found = found._replace(smallest=_if_told(point, "min"), largest=_if_told(point, "max"))
    return MetricPoint(series, point_at(point.time_unix_nano, point.start_time_unix_nano, 0.0, mode), found)


def _exponential(data: Message, point: Message, series: Series) -> MetricPoint:
    mode = mode_of(data.aggregation_temporality, monotonic=True)
    sides = [(side.offset, side.bucket_counts) for side in (point.positive, point.negative)]
    total = _if_told(point, "sum")
    found = believed(exponential, point.scale, point.zero_count, *sides, total, point.zero_threshold)
    found = found._replace(smallest=_if_told(point, "min"), largest=_if_told(point, "max"))
    return MetricPoint(series, point_at(point.time_unix_nano, point.start_time_unix_nano, 0.0, mode), found)


def _summary(_: Message, point: Message, series: Series) -> MetricPoint:
    quantiles = tuple((one.quantile, one.value) for one in point.quantile_values)
    at = point_at(point.time_unix_nano, point.start_time_unix_nano)
    return MetricPoint(series, at, summary=(point.count, point.sum, quantiles))


def _if_told(point: Message, name: str) -> float | None:
    return getattr(point, name) if point.HasField(name) else None


_READERS: Final[dict[str, Callable[[Message, Message, Series], MetricPoint]]] = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
