"""Reading the tables of an open database by their maps, a portion at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import msgspec

from tokometer.records import KINDS, ModelCall, RecordError, Refusal, mistake, now_us
from tokometer.records.redaction import redacted
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.table.detecting import UNNAMED, folded, lacking, proposed, told_again
from tokometer.sources.table.engines import Engine, TableError
from tokometer.sources.table.given import SOURCE, Rows, objects
from tokometer.sources.table.mapping import MapError, TableMap
from tokometer.sources.table.names import BY_MODEL, BY_OTHERS, KNOWN
from tokometer.sources.table.rows import PORTION, Position, Select, portion

#: Rows without a value of the cursor, all of which are looked at in every pass; with more, it is no cursor.
_WITHOUT: Final = 100_000
#: Up to so many rows are read whole in every pass where a row tells how something stands, like a model's.
_STANDING: Final = 2_000


class Memory(msgspec.Struct):
    """What is remembered of a database between two readings."""

    tables: dict[str, Position] = {}
    #: What the file was when the pass that is under way, or the last one, began.
    stamp: tuple[int, ...] = ()
    #: What followed the last end of a line was left to be read once nobody writes there any more.
    cut: bool = False

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
    #: How many of them are none that the map takes (`only`), and what they say instead.
    passed: int = 0
    instead: dict[str, int] = field(default_factory=dict)


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
            if KINDS[one.kind].identity and not position.large:
                position.safe, position.waiting = None, []
            yield from _unplaced(one, select, limit)
        while found := portion(select, position, limit):
            first, position.count = position.count, position.count + len(found)
            position.large = position.large or position.count > _STANDING
            yield _made(one, select, found, first)


def _unplaced(one: TableMap, select: Select, limit: int) -> Iterator[Portion]:
    """The rows that have no value of the cursor: mostly those without a time, which are refused."""
    first = 0
    rows = iter(select.without(_WITHOUT + 1))
    while found := list(islice(rows, limit)):
        if first + len(found) > _WITHOUT:
            columns = " and ".join(one.cursors)
            raise TableError(f"more than {_WITHOUT:,} rows have nothing in {columns}: name another cursor")
        yield _made(one, select, found, first)
        first += len(found)


def _made(one: TableMap, select: Select, found: Sequence[Sequence[Any]], first: int) -> Portion:
    rows = Rows(one, select)
    items = [(first + number, given) for number, given in objects(rows, found)]
    return Portion(one, rows, items, len(found), rows.passed, rows.instead)


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
    if made.map.only and all(words == BY_MODEL for words in made.map.only.values()):
        # Messages of people are passed over; what is neither theirs nor a model's is told.
        for value, count in made.instead.items():
            if value.strip().lower() not in BY_OTHERS:
                column = " ".join(made.map.only)
                noticed.add("line", f"{made.map.table}: a row of the {column} {value}", count=count)
    into.notices.extend(noticed.all())


def refuse(into: Reading, place: str, number: int, wrong: RecordError, table: str) -> None:
    """Refuse a row; it is named by its table and its number there."""
    reason = f"{wrong.reason} (row {number + 1:,} of {redacted(table, 80)})"
    into.refuse(Refusal(SOURCE, place, number, wrong.field, reason, now_us()))


def finish(into: Reading, engine: Engine, maps: Sequence[TableMap], place: str, *, chosen: bool = False) -> None:
    """Say what was not understood: lines that are no rows, tables that tell of calls again, a file without any.

    Where nobody has `chosen` the maps, a known table is named whose columns say no more what its rows are.
    """
    for line, why in engine.rejects():
        refuse(into, place, max(0, line - 2), RecordError("", f"line {line:,} is no row: {why}"), "file")
    noticed = Noticed(SOURCE, place)
    read = {one.table for one in maps}
    again = told_again(engine.shapes())
    for shape in () if chosen else engine.shapes():
        if folded(shape.name) in KNOWN - {"conversations"} and shape.name not in {*read, *again}:
            noticed.add("file", f"{shape.name} has no columns that tell what it is: name them in a map")
    for name, other in again.items():
        if name not in read and other in read:
            noticed.add("file", f"{name} tells of the calls of {other}: name it in a map to read it")
    if not maps:
        noticed.add("file", "no table with columns that tell what they are: name them in a map")
    into.notices.extend(noticed.all())


__all__ = ["MapError", "Memory", "Portion", "finish", "maps_for", "portions", "take"]
