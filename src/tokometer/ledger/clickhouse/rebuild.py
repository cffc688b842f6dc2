"""Rows of the rollups on ClickHouse, built anew from the calls: what should be, and word that the rest is gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.values import TYPES, WIDE_MONEY, zero
from tokometer.ledger.closed import QUARTERS_PER_DAY
from tokometer.ledger.slices import Span
from tokometer.ledger.statements import (
    AVAILABILITY_FROM_CALLS,
    CELLS_FROM_CALLS,
    DAY,
    HISTOGRAMS_FROM_CALLS,
    HOUR,
    HOURS_FROM_CELLS,
    LENGTHS,
    SESSIONS_FROM_CALLS,
    excluding,
)

ROLLUP: Final[dict[str, str]] = {
    **{str(key): value for key, value in TYPES.items()},
    "money": WIDE_MONEY,
    "calls": "calls",
    "cells": "cells",
    "minute": "bitShiftLeft(toInt32(1), intDiv(toUnixTimestamp64Micro(started_at), 60000000) % 15)",
    "distinct_providers": "arraySort(groupUniqArray(parts.provider))",
    "distinct_models": "arraySort(groupUniqArray(parts.model))",
    "buckets": "arraySort(groupArray(toInt64(bucket)))",
    "numbers": "arrayMap(pair -> pair.2, arraySort(groupArray((bucket, toInt64(number)))))",
}
SPAN: Final = "quarter BETWEEN $first AND $last"
Query = Callable[..., list[tuple[Any, ...]]]
Command = Callable[[str, Mapping[str, Any]], None]


class Rebuild:
    """Writes the rollups of one ledger, which it is given ways to ask and to command."""

    def __init__(self, query: Query, command: Command, next_version: Callable[[], int]) -> None:
        self._query = query
        self._command = command
        self._next_version = next_version

    def cells(self, quarters: Sequence[int]) -> None:
        """Cells, availability and hours of these quarter hours."""
        where, values = f"{SPAN} AND quarter IN $quarters", self._values(quarters)
        self._rebuild(schema.CELLS, CELLS_FROM_CALLS.format(where=where, **ROLLUP), where, values)
        self._rebuild(schema.AVAILABILITY, AVAILABILITY_FROM_CALLS.format(where=where, **ROLLUP), where, values)
        self.hours(quarters)

    def hours(self, quarters: Sequence[int]) -> None:
        """The whole hours that these quarter hours are in, from the cells."""
        hours = sorted({quarter - quarter % 4 for quarter in quarters})
        where = f"{SPAN} AND {HOUR} IN $quarters"
        values = self._values(hours) | {"last": hours[-1] + 3}
        self._rebuild(schema.HOURS, HOURS_FROM_CELLS.format(where=where, **ROLLUP), where, values)

    def histograms(self, quarters: Sequence[int], until: int, without: Collection[int] = ()) -> None:
        """Histograms of the days of these that are over before `until`, without the calls of some quarter hours."""
        days = sorted({quarter - quarter % QUARTERS_PER_DAY for quarter in quarters if quarter < until})
        if not days:
            return
        where = f"{SPAN} AND {DAY} IN $quarters"
        values = self._values(days) | {"last": days[-1] + QUARTERS_PER_DAY - 1}
        rows = HISTOGRAMS_FROM_CALLS.format(where=f"{where} AND {excluding(without)}", **ROLLUP)
        self._rebuild(schema.HISTOGRAMS, rows, where, values)

    def count(self, span: Span, without: Collection[int]) -> int:
        """Make the rows of histograms from the calls of some quarter hours, and throw them away: can they be made?"""
        self._query(HISTOGRAMS_FROM_CALLS.format(where=f"{SPAN} AND {excluding(without)}", **ROLLUP), span._asdict())
        return span.last - span.first + 1

    def empty(self, quarter: int, tables: Sequence[schema.Table]) -> None:
        """Take out what rollups have of a quarter hour, or of the hour or the day that it is in."""
        for table in tables:
            length = LENGTHS.get(table.name, 1)
            first = quarter - quarter % length
            values = {"first": first, "last": first + length - 1, "version": self._next_version()}
            self._gone(table, SPAN, values)

    def sessions(self, dirty: str, values: Mapping[str, Any], first: int, last: int) -> None:
        """The sessions that fulfil a condition on their key, whose calls lie between two quarter hours."""
        rows = SESSIONS_FROM_CALLS.format(where=f"{SPAN} AND {dirty}", **ROLLUP)
        version = self._next_version()
        self._rebuild(schema.SESSIONS, rows, dirty, {"first": first, "last": last, "version": version, **values})

    def without_session(self, session: str) -> None:
        """Take out the row of a session."""
        values = {"session": session, "version": self._next_version()}
        self._gone(schema.SESSIONS, "session_id = $session", values)

    def _values(self, quarters: Sequence[int]) -> dict[str, Any]:
        return {
            "first": min(quarters),
            "last": max(quarters),
            "quarters": list(quarters),
            "version": self._next_version(),
        }

    def _rebuild(self, table: schema.Table, rows: str, where: str, values: Mapping[str, Any]) -> None:
        """Write the rows that should be, and say of those that should not that they are gone, in one insert."""
        key = ", ".join(table.key)
        names = ", ".join(table.names)
        self._command(
            f"INSERT INTO {table.name} ({names}, version, gone) "
            f"SELECT {names}, toUInt64($version), gone FROM ("
            f"SELECT {names}, 0 AS gone FROM ({rows}) "
            f"UNION ALL SELECT {_blank(table)}, 1 AS gone FROM {table.name} "
            f"WHERE {where} AND ({key}) NOT IN (SELECT {key} FROM ({rows})))",
            values,
        )

    def _gone(self, table: schema.Table, where: str, values: Mapping[str, Any]) -> None:
        names = ", ".join(table.names)
        self._command(
            f"INSERT INTO {table.name} ({names}, version, gone) "
            f"SELECT {_blank(table)}, toUInt64($version), 1 FROM {table.name} WHERE {where}",
            values,
        )


def _blank(table: schema.Table) -> str:
    return ", ".join(name if name in table.key else f"{zero(table, name)} AS {name}" for name in table.names)
