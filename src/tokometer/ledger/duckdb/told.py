"""What a DuckDB ledger has stored of calls that are told by several spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger import schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.ledger.seen import Seen
from tokometer.ledger.told_places import (
    ANSWER_REACH,
    LINKS,
    PLACE_COLUMNS,
    PROMPT_COLUMNS,
    TRACE_REACH,
    Place,
    is_talk,
    place_of,
    talk_named,
)
from tokometer.records import now_us, quarter_of
from tokometer.records.naming import SESSIONLESS, Talk
from tokometer.records.ways import Way, named_way

#: What is stored of so long before the start is remembered, unless it is too much.
_LOOK_BACK_US: Final = 1_800_000_000
_MOST_AT_START: Final = 300_000
_PROMPT: Final = " + ".join(f"coalesce(t.{name}, 0)" for name in PROMPT_COLUMNS)
_READ: Final = {"prompt": f"CAST({_PROMPT} AS BIGINT)", "started_at": "epoch_us(t.started_at)"}
_PLACE: Final = ", ".join(("t.id", *(_READ.get(name, f"t.{name}") for name in PLACE_COLUMNS)))
#: When a call ended, in microseconds since the epoch: its start where nobody measured how long it took.
_ENDED: Final = "epoch_us(t.started_at) + CASE WHEN t.latency_estimated THEN 0 ELSE coalesce(t.latency_us, 0) END"
_TALK_COLUMNS: Final = (
    *(schema.Column("session_id", "text"), schema.Column("prompt", "int"), schema.Column("output", "int")),
)
_SAME_TALK: Final = f"{_PROMPT} = w.prompt AND coalesce(t.output_tokens, 0) = w.output"
_SESSION: Final = "t.session_id"
#: The columns by which a call is found, but for its talks.
_NAMED: Final = ("trace_id", "request_id", "response_id")
#: What stands for the session of a talk of a whole program.
_PROGRAM: Final = "(chr(30) || CASE WHEN t.program = '' THEN t.source ELSE t.program END)"
_TOKENS: Final = f"chr(31) || ({_PROMPT}) || chr(31) || coalesce(t.output_tokens, 0)"
#: The names of a call's talks (`records.naming`), of more calls than have one.
_TALKS: Final = (
    f"CASE WHEN t.session_id = '' THEN '' ELSE t.session_id || {_TOKENS} END",
    f"CASE WHEN t.program <> '' OR t.source IN ({', '.join(repr(name) for name in sorted(SESSIONLESS))}) "
    f"THEN {_PROGRAM} || {_TOKENS} ELSE '' END",
)
_TOLD: Final = (("calls", False), ("told", True))


class ToldShelf:
    """What is stored of traces and answers. Remembers what has come lately; nobody else writes to this file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._seen: Seen | None = None
        #: Up to then talks came that are not remembered.
        self._talks_since = 0
        self._ways: dict[str, set[Way]] = {}

    def ways(self, arriving: set[Way], quarters: tuple[int, int]) -> set[Way]:  # noqa: ARG002
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        span = f"coalesce(group_id = {OF_ITS_TRACE}, false)"
        return self._all_ways(("calls", "told"), span, arriving)

    def tool_ways(self, arriving: set[Way], quarters: tuple[int, int]) -> set[Way]:  # noqa: ARG002
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return self._all_ways(("tools", "told_tools"), "span_id <> ''", arriving)

    def _all_ways(self, tables: Sequence[str], span: str, arriving: set[Way]) -> set[Way]:
        ways = self._ways.get(tables[0])
        if ways is None:
            sql = " UNION ".join(f"SELECT DISTINCT source, way, {span} FROM {table}" for table in tables)
            rows = self._connection.execute(sql).fetchall()
            ways = self._ways[tables[0]] = {named_way(source, way, span=is_span) for source, way, is_span in rows}
        ways |= arriving
        return ways

    def since(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return self._memory().since

    def lately(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return self._memory().lately

    def recall(self, names: set[str], after: int) -> Mapping[str, int]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return self._memory().recall(names, after)

    def talks_since(self) -> int:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        return max(self._memory().since, self._talks_since)

    def meet(self, names: set[str], quarter: int, *, talks: bool) -> Mapping[str, int]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        found = self._memory().meet(names, quarter, now_us())
        if not talks:
            self._talks_since = now_us()
        return found

    def among(self, names: set[str], quarters: tuple[int, int]) -> set[str]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        within = f"WHERE t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
        plain = [name for name in names if not is_talk(name)]
        named = " UNION ALL ".join(
            f"SELECT t.{column} AS name FROM {table} t {within}"
            for table, columns in (("calls", _NAMED), ("told", _NAMED), *((table, _NAMED[:1]) for table in LINKS))
            for column in columns
        )
        sql = f"SELECT DISTINCT w.name FROM wanted w JOIN ({named}) s ON s.name = w.name"
        found = {name for (name,) in self._of(sql, _text("name"), plain)} if plain else set()
        return found | {talk for talk in map(_talk_of, self._talked(names, within)) if talk in names}

    def _talked(self, names: set[str], within: str) -> Iterator[tuple[str, int, int]]:
        """Session, prompt and output of those talks of which something is stored."""
        talks = [talk_named(name) for name in names if is_talk(name)]
        for session, of_program in ((_SESSION, False), (_PROGRAM, True)):
            some = [talk for talk in talks if talk.of_program is of_program]
            if some:
                wanted = arrow_table(_TALK_COLUMNS, list(zip(*some, strict=True)))  # noqa: F841 - see _places
                for table, _ in _TOLD:
                    sql = (
                        f"SELECT DISTINCT w.* FROM wanted w JOIN {table} t ON {session} = w.session_id AND {_SAME_TALK}"
                    )
                    yield from self._connection.execute(f"{sql} {within}").fetchall()

    def tellings(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        on, where = "t.trace_id = w.trace_id", f" AND t.group_id = {OF_ITS_TRACE}"
        return self._places(on, where, quarters, [_text("trace_id")], [traces])

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for column in ("request_id", "response_id"):
            on = f"t.{column} = w.{column}"
            yield from self._places(on, *_during(since, until), [_text(column)], [answers])

    def talks(self, talks: Sequence[Talk], since: int, until: int) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        for session, of_program in ((_SESSION, False), (_PROGRAM, True)):
            some = [talk for talk in talks if talk.of_program is of_program]
            if some:
                on = f"{session} = w.session_id AND {_SAME_TALK}"
                found = self._places(on, *_during(since, until), _TALK_COLUMNS, list(zip(*some, strict=True)))
                yield from (place for place in found if place.talks)

    def stated(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        sql = f"SELECT {_PLACE} FROM told t JOIN wanted w ON t.id = w.id"
        rows = self._of(sql, schema.Column("id", "id"), ids) if ids else []
        return [place_of(id_.bytes, row, told=True) for id_, *row in rows]

    def placed(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        sql = f"SELECT {_PLACE} FROM calls t JOIN wanted w ON t.id = w.id WHERE t.group_id = {OF_ITS_TRACE}"
        rows = self._of(sql, schema.Column("id", "id"), ids) if ids else []
        return [place_of(id_.bytes, row) for id_, *row in rows]

    def uses(self, uses: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[bytes, str, int, bool]]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        sql = " UNION ALL ".join(
            f"SELECT t.id, t.use_id, t.quarter, {told} FROM {table} t JOIN wanted w ON t.use_id = w.use_id "
            f"WHERE t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
            for table, told in (("tools", "false"), ("told_tools", "true"))
        )
        return [(id_.bytes, *rest) for id_, *rest in self._of(sql, _text("use_id"), uses)] if uses else []

    def links(self, traces: Sequence[str], quarters: tuple[int, int]) -> Iterable[tuple[str, str, str]]:
        """See :class:`tokometer.ledger.told_places.Shelf`."""
        sql = " UNION ALL ".join(
            f"SELECT t.trace_id, t.span_id, t.parent_id FROM {table} t JOIN wanted w ON t.trace_id = w.trace_id "
            f"WHERE t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}"
            for table in LINKS
        )
        return [(trace, span, parent) for trace, span, parent in self._of(sql, _text("trace_id"), traces)]

    def _places(
        self,
        on: str,
        where: str,
        quarters: tuple[int, int],
        columns: Sequence[schema.Column],
        values: Sequence[Sequence[Any]],
    ) -> list[Place]:
        # DuckDB finds the table by the variable's name; registering it as a view would cost half a millisecond.
        wanted = arrow_table(columns, values)  # noqa: F841
        found = []
        for table, told in _TOLD:
            sql = (
                f"SELECT {_PLACE} FROM {table} t JOIN wanted w ON {on} "
                f"WHERE t.quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}{where}"
            )
            found += [place_of(id_.bytes, row, told=told) for id_, *row in self._connection.execute(sql).fetchall()]
        return found

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
            f"SELECT {_NAMES[table]}, t.quarter FROM {table} t "
            f"WHERE t.quarter >= {first - TRACE_REACH:d} AND {_END[table]} >= {since:d}"
            for table in tables
        )
        rows = self._connection.execute(f"{sql} LIMIT {_MOST_AT_START + 1}").fetchall()
        if len(rows) > _MOST_AT_START:
            return Seen(now)
        seen = Seen(since)
        names: dict[int, set[str]] = {}
        for *met_names, quarter in rows:
            names.setdefault(quarter, set()).update(met_names)
        for quarter, met in sorted(names.items()):
            seen.meet(met - {""}, quarter, now)
        return seen

    def _of(self, sql: str, column: schema.Column, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        # DuckDB finds the table by the variable's name; registering it as a view would cost half a millisecond.
        wanted = arrow_table([column], [values])  # noqa: F841
        return self._connection.execute(sql).fetchall()


#: When a row's span ended, in microseconds since the epoch.
_END: Final = {
    **dict.fromkeys(("calls", "told"), _ENDED),
    **dict.fromkeys(("tools", "steps"), "epoch_us(t.started_at) + coalesce(t.duration_us, 0)"),
    "runs": "epoch_us(coalesce(t.ended_at, t.started_at))",
}
#: What names a row: its trace, its answer (twice), its talks.
_NAMES: Final = {
    **dict.fromkeys(
        ("calls", "told"),
        f"CASE WHEN t.group_id = {OF_ITS_TRACE} THEN t.trace_id ELSE '' END, "
        f"t.request_id, t.response_id, {', '.join(_TALKS)}",
    ),
    **dict.fromkeys(LINKS, "t.trace_id, '', '', '', ''"),
}


def _during(since: int, until: int) -> tuple[str, tuple[int, int]]:
    """What holds for a call that overlaps a time, and the quarter hours in which it can stand."""
    where = f" AND epoch_us(t.started_at) <= {until:d} AND {_ENDED} >= {since:d}"
    return where, (quarter_of(since) - ANSWER_REACH, quarter_of(until))


def _talk_of(row: tuple[str, int, int]) -> str:
    return Talk(*row).name


def _text(name: str) -> schema.Column:
    return schema.Column(name, "text")
