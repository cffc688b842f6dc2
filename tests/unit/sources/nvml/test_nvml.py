"""Tests of tokometer.sources.nvml. No GPU is there: a module in place of NVIDIA's binding answers as it documents."""

# ruff: noqa: D102, N802 - the binding's names, and it documents them

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from generators.sources.nvml import BEGIN, H100, SMALL, printed
from tokometer.records import Sample
from tokometer.sources.machine import host
from tokometer.sources.nvml import library, smi
from tokometer.sources.nvml.poll import HERE, Gpus
from tokometer.sources.protocol import PollError, Target

MIB = 1024 * 1024
LOCAL = Target("here", HERE, 15.0)


class NVMLError(Exception):
    """As the binding has it."""


class Nvml(ModuleType):
    """The binding, of two GPUs: a large one, and one of which little is known."""

    NVMLError = NVMLError
    NVML_TEMPERATURE_GPU, NVML_CLOCK_SM, NVML_CLOCK_MEM = 0, 1, 2

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.driver = True
        self.open = 0

    def nvmlInit(self) -> None:
        if not self.driver:
            raise NVMLError("Driver Not Loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:
        return "NVIDIA H100 80GB HBM3" if handle == 0 else b"NVIDIA GB10"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        if handle:
            raise NVMLError("Not Supported")
        return SimpleNamespace(total=80 * 1024 * MIB, used=60 * 1024 * MIB, free=20 * 1024 * MIB)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:
        return SimpleNamespace(gpu=97, memory=60) if handle == 0 else SimpleNamespace(gpu=0, memory=0)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:
        assert sensor == 0
        return 61

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:
        return 612_400

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: int) -> int:
        return self._known(handle, 700_000)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        return 5_000_000 if handle == 0 else 2**64 - 1

    def nvmlDeviceGetClockInfo(self, handle: int, clock: int) -> int:
        return 1980 if clock == 1 else 2619

    def nvmlDeviceGetEncoderUtilization(self, handle: int) -> list[int]:
        return [self._known(handle, 5), 20_000]

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:
        return [
            SimpleNamespace(pid=10, usedGpuMemory=40 * MIB),
            SimpleNamespace(pid=11, usedGpuMemory=2 * MIB),
            SimpleNamespace(pid=12, usedGpuMemory=None),
        ]

    def nvmlSystemGetProcessName(self, pid: int) -> str:
        return "/usr/bin/python3 serve.py --key=abc" if pid < 12 else "/bin/other"

    def _known(self, handle: int, value: int) -> int:
        if handle:
            raise NVMLError("Not Supported")
        return value


def read(target: Target = LOCAL) -> dict[tuple[str, str], Sample]:
    """Samples by metric and device."""

    def fetch(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is fetched")

    records = Gpus().read(target, b"", fetch, BEGIN).records
    return {(record.metric, record.device): record for record in records if isinstance(record, Sample)}


def test_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings of the driver's library in our units; what a device does not know is not there; it is let go of."""
    nvml = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    found = read()
    values = {metric: sample.value for (metric, device), sample in found.items() if device == "gpu0"}
    assert values == {
        "gpu.utilisation": pytest.approx(0.97),
        "gpu.memory.utilisation": pytest.approx(0.6),
        "gpu.memory.total": 80 * 1024 * MIB,
        "gpu.memory.used": 60 * 1024 * MIB,
        "gpu.memory.free": 20 * 1024 * MIB,
        "gpu.temperature": 61,
        "gpu.power": pytest.approx(612.4),
        "gpu.power.limit": pytest.approx(700),
        "gpu.energy": pytest.approx(5_000),
        "gpu.clock.sm": 1.98e9,
        "gpu.clock.memory": 2.619e9,
        "gpu.encoder.utilisation": pytest.approx(0.05),
        "gpu.process.memory": 42 * MIB,
    }
    process = found["gpu.process.memory", "gpu0"]
    assert process.labels == {"modelName": "NVIDIA H100 80GB HBM3", "process": "python3"}
    assert (process.host, process.unit) == (host(), "By")
    assert found["gpu.energy", "gpu0"].mode == "counter"
    assert {metric for metric, device in found if device == "gpu1"}.isdisjoint(
        {"gpu.memory.used", "gpu.power.limit", "gpu.energy", "gpu.encoder.utilisation"}
    )
    assert (found["gpu.power", "gpu1"].labels or {})["modelName"] == "NVIDIA GB10"
    assert nvml.open == 0


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library without a driver says so, and nothing is there."""
    nvml = Nvml()
    nvml.driver = False
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with pytest.raises(PollError, match="Driver Not Loaded") as error:
        read()
    assert error.value.absent


def _program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(library, "binding", lambda: None)


def test_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the binding `nvidia-smi` is asked, for columns that it has."""
    tmp_path.joinpath("said").write_bytes(printed(H100, SMALL, units=True))
    _program(tmp_path, f'case "$1" in --query-gpu=index,name,*) cat {tmp_path}/said;; *) exit 2;; esac', monkeypatch)
    found = read()
    assert found["gpu.power", "gpu0"].value == 612.41
    assert found["gpu.memory.used", "gpu1"].value == 812 * MIB
    assert ("gpu.power", "gpu1") not in found
    assert (found["gpu.utilisation", "gpu1"].labels or {})["modelName"] == "NVIDIA T400, 4GB"
    assert [target.url for target in Gpus().local(tmp_path, {})] == [HERE]


def test_the_program_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails, or is not there, is told as such."""
    _program(tmp_path, "exit 9", monkeypatch)
    with pytest.raises(PollError, match="ends with 9"):
        read()
    tmp_path.joinpath("nvidia-smi").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PollError, match=r"tokometer\[gpu\]"):
        read()
    assert Gpus().local(tmp_path, {}) == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"index, name\n0, x\n", printed(H100, units=True)[:-60]])
def test_what_is_not_its_output(content: bytes) -> None:
    """Somebody else's output, or a part of it, is not read."""
    with pytest.raises(PollError):
        smi.printed(content)
