"""Reading many files in several processes, the newest first.

Every process takes the next bundle of files from one pipe, so that none is idle while another has much left, and
writes what it read to a pipe of its own. A process that dies costs only time: what it did not deliver is read here.

A process that has no threads yet is forked, which costs 2 ms; else a fresh interpreter is started, because a fork
would copy the locks of threads that it does not copy. That takes a while, so the newest files are read here before.
"""

from __future__ import annotations

import gc
import os
import queue
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Final

from tokometer.collect.changes import Job
from tokometer.collect.horizon import newest_first
from tokometer.collect.processes import Process, fork, is_alone, spawn
from tokometer.collect.reading import Packer, Portion, Prices, Sender, portion_of, read, unpack
from tokometer.host import ending
from tokometer.sources.protocol import FileSource, Reading

#: Below this one process is done before a second has started.
WORTH_BYTES: Final = 8 << 20
#: What one bundle holds at most, unless a single file is larger. The first ones hold less, so that they are there soon.
BUNDLE_BYTES: Final = 6 << 20
FIRST_BYTES: Final = 1 << 20
#: Older files from this size on are read before others: one that is begun last would be waited for alone.
HEAVY_BYTES: Final = 24 << 20
#: What is read here, newest first, before processes that are slow to start are started.
HERE_BYTES: Final = 16 << 20
BUNDLE_FILES: Final = 64
#: The pipe of bundle numbers is filled before anyone reads it, and pipes hold 64 KiB.
MOST_BUNDLES: Final = 8_192

#: How often to see whether to stop while nothing is delivered, and how long to wait for processes to end (seconds).
_TURN: Final = 0.2
_PATIENCE: Final = 2.0

_NUMBER: Final = struct.Struct("<I")

Bundle = Sequence[tuple[int, Job]]


@contextmanager
def reading(
    jobs: Sequence[Job],
    sources: Mapping[str, FileSource],
    packing: Prices | Sender,
    processes: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Iterator[Portion]]:
    """Read every job: gives portions, in whatever order they get done. Several processes start at once, on entry.

    `packing` is for other processes: with which prices they price what they read, or as whose they make shipments.
    `processes` is how many to use; None decides by the work and the machine. Once `stopped` says so, no more comes,
    however long the others would take.
    """
    count = _processes_for(jobs) if processes is None else processes
    if count < 2 or not hasattr(os, "fork"):  # noqa: PLR2004 - two are the fewest that are several
        ending.watch()
        yield _read_here(jobs, sources, stopped)
        return
    ordered = newest_first(jobs)
    soon = 0 if is_alone() else _soon(ordered)
    first, rest = ordered[:soon], ordered[soon:]
    pool = Pool(rest, sources, packing, count, at_once=not first, stopped=stopped)
    try:
        ending.watch()
        yield chain(_read_here(first, sources, stopped), pool.portions())
    finally:
        pool.close()


