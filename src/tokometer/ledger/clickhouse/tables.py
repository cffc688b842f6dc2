"""Tables and columns as ClickHouse's SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tokometer.ledger.clickhouse.values import TYPES, WIDE_MONEY
from tokometer.ledger.tables import Column, Table

#: Thirty days: the largest span whose calls one merge may have to compare.
_PARTITION_QUARTERS: Final = 2880
#: Tables in which the spans of a trace are looked for.
_TRACED: Final = ("calls", "told", "tools", "runs", "steps")
#: Columns by which what tells of one call, or of one use of a tool, is found, and their indexes.
_NAMING: Final = (("response_id", "by_response"), ("use_id", "by_use"))
_MARKS: Final = ("dirty_quarters", "dirty_sessions")
#: The table whose rows of one key are added up, at the latest when they are read; and how.
_ADDED_UP: Final = "notices"
_MERGED: Final = {"count": "sum", "place": "max", "first_at": "min", "latest_at": "max"}
#: A mark that is to be rebuilt: `commit`, `state`, `at`, `version` of one that was made ready now.
READY_NOW: Final = "generateUUIDv4(1), 1, now64(6, 'UTC'), toUInt64(toUnixTimestamp64Nano(now64(9)))"


def create(table: Table, *, rollup: bool = False) -> str:
    """SQL that makes a table, where it is not there; in a rollup money is wider."""
    if table.name == _ADDED_UP:
        return _added_up(table)
    names = table.names
    parts = [f"{column.name} {_type(column, wide=rollup)}" for column in table.columns]
    order = ", ".join(table.key)
    partition = expiry = ""
    if "quarter" in names and table.name not in _MARKS:
        partition = f"PARTITION BY intDiv(quarter, {_PARTITION_QUARTERS}) "
        order = ", ".join(["quarter", *(name for name in table.key if name != "quarter")])
    if "id" in table.key and "quarter" in names:
        # Records are found by time, then by id; the filters find them by id (or group) alone.
        parts.append("INDEX by_id id TYPE bloom_filter GRANULARITY 1")
        if table.name in _TRACED:
            parts.append("INDEX by_trace trace_id TYPE bloom_filter GRANULARITY 1")
        if "group_id" in names:
            parts.append("INDEX by_group group_id TYPE bloom_filter GRANULARITY 1")
            parts.append("INDEX by_answer request_id TYPE bloom_filter GRANULARITY 1")
        parts += [f"INDEX {index} {name} TYPE bloom_filter GRANULARITY 1" for name, index in _NAMING if name in names]
    if table.name in _MARKS:
        parts += ["commit UUID", "state UInt8", "at DateTime64(6, 'UTC')"]
        order += ", commit"
        # Cleared marks may come back when their older versions outlive them; that costs a rebuild, no more.
        expiry = " TTL toDateTime(at) + INTERVAL 7 DAY DELETE WHERE gone"
    parts += ["version UInt64", "gone UInt8 DEFAULT 0"]
    return (
        f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(parts)}) "
        f"ENGINE = ReplacingMergeTree(version, gone) {partition}ORDER BY ({order}){expiry}"
    )


def _added_up(table: Table) -> str:
    columns = ", ".join(
        f"{column.name} SimpleAggregateFunction({_MERGED[column.name]}, {TYPES[column.type]})"
        if column.name in _MERGED
        else f"{column.name} {TYPES[column.type]}"
        for column in table.columns
    )
    return (
        f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}) "
        f"ENGINE = AggregatingMergeTree ORDER BY ({', '.join(table.key)})"
    )


def add(table: str, column: Column) -> Iterator[str]:
    """SQL that adds a column to a table of records, as :func:`create` would have made it, at the table's end."""
    yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column.name} {_type(column)}"


def remake(rollups: Sequence[Table]) -> Iterator[str]:
    """SQL that makes empty rollups as they are declared today, and marks all that they are to be rebuilt from.

    It can break off anywhere, and be run again: the marks come last.
    """
    for table in rollups:
        yield f"DROP TABLE IF EXISTS {table.name} SYNC"
        yield create(table, rollup=True)
    yield (
        "INSERT INTO dirty_quarters (quarter, commit, state, at, version) "
        f"SELECT quarter, {READY_NOW} FROM (SELECT DISTINCT quarter FROM calls)"
    )
    yield (
        "INSERT INTO dirty_sessions "
        "(workspace, source, session_id, first_quarter, last_quarter, commit, state, at, version) "
        f"SELECT workspace, source, session_id, min(quarter), max(quarter), {READY_NOW} FROM calls "
        "WHERE session_id <> '' GROUP BY workspace, source, session_id"
    )


def _type(column: Column, *, wide: bool = False) -> str:
    type_ = WIDE_MONEY if wide and column.type == "money" else TYPES[column.type]
    return f"Nullable({type_})" if column.null else type_
