"""What a ClickHouse ledger has stored, for the planning of a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.values import neutral
from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.rows import LABEL_SET, OF_ITS_TRACE, GroupKey, record_of
from tokometer.ledger.shelf import Answered, Quarters, Shadow, Stored, rank_of
from tokometer.ledger.told import ANSWER_REACH, LINKS, Place
from tokometer.records import Record, quarter_of, to_us

#: Later than anything.
_NEVER: Final = 2**62
#: Values in one statement: a larger one is a long URL.
_AT_ONCE: Final = 10_000


class ClickHouseShelf:
    """What is stored, for the planning of a commit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def stored(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        rows = self._of_ids(f"SELECT id, revision, origin, started_at FROM {table.name}", ids, quarters)
        return [Stored(id_.bytes, revision, origin, to_us(at)) for id_, revision, origin, at in rows]

    def any_shadows(self) -> bool:
        """See :class:`tokometer.ledger.shelf.Shelf`. Other writers may have put some meanwhile."""
        return True

    def shadows(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Shadow]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        select, where = "SELECT group_id, id, shadow FROM calls", "(shadow OR echo) AND group_id IN $wanted"
        rows = self._of(select, where, groups, quarters)
        return [Shadow(group, id_.bytes, rank_of(shadow=shadow, echo=True)) for group, id_, shadow in rows]

    def answered(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Answered]:
        """See :class:`tokometer.ledger.shelf.Shelf`."""
        select, where = "SELECT DISTINCT group_id, echo FROM calls", "NOT shadow AND group_id IN $wanted"
        rows = self._of(select, where, groups, quarters)
        return [Answered(group, rank_of(shadow=False, echo=echo)) for group, echo in rows]

    def records(self, table: schema.Table, ids: Sequence[bytes], quarters: Quarters = None) -> Iterable[Record]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        rows = self._of_ids(f"SELECT {', '.join(table.names)} FROM {table.name}", ids, quarters)
        wanted = list({row[LABEL_SET[table.name]] for row in rows} - {None})
        sets = self._of("SELECT id, label_keys, label_values FROM label_sets", "id IN $wanted", wanted, None)
        labels = {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in sets}
        return [record_of(table, [neutral(value) for value in row], labels) for row in rows]

    def since(self) -> int:
        """See :class:`tokometer.ledger.told.Shelf`. Other writers may put what this one does not hear of."""
        return _NEVER

    def meet(self, names: set[str], quarter: int) -> Mapping[str, int]:  # noqa: ARG002
        """See :class:`tokometer.ledger.told.Shelf`."""
        return {}

    def tellings(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        return self._places("trace_id IN $wanted", traces, quarters)

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        where = (
            f"request_id IN $wanted AND toUnixTimestamp64Micro(started_at) <= {until:d} "
            f"AND toUnixTimestamp64Micro(started_at) + coalesce(latency_us, 0) >= {since:d}"
        )
        return self._places(where, answers, (quarter_of(since) - ANSWER_REACH, quarter_of(until)))

    def links(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[str, str, str]]:
        """See :class:`tokometer.ledger.told.Shelf`."""
        for table in LINKS:
            rows = self._of(
                f"SELECT trace_id, span_id, parent_id FROM {table}", "trace_id IN $wanted", traces, quarters
            )
            yield from ((trace, span, parent) for trace, span, parent in rows)

    def _places(self, where: str, wanted: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        for table, told in (("calls", False), ("told", True)):
            rows = self._of(
                "SELECT trace_id, span_id, parent_id, request_id, started_at, coalesce(latency_us, 0), shadow, id "
                f"FROM {table}",
                f"{where} AND group_id = {OF_ITS_TRACE}",
                wanted,
                quarters,
            )
            for trace, span, parent, answer, at, latency, shadow, id_ in rows:
                start = to_us(at)
                yield Place(trace, span, parent, answer, start, start + latency, shadow, id_.bytes, told)

    def _of_ids(self, select: str, ids: Sequence[bytes], quarters: Quarters) -> list[tuple[Any, ...]]:
        wanted = [str(uuid.UUID(bytes=id_)) for id_ in ids]
        return self._of(select, "id IN (SELECT toUUID(arrayJoin($wanted)))", wanted, quarters)

    def _of(self, select: str, where: str, values: Sequence[Any], quarters: Quarters) -> list[tuple[Any, ...]]:
        within = "" if quarters is None else f" AND quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), _AT_ONCE):
            wanted = list(values[start : start + _AT_ONCE])
            rows.extend(self._ledger.fetch(Statement(f"{select} WHERE {where}{within}", {"wanted": wanted})))
        return rows
