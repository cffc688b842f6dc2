"""The SQL that both engines share: what tables hold, and how rollups are built from calls.

Where the engines differ, the difference is a parameter here, not a second copy of the statement.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tokometer.ledger.closed import QUARTERS_PER_DAY
from tokometer.ledger.schema import (
    CELL_DIMENSIONS,
    CELL_SUMS,
    DURATIONS,
    FAILED,
    HISTOGRAMS,
    HOURS,
    SESSIONS,
    Column,
    added_up,
)
from tokometer.records.histogram import bucket_sql

_ROLLED: Final = "coalesce(rolled, 0)"
#: With a row that nobody names: DuckDB 2.0 takes the numbers beside an empty side of a join for smaller than they are,
#: where it sorts them.
_SETS: Final = (
    "(SELECT id AS named_set, rolled FROM label_sets WHERE rolled <> 0 "
    "UNION ALL SELECT CAST(0 AS {int}), CAST(0 AS {int}))"
)
_CELL_KEY: Final = ", ".join(_ROLLED if name == "label_set" else name for name in CELL_DIMENSIONS)

#: Rows of `cells`, from the calls. `{where}` limits the quarter hours.
CELLS_FROM_CALLS: Final = (
    f"SELECT {_CELL_KEY.replace(_ROLLED, f'{_ROLLED} AS label_set')}, "
    + ", ".join(f"CAST({sql} AS {{{type_}}}) AS {name}" for name, (type_, sql) in CELL_SUMS.items())
    + f" FROM {{calls}} LEFT JOIN {_SETS} AS named "
    f"ON named_set = {{calls}}.label_set WHERE {{where}} GROUP BY {_CELL_KEY}"
)

#: The first quarter hour of the hour that a quarter hour is in.
HOUR: Final = "quarter - quarter % 4"
_HOUR_KEY: Final = ", ".join(HOUR if name == "quarter" else name for name in HOURS.key)

#: Rows of `hours`, from `{{cells}}`.
HOURS_FROM_CELLS: Final = (
    f"SELECT {_HOUR_KEY.replace(HOUR, f'{HOUR} AS quarter')}, "
    + ", ".join(f"CAST(sum({name}) AS {{{type_}}}) AS {name}" for name, (type_, _) in CELL_SUMS.items())
    + f" FROM {{cells}} WHERE {{where}} GROUP BY {_HOUR_KEY}"
)

#: How many quarter hours a row of a rollup is of, where that is more than one.
LENGTHS: Final = {"hours": 4, "histograms": QUARTERS_PER_DAY}


def excluding(quarters: Collection[int]) -> str:
    """SQL that is true of rows of all quarter hours but these."""
    return f"quarter NOT IN ({', '.join(f'{quarter:d}' for quarter in sorted(quarters))})" if quarters else "1 = 1"


#: The first quarter hour of the day of UTC that a quarter hour is in.
DAY: Final = "quarter - quarter % 96"
_DAY_KEY: Final = ", ".join(DAY if name == "quarter" else name for name in HOURS.key)


def _counted(duration: str, column: str) -> str:
    bucket = bucket_sql(column)
    return (
        f"SELECT {_DAY_KEY.replace(DAY, f'{DAY} AS quarter')}, '{duration}' AS duration, {bucket} AS bucket, "
        f"count(*) AS number FROM {{calls}} WHERE {column} IS NOT NULL AND {{where}} GROUP BY {_DAY_KEY}, {bucket}"
    )


#: Rows of `histograms`, from the calls of whole days.
HISTOGRAMS_FROM_CALLS: Final = (
    f"SELECT {', '.join(HISTOGRAMS.key)}, {{buckets}} AS buckets, {{numbers}} AS numbers FROM ("
    + " UNION ALL ".join(_counted(duration, column) for duration, column in DURATIONS.items())
    + f") AS counted GROUP BY {', '.join(HISTOGRAMS.key)}"
)

_MINUTE: Final = ("workspace", "quarter", "scope", "whose", "bit")
_BAD: Final = "2 * failed > called"

#: Rows of `availability`, from the calls: first by minute and provider, which leaves few rows. `{{minute}}` is the bit
#: of the minute of its quarter hour in which a call began.
AVAILABILITY_FROM_CALLS: Final = (
    "SELECT workspace, quarter, scope, whose AS provider, CAST(sum(bit) AS {small}) AS active, "
    + ", ".join(
        f"CAST(sum(CASE WHEN {_BAD} THEN {term} ELSE 0 END) AS {{{type_}}}) AS {name}"
        for name, term, type_ in (("bad", "bit", "small"), ("requests", "called", "int"), ("errors", "failed", "int"))
    )
    + " FROM (SELECT workspace, quarter, scope, CASE WHEN scope = 'provider' THEN served ELSE '' END AS whose, bit, "
    "sum(called) AS called, sum(failed) AS failed FROM ("
    f"SELECT workspace, quarter, provider AS served, {{minute}} AS bit, count(*) AS called, "
    f"count(*) FILTER (WHERE {FAILED}) AS failed FROM {{calls}} WHERE {{where}} "
    "GROUP BY workspace, quarter, provider, {minute}) AS minutes "
    "CROSS JOIN (SELECT 'all' AS scope UNION ALL SELECT 'provider') AS scopes "
    f"GROUP BY {', '.join(_MINUTE)}) AS scoped GROUP BY workspace, quarter, scope, whose"
)

_PER_MODEL: Final = ("workspace", "source", "session_id", "provider", "model")


def _sum(*names: str) -> str:
    """SQL for a sum of columns of tokens in which an unknown adds nothing."""
    return " + ".join(added_up(f"{{calls}}.{name}") for name in names)


#: What a session's row says of its calls: how it is found for those of one model, and how the models' are put together.
_SESSION_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    # A session's attributes are one value each: where calls differ the alphabetically last, so that every engine and
    # every order of arrival agree.
    **{
        name: (f"max({{calls}}.{name})", "max")
        for name in ("parent_session_id", "project", "agent", "user", "team", "environment")
    },
    "started_at": ("min({calls}.started_at)", "min"),
    "ended_at": ("max({calls}.started_at)", "max"),
    "requests": ("count(*)", "sum"),
    "errors": (f"count(*) FILTER (WHERE {FAILED})", "sum"),
    "cache_write_tokens": (_sum("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens"), "sum"),
    **{
        name: (_sum(name), "sum")
        for name in ("user_messages", "input_tokens", "cache_read_tokens", "output_tokens", "unsplit_tokens")
    },
    **{name: (CELL_SUMS[name][1], "sum") for name in ("cost_usd", "unpriced", "no_usage", "assumed")},
}


def _session_column(column: Column) -> str:
    if column.type == "names":
        return f"{{distinct_{column.name}}} AS {column.name}"
    sql = f"{_SESSION_COLUMNS[column.name][1]}(parts.{column.name})"
    return f"CAST({sql} AS {{{column.type}}}) AS {column.name}" if sql.startswith("sum") else f"{sql} AS {column.name}"


#: Rows of `sessions`, from the calls: first by model, so that the lists of models are made of few rows.
SESSIONS_FROM_CALLS: Final = (
    "SELECT workspace, source, session_id, "
    + ", ".join(_session_column(column) for column in SESSIONS.columns[3:])
    + " FROM (SELECT "
    + ", ".join(f"{{calls}}.{name} AS {name}" for name in _PER_MODEL)
    + "".join(f", {sql} AS {name}" for name, (sql, _) in _SESSION_COLUMNS.items())
    + " FROM {calls} WHERE {calls}.session_id <> '' AND {where} "
    f"GROUP BY {', '.join(f'{{calls}}.{name}' for name in _PER_MODEL)}) AS parts "
    "GROUP BY workspace, source, session_id"
)

#: Table → which of its rows are older than `$before` (a time), for what is not kept for good.
OLD: Final = {
    "logs": "started_at < $before",
    "error_details": "started_at < $before",
    # A name that was met again since stays with all of its count.
    "notices": "(workspace, source, topic, name) IN (SELECT (workspace, source, topic, name) FROM notices "
    "GROUP BY workspace, source, topic, name HAVING max(latest_at) < $before)",
}

#: What of a session's row the audit compares.
SESSION_FACTS: Final = tuple(
    name for name in SESSIONS.names if name not in SESSIONS.key and name not in ("providers", "models")
)
