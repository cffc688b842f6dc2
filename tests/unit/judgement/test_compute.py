"""Tests of tokometer.judgement.compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.served import increase
from tokometer.measures import Filter
from tokometer.settings import Device, ModelFacts, Settings

#: A model of ten billion active parameters; a device of 100 TFLOPS that costs two dollars an hour.
SETTINGS = Settings(
    models=(ModelFacts(match="tenbillion", active_parameters=1e10),),
    devices=(Device(match="Turbo 9", peak_tflops=100.0, price_per_hour=Decimal(2)),),
)


def _tokens(name: str, prompt: int, cached: int, output: int) -> dict[str, Any]:
    return {"model": name, "prompt_tokens": prompt, "cache_read_tokens": cached, "output_tokens": output}


def _samples(device: str, model: str, name: str = "Turbo 9", **readings: float) -> list[dict[str, Any]]:
    metrics = {
        "util": "DCGM_FI_DEV_GPU_UTIL",
        "tensor": "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
        "power": "DCGM_FI_DEV_POWER_USAGE",
    }
    return [
        {"host": "h", "device": device, "label.modelName": name, "model": model, "metric": metrics[key], "mean": value}
        for key, value in readings.items()
    ]


def _judge(
    tokens: list[dict[str, Any]],
    samples: list[dict[str, Any]],
    counters: Sequence[dict[str, Any]] = (),
    **about: Any,
) -> list[Mapping[str, Any]]:
    """Over an hour that ended now."""
    teller = Teller([tokens, samples, counters], since=NOW - timedelta(hours=1))
    return judged("compute", teller=teller, settings=SETTINGS, **about)


def test_hand_computed() -> None:
    """Two operations for each of 10¹⁰ parameters and 360,000 tokens in an hour: 2 TFLOPS, 1 % of two devices' peak."""
    samples = [
        *_samples("gpu0", "tenbillion", util=50.0, tensor=0.2, power=300.0),
        *_samples("gpu1", "tenbillion", util=30.0, tensor=0.1, power=200.0),
    ]
    # 400,000 prompt tokens of which a cache served 100,000, and 60,000 output tokens.
    [row] = _judge([_tokens("tenbillion", 400_000, 100_000, 60_000)], samples)
    assert (row["tokens"], row["operations"]) == (360_000, 7.2e15)
    assert row["compute"] == pytest.approx(2e12)
    assert row["mfu"] == pytest.approx(0.01)
    assert row["utilisation"] == pytest.approx(0.4)
    assert row["tensor_activity"] == pytest.approx(0.15)
    assert (row["power"], row["energy"]) == (pytest.approx(500), pytest.approx(0.5))
    assert (row["device_cost"], row["devices"], row["known_share"]) == (Decimal(4), 2, 1)


def test_what_is_not_known() -> None:
    """A model of unknown size has no operations, a device of an unknown kind no peak and no price."""
    samples = _samples("gpu0", "secret", name="Mystery", util=50.0)
    [row] = _judge([_tokens("secret", 100, 0, 100)], samples, by="model")
    assert (row["compute"], row["operations"], row["mfu"], row["known_share"]) == (None, None, None, 0)
    assert (row["utilisation"], row["power"], row["device_cost"]) == (0.5, None, None)
    [row] = _judge([], [])
    assert {
        name: row[name] for name in ("compute", "mfu", "utilisation", "power", "energy", "known_share")
    } == dict.fromkeys(("compute", "mfu", "utilisation", "power", "energy", "known_share"))
    assert row["devices"] == 0


def test_models_elsewhere_do_not_use_these_devices() -> None:
    """MFU counts only what the models on the devices did; compute counts all models of known size."""
    tokens = [
        _tokens("tenbillion", 180_000, 0, 0),
        _tokens("cloud-tenbillion", 180_000, 0, 0),
        _tokens("secret", 40_000, 0, 0),
    ]
    samples = _samples("gpu0", "tenbillion", util=50.0)
    [row] = _judge(tokens, samples)
    assert row["compute"] == pytest.approx(2e12)
    # 1 of 100 TFLOPS.
    assert row["mfu"] == pytest.approx(0.01)
    assert row["known_share"] == pytest.approx(0.9)
    rows = {row["model"]: row for row in _judge(tokens, samples, by="model")}
    assert (rows["tenbillion"]["devices"], rows["cloud-tenbillion"]["devices"]) == (1, 0)
    assert rows["tenbillion"]["mfu"] == pytest.approx(0.01)
    assert (rows["cloud-tenbillion"]["compute"], rows["cloud-tenbillion"]["mfu"]) == (pytest.approx(1e12), None)


def test_running_window() -> None:
    """Of a window that still runs, only the time that has passed counts."""
    teller = Teller([[_tokens("tenbillion", 360_000, 0, 0)], [], []], since=NOW - timedelta(hours=1))
    teller.until = NOW + timedelta(hours=3)
    [row] = judged("compute", teller=teller, settings=SETTINGS)
    assert row["compute"] == pytest.approx(2e12)


def test_filters_that_machines_do_not_know() -> None:
    """Of a team's calls, the machines say nothing: their readings are of everybody's."""
    teller = Teller([[_tokens("tenbillion", 360_000, 0, 0)]], since=NOW - timedelta(hours=1))
    where = (Filter("calls.team", "=", ("search",)),)
    [row] = judged("compute", teller=teller, settings=SETTINGS, where=where)
    assert (row["compute"], row["mfu"], row["utilisation"]) == (pytest.approx(2e12), None, None)


