"""Asking GPUs: those of this machine, or those of which somebody serves what `nvidia-smi` prints."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tokometer.records import Record
from tokometer.records.meters import METERS
from tokometer.sources.machine import host
from tokometer.sources.nvml import library, smi
from tokometer.sources.nvml.device import Device
from tokometer.sources.polling import checked
from tokometer.sources.protocol import Fetch, Reading, Target
from tokometer.sources.series import Point, samples_of, series_of

SOURCE: Final = "nvml"
#: The GPUs of this machine.
HERE: Final = "nvml://local"
#: Where the driver shows itself.
_DRIVER: Final = (Path("/dev/nvidia0"), Path("/proc/driver/nvidia/version"))


class Gpus:
    """NVIDIA GPUs as a poll; see `sources.protocol.Poll`."""

    every: float = 15.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - the machine's, not a user's
        """See `Poll.local`: this machine, where it has a driver."""
        there = any(path.exists() for path in _DRIVER) or shutil.which("nvidia-smi") is not None
        return [Target("GPUs of this machine", HERE, self.every)] if there else []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:  # noqa: ARG002 - it keeps none
        """See `Poll.read`."""
        if target.url.startswith(("http://", "https://")):
            devices = smi.printed(checked(fetch()))
            where = urlsplit(target.url).hostname or ""
        else:
            binding = library.binding()
            devices = smi.asked() if binding is None else library.asked(binding)
            where = host()
        where = target.options.get("host", "") or where
        return Reading([record for device in devices for record in _samples(device, where, now)])


def _samples(device: Device, where: str, now: int) -> list[Record]:
    labels = {"host": where, "device": f"gpu{device.index}", "modelName": device.name}
    found: list[Record] = []
    for name, value in device.values.items():
        meter = METERS[name]
        mode = "counter" if meter.form == "counter" else "gauge"
        found += samples_of(series_of(name, labels, meter.unit), Point(now, value, mode), SOURCE)  # type: ignore[arg-type]
    for program, memory in device.processes.items():
        series = series_of("gpu.process.memory", {**labels, "process": program}, METERS["gpu.process.memory"].unit)
        found += samples_of(series, Point(now, memory), SOURCE)
    return found
