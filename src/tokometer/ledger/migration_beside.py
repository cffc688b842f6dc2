"""Version 3 of the schema: what no rule understood, counted; log lines, scores, models, knowledge, details of errors.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tokometer.ledger.protocol import Engine

_NOTICES: Final[dict[Engine, str]] = {
    "duckdb": (
        "CREATE TABLE IF NOT EXISTS notices (workspace VARCHAR NOT NULL, source VARCHAR NOT NULL, "
        'topic VARCHAR NOT NULL, "name" VARCHAR NOT NULL, count BIGINT NOT NULL, place VARCHAR NOT NULL, '
        "first_at TIMESTAMP NOT NULL, latest_at TIMESTAMP NOT NULL)"
    ),
    "clickhouse": (
        "CREATE TABLE IF NOT EXISTS notices (workspace LowCardinality(String), source LowCardinality(String), "
        "topic LowCardinality(String), name LowCardinality(String), count SimpleAggregateFunction(sum, Int64), "
        "place SimpleAggregateFunction(max, String), first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')), "
        "latest_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))) "
        "ENGINE = AggregatingMergeTree ORDER BY (workspace, source, topic, name)"
    ),
}
_TYPES: Final[dict[Engine, dict[str, str]]] = {
    "duckdb": {
        "id": "UUID",
        "text": "VARCHAR",
        "name": "VARCHAR",
        "int": "BIGINT",
        "small": "INTEGER",
        "float": "DOUBLE",
        "time": "TIMESTAMP",
    },
    "clickhouse": {
        "id": "UUID",
        "text": "String",
        "name": "LowCardinality(String)",
        "int": "Int64",
        "small": "Int32",
        "float": "Float64",
        "time": "DateTime64(6, 'UTC')",
    },
}
_EVERY: Final = (
    "id: id; small: quarter; time: started_at; name: workspace source; text: native_id trace_id span_id parent_id; "
    "int: revision origin; name: machine account region; int: label_set?; "
)
_WHOSE: Final = "text: session_id; name: project agent user team environment"
#: Table → its columns; a question mark makes one nullable.
_TABLES: Final[dict[str, str]] = {
    "logs": "text: message; name: level logger service error_type route; small: http_status?; int: duration_us?; "
    f"text: request_id call_id; name: provider model; {_WHOSE}",
    "scores": "name: name; float: value?; name: text type; text: comment; name: target; "
    "text: call_id session_id run_id; "
    "name: author author_type provider model agent knowledge_base project user team environment",
    "models": "name: provider model title family; int: size_bytes? parameters?; name: quantisation file_format; "
    "int: context_window? max_output_tokens?; name: tools vision installed status; float: progress?; name: licence; "
    "time: released_at? installed_at? last_used_at?",
    "knowledge_bases": "name: name; text: description; int: documents? chunks? tokens? size_bytes?; "
    "name: embedding_model provider status project team environment",
    "documents": "name: knowledge_base; text: title path; name: media_type status; text: error_message; "
    "int: chunks? tokens? size_bytes? duration_us?; "
    "name: embedding_model provider project user team environment",
    "error_details": "text: message; name: error_type error_code status; small: http_status?; "
    "text: stack_trace request response call_id request_id; name: provider model operation endpoint api_key; "
    f"{_WHOSE}",
}


def statements(engine: Engine) -> Sequence[str]:
    """The SQL of the step; each statement can be run again."""
    return [_NOTICES[engine], *(_create(engine, name, _EVERY + columns) for name, columns in _TABLES.items())]


def _create(engine: Engine, table: str, columns: str) -> str:
    if engine == "duckdb":
        parts = [f'"{name}" {type_}{"" if null else " NOT NULL"}' for name, type_, null in _columns(engine, columns)]
        return f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(parts)})"
    parts = [f"{name} {f'Nullable({type_})' if null else type_}" for name, type_, null in _columns(engine, columns)]
    parts += ["INDEX by_id id TYPE bloom_filter GRANULARITY 1", "version UInt64", "gone UInt8 DEFAULT 0"]
    return (
        f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(parts)}) ENGINE = ReplacingMergeTree(version, gone) "
        "PARTITION BY intDiv(quarter, 2880) ORDER BY (quarter, id)"
    )


def _columns(engine: Engine, columns: str) -> Iterator[tuple[str, str, bool]]:
    for part in columns.split(";"):
        kind, _, names = part.strip().partition(": ")
        for name in names.split():
            yield name.rstrip("?"), _TYPES[engine][kind], name.endswith("?")
