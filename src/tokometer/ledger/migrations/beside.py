"""Version 3 of the schema: what no rule understood, counted; log lines, scores, models, knowledge, details of errors.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from typing import Final

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
_COLUMNS: Final[dict[str, str]] = {
    "logs": """text: message
        name: level logger service error_type route
        small: http_status?
        int: duration_us?
        text: request_id call_id
        name: provider model
        text: session_id
        name: project agent user team environment""",
    "scores": """name: name
        float: value?
        name: text type
        text: comment
        name: target
        text: call_id session_id run_id
        name: author author_type provider model agent knowledge_base project user team environment""",
    "models": """name: provider model title family
        int: size_bytes? parameters?
        name: quantisation file_format
        int: context_window? max_output_tokens?
        name: tools vision installed status
        float: progress?
        name: licence
        time: released_at? installed_at? last_used_at?""",
    "knowledge_bases": """name: name
        text: description
        int: documents? chunks? tokens? size_bytes?
        name: embedding_model provider status project team environment""",
    "documents": """name: knowledge_base
        text: title path
        name: media_type status
        text: error_message
        int: chunks? tokens? size_bytes? duration_us?
        name: embedding_model provider project user team environment""",
    "error_details": """text: message
        name: error_type error_code status
        small: http_status?
        text: stack_trace request response call_id request_id
        name: provider model operation endpoint api_key
        text: session_id
        name: project agent user team environment""",
}

#: The tables that are new.
TABLES: Final = (
    Table(
        "notices",
        columns_of("name: workspace source topic name\nint: count\ntext: place\ntime: first_at latest_at"),
        ("workspace", "source", "topic", "name"),
    ),
    *(Table(name, columns_of(_EVERY + columns), ("id",)) for name, columns in _COLUMNS.items()),
)
