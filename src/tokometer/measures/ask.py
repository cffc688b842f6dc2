"""A query made definite: names looked up, times resolved, values read. What the compiler works from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tokometer.ledger.protocol import Unsettled
from tokometer.measures.atoms import Atom, Total
from tokometer.measures.axis import Axis, Grain, key_of_date
from tokometer.measures.days import Range, whole_days
from tokometer.measures.errors import QueryError, told
from tokometer.measures.kinds import Dimension, Measure
from tokometer.measures.labels import Label
from tokometer.measures.made import Made, bases
from tokometer.measures.outcomes import ATTRIBUTED, NONE_KNOWN, Outcomes
from tokometer.measures.query import MOST_ROWS, TIME, Filter, Query, dimension_named
from tokometer.measures.tables import Need
from tokometer.measures.windows import Window
from tokometer.measures.zones import QUARTERS_PER_DAY

#: Time dimensions that are stretches of time, in which a session can lie; the others recur.
STRETCHES: Final = ("day", "week", "month")
#: What stands for "all the others" in SQL. Begins with a control character, so that no name is the same.
OTHER: Final = "\x01other"
#: So many quarter hours are read as quickly as the hours that they make.
_FEW: Final = 14 * QUARTERS_PER_DAY
_WHOLE: Final = {"hour": range(24), "weekday": range(1, 8)}


@dataclass(frozen=True, slots=True)
class Key:
    """One part of a row's key: the time bucket (no dimension) or a dimension."""

    name: str
    dimension: Dimension | None = None
    grain: Grain | None = None

    @property
    def stretch(self) -> Grain | None:
        """The length of time that a value of this key stands for, if it stands for one."""
        if self.grain:
            return self.grain
        return self.name if self.name in STRETCHES and self.dimension and self.dimension.is_time else None  # type: ignore[return-value]

    @property
    def is_time(self) -> bool:
        """True for the bucket and for every time dimension: their values are integers in SQL."""
        return self.dimension is None or self.dimension.is_time


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter with its values as SQL takes them: integers for a time dimension, text for the others."""

    dimension: Dimension
    op: str
    values: tuple[str, ...] | tuple[int, ...]

    @property
    def negative(self) -> bool:
        """True where the values are those that are not wanted."""
        return self.op in ("!=", "not in")

    @property
    def is_one(self) -> bool:
        """True where just one value is let through."""
        return self.op in ("=", "in") and len(set(self.values)) == 1

    def accepts(self, value: str) -> bool:
        """What the filter says of one text, for dimensions that are worked out in Python."""
        wanted = [str(item) for item in self.values]
        if self.op == "contains":
            return any(item.lower() in value.lower() for item in wanted)
        if self.op == "prefix":
            return any(value.startswith(item) for item in wanted)
        return (value in wanted) != self.negative


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that one statement or several of them have to know."""

    query: Query
    axis: Axis
    grain: Grain | None
    workspaces: tuple[str, ...]
    now: int
    conditions: tuple[Condition, ...]
    #: For each column that a dimension is derived from: value → what is derived, by the dimension's name.
    derived: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: The values of the first dimension that stay apart; None: all.
    kept: tuple[str, ...] | None = None
    #: The same of dimensions by name that have too many values for an answer; see narrowing.py.
    narrowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The first quarter hour of which there are no histograms; 0 where there are none at all, or none are needed.
    counted_until: int = 0
    #: The keys of labels that the rollups know.
    rolled: frozenset[str] = frozenset()
    #: What the rollups of calls lack because it could not be settled, of all time.
    aside: tuple[Unsettled, ...] = ()
    #: What puts calls to changes, where that is asked for.
    outcomes: Outcomes = NONE_KNOWN
    #: Rows that the answer may have.
    most: int = MOST_ROWS
    #: The rollups are up to date. Where they cannot be brought there just now, the records tell everything.
    settled: bool = True

    @property
    def window(self) -> Window:
        """From when to when."""
        return self.axis.window

    @property
    def tz(self) -> ZoneInfo:
        """The asker's time zone."""
        return self.axis.tz

    @property
    def keys(self) -> list[Key]:
        """What identifies a row, in order: the time bucket first, then the dimensions."""
        time = [Key(TIME, grain=self.grain)] if self.grain else []
        return time + [Key(dimension.short, dimension) for dimension in self.query.grouped]

    def apart(self, key: Key) -> tuple[str, ...] | None:
        """The values of a part of the key that stay apart; None: all that are asked for."""
        if key.dimension is None:
            return None
        if self.kept is not None and key.dimension.name == self.query.by[0]:
            # Where there is no row for the others, none of them is read.
            return self.kept if self.query.other else None
        return self.narrowed.get(key.dimension.name)

    @property
    def atoms(self) -> list[Atom]:
        """What has to be fetched, each thing once."""
        return list(dict.fromkeys(atom for measure in self.query.asked for atom in measure.atoms()))

    @property
    def attributed(self) -> bool:
        """Whether it matters which changes calls are for."""
        counted = {name for atom in self.atoms if isinstance(atom, Total) for name, _ in atom.where}
        return bool((self.need.columns | counted) & ATTRIBUTED)

    @property
    def need(self) -> Need:
        """What decides which tables can answer."""
        named = [*self.query.grouped, *(condition.dimension for condition in self.conditions)]
        used = [base for dimension in named for base in bases(dimension)]
        labels = frozenset(dimension.key for dimension in used if isinstance(dimension, Label))
        # A rule may look at the time; what it makes of that is no stretch of it.
        by_rule = any(base.is_time for dimension in named if isinstance(dimension, Made) for base in bases(dimension))
        stretches = [key for key in self.keys if key.stretch]
        times = [key for key in self.keys if key.is_time]
        filtered = any(condition.dimension.is_time for condition in self.conditions)
        minutes = self.grain in ("minute", "five_minutes")
        first, last = self.axis.first, self.axis.last
        timeless = not times and not filtered
        parts_of_time = filtered or by_rule or len(times) > len(stretches) or len(stretches) > 1
        return Need(
            columns=frozenset(dimension.column for dimension in used if dimension.column and not dimension.is_time),
            aligned=self.window.aligned and not minutes,
            hours=self.window.aligned
            and last - first > _FEW
            and not by_rule
            and not (minutes or self.grain == "quarter")
            and (timeless or self.axis.zone.whole_hours(first, last)),
            parts_of_time=parts_of_time,
            days=not parts_of_time and bool(self.days),
            labels=labels,
            rolled=labels <= self.rolled,
            minutes=self._minutes,
            settled=self.settled,
        )

    @property
    def _minutes(self) -> Literal["all", "provider", ""]:
        """Whose minutes the rows of the rollup would have to be; nothing where no single row of a time has them.

        Minutes of several providers or workspaces do not add up.
        """
        grouped = {dimension.name for dimension in self.query.grouped if not dimension.is_time}
        filtered = [condition for condition in self.conditions if not condition.dimension.is_time]
        used = grouped | {condition.dimension.name for condition in filtered}
        together = (self.kept is not None and self.query.other) or bool(self.narrowed)
        if len(self.workspaces) > 1 or together or not used <= {"calls.provider", "calls.workspace"}:
            return ""
        if "calls.provider" not in used:
            return "all"
        one = any(condition.dimension.name == "calls.provider" and condition.is_one for condition in filtered)
        return "provider" if one or "calls.provider" in grouped else ""

    @property
    def days(self) -> tuple[Range, ...]:
        """The quarter hours of the days that histograms can answer for."""
        if not self.counted_until:
            return ()
        return whole_days(self.axis, tuple(key.stretch for key in self.keys if key.stretch), self.counted_until)

    def over(self, window: Window) -> Ask:
        """The same question of another window."""
        return replace(self, axis=Axis(window, self.axis.tz))


