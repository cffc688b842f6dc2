"""The ledger's tables, declared once for every engine.

Three families:

* one table per kind of record, with the record's own fields and a few that are derived from them
* rollups of the calls (`cells`, `hours`, `sessions`), rebuilt from the calls and provable against them
* bookkeeping: cursors, refusals, what is dirty, the schema's version
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Type = Literal[
    "id",  # 16 bytes (UUID)
    "text",  # any text; unknown is ''
    "name",  # text with few distinct values (LowCardinality on ClickHouse)
    "names",  # a list of such texts
    "labels",  # JSON object of text by text
    "int",  # 64-bit
    "small",  # 32-bit
    "float",
    "money",  # DECIMAL(18, 9) USD
    "flag",
    "time",  # UTC timestamp in microseconds
    "blob",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `null` where the value can be unknown (numbers, money and times only: unknown text is '')."""

    name: str
    type: Type
    null: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` names the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def _columns(spec: str) -> tuple[Column, ...]:
    """Columns from lines of `type: name name? …`; a question mark makes one nullable."""
    columns: list[Column] = []
    for line in spec.split("\n"):
        kind, _, names = line.strip().partition(":")
        columns.extend(
            Column(name.rstrip("?"), kind, name.endswith("?"))  # type: ignore[arg-type]
            for name in names.split()
        )
    return tuple(columns)


_RECORD: Final = """id: id
    small: quarter
    time: started_at
    name: workspace source
    text: native_id trace_id span_id parent_id
    int: revision origin"""

CALLS: Final = Table(
    "calls",
    _columns(
        f"""{_RECORD}
        int: group_id?
        flag: shadow
        name: provider model operation status
        text: error_message
        small: http_status?
        name: stop_reason
        small: attempt
        text: request_id
        int: latency_us? ttft_us?
        flag: latency_estimated
        int: input_tokens? cache_read_tokens? cache_write_5m_tokens? cache_write_1h_tokens?
        int: cache_write_unknown_tokens? output_tokens? reasoning_tokens? estimated_tokens?
        int: user_messages
        money: cost_usd? cost_reported? cost_priced?
        name: price_version
        money: revenue?
        name: service_tier
        text: session_id parent_session_id
        name: project git_branch agent subagent user team api_key endpoint environment knowledge_base"""
    ),
    ("id",),
)
TOOLS: Final = Table(
    "tools",
    _columns(
        f"""{_RECORD}
        name: name server status
        text: error_message
        int: duration_us?
        text: call_id
        int: lines_added? lines_removed?
        text: session_id
        name: project agent subagent user team environment"""
    ),
    ("id",),
)
RUNS: Final = Table(
    "runs",
    _columns(
        f"""{_RECORD}
        name: agent status
        text: error_message
        time: ended_at?
        text: task
        name: role
        text: session_id parent_session_id
        name: project user team environment model
        int: stated_tokens?
        money: stated_cost?"""
    ),
    ("id",),
)
JOBS: Final = Table(
    "jobs",
    _columns(
        f"""{_RECORD}
        name: job_id name schedule status error_type
        text: error_message
        name: delivery_status
        int: duration_us?
        time: next_run_at?
        name: agent
        text: session_id
        name: model provider team environment"""
    ),
    ("id",),
)
SAMPLES: Final = Table(
    "samples",
    _columns(
        f"""{_RECORD}
        name: metric
        float: value
        name: unit mode host device model provider
        labels: labels"""
    ),
    ("id",),
)
BILLS: Final = Table(
    "bills",
    _columns(
        f"""{_RECORD}
        name: provider
        money: amount
        time: ended_at
        name: type currency line_item model project team invoice
        float: quantity?
        name: quantity_unit"""
    ),
    ("id",),
)

#: One table per kind of record, by the kind's name.
RECORDS: Final[dict[str, Table]] = {table.name: table for table in (CALLS, TOOLS, RUNS, JOBS, SAMPLES, BILLS)}

#: What a cell of the rollup is keyed by: all that the pages' filters mostly ask for. A query that needs any other
#: dimension reads the calls.
_HOUR_KEY: Final = ("workspace", "quarter", "source", "provider", "model", "operation", "status")
_FILTERS: Final = ("agent", "project", "user", "team", "api_key", "environment")
CELL_DIMENSIONS: Final = (*_HOUR_KEY, *_FILTERS)
#: The buckets of tokens, which do not overlap.
TOKENS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
    "output_tokens",
)
_ALL_TOKENS: Final = " + ".join(f"coalesce({name}, 0)" for name in TOKENS)


def _sum(term: str, where: str = "") -> str:
    """SQL for a sum in which an unknown adds nothing."""
    return f"coalesce(sum({term}){f' FILTER (WHERE {where})' if where else ''}, 0)"


#: What a cell adds up, as SQL over the calls that works on every engine. All of it is additive.
CELL_SUMS: Final[dict[str, tuple[Type, str]]] = {
    "requests": ("int", "count(*)"),
    **{name: ("int", _sum(name)) for name in (*TOKENS, "reasoning_tokens", "user_messages")},
    "cost_usd": ("money", _sum("cost_usd")),
    "unpriced": ("int", "count(*) FILTER (WHERE cost_usd IS NULL)"),
    # A price per token needs calls that have both.
    "unpriced_tokens": ("int", _sum(_ALL_TOKENS, "cost_usd IS NULL")),
    "revenue": ("money", _sum("revenue")),
    "latency_us": ("int", _sum("latency_us")),
    "latency_count": ("int", "count(latency_us)"),
    "ttft_us": ("int", _sum("ttft_us")),
    "ttft_count": ("int", "count(ttft_us)"),
    # Speed needs calls where both numbers are known: output tokens over the time that generating them took.
    "generation_us": ("int", _sum("latency_us - least(latency_us, coalesce(ttft_us, 0))", "output_tokens IS NOT NULL")),
    "generation_tokens": ("int", _sum("output_tokens", "latency_us IS NOT NULL")),
    # Efficiency compares estimate and outcome of the same calls.
    "estimated_tokens": ("int", _sum("estimated_tokens")),
    "estimated_actual_tokens": ("int", _sum(_ALL_TOKENS, "estimated_tokens IS NOT NULL")),
}

CELLS: Final = Table(
    "cells",
    (
        *(Column(name, "small" if name == "quarter" else "name") for name in CELL_DIMENSIONS),
        *(Column(name, type_) for name, (type_, _) in CELL_SUMS.items()),
    ),
    CELL_DIMENSIONS,
)
#: Cells of whole hours and fewer dimensions, added up from those of quarter hours: for long windows.
HOURS: Final = Table("hours", tuple(column for column in CELLS.columns if column.name not in _FILTERS), _HOUR_KEY)
#: One row per session, so that counting sessions needs no scan of the calls. Times are those of its first and last
#: call; attributes are those of its first call; `providers` and `models` are all that it used.
SESSIONS: Final = Table(
    "sessions",
    _columns(
        """name: workspace source
        text: session_id parent_session_id
        time: started_at ended_at
        int: requests errors user_messages input_tokens cache_read_tokens cache_write_tokens output_tokens
        money: cost_usd
        int: unpriced
        name: project agent user team environment
        names: providers models"""
    ),
    ("workspace", "source", "session_id"),
)

#: What is added up from the calls. Sums of money are wider there: they must not overflow what one call cannot.
ROLLUPS: Final = (CELLS, HOURS, SESSIONS)

CURSORS: Final = Table(
    "cursors", _columns("name: source\ntext: place\nblob: state\ntime: updated_at"), ("source", "place")
)
REFUSALS: Final = Table(
    "refusals",
    _columns(
        """id: id
        time: at
        name: workspace source
        text: place
        int: position
        text: field reason"""
    ),
    ("id",),
)
#: Quarter hours whose calls have changed since their cells were built, and sessions likewise.
DIRTY_QUARTERS: Final = Table("dirty_quarters", _columns("small: quarter"), ("quarter",))
DIRTY_SESSIONS: Final = Table(
    "dirty_sessions",
    _columns("name: workspace source\ntext: session_id\nsmall: first_quarter last_quarter"),
    ("workspace", "source", "session_id"),
)
META: Final = Table("meta", _columns("name: key\ntext: value"), ("key",))

TABLES: Final = (
    *RECORDS.values(),
    *ROLLUPS,
    CURSORS,
    REFUSALS,
    DIRTY_QUARTERS,
    DIRTY_SESSIONS,
    META,
)
