"""The SQL that both engines share: what tables hold, and how rollups are built from calls.

Where the engines differ, the difference is a parameter here, not a second copy of the statement.
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.schema import CELL_DIMENSIONS, CELL_SUMS, SESSIONS

#: Rows of `cells`, from the calls. `{where}` limits the quarter hours.
CELLS_FROM_CALLS: Final = (
    f"SELECT {', '.join(CELL_DIMENSIONS)}, "
    + ", ".join(f"CAST({sql} AS {{{type_}}}) AS {name}" for name, (type_, sql) in CELL_SUMS.items())
    + f" FROM {{calls}} WHERE {{where}} GROUP BY {', '.join(CELL_DIMENSIONS)}"
)

_ERROR: Final = "status NOT IN ('ok', 'cancelled')"
_SESSION_COLUMNS: Final[dict[str, str]] = {
    # A session's attributes are one value each: where calls differ the alphabetically last, so that every engine and
    # every order of arrival agree.
    "parent_session_id": "max(parent_session_id)",
    "started_at": "min({calls}.started_at)",
    "ended_at": "max({calls}.started_at)",
    "requests": "CAST(count(*) AS {int})",
    "errors": f"CAST(sum(CASE WHEN {_ERROR} THEN 1 ELSE 0 END) AS {{int}})",
    "user_messages": "CAST(sum({calls}.user_messages) AS {int})",
    "input_tokens": "CAST(sum(coalesce({calls}.input_tokens, 0)) AS {int})",
    "cache_read_tokens": "CAST(sum(coalesce({calls}.cache_read_tokens, 0)) AS {int})",
    "cache_write_tokens": "CAST(sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) "
    "+ coalesce(cache_write_unknown_tokens, 0)) AS {int})",
    "output_tokens": "CAST(sum(coalesce({calls}.output_tokens, 0)) AS {int})",
    "cost_usd": "CAST(sum(coalesce({calls}.cost_usd, 0)) AS {money})",
    "unpriced": "CAST(sum(CASE WHEN {calls}.cost_usd IS NULL THEN 1 ELSE 0 END) AS {int})",
    **{name: f"max({{calls}}.{name})" for name in ("project", "agent", "user", "team", "environment")},
    "providers": "{distinct_providers}",
    "models": "{distinct_models}",
}

#: Rows of `sessions`, from the calls.
SESSIONS_FROM_CALLS: Final = (
    "SELECT {calls}.workspace AS workspace, {calls}.source AS source, {calls}.session_id AS session_id, "
    + ", ".join(f"{_SESSION_COLUMNS[name]} AS {name}" for name in SESSIONS.names[3:])
    + " FROM {calls} WHERE {calls}.session_id <> '' AND {where} "
    "GROUP BY {calls}.workspace, {calls}.source, {calls}.session_id"
)

#: What of a session's row the audit compares.
SESSION_FACTS: Final = tuple(
    name for name in SESSIONS.names if name not in SESSIONS.key and name not in ("providers", "models")
)
