"""NVIDIA GPUs of this machine, or of others."""

from __future__ import annotations

from typing import Final

from tokometer.sources.nvml.poll import SOURCE as NAME
from tokometer.sources.nvml.poll import Gpus
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name=NAME,
    title="NVIDIA GPUs",
    family="servers",
    about="Utilisation, memory, power, temperature, clocks and energy of GPUs, by NVML or `nvidia-smi`.",
    polled=Gpus(),
)
