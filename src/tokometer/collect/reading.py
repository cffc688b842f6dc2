"""Reading one file, whatever comes of it, and passing what came of it between processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec

from tokometer.collect.changes import Job
from tokometer.collect.pricing import price_each
from tokometer.ledger.aside import waiting_of
from tokometer.ledger.opening import cache_folder
from tokometer.ledger.packed import Packed, Stood, pack
from tokometer.ledger.protocol import Batch
from tokometer.ledger.refused import is_of_a_file
from tokometer.ledger.waiting import Waiting
from tokometer.prices import PriceBook
from tokometer.prices.book import MADE
from tokometer.records import ModelCall, Notice, Record, Refusal, now_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import admit
from tokometer.sources.protocol import FileSource, Reading
from tokometer.sources.shipment import wire

#: Records in one shipment.
SHIPMENT_RECORDS: Final = 2_000
#: Makes bytes for :func:`unpack` of readings, and the numbers of their jobs.
Packer = Callable[[Sequence[int], Sequence[Reading]], bytes]


class Prices(NamedTuple):
    """Where every process finds the same prices: the user's overrides, and the folder of what was looked up."""

    overrides: Path | None = None
    cache: Path | None = None
    #: What people make in the page, as the server writes it down (:mod:`tokometer.prices.made`).
    made: Path | None = None

    @classmethod
    def of(cls, data: Path, home: Path, env: Mapping[str, str]) -> Self:
        """Those of a data folder; the catalogue's are the same for all folders of a user."""
        return cls(data / "prices.toml", cache_folder(data, home, env), data / MADE)

    def open(self) -> PriceBook:
        """The price book.

        Raises:
            OverridesError: The overrides cannot be read.
        """
        return PriceBook.open(*self)

    def packer(self) -> Packer:
        """Makes parcels of records that are priced."""
        book = PriceBook.open(*self)
        return lambda numbers, readings: parcel_of(numbers, readings, book)


class Sender(NamedTuple):
    """Who ships: what is read is made into shipments of this program and machine, which a server prices."""

    program: str
    machine: str

    def packer(self) -> Packer:
        """Makes parcels of shipments."""
        return lambda numbers, readings: shipped_parcel_of(numbers, readings, self)

    def shipments(
        self, records: Sequence[Record], refusals: Sequence[Refusal] = (), notices: Sequence[Notice] = ()
    ) -> Iterator[tuple[int, bytes]]:
        """Records as shipments, each with how many it holds; refusals and notices go with the first."""
        for at in range(0, max(len(records), bool(refusals or notices)), SHIPMENT_RECORDS):
            some = records[at : at + SHIPMENT_RECORDS]
            yield len(some), wire.packed(self.program, self.machine, some, refusals, notices)
            refusals = notices = ()


class _Parcel(msgspec.Struct, array_like=True, gc=False):
    """The readings of several files. The records of all of them are by kind; everything else is by file."""

    packed: list[Packed]
    files: list[tuple[int, bytes, list[Refusal], list[Notice], list[Waiting]]]
    shipped: list[tuple[int, bytes]] = []


_decode_parcel: Final = msgspec.msgpack.Decoder(_Parcel).decode
_encode: Final = msgspec.msgpack.Encoder().encode


