"""`POST /v1/metrics`: a request's bytes → samples and refusals."""

from __future__ import annotations

from typing import Final, Literal

from tokometer.records import Record, now_us
from tokometer.sources.otlp.gathered import Gathered, Strange, gather
from tokometer.sources.otlp.metrics import json_body, protobuf
from tokometer.sources.otlp.metrics.point import MetricPoint
from tokometer.sources.otlp.signals import SHAPES
from tokometer.sources.prometheus.standard import standardised

_SHAPE: Final = SHAPES["metrics"]
_NO_NUMBER: Final = "metrics without a number"


def decode_metrics(
    body: bytes, encoding: Literal["protobuf", "json"], now: int | None = None, first: int = 0
) -> Gathered:
    """What an `ExportMetricsServiceRequest` holds. Safe to call from several threads.

    `now` is our clock in microseconds since the epoch; points more than a day ahead of it are kept aside. `first` is
    the index of the first data point, where the body is a portion of a larger one.

    Raises:
        OtlpError: The body as a whole cannot be read.
    """
    at = now_us() if now is None else now
    points = protobuf.points(body) if encoding == "protobuf" else json_body.points(body)
    return gather(points, _read, _SHAPE, at, first)


def _read(point: MetricPoint | None) -> tuple[list[Record], Strange]:
    """The samples of a data point; what is no number is counted, unless it says that there was nothing to read."""
    if point is None:
        return [], ()
    told = point.samples()
    # A collector sends on what exporters tell it: that has the names that a scrape of ours gives it.
    made: list[Record] = [sample for one in told if (sample := standardised(one)) is not None]
    return made, () if told else [("signal", _NO_NUMBER)]
