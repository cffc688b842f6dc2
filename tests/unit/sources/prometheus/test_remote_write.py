"""Tests of tokometer.sources.prometheus.remote_write."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.remote_write import Written, histogram, sized, version_1, version_2
from generators.sources.prometheus import NATIVE, WRITTEN
from tokometer.records import Refusal, Sample
from tokometer.sources.prometheus.remote_write import RemoteWrite
from tokometer.sources.protocol import NotUnderstood, Received, Sent, Told

AT = 1_795_773_600_000
SENT = Sent("application/x-protobuf", now=AT * 1000)


def read(body: bytes) -> Received:
    """What a request holds."""
    return RemoteWrite("/api/v1/write").read(body, SENT)


def samples(received: Received) -> list[Sample]:
    """Its records, which are samples."""
    return [record for record in received.records if isinstance(record, Sample)]


def test_both_versions_mean_the_same() -> None:
    """What is written with labels and what is written with symbols gives the same samples, with the same ids."""
    one, two = (read(write([*WRITTEN, NATIVE])) for write in (version_1, version_2))
    assert one.records == two.records
    assert one.count == two.count == 13
    assert not one.refusals
    assert {notice.name for notice in one.notices} == set()


def test_meaning() -> None:
    """Names, units and fields are those of a scrape; the host is that of the instance."""
    found = {sample.metric: sample for sample in samples(read(version_1(WRITTEN)))}
    running = found["server.requests.running"]
    assert (running.value, running.host, running.model, running.provider) == (2.0, "gpu-01", "Qwen/Qwen3-32B", "vllm")
    assert running.labels == {"engine": "0", "instance": "gpu-01:8000"}
    bucket = found["server.ttft_bucket"]
    assert (bucket.value, bucket.mode, (bucket.labels or {})["le"]) == (9.0, "counter", "+Inf")


def test_series_that_differ_only_in_what_is_not_kept() -> None:
    """They stay apart: nothing can be added up of requests that hold a part each."""
    cpus = [sample for sample in samples(read(version_1(WRITTEN))) if sample.metric == "system.cpu.time"]
    assert len({sample.native_id for sample in cpus}) == len({(sample.labels or {})["series"] for sample in cpus}) == 2


def test_the_end_of_a_native_histogram_is_no_reading() -> None:
    """Prometheus marks it where a scrape failed; read as a histogram of nothing, all would count again after it."""
    (stale,) = struct.unpack(">d", bytes.fromhex("7ff0000000000002"))
    ended = Written({"__name__": "vllm:time_to_first_token_seconds"}, (), [histogram(AT, 3, stale, [], [])])
    for write in (version_1, version_2):
        received = read(write([ended]))
        assert (received.records, received.refusals, received.count) == ([], [], 1)
    unknown = Written({"__name__": "vllm:time_to_first_token_seconds"}, (), [histogram(AT, 3, math.nan, [(0, 1)], [4])])
    assert {one.metric: one.value for one in samples(read(version_1([unknown])))}["server.ttft_count"] == 4


def test_native_histograms() -> None:
    """Exponential and custom buckets become counts of their own, each with its upper bound."""
    custom = Written(
        {"__name__": "vllm:time_to_first_token_seconds"},
        (),
        [histogram(AT, -53, 2.5, [(0, 2), (1, 1)], [1, 3, -2], bounds=(0.5, 1.0, 2.0))],
    )
    for written, buckets in (
        (NATIVE, {"0.001": 1, "0.5": 0, "1": 3, "2": 0, "4": 5}),
        (custom, {"0.5": 1, "1": 4, "2": 0, "+Inf": 2}),
    ):
        found = samples(read(version_2([written])))
        told = {(one.labels or {})["bucket"]: one.value for one in found if one.metric.endswith("_bucket")}
        assert told == buckets
        assert {one.metric.rpartition("_")[2] for one in found} == {"bucket", "sum", "count"}


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (Written({"job": "x"}, [(AT, 1.0)]), "has no name"),
        (Written({"__name__": "vllm:prompt_tokens_total"}, [(-5, 1.0)]), "has a time that is none"),
        (Written({"__name__": "vllm:prompt_tokens_total"}, [(AT, -1.0)]), "is a counter below zero"),
        (Written({"__name__": "vllm:e2e_request_latency_seconds_bucket"}, [(AT, 1.0)]), "is a bucket without a bound"),
        (
            Written({"__name__": "vllm:e2e_request_latency_seconds"}, (), [histogram(AT, 99, 1.0, [(0, 1)], [1])]),
            "has schema 99, which is none of a native histogram",
        ),
        (
            Written({"__name__": "vllm:e2e_request_latency_seconds"}, (), [histogram(AT, 0, 1.0, [(0, 2**31)], [1])]),
            "has more buckets than a histogram can have",
        ),
    ],
)
def test_what_is_refused(written: Written, reason: str) -> None:
    """A series that cannot be believed is refused by itself, with the reason."""
    good = Written({"__name__": "vllm:num_requests_running"}, [(AT, 1.0)])
    received = read(version_2([written, good]))
    assert [(one.position, one.reason) for one in received.refusals] == [(0, reason)]
    assert [(sample.metric, sample.value) for sample in samples(received)] == [("server.requests.running", 1.0)]


def test_refs_beyond_the_symbols() -> None:
    """A reference to a symbol that is not there spoils its series alone."""
    body = version_2([Written({"__name__": "vllm:num_requests_running"}, [(AT, 1.0)])]) + sized(
        5, sized(1, b"\x7f\x7f")
    )
    received = read(body)
    assert (len(received.records), [one.reason for one in received.refusals]) == (1, ["is no series that can be read"])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_hostile_requests(data: st.DataObject) -> None:
    """Whatever bytes come: they are no request, or what is in them is refused or believed; nothing else happens."""
    body = bytearray(data.draw(st.sampled_from([version_1([*WRITTEN]), version_2([*WRITTEN, NATIVE])])))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=6)):
        body[at] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))]
    try:
        received = read(bytes(body))
    except NotUnderstood:
        return
    assert len(received.records) == len(received.positions)
    push = RemoteWrite("/api/v1/write")
    assert push.answer(Told(received.count, 0, 0, 0, (), 0), []).status == 204


def test_spans_that_are_far_apart() -> None:
    """A histogram whose buckets would fill the memory is refused."""
    for schema, spans in ((-53, [(2**30, 1)]), (0, [(0, 1), (2**30, 1)]), (0, [(0, 1), (-5, 1)]), (0, [(0, 3)])):
        written = Written(
            {"__name__": "vllm:e2e_request_latency_seconds"},
            (),
            [histogram(AT, schema, 1.0, spans, [1, 1], bounds=(1.0,))],
        )
        assert len(read(version_1([written])).refusals) == 1


def test_answers() -> None:
    """204 with what was written, as 2.0 wants it; 400 where something was refused; what is no request says so."""
    push = RemoteWrite("/api/v1/write")
    body = version_2([*WRITTEN, NATIVE])
    answer = push.answer(Told(13, 17, 0, 0, (), 0), push.names(body))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers == {
        "X-Prometheus-Remote-Write-Samples-Written": "12",
        "X-Prometheus-Remote-Write-Histograms-Written": "1",
        "X-Prometheus-Remote-Write-Exemplars-Written": "0",
    }
    refused = push.answer(Told(2, 1, 0, 0, (Refusal("prometheus", "", 1, "", "has no name"),), 1), [])
    assert (refused.status, refused.headers["X-Prometheus-Remote-Write-Samples-Written"]) == (400, "1")
    assert b"has no name" in refused.body
    with pytest.raises(NotUnderstood) as error:
        push.read(body, Sent("application/json"))
    assert error.value.status == 415
    with pytest.raises(NotUnderstood):
        push.read(b"\x0a\xff\xff", SENT)
