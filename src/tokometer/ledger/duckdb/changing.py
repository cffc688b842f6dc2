"""Carrying out what a commit planned. Everything here happens inside its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb

from tokometer.ledger import aside, schema
from tokometer.ledger.arrow import arrow_table
from tokometer.ledger.commit import Change
from tokometer.ledger.duckdb.beside import KNOWN, is_there
from tokometer.ledger.duckdb.shelf import DuckDBShelf
from tokometer.ledger.duckdb.values import insertion, money
from tokometer.ledger.noticed import Names
from tokometer.ledger.protocol import Batch
from tokometer.ledger.refused import UNREADABLE, refusal_rows
from tokometer.records import Notice, Refusal, now_us, quarter_of

_ID: Final = schema.Column("id", "id")


def carry_out(connection: duckdb.DuckDBPyConnection, shelf: DuckDBShelf, change: Change) -> None:
    """Take out, put in and mark what a change of one kind of record says."""
    table = change.table
    if change.taken:
        gone = arrow_table([schema.Column("id", "id")], [[record.id for record in change.taken]])
        stood = [quarter_of(record.started_at) for record in change.taken]
        where = f" AND quarter BETWEEN {min(stood):d} AND {max(stood):d}"
        _over(connection, gone, f"DELETE FROM {table.name} WHERE id IN (SELECT id FROM staged){where}")
    arriving = change.columns()
    if arriving:
        shelf.put(table, change.put, arriving[0])
        rows = insertion(table, arriving)
        _over(connection, rows.staged, rows.statement, rows.parameters)
    quarters = change.quarters()
    if quarters:
        marks = arrow_table(schema.DIRTY_QUARTERS.columns, [sorted(quarters)])
        _over(connection, marks, "INSERT INTO dirty_quarters SELECT * FROM staged")
    sessions = change.sessions()
    if sessions:
        marks = arrow_table(schema.DIRTY_SESSIONS.columns, list(zip(*sessions, strict=True)))
        _over(connection, marks, "INSERT INTO dirty_sessions SELECT * FROM staged")


def refuse(connection: duckdb.DuckDBPyConnection, refusals: Sequence[Refusal]) -> None:
    """Keep refusals, each once."""
    if not refusals:
        return
    rows = arrow_table(schema.REFUSALS.columns, refusal_rows(refusals))
    _over(connection, rows, "INSERT INTO refusals SELECT * FROM staged WHERE id NOT IN (SELECT id FROM refusals)")


def keep_aside(connection: duckdb.DuckDBPyConnection, batch: Batch) -> list[Notice]:
    """Keep what is ahead of our clock, each once; the notices of what is too much for that."""
    if not batch.aside:
        return []
    ids = arrow_table([_ID], [[waiting.id for waiting in batch.aside]])
    _over(connection, ids, f"CREATE OR REPLACE TEMP TABLE merged AS {aside.STORED} id IN (SELECT id FROM staged)")
    waiting = aside.folded(batch, [aside.waiting_in(row) for row in connection.execute("FROM merged").fetchall()])
    connection.execute("DELETE FROM aside WHERE id IN (SELECT id FROM merged)")
    rows = arrow_table(schema.ASIDE.columns, aside.columns_of(waiting))
    _over(connection, rows, "INSERT INTO aside SELECT * FROM staged")
    count, size = connection.execute(aside.SIZE).fetchone() or (0, 0)
    if count <= aside.MOST and size <= aside.MOST_BYTES:
        return []
    gone, notices = aside.beyond(connection.execute(aside.SIZES).fetchall())
    _over(connection, arrow_table([_ID], [gone]), "DELETE FROM aside WHERE id IN (SELECT id FROM staged)")
    return notices


def forget_due(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Let go of what has come to its time, and of refusals that hold no longer."""
    if batch.due:
        ids = arrow_table([_ID], [[waiting.id for waiting in batch.due]])
        _over(connection, ids, "DELETE FROM aside WHERE id IN (SELECT id FROM staged)")
        ids = arrow_table([_ID], [[waiting.refusal for waiting in batch.due]])
        _over(connection, ids, "DELETE FROM refusals WHERE id IN (SELECT id FROM staged)")
    for source, place in batch.healed:
        connection.execute(f"DELETE FROM refusals WHERE {UNREADABLE}", {"source": source, "place": place})


