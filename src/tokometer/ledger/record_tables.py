"""One table per kind of record: the record's own fields, and a few that are derived from them (`ledger.rows`)."""

from __future__ import annotations

from typing import Final

from tokometer.ledger.tables import Table, columns_of

_RECORD: Final = """id: id
    small: quarter
    time: started_at
    name: workspace source
    text: native_id trace_id span_id parent_id
    int: revision origin
    name: machine account region
    int: label_set?"""

CALLS: Final = Table(
    "calls",
    columns_of(
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
        int: cache_write_unknown_tokens? output_tokens? reasoning_tokens? estimated_tokens? unsplit_tokens?
        json: parts quantities
        int: user_messages
        money: cost_usd? cost_reported? cost_priced?
        name: price_version price_basis
        money: revenue?
        name: service_tier
        text: session_id parent_session_id
        name: project git_branch agent subagent user team api_key endpoint environment knowledge_base"""
    ),
    ("id",),
)
#: What tellings of calls stated that do not count as they are (:mod:`tokometer.ledger.told`): calls, every column.
TOLD: Final = Table("told", CALLS.columns, ("id",))
TOOLS: Final = Table(
    "tools",
    columns_of(
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
    columns_of(
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
STEPS: Final = Table(
    "steps",
    columns_of(
        f"""{_RECORD}
        name: name type status
        text: error_message
        int: duration_us?
        text: session_id
        name: project agent user team environment"""
    ),
    ("id",),
)
JOBS: Final = Table(
    "jobs",
    columns_of(
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
    columns_of(
        f"""{_RECORD}
        name: metric
        float: value
        name: unit mode host device model provider"""
    ),
    ("id",),
)
BILLS: Final = Table(
    "bills",
    columns_of(
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
RECORDS: Final[dict[str, Table]] = {table.name: table for table in (CALLS, TOOLS, RUNS, STEPS, JOBS, SAMPLES, BILLS)}
