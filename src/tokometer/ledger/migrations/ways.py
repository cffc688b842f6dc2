"""Version 7 of the schema: the name of a call's answer, by which ways in it was told, and tools that were told twice.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Column, Table, columns_of

_CALLS: Final = columns_of("text: response_id\nname: way also_told program")
_TOOLS: Final = columns_of("text: use_id\nname: way also_told")
#: What each table gets.
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {"calls": _CALLS, "told": _CALLS, "tools": _TOOLS}
#: `told_tools` has the columns of tools.
TABLES: Final = (
    Table(
        "told_tools",
        columns_of(
            """id: id
            small: quarter
            time: started_at
            name: workspace source
            text: native_id trace_id span_id parent_id
            int: revision origin
            name: machine account region
            int: label_set?
            name: name server status
            text: error_message
            int: duration_us?
            text: call_id use_id
            name: way also_told
            int: lines_added? lines_removed?
            text: session_id
            name: project agent subagent user team environment"""
        ),
        ("id",),
    ),
)
#: A large ledger's columns do not fit into the memory that one transaction has: they are filled in so many pieces.
_PIECES: Final = 32
_INDEXES: Final = (
    *((table, "by_response", "response_id") for table in ("calls", "told")),
    ("tools", "by_use", "use_id"),
)
#: From now on this character stands for the answer's name in a stored native id (`ledger.native_ids`); in front of an
#: id that holds it itself stands the one that keeps an id as it is.
_VERBATIM, _ANSWER = 5, 7


def pieces(engine: Engine) -> Iterator[str]:
    """What is filled in, piece by piece; each can be run again."""
    first = "split_part(native_id, '|', 1)" if engine == "duckdb" else "splitByChar('|', native_id)[1]"
    filled = (
        # A transcript's native id begins with the answer's name; a use's is its own.
        ("calls", "response_id", first, "source = 'claude_code' AND native_id LIKE 'msg%|%'"),
        ("tools", "use_id", "native_id", "source = 'claude_code'"),
        ("tools", "use_id", "call_id", "source = 'otlp' AND call_id <> ''"),
        ("tools", "use_id", _last(engine), "source = 'codex' AND native_id LIKE 'tool:%'"),
        ("calls", "native_id", _kept_as_it_is(engine), _holds_the_mark(engine)),
        ("told", "native_id", _kept_as_it_is(engine), _holds_the_mark(engine)),
    )
    for table, column, value, where in filled:
        blank = f" AND {column} = ''" if column != "native_id" else ""
        if engine == "clickhouse":
            yield f"ALTER TABLE {table} UPDATE {column} = {value} WHERE {where}{blank} SETTINGS mutations_sync = 2"
            continue
        for piece in range(_PIECES if column != "native_id" else 1):
            part = f" AND quarter % {_PIECES} = {piece}" if column != "native_id" else ""
            yield f"UPDATE {table} SET {column} = {value} WHERE {where}{blank}{part}"


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step; each statement can be run again."""
    if engine == "clickhouse":
        for table, name, column in _INDEXES:
            yield f"ALTER TABLE {table} ADD INDEX IF NOT EXISTS {name} {column} TYPE bloom_filter GRANULARITY 1"


def _last(engine: Engine) -> str:
    """What stands after the last colon."""
    return "split_part(native_id, ':', -1)" if engine == "duckdb" else "splitByChar(':', native_id)[-1]"


def _character(engine: Engine, number: int) -> str:
    return f"chr({number})" if engine == "duckdb" else f"char({number})"


def _kept_as_it_is(engine: Engine) -> str:
    return f"concat({_character(engine, _VERBATIM)}, native_id)"


def _holds_the_mark(engine: Engine) -> str:
    holds = "contains" if engine == "duckdb" else "position"
    starts = "starts_with" if engine == "duckdb" else "startsWith"
    mark, verbatim = _character(engine, _ANSWER), _character(engine, _VERBATIM)
    found = f"{holds}(native_id, {mark})" + ("" if engine == "duckdb" else " > 0")
    return f"{found} AND NOT {starts}(native_id, {verbatim})"
