"""Processes that we start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tokometer.host.children import await_end

CHILD = """
import sys, time
from tokometer.host.children import end_with
end_with(int(sys.argv[1]))
print("r", flush=True)
time.sleep(60)
"""
PARENT = f"""
import os, subprocess, sys, time
CHILD = {CHILD!r}
child = subprocess.Popen([sys.executable, "-c", CHILD, str(os.getpid())], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def _ended(process: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with suppress(OSError):
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                time.sleep(0.05)
                continue
        return True
    return False


def test_none_outlives_us() -> None:
    """After kill -9 a child ends as well, even one that is halted."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        parent.kill()
        assert _ended(child)


def test_one_that_comes_too_late() -> None:
    """A child whose parent has ended before it began does not begin."""
    program = "from tokometer.host.children import end_with; end_with(1 << 30); print('begun')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_waiting_has_an_end() -> None:
    """Who waits for a child hears when it has ended, and does not wait for ever for one that does not."""
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
    assert not await_end(child, 0.1)
    os.kill(child, signal.SIGKILL)
    assert await_end(child, 10)
    assert await_end(child, 10)
