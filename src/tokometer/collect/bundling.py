"""Writing what this machine has into one file, for a ledger elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from tokometer.collect.changes import Job, look
from tokometer.collect.reading import Sender, read
from tokometer.host.regular import open_regular
from tokometer.sources.protocol import FileSource
from tokometer.sources.shipment import wire


def bundle(
    path: Path, program: str, machine: str, sources: Mapping[str, FileSource], home: Path, env: Mapping[str, str]
) -> int:
    """Write a bundle of everything that is there; returns how many records it holds.

    Raises:
        OSError: The file cannot be written; what was written of it is removed.
    """
    changes = look(sources, {name: source.roots(home, env) for name, source in sources.items()}, {})
    half = path.with_name(f"{path.name}.part")
    sender = Sender(program, machine)
    records = 0
    try:
        with open_regular(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW) as file:
            for job in changes.jobs:
                records += _write(file, sender, sources[job.source], job)
            os.fsync(file.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return records


def _write(file: FileIO, sender: Sender, source: FileSource, job: Job) -> int:
    reading = read(source, job)
    # What our clock does not believe another's may.
    records = [*reading.records, *(aside.record for aside in reading.aside)]
    aside = {id(one.refusal) for one in reading.aside}
    refusals = [refusal for refusal in reading.refusals if id(refusal) not in aside]
    for _, body in sender.shipments(records, refusals, reading.notices):
        with memoryview(wire.framed(body)) as left:
            done = 0
            while done < len(left):
                done += file.write(left[done:]) or 0
    return len(records)