def test_devices_with_unknown_models_are_left_out_of_mfu() -> None:
    """A device that serves a model of unknown size has no part in the peak that is compared with."""
    samples = [*_samples("gpu0", "tenbillion", util=50.0), *_samples("gpu1", "secret", util=50.0)]
    tokens = [_tokens("tenbillion", 180_000, 0, 0), _tokens("secret", 180_000, 0, 0)]
    [row] = _judge(tokens, samples)
    assert row["mfu"] == pytest.approx(0.01)


def _counter(metric: str, hour: int, low: float, high: float, last: float, model: str = "tenbillion") -> dict[str, Any]:
    readings = {"min": low, "max": high, "last": last}
    series = {"host": "h", "model": model, "metric": metric, "label.engine": "0", "label.instance": ""}
    return {"time": NOW + timedelta(hours=hour - 5), **series, **readings}


def test_servers_count_more() -> None:
    """What a server counted counts where it is more than the calls tell, without what it had in its cache."""
    counters = [
        _counter("vllm:prompt_tokens_total", 0, 1_000, 301_000, 301_000),
        _counter("vllm:prefix_cache_hits_total", 0, 0, 50_000, 50_000),
        _counter("vllm:generation_tokens_total", 0, 500, 110_500, 110_500),
        _counter("vllm:generation_tokens_total", 0, 0, 7, 7, model="other-tenbillion"),
    ]
    tokens = [_tokens("tenbillion", 100, 0, 100), _tokens("other-tenbillion", 50, 0, 50)]
    rows = {row["model"]: row for row in _judge(tokens, [], counters, by="model")}
    assert (rows["tenbillion"]["tokens"], rows["tenbillion"]["counted_by"]) == (300_000 - 50_000 + 110_000, "servers")
    assert (rows["other-tenbillion"]["tokens"], rows["other-tenbillion"]["counted_by"]) == (100, "calls")
    [row] = _judge(tokens, [], counters)
    assert (row["tokens"], row["counted_by"]) == (360_100, "calls + servers")


def test_scraped_readings() -> None:
    """Devices that name no model serve those that the servers on their host tell of; standard names are as others."""
    counters = [
        _counter("server.tokens.prompt", 0, 0, 300_000, 300_000),
        _counter("server.tokens.cached", 0, 0, 100_000, 100_000),
        _counter("server.tokens.generated", 0, 0, 160_000, 160_000),
        # The same told by another way, too.
        _counter("vllm:generation_tokens_total", 0, 0, 160_000, 160_000),
    ]
    samples = [
        {**row, "metric": metric, "mean": value}
        for row in _samples("gpu0", "", util=1.0)
        for metric, value in (("gpu.utilisation", 0.4), ("gpu.power", 250.0), ("gpu.tensor.active", 0.1))
    ]
    [row] = _judge([], samples, counters)
    assert (row["tokens"], row["utilisation"], row["power"], row["tensor_activity"]) == (360_000, 0.4, 250.0, 0.1)
    assert row["mfu"] == pytest.approx(0.02)
    [row] = _judge([], samples, counters, by="model")
    assert (row["model"], row["devices"]) == ("tenbillion", 1)


@pytest.mark.parametrize(
    ("stretches", "grown"),
    [
        # 100 to 150; then to 180.
        ([(100, 150, 150)], 50),
        ([(100, 150, 150), (155, 180, 180)], 80),
        # The server began anew between two stretches: 50, then 30 from 0.
        ([(100, 150, 150), (5, 30, 30)], 80),
        # And within one: 150 to 170, then to 40 from 0.
        ([(100, 150, 150), (0, 170, 40)], 50 + 20 + 40),
        # It began anew and grew beyond where it had been.
        ([(100, 150, 150), (10, 200, 200)], 50 + 200),
        # In the first stretch nobody knows what it had gained before.
        ([(0, 150, 40)], 40),
        ([], 0),
    ],
)
def test_increase(stretches: list[tuple[float, float, float]], grown: float) -> None:
    """A counter grows by what it has gained; where it falls, it began anew at 0."""
    rows = [_counter("m", hour, *readings) for hour, readings in enumerate(stretches)]
    assert increase(rows[::-1]) == grown


@given(st.lists(st.one_of(st.integers(1, 1000), st.just(0)), min_size=2, max_size=40), st.integers(1, 10))
def test_increase_is_never_too_large(steps: list[int], per_stretch: int) -> None:
    """However readings are cut into stretches, it is what Prometheus' increase adds up; with fresh starts, at most."""
    # A step of 0 is a fresh start.
    readings = [0]
    for step in steps:
        readings.append(readings[-1] + step if step else 0)
    truth = sum(now - before if now >= before else now for before, now in pairwise(readings))
    cut = [readings[i : i + per_stretch] for i in range(0, len(readings), per_stretch)]
    rows = [_counter("m", hour, min(part), max(part), part[-1]) for hour, part in enumerate(cut)]
    assert 0 <= increase(rows) <= truth
    if all(steps) or per_stretch == 1:
        assert increase(rows) == truth
