"""Tests of tokometer.server.listening: a server that nobody asks sleeps, and is there at once all the same."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from servers.whole import running

#: A window (seconds), how often its main thread may wake in one, and how long it is waited for such a window.
WINDOW, SELDOM, PATIENCE = 2.0, 3, 60.0


@pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux tells")
def test_an_idle_server_sleeps(tmp_path: Path) -> None:
    """Its main thread does not look around by itself; replies say what time it is now, and a signal ends it soon."""
    with running(tmp_path / "data", tmp_path / "home", fresh=True) as server:
        until = time.monotonic() + PATIENCE
        while _wakings(server.process.pid, WINDOW) > SELDOM:
            assert time.monotonic() < until
        asked = datetime.now(UTC)
        said = parsedate_to_datetime(server.get("/healthz").headers["date"])
        assert asked - timedelta(seconds=1) <= said <= datetime.now(UTC)
        assert server.stop() == 0


def _wakings(pid: int, seconds: float) -> int:
    """How often a process's main thread goes to sleep in so many seconds."""
    before = _slept(pid)
    time.sleep(seconds)
    return _slept(pid) - before


def _slept(pid: int) -> int:
    status = Path(f"/proc/{pid}/task/{pid}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
