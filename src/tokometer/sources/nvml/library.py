"""NVML, by NVIDIA's own binding (`nvidia-ml-py`), which is imported when it is used.

https://docs.nvidia.com/deploy/nvml-api/: power in milliwatts, energy in millijoules since the driver was loaded, clocks
in megahertz, memory in bytes, utilisation in percent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePath
from typing import Any, Final

from tokometer.sources.nvml.device import Device
from tokometer.sources.protocol import PollError

_PERCENT: Final = 0.01
_MHZ: Final = 1e6
#: A number that means that there is none (`NVML_VALUE_NOT_AVAILABLE`, of 64 bits).
_NONE: Final = 2**63
#: Programs of one device that are told apart.
_MOST_PROGRAMS: Final = 32
_LONGEST: Final = 100


def binding() -> Any | None:  # noqa: ANN401 - it has no types
    """The binding; None where it is not installed."""
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml


def asked(nvml: Any) -> list[Device]:  # noqa: ANN401 - the binding
    """What the driver says of this machine's GPUs.

    Raises:
        PollError: There is no driver, or it says nothing.
    """
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise PollError(f"NVML cannot be used ({error})", absent=True) from None
    try:
        return [_device(nvml, index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError as error:
        raise PollError(f"NVML says {error}") from None
    finally:
        nvml.nvmlShutdown()


def _device(nvml: Any, index: int) -> Device:  # noqa: ANN401
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    device = Device(str(index), _text(_told(nvml, lambda: nvml.nvmlDeviceGetName(handle))))
    used = _told(nvml, lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
    memory = _told(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    readings: dict[str, tuple[Any, float]] = {
        "gpu.utilisation": (used and used.gpu, _PERCENT),
        "gpu.memory.utilisation": (used and used.memory, _PERCENT),
        "gpu.memory.used": (memory and memory.used, 1.0),
        "gpu.memory.free": (memory and memory.free, 1.0),
        "gpu.memory.total": (memory and memory.total, 1.0),
        "gpu.temperature": (
            _told(nvml, lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
            1.0,
        ),
        "gpu.power": (_told(nvml, lambda: nvml.nvmlDeviceGetPowerUsage(handle)), 0.001),
        "gpu.power.limit": (_told(nvml, lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle)), 0.001),
        "gpu.energy": (_told(nvml, lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle)), 0.001),
        "gpu.clock.sm": (_told(nvml, lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)), _MHZ),
        "gpu.clock.memory": (_told(nvml, lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM)), _MHZ),
        "gpu.encoder.utilisation": (
            _first(_told(nvml, lambda: nvml.nvmlDeviceGetEncoderUtilization(handle))),
            _PERCENT,
        ),
        "gpu.decoder.utilisation": (
            _first(_told(nvml, lambda: nvml.nvmlDeviceGetDecoderUtilization(handle))),
            _PERCENT,
        ),
    }
    for name, (value, scale) in readings.items():
        if value is not None and 0 <= value < _NONE:
            device.values[name] = value * scale
    device.processes = _processes(nvml, _told(nvml, lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle)) or ())
    return device


def _processes(nvml: Any, told: Iterable[Any]) -> dict[str, float]:  # noqa: ANN401
    """Memory by program: its name alone, never what it was started with."""
    found: dict[str, float] = {}
    for process in told:
        memory = process.usedGpuMemory
        path = _text(_told(nvml, partial(nvml.nvmlSystemGetProcessName, process.pid)))
        if memory is None or not 0 <= memory < _NONE:
            continue
        name = PurePath(path.split(" ")[0]).name[:_LONGEST] or "unknown"
        if name not in found and len(found) >= _MOST_PROGRAMS:
            name = "others"
        found[name] = found.get(name, 0.0) + memory
    return found


def _told(nvml: Any, ask: Callable[[], Any]) -> Any | None:  # noqa: ANN401
    """What a question gives; None where this device, or this driver, does not know."""
    try:
        return ask()
    except (nvml.NVMLError, AttributeError):
        return None


def _first(told: Any | None) -> Any | None:  # noqa: ANN401
    return told[0] if told else None


def _text(told: object) -> str:
    """Older bindings give bytes."""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else told if isinstance(told, str) else ""
