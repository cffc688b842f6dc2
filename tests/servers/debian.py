"""What real database servers of Debian's have in common here: a folder, a port, and somebody who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PASSWORD = f"meter{os.getpid()}"
_PATIENCE = 30.0


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def thrown_away(prefix: str) -> Iterator[Path]:
    """A folder that is removed afterwards; its path is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_somebody(name: str, folder: Path) -> dict[str, object]:
    """How a program is started that must not run as root: as `name`, or nobody; the folder becomes theirs."""
    if os.getuid() != 0:
        return {"cwd": folder}
    other = pwd.getpwnam(name if any(one.pw_name == name for one in pwd.getpwall()) else "nobody")
    os.chown(folder, other.pw_uid, other.pw_gid)
    return {
        "user": other.pw_uid,
        "group": other.pw_gid,
        "extra_groups": [],
        "cwd": folder,
        "env": {"PATH": "/usr/bin:/usr/sbin"},
    }


@contextmanager
def running(
    command: Sequence[str],
    as_whom: dict[str, object],
    end: signal.Signals,
    ask: Callable[[], None],
    no: type[Exception],
) -> Iterator[None]:
    """While a server runs, from when it can be asked without `no` being raised; `end` tells it to end."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **as_whom) as process:  # type: ignore[call-overload]
        try:
            until = time.monotonic() + _PATIENCE
            while True:
                try:
                    ask()
                    break
                except no:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)
            yield
        finally:
            process.send_signal(end)
            process.wait(_PATIENCE)
