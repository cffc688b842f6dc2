"""The gate: every record from outside passes here, whoever decoded it and in whichever process.

A source refuses what it can name by its sender's words. What is decided here holds for all of them: that every engine
can keep the record, that a person can read its names, that no secret is in it, that our clock believes it. A batch is
looked at a field at a time, which costs little; record by record only where something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from msgspec.structs import astuple

from tokometer.records.bounds import beyond, bounds_of
from tokometer.records.record import Record
from tokometer.records.refusal import Notice, Refusal


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
    aside: list[Record] = field(default_factory=list)


def admit(records: Sequence[Record], place: str, positions: Sequence[int] | None = None, now: int = 0) -> Admitted:
    """Let records pass, or say why not.

    `place` and `positions` (by record; a file's are unknown here, 0) are where they stood, for refusals; `now` is our
    clock in microseconds since the epoch.
    """
    wrong = _out_of_bounds(records)
    if not wrong:
        return Admitted(list(records), list(positions or ()))
    admitted = Admitted()
    for at, record in enumerate(records):
        if at not in wrong:
            admitted.records.append(record)
            if positions is not None:
                admitted.positions.append(positions[at])
            continue
        name, reason = wrong[at]
        position = positions[at] if positions is not None else 0
        admitted.refusals.append(Refusal(record.source, place, position, name, reason, now, record.workspace))
    return admitted


def _out_of_bounds(records: Iterable[Record]) -> dict[int, tuple[str, str]]:
    """The place of each record with a number that nobody could keep: its field, and why."""
    by_kind: dict[str, list[tuple[int, Record]]] = {}
    for at, record in enumerate(records):
        by_kind.setdefault(record.kind, []).append((at, record))
    found: dict[int, tuple[str, str]] = {}
    for kind, of_kind in by_kind.items():
        names = of_kind[0][1].__struct_fields__
        flat: list[Any] = list(chain.from_iterable(astuple(record) for _, record in of_kind))
        taken = {name: flat[names.index(name) :: len(names)] for name in bounds_of(kind)}
        for at, wrong in beyond(kind, taken).items():
            found[of_kind[at][0]] = wrong
    return found
