"""Version 4 of the schema: what tellings of calls stated that count as something else, and steps of traces.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Table, columns_of

#: Tables that are new.
TABLES: Final = (
    Table(
        "steps",
        columns_of(
            """id: id
            small: quarter
            time: started_at
            name: workspace source
            text: native_id trace_id span_id parent_id
            int: revision origin
            name: machine account region
            int: label_set?
            name: name type status
            text: error_message
            int: duration_us?
            text: session_id
            name: project agent user team environment"""
        ),
        ("id",),
    ),
)


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step; each statement can be run again."""
    # `told` has the columns of `calls`, whichever those are by now.
    if engine == "duckdb":
        yield "CREATE TABLE IF NOT EXISTS told AS FROM calls LIMIT 0"
        return
    for table, column in (("calls", "trace_id"), ("tools", "trace_id"), ("runs", "trace_id"), ("calls", "request_id")):
        name = "by_trace" if column == "trace_id" else "by_answer"
        yield f"ALTER TABLE {table} ADD INDEX IF NOT EXISTS {name} {column} TYPE bloom_filter GRANULARITY 1"
    yield "CREATE TABLE IF NOT EXISTS told AS calls"
