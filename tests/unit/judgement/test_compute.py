"""Tests of tokometer.judgement.compute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import NOW, Teller, judged
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


def _judge(tokens: list[dict[str, Any]], samples: list[dict[str, Any]], **about: Any) -> list[Mapping[str, Any]]:
    """Over an hour that ended now."""
    teller = Teller([tokens, samples], since=NOW - timedelta(hours=1))
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
    teller = Teller([[_tokens("tenbillion", 360_000, 0, 0)], []], since=NOW - timedelta(hours=1))
    teller.until = NOW + timedelta(hours=3)
    [row] = judged("compute", teller=teller, settings=SETTINGS)
    assert row["compute"] == pytest.approx(2e12)


def test_filters_that_machines_do_not_know() -> None:
    """Of a team's calls, the machines say nothing: their readings are of everybody's."""
    teller = Teller([[_tokens("tenbillion", 360_000, 0, 0)]], since=NOW - timedelta(hours=1))
    where = (Filter("calls.team", "=", ("search",)),)
    [row] = judged("compute", teller=teller, settings=SETTINGS, where=where)
    assert (row["compute"], row["mfu"], row["utilisation"]) == (pytest.approx(2e12), None, None)
