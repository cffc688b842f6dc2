"""The rows of a table in portions, each cut where the cursor's value changes.

Rows with one value of the cursor are never split, so that rows which say the same can be told apart by their number.
A table is read in passes: a pass goes on from the cursor of the last one, less some slack, because what was written
at the same time may have been committed later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec

from tokometer.records.values import moment
from tokometer.sources.database import newest_us
from tokometer.sources.table.engines import Engine, Shape, TableError, quoted
from tokometer.sources.table.mapping import INTO, MapError, TableMap, is_time
from tokometer.sources.table.times import time_of

#: Rows of one portion.
PORTION: Final = 20_000
#: Rows with one value of the cursor; what has more is no cursor.
_MOST_EQUAL: Final = 1_000_000
#: How far a pass begins before the end of the last one: µs of a time, counts of an id.
_SLACK_US: Final = 300_000_000
_SLACK_IDS: Final = 200
#: What PostgreSQL writes where a time is none.
_ENDLESS: Final = ("infinity", "-infinity")
_SLACK_ZONES_US: Final = 27 * 3_600_000_000
#: Text that sorts by its time, and text whose time depends on its offset.
_SORTED: Final = re.compile(r"\d{4}(-\d\d-\d\d|/\d\d/\d\d|\d{4}|\d{5,})")
_LOCAL: Final = re.compile(r":\d\d(?:\.\d+)?\s*[+-](?!00:?(?:00)?$)\d\d:?(?:\d\d)?$")
#: Columns of times, by their names.
_TIMED: Final = re.compile(r"(?:_at|At|[Tt]ime|[Dd]ate|[Tt]imestamp)$")
#: Below this a number is an id, not a time.
_IDS: Final = 10**9

#: A value of a cursor as it is remembered.
Value = int | float | str | None


class Position(msgspec.Struct):
    """Where a table was left."""

    #: The last value that was read in a pass that has not come to its end; None where none is under way.
    at: Value = None
    #: Where the next pass begins.
    safe: Value = None
    #: Values that may become `safe`, with what they count as, the oldest first.
    waiting: list[tuple[Value, int]] = []
    #: A pass is under way, and so many rows of it are read.
    busy: bool = False
    count: int = 0
    #: It has had too many rows to be read whole each time.
    large: bool = False
    #: Where `safe` is a number: what the row that had it said of its time. Another one says that numbers began anew.
    witness: str = ""

    def begin_anew(self) -> None:
        """Read from the start again: what was read before is known by its ids."""
        self.at, self.safe, self.waiting, self.witness = None, None, [], ""


class Column(msgspec.Struct, frozen=True):
    """A column of the query, and the way into the JSON that it holds."""

    position: int
    path: tuple[str, ...] = ()


class Select:
    """The query of a map, resolved against what the database has.

    Raises:
        MapError: The map names a table or column that is not there.
    """

    def __init__(self, engine: Engine, one: TableMap, shapes: dict[str, Shape]) -> None:
        self._engine = engine
        self._map = one
        self._shapes = shapes
        self._base = _shape(shapes, one.table)
        self._joined = {join.table: (f"j{number}", join) for number, join in enumerate(one.joins)}
        self._selected: dict[str, int] = {}
        #: Columns of the table itself that stand in the query.
        self._used: dict[str, None] = {}
        for _, join in self._joined.values():
            self._expression(join.column, one.table)
            if join.key not in _shape(shapes, join.table).columns:
                raise MapError(f"{join.table} has no column {join.key!r}")
        self.fields = {name: [self.column(ref) for ref in one.columns_of(name)] for name in one.fields}
        self.id = self.column(one.id) if one.id else None
        self.only = {self.column(name): {word.lower() for word in words} for name, words in one.only.items()}
        if not one.cursors:
            raise MapError(f"{one.table}: name the column of started_at, or a cursor")
        spelled = [self._expression(name, one.table) for name in one.cursors]
        self._cursor = spelled[0] if len(spelled) == 1 else f"COALESCE({', '.join(spelled)})"
        self._kind = self._base.columns.get(one.cursors[0], "")
        self.cursor = self._select(self._cursor)
        #: The cursor is a time, also where it is a number.
        self.timed = any(_TIMED.search(name) or self._is_time(name) for name in one.cursors)
        self._engine.pick(list(self._used), self._cursor)

    def _is_time(self, name: str) -> bool:
        one = self._map
        return any(name in one.columns_of(field) for field in one.fields if is_time(one.kind, field))

    def column(self, reference: str) -> Column:
        """Where a column stands in the rows."""
        name, *path = reference.split(INTO) if reference not in self._base.columns else [reference]
        return Column(self._select(self._expression(name, reference)), tuple(path))

    def rows(self, after: Value, limit: int, *, equal: bool = False) -> Iterator[tuple[Any, ...]]:
        """The rows after a value of the cursor, or (`equal`) those at it; None is before all."""
        where, values = "", []
        if after is not None:
            sign = "=" if equal else ">"
            where, values = f"WHERE {self._cursor} {sign} {self._engine.bound(self._kind)} ", [after]
        elif not equal:
            where = f"WHERE {self._cursor} IS NOT NULL "
        query = f"{self._query()}{where}ORDER BY {self._cursor} LIMIT {int(limit)}"
        return self._engine.rows(query, values)

    def without(self, limit: int) -> Iterator[tuple[Any, ...]]:
        """Rows that have no value of the cursor."""
        return self._engine.rows(f"{self._query()}WHERE {self._cursor} IS NULL LIMIT {int(limit)}", [])

    def _query(self) -> str:
        selected = ", ".join(f"{expression} AS c{number}" for expression, number in self._selected.items())
        if not self._joined:
            return f"SELECT {selected} FROM {self._from(self._map.table)} "
        joins = "".join(
            f"LEFT JOIN {self._from(name)} {alias} ON {alias}.{quoted(join.key)} = "
            f"{self._expression(join.column, name)} "
            for name, (alias, join) in self._joined.items()
        )
        return f"SELECT {selected} FROM {self._from(self._map.table)} b {joins}"

    def _from(self, table: str) -> str:
        return ".".join(quoted(part) for part in self._shapes[table].path)

    def _expression(self, name: str, reference: str) -> str:
        base = "b." if self._joined else ""
        if name in self._base.columns:
            self._used[name] = None
            return base + quoted(name)
        for table, (alias, _) in self._joined.items():
            if name.startswith(f"{table}.") and name[len(table) + 1 :] in _shape(self._shapes, table).columns:
                return f"{alias}.{quoted(name[len(table) + 1 :])}"
        has = ", ".join(list(self._base.columns)[:30])
        raise MapError(f"{self._map.table} has no column {name!r} (of {reference!r}); it has {has}")

    def _select(self, expression: str) -> int:
        return self._selected.setdefault(expression, len(self._selected))


def portion(select: Select, position: Position, limit: int = PORTION) -> list[tuple[Any, ...]]:
    """The next rows; moves the position on. Empty where a pass has come to its end.

    Raises:
        TableError: They cannot be read, or too many have one value of the cursor.
    """
    if not position.busy:
        if position.witness and _witness(select, position.safe) not in ("", position.witness):
            position.begin_anew()
        position.busy, position.at, position.count = True, position.safe, 0
    found = list(select.rows(position.at, limit + 1))
    if not found and not position.count and position.safe is not None:
        # Not even what was read last is there: the table was emptied, and what comes then may be before it.
        position.begin_anew()
        found = list(select.rows(position.at, limit + 1))
    if len(found) > limit:
        last = kept_value(found[-1][select.cursor])
        whole = [row for row in found if kept_value(row[select.cursor]) != last]
        if not whole:
            whole = list(select.rows(last, _MOST_EQUAL + 1, equal=True))
            if len(whole) > _MOST_EQUAL:
                raise TableError(f"more than {_MOST_EQUAL:,} rows have one value of the cursor: name another cursor")
        found = whole
    if found:
        before, position.at = position.at, kept_value(found[-1][select.cursor])
        if before is not None and position.at == before:
            raise TableError("the cursor's values are finer than can be told apart: name another cursor")
        _remember(position, [kept_value(row[select.cursor]) for row in found], timed=select.timed)
    else:
        position.busy, position.at = False, None
        position.witness = _witness(select, position.safe)
    return found


def _witness(select: Select, at: Value) -> str:
    """What tells whether a row is the one that had this number before: a digest of its time; empty where nothing does.

    A time needs none: what is written to a table that was made anew is of a later one.
    """
    if not isinstance(at, int) or not 0 <= at < _IDS:
        return ""
    found = list(select.rows(at, 2, equal=True))
    columns = select.fields.get("started_at", [])
    if len(found) != 1 or not columns:
        return ""
    said = "\0".join(str(found[0][column.position]) for column in columns)
    return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


def kept_value(value: object) -> Value:
    """A value of a cursor as it is remembered, and bound again."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if value is None or isinstance(value, (float, str)):
        return value
    if isinstance(value, (datetime, date, time, UUID, Decimal, timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TableError("the cursor's column holds bytes: name another cursor")
    raise TableError(f"the cursor's column holds {type(value).__name__}: name another cursor")


def _remember(position: Position, values: list[Value], *, timed: bool) -> None:
    """Move on where the next pass begins: behind what is read by now, by the slack."""
    waiting = position.waiting
    latest = newest_us()
    for value in values:
        if value in _ENDLESS or (waiting and waiting[-1][0] == value):
            continue
        counts = _counts_as(value)
        # What is after all times, or after ours, is no place to begin at: all that comes until then would be missed.
        if counts <= latest or not (timed or isinstance(value, str)):
            waiting.append((value, counts))
    if not waiting:
        return
    newest = waiting[-1][1]
    slack = _SLACK_US if newest > _SLACK_US * 1_000 else _SLACK_IDS
    if any(isinstance(value, str) and _LOCAL.search(value) for value in (values[0], values[-1])):
        # Text is in the order of what it says, not of when that is elsewhere.
        slack = _SLACK_ZONES_US
    first = next((at for at, (_, counts) in enumerate(waiting) if counts > newest - slack), len(waiting) - 1)
    if first > 0:
        position.safe = waiting[first - 1][0]
    # Few are enough to begin near the end of the slack.
    kept = waiting[first:]
    step = max(1, len(kept) // 64)
    position.waiting = [*kept[:-1:step], kept[-1]]


def _counts_as(value: Value) -> int:
    """What a value is by size: a time in microseconds, or itself."""
    if isinstance(value, (int, float)) and 0 <= value < _IDS:
        return int(value)
    if isinstance(value, str) and not _SORTED.match(value):
        return 0
    try:
        return moment(time_of(value))
    except ValueError:
        return 0


def _shape(shapes: dict[str, Shape], name: str) -> Shape:
    if name not in shapes:
        raise MapError(f"there is no table {name!r}; there are {', '.join(list(shapes)[:30])}")
    return shapes[name]