def bundles_of(jobs: Sequence[Job]) -> list[list[tuple[int, Job]]]:
    """Jobs with their numbers in bundles of like size, the newest files first; large ones among the older before."""
    numbers = sorted(range(len(jobs)), key=lambda number: -jobs[number].modified_at)
    newest: list[int] = []
    older: list[int] = []
    read = 0
    for number in numbers:
        (newest if read < HEAVY_BYTES else older).append(number)
        read += jobs[number].size
    older.sort(key=lambda number: -jobs[number].size if jobs[number].size >= HEAVY_BYTES else 0)
    bundles: list[list[tuple[int, Job]]] = []
    room = files = 0
    most = max(BUNDLE_BYTES, sum(job.size for job in jobs) // MOST_BUNDLES * 2)
    most_files = max(BUNDLE_FILES, len(jobs) // MOST_BUNDLES * 2)
    for number in (*newest, *older):
        job = jobs[number]
        if not bundles or room < job.size or files >= most_files:
            bundles.append([])
            room, files = min(most, FIRST_BYTES * len(bundles)), 0
        bundles[-1].append((number, job))
        room -= job.size
        files += 1
    return bundles


def _soon(jobs: Sequence[Job]) -> int:
    """How many of the first jobs are read soon enough for others to wait."""
    size = count = 0
    while count < len(jobs) and size + jobs[count].size <= HERE_BYTES:
        size += jobs[count].size
        count += 1
    return count


def _processes_for(jobs: Sequence[Job]) -> int:
    if len(jobs) < 2 or sum(job.size for job in jobs) < WORTH_BYTES:  # noqa: PLR2004
        return 1
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


def _read_here(
    jobs: Sequence[Job], sources: Mapping[str, FileSource], stopped: Callable[[], bool]
) -> Iterator[Portion]:
    for bundle in bundles_of(jobs):
        if stopped():
            return
        mine = [job for _, job in bundle]
        yield portion_of(mine, [read(sources[job.source], job) for job in mine])


class Pool:
    """Processes that read `jobs`; they start at once, so that what follows runs beside them, or with the first look."""

    def __init__(
        self,
        jobs: Sequence[Job],
        sources: Mapping[str, FileSource],
        packing: Prices | Sender,
        processes: int,
        *,
        at_once: bool = True,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._jobs = jobs
        self._sources = sources
        self._packing = packing
        self._count = processes
        self._left = set(range(len(jobs)))
        self._parcels: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._processes: list[Process] = []
        self._threads: list[threading.Thread] = []
        if at_once:
            self._start()

    def _start(self) -> None:
        bundles = bundles_of(self._jobs)
        if not bundles:
            return
        numbers, feed = os.pipe()
        os.write(feed, b"".join(_NUMBER.pack(number) for number in range(len(bundles))))
        os.close(feed)
        start = fork if is_alone() else spawn
        # All are forked before the first thread begins.
        self._processes = [
            start(bundles, self._sources, self._packing, numbers) for _ in range(min(self._count, len(bundles)))
        ]
        os.close(numbers)
        self._threads = [
            threading.Thread(target=self._drain, args=(process.out,), name="tokometer-pool", daemon=True)
            for process in self._processes
        ]
        for thread in self._threads:
            thread.start()

    def portions(self) -> Iterator[Portion]:
        """What the processes deliver, and then what they did not, read here."""
        if not self._processes:
            self._start()
        running = len(self._processes)
        while running:
            try:
                parcel = self._parcels.get(timeout=_TURN)
            except queue.Empty:
                if self._stopped():
                    return
                continue
            if parcel is None:
                running -= 1
                continue
            portion, numbers = unpack(parcel, self._jobs)
            self._left.difference_update(numbers)
            yield portion
        yield from _read_here([self._jobs[number] for number in sorted(self._left)], self._sources, self._stopped)
        self._left.clear()

    def close(self) -> None:
        """Stop the processes that still run, and wait for all that can be stopped."""
        until = time.monotonic() + _PATIENCE
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.stop(max(0.0, until - time.monotonic()))
            thread.join(max(0.0, until - time.monotonic()))
            if not thread.is_alive():
                os.close(process.out)

    def _drain(self, out: int) -> None:
        """Take parcels as they come, so that no process waits to hand one over."""
        with os.fdopen(out, "rb", closefd=False) as stream:
            while head := stream.read(_NUMBER.size):
                size = _NUMBER.unpack(head)[0] if len(head) == _NUMBER.size else 0
                parcel = stream.read(size)
                if not size or len(parcel) < size:
                    break
                self._parcels.put(parcel)
        self._parcels.put(None)


def work(
    bundles: Sequence[Bundle], sources: Mapping[str, FileSource], packing: Prices | Sender, numbers: int, out: int
) -> None:
    """What a process of the pool does: take the number of a bundle, read its files, deliver, until none is left."""
    # Nothing here makes cycles, and looking for them takes a quarter of the time.
    gc.disable()
    pack = packing.packer()
    while head := os.read(numbers, _NUMBER.size):
        bundle = bundles[_NUMBER.unpack(head)[0]]
        readings = [read(sources[job.source], job) for _, job in bundle]
        for parcel in _parcels([number for number, _ in bundle], readings, pack):
            _write(out, _NUMBER.pack(len(parcel)) + parcel)


def _parcels(numbers: Sequence[int], readings: Sequence[Reading], pack: Packer) -> Iterator[bytes]:
    """Readings as one parcel; as one each where one of them cannot be packed, which is then read where all arrive."""
    try:
        yield pack(numbers, readings)
    except Exception:  # noqa: BLE001 - whatever it is: who commits finds the record
        if len(numbers) > 1:
            for number, reading in zip(numbers, readings, strict=True):
                yield from _parcels([number], [reading], pack)


def _write(out: int, data: bytes) -> None:
    with memoryview(data) as view:
        done = 0
        while done < len(data):
            done += os.write(out, view[done:])
