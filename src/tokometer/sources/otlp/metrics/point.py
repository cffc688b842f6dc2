"""A data point as both encodings give it, and what a resource says of all its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from tokometer.records import RecordError, Sample
from tokometer.records.labels import UNFIT
from tokometer.records.time import check_time
from tokometer.sources.otlp.build import SOURCE
from tokometer.sources.series import (
    Histogram,
    Mode,
    Point,
    Series,
    histogram_samples,
    samples_of,
    series_of,
    summary_samples,
)

#: What of a resource becomes a label of each reading; all of it tells one series from another.
RESOURCE_LABELS: Final = (
    *("service.name", "service.namespace", "service.instance.id", "deployment.environment.name"),
    *("deployment.environment", "host.name", "k8s.pod.name", "k8s.namespace.name", "container.id", "cloud.region"),
)
#: What tells two processes of a service apart where no instance is named.
_INSTANCE, _PROCESS = "service.instance.id", "process.pid"
#: `AggregationTemporality`.
_DELTA, _CUMULATIVE = 1, 2
#: `DataPointFlags`: there was nothing to read.
NO_VALUE: Final = 1
_SEPARATOR: Final = "\x1f"
#: Of a delta's interval so much is kept, a prime, that one in so many others looks the same: in the same microsecond.
_INTERVALS: Final = 65_521


class MetricPoint(Struct):
    """One data point: a number, a histogram, or a summary (its count, sum, and quantiles)."""

    series: Series
    point: Point
    histogram: Histogram | None = None
    summary: tuple[int, float, tuple[tuple[float, float], ...]] | None = None

    def samples(self) -> list[Sample]:
        """The samples that it makes: none of what is no number."""
        if self.histogram is not None:
            return list(histogram_samples(self.series, self.point, self.histogram, SOURCE))
        if self.summary is not None:
            return list(summary_samples(self.series, self.point, *self.summary, SOURCE))
        return list(samples_of(self.series, self.point, SOURCE))


class Teller(NamedTuple):
    """Who tells: the labels that a resource gives to each reading, and what tells it from any other."""

    labels: dict[str, str]
    identity: str


def teller_of(resource: Mapping[str, str]) -> Teller:
    """The teller that a resource with these attributes is."""
    labels = {name: resource[name] for name in RESOURCE_LABELS if name in resource}
    if _INSTANCE not in resource and _PROCESS in resource:
        labels[_PROCESS] = resource[_PROCESS]
    return Teller(labels, _SEPARATOR.join(part for pair in sorted(resource.items()) for part in pair))


def make_series(metric: str, unit: str, labels: Mapping[str, str], teller: Teller, scope: str) -> Series:
    """The series of a metric's data points with these attributes.

    Raises:
        RecordError: The metric has no name.
    """
    if not metric:
        raise RecordError("name", "is missing")
    fit = {name: value for name, value in labels.items() if value != UNFIT}
    return series_of(metric, {**teller.labels, **fit}, unit, f"{teller.identity}{_SEPARATOR}{scope}")


def mode_of(temporality: int, *, monotonic: bool) -> Mode:
    """How a sum or a histogram is kept.

    Raises:
        RecordError: It says neither that it is delta nor that it is cumulative.
    """
    if temporality == _DELTA:
        return "delta"
    if temporality != _CUMULATIVE:
        raise RecordError("aggregationTemporality", "is neither delta (1) nor cumulative (2)")
    return "counter" if monotonic else "gauge"


def point_at(time_ns: int, start_ns: int, value: float = 0.0, mode: Mode = "gauge") -> Point:
    """A point at a time, with when it began where that is told.

    Raises:
        RecordError: There is no such time.
    """
    if not time_ns:
        raise RecordError("timeUnixNano", "is missing")
    at = check_time(time_ns // 1000, "timeUnixNano")
    # Two processes that no resource tells apart export their own intervals; one that tries again, the same.
    interval = f"-{(start_ns * 1000 + time_ns % 1000) % _INTERVALS:x}" if mode == "delta" else ""
    return Point(at, value, mode, start_ns // 1000 or None, interval)


def believed(make: Any, *given: Any, **words: Any) -> Histogram:  # noqa: ANN401 - one of several functions
    """The histogram that a function of :mod:`tokometer.sources.series` makes.

    Raises:
        RecordError: It contradicts itself.
    """
    try:
        histogram: Histogram = make(*given, **words)
    except ValueError as error:
        raise RecordError("dataPoints", str(error)) from None
    return histogram
