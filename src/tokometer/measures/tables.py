"""Which stored tables can answer what. The choice between rollup and records is made here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tokometer.ledger.schema import (
    ALL_TOKENS,
    CELL_SUMS,
    CELLS,
    DURATIONS,
    HISTOGRAMS,
    HOURS,
    RECORDS,
    SESSIONS,
    added_up,
)
from tokometer.measures.atoms import Atom, Different, Minute, Rank, Total
from tokometer.measures.outcomes import ATTRIBUTED
from tokometer.records import PARTS, QUANTITIES
from tokometer.records.histogram import bucket_sql

#: `cost_priced` stands only beside a reported cost; elsewhere `cost_usd` is what we priced (ledger.rows).
_MONEY_CALLS: Final = {
    "cost_reported": "sum(coalesce(cost_reported, 0))",
    "cost_priced": "sum(coalesce(cost_priced, CASE WHEN cost_reported IS NULL THEN cost_usd END, 0))",
}

#: How sums begin and end that are 0 where there is nothing.
_OR_NOTHING: Final = ("coalesce(", ", 0)")


@dataclass(frozen=True, slots=True)
class Stored:
    """One table: what it can be grouped and filtered by, and what it can add up."""

    table: str
    #: Columns that it can be grouped and filtered by, beside time.
    columns: frozenset[str]
    #: SQL that adds up each column that measures name; `MICROS(x)` stands for the microseconds of a time, `JSON(x, y)`
    #: for the 128-bit whole number that the object x has under y. Of a rollup, just the column.
    sums: Mapping[str, str] = field(default_factory=dict)
    #: SQL that counts the records (of a rollup: what to add up); empty where only other things can be told.
    count: str = ""
    #: The column whose values are ranked → the condition that selects its rows, the value, and its count.
    ranks: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    #: SQL that counts different things.
    distinct: Mapping[str, str] = field(default_factory=dict)
    #: Columns that hold lists, by the dimension column that their elements are values of.
    lists: Mapping[str, str] = field(default_factory=dict)
    #: True where rows have a time of their own, not just a quarter hour.
    timed: bool = True
    #: True where a row is a span of time and counts wherever it overlaps.
    spans: bool = False
    #: True for a rollup, which is to be settled before it is read.
    rollup: bool = False
    #: Of a table of whole hours, the one that has the quarter hours before and after them.
    edges: str = ""
    #: True for a table of whole days of UTC that are over; the calls have what is before, between and after them.
    days: bool = False
    #: True where any column can be the largest, smallest or last.
    extremes: bool = False
    #: True where it tells how many minutes had calls, and how many were bad.
    minutes: bool = False

    def can_answer(self, atom: Atom, need: Need) -> bool:
        """True if this table has what the atom needs, and all that the query groups and filters by."""
        if not self._is_up_to_date(need) or not self._has_the_time(need) or not self._has_the_labels(need):
            return False
        listed = need.columns & self.lists.keys()
        if not need.columns - listed <= self.columns or len(listed) > 1:
            return False
        if isinstance(atom, Total):
            return (
                self.count != ""
                and all(name in self.sums for name in (*atom.columns, *atom.minus))
                and all(name in self.columns for name, _ in atom.where)
            )
        if isinstance(atom, Rank):
            return atom.column in self.ranks
        if isinstance(atom, Minute):
            return self.minutes and (not self.rollup or need.minutes != "")
        return atom.things in self.distinct if isinstance(atom, Different) else self.extremes

    def _is_up_to_date(self, need: Need) -> bool:
        return need.settled or not self.rollup

    def _has_the_time(self, need: Need) -> bool:
        """True if its rows are fine enough in time."""
        if self.days:
            return need.days
        if self.edges:
            return need.hours
        return not need.parts_of_time if self.spans else self.timed or need.aligned

    def _has_the_labels(self, need: Need) -> bool:
        """True if its rows name sets of labels that say enough."""
        return not need.labels or self.table in RECORDS or (self.table == CELLS.name and need.rolled)

    def total(self, atom: Total) -> str:
        """SQL that adds up a total over rows."""
        condition = " AND ".join(f'"{name}" IN ({_literals(values)})' for name, values in atom.where)
        suffix = f" FILTER (WHERE {condition})" if condition else ""
        if not atom.columns:
            return f"{f'sum({self.count})' if self.rollup else self.count}{suffix}"
        if self.rollup:
            return f"sum({_signed(atom.columns, atom.minus, self.sums)}){suffix}"
        return _signed(atom.columns, atom.minus, {name: _filtered(sql, suffix) for name, sql in self.sums.items()})


@dataclass(frozen=True, slots=True)
class Need:
    """What a query groups and filters by, as far as it decides which table can answer."""

    columns: frozenset[str]
    #: The window's edges are on quarter hours.
    aligned: bool
    #: Whole hours will do for all but the window's edges.
    hours: bool
    #: It filters by time, groups by hour of day or weekday, or has more than one time axis: what spans cannot.
    parts_of_time: bool
    #: There are days that histograms can answer for.
    days: bool = False
    #: Keys of labels.
    labels: frozenset[str] = frozenset()
    #: All of them take part in the rollups.
    rolled: bool = False
    #: Which rows of `availability` can tell of minutes: `all` or `provider`; empty where only the calls can.
    minutes: Literal["all", "provider", ""] = ""
    #: The rollups are up to date.
    settled: bool = True


def _filtered(sql: str, suffix: str) -> str:
    """A sum with a FILTER, which stands behind what adds up, not behind what makes nothing of it 0."""
    if suffix and sql.startswith(_OR_NOTHING[0]) and sql.endswith(_OR_NOTHING[1]):
        return f"{sql.removesuffix(_OR_NOTHING[1])}{suffix}{_OR_NOTHING[1]}"
    return f"{sql}{suffix}"


def _signed(columns: Sequence[str], minus: Sequence[str], sql: Mapping[str, str]) -> str:
    return " - ".join([" + ".join(sql[name] for name in columns), *(sql[name] for name in minus)])


def _literals(values: Sequence[str]) -> str:
    """Values from declarations (never from input) as SQL literals."""
    return ", ".join(f"'{value}'" for value in values)


def _plain(table: str, columns: Sequence[str]) -> dict[str, str]:
    types = {column.name: column.type for column in RECORDS[table].columns}
    return {name: f"sum(coalesce({name}, 0))" if types[name] == "money" else added_up(name) for name in columns}


def _within(column: str, names: Iterable[str]) -> dict[str, str]:
    """Sums of the numbers in a column of JSON objects, by the names that measures have for them."""
    return {
        f"{column}.{name}": f"coalesce(sum(CASE WHEN {column} <> '' THEN JSON({column}, {name}) END), 0)"
        for name in names
    }


def _texts(table: str) -> frozenset[str]:
    return frozenset(c.name for c in RECORDS[table].columns if c.type in ("text", "name"))


_BILLED: Final = {
    **_plain("bills", ("amount", "list_amount")),
    "unconverted": "count(*) FILTER (WHERE amount IS NULL)",
    "quantity": "sum(coalesce(quantity, 0))",
    "unlisted": "sum(CASE WHEN list_amount IS NULL THEN coalesce(amount, 0) ELSE 0 END)",
}
_REPORTED: Final = {
    **_plain("reported", ("requests", *ALL_TOKENS, "reasoning_tokens", "estimated_cost")),
    "quantity": "sum(coalesce(quantity, 0))",
}
_SESSION_KEY: Final = "(workspace, source, session_id)"
_ADDED: Final = {name: name for name in CELL_SUMS}
CELL_ROWS: Final = Stored(
    "cells", frozenset(CELLS.key) - {"quarter", "label_set"}, _ADDED, count="requests", timed=False, rollup=True
)
HOUR_ROWS: Final = Stored(
    "hours", frozenset(HOURS.key) - {"quarter"}, _ADDED, count="requests", timed=False, rollup=True, edges="cells"
)
SESSION_ROWS: Final = Stored(
    "sessions",
    frozenset(column.name for column in SESSIONS.columns if column.type in ("text", "name")) - {"parent_session_id"},
    distinct={"sessions": "count(*)"},
    lists={"provider": "providers", "model": "models"},
    spans=True,
    rollup=True,
)
CALL_ROWS: Final = Stored(
    "calls",
    # Whether a call states a revenue is asked of the revenue itself.
    # Which change a call is for is worked out in the query.
    _texts("calls") | {"revenue"} | ATTRIBUTED,
    {
        **{name: sql for name, (_, sql) in CELL_SUMS.items()},
        **_MONEY_CALLS,
        **_within("parts", PARTS),
        **_within("quantities", QUANTITIES),
    },
    "count(*)",
    ranks={
        f"{name}_bucket": (f"{column} IS NOT NULL", bucket_sql(column), "CAST(count(*) AS BIGINT)")
        for name, column in DURATIONS.items()
    },
    distinct={"sessions": f"count(DISTINCT {_SESSION_KEY}) FILTER (WHERE session_id <> '')"},
    minutes=True,
)
HISTOGRAM_ROWS: Final = Stored(
    "histograms",
    frozenset(HISTOGRAMS.key) - {"quarter", "duration"},
    ranks={f"{name}_bucket": (f"duration = '{name}'", "buckets", "numbers") for name in DURATIONS},
    timed=False,
    rollup=True,
    days=True,
)
AVAILABILITY_ROWS: Final = Stored(
    "availability", frozenset({"workspace", "provider"}), timed=False, rollup=True, minutes=True
)
_DURATION: Final = {"duration_us": ("duration_us IS NOT NULL", "duration_us", "count(*)")}
_RUN_DURATION: Final = "CASE WHEN ended_at IS NULL THEN NULL ELSE MICROS(ended_at) - MICROS(started_at) END"

#: The tables of each cube, the cheapest first. The records themselves come last and can answer everything.
STORED: Final[dict[str, tuple[Stored, ...]]] = {
    "calls": (HOUR_ROWS, CELL_ROWS, SESSION_ROWS, HISTOGRAM_ROWS, AVAILABILITY_ROWS, CALL_ROWS),
    "tools": (
        Stored(
            "tools",
            _texts("tools"),
            {
                **_plain("tools", ("duration_us", "lines_added", "lines_removed", "prompt_bytes")),
                "duration_count": "count(duration_us)",
            },
            "count(*)",
            ranks=_DURATION,
        ),
    ),
    "steps": (
        Stored(
            "steps",
            _texts("steps"),
            {
                **_plain("steps", ("duration_us", "prompt_bytes", "tokens_before", "tokens_after")),
                "duration_count": "count(duration_us)",
            },
            "count(*)",
            ranks=_DURATION,
        ),
    ),
    "runs": (
        Stored(
            "runs",
            _texts("runs"),
            {
                **_plain("runs", ("stated_tokens", "stated_cost")),
                "duration_us": added_up(_RUN_DURATION),
                "duration_count": "count(ended_at)",
            },
            "count(*)",
        ),
    ),
    "jobs": (
        Stored(
            "jobs",
            _texts("jobs"),
            {**_plain("jobs", ("duration_us",)), "duration_count": "count(duration_us)"},
            "count(*)",
            ranks=_DURATION,
        ),
    ),
    "bills": (Stored("bills", _texts("bills"), _BILLED, "count(*)"),),
    "reported": (Stored("reported", _texts("reported"), _REPORTED, "count(*)"),),
    "samples": (
        Stored(
            "samples",
            _texts("samples"),
            {"value": "sum(value)", "value_count": "count(value)"},
            "count(*)",
            extremes=True,
        ),
    ),
    "logs": (
        Stored(
            "logs",
            _texts("logs"),
            {**_plain("logs", ("duration_us",)), "duration_count": "count(duration_us)"},
            "count(*)",
            ranks=_DURATION,
        ),
    ),
    "scores": (
        Stored(
            "scores",
            _texts("scores"),
            {
                "value": "sum(value)",
                "value_count": "count(value)",
                "yes": "sum(CASE WHEN type = 'boolean' AND value > 0 THEN 1 ELSE 0 END)",
                "no": "sum(CASE WHEN type = 'boolean' AND value <= 0 THEN 1 ELSE 0 END)",
            },
            "count(*)",
            ranks={"value_thousandths": ("value IS NOT NULL", "value * 1000", "count(*)")},
            extremes=True,
        ),
    ),
    "models": (
        Stored(
            "models",
            _texts("models"),
            _plain("models", ("size_bytes",)),
            "count(*)",
            distinct={"providers": "count(DISTINCT provider)"},
            extremes=True,
        ),
    ),
    "knowledge_bases": (
        Stored(
            "knowledge_bases",
            _texts("knowledge_bases"),
            _plain("knowledge_bases", ("documents", "chunks", "tokens", "size_bytes")),
            "count(*)",
        ),
    ),
    "documents": (
        Stored(
            "documents",
            _texts("documents"),
            {
                **_plain("documents", ("chunks", "tokens", "size_bytes", "duration_us")),
                "duration_count": "count(duration_us)",
            },
            "count(*)",
            ranks=_DURATION,
            distinct={"knowledge_bases": "count(DISTINCT knowledge_base)"},
        ),
    ),
    "error_details": (
        Stored(
            "error_details",
            _texts("error_details"),
            {
                "stack_traces": "count(*) FILTER (WHERE stack_trace <> '')",
                "bodies": "count(*) FILTER (WHERE request <> '' OR response <> '')",
            },
            "count(*)",
        ),
    ),
    "commits": (
        Stored(
            "commits",
            _texts("commits"),
            {
                **_plain("commits", ("files_changed", "lines_added", "lines_removed")),
                "with_agent": "count(*) FILTER (WHERE agent <> '' OR session_id <> '')",
            },
            "count(*)",
        ),
    ),
    "changes": (
        Stored(
            "changes",
            _texts("changes") | {"change", "for_ticket"},
            {
                **_plain("changes", ("commits", "files_changed", "lines_added", "lines_removed")),
                **{name: added_up(name) for name in ("calls", "sessions", "unpriced", "time_to_merge_us")},
                "cost_usd": "sum(coalesce(cost_usd, 0))",
                "cost_unknown": "sum(CASE WHEN calls > 0 AND cost_usd IS NULL THEN 1 ELSE 0 END)",
                "with_calls": "sum(CASE WHEN calls > 0 THEN 1 ELSE 0 END)",
                "time_to_merge_count": "count(time_to_merge_us)",
            },
            "count(*)",
            ranks={
                "merged_cost": (
                    "state = 'merged' AND cost_usd IS NOT NULL",
                    "CAST(coalesce(cost_usd, 0) * 1000000000 AS BIGINT)",
                    "count(*)",
                ),
                "time_to_merge_us": ("time_to_merge_us IS NOT NULL", "time_to_merge_us", "count(*)"),
            },
            distinct={"tickets": "count(DISTINCT for_ticket) FILTER (WHERE for_ticket <> '')"},
        ),
    ),
}


def choose(cube: str, atom: Atom, need: Need) -> Stored:
    """The cheapest table that can answer an atom."""
    return next(stored for stored in STORED[cube] if stored.can_answer(atom, need))
