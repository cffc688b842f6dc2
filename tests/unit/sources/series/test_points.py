"""Tests of tokometer.sources.series: series and their points."""

from __future__ import annotations

from math import inf, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import Sample
from tokometer.sources.series import (
    Histogram,
    Point,
    histogram_samples,
    samples_of,
    series_of,
    summary_samples,
)
from tokometer.sources.series.points import BEGINNING_US

AT = 1_790_000_000_000_000


def test_labels_that_fill_fields() -> None:
    """A label that names the machine, the device, the model or the provider fills that field, under any known name."""
    series = series_of("vllm:num_requests_running", {"model_name": "qwen", "engine": "0", "instance": "atlas"}, "1")
    [sample] = samples_of(series, Point(AT, 3.0), "otlp")
    assert (sample.model, sample.host, sample.machine) == ("qwen", "atlas", "atlas")
    assert sample.labels == {"engine": "0"}
    assert (sample.metric, sample.value, sample.unit, sample.mode) == ("vllm:num_requests_running", 3.0, "1", "gauge")
    assert sample.started_at == AT


def test_the_better_of_two_names() -> None:
    """Of two labels for one field the first choice fills it; the other stays a label."""
    series = series_of("m", {"gen_ai.request.model": "gpt-5", "gen_ai.response.model": "gpt-5-2026", "empty": ""})
    assert series.fields == {"model": "gpt-5-2026"}
    assert series.labels == {"gen_ai.request.model": "gpt-5"}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5), st.randoms())
def test_a_series_is_known_by_what_it_says(labels: dict[str, str], random: Random) -> None:
    """Whatever the order of its labels; another metric, unit or teller is another series."""
    shuffled = list(labels.items())
    random.shuffle(shuffled)
    keys = {
        series_of("m", labels, "s").key,
        series_of("n", labels, "s").key,
        series_of("m", labels, "ms").key,
        series_of("m", labels, "s", "process 7").key,
    }
    assert series_of("m", dict(shuffled), "s").key in keys
    assert len(keys) == 4


def test_a_counter_that_has_just_begun() -> None:
    """It stood at 0 when it began, told once whoever repeats it; later only its readings are told."""
    series = series_of("claude_code.token.usage", {"type": "input"}, "tokens")
    began = AT - 60_000_000
    first = list(samples_of(series, Point(AT, 7.0, "counter", began), "otlp"))
    again = list(samples_of(series, Point(AT + 60_000_000, 9.0, "counter", began), "otlp"))
    late = list(samples_of(series, Point(began + BEGINNING_US + 1, 9.0, "counter", began), "otlp"))
    assert [(sample.started_at, sample.value, sample.mode) for sample in first] == [
        (began + 1, 0.0, "counter"),
        (AT, 7.0, "counter"),
    ]
    assert first[0].native_id == again[0].native_id
    assert len({sample.id for sample in (*first, *again, *late)}) == 4
    assert [sample.value for sample in late] == [9.0]


def test_a_counter_that_began_anew_at_its_last_reading() -> None:
    """Some say so of a reset: the reading before is not replaced by the 0 after it."""
    series = series_of("requests", {})
    before = list(samples_of(series, Point(AT, 150.0, "counter", AT - 60_000_000), "otlp"))
    after = list(samples_of(series, Point(AT + 1_000_000, 10.0, "counter", AT), "otlp"))
    told = sorted((*before, *after), key=lambda sample: sample.started_at)
    assert [sample.value for sample in told] == [0.0, 150.0, 0.0, 10.0]
    assert len({sample.id for sample in told}) == 4
    at_once = list(samples_of(series, Point(AT + 1, 1.0, "counter", AT), "otlp"))
    assert [sample.value for sample in at_once] == [1.0]


def test_a_delta_is_told_as_it_is() -> None:
    """What was added is kept as added, with nothing before it."""
    series = series_of("claude_code.cost.usage", {}, "USD")
    [sample] = samples_of(series, Point(AT, 0.25, "delta", AT - 60_000_000), "otlp")
    assert (sample.mode, sample.value) == ("delta", 0.25)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_nothing_to_read(value: float) -> None:
    """A value that is no finite number becomes no sample."""
    assert list(samples_of(series_of("m", {}), Point(AT, value), "otlp")) == []


def _told(samples: list[Sample]) -> list[tuple[str, float, str, dict[str, str] | None]]:
    return [(sample.metric, sample.value, sample.mode, sample.labels) for sample in samples]


def test_a_histogram() -> None:
    """Its count, its sum, each bucket under its bound, and its extremes as gauges."""
    series = series_of("gen_ai.client.operation.duration", {"gen_ai.provider.name": "openai", "kind": "x"}, "s")
    histogram = Histogram(3, 4.5, ((1.0, 2), (inf, 1)), 0.1, 3.9)
    samples = list(histogram_samples(series, Point(AT, 0.0, "delta"), histogram, "otlp"))
    name, kind = "gen_ai.client.operation.duration", {"kind": "x"}
    assert _told(samples) == [
        (f"{name}_count", 3.0, "delta", kind),
        (f"{name}_sum", 4.5, "delta", kind),
        (f"{name}_bucket", 2.0, "delta", {"kind": "x", "bucket": "1"}),
        (f"{name}_bucket", 1.0, "delta", {"kind": "x", "bucket": "+Inf"}),
        (f"{name}_min", 0.1, "gauge", kind),
        (f"{name}_max", 3.9, "gauge", kind),
    ]
    assert {sample.provider for sample in samples} == {"openai"}
    assert len({sample.id for sample in samples}) == 6
    assert [sample.unit for sample in samples] == ["", "s", "", "", "s", "s"]


def test_a_summary() -> None:
    """Its count and sum as counters, its quantiles as gauges."""
    series = series_of("rpc", {}, "s")
    samples = list(summary_samples(series, Point(AT, 0.0), 9, 4.0, [(0.5, 0.2), (0.99, nan)], "prometheus"))
    assert _told(samples) == [
        ("rpc_count", 9.0, "counter", None),
        ("rpc_sum", 4.0, "counter", None),
        ("rpc", 0.2, "gauge", {"quantile": "0.5"}),
    ]
