"""Tests of tokometer.sources.prometheus.standard."""

from __future__ import annotations

from typing import Any

import pytest

from tokometer.records import Sample
from tokometer.sources.prometheus.standard import standardised
from tokometer.sources.series import Histogram, Point, histogram_samples, samples_of, series_of

AT = 1_795_773_605_000_000
_RESOURCE = {"service.name": "vllm", "service.instance.id": "gpu-01:8000"}


def told(metric: str, value: float, **labels: str) -> Sample | None:
    """A reading as a collector sends it on."""
    [sample] = samples_of(series_of(metric, {**_RESOURCE, **labels}), Point(AT, value), "otlp")
    return standardised(sample)


def test_a_server() -> None:
    """Name, unit, provider, host and instance are those of a scrape."""
    found = told("vllm:kv_cache_usage_perc", 0.25, model_name="m", engine="0")
    assert found is not None
    assert (found.metric, found.value, found.unit) == ("server.kv_cache.used", 0.25, "1")
    assert (found.model, found.provider, found.host, found.machine) == ("m", "vllm", "gpu-01", "gpu-01")
    assert (found.labels or {})["instance"] == "gpu-01:8000"
    ended = told("vllm:request_success_total", 3, model_name="m", finished_reason="stop")
    assert ended is not None
    assert (ended.metric, (ended.labels or {})["reason"]) == ("server.requests", "stop")


@pytest.mark.parametrize(
    ("metric", "value", "name", "becomes"),
    [
        ("DCGM_FI_DEV_GPU_UTIL", 97.0, "gpu.utilisation", 0.97),
        ("DCGM_FI_DEV_FB_USED", 2.0, "gpu.memory.used", 2 * 1024 * 1024),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 5_000.0, "gpu.energy", 5.0),
        ("node_boot_time_seconds", AT / 1e6 - 60, "system.uptime", 60.0),
        ("somebody.elses", 1.0, "somebody.elses", 1.0),
    ],
)
def test_units(metric: str, value: float, name: str, becomes: float) -> None:
    """Values are in the standard unit; what no dialect knows stays as it is."""
    found = told(metric, value, gpu="0", Hostname="atlas-07", modelName="NVIDIA H100")
    assert found is not None
    assert (found.metric, found.value) == (name, pytest.approx(becomes))
    if name.startswith("gpu."):
        assert (found.device, found.host, (found.labels or {})["modelName"]) == ("gpu0", "atlas-07", "NVIDIA H100")


def test_blanks_and_histograms() -> None:
    """What says that there is no value is none; histograms become ours, and samples that share labels stay apart."""
    assert told("DCGM_FI_DEV_MEMORY_TEMP", 2147483632.0, gpu="0") is None
    series = series_of("vllm:time_to_first_token_seconds", {**_RESOURCE, "model_name": "m"}, "s")
    histogram = Histogram(3, 0.9, ((0.1, 0), (0.5, 3)))
    found = [standardised(one) for one in histogram_samples(series, Point(AT, 0.0, "counter"), histogram, "otlp")]
    made: dict[tuple[str, str], Any] = {
        (one.metric, (one.labels or {}).get("bucket", "")): (one.value, one.unit) for one in found if one is not None
    }
    assert made == {
        ("server.ttft_count", ""): (3.0, ""),
        ("server.ttft_sum", ""): (0.9, "s"),
        ("server.ttft_bucket", "0.1"): (0.0, ""),
        ("server.ttft_bucket", "0.5"): (3.0, ""),
    }
