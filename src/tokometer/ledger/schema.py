"""The ledger's tables, declared once for every engine.

Three families:

* one table per kind of record, with the record's own fields and a few that are derived from them
* rollups of the calls (`cells`, `hours`, `sessions`), rebuilt from the calls and provable against them
* bookkeeping: cursors, refusals, what is dirty, the schema's version
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.record_tables import BILLS, CALLS, JOBS, RECORDS, RUNS, SAMPLES, STEPS, TOLD, TOOLS
from tokometer.ledger.tables import Column, Table, Type, columns_of

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
    columns_of(
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
    "cursors", columns_of("name: source\ntext: place\nblob: state\ntime: updated_at"), ("source", "place")
)
REFUSALS: Final = Table(
    "refusals",
    columns_of(
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
DIRTY_QUARTERS: Final = Table("dirty_quarters", columns_of("small: quarter"), ("quarter",))
DIRTY_SESSIONS: Final = Table(
    "dirty_sessions",
    columns_of("name: workspace source\ntext: session_id\nsmall: first_quarter last_quarter"),
    ("workspace", "source", "session_id"),
)
META: Final = Table("meta", columns_of("name: key\ntext: value"), ("key",))

TABLES: Final = (
    *RECORDS.values(),
    TOLD,
    *ROLLUPS,
    CURSORS,
    REFUSALS,
    DIRTY_QUARTERS,
    DIRTY_SESSIONS,
    META,
)

__all__ = [
    "BILLS",
    "CALLS",
    "CELLS",
    "CELL_DIMENSIONS",
    "CELL_SUMS",
    "CURSORS",
    "DIRTY_QUARTERS",
    "DIRTY_SESSIONS",
    "HOURS",
    "JOBS",
    "META",
    "RECORDS",
    "REFUSALS",
    "ROLLUPS",
    "RUNS",
    "SAMPLES",
    "SESSIONS",
    "STEPS",
    "TABLES",
    "TOKENS",
    "TOLD",
    "TOOLS",
    "Column",
    "Table",
    "Type",
]
