"""Where in a long window the newest records that pass the filters are, as the rollups tell."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as with_fields

from tokometer.ledger import Readable, Statement
from tokometer.measures.ask import Ask
from tokometer.measures.atoms import RECORDS
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.scope import Scope
from tokometer.measures.tables import choose
from tokometer.measures.windows import Window
from tokometer.records.time import QUARTER_US

#: A row of a rollup is at most an hour long.
_LONGEST_US = 4 * QUARTER_US


def holding(ledger: Readable, ask: Ask, wanted: int, *, newest: bool) -> tuple[Window, ...] | None:
    """The part of the window that holds the newest (or oldest) `wanted` records, or all that there are.

    No window where there are none; None where only the records themselves could tell.
    """
    ungrouped = replace(ask, query=with_fields(ask.query, by=()))
    stored = choose(ask.query.cube.name, RECORDS, ungrouped.need)
    if not stored.rollup:
        return None
    scope = Scope(ungrouped, stored, DIALECTS[ledger.engine])
    where = " AND ".join(scope.conditions())
    direction, nearest, farthest = ("DESC", "max", "min") if newest else ("ASC", "min", "max")
    never = 0 if newest else ask.axis.last
    counted = f"SELECT quarter, sum({stored.count}) AS n FROM {scope.rows()} WHERE {where} GROUP BY quarter"
    running = f"SELECT quarter, sum(n) OVER (ORDER BY quarter {direction}) AS reached FROM ({counted}) AS counted"
    enough = f"CASE WHEN reached >= {wanted:d} THEN quarter ELSE {never:d} END"
    sql = f"SELECT count(*), {nearest}({enough}), {farthest}(quarter) FROM ({running}) AS running"
    [(count, reached, last)] = ledger.fetch(Statement(sql, scope.values))
    if not count:
        return ()
    edge = (last if reached == never else reached) * QUARTER_US
    window = ask.window
    if newest:
        return (Window(max(edge, window.since), window.until),)
    return (Window(window.since, min(edge + _LONGEST_US, window.until)),)
