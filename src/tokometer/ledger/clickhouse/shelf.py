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
from tokometer.ledger.told_places import (
    ANSWER_REACH,
    LINKS,
    PLACE_COLUMNS,
    PROMPT_COLUMNS,
    Place,
    is_talk,
    place_of,
    talk_named,
)
from tokometer.records import Record, quarter_of, to_us
from tokometer.records.naming import Talk
from tokometer.records.ways import Way, named_way

#: Later than anything.
_NEVER: Final = 2**62
#: Values in one statement: a larger one is a long URL.
_AT_ONCE: Final = 10_000
_PROMPT: Final = " + ".join(f"coalesce({name}, 0)" for name in PROMPT_COLUMNS)
_PLACE: Final = ", ".join(("id", *({"prompt": _PROMPT}.get(name, name) for name in PLACE_COLUMNS)))
#: What stands for the session of a talk of a whole program.
_PROGRAM: Final = "concat(char(30), if(program = '', source, program))"
#: The columns by which a call is found, but for its talks.
_NAMED: Final = ("trace_id", "request_id", "response_id")
_STARTED: Final = PLACE_COLUMNS.index("started_at")


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
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        rows = self._of_ids(f"SELECT {', '.join(table.names)} FROM {table.name}", ids, quarters)
        wanted = list({row[LABEL_SET[table.name]] for row in rows} - {None})
        sets = self._of("SELECT id, label_keys, label_values FROM label_sets", "id IN $wanted", wanted, None)
        labels = {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in sets}
        return [record_of(table, [neutral(value) for value in row], labels) for row in rows]

    def since(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`. Other writers may put what this one does not hear of."""
        return _NEVER

    def lately(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`. Nothing lies between that and `since`."""
        return 0

    def talks_since(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return _NEVER

    def recall(self, names: set[str], after: int) -> Mapping[str, int]:  # noqa: ARG002
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return {}

    def meet(self, names: set[str], quarter: int, *, talks: bool) -> Mapping[str, int]:  # noqa: ARG002
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return {}

    def ways(self, arriving: set[Way], quarters: tuple[int, int]) -> set[Way]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return arriving | self._ways(("calls", "told"), f"ifNull(group_id = {OF_ITS_TRACE}, 0)", quarters)

    def tool_ways(self, arriving: set[Way], quarters: tuple[int, int]) -> set[Way]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return arriving | self._ways(("tools", "told_tools"), "span_id <> ''", quarters)

    def _ways(self, tables: Sequence[str], span: str, quarters: tuple[int, int]) -> set[Way]:
        within = f"quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        sql = " UNION ALL ".join(f"SELECT DISTINCT source, way, {span} FROM {table} WHERE {within}" for table in tables)
        return {
            named_way(source, way, span=bool(is_span)) for source, way, is_span in self._ledger.fetch(Statement(sql))
        }

    def among(self, names: set[str], quarters: tuple[int, int]) -> set[str]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        plain = [name for name in names if not is_talk(name)]
        found: set[str] = set()
        tables = (("calls", _NAMED), ("told", _NAMED), *((table, _NAMED[:1]) for table in LINKS))
        within = f"quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        sql = " UNION ALL ".join(
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN $wanted AND {within}"
            for table, columns in tables
            for column in columns
        )
        for start in range(0, len(plain), _AT_ONCE):
            rows = self._ledger.fetch(Statement(sql, {"wanted": plain[start : start + _AT_ONCE]}))
            found.update(name for (name,) in rows)
        return found.union(self._talked([name for name in names if is_talk(name)], within))

    def _talked(self, names: Sequence[str], within: str) -> Iterable[str]:
        """Those of these talks of which something is stored."""
        talks = list(map(talk_named, names))
        for session, of_program in (("session_id", False), (_PROGRAM, True)):
            some = [talk for talk in talks if talk.of_program is of_program]
            name = f"concat({session}, char(31), toString({_PROMPT}), char(31), toString(coalesce(output_tokens, 0)))"
            sql = " UNION ALL ".join(
                f"SELECT DISTINCT {name} FROM {table} WHERE {session} IN $sessions AND {name} IN $wanted AND {within}"
                for table in ("calls", "told")
            )
            for start in range(0, len(some), _AT_ONCE):
                part = some[start : start + _AT_ONCE]
                wanted = {"sessions": sorted({talk.session_id for talk in part}), "wanted": [t.name for t in part]}
                yield from (found for (found,) in self._ledger.fetch(Statement(sql, wanted)))

    def tellings(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return self._places(f"trace_id IN $wanted AND group_id = {OF_ITS_TRACE}", traces, quarters)

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        where, quarters = _during(since, until)
        # One by one, so that the index of each column serves.
        for column in ("request_id", "response_id"):
            yield from self._places(f"{column} IN $wanted{where}", answers, quarters)

    def talks(self, talks: Sequence[Talk], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        where, quarters = _during(since, until)
        wanted = {talk.name for talk in talks}
        # The numbers are compared here: a session's calls of an hour are few.
        for session, of_program in (("session_id", False), (_PROGRAM, True)):
            sessions = sorted({talk.session_id for talk in talks if talk.of_program is of_program})
            if sessions:
                found = self._places(f"{session} IN $wanted{where}", sessions, quarters)
                yield from (place for place in found if not wanted.isdisjoint(place.talks))

    def stated(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for id_, *row in self._of_ids(f"SELECT {_PLACE} FROM told", ids, None):
            row[_STARTED] = to_us(row[_STARTED])
            yield place_of(id_.bytes, row, told=True)

    def placed(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for id_, *row in self._of_ids(f"SELECT {_PLACE} FROM calls", ids, None):
            row[_STARTED] = to_us(row[_STARTED])
            place = place_of(id_.bytes, row)
            if place.trace_id:
                yield place

    def uses(self, uses: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[bytes, str, int, bool]]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for table, told in (("tools", False), ("told_tools", True)):
            for id_, use, quarter in self._of(
                f"SELECT id, use_id, quarter FROM {table}", "use_id IN $wanted", uses, quarters
            ):
                yield id_.bytes, use, quarter, told

    def links(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[str, str, str]]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for table in LINKS:
            rows = self._of(
                f"SELECT trace_id, span_id, parent_id FROM {table}", "trace_id IN $wanted", traces, quarters
            )
            yield from ((trace, span, parent) for trace, span, parent in rows)

    def _places(self, where: str, wanted: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        within = f"{where} AND quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        select = " UNION ALL ".join(
            f"SELECT {_PLACE}, {told} AS told FROM {table} WHERE {within}"
            for table, told in (("calls", 0), ("told", 1))
        )
        for start in range(0, len(wanted), _AT_ONCE):
            parameters = {"wanted": list(wanted[start : start + _AT_ONCE])}
            for id_, *row, told in self._ledger.fetch(Statement(select, parameters)):
                row[_STARTED] = to_us(row[_STARTED])
                yield place_of(id_.bytes, row, told=bool(told))

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


def _during(since: int, until: int) -> tuple[str, tuple[int, int]]:
    """What holds for a call that overlaps a time, and the quarter hours in which it can stand."""
    ended = "toUnixTimestamp64Micro(started_at) + if(latency_estimated, 0, coalesce(latency_us, 0))"
    where = f" AND toUnixTimestamp64Micro(started_at) <= {until:d} AND {ended} >= {since:d}"
    return where, (quarter_of(since) - ANSWER_REACH, quarter_of(until))
