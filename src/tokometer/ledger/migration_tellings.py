"""The step after which one call told by several spans counts once: what tellings stated, and steps of traces.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine

_NAME: Final = {"duckdb": "VARCHAR NOT NULL", "clickhouse": "LowCardinality(String)"}
_TEXT: Final = {"duckdb": "VARCHAR NOT NULL", "clickhouse": "String"}
_COUNT: Final = {"duckdb": "BIGINT NOT NULL", "clickhouse": "Int64"}
_MAYBE: Final = {"duckdb": "BIGINT", "clickhouse": "Nullable(Int64)"}
_STEPS: Final = (
    ("id", {"duckdb": "UUID NOT NULL", "clickhouse": "UUID"}),
    ("quarter", {"duckdb": "INTEGER NOT NULL", "clickhouse": "Int32"}),
    ("started_at", {"duckdb": "TIMESTAMP NOT NULL", "clickhouse": "DateTime64(6, 'UTC')"}),
    *((name, _NAME) for name in ("workspace", "source")),
    *((name, _TEXT) for name in ("native_id", "trace_id", "span_id", "parent_id")),
    *((name, _COUNT) for name in ("revision", "origin")),
    *((name, _NAME) for name in ("machine", "account", "region")),
    ("label_set", _MAYBE),
    *((name, _NAME) for name in ("name", "type", "status")),
    ("error_message", _TEXT),
    ("duration_us", _MAYBE),
    ("session_id", _TEXT),
    *((name, _NAME) for name in ("project", "agent", "user", "team", "environment")),
)


def statements(engine: Engine) -> Iterator[str]:
    """The SQL of the step; each statement can be run again."""
    steps = ", ".join(f'"{name}" {types[engine]}' for name, types in _STEPS)
    if engine == "duckdb":
        # The columns of calls, whichever those are by now.
        yield "CREATE TABLE IF NOT EXISTS told AS FROM calls LIMIT 0"
        yield f"CREATE TABLE IF NOT EXISTS steps ({steps})"
        return
    # Here tables are looked through by trace and by answer, too.
    for table, column in (("calls", "trace_id"), ("tools", "trace_id"), ("runs", "trace_id"), ("calls", "request_id")):
        name = "by_trace" if column == "trace_id" else "by_answer"
        yield f"ALTER TABLE {table} ADD INDEX IF NOT EXISTS {name} {column} TYPE bloom_filter GRANULARITY 1"
    yield "CREATE TABLE IF NOT EXISTS told AS calls"
    yield (
        f"CREATE TABLE IF NOT EXISTS steps ({steps}, INDEX by_id id TYPE bloom_filter GRANULARITY 1, "
        "INDEX by_trace trace_id TYPE bloom_filter GRANULARITY 1, version UInt64, gone UInt8 DEFAULT 0) "
        "ENGINE = ReplacingMergeTree(version, gone) PARTITION BY intDiv(quarter, 2880) ORDER BY (quarter, id)"
    )
