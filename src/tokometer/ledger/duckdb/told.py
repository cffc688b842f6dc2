"""What a DuckDB ledger has stored of calls that are told by several spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.ledger.seen import Seen
from tokometer.ledger.told import ANSWER_REACH, LINKS, TRACE_REACH, Place
from tokometer.records import now_us, quarter_of

#: What is stored of so long before the start is remembered, unless it is too much.
_LOOK_BACK_US: Final = 1_800_000_000
_MOST_AT_START: Final = 300_000
_PLACE: Final = (
    "t.trace_id, t.span_id, t.parent_id, t.request_id, epoch_us(t.started_at), "
    "epoch_us(t.started_at) + coalesce(t.latency_us, 0), t.shadow, t.id"
)


class ToldShelf:
    """What is stored of traces and answers. Remembers what has come lately; nobody else writes to this file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._seen: Seen | None = None

    def since(self) -> int:
        """See :class:`tokometer.ledger.told.Shelf`."""
        return self._memory().since

    def meet(self, names: set[str], quarter: int) -> Mapping[str, int]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        return self._memory().meet(names, quarter, now_us())

    def tellings(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        return self._places("trace_id", "", traces, quarters)

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        where = (
            f" AND epoch_us(t.started_at) <= {until:d} "
            f"AND epoch_us(t.started_at) + coalesce(t.latency_us, 0) >= {since:d}"
        )
        return self._places("request_id", where, answers, (quarter_of(since) - ANSWER_REACH, quarter_of(until)))

    def links(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[str, str, str]]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        sql = " UNION ALL ".join(
            f"SELECT t.trace_id, t.span_id, t.parent_id FROM {table} t JOIN wanted w ON t.trace_id = w.trace_id "
            f"WHERE t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
            for table in LINKS
        )
        return [(trace, span, parent) for trace, span, parent in self._of(sql, _text("trace_id"), traces)]

    def _places(self, column: str, where: str, wanted: Sequence[str], quarters: tuple[int, int]) -> list[Place]:
        sql = " UNION ALL ".join(
            f"SELECT {_PLACE}, {told} FROM {table} t JOIN wanted w ON t.{column} = w.{column} "
            f"WHERE t.group_id = {OF_ITS_TRACE} "
            f"AND t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}{where}"
            for table, told in (("calls", "false"), ("told", "true"))
        )
        rows = self._of(sql, _text(column), wanted)
        return [Place._make((*place, id_.bytes, told)) for *place, id_, told in rows]

    def _memory(self) -> Seen:
        if self._seen is None:
            self._seen = self._remembered()
        return self._seen

    def _remembered(self) -> Seen:
        """What is remembered from the start: everything of an empty ledger, else what ended lately."""
        tables = ("calls", "told", *LINKS)
        if not any(self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in tables):
            return Seen(0)
        now = now_us()
        since = now - _LOOK_BACK_US
        first = quarter_of(since)
        sql = " UNION ALL ".join(
            f"SELECT trace_id, {'request_id' if table in ('calls', 'told') else chr(39) * 2} AS answer, quarter "
            f"FROM {table} WHERE trace_id <> '' AND quarter >= {first - TRACE_REACH:d} AND {_END[table]} >= {since:d}"
            for table in tables
        )
        rows = self._connection.execute(f"{sql} LIMIT {_MOST_AT_START + 1}").fetchall()
        if len(rows) > _MOST_AT_START:
            return Seen(now)
        seen = Seen(since)
        names: dict[int, set[str]] = {}
        for trace, answer, quarter in rows:
            names.setdefault(quarter, set()).update((trace, answer))
        for quarter, met in sorted(names.items()):
            seen.meet(met - {""}, quarter, now)
        return seen

    def _of(self, sql: str, column: schema.Column, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        # DuckDB finds the table by the variable's name; registering it as a view would cost half a millisecond.
        wanted = arrow_table([column], [values])  # noqa: F841
        return self._connection.execute(sql).fetchall()


#: When a row's span ended, in microseconds since the epoch.
_END: Final = {
    **dict.fromkeys(("calls", "told"), "epoch_us(started_at) + coalesce(latency_us, 0)"),
    **dict.fromkeys(("tools", "steps"), "epoch_us(started_at) + coalesce(duration_us, 0)"),
    "runs": "epoch_us(coalesce(ended_at, started_at))",
}


def _text(name: str) -> schema.Column:
    return schema.Column(name, "text")
