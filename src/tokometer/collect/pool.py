"""Reading many files in several processes.

Every process takes the next bundle of files from one pipe, so that none is idle while another has much left, and
writes what it read to a pipe of its own. A process that dies costs only time: what it did not deliver is read here.

A process that has no threads yet is forked, which costs 2 ms; else a fresh interpreter is started, because a fork
would copy the locks of threads that it does not copy.
"""

from __future__ import annotations

import gc
import os
import queue
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from tokometer.collect.changes import Job
from tokometer.collect.processes import fork, is_alone, spawn
from tokometer.collect.reading import Portion, Prices, parcel_of, portion_of, read, unpack
from tokometer.sources.protocol import FileSource

#: Below this one process is done before a second has started.
WORTH_BYTES: Final = 8 << 20
#: What one bundle holds at most, unless a single file is larger.
BUNDLE_BYTES: Final = 6 << 20
BUNDLE_FILES: Final = 64
#: The pipe of bundle numbers is filled before anyone reads it, and pipes hold 64 KiB.
MOST_BUNDLES: Final = 8_192

_NUMBER: Final = struct.Struct("<I")

Bundle = Sequence[tuple[int, Job]]


@contextmanager
def reading(
    jobs: Sequence[Job], sources: Mapping[str, FileSource], prices: Prices, processes: int | None = None
) -> Iterator[Iterator[Portion]]:
    """Read every job: gives portions, in whatever order they get done. Several processes start at once, on entry.

    `prices` are for other processes, which price what they read. `processes` is how many to use; None decides by the
    work and the machine.
    """
    count = _processes_for(jobs) if processes is None else processes
    if count < 2 or not hasattr(os, "fork"):  # noqa: PLR2004 - two are the fewest that are several
        yield _read_here(jobs, sources)
        return
    pool = Pool(jobs, sources, prices, count)
    try:
        yield pool.portions()
    finally:
        pool.close()


def bundles_of(jobs: Sequence[Job]) -> list[list[tuple[int, Job]]]:
    """Jobs with their numbers in bundles of like size, the largest files first."""
    bundles: list[list[tuple[int, Job]]] = []
    room = files = 0
    most = max(BUNDLE_BYTES, sum(job.size for job in jobs) // MOST_BUNDLES * 2)
    most_files = max(BUNDLE_FILES, len(jobs) // MOST_BUNDLES * 2)
    for number, job in sorted(enumerate(jobs), key=lambda pair: -pair[1].size):
        if not bundles or room < job.size or files >= most_files:
            bundles.append([])
            room, files = most, 0
        bundles[-1].append((number, job))
        room -= job.size
        files += 1
    return bundles


def _processes_for(jobs: Sequence[Job]) -> int:
    if len(jobs) < 2 or sum(job.size for job in jobs) < WORTH_BYTES:  # noqa: PLR2004
        return 1
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


def _read_here(jobs: Sequence[Job], sources: Mapping[str, FileSource]) -> Iterator[Portion]:
    for bundle in bundles_of(jobs):
        mine = [job for _, job in bundle]
        yield portion_of(mine, [read(sources[job.source], job) for job in mine])


class Pool:
    """Processes that read `jobs`; they start at once, so that what follows runs beside them."""

    def __init__(self, jobs: Sequence[Job], sources: Mapping[str, FileSource], prices: Prices, processes: int) -> None:
        self._jobs = jobs
        self._sources = sources
        self._left = set(range(len(jobs)))
        self._parcels: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        bundles = bundles_of(jobs)
        numbers, feed = os.pipe()
        os.write(feed, b"".join(_NUMBER.pack(number) for number in range(len(bundles))))
        os.close(feed)
        start = fork if is_alone() else spawn
        # All are forked before the first thread begins.
        self._processes = [start(bundles, sources, prices, numbers) for _ in range(min(processes, len(bundles)))]
        os.close(numbers)
        self._threads = [
            threading.Thread(target=self._drain, args=(process.out,), name="tokometer-pool", daemon=True)
            for process in self._processes
        ]
        for thread in self._threads:
            thread.start()

    def portions(self) -> Iterator[Portion]:
        """What the processes deliver, and then what they did not, read here."""
        running = len(self._processes)
        while running:
            parcel = self._parcels.get()
            if parcel is None:
                running -= 1
                continue
            portion, numbers = unpack(parcel, self._jobs)
            self._left.difference_update(numbers)
            yield portion
        yield from _read_here([self._jobs[number] for number in sorted(self._left)], self._sources)
        self._left.clear()

    def close(self) -> None:
        """Stop the processes that still run, and wait for all."""
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.stop()
            thread.join()
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


def work(bundles: Sequence[Bundle], sources: Mapping[str, FileSource], prices: Prices, numbers: int, out: int) -> None:
    """What a process of the pool does: take the number of a bundle, read its files, deliver, until none is left."""
    # Nothing here makes cycles, and looking for them takes a quarter of the time.
    gc.disable()
    book = prices.open()
    while head := os.read(numbers, _NUMBER.size):
        bundle = bundles[_NUMBER.unpack(head)[0]]
        readings = [read(sources[job.source], job) for _, job in bundle]
        parcel = parcel_of([number for number, _ in bundle], readings, book)
        _write(out, _NUMBER.pack(len(parcel)) + parcel)


def _write(out: int, data: bytes) -> None:
    with memoryview(data) as view:
        done = 0
        while done < len(data):
            done += os.write(out, view[done:])
