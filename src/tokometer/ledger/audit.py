"""Proof that the rollups say what the records say, and that every record is kept once.

What is set aside (:mod:`tokometer.ledger.unsettled`) is a difference by itself; the rest is held against the other
records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tokometer.ledger.closed import COUNTED_UNTIL_SQL
from tokometer.ledger.protocol import Discrepancy, Ledger, Statement
from tokometer.ledger.schema import (
    AVAILABILITY,
    CELL_DIMENSIONS,
    CELL_SUMS,
    CELLS,
    HISTOGRAMS,
    HOURS,
    RECORDS,
    SESSIONS,
    TOLD,
    TOLD_TOOLS,
)
from tokometer.ledger.statements import (
    AVAILABILITY_FROM_CALLS,
    CELLS_FROM_CALLS,
    HISTOGRAMS_FROM_CALLS,
    HOURS_FROM_CELLS,
    SESSION_FACTS,
    SESSIONS_FROM_CALLS,
    excluding,
)
from tokometer.records import to_datetime
from tokometer.records.time import QUARTER_US

#: How many discrepancies of one kind are listed; one is enough to know.
MOST: Final = 20


def audit(ledger: Ledger, terms: Mapping[str, str], differs: str) -> Sequence[Discrepancy]:
    """Every difference, up to :data:`MOST` a table.

    `terms` fills the statements of :mod:`tokometer.ledger.statements`, `differs` is the engine's null-safe ≠.
    """
    aside = ledger.unsettled
    cells = {row.quarter for row in aside if row.rollup == CELLS.name}
    uncounted = cells | {row.quarter for row in aside if row.rollup == HISTOGRAMS.name}
    of_sessions = {row.quarter for row in aside if row.rollup == SESSIONS.name}
    sessions = "1 = 1"
    if of_sessions:
        sessions = f"session_id NOT IN (SELECT session_id FROM calls WHERE NOT ({excluding(of_sessions)}))"
    terms = {**terms, "where": excluding(cells)}
    terms["cells"] = f"({CELLS_FROM_CALLS.format(**terms)}) AS cells"
    counted = ledger.fetch(Statement(COUNTED_UNTIL_SQL))
    of_closed_days = f"quarter < {int(counted[0][0]) if counted else 0:d} AND {excluding(uncounted)}"
    rollups = (
        ("cells", CELL_DIMENSIONS, tuple(CELL_SUMS), CELLS_FROM_CALLS),
        ("hours", HOURS.key, tuple(CELL_SUMS), HOURS_FROM_CELLS),
        ("histograms", HISTOGRAMS.key, ("buckets", "numbers"), HISTOGRAMS_FROM_CALLS),
        (AVAILABILITY.name, AVAILABILITY.key, ("active", "bad", "requests", "errors"), AVAILABILITY_FROM_CALLS),
        ("sessions", SESSIONS.key, SESSION_FACTS, SESSIONS_FROM_CALLS),
    )
    found = [
        Discrepancy("unsettled", {"quarter": to_datetime(row.quarter * QUARTER_US)}, row.rollup, row.reason, "settled")
        for row in aside[:MOST]
    ]
    for table in (*RECORDS, TOLD.name, TOLD_TOOLS.name):
        found.extend(_repeated(ledger, table, ("id",)))
    for table, key, facts, rows in rollups:
        found.extend(_repeated(ledger, table, key))
        where = {HISTOGRAMS.name: of_closed_days, SESSIONS.name: sessions}.get(table, terms["where"])
        expected = rows.format(**{**terms, "where": where})
        stored = f"SELECT * FROM {table} WHERE {sessions if table == SESSIONS.name else '1 = 1'}"
        found.extend(_differing(ledger, (table, stored), key, facts, expected, differs))
    return found


def _repeated(ledger: Ledger, table: str, key: Sequence[str]) -> Iterator[Discrepancy]:
    columns = ", ".join(key)
    sql = f"SELECT count(*), {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1 LIMIT {MOST}"
    for count, *values in ledger.fetch(Statement(sql)):
        yield Discrepancy(table, dict(zip(key, values, strict=True)), "rows", count, 1)


def _differing(
    ledger: Ledger, told: tuple[str, str], key: Sequence[str], facts: Sequence[str], expected: str, differs: str
) -> Iterator[Discrepancy]:
    table, stored = told
    sides = []
    for side, source in (("s", stored), ("e", expected)):
        selected = ", ".join([*key, *(f"{fact} AS {side}_{fact}" for fact in facts)])
        sides.append(f"{side} AS (SELECT {selected} FROM ({source}) AS {side}0)")
    on = " AND ".join(f"s.{name} = e.{name}" for name in key)
    different = " OR ".join(f"s.s_{fact} {differs} e.e_{fact}" for fact in facts)
    pairs = ", ".join(f"s.s_{fact}, e.e_{fact}" for fact in facts)
    keys = ", ".join(f"coalesce(s.{name}, e.{name})" for name in key)
    joined = f"s FULL OUTER JOIN e ON {on}"
    sql = f"WITH {', '.join(sides)} SELECT {keys}, {pairs} FROM {joined} WHERE {different} LIMIT {MOST}"
    for row in ledger.fetch(Statement(sql)):
        names, values = row[: len(key)], row[len(key) :]
        for index, fact in enumerate(facts):
            was, should = values[2 * index], values[2 * index + 1]
            if was != should:
                yield Discrepancy(table, dict(zip(key, names, strict=True)), fact, was, should)
