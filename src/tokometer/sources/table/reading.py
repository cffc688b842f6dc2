"""Reading the tables of an open database by their maps, a portion at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, RecordError, Refusal, mistake, now_us
from tokometer.records.redaction import redacted
from tokometer.sources.documents import MOST_REFUSALS
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.table.detecting import UNNAMED, lacking, proposed
from tokometer.sources.table.engines import Engine
from tokometer.sources.table.given import SOURCE, Rows, objects
from tokometer.sources.table.mapping import MapError, TableMap
from tokometer.sources.table.rows import PORTION, Position, Select, portion

#: Rows without a value of the cursor that are looked at in a pass: mostly those without a time, which are refused.
_WITHOUT: Final = 1_000


class Memory(msgspec.Struct):
    """What is remembered of a database between two readings."""

    tables: dict[str, Position] = {}
    #: What the file was when the pass that is under way, or the last one, began.
    stamp: tuple[int, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether a pass has not come to its end."""
        return any(position.busy for position in self.tables.values())


@dataclass(slots=True)
class Portion:
    """Rows of one table as objects of our own record format."""

    map: TableMap
    rows: Rows
    #: Number in the table, and the object or what is wrong with it.
    items: list[tuple[int, dict[str, Any] | RecordError]] = field(default_factory=list)
    #: How many rows were looked at.
    count: int = 0


def maps_for(engine: Engine, told: Sequence[TableMap]) -> list[TableMap]:
    """The maps that hold: those that were told, else those proposed of which nothing is lacking."""
    return list(told) or [one for one in proposed(engine.shapes()) if not lacking(one)]


def portions(engine: Engine, maps: Sequence[TableMap], memory: Memory, limit: int = PORTION) -> Iterator[Portion]:
    """What is new in the tables, and where each was left (`memory`, which is brought up to date before each is given).

    Raises:
        MapError: A map names what is not there.
        TableError, OSError: The database cannot be read.
    """
    shapes = {shape.name: shape for shape in engine.shapes()}
    begun = memory.busy
    for one in maps:
        position = memory.tables.setdefault(f"{one.kind} {one.table}", Position())
        if begun and not position.busy:
            continue
        select = Select(engine, one, shapes)
        if not position.busy:
            unplaced = list(select.without(_WITHOUT))
            if unplaced:
                yield _made(one, select, unplaced, 0)
        while found := portion(select, position, limit):
            first, position.count = position.count, position.count + len(found)
            yield _made(one, select, found, first)


def _made(one: TableMap, select: Select, found: Sequence[Sequence[Any]], first: int) -> Portion:
    rows = Rows(one, select)
    items = [(first + number, given) for number, given in objects(rows, found)]
    return Portion(one, rows, items, len(found))


def take(into: Reading, made: Portion, place: str) -> None:
    """Make records of a portion's objects."""
    noticed = Noticed(SOURCE, place)
    for number, given in made.items:
        try:
            if isinstance(given, RecordError):
                raise given  # noqa: TRY301 - refused like all others
            record = made.rows.record(given)
            if isinstance(record, ModelCall) and record.model == UNNAMED:
                noticed.add("model", f"a row of {made.map.table} that does not say which", number)
            into.records.append(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this row, and the others count
            refuse(into, place, number, mistake(error), made.map.table)
    into.notices.extend(noticed.all())


def refuse(into: Reading, place: str, number: int, wrong: RecordError, table: str) -> None:
    """Refuse a row; it is named by its table and its number there."""
    if len(into.refusals) < MOST_REFUSALS:
        reason = f"{wrong.reason} (row {number + 1:,} of {redacted(table, 80)})"
        into.refusals.append(Refusal(SOURCE, place, number, wrong.field, reason, now_us()))


def finish(into: Reading, engine: Engine, maps: Sequence[TableMap], place: str) -> None:
    """Say what was not understood: lines that are no rows, and a file in which no table tells anything."""
    for line, why in engine.rejects():
        refuse(into, place, max(0, line - 2), RecordError("", f"line {line:,} is no row: {why}"), "file")
    noticed = Noticed(SOURCE, place)
    if not maps:
        noticed.add("file", "no table with columns that tell what they are: name them in a map")
    into.notices.extend(noticed.all())


__all__ = ["MapError", "Memory", "Portion", "finish", "maps_for", "portions", "take"]
