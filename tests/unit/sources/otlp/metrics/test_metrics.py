"""Tests of tokometer.sources.otlp.metrics."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.otlp_logs import NOW_NS
from generators.otlp_metrics import CUMULATIVE, DELTA, START_NS, as_json, gauge, histogram, protobuf, sum_of
from tokometer.records import Sample
from tokometer.sources.otlp import Gathered, OtlpError, decode_metrics
from tokometer.sources.otlp.metrics.json_body import points as from_json
from tokometer.sources.otlp.metrics.protobuf import points as from_protobuf
from tokometer.sources.otlp.portions import json_portions, protobuf_portions
from tokometer.sources.otlp.signals import SHAPES

Encoding = Literal["protobuf", "json"]
AT = NOW_NS // 1000
ENCODINGS: tuple[Encoding, ...] = ("protobuf", "json")
CLAUDE = {"service.name": "claude-code", "host.name": "atlas", "os.type": "linux"}


def _body(encoding: Encoding, *metrics: dict[str, Any], **words: Any) -> bytes:
    return protobuf(*metrics, **words) if encoding == "protobuf" else json.dumps(as_json(*metrics, **words)).encode()


def told(encoding: Encoding, *metrics: dict[str, Any], **words: Any) -> Gathered:
    """What a request of these metrics holds."""
    return decode_metrics(_body(encoding, *metrics, **words), encoding)


def _shown(found: Gathered) -> list[tuple[str, float, str, int]]:
    return [
        (record.metric, record.value, record.mode, record.started_at)
        for record in found.records
        if isinstance(record, Sample)
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_claude_code_counts_its_tokens(encoding: Encoding) -> None:
    """Its deltas are kept as deltas, with their attributes as labels and none of them as a call."""
    points = [
        {"as_double": 1250.0, "attributes": {"type": kind, "model": "claude-opus-4-5", "session.id": "s1"}}
        for kind in ("input", "cacheRead")
    ]
    found = told(encoding, sum_of("claude_code.token.usage", *points, unit="tokens"), resource=CLAUDE)
    [first, other] = found.records
    assert isinstance(first, Sample)
    assert (first.metric, first.value, first.unit, first.mode) == ("claude_code.token.usage", 1250.0, "tokens", "delta")
    assert (first.host, first.model, first.started_at) == ("atlas", "claude-opus-4-5", AT)
    assert first.labels == {"service.name": "claude-code", "session.id": "s1", "type": "input"}
    assert other.labels == {"service.name": "claude-code", "session.id": "s1", "type": "cacheRead"}
    assert (found.count, found.refusals, found.notices) == (2, [], [])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_cumulative_sums(encoding: Encoding) -> None:
    """One that only grows is a counter, which stood at 0 when it began; one that can fall is a gauge."""
    found = told(
        encoding,
        sum_of("requests", {"as_int": 7}, temporality=CUMULATIVE),
        sum_of("queue", {"as_int": -2}, temporality=CUMULATIVE, monotonic=False),
        sum_of("moved", {"as_int": -3}, temporality=DELTA, monotonic=False),
        gauge("power", {"as_double": 210.5}),
    )
    assert _shown(found) == [
        ("requests", 0.0, "counter", START_NS // 1000 + 1),
        ("requests", 7.0, "counter", AT),
        ("queue", -2.0, "gauge", AT),
        ("moved", -3.0, "delta", AT),
        ("power", 210.5, "gauge", AT),
    ]


def test_a_counter_that_begins_anew() -> None:
    """A later start is a 0 of its own between the readings, which shows by how much it grew before and after."""
    later = NOW_NS + 120 * 10**9
    found = [
        *told("protobuf", sum_of("n", {"as_int": 9}, temporality=CUMULATIVE)).records,
        *told("protobuf", sum_of("n", {"as_int": 12, "at": later, "start": NOW_NS + 10**9}, temporality=2)).records,
    ]
    readings = sorted((one.started_at, one.value) for one in found if isinstance(one, Sample))
    assert [value for _, value in readings] == [0.0, 9.0, 0.0, 12.0]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_histograms(encoding: Encoding) -> None:
    """Explicit and exponential ones: count, sum, each bucket's own count, extremes."""
    explicit = {
        "count": 5,
        "sum": 3.5,
        "explicit_bounds": [0.5, 1.0, 2.0],
        "bucket_counts": [0, 4, 1, 0],
        "min": 0.6,
        "max": 1.5,
        "attributes": {"gen_ai.provider.name": "openai"},
    }
    exponential = {
        "name": "e",
        "kind": "exponential_histogram",
        "temporality": CUMULATIVE,
        "points": [{"count": 3, "sum": 7.0, "scale": 0, "zero_count": 1, "positive": (0, [1, 1])}],
    }
    found = told(encoding, histogram("gen_ai.client.operation.duration", explicit), exponential)
    name = "gen_ai.client.operation.duration"
    shown = [
        (one.metric, (one.labels or {}).get("bucket"), one.value, one.mode)
        for one in found.records
        if isinstance(one, Sample) and one.started_at == AT
    ]
    assert shown == [
        (f"{name}_count", None, 5.0, "delta"),
        (f"{name}_sum", None, 3.5, "delta"),
        (f"{name}_bucket", "0.5", 0.0, "delta"),
        (f"{name}_bucket", "1", 4.0, "delta"),
        (f"{name}_bucket", "2", 1.0, "delta"),
        (f"{name}_min", None, 0.6, "gauge"),
        (f"{name}_max", None, 1.5, "gauge"),
        ("e_count", None, 3.0, "counter"),
        ("e_sum", None, 7.0, "counter"),
        ("e_bucket", "0", 1.0, "counter"),
        ("e_bucket", "1", 0.0, "counter"),
        ("e_bucket", "2", 1.0, "counter"),
        ("e_bucket", "4", 1.0, "counter"),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_summary(encoding: Encoding) -> None:
    """Its count and sum, and its quantiles under their share."""
    summary = {"name": "s", "kind": "summary", "points": [{"count": 4, "sum": 2.0, "quantiles": [(0.5, 0.4)]}]}
    shown = [one for one in _shown(told(encoding, summary)) if one[3] == AT]
    assert shown == [("s_count", 4.0, "counter", AT), ("s_sum", 2.0, "counter", AT), ("s", 0.4, "gauge", AT)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_cannot_be_read(encoding: Encoding) -> None:
    """A point without a number or a time, a sum of an unknown kind and a histogram at odds are refused one by one."""
    odd = {"count": 9, "explicit_bounds": [1.0], "bucket_counts": [1, 2]}
    found = told(
        encoding,
        gauge("a", {}, {"as_double": 1.0}, {"as_double": 2.0, "at": 0}),
        sum_of("b", {"as_int": 1}, temporality=0),
        histogram("c", odd),
        gauge("d", {"as_double": float("nan")}),
        gauge("e", {"flags": 1}),
        gauge("", {"as_double": 1.0}),
    )
    assert _shown(found) == [("a", 1.0, "gauge", AT)]
    assert [(one.position, one.field) for one in found.refusals] == [
        (0, "asDouble"),
        (2, "timeUnixNano"),
        (3, "aggregationTemporality"),
        (4, "dataPoints"),
        (7, "name"),
    ]
    assert "data point 4" in found.refusals[3].reason
    [notice] = found.notices
    assert (notice.topic, notice.name, notice.place) == ("signal", "metrics without a number", "POST /v1/metrics:5")
    assert found.count == 8


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_two_deltas_of_one_microsecond(encoding: Encoding) -> None:
    """Processes that nothing tells apart have intervals of their own, to the nanosecond; a repeated one has not."""
    first, began, ended = {"at": NOW_NS + 5}, {"at": NOW_NS + 5, "start": START_NS + 1}, {"at": NOW_NS + 6}
    spread = {"count": 3, "sum": 6.0, "bucket_counts": [1, 2], "explicit_bounds": [1.0]}
    for metric, value in ((sum_of, {"as_int": 7}), (histogram, spread)):
        sent = [told(encoding, metric("m", {**value, **one})).records for one in (first, began, ended, first)]
        ids = [{record.native_id for record in records} for records in sent]
        assert ids[0] == ids[3]
        assert len(set().union(*ids)) == 3 * len(ids[0])


def test_two_processes_of_one_service() -> None:
    """They are two series, told apart by whatever their resources say; the process is a label where nothing is."""
    found = [
        told("protobuf", sum_of("n", {"as_int": 1}), resource={"service.name": "a", "process.pid": pid, "x": pid})
        for pid in (7, 8)
    ]
    ids = {record.native_id for one in found for record in one.records}
    labels = [record.labels for one in found for record in one.records]
    assert len(ids) == 2
    assert labels == [{"service.name": "a", "process.pid": "7"}, {"service.name": "a", "process.pid": "8"}]


@pytest.mark.parametrize(("body", "encoding"), [(b"\xff\xff", "protobuf"), (b"{", "json"), (b"[]", "json")])
def test_a_body_that_is_no_request(body: bytes, encoding: Encoding) -> None:
    """It is refused as a whole, by the name of what it should be."""
    with pytest.raises(OtlpError, match="ExportMetricsServiceRequest"):
        decode_metrics(body, encoding)


def test_one_broken_metric() -> None:
    """Of a request with a broken metric, those that are whole are kept, in either encoding."""
    body = protobuf(
        gauge("first", {"as_double": 1.0}), gauge("broken", {"as_double": 1.0}), gauge("c", {"as_double": 2.0})
    )
    at = body.index(b"broken") - 1
    found = decode_metrics(body[:at] + b"\xf0" + body[at + 1 :], "protobuf")
    assert found.refusals
    assert found.records
    text = json.dumps(as_json(gauge("a", {"as_double": 1.0}), gauge("b", {"as_double": 2.0})))
    found = decode_metrics(text.replace('"asDouble": 1.0', '"asDouble": {}').encode(), "json")
    assert ([one.field for one in found.refusals], len(found.records)) == (["asDouble"], 1)


_POINTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=20)


def _metrics(points: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    made = []
    for number, (name, value, seconds) in enumerate(points):
        point: dict[str, Any] = {"at": NOW_NS + seconds * 10**9, "attributes": {"k": str(number % 3)}}
        if name == "a":
            made.append(sum_of("a", {**point, "as_int": value}, temporality=CUMULATIVE))
        elif name == "b":
            made.append(gauge("b", {**point, "as_double": value / 4}))
        else:
            counts = [value, 1, 0]
            told_point = {
                **point,
                "count": value + 1,
                "sum": 1.5,
                "explicit_bounds": [1.0, 2.0],
                "bucket_counts": counts,
            }
            made.append(histogram("c", told_point))
    return made


@settings(max_examples=50)
@given(_POINTS, st.randoms())
def test_the_same_samples_however_they_are_sent(points: list[tuple[str, int, int]], random: Random) -> None:
    """Repeated, reordered, split or in the other encoding, a point makes samples with the same ids."""
    metrics = _metrics(points)
    expected = {
        (one.native_id, one.value)
        for one in told("protobuf", *metrics, resource=CLAUDE).records
        if isinstance(one, Sample)
    }
    shuffled = [*metrics, *metrics]
    random.shuffle(shuffled)
    cut = random.randint(0, len(shuffled))
    for part in (shuffled[:cut], shuffled[cut:]):
        for encoding in ENCODINGS:
            made = told(encoding, *part, resource=CLAUDE).records
            assert {(one.native_id, one.value) for one in made if isinstance(one, Sample)} <= expected


@settings(max_examples=30)
@given(_POINTS, st.sampled_from([1, 60, 1000]))
def test_portions_hold_the_same_points(points: list[tuple[str, int, int]], most: int) -> None:
    """A large request in portions holds the same points, also where one metric has more than a portion."""
    shape = SHAPES["metrics"]
    many = gauge("many", *({"as_double": float(number)} for number in range(20)))
    body = protobuf(*_metrics(points), many, resource=CLAUDE)
    assert [one for part in protobuf_portions(body, most, shape) for one in from_protobuf(part)] == list(
        from_protobuf(body)
    )
    text = json.dumps(as_json(*_metrics(points), many, resource=CLAUDE)).encode()
    assert [one for part in json_portions(text, most, shape) for one in from_json(part)] == list(from_json(text))


def test_portions_are_small() -> None:
    """One metric with a hundred thousand points comes in portions of a mebibyte."""
    body = protobuf(gauge("many", *({"as_double": 1.0, "attributes": {"k": "v"}} for _ in range(100_000))))
    parts = list(protobuf_portions(body, shape=SHAPES["metrics"]))
    assert max(map(len, parts)) < 1_100_000
    assert sum(sum(1 for _ in from_protobuf(part)) for part in parts) == 100_000
