"""Reading one file, whatever comes of it, and passing what came of it between processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.collect.changes import Job
from tokometer.ledger.protocol import Refusal
from tokometer.records import KINDS, Record, now_us
from tokometer.sources.protocol import FileSource, Reading


def _decoder_of(name: str, kind: type[Record]) -> msgspec.msgpack.Decoder[list[Any]]:
    form: Any = msgspec.defstruct(name, [], bases=(kind,), array_like=True, gc=False, kw_only=True)
    return msgspec.msgpack.Decoder(list[form])


#: Records travel as arrays of their fields: several times smaller and quicker than objects by field name.
_DECODERS: Final = {name: _decoder_of(kind.__name__, kind) for name, kind in KINDS.items()}


class _Parcel(msgspec.Struct, array_like=True, gc=False):
    """The readings of several files. The records of all of them are by kind; everything else is by file."""

    records: dict[str, msgspec.Raw]
    files: list[tuple[int, bytes, list[Refusal]]]


_decode_parcel: Final = msgspec.msgpack.Decoder(_Parcel).decode
_encode: Final = msgspec.msgpack.Encoder().encode


class Portion(msgspec.Struct, gc=False):
    """What was read from some of the files, each of them whole."""

    records: list[Record]
    refusals: list[Refusal]
    #: (source, path) → where it was left.
    cursors: dict[tuple[str, str], bytes]
    jobs: list[Job]


def read(source: FileSource, job: Job) -> Reading:
    """Read a file. One that cannot be read is refused as a whole, and stays as it was left; one that is gone is not."""
    try:
        return source.read(Path(job.path), job.state)
    except FileNotFoundError:
        return Reading(state=job.state)
    except OSError as error:
        return _refused(job, f"cannot be read: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a mistake in one source must not stop the others; it is shown as one
        return _refused(
            job, f"cannot be read because of a mistake in Tokometer ({type(error).__name__}); please report it"
        )


def portion_of(jobs: Sequence[Job], readings: Sequence[Reading]) -> Portion:
    """The readings of some jobs as one."""
    portion = Portion([], [], {}, list(jobs))
    for job, reading in zip(jobs, readings, strict=True):
        portion.records.extend(reading.records)
        portion.refusals.extend(reading.refusals)
        if reading.state and reading.state != job.state:
            portion.cursors[job.source, job.path] = reading.state
    return portion


def pack(numbers: Sequence[int], readings: Sequence[Reading]) -> bytes:
    """Readings of the jobs with these numbers, as bytes for :func:`unpack`."""
    by_kind: dict[str, list[tuple[Any, ...]]] = {}
    for reading in readings:
        for record in reading.records:
            by_kind.setdefault(record.kind, []).append(msgspec.structs.astuple(record))
    records = {kind: msgspec.Raw(_encode(rows)) for kind, rows in by_kind.items()}
    files = [(number, reading.state, reading.refusals) for number, reading in zip(numbers, readings, strict=True)]
    return _encode(_Parcel(records, files))


def unpack(parcel: bytes, jobs: Mapping[int, Job] | Sequence[Job]) -> tuple[Portion, Iterator[int]]:
    """A parcel as a portion, and the numbers of the jobs that it holds."""
    packed = _decode_parcel(parcel)
    portion = Portion([], [], {}, [])
    for kind, rows in packed.records.items():
        portion.records.extend(_DECODERS[kind].decode(rows))
    for number, state, refusals in packed.files:
        job = jobs[number]
        portion.jobs.append(job)
        portion.refusals.extend(refusals)
        if state and state != job.state:
            portion.cursors[job.source, job.path] = state
    return portion, (number for number, _, _ in packed.files)


def _refused(job: Job, reason: str) -> Reading:
    return Reading(refusals=[Refusal(job.source, job.path, 0, "", reason, at=now_us())], state=job.state)