def condition(given: Filter) -> Condition:
    """A filter's values, read as its dimension's type.

    Raises:
        QueryError: one is no such value, or the operator does not fit.
    """
    dimension = dimension_named(given.dimension)
    if dimension.type == "text":
        return Condition(dimension, given.op, given.values)
    if given.op in ("contains", "prefix"):
        raise QueryError("where", f"{dimension.name} is no text: use =, !=, in or not in")
    read: Callable[[str], int] = _reader(dimension)
    return Condition(dimension, given.op, tuple(read(value) for value in given.values))


def _reader(dimension: Dimension) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            if dimension.type == "date":
                return key_of_date(dimension.short, date.fromisoformat(value))
            number = int(value)
        except ValueError:
            number = -1
        allowed = _WHOLE.get(dimension.short)
        if number < 0 or (allowed is not None and number not in allowed):
            what = (
                "a date (2026-01-31)"
                if dimension.type == "date"
                else f"a number from {allowed[0]} to {allowed[-1]}"
                if allowed
                else "a number"
            )
            raise QueryError("where", f"{dimension.name} takes {what}, not {told(value, 40)!r}")
        return number

    return read


def needs_derivation(query: Query) -> list[Dimension]:
    """The dimensions of a query that are worked out in Python from the values of a column."""
    named = [*query.grouped, *(dimension_named(given.dimension) for given in query.where)]
    used = [base for dimension in named for base in bases(dimension)]
    return list({dimension.name: dimension for dimension in used if dimension.derive}.values())


def ranking(query: Query) -> list[tuple[str, bool]]:
    """What rows are ordered by, as (name, descending): as asked, else the time, else the first measure's largest."""
    if query.order:
        return [(name.lstrip("+-"), name.startswith("-")) for name in query.order]
    times = [dimension.name for dimension in query.grouped if dimension.is_time]
    if query.grain:
        return [(TIME, False), (query.measures[0], True)]
    if times:
        return [(name, False) for name in times]
    return [(query.measures[0], True)]


def first_measure(query: Query, names: Sequence[str]) -> Measure:
    """The first of `names` that is a measure of the query, else its first measure."""
    by_name = {measure.name: measure for measure in query.asked}
    return next((by_name[name] for name in names if name in by_name), query.asked[0])
