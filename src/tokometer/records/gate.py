"""The gate: every record from outside passes here, whoever decoded it and in whichever process.

A source refuses what it can name by its sender's words. What is decided here holds for all of them: that every engine
can keep the record, that a person can read its names, that no secret is in it, that our clock believes it. A batch is
looked at a field at a time, which costs little; record by record only where something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple

from msgspec.structs import astuple

from tokometer.records.bounds import beyond
from tokometer.records.errors import mistake
from tokometer.records.fitting import Fitting
from tokometer.records.record import Record
from tokometer.records.refusal import Notice, Refusal
from tokometer.records.texts import mend
from tokometer.records.time import CLOCK_SKEW_US, now_us, show_time

#: What is said of a record whose time our clock has not come to.
_AHEAD: Final = (
    "{} is more than a day in the future: it is kept aside, and tried again when our clock has come to it; "
    "is its unit, or a clock, wrong?"
)


class Aside(NamedTuple):
    """A record of a time that our clock has not come to, and its refusal, which holds until then."""

    record: Record
    refusal: Refusal


@dataclass(slots=True)
class Admitted:
    """What became of some records."""

    #: Those that go on, in their order, and their positions, where those were told.
    records: list[Record] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    #: Those that do not, and why.
    refusals: list[Refusal] = field(default_factory=list)
    #: What went on changed, counted.
    notices: list[Notice] = field(default_factory=list)
    #: Those that are refused for now: our clock does not believe them yet.
    aside: list[Aside] = field(default_factory=list)


def admit(records: Sequence[Record], place: str, positions: Sequence[int] | None = None, now: int = 0) -> Admitted:
    """Let records pass, or say why not, or not yet.

    `place` and `positions` (by record; a file's are unknown here, 0) are where they stood, for refusals; `now` is our
    clock in microseconds since the epoch.
    """
    try:
        return _admit(records, place, positions, now)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of one record, and the others pass
        if len(records) > 1:
            return _one_by_one(records, place, positions, now)
        [record], wrong, position = records, mistake(error), positions[0] if positions else 0
        refusal = Refusal(record.source, place, position, wrong.field, wrong.reason, now, record.workspace)
        return Admitted(refusals=[refusal])


def _one_by_one(records: Sequence[Record], place: str, positions: Sequence[int] | None, now: int) -> Admitted:
    """The same for records of which one raises something."""
    all_of_them = Admitted()
    for at, record in enumerate(records):
        one = admit([record], place, None if positions is None else [positions[at]], now)
        all_of_them.records += one.records
        all_of_them.positions += one.positions
        all_of_them.refusals += one.refusals
        all_of_them.notices += one.notices
        all_of_them.aside += one.aside
    return all_of_them


def _admit(records: Sequence[Record], place: str, positions: Sequence[int] | None, now: int) -> Admitted:
    place = mend(place, "label")
    wrong: dict[int, tuple[str, str]] = {}
    ahead: set[int] = set()
    latest = (now or now_us()) + CLOCK_SKEW_US
    fitting = Fitting(place, now)
    for numbers, of_kind in _by_kind(records):
        names = of_kind[0].__struct_fields__
        flat: list[Any] = list(chain.from_iterable(map(astuple, of_kind)))
        taken = {name: flat[at :: len(names)] for at, name in enumerate(names)}
        for at, why in beyond(of_kind[0].kind, taken).items():
            wrong[numbers[at]] = why
        if max(taken["started_at"]) > latest:
            ahead.update(number for number, at in zip(numbers, taken["started_at"], strict=True) if at > latest)
        fitting.fit(of_kind, taken, [positions[at] for at in numbers] if positions is not None else ())
    if not (wrong or ahead):
        return Admitted(list(records), list(positions or ()), notices=fitting.notices)
    admitted = Admitted(notices=fitting.notices)
    for at, record in enumerate(records):
        if at not in wrong and at not in ahead:
            admitted.records.append(record)
            if positions is not None:
                admitted.positions.append(positions[at])
            continue
        name, reason = wrong.get(at) or (record.timed_by, _AHEAD.format(show_time(record.started_at)))
        position = positions[at] if positions is not None else 0
        refusal = Refusal(record.source, place, position, name, reason, now, record.workspace)
        admitted.refusals.append(refusal)
        if at not in wrong:
            admitted.aside.append(Aside(record, refusal))
    return admitted


def _by_kind(records: Iterable[Record]) -> Iterable[tuple[list[int], list[Record]]]:
    """The records of each kind, and which they are."""
    found: dict[str, tuple[list[int], list[Record]]] = {}
    for at, record in enumerate(records):
        numbers, of_kind = found.setdefault(record.kind, ([], []))
        numbers.append(at)
        of_kind.append(record)
    return found.values()
