"""The messages of Prometheus' remote write that we read: `prometheus.WriteRequest` (1.0) and `io.prometheus.write.v2`.

https://prometheus.io/docs/specs/prw/remote_write_spec/ and …/remote_write_spec_2_0/. Text is declared as bytes, so that
one that is not UTF-8 spoils its own series only; a label is kept as its bytes, for a series is looked up by them.
"""

from __future__ import annotations

from typing import Final

from tokometer.sources.protobuf import message_classes

#: Numbers of a native histogram's fields are the same in both.
_HISTOGRAM: Final = (
    "1: count_int uint64",
    "2: count_float double",
    "3: sum double",
    "4: schema sint32",
    "5: zero_threshold double",
    "6: zero_count_int uint64",
    "7: zero_count_float double",
    "8: negative_spans BucketSpan*",
    "9: negative_deltas sint64*",
    "10: negative_counts double*",
    "11: positive_spans BucketSpan*",
    "12: positive_deltas sint64*",
    "13: positive_counts double*",
    "14: reset_hint int32",
    "15: timestamp int64",
    "16: custom_values double*",
)
_CLASSES: Final = message_classes(
    "tokometer.prometheus",
    {
        "Label": ("1: name bytes", "2: value bytes"),
        "Sample": ("1: value double", "2: timestamp int64"),
        "BucketSpan": ("1: offset sint32", "2: length uint32"),
        "Histogram": _HISTOGRAM,
        "TimeSeries": ("1: labels bytes*", "2: samples Sample*", "4: histograms Histogram*"),
        "WriteRequest": ("1: timeseries bytes*",),
        "TimeSeries2": ("1: labels_refs uint32*", "2: samples Sample*", "3: histograms Histogram*"),
        "Request": ("4: symbols bytes*", "5: timeseries bytes*"),
    },
)
Label: Final = _CLASSES["Label"]
TimeSeries: Final = _CLASSES["TimeSeries"]
TimeSeries2: Final = _CLASSES["TimeSeries2"]
WriteRequest: Final = _CLASSES["WriteRequest"]
Request: Final = _CLASSES["Request"]
