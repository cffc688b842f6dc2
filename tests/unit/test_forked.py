"""A program that the tests fork is like one that they start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from servers import forked
from servers.forked import Forked

#: What a program can see of how it was started.
_SEEN: Final = """
import gc, os, signal, sys, threading
print(sys.argv, __name__, dict(os.environ), os.getcwd(), sys.stdin.read(), sys.stdin.encoding, sys.stdin.errors)
print(sys.stdout.errors, sys.stderr.errors, sys.stdout.line_buffering, sys.stdout.write_through)
print([name for name in os.listdir('/proc/self/fd') if int(name) < 3], len(os.listdir('/proc/self/fd')))
print(threading.active_count(), threading.main_thread() is threading.current_thread(), os.getpgid(0), gc.isenabled())
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD)])
"""
_PROGRAMS: Final = {
    "seen": _SEEN,
    "code": "import sys; sys.exit(3)",
    "words": "import sys; sys.exit('no')",
    "mistake": "print('a'); raise KeyError('b')",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "at the end": "import atexit; atexit.register(print, 'last'); print('first')",
    "a thread": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
}


@pytest.mark.parametrize("name", _PROGRAMS)
def test_it_is_started_and_ends_alike(name: str, tmp_path: Path) -> None:
    """It sees what a process of its own sees, says the same and ends with the same code."""
    command = [sys.executable, "-c", _PROGRAMS[name], "word", "\u00fc"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TZ": "Asia/Tokyo", "LANG": "C.UTF-8"}
    one = forked.run(command, env=env, cwd=tmp_path, input="in \u00fc", text=True)
    other = subprocess.run(
        command, env=env, cwd=tmp_path, input="in \u00fc", text=True, capture_output=True, timeout=60, check=False
    )
    assert (one.returncode, one.stdout) == (other.returncode, other.stdout)
    assert one.stderr.splitlines()[-1:] == other.stderr.splitlines()[-1:]


def test_it_is_waited_for_and_ended() -> None:
    """While it runs it has no code; a signal ends it; others that run are left alone."""
    command = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
    with (
        Forked(command, env={}, stdout=subprocess.PIPE, text=True) as one,
        Forked(command, env={}, stdout=subprocess.PIPE, text=True) as other,
    ):
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            one.wait(0.05)
        one.terminate()
        assert one.wait(30) == -signal.SIGTERM
        assert other.poll() is None
        other.kill()
        assert other.wait(30) == -signal.SIGKILL


def test_what_python_reads_at_its_start_is_not_forked() -> None:
    """Variables for the interpreter and other encodings need a process of its own."""
    assert forked.suits({"PATH": "", "PYTHONUNBUFFERED": "1", "LANG": "en_GB.UTF-8"})
    for env in ({"PYTHONPATH": "x"}, {"PYTHONUNBUFFERED": ""}, {"LC_ALL": "C"}, {"LANG": "de_DE.ISO-8859-1"}):
        assert not forked.suits(env)