class Unreadable:
    """The files that are refused as a whole: when one of them is read after all, its refusal holds no longer."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        self._known = set(known)

    def healed(self, portion: Portion) -> list[tuple[str, str]]:
        """(source, path) of those that a portion could read; keeps in mind what it could not."""
        refused = _whole_files(portion)
        self._known |= refused
        return [file for file in self._known - refused if file in portion.cursors]

    def forget(self, portion: Portion) -> None:
        """What the portion could read has been committed."""
        self._known -= portion.cursors.keys() - _whole_files(portion)


class Portion(msgspec.Struct, gc=False):
    """What was read from some of the files, each of them whole."""

    #: Read here, and not priced yet.
    records: list[Record]
    #: Read and priced by another process.
    packed: list[Packed]
    refusals: list[Refusal]
    #: (source, path) → where it was left.
    cursors: dict[tuple[str, str], bytes]
    jobs: list[Job]
    notices: list[Notice] = []
    #: Which file each of `records` stood in.
    stood: list[Stood] = []
    #: What our clock does not believe yet.
    aside: list[Waiting] = []
    #: Made into shipments by another process: how many records each holds, and its bytes.
    shipped: list[tuple[int, bytes]] = []

    @property
    def size(self) -> int:
        """How many records it holds."""
        return len(self.records) + sum(map(len, self.packed)) + sum(count for count, _ in self.shipped)


def _whole_files(portion: Portion) -> set[tuple[str, str]]:
    """(source, path) of the files that are refused as a whole, also of those that will be whole when they change."""
    return {(one.source, one.place) for one in portion.refusals if is_of_a_file(one)}


def read(source: FileSource, job: Job) -> Reading:
    """Read a file. One that cannot be read is refused as a whole, and stays as it was left; one that is gone is not."""
    try:
        return _admitted(_legible(source.read(job.file, job.state), job), job)
    except FileNotFoundError:
        return Reading(state=job.state)
    except OSError as error:
        return _refused(job, f"cannot be read: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a mistake in one source must not stop the others; it is shown as one
        if job.state:
            # It may be the state that is damaged; what was read before is known by its ids.
            return read(source, replace(job, state=b""))
        return _refused(
            job, f"cannot be read because of a mistake in Tokometer ({type(error).__name__}); please report it"
        )


def _legible(reading: Reading, job: Job) -> Reading:
    """A reading that says where something stood in text, of a file whose name is none."""
    if job.real:
        reading.refusals = [replace(refusal, place=job.path) for refusal in reading.refusals]
        reading.notices = [replace(notice, place=job.path) for notice in reading.notices]
    return reading


def portion_of(jobs: Sequence[Job], readings: Sequence[Reading]) -> Portion:
    """The readings of some jobs as one."""
    portion = Portion([], [], [], {}, list(jobs))
    for job, reading in zip(jobs, readings, strict=True):
        portion.records.extend(reading.records)
        portion.stood.append(Stood(job.path, len(reading.records)))
        _add(portion, job, reading.state, reading.refusals, reading.notices, _waiting(reading))
    return portion


def batch_of(portion: Portion) -> Batch:
    """What is to be committed of a portion."""
    return Batch(
        portion.records,
        portion.refusals,
        portion.cursors,
        packed=portion.packed,
        notices=portion.notices,
        stood=portion.stood,
        aside=portion.aside,
        shipped=portion.shipped,
    )


def priced_and_packed(records: Sequence[Record], book: PriceBook, stood: Sequence[Stood] = ()) -> list[Packed]:
    """Records of any kind as columns, the calls among them priced; `stood` is where they stood, in their order."""
    by_kind: dict[str, list[Record]] = {}
    places: dict[str, list[Stood]] = {}
    at = 0
    for run in stood or (Stood("", len(records)),):
        counts = {kind: len(of_kind) for kind, of_kind in by_kind.items()}
        positions: dict[str, list[int]] = {}
        for number, record in enumerate(records[at : at + run.count]):
            by_kind.setdefault(record.kind, []).append(record)
            if run.positions:
                positions.setdefault(record.kind, []).append(run.positions[number])
        at += run.count
        for kind, of_kind in by_kind.items():
            count = len(of_kind) - counts.get(kind, 0)
            if count:
                places.setdefault(kind, []).append(Stood(run.place, count, positions.get(kind, [])))
    price_each(book, [call for call in by_kind.get(ModelCall.kind, ()) if isinstance(call, ModelCall)])
    packed = [pack(of_kind, book.version) for of_kind in by_kind.values()]
    for one in packed:
        one.stood = places[one.kind]
    return packed


def parcel_of(numbers: Sequence[int], readings: Sequence[Reading], book: PriceBook) -> bytes:
    """Readings of the jobs with these numbers, priced, as bytes for :func:`unpack`."""
    records = [record for reading in readings for record in reading.records]
    # Whose number a file has, both sides know.
    stood = [Stood(str(number), len(reading.records)) for number, reading in zip(numbers, readings, strict=True)]
    return _encode(_Parcel(priced_and_packed(records, book, stood), _files(numbers, readings)))


def shipped_parcel_of(numbers: Sequence[int], readings: Sequence[Reading], sender: Sender) -> bytes:
    """Readings of the jobs with these numbers, as shipments, as bytes for :func:`unpack`."""
    records = [record for reading in readings for record in reading.records]
    return _encode(_Parcel([], _files(numbers, readings), list(sender.shipments(records))))


def _files(
    numbers: Sequence[int], readings: Sequence[Reading]
) -> list[tuple[int, bytes, list[Refusal], list[Notice], list[Waiting]]]:
    return [
        (number, reading.state, reading.refusals, reading.notices, _waiting(reading))
        for number, reading in zip(numbers, readings, strict=True)
    ]


def unpack(parcel: bytes, jobs: Mapping[int, Job] | Sequence[Job]) -> tuple[Portion, Iterator[int]]:
    """A parcel as a portion, and the numbers of the jobs that it holds."""
    told = _decode_parcel(parcel)
    portion = Portion([], told.packed, [], {}, [], shipped=told.shipped)
    for packed in told.packed:
        for run in packed.stood:
            run.place = jobs[int(run.place)].path
    for number, state, refusals, notices, aside in told.files:
        portion.jobs.append(jobs[number])
        _add(portion, jobs[number], state, refusals, notices, aside)
    return portion, (number for number, *_ in told.files)


def _admitted(reading: Reading, job: Job) -> Reading:
    """A reading after the gate."""
    admitted = admit(reading.records, job.path, now=now_us())
    reading.records, reading.aside = admitted.records, admitted.aside
    reading.refusals, reading.notices = fit_to_tell(
        [*reading.refusals, *admitted.refusals], [*reading.notices, *admitted.notices]
    )
    return reading


def _waiting(reading: Reading) -> list[Waiting]:
    return [waiting_of(*aside) for aside in reading.aside]


def _add(
    portion: Portion,
    job: Job,
    state: bytes,
    refusals: Sequence[Refusal],
    notices: Sequence[Notice],
    aside: Sequence[Waiting],
) -> None:
    portion.refusals.extend(refusals)
    portion.notices.extend(notices)
    portion.aside.extend(aside)
    if state and state != job.state:
        portion.cursors[job.source, job.path] = state


def _refused(job: Job, reason: str) -> Reading:
    return Reading(refusals=[Refusal(job.source, job.path, 0, "", reason, at=now_us())], state=job.state)
