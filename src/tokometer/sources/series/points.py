"""Points of a series → samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final, Literal, NamedTuple

from tokometer.records import Sample
from tokometer.sources.series.histogram import Histogram, bound_text
from tokometer.sources.series.series import Series

Mode = Literal["gauge", "counter", "delta"]

#: What the series of a histogram or a summary have behind its name, as Prometheus has it.
COUNT, SUM, BUCKET, SMALLEST, LARGEST = "_count", "_sum", "_bucket", "_min", "_max"
#: The label of a bucket: its upper bound. A bucket has its own count, not that of all below it.
BUCKET_LABEL: Final = "bucket"
#: The label of a summary's quantiles.
QUANTILE_LABEL: Final = "quantile"

#: A counter that began no longer before a reading (µs) is told to have stood at 0 then. Later its readings tell enough,
#: and a counter that began anew shows by a fall.
BEGINNING_US: Final = 15 * 60 * 1_000_000


class Point(NamedTuple):
    """What a series said at one time."""

    #: Microseconds since the epoch.
    at: int
    value: float
    mode: Mode = "gauge"
    #: When a counter stood at 0, where that is known, in microseconds since the epoch.
    began: int | None = None
    #: Of a delta, what tells it from another of the same series and microsecond: its interval, to the nanosecond.
    interval: str = ""


def samples_of(series: Series, point: Point, source: str) -> Iterator[Sample]:
    """A point as samples: itself, and of a counter that has just begun the 0 that it began with.

    None for a value that is no finite number, which says that there was nothing to read.
    """
    if not isfinite(point.value):
        return
    if point.mode == "counter" and point.began is not None and 1 < point.at - point.began <= BEGINNING_US:
        # Right after it began: some tell that to be the moment of the last reading before, which is one of its own.
        yield series.sample(source, point.began + 1, 0.0, "counter")
    yield series.sample(source, point.at, point.value, point.mode, point.interval)


def histogram_samples(series: Series, point: Point, histogram: Histogram, source: str) -> Iterator[Sample]:
    """A histogram as samples: its count, its sum, its own counts of buckets that have any, its extremes.

    `point` says when it was told, and its mode: `counter` where it holds everything since it began, else `delta`.
    """
    parts: list[tuple[Series, float, Mode]] = [(series.named(COUNT, unit=""), float(histogram.counted), point.mode)]
    if histogram.sum is not None:
        parts.append((series.named(SUM), histogram.sum, point.mode))
    for bound, count in histogram.buckets:
        parts.append((series.named(BUCKET, BUCKET_LABEL, bound_text(bound), ""), float(count), point.mode))
    for suffix, value in ((SMALLEST, histogram.smallest), (LARGEST, histogram.largest)):
        if value is not None:
            parts.append((series.named(suffix), value, "gauge"))
    for part, amount, mode in parts:
        yield from samples_of(part, Point(point.at, amount, mode, point.began, point.interval), source)


def summary_samples(
    series: Series, point: Point, count: int, total: float | None, quantiles: Iterable[tuple[float, float]], source: str
) -> Iterator[Sample]:
    """A summary as samples: its count and sum, which are counters, and its quantiles as they are."""
    yield from samples_of(series.named(COUNT, unit=""), Point(point.at, float(count), "counter", point.began), source)
    if total is not None:
        yield from samples_of(series.named(SUM), Point(point.at, total, "counter", point.began), source)
    for share, value in quantiles:
        part = series.named("", QUANTILE_LABEL, f"{share:g}")
        yield from samples_of(part, Point(point.at, value), source)
