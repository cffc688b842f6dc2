"""What `nvidia-smi` prints as CSV, with a line of headings.

`nvidia-smi --help-query-gpu` lists the columns. A value can be `[N/A]`, `[Not Supported]` or an error in brackets.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from math import isfinite
from typing import Final

from tokometer.sources.nvml.device import Device
from tokometer.sources.protocol import PollError

_MIB: Final = 1024.0 * 1024.0
_MHZ: Final = 1e6
#: Column → our name, and what one of it is in our unit.
COLUMNS: Final[dict[str, tuple[str, float]]] = {
    "utilization.gpu": ("gpu.utilisation", 0.01),
    "utilization.memory": ("gpu.memory.utilisation", 0.01),
    "memory.used": ("gpu.memory.used", _MIB),
    "memory.free": ("gpu.memory.free", _MIB),
    "memory.total": ("gpu.memory.total", _MIB),
    "temperature.gpu": ("gpu.temperature", 1.0),
    "temperature.memory": ("gpu.memory.temperature", 1.0),
    "power.draw": ("gpu.power", 1.0),
    "power.limit": ("gpu.power.limit", 1.0),
    "clocks.sm": ("gpu.clock.sm", _MHZ),
    "clocks.mem": ("gpu.clock.memory", _MHZ),
}
_COMMAND: Final = ("--query-gpu=" + ",".join(("index", "name", *COLUMNS)), "--format=csv")
#: Seconds after which it is given up: a driver that is stuck does not answer.
_PATIENCE: Final = 8.0


def asked() -> list[Device]:
    """What `nvidia-smi` says of this machine's GPUs.

    Raises:
        PollError: There is none, or it says nothing.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        raise PollError("there is neither nvidia-ml-py (tokometer[gpu]) nor nvidia-smi", absent=True)
    try:
        done = subprocess.run((program, *_COMMAND), capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - by the path's own name, with options of ours
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PollError(f"nvidia-smi does not answer ({type(error).__name__})") from None
    if done.returncode:
        raise PollError(f"nvidia-smi ends with {done.returncode}; does the driver run?", absent=True)
    return printed(done.stdout)


def printed(content: bytes) -> list[Device]:
    """The GPUs of its output.

    Raises:
        PollError: It is not its output.
    """
    rows = csv.reader(content.decode("utf-8", "replace").splitlines(), skipinitialspace=True)
    headings = [heading.partition("[")[0].strip() for heading in next(rows, [])]
    if "index" not in headings or not any(heading in COLUMNS for heading in headings):
        raise PollError("it is not what nvidia-smi prints as CSV with headings")
    found = []
    for row in rows:
        if len(row) != len(headings):
            raise PollError("what nvidia-smi printed ends in the middle")
        told = dict(zip(headings, row, strict=True))
        device = Device(told["index"].strip(), told.get("name", "").strip())
        for column, (name, scale) in COLUMNS.items():
            value = _number(told.get(column, ""))
            if value is not None:
                device.values[name] = value * scale
        found.append(device)
    return found


def _number(text: str) -> float | None:
    """`45 %` and `45` are 45; what is no number is not known."""
    try:
        value = float(text.split(maxsplit=1)[0]) if text.split() else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None
