"""Move this process's clock by what the file that TEST_CLOCK names says; see servers/clock.py."""

from __future__ import annotations

import os
import time
from pathlib import Path

_PATH = Path(os.environ["TEST_CLOCK"])
#: How long what the file said is believed (seconds).
_KEPT = 0.02
_real = time.time_ns
_monotonic = time.monotonic
_read_at = -1.0
_shift = 0


def _time_ns() -> int:
    global _read_at, _shift
    now = _monotonic()
    if now - _read_at > _KEPT:
        _shift, _read_at = int(float(_PATH.read_text()) * 10**9), now
    return _real() + _shift


def _time() -> float:
    return _time_ns() / 10**9


time.time_ns, time.time = _time_ns, _time
