"""Version 4 of the schema: what tellings of calls stated that count as something else, and steps of traces.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Table, columns_of

_EVERY: Final = """id: id
    small: quarter
    time: started_at
    name: workspace source
    text: native_id trace_id span_id parent_id
    int: revision origin
    name: machine account region
    int: label_set?
    """
_TOLD: Final = """int: group_id?
    flag: shadow echo
    name: provider model operation status
    text: error_message
    small: http_status?
    name: stop_reason
    small: attempt
    text: request_id
    int: latency_us? ttft_us?
    flag: latency_estimated
    int: input_tokens? cache_read_tokens? cache_write_5m_tokens? cache_write_1h_tokens?
    int: cache_write_unknown_tokens? output_tokens? reasoning_tokens? estimated_tokens? unsplit_tokens?
    json: parts quantities
    int: user_messages
    money: cost_usd? cost_reported? cost_priced?
    name: price_version price_basis
    money: revenue?
    name: service_tier
    text: session_id parent_session_id
    name: project git_branch agent subagent user team api_key endpoint environment knowledge_base"""
_STEPS: Final = """name: name type status
    text: error_message
    int: duration_us?
    text: session_id
    name: project agent user team environment"""
#: Tables that are new. `told` has the columns of calls.
TABLES: Final = tuple(
    Table(name, columns_of(_EVERY + columns), ("id",)) for name, columns in (("told", _TOLD), ("steps", _STEPS))
)


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step; each statement can be run again."""
    if engine == "duckdb":
        return
    for table, column in (("calls", "trace_id"), ("tools", "trace_id"), ("runs", "trace_id"), ("calls", "request_id")):
        name = "by_trace" if column == "trace_id" else "by_answer"
        yield f"ALTER TABLE {table} ADD INDEX IF NOT EXISTS {name} {column} TYPE bloom_filter GRANULARITY 1"
