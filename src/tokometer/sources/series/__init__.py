"""Readings of metrics as records, whoever tells them: OTLP metrics, a scrape, a push.

A `Series` is what one meter tells of one thing; `samples_of` and `histogram_samples` make records of its points.
Everything is kept as it was told: a counter's reading as it stood, a delta as what was added, a histogram as the count
of each bucket. So nothing here remembers what came before, a repetition has the same id, and the order does not matter;
by how much a counter grew, and where it began anew, is worked out when somebody asks.
May import `records` only; other sources import it.
"""

from tokometer.sources.series.histogram import Histogram, cumulative, explicit, exponential, quantile
from tokometer.sources.series.points import (
    BUCKET,
    BUCKET_LABEL,
    COUNT,
    QUANTILE_LABEL,
    SUM,
    Mode,
    Point,
    histogram_samples,
    samples_of,
    summary_samples,
)
from tokometer.sources.series.series import LABEL_FIELDS, Series, series_of

__all__ = [
    "BUCKET",
    "BUCKET_LABEL",
    "COUNT",
    "LABEL_FIELDS",
    "QUANTILE_LABEL",
    "SUM",
    "Histogram",
    "Mode",
    "Point",
    "Series",
    "cumulative",
    "explicit",
    "exponential",
    "histogram_samples",
    "quantile",
    "samples_of",
    "series_of",
    "summary_samples",
]