def notice(connection: duckdb.DuckDBPyConnection, names: Names, notices: Sequence[Notice]) -> None:
    """Count what no rule understood."""
    values = names.rows(notices)
    if not values:
        return
    rows = arrow_table(schema.NOTICES.columns, values)
    same = " AND ".join(f"notices.{name} = staged.{name}" for name in schema.NOTICES.key)
    _over(
        connection,
        rows,
        "UPDATE notices SET count = notices.count + staged.count, place = greatest(notices.place, staged.place), "
        "first_at = least(notices.first_at, staged.first_at), "
        f"latest_at = greatest(notices.latest_at, staged.latest_at) FROM staged WHERE {same}",
    )
    if names.any_new:
        missing = f"NOT EXISTS (SELECT 1 FROM notices WHERE {same})"
        _over(connection, rows, f"INSERT INTO notices SELECT * FROM staged WHERE {missing}")


def move(connection: duckdb.DuckDBPyConnection, cursors: Mapping[tuple[str, str], bytes]) -> None:
    """Keep how far each place has been read."""
    if not cursors:
        return
    now = now_us()
    moved = [(source, place, state, now) for (source, place), state in cursors.items()]
    rows = arrow_table(schema.CURSORS.columns, list(zip(*moved, strict=True)))
    _over(connection, rows, "DELETE FROM cursors WHERE (source, place) IN (SELECT (source, place) FROM staged)")
    _over(connection, rows, "INSERT INTO cursors SELECT * FROM staged")


def reprice(connection: duckdb.DuckDBPyConnection, costs: Mapping[bytes, tuple[int | None, str, str]]) -> int:
    """Set what calls cost, mark what that changes, and return how many calls that were.

    What a re-costing put beside them no longer holds.
    """
    wanted = [
        schema.Column("id", "id"),
        schema.Column("cost", "money", True),
        schema.Column("version", "name"),
        schema.Column("basis", "name"),
    ]
    staged = arrow_table(wanted, [list(costs), *map(list, zip(*costs.values(), strict=True))])
    cost = money("s.cost")
    _over(
        connection,
        staged,
        "CREATE OR REPLACE TEMP TABLE changed AS SELECT c.id, c.quarter, c.workspace, c.source, c.session_id, "
        f"{cost} AS cost, s.version, CASE WHEN c.cost_reported IS NULL THEN s.basis ELSE '' END AS basis "
        "FROM calls c JOIN staged s ON c.id = s.id "
        "WHERE CASE WHEN c.cost_reported IS NULL THEN c.cost_usd ELSE c.cost_priced END "
        f"IS DISTINCT FROM {cost} OR c.price_version <> s.version "
        "OR (c.cost_reported IS NULL AND c.price_basis <> s.basis)",
    )
    changed = connection.execute("SELECT count(*) FROM changed").fetchone()
    connection.execute(
        "UPDATE calls SET cost_priced = CASE WHEN calls.cost_reported IS NULL THEN NULL ELSE n.cost END, "
        "cost_usd = coalesce(calls.cost_reported, n.cost), price_version = n.version, "
        f"price_basis = n.basis{f', {KNOWN} = false' if is_there(connection) else ''} "
        "FROM changed n WHERE calls.id = n.id"
    )
    connection.execute("INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM changed")
    connection.execute(
        "INSERT INTO dirty_sessions SELECT workspace, source, session_id, min(quarter), max(quarter) "
        "FROM changed WHERE session_id <> '' GROUP BY ALL"
    )
    return int(changed[0]) if changed else 0


def _over(
    connection: duckdb.DuckDBPyConnection,
    staged: object,  # noqa: ARG001 - DuckDB finds it by its name
    sql: str | duckdb.Statement,
    parameters: Mapping[str, Any] | None = None,
) -> None:
    """Run SQL over an Arrow table, which DuckDB finds by the name of this parameter, `staged`.

    Registering it as a view instead would cost half a millisecond each time.
    """
    connection.execute(sql, parameters)
