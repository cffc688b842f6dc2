"""The ledger's tables, declared once for every engine.

Three families:

* one table per kind of record, with the record's own fields and a few that are derived from them
* rollups of the calls (`cells`, `hours`, `histograms`, `availability`, `sessions`), rebuilt from the calls and provable
  against them
* bookkeeping: cursors, refusals, what is dirty, the schema's version
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.record_tables import BILLS, CALLS, JOBS, RECORDS, RUNS, SAMPLES, STEPS, TOLD, TOLD_TOOLS, TOOLS
from tokometer.ledger.tables import Column, Table, Type, columns_of
from tokometer.records.basis import ASSUMED, USAGE_UNKNOWN, unpriced

#: What a cell of the rollup is keyed by: all that the pages' filters mostly ask for. A query that needs any other
#: dimension reads the calls.
_HOUR_KEY: Final = ("workspace", "quarter", "source", "provider", "model", "operation", "status")
_FILTERS: Final = ("agent", "project", "user", "team", "api_key", "environment")
#: `label_set` is what is left of a call's labels when only those are looked at that the settings choose; 0 is nothing.
CELL_DIMENSIONS: Final = (*_HOUR_KEY, *_FILTERS, "label_set")
_KEY_TYPES: Final[dict[str, Type]] = {"quarter": "small", "label_set": "int"}
#: The buckets of tokens, which do not overlap.
TOKENS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
    "output_tokens",
)
#: With those of which only the total is known: they are in no bucket.
ALL_TOKENS: Final = (*TOKENS, "unsplit_tokens")
#: In 128 bits from the first term on: ledgers of before numbers had a most hold more than such a sum has room for.
ALL_TOKENS_SQL: Final = " + ".join(f"CAST(coalesce({name}, 0) AS Int128)" for name in ALL_TOKENS)
_NO_TOKENS: Final = " AND ".join(f"{name} IS NULL" for name in TOKENS)
ASSUMED_SQL: Final = f"price_basis LIKE '{ASSUMED}%'"
#: Calls that no price list can help: nobody said what they used. Rows of version 1 do not say why they have no price.
NO_USAGE: Final = (
    "cost_usd IS NULL AND (price_basis IN ("
    + ", ".join(f"'{unpriced(reason)}'" for reason in USAGE_UNKNOWN)
    + f") OR price_basis = '' AND {_NO_TOKENS})"
)


def added_up(term: str, where: str = "") -> str:
    """SQL for a sum of whole numbers in which an unknown adds nothing, and which does not overflow, on any engine."""
    # ClickHouse adds in the width of what it adds, and wraps. Both engines call 128 bits `Int128`.
    return f"coalesce(sum(CAST(coalesce({term}, 0) AS Int128)){f' FILTER (WHERE {where})' if where else ''}, 0)"


def _money(term: str, where: str = "") -> str:
    """SQL for a sum of money, which both engines widen to 38 digits."""
    return f"coalesce(sum({term}){f' FILTER (WHERE {where})' if where else ''}, 0)"


#: Calls that failed; see `records.status`.
FAILED: Final = "status NOT IN ('ok', 'cancelled')"

#: What a cell adds up, as SQL over the calls that works on every engine. All of it is additive.
CELL_SUMS: Final[dict[str, tuple[Type, str]]] = {
    "requests": ("int", "count(*)"),
    **{name: ("wide", added_up(name)) for name in (*ALL_TOKENS, "reasoning_tokens", "user_messages")},
    "cost_usd": ("money", _money("cost_usd")),
    "unpriced": ("int", "count(*) FILTER (WHERE cost_usd IS NULL)"),
    "no_usage": ("int", f"count(*) FILTER (WHERE {NO_USAGE})"),
    "assumed": ("int", f"count(*) FILTER (WHERE {ASSUMED_SQL})"),
    "cost_assumed": ("money", _money("cost_usd", ASSUMED_SQL)),
    # A price per token needs calls that have both.
    "unpriced_tokens": ("wide", added_up(ALL_TOKENS_SQL, "cost_usd IS NULL")),
    "revenue": ("money", _money("revenue")),
    "latency_us": ("wide", added_up("latency_us")),
    "latency_count": ("int", "count(latency_us)"),
    "ttft_us": ("wide", added_up("ttft_us")),
    "ttft_count": ("int", "count(ttft_us)"),
    # Speed needs calls where both numbers are known: output tokens over the time that generating them took.
    "generation_us": (
        "wide",
        added_up("latency_us - least(latency_us, coalesce(ttft_us, 0))", "output_tokens IS NOT NULL"),
    ),
    "generation_tokens": ("wide", added_up("output_tokens", "latency_us IS NOT NULL")),
    # Efficiency compares estimate and outcome of the same calls.
    "estimated_tokens": ("wide", added_up("estimated_tokens")),
    "estimated_actual_tokens": ("wide", added_up(ALL_TOKENS_SQL, "estimated_tokens IS NOT NULL")),
}

CELLS: Final = Table(
    "cells",
    (
        *(Column(name, _KEY_TYPES.get(name, "name")) for name in CELL_DIMENSIONS),
        *(Column(name, type_) for name, (type_, _) in CELL_SUMS.items()),
    ),
    CELL_DIMENSIONS,
)
#: Cells of whole hours and fewer dimensions, added up from those of quarter hours: for long windows.
HOURS: Final = Table(
    "hours",
    tuple(column for column in CELLS.columns if column.name in _HOUR_KEY or column.name not in CELL_DIMENSIONS),
    _HOUR_KEY,
)
#: How many calls took how long, for each whole day of UTC that is over (`ledger.closed`): a row for each of
#: :data:`DURATIONS`, with the log buckets that have calls (`records.histogram`), in order, and the calls in each.
#: `quarter` is the day's first.
HISTOGRAMS: Final = Table(
    "histograms",
    (
        *(Column(name, _KEY_TYPES.get(name, "name")) for name in _HOUR_KEY),
        *columns_of("name: duration\nints: buckets numbers"),
    ),
    (*_HOUR_KEY, "duration"),
)
#: What durations are counted in histograms, and the columns of the calls that have them.
DURATIONS: Final[dict[str, str]] = {"latency": "latency_us", "ttft": "ttft_us"}
#: One row per session, so that counting sessions needs no scan of the calls. Times are those of its first and last
#: call; attributes are those of its first call; `providers` and `models` are all that it used.
SESSIONS: Final = Table(
    "sessions",
    columns_of(
        """name: workspace source
        text: session_id parent_session_id
        time: started_at ended_at
        int: requests errors
        wide: user_messages input_tokens cache_read_tokens cache_write_tokens output_tokens unsplit_tokens
        money: cost_usd
        int: unpriced no_usage assumed
        name: project agent user team environment
        names: providers models"""
    ),
    ("workspace", "source", "session_id"),
)
#: Which minutes of a quarter hour had calls, and which of those were bad: fewer than half of the calls succeeded. Both
#: as bits, the lowest for the first minute; with the calls of the bad minutes, and how many of those failed. Minutes of
#: several providers do not add up, so there is a row for all calls (`scope` is `all`, `provider` empty) and one for
#: each provider (`provider`, which is empty where nobody knows it).
AVAILABILITY: Final = Table(
    "availability",
    columns_of("name: workspace\nsmall: quarter\nname: scope provider\nsmall: active bad\nint: requests errors"),
    ("workspace", "quarter", "scope", "provider"),
)

#: What is added up from the calls. Sums of money are wider there: they must not overflow what one call cannot.
ROLLUPS: Final = (CELLS, HOURS, HISTOGRAMS, AVAILABILITY, SESSIONS)

#: Each set of labels once; records name theirs by its id. `rolled` is the set of those of its labels that take part in
#: the rollups, 0 where none does.
LABEL_SETS: Final = Table(
    "label_sets",
    columns_of("int: id\nname: workspace\nnames: label_keys label_values\nint: rolled"),
    ("id",),
)
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
#: What no rule understood, counted by its name. Of several places the alphabetically last is the example, so that every
#: engine and every order of arrival agree.
NOTICES: Final = Table(
    "notices",
    columns_of(
        """name: workspace source topic name
        int: count
        text: place
        time: first_at latest_at"""
    ),
    ("workspace", "source", "topic", "name"),
)
#: Records that our clock does not believe yet: as JSON, with the row of `refusals` that says so, until they are `due`.
ASIDE: Final = Table(
    "aside", columns_of("id: id\ntime: due\nname: workspace source kind\ntext: place\njson: body\nid: refusal"), ("id",)
)
#: What a rollup could not be built of, since when, and why; everything else of it is built and answered.
UNSETTLED: Final = Table(
    "unsettled", columns_of("name: rollup\nsmall: quarter\ntext: reason\ntime: since"), ("rollup", "quarter")
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
    TOLD_TOOLS,
    *ROLLUPS,
    LABEL_SETS,
    CURSORS,
    REFUSALS,
    NOTICES,
    ASIDE,
    UNSETTLED,
    DIRTY_QUARTERS,
    DIRTY_SESSIONS,
    META,
)

__all__ = [
    "ASIDE",
    "AVAILABILITY",
    "BILLS",
    "CALLS",
    "CELLS",
    "CELL_DIMENSIONS",
    "CELL_SUMS",
    "CURSORS",
    "DIRTY_QUARTERS",
    "DIRTY_SESSIONS",
    "DURATIONS",
    "FAILED",
    "HISTOGRAMS",
    "HOURS",
    "JOBS",
    "LABEL_SETS",
    "META",
    "NOTICES",
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
    "TOLD_TOOLS",
    "TOOLS",
    "UNSETTLED",
    "Column",
    "Table",
    "Type",
]
