"""What is told of one GPU, whoever tells it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Device:
    """One GPU at one time."""

    #: As the driver counts them, from 0.
    index: str
    #: `NVIDIA H100 80GB HBM3`.
    name: str
    #: A name of `records.METERS` → its value in that unit; what is not known is not there.
    values: dict[str, float] = field(default_factory=dict)
    #: Name of a program → bytes that its processes have on the device.
    processes: dict[str, float] = field(default_factory=dict)
