"""Tests of tokometer.judgement.serving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged
from tokometer.measures import Filter

_SERVER = {"host": "h", "label.instance": "h:8000", "label.engine": "0", "provider": "vllm"}


def gauge(metric: str, mean: float, largest: float, model: str = "m", **server: str) -> dict[str, Any]:
    """What is asked of a gauge."""
    return {"model": model, "metric": metric, **_SERVER, **server, "mean": mean, "max": largest}


def counter(
    metric: str,
    *readings: float,
    model: str = "m",
    bucket: str = "",
    le: str = "",
    added: float | None = None,
    **server: str,
) -> list[dict[str, Any]]:
    """What is asked of a counter, each reading the only one of its hour; of a bucket, all of the window."""
    named = {"model": model, "metric": metric, **_SERVER, **server, "label.bucket": bucket, "label.le": le}
    if bucket or le:
        return [{**named, "min": readings[0], "max": readings[-1], "last": readings[-1], "added": added}]
    return [
        {"time": NOW + timedelta(hours=at - 5), **named, "min": value, "max": value, "last": value, "added": added}
        for at, value in enumerate(readings)
    ]


def judge(gauges: list[dict[str, Any]], counters: list[dict[str, Any]], **about: Any) -> list[Mapping[str, Any]]:
    """Over 1,000 seconds that ended now."""
    told = [gauges, counters, [], [], [], []]
    return judged("serving", teller=Teller(told, since=NOW - timedelta(seconds=1_000)), **about)


def test_prefill_and_decode() -> None:
    """Prompt tokens that no cache served, and generated ones, over wall time and over the time of their phases."""
    counters = [
        *counter("server.tokens.prompt", 1_000, 101_000),
        *counter("server.tokens.cached", 0, 40_000),
        *counter("server.tokens.generated", 0, 20_000),
        *counter("server.prefill.time_sum", 0, 30.0),
        # The server began anew in between.
        *counter("server.decode.time_sum", 0, 300.0, 100.0),
        *counter("server.preemptions", 7, 9),
    ]
    [row] = judge([], counters)
    assert (row["prefill_rate"], row["decode_rate"]) == (60.0, 20.0)
    assert (row["prefill_speed"], row["decode_speed"]) == (2_000.0, 50.0)
    assert (row["cache_share"], row["preemptions"], row["accepted_share"]) == (0.4, 2, None)


def test_quantiles() -> None:
    """Growth of buckets, of servers with counts of their own and of those that count all below, becomes quantiles."""
    own = [
        *counter("server.ttft_bucket", 5, 5, bucket="0.1"),
        *counter("server.ttft_bucket", 10, 60, bucket="0.2"),
        *counter("server.ttft_bucket", 0, 40, bucket="0.4"),
    ]
    below = [
        *counter("server.ttft_bucket", 0, 50, le="0.2", **{"label.instance": "i:8000"}),
        *counter("server.ttft_bucket", 0, 100, le="0.4", **{"label.instance": "i:8000"}),
        *counter("server.ttft_bucket", 0, 110, le="+Inf", **{"label.instance": "i:8000"}),
    ]
    [row] = judge([], own)
    # 90 values: 50 between 0.1 and 0.2, 40 between 0.2 and 0.4.
    assert row["ttft_p50"] == pytest.approx(0.1 + 0.1 * 45 / 50)
    assert row["serving"] == pytest.approx(0.2 + 0.2 * (0.95 * 90 - 50) / 40)
    [both] = judge([], [*own, *below])
    # 200 values: 100 up to 0.2, 90 up to 0.4, 10 beyond.
    assert both["ttft_p50"] == pytest.approx(0.2)
    assert both["ttft_p99"] == pytest.approx(0.4)
    assert both["servers"] == 2
    deltas = counter("server.ttft_bucket", 50, bucket="0.2", added=50.0)
    assert judge([], [*counter("server.ttft_bucket", 0, bucket="0.1", added=0.0), *deltas])[0][
        "ttft_p50"
    ] == pytest.approx(0.15)


def test_gauges() -> None:
    """Batches and queues of several servers add up; of the KV cache the mean counts, and the peak of any."""
    gauges = [
        gauge("server.requests.running", 4.0, 9.0),
        gauge("server.requests.running", 2.0, 3.0, **{"label.engine": "1"}),
        gauge("server.queue.waiting", 0.5, 3.0),
        gauge("server.kv_cache.used", 0.2, 0.7),
        gauge("server.kv_cache.used", 0.4, 0.9, **{"label.engine": "1"}),
        gauge("server.queue.waiting", 1.0, 1.0, model="n"),
    ]
    rows = {row["model"]: row for row in judge(gauges, [], by="model")}
    assert (rows["m"]["running"], rows["m"]["waiting"], rows["m"]["servers"]) == (6.0, 0.5, 2)
    assert (rows["m"]["kv_cache"], rows["m"]["kv_cache_peak"]) == (pytest.approx(0.3), 0.9)
    assert (rows["n"]["waiting"], rows["n"]["running"], rows["n"]["serving"]) == (1.0, None, None)
    [row] = judge(gauges, [])
    assert row["waiting"] == 1.5


def test_nothing_to_tell() -> None:
    """Of a team's calls servers say nothing; nor is there anything without servers."""
    where = (Filter("calls.team", "=", ("search",)),)
    assert judged("serving", teller=Teller([], since=NOW - timedelta(hours=1)), where=where, by="model") == []
    [row] = judge([], [])
    assert (row["serving"], row["decode_rate"], row["servers"]) == (None, None, 0)
