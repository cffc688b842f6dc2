"""Starting a process of the pool: by a fork where that is safe, else as a fresh interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tokometer.collect.changes import Job
from tokometer.collect.reading import Prices, Sender
from tokometer.host import ending
from tokometer.host.children import await_end, end_with
from tokometer.records.redaction.logs import log_discreetly
from tokometer.sources.protocol import FileSource

_THREADS: Final = Path("/proc/self/task")


@dataclass(slots=True)
class Process:
    """A process that reads; what it read arrives at the file descriptor `out`."""

    out: int
    pid: int = 0
    program: subprocess.Popen[bytes] | None = None

    def stop(self, seconds: float) -> None:
        """End it if it still runs, and wait until it has, but no longer than that: it has nothing to lose."""
        if self.program is not None:
            self.program.kill()
            with suppress(subprocess.TimeoutExpired):
                self.program.wait(seconds)
        elif self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            await_end(self.pid, seconds)
            self.pid = 0


class _Task(msgspec.Struct, array_like=True):
    """What a fresh interpreter has to know."""

    bundles: Sequence[list[tuple[int, Job]]]
    #: The folders of prices, or the names of who ships: as the one or the other has them.
    packing: tuple[str | None, ...]
    ships: bool
    numbers: int
    out: int
    #: The process that starts it.
    parent: int


def is_alone() -> bool:
    """Whether this process has a single thread, threads that Python knows nothing of included."""
    try:
        return len(list(_THREADS.iterdir())) == 1
    except OSError:
        return False


def fork(
    bundles: Sequence[list[tuple[int, Job]]], sources: Mapping[str, FileSource], packing: Prices | Sender, numbers: int
) -> Process:
    """Start a process as a copy of this one, which must have no threads."""
    from tokometer.collect.pool import work

    # Sources are imported once, before there are copies.
    for name in {job.source for bundle in bundles for _, job in bundle}:
        sources[name]
    out, mine = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(mine)
        return Process(out, pid=pid)
    code = 1
    try:
        ending.forget()
        end_with(parent)
        work(bundles, sources, packing, numbers, mine)
        code = 0
    except BrokenPipeError:
        pass
    finally:
        # Nothing of the parent's is flushed or closed twice.
        os._exit(code)


def spawn(
    bundles: Sequence[list[tuple[int, Job]]],
    sources: Mapping[str, FileSource],  # noqa: ARG001 - it has its own
    packing: Prices | Sender,
    numbers: int,
) -> Process:
    """Start a process as a fresh interpreter, which finds the sources by their names."""
    out, its = os.pipe()
    # -P: not what happens to lie in the current folder.
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "tokometer.collect.processes"], stdin=subprocess.PIPE, pass_fds=(numbers, its)
    )
    os.close(its)
    assert program.stdin is not None
    named = tuple(None if one is None else str(one) for one in packing)
    task = _Task(bundles, named, isinstance(packing, Sender), numbers, its, os.getpid())
    with suppress(BrokenPipeError), program.stdin:
        program.stdin.write(msgspec.msgpack.encode(task))
    return Process(out, program=program)


def main() -> None:
    """The fresh interpreter's side of :func:`spawn`."""
    from tokometer.collect.pool import work
    from tokometer.sources.registry import FILE_SOURCES

    try:
        task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Task)
    except msgspec.DecodeError:
        # Whoever starts us did not get to it, and says why.
        return
    end_with(task.parent)
    log_discreetly()
    with suppress(BrokenPipeError, KeyboardInterrupt):
        if task.ships:
            packing: Prices | Sender = Sender(*(name or "" for name in task.packing))
        else:
            packing = Prices(*(None if path is None else Path(path) for path in task.packing))
        work(task.bundles, FILE_SOURCES, packing, task.numbers, task.out)


if __name__ == "__main__":
    main()
