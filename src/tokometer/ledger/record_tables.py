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
        flag: shadow echo
        name: provider model operation status
        text: error_message
        small: http_status?
        name: stop_reason
        small: attempt
        text: request_id response_id
        name: way also_told program
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
        name: project git_branch agent subagent user team api_key endpoint environment knowledge_base
        text: thread"""
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
        text: call_id use_id
        name: way also_told
        int: lines_added? lines_removed?
        text: session_id
        name: project agent subagent user team environment
        text: thread
        int: prompt_bytes? prompt_image_tokens?"""
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
#: The same for uses of tools.
TOLD_TOOLS: Final = Table("told_tools", TOOLS.columns, ("id",))
STEPS: Final = Table(
    "steps",
    columns_of(
        f"""{_RECORD}
        name: name type status
        text: error_message
        int: duration_us?
        text: session_id
        name: project agent user team environment subagent trigger
        text: thread
        int: prompt_bytes? prompt_image_tokens? tokens_before? tokens_after?"""
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
        money: amount?
        time: ended_at
        name: type currency line_item model project team invoice
        float: quantity?
        name: quantity_unit
        money: stated_amount? list_amount?
        name: report api_key user service_tier token_type"""
    ),
    ("id",),
)
REPORTED: Final = Table(
    "reported",
    columns_of(
        f"""{_RECORD}
        name: provider
        time: ended_at
        name: report model project api_key user team service_tier operation
        int: requests? input_tokens? cache_read_tokens? cache_write_5m_tokens? cache_write_1h_tokens?
        int: cache_write_unknown_tokens? output_tokens? reasoning_tokens? unsplit_tokens?
        float: quantity?
        name: quantity_unit
        money: estimated_cost?"""
    ),
    ("id",),
)
LOGS: Final = Table(
    "logs",
    columns_of(
        f"""{_RECORD}
        text: message
        name: level logger service error_type route
        small: http_status?
        int: duration_us?
        text: request_id call_id
        name: provider model
        text: session_id
        name: project agent user team environment"""
    ),
    ("id",),
)
SCORES: Final = Table(
    "scores",
    columns_of(
        f"""{_RECORD}
        name: name
        float: value?
        name: text type
        text: comment
        name: target
        text: call_id session_id run_id
        name: author author_type provider model agent knowledge_base project user team environment"""
    ),
    ("id",),
)
MODELS: Final = Table(
    "models",
    columns_of(
        f"""{_RECORD}
        name: provider model title family
        int: size_bytes? parameters?
        name: quantisation file_format
        int: context_window? max_output_tokens?
        name: tools vision installed status
        float: progress?
        name: licence
        time: released_at? installed_at? last_used_at?"""
    ),
    ("id",),
)
KNOWLEDGE_BASES: Final = Table(
    "knowledge_bases",
    columns_of(
        f"""{_RECORD}
        name: name
        text: description
        int: documents? chunks? tokens? size_bytes?
        name: embedding_model provider status project team environment"""
    ),
    ("id",),
)
DOCUMENTS: Final = Table(
    "documents",
    columns_of(
        f"""{_RECORD}
        name: knowledge_base
        text: title path
        name: media_type status
        text: error_message
        int: chunks? tokens? size_bytes? duration_us?
        name: embedding_model provider project user team environment"""
    ),
    ("id",),
)
ERROR_DETAILS: Final = Table(
    "error_details",
    columns_of(
        f"""{_RECORD}
        text: message
        name: error_type error_code status
        small: http_status?
        text: stack_trace request response call_id request_id
        name: provider model operation endpoint api_key
        text: session_id
        name: project agent user team environment"""
    ),
    ("id",),
)
COMMITS: Final = Table(
    "commits",
    columns_of(
        f"""{_RECORD}
        name: repository
        text: sha
        name: branch number
        text: title refs
        name: author agent
        text: session_id
        int: files_changed? lines_added? lines_removed?
        name: project team environment"""
    ),
    ("id",),
)
CHANGES: Final = Table(
    "changes",
    columns_of(
        f"""{_RECORD}
        name: repository number branch target_branch
        text: title url
        name: author state draft
        text: ticket refs
        time: opened_at? merged_at? closed_at?
        int: commits? files_changed? lines_added? lines_removed?
        name: project team environment"""
    ),
    ("id",),
)

_TABLES: Final = (
    *(CALLS, TOOLS, RUNS, STEPS, JOBS, SAMPLES, BILLS),
    *(LOGS, SCORES, MODELS, KNOWLEDGE_BASES, DOCUMENTS, ERROR_DETAILS),
    *(COMMITS, CHANGES, REPORTED),
)
#: One table per kind of record, by the kind's name.
RECORDS: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
