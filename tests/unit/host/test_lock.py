"""The lock of a data folder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tokometer.host.lock import FolderLock, Held, await_end

HOLD = """
import sys, time; from pathlib import Path; from tokometer.host.lock import FolderLock
with FolderLock(Path(sys.argv[1])) as lock:
    if sys.argv[2] == "ending":
        lock.ends()
    print("held", flush=True); time.sleep(float(sys.argv[3]))
"""


def holder(path: Path, how: str, seconds: float) -> subprocess.Popen[str]:
    """Another process that has the lock for so long."""
    command = [sys.executable, "-c", HOLD, str(path), how, str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def test_one_at_a_time(tmp_path: Path) -> None:
    """Who comes second is told who has it, at once; after that process was killed it is free."""
    other = holder(tmp_path / "lock", "", 60)
    began = time.monotonic()
    with pytest.raises(Held, match=f"^{other.pid}$"), FolderLock(tmp_path / "lock"):
        pass
    assert time.monotonic() - began < 1
    await_end(tmp_path / "lock")
    assert time.monotonic() - began < 2
    other.kill()
    other.wait()
    with FolderLock(tmp_path / "lock"):
        pass


def test_one_that_is_about_to_end_is_waited_for(tmp_path: Path) -> None:
    """It is taken as soon as it is free; who only wants to wait does so as well."""
    for wait in (lambda path: FolderLock(path).__enter__().__exit__(None, None, None), await_end):
        other = holder(tmp_path / "lock", "ending", 1.0)
        wait(tmp_path / "lock")
        assert other.wait(1) == 0


def test_nobody_to_wait_for(tmp_path: Path) -> None:
    """Without a lock, or with one that a server left behind as it was killed at its end, nothing waits."""
    await_end(tmp_path / "lock")
    other = holder(tmp_path / "lock", "ending", 60)
    other.kill()
    other.wait()
    began = time.monotonic()
    await_end(tmp_path / "lock")
    assert time.monotonic() - began < 1
