"""Ending a process when it is asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import ctypes, os, sys, threading, time
from tokometer.host.ending import Ending
taken = ctypes.create_string_buffer(64)
hang = lambda: ctypes.CDLL(None).pthread_mutex_lock(taken)
with Ending({seconds}, code={code}) as ending:
    {watch}
    try:
        print("ready", flush=True)
        {work}
    except KeyboardInterrupt:
        print("asked", ending.asked, round(ending.left), flush=True)
        {then}
"""


def run(
    work: str, *, seconds: float = 1, code: int | None = None, watch: bool = True, then: str = "pass"
) -> subprocess.Popen[str]:
    """A program that takes signals, once it does."""
    text = PROGRAM.format(seconds=seconds, code=code, watch="ending.watch()" if watch else "pass", work=work, then=then)
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("watch", [True, False])
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_what_does_not_hang_is_interrupted(by: signal.Signals, *, watch: bool) -> None:
    """A signal is a KeyboardInterrupt, which says by what and how long there is."""
    with run("time.sleep(60)", seconds=9, watch=watch) as process:
        process.send_signal(by)
        out, _ = process.communicate(timeout=20)
    assert out == f"asked {by.value} 9\n"
    assert process.returncode == 0


def test_what_hangs_is_left_behind() -> None:
    """While the main thread hears of nothing, the process ends in time, and says so."""
    # A lock that one already has: no signal ends that.
    with run("hang() or hang()") as process:
        # It is not asked before it hangs.
        time.sleep(1)
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert "within 1 s" in err
    assert "nothing that was acknowledged is lost" in err


def test_the_exit_code_of_going_anyway() -> None:
    """A server that was asked to end has ended well."""
    with run("time.sleep(60)", code=0, then="hang() or hang()") as process:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("watch", [True, False])
def test_the_second_one_does_not_wait(*, watch: bool) -> None:
    """Who asks again gets it at once."""
    with run("time.sleep(60)", seconds=60, watch=watch, then="time.sleep(60)") as process:
        process.terminate()
        time.sleep(1)
        assert process.poll() is None
        process.terminate()
        began = time.monotonic()
        process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert process.returncode == 128 + signal.SIGTERM


def test_after_it_signals_do_what_they_did() -> None:
    """The handlers of before are there again."""
    from tokometer.host.ending import Ending

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with Ending(5) as outer:
        outer.watch()
        with Ending(5) as inner:
            inner.watch()
            assert inner.asked is None
            assert inner.left == 5
    assert {number: signal.getsignal(number) for number in before} == before


def test_who_asked_to_be_told_still_is() -> None:
    """Hearing of signals again, after others have taken that over, forgets nobody who asked to be told of them."""
    from tokometer.host import ending

    told: list[str] = []
    with ending.Ending(5) as one:
        assert ending.watch(lambda: told.append("told"))
        assert ending.watch()
        one.also()
        assert told == ["told"]
    one.also()
    assert told == ["told"]
